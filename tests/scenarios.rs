//! Every scenario of the corpus on both evaluators: decision, reason, layer, and whatever else it states.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper stops where something is not as it should be")]

use portcullis::scenario::{Compiled, Engine, Layout, Reference, read_scenarios, run};
use portcullis::world::WorldOptions;
use std::path::Path;

/// Scenario file, and how many requests in it are decided or refused as expected: all of them. Counted, so that none is lost by mistake.
const FILES: [(&str, usize); 7] = [
    ("found.ndjson", 48),
    ("rules.ndjson", 4416),
    ("layers.ndjson", 2647),
    ("../documents/scenarios.ndjson", 57),
    ("cases.ndjson", 617),
    ("cases-deck.ndjson", 93),
    ("cases-acl.ndjson", 60),
];

fn run_all(engine: &impl Engine) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/scenarios");
    let mut wrong = Vec::new();
    for (name, passed_expected) in FILES {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let file = read_scenarios(name, &text, path.parent().unwrap(), Layout::Lines);
        let mut passed = 0;
        for (index, scenario) in file.scenarios.iter().enumerate() {
            let scenario = scenario.as_ref().unwrap_or_else(|errors| panic!("{name} {index}: {errors:?}"));
            let report = run(&file, scenario, engine, &WorldOptions::default());
            for (number, (case, result)) in scenario.requests.iter().zip(&report.results).enumerate() {
                if case.expect.is_some() && result.mismatches.is_empty() {
                    passed += 1;
                } else {
                    wrong.push(format!("{name} scenario {index} request {number}, {}: {:?}", scenario.name, result.mismatches));
                }
            }
        }
        if passed != passed_expected {
            wrong.push(format!("{name}: {passed} passed, not {passed_expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/scenarios");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(FILES.iter().any(|(known, _)| *known == name), "{name:?} is run by no test");
    }
}

#[test]
fn compiled() {
    run_all(&Compiled);
}

#[test]
fn reference() {
    run_all(&Reference);
}
