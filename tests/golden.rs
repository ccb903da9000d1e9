//! The text form of every stage on one small world, compared with the files in `tests/golden`.
//!
//! A change of a stage shows here as a change of text that a reviewer can read. `UPDATE_GOLDEN=1 cargo test --test golden` writes the files anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use portcullis::world::{DiskFiles, WorldOptions, read_world};
use portcullis::{Stage, debug};
use std::path::Path;

fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(expected == actual, "{name} differs; what the compiler says now:\n{actual}");
}

fn stage(name: &str, stage: Stage) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/world.json");
    let (world, _) = read_world(&path, &DiskFiles, &WorldOptions::default()).unwrap();
    compare(name, &debug(&world, stage).unwrap());
}

#[test]
fn ir() {
    stage("ir.txt", Stage::Ir);
}

#[test]
fn link() {
    stage("link.txt", Stage::Link);
}

#[test]
fn trie() {
    stage("trie.txt", Stage::Trie);
}

#[test]
fn dag() {
    stage("dag.txt", Stage::Dag);
}
