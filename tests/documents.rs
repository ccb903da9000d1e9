//! What the documents say is so: codes, paths, commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper stops where something is not as it should be")]

use portcullis::diag::Code;
use portcullis::runtime::json::JsonRequest;
use portcullis::scenario::{Compiled, Layout, read_scenarios, run};
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The documents for users and contributors.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "corpus/SOURCES.md"].map(|name| root().join(name)).into();
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    // Beside the documents are folders of what they show.
    found.extend(docs.filter(|path| path.is_file()));
    found
}

#[test]
fn every_code_is_documented_with_its_number() {
    let text = read("docs/diagnostics.md");
    for code in Code::ALL {
        let row = format!("| {} | `{}` |", code.number(), code.as_str());
        assert!(text.contains(&row), "no row `{row}` in docs/diagnostics.md");
    }
    let rows = text.lines().filter(|line| line.starts_with("| PC")).count();
    assert_eq!(rows, Code::ALL.len(), "docs/diagnostics.md documents a code that there is not");
}

#[test]
fn links_and_paths_lead_somewhere() {
    let mut wrong = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let path = link.split('#').next().unwrap();
            if !folder.join(path).exists() {
                wrong.push(format!("{}: {link}", document.display()));
            }
        }
        // Paths from the root, in back-ticks.
        for quoted in text.split('`').skip(1).step_by(2) {
            let folder =
                ["src/", "crates/", "grammar/", "corpus/", "docs/", "tests/", "benches/"].iter().any(|start| quoted.starts_with(start));
            if folder && !quoted.contains([' ', '*', '<', '\n']) && !root().join(quoted).exists() {
                wrong.push(format!("{}: `{quoted}`", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_quick_start_is_two_commands_in_one_block() {
    let text = read("README.md");
    let section = text.split("\n## ").find(|section| section.starts_with("Quick start")).unwrap();
    let blocks: Vec<&str> = section.split("```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), 1);
    let commands: Vec<&str> = blocks[0].trim().lines().collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert!(commands.iter().all(|command| command.starts_with("cargo ")));
}

/// The blocks of a document in this language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn the_examples_of_formats_are_what_they_say() {
    let text = read("docs/formats.md");
    let blocks = blocks(&text, "json");
    let [world, request, decision, near_miss, needs, error, scenario, lines] = blocks[..] else { panic!("{blocks:#?}") };
    read_world_text("world.json", world, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    JsonRequest::parse(request).unwrap().check().unwrap();
    let file = read_scenarios("scenario.json", scenario, Path::new(""), Layout::One);
    let found = file.scenarios[0].as_ref().unwrap();
    assert_eq!(run(&file, found, &Compiled, &WorldOptions::default()).failures(), 0);
    // Records are those of the command line's own golden files.
    let golden = |name: &str| read(Path::new("crates/cli/tests/explain").join(name));
    assert!(golden("explained.ndjson").contains(near_miss.trim()), "{near_miss}");
    assert!(golden("missing.ndjson").lines().any(|line| line.starts_with(decision.trim().strip_suffix('}').unwrap())), "{decision}");
    assert!(needs.starts_with(r#"{"needs":["#) && golden("needs.ndjson").contains(r#"{"needs":["#), "{needs}");
    assert!(error.starts_with(r#"{"error":""#) && golden("needs.ndjson").contains(r#"{"error":""#), "{error}");
    assert!(lines.lines().all(|line| line.starts_with(r#"{"scenario":"#)), "{lines}");
}

#[test]
fn the_explanation_in_the_readme_is_the_command_line_s() {
    let text = read("README.md");
    let sample = blocks(&text, "").into_iter().find(|block| block.contains("--explain --format text")).unwrap();
    let (command, shown) = sample.split_once('\n').unwrap();
    assert_eq!(command, "$ portcullis eval --world estate.json requests.ndjson --explain --format text");
    assert!(read("crates/cli/tests/explain/explained.txt").contains(shown), "{shown}");
}
