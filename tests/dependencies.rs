//! `docs/dependencies.md` names every crate that a manifest names, and no other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper stops where something is not as it should be")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The manifests of the workspace.
fn manifests() -> Vec<PathBuf> {
    let mut found = vec![root().join("Cargo.toml")];
    for folder in ["crates", "."] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            if manifest.exists() && !found.contains(&manifest) {
                found.push(manifest);
            }
        }
    }
    found
}

/// The crates that a manifest depends on, our own left out.
fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section.ends_with("dependencies");
            if let Some((_, name)) = section.split_once("dependencies.") {
                found.insert(name.to_owned());
            }
        } else if inside && line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            found.insert(name.to_owned());
        }
    }
    found.retain(|name| !name.starts_with("portcullis"));
    found
}

/// The first column of the table.
fn documented() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| crate") && !line.starts_with("| ---"));
    rows.map(|row| row.split('|').nth(1).unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn every_dependency_has_its_line_and_every_line_its_dependency() {
    let used: BTreeSet<String> = manifests().iter().flat_map(|manifest| dependencies(manifest)).collect();
    let documented = documented();
    let missing: Vec<&String> = used.difference(&documented).collect();
    let stale: Vec<&String> = documented.difference(&used).collect();
    assert!(missing.is_empty(), "no line in docs/dependencies.md: {missing:?}");
    assert!(stale.is_empty(), "in docs/dependencies.md, but in no manifest: {stale:?}");
}

#[test]
fn the_runtime_needs_neither_parser_nor_compiler() {
    let allowed = ["bincode", "blake3", "serde", "serde_json", "unicode-case-mapping", "xxhash-rust", "zerocopy"];
    let text = fs::read_to_string(root().join("crates/runtime/Cargo.toml")).unwrap();
    let dev = text.find("[dev-dependencies]").unwrap_or(text.len());
    for name in dependencies(&root().join("crates/runtime/Cargo.toml")) {
        let only_dev = text[..dev].lines().all(|line| !line.starts_with(&name));
        assert!(only_dev || allowed.contains(&name.as_str()), "the runtime links {name}");
    }
}
