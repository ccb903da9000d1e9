//! `test`: scenario files, their formats and exit codes.

use crate::common::{Folder, WORLD, corpus, request, run, run_stdin};

/// A scenario of one line.
fn scenario(name: &str, world: &str, cases: &[(String, &str)]) -> String {
    let cases: Vec<String> = cases
        .iter()
        .map(|(request, expect)| {
            let expect = if expect.is_empty() { String::new() } else { format!(r#","expect":{expect}"#) };
            format!(r#"{{"request":{request}{expect}}}"#)
        })
        .collect();
    format!(r#"{{"name":"{name}","world":{},"requests":[{}]}}"#, world.replace('\n', " "), cases.join(","))
}

fn good() -> String {
    scenario("good", WORLD, &[(request("k"), r#"{"decision":"Allow"}"#), (request("secret/k"), "")])
}

fn wrong() -> String {
    scenario("wrong <&>", WORLD, &[(request("k"), r#"{"decision":"Deny","reason":"allowed","layer":"scp"}"#)])
}

fn refused() -> String {
    scenario("refused", r#"{"version":1,"accounts":[{"id":"1"}]}"#, &[(request("k"), r#"{"error":"invalid-world"}"#)])
}

#[test]
fn every_request_gives_a_line() {
    let folder = Folder::new("test-ndjson");
    let bad_request = scenario("bad", WORLD, &[(r#"{"principal":"*"}"#.to_owned(), r#"{"error":"invalid-request"}"#)]);
    let file = folder.file("cases.ndjson", format!("{}\n\n{}\n{}\n{}\n", good(), refused(), bad_request, good()));
    for evaluator in ["compiled", "reference"] {
        let run = run(["test", &file, "--format", "ndjson", "--evaluator", evaluator]).code(0);
        assert_eq!(
            run.lines(),
            [
                r#"{"scenario":0,"request":0,"decision":"Allow","reason":"allowed"}"#,
                r#"{"scenario":0,"request":1,"decision":"Deny","reason":"explicit_deny"}"#,
                r#"{"scenario":1,"error":"invalid-world"}"#,
                r#"{"scenario":2,"request":0,"error":"invalid-request"}"#,
                r#"{"scenario":3,"request":0,"decision":"Allow","reason":"allowed"}"#,
                r#"{"scenario":3,"request":1,"decision":"Deny","reason":"explicit_deny"}"#,
            ]
        );
        assert!(run.stderr.contains("0 of 4 expectations failed: 6 requests, 4 scenarios in 1 file"), "{}", run.stderr);
    }
}

#[test]
fn with_more_files_each_line_names_its_own() {
    let folder = Folder::new("test-files");
    folder.file("all/b.ndjson", good());
    folder.file("all/a/c.json", refused());
    folder.file("all/README.md", "no scenario");
    let run_all = run(["test", &folder.path("all"), "--format", "ndjson"]).code(0);
    let files: Vec<String> = run_all
        .lines()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, [folder.path("all/a/c.json"), folder.path("all/b.ndjson"), folder.path("all/b.ndjson")]);
    let stdin = run_stdin(["test", "-", "--format", "ndjson"], &good()).code(0);
    assert_eq!(stdin.lines().len(), 2);
}

#[test]
fn failures_show_expected_and_actual_in_every_format() {
    let folder = Folder::new("test-failures");
    let file = folder.file("cases.ndjson", format!("{}\n{}\n", good(), wrong()));
    let text = run(["test", &file]).code(1);
    assert!(text.stdout.contains("cases.ndjson:2 scenario 1: wrong <&>"), "{}", text.stdout);
    assert!(text.stdout.contains("request 0: decision: expected Deny, actual Allow"), "{}", text.stdout);
    assert!(text.stdout.contains("request 0: layer: expected scp, actual identity"), "{}", text.stdout);
    assert!(!text.stdout.contains("good"), "{}", text.stdout);
    assert!(text.stderr.contains("1 of 2 expectations failed"), "{}", text.stderr);

    let json = run(["test", &file, "--format", "json"]).code(1).json();
    assert_eq!((json["schema_version"].as_u64(), json["failed"].as_u64(), json["expectations"].as_u64()), (Some(1), Some(1), Some(2)));
    assert_eq!(json["failures"][0]["scenario"], 1);
    assert_eq!(json["failures"][0]["line"], 2);
    assert_eq!(json["failures"][0]["mismatches"][0]["expected"], "Deny");

    let report = folder.path("report.xml");
    assert_eq!(run(["test", &file, "--format", "junit", "--output", &report]).code(1).stdout, "");
    let xml = std::fs::read_to_string(report).unwrap();
    assert!(xml.contains(r#"<testsuites tests="2" failures="1" errors="0">"#), "{xml}");
    assert!(xml.contains("wrong &lt;&amp;&gt;"), "{xml}");
    assert!(xml.contains(r#"<failure type="decision" message="expected Deny, actual Allow"/>"#), "{xml}");

    let lines = run(["test", &file, "--format", "ndjson"]).code(1);
    assert_eq!(lines.lines().len(), 3);
}

#[test]
fn an_unexpected_refusal_shows_what_is_wrong_with_the_world() {
    let folder = Folder::new("test-refusal");
    let file = folder
        .file("cases.json", scenario("refused", r#"{"version":1,"accounts":[{"id":"1"}]}"#, &[(request("k"), r#"{"decision":"Deny"}"#)]));
    let text = run(["test", &file]).code(1).stdout;
    assert!(text.contains("the world is refused") && text.contains("cases.json:1:"), "{text}");
}

#[test]
fn a_scenario_that_cannot_be_read_is_reported_and_the_others_run() {
    let folder = Folder::new("test-unreadable");
    let file = folder.file("cases.ndjson", format!("{}\n{{\"name\":\n{}\n{{\"nam\":1}}\n", good(), good()));
    let run_lines = run(["test", &file, "--format", "ndjson"]).code(2);
    let lines = run_lines.lines();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[2], r#"{"scenario":1,"error":"json-syntax"}"#);
    assert_eq!(lines[5], r#"{"scenario":3,"error":"unknown-field"}"#);
    assert!(run_lines.stderr.contains("cases.ndjson:2:"), "{}", run_lines.stderr);
    assert!(run_lines.stderr.contains("2 unreadable"), "{}", run_lines.stderr);
    assert_eq!(run(["test", &file, "--format", "json"]).code(2).json()["unreadable"], 2);
    assert!(run(["test", &file, "--format", "junit"]).code(2).stdout.contains("<error type=\"json-syntax\""));
}

#[test]
fn bad_paths_are_told_apart() {
    let folder = Folder::new("test-bad-paths");
    std::fs::create_dir(folder.path("empty")).unwrap();
    for (path, words) in [
        (folder.path("missing.json"), "no such file"),
        (folder.path("empty"), "holds no scenario file"),
        (folder.file("cases.txt", "{}"), "is no scenario file"),
        (folder.file("latin.json", b"\xe9"), "not UTF-8"),
        (folder.file("nothing.json", ""), "is empty"),
    ] {
        let run = run(["test", &path]).code(2);
        assert!(run.stderr.contains(words), "{path}: no `{words}` in:\n{}", run.stderr);
    }
    run(["test"]).code(2);
}

#[test]
fn both_evaluators_print_the_same_for_the_corpus() {
    for file in ["scenarios/cases.ndjson", "scenarios/cases-deck.ndjson", "scenarios/cases-acl.ndjson"] {
        let path = corpus(file);
        let compiled = run(["test", &path, "--format", "ndjson"]);
        let reference = run(["test", &path, "--format", "ndjson", "--evaluator", "reference"]);
        assert!(!compiled.stdout.is_empty());
        for (left, right) in compiled.lines().iter().zip(reference.lines()) {
            assert_eq!(*left, right, "{file}");
        }
        assert_eq!(compiled.lines().len(), reference.lines().len(), "{file}");
        assert_eq!(compiled.code, reference.code, "{file}");
    }
}
