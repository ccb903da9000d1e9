//! `eval --explain`, `--missing` and `--needs`: what people read, and what machines read.
//!
//! The requests of `tests/explain` are answered in each way and compared with the files there. With `PORTCULLIS_BLESS=1` the files are written anew; read the difference
//! before you commit it.

use crate::common::{Folder, command, run_with, without_near_misses};
use std::path::{Path, PathBuf};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain")
}

/// What `eval` prints in the folder of the cases.
fn eval(arguments: &[&str]) -> String {
    let mut command = command();
    command.current_dir(cases()).arg("eval").args(arguments);
    // One of the callers is not known.
    run_with(command, b"").code(1).stdout
}

fn compare(name: &str, actual: &str) {
    let golden = cases().join(name);
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&golden, actual).unwrap();
    }
    assert_eq!(actual, std::fs::read_to_string(&golden).unwrap_or_default(), "{name}");
}

const WORLD: [&str; 4] = ["--world", "estate.json", "requests.ndjson", "-q"];

#[test]
fn answers_read_as_agreed() {
    for (name, options) in [
        ("explained.txt", &["--explain", "--format", "text"][..]),
        ("explained.ndjson", &["--explain"]),
        ("missing.txt", &["--missing", "--format", "text"]),
        ("missing.ndjson", &["--missing"]),
        ("needs.txt", &["--needs", "--format", "text"]),
        ("needs.ndjson", &["--needs"]),
    ] {
        compare(name, &eval(&[&WORLD, options].concat()));
    }
}

#[test]
fn a_bundle_answers_as_its_world() {
    let folder = Folder::new("explain-bundle");
    let bundle = folder.path("estate.bundle");
    let mut compile = command();
    compile.current_dir(cases()).args(["compile", "estate.json", "-o", &bundle, "-q"]);
    run_with(compile, b"").code(0);
    for options in [&["--explain"][..], &["--explain", "--format", "text"], &["--missing"], &["--needs"], &["--explain", "--missing"]] {
        let of_bundle = eval(&[&[bundle.as_str(), "requests.ndjson", "-q"], options].concat());
        assert_eq!(of_bundle, eval(&[&WORLD, options].concat()), "{options:?}");
    }
}

#[test]
fn the_reference_explains_the_same_but_for_near_misses() {
    let compiled = eval(&[&WORLD[..], &["--explain"]].concat());
    let reference = eval(&[&WORLD[..], &["--explain", "--evaluator", "reference"]].concat());
    assert!(compiled.contains("\"near_misses\"") && !reference.contains("\"near_misses\""));
    assert_eq!(without_near_misses(&compiled), reference);
}

#[test]
fn explanation_and_missing_keys_go_together() {
    let both = eval(&[&WORLD[..], &["--explain", "--missing"]].concat());
    let explained = eval(&[&WORLD[..], &["--explain"]].concat());
    let missing = eval(&[&WORLD[..], &["--missing"]].concat());
    for ((both, explained), missing) in both.lines().zip(explained.lines()).zip(missing.lines()) {
        let Some((start, keys)) = missing.split_once("\"missing\":") else {
            assert_eq!(both, explained);
            continue;
        };
        assert!(start.starts_with("{\"decision\":"), "{start}");
        assert_eq!(both, format!("{},\"missing\":{keys}", explained.strip_suffix('}').unwrap()));
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let refused = |options: &[&str]| {
        let mut command = command();
        command.current_dir(cases()).arg("eval").args(WORLD).args(options);
        let run = run_with(command, b"").code(2);
        assert_eq!(run.stdout, "", "{options:?}");
        run.stderr
    };
    for other in ["--explain", "--missing", "--summary", "--expect=deny"] {
        let stderr = refused(&["--needs", other]);
        assert!(stderr.contains("--needs") && stderr.contains("cannot be used with"), "{stderr}");
    }
    for option in ["--explain", "--missing"] {
        let stderr = refused(&[option, "--summary"]);
        assert!(stderr.contains(&format!("{option} has no decision to add to")) && stderr.contains("--show N"), "{stderr}");
        let shown = eval(&[&WORLD[..], &[option, "--summary", "--show", "2"]].concat());
        let alone = eval(&[&WORLD[..], &[option, "--format", "text"]].concat());
        let first_two = alone.split("     3 ").next().unwrap();
        assert!(shown.starts_with(first_two) && shown.contains("decisions per second"), "{shown}");
    }
    for option in ["--needs", "--missing"] {
        let stderr = refused(&[option, "--evaluator", "reference"]);
        assert!(stderr.contains(&format!("{option} does not go with --evaluator reference")) && stderr.contains("help: "), "{stderr}");
    }
}
