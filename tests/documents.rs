//! What the documents say is so: codes, paths, commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper stops where something is not as it should be")]

use portcullis::diag::Code;
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
    found.extend(fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()));
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
