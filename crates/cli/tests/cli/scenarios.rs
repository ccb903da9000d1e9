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
    assert!(
        xml.contains("<failure type=\"decision\" message=\"expected Deny, actual Allow\">decision: expected Deny, actual Allow\nlayer:"),
        "{xml}"
    );
    assert_eq!(xml.matches("<failure").count(), 1, "{xml}");

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

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = Folder::new("test-unreadable-files");
    let latin = folder.file("a.json", b"{\"name\":\n \"caf\xe9\"}");
    let file = folder.file("b.ndjson", format!("{}\n", wrong()));
    let missing = folder.path("missing.json");
    let text = run(["test", &latin, &missing, &file]).code(2);
    assert!(text.stdout.contains("FAILED") && text.stdout.contains("b.ndjson:1 scenario 0"), "{}", text.stdout);
    for words in ["PC101", "a.json:2:6", "no such file", "1 of 1 expectation failed, 2 unreadable", "in 3 files"] {
        assert!(text.stderr.contains(words), "no `{words}` in:\n{}", text.stderr);
    }
    let json = run(["test", &latin, &missing, &file, "--format", "json"]).code(2).json();
    assert_eq!((json["unreadable"].as_u64(), json["failed"].as_u64(), json["files"].as_u64()), (Some(2), Some(1), Some(3)));
    let codes: Vec<&str> = json["diagnostics"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["json-syntax", "unresolved-document"]);
    let lines = run(["test", &latin, &missing, &file, "--format", "ndjson"]).code(2);
    assert_eq!(lines.lines().len(), 3);
    assert!(lines.lines()[0].ends_with(r#""scenario":0,"error":"json-syntax"}"#), "{}", lines.stdout);
    let xml = run(["test", &latin, &missing, &file, "--format", "junit"]).code(2).stdout;
    assert!(xml.contains(r#"<testsuites tests="3" failures="1" errors="2">"#), "{xml}");
}

#[cfg(unix)]
#[test]
fn a_search_takes_regular_files_alone() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new("test-search");
    let elsewhere = folder.file("elsewhere/one.json", good());
    folder.file("all/sub/two.ndjson", good());
    symlink(&elsewhere, folder.path("all/linked.json")).unwrap();
    // Neither a folder, nor a link back to where the search began, nor a pipe that nobody writes to is a scenario file.
    symlink(folder.path("all"), folder.path("all/loop.json")).unwrap();
    std::fs::create_dir(folder.path("all/folder.json")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.path("all/pipe.json")).status().unwrap().success());
    let run_all = run(["test", &folder.path("all")]).code(0);
    assert!(run_all.stderr.contains("2 scenarios in 2 files"), "{}", run_all.stderr);
}

#[test]
fn a_refused_world_is_counted_where_nothing_is_expected() {
    let folder = Folder::new("test-refused-worlds");
    let refused = scenario("refused", r#"{"version":1,"accounts":[{"id":"1"}]}"#, &[(request("k"), "")]);
    let file = folder.file("cases.ndjson", format!("{}\n{refused}\n", good()));
    let text = run(["test", &file]).code(0);
    assert!(text.stderr.contains(", 1 world refused, "), "{}", text.stderr);
    assert_eq!(run(["test", &file, "--format", "json"]).code(0).json()["refused_worlds"], 1);
    let xml = run(["test", &file, "--format", "junit"]).code(0).stdout;
    assert!(xml.contains(r#"<property name="refused_worlds" value="1"/>"#) && xml.contains(" time=\""), "{xml}");
    assert!(!run(["test", &folder.file("good.json", good())]).code(0).stderr.contains("refused"));
}

#[test]
fn unreadable_scenarios_stand_in_their_place_in_junit() {
    let folder = Folder::new("test-junit-order");
    let file = folder.file("cases.ndjson", format!("{}\n{{\"nam\":1}}\n{}\n", good(), wrong()));
    let xml = run(["test", &file, "--format", "junit"]).code(2).stdout;
    let at = |what: &str| xml.find(what).unwrap_or_else(|| panic!("no {what} in {xml}"));
    assert!(at("scenario 0 request 0") < at("name=\"scenario 1\"") && at("name=\"scenario 1\"") < at("scenario 2 request 0"), "{xml}");
    // Several things are wrong with it; it is one case with one error.
    assert_eq!(xml.matches("<error").count(), 1, "{xml}");
}

#[test]
fn names_do_not_act_on_the_terminal() {
    let folder = Folder::new("test-plain");
    let name = r"red \u001b[31m \u202e name";
    let file = folder.file("cases.json", scenario(name, WORLD, &[(request("k"), r#"{"decision":"Deny"}"#)]));
    let text = run(["test", &file]).code(1);
    assert!(text.stdout.contains(r"red \u{1b}[31m \u{202e} name"), "{}", text.stdout);
    assert!(!text.stdout.contains(['\u{1b}', '\u{202e}']) && !text.stderr.contains('\u{1b}'), "{}", text.stdout);
    let member = folder.file("member.json", r#"{"a\u001bb":1}"#);
    let unknown = run(["test", &member]).code(2);
    assert!(!unknown.stderr.contains('\u{1b}') && unknown.stderr.contains(r"a\u{1b}b"), "{}", unknown.stderr);
    let missing = run(["eval", &folder.path("no\u{1b}[31m.bundle")]).code(2);
    assert!(!missing.stderr.contains('\u{1b}'), "{}", missing.stderr);
}
