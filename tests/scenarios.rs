//! Every scenario of the corpus on both evaluators.
//!
//! Scenarios that need a layer which is not evaluated yet are refused with `unsupported-layer`; they are counted, so that none is passed over by mistake.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper stops where something is not as it should be")]

use portcullis::scenario::{Compiled, Engine, Expect, Layout, Reference, read_scenarios, run};
use portcullis::world::WorldOptions;
use std::path::Path;

/// Scenario file, requests that are decided or refused as expected, requests that need a later layer.
const FILES: [(&str, usize, usize); 7] = [
    ("found.ndjson", 21, 0),
    ("rules.ndjson", 4365, 0),
    ("later-layers.ndjson", 65, 0),
    ("../documents/scenarios.ndjson", 57, 0),
    ("cases.ndjson", 529, 88),
    ("cases-deck.ndjson", 67, 26),
    ("cases-acl.ndjson", 0, 60),
];

fn run_all(engine: &impl Engine) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/scenarios");
    let mut wrong = Vec::new();
    for (name, passed_expected, later_expected) in FILES {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let path = folder.join(name);
        let file = read_scenarios(name, &text, path.parent().unwrap(), Layout::Lines);
        let (mut passed, mut later) = (0, 0);
        for (index, scenario) in file.scenarios.iter().enumerate() {
            let scenario = scenario.as_ref().unwrap_or_else(|errors| panic!("{name} {index}: {errors:?}"));
            let report = run(&file, scenario, engine, &WorldOptions::default());
            for (number, (case, result)) in scenario.requests.iter().zip(&report.results).enumerate() {
                let unsupported = matches!(&result.outcome, Err(refusal) if refusal.code == "unsupported-layer");
                if unsupported && !matches!(&case.expect, Some(Expect::Error(code)) if code == "unsupported-layer") {
                    later += 1;
                } else if result.mismatches.is_empty() {
                    passed += 1;
                } else {
                    wrong.push(format!("{name} scenario {index} request {number}, {}: {:?}", scenario.name, result.mismatches));
                }
            }
        }
        if (passed, later) != (passed_expected, later_expected) {
            wrong.push(format!("{name}: {passed} passed and {later} need a later layer, not {passed_expected} and {later_expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn compiled() {
    run_all(&Compiled);
}

#[test]
fn reference() {
    run_all(&Reference);
}
