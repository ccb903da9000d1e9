//! Reading scenarios and comparing answers; the engines are tested where all scenarios run (`tests/scenarios.rs`).

use super::check::mismatches;
use super::*;
use crate::diag::Code;
use std::path::Path;

const WORLD: &str = r#"{"version":1,"accounts":[{"id":"111111111111","users":[{"name":"alice"}]}]}"#;

fn read(text: &str) -> Result<Scenario, Vec<(Code, String)>> {
    let mut file = read_scenarios("s.json", text, Path::new(""), Layout::One);
    let scenario = file.scenarios.remove(0);
    scenario.map_err(|found| found.into_iter().map(|found| (found.code, found.message)).collect())
}

fn codes(text: &str) -> Vec<Code> {
    read(text).unwrap_err().into_iter().map(|(code, _)| code).collect()
}

fn expecting(expect: &str) -> String {
    format!(r#"{{"name":"n","world":{WORLD},"requests":[{{"request":{{}},"expect":{expect}}}]}}"#)
}

/// Always the same answer.
struct Fixed(Result<Answer, Refusal>);

impl Engine for Fixed {
    type Prepared = ();

    fn prepare(&self, _: &WorldInput<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn decide(&self, (): &(), _: &str, _: Detail) -> Result<Answer, Refusal> {
        self.0.clone()
    }
}

#[test]
fn a_scenario_is_read_with_its_places() {
    let text = format!("\n{{\"name\":\"n\",\"world\":{WORLD},\n\"requests\":[{{\"request\":{{\"action\" : 1}}}}]}}");
    let scenario = read(&text).unwrap();
    assert_eq!(scenario.name, "n");
    assert_eq!(&text[scenario.world.clone()], WORLD);
    assert_eq!(scenario.place.line, 2);
    assert_eq!(scenario.requests[0].place.line, 3);
    assert_eq!(scenario.requests[0].request, "{\"action\" : 1}");
    assert_eq!(scenario.requests[0].expect, None);
}

#[test]
fn lines_are_scenarios_and_a_broken_one_does_not_end_the_file() {
    let line = format!(r#"{{"world":{WORLD},"requests":[]}}"#);
    let text = format!("{line}\n\n{{\n{line}\r\n");
    let file = read_scenarios("s.ndjson", &text, Path::new(""), Layout::Lines);
    assert_eq!(file.scenarios.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let error = &file.scenarios[1].as_ref().unwrap_err()[0];
    assert_eq!(error.code, Code::JsonSyntax);
    assert_eq!(file.sources.line_column(file.file, error.span.start).line, 3);
}

#[test]
fn every_error_of_a_scenario_is_reported() {
    assert_eq!(codes("[]"), [Code::InvalidWorld]);
    assert_eq!(codes("{}"), [Code::InvalidWorld, Code::InvalidWorld]);
    assert_eq!(codes(&format!(r#"{{"nam":"n","world":{WORLD},"requests":{{}}}}"#)), [Code::UnknownField, Code::InvalidWorld]);
    assert_eq!(codes(&format!(r#"{{"name":"n","name":"m","world":{WORLD},"requests":[]}}"#)), [Code::DuplicateKey]);
    assert_eq!(codes(&expecting(r#"{"decison":"Allow","reason":"alowed"}"#)), [Code::UnknownField, Code::InvalidWorld]);
    assert_eq!(codes(&expecting(r#"{"error":"unknown-principle"}"#)), [Code::InvalidWorld]);
    assert_eq!(codes(&expecting(r#"{"error":"unknown-principal","decision":"Deny"}"#)), [Code::InvalidWorld]);
    assert_eq!(codes(&expecting(r#"{"layers":{"scp":"ok"},"matched":[{"statement":"0"}]}"#)), [Code::InvalidWorld, Code::InvalidWorld]);
}

#[test]
fn an_object_of_many_members_is_read_in_linear_time() {
    let members: Vec<String> = (0..200_000).map(|number| format!("\"m{number}\":0")).collect();
    let started = std::time::Instant::now();
    let found = codes(&format!("{{{},\"m7\":0}}", members.join(",")));
    assert_eq!(found.iter().filter(|code| **code == Code::DuplicateKey).count(), 1);
    assert_eq!(found.iter().filter(|code| **code == Code::UnknownField).count(), 200_000);
    // A comparison of each with each takes minutes.
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn an_error_in_the_world_is_an_outcome_not_a_fault_of_the_file() {
    let text = r#"{"world":{"version":1,"version":1,"accounts":[]},"requests":[{"request":{},"expect":{"error":"duplicate-key"}}]}"#;
    let file = read_scenarios("s.json", text, Path::new(""), Layout::One);
    let answer = Answer { decision: "Allow", reason: "allowed", layer: "identity", explanation: None };
    let report = run(&file, file.scenarios[0].as_ref().unwrap(), &Fixed(Ok(answer)), &Default::default());
    assert_eq!(report.refused.as_ref().unwrap().code, "duplicate-key");
    assert_eq!(report.failures(), 0);
    let nested = format!(
        r#"{{"world":{}{},"requests":[{{"request":{{}},"expect":{{"error":"limit-exceeded"}}}}]}}"#,
        "[".repeat(40),
        "]".repeat(40)
    );
    let file = read_scenarios("s.json", &nested, Path::new(""), Layout::One);
    let report = run(
        &file,
        file.scenarios[0].as_ref().unwrap(),
        &Fixed(Err(Refusal { code: String::new(), message: String::new() })),
        &Default::default(),
    );
    assert_eq!(report.refused.unwrap().code, "limit-exceeded");
}

#[test]
fn only_what_is_stated_is_compared() {
    let expect = |text: &str| read(&expecting(text)).unwrap().requests[0].expect.clone().unwrap();
    let matched =
        |policy: &str, statement| Matched { policy: policy.to_owned(), statement: Some(statement), effect: "Deny", ..Matched::default() };
    let answer = Ok(Answer {
        decision: "Deny",
        reason: "explicit_deny",
        layer: "resource",
        explanation: Some(Explained {
            layers: vec![("scp", "none"), ("resource", "explicit_deny")],
            matched: vec![matched("a", 0), matched("b", 1)],
            resource_account: Some("111111111111".to_owned()),
            resource_account_from: "arn",
        }),
    });
    let found = |text: &str| mismatches(&expect(text), &answer).into_iter().map(|found| found.member).collect::<Vec<_>>();
    assert!(found("{}").is_empty());
    assert!(found(r#"{"decision":"Deny","layers":{"scp":"none"},"resource_account_from":"arn"}"#).is_empty());
    assert_eq!(found(r#"{"decision":"Allow","reason":"explicit_deny","layer":"identity"}"#), ["decision", "layer"]);
    assert_eq!(
        found(r#"{"layers":{"scp":"allowed","rcp":"none"},"resource_account":"222222222222"}"#),
        ["layers.scp", "layers.rcp", "resource_account"]
    );
    assert!(found(r#"{"matched":[{"policy":"a"},{"policy":"b","statement":1,"effect":"Deny"}]}"#).is_empty());
    assert_eq!(found(r#"{"matched":[{"policy":"a"}]}"#), ["matched"]);
    assert_eq!(found(r#"{"matched":[{"policy":"b"},{"policy":"a"}]}"#), ["matched"]);
    assert_eq!(found(r#"{"error":"unknown-principal"}"#), ["error"]);
    let refusal = Err(Refusal { code: "invalid-request".to_owned(), message: String::new() });
    assert!(mismatches(&expect(r#"{"error":"invalid-request"}"#), &refusal).is_empty());
    assert_eq!(mismatches(&expect(r#"{"decision":"Deny"}"#), &refusal).len(), 1);
}
