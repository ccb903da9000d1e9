//! The frontend over the corpus, damaged texts included. What it accepts and refuses of whole documents is in `tests/corpus.rs`.

use super::*;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn tree(line: &str) -> Tree<'_> {
    let limits = Limits { string_bytes: 1 << 20, ..Limits::default() };
    Tree::parse(FileId(0), line, 0..line.len(), &limits).unwrap()
}

/// The inline documents of a world with their types, in the order of the text.
fn documents(world: Node<'_>) -> Vec<(PolicyType, Node<'_>)> {
    let mut found = Vec::new();
    let mut open: Vec<(&str, &str, Node<'_>)> = vec![("", "", world)];
    while let Some((holder, key, node)) = open.pop() {
        let policy_type = match (holder, key) {
            (_, "policies" | "document") => Some(PolicyType::Identity),
            (_, "boundary") => Some(PolicyType::Boundary),
            (_, "trust") => Some(PolicyType::Trust),
            (_, "scps") => Some(PolicyType::Scp),
            (_, "rcps") => Some(PolicyType::Rcp),
            ("resources", "policy") => Some(PolicyType::Resource),
            ("vpc_endpoints", "policy") => Some(PolicyType::Endpoint),
            _ => None,
        };
        match (policy_type, node.kind()) {
            (Some(policy_type), Kind::Object) => found.push((policy_type, node)),
            (_, Kind::Array) => open.extend(node.items().map(|item| (holder, key, item))),
            (None, Kind::Object) => open.extend(node.members().map(|member| (key, member.key, member.value))),
            _ => {}
        }
    }
    found.sort_by_key(|(_, node)| node.span().start);
    found
}

#[test]
fn the_documents_of_the_scenarios() {
    let (mut scenarios, mut refused) = (0, 0);
    // In these files a scenario has one error at most. Where a world has several, of documents and of its own, `tests/scenarios.rs` asks for the first.
    let names_cases = |path: &std::path::PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("cases"));
    for path in files(&corpus("scenarios"), "ndjson").into_iter().filter(names_cases) {
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| !line.trim().is_empty()) {
            let scenario = tree(line);
            let Some(world) = scenario.root().member("world").filter(|world| world.kind() == Kind::Object) else { continue };
            let name = scenario.root().member("name").and_then(Node::as_str).unwrap_or_default();
            let requests = scenario.root().member("requests").into_iter().flat_map(Node::items);
            let expected: Vec<&str> = requests.filter_map(|request| request.member("expect")?.member("error")?.as_str()).collect();
            let expected = expected.into_iter().find(|expected| {
                let code = Code::ALL.iter().find(|code| code.as_str() == *expected);
                code.is_some_and(|code| code.number() < "PC151")
            });
            let mut diagnostics = Vec::new();
            for (policy_type, node) in documents(world) {
                parse_policy(node, policy_type, &Limits::default(), &mut diagnostics);
            }
            let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
            assert_eq!(first.map(|first| first.code.as_str()), expected, "{name}: {first:?}");
            scenarios += 1;
            refused += usize::from(expected.is_some());
        }
    }
    assert!(scenarios > 350 && refused > 75, "{scenarios} scenarios, {refused} refused");
}

/// Documents with one thing changed: whatever comes out, it comes out whole, and can be shown.
#[test]
fn damaged_policies() {
    let letters =
        ["\"", "{", "}", "[", "]", ":", ",", "*", "?", "${", "}", "'", "\\", "\\u0061", " ", "é", "0", "null", "\n", "arn:", "\u{202e}"];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below as u64).max(1)).unwrap()
    };
    let types = [PolicyType::Identity, PolicyType::Scp, PolicyType::Rcp, PolicyType::Resource, PolicyType::Trust, PolicyType::Endpoint];
    let (mut accepted, mut refused) = (0, 0);
    for path in files(&corpus("policies"), "ndjson") {
        for line in fs::read_to_string(&path).unwrap().lines() {
            let record = tree(line);
            let Some(document) = record.root().member("document").map(Node::source).filter(|text| text.len() < 4_000) else { continue };
            let policy_type = types[random(types.len())];
            for _ in 0..4 {
                let at = document.floor_char_boundary(random(document.len()));
                let end = document.ceil_char_boundary(at + random(3));
                let text = format!("{}{}{}", &document[..at], letters[random(letters.len())], document.get(end..).unwrap_or_default());
                let (read, diagnostics) = read(policy_type, &text);
                accepted += usize::from(read.is_some());
                refused += usize::from(read.is_none());
                let mut sources = Sources::new();
                sources.add("policy.json".to_owned(), text.as_str(), None);
                for diagnostic in &diagnostics {
                    let shown = crate::diag::render_text(&sources, diagnostic, false);
                    assert!(shown.lines().all(|line| line.chars().count() < 400), "{shown}");
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 1_000, "{accepted} accepted, {refused} refused");
}
