//! `bench`: what it counts, what it refuses. Times are as they are; what must hold of any is asserted.

use crate::common::{Folder, WORLD, corpus, request, run, run_stdin};
use std::path::Path;

/// Short measurements: the figures mean little, their relations hold.
const SHORT: [&str; 4] = ["--seconds", "0.02", "--warm-up", "0"];

fn estate(name: &str, requests: &str) -> (Folder, String, String) {
    let folder = Folder::new(name);
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    let requests = folder.file("requests.ndjson", requests);
    (folder, bundle, requests)
}

#[test]
fn the_document_holds_every_figure() {
    let requests = format!("{}\n{}\n", request("k"), request("secret/k"));
    let (_folder, bundle, requests) = estate("bench-figures", &requests);
    let [seconds, time, warm_up, no_time] = SHORT;
    for (option, principals) in [(None, "by_name"), (Some("--handles"), "handles")] {
        let mut command = crate::common::command();
        command.args(["bench", &bundle, &requests, "--format", "json", "--threads", "3", seconds, time, warm_up, no_time]).args(option);
        let run = crate::common::run_with(command, b"").code(0);
        let record = run.json();
        assert_eq!((&record["schema_version"], &record["requests"], &record["refused"]), (&1.into(), &2.into(), &0.into()));
        assert_eq!(record["principals"], principals);
        assert_eq!(record["bundle_bytes"], std::fs::metadata(&bundle).unwrap().len());
        assert_eq!(record["statements"], 2);
        let number = |name: &str| record[name].as_f64().unwrap_or_else(|| panic!("{name} in {}", run.stdout));
        assert!(number("hot_bytes") < number("bundle_bytes") && number("hot_bytes") > 0.0);
        let tenth = |value: f64| (value * 10.0).round() / 10.0;
        assert_eq!(number("bytes_per_statement"), tenth(number("bundle_bytes") / 2.0));
        assert_eq!(number("hot_bytes_per_statement"), tenth(number("hot_bytes") / 2.0));
        assert!(number("samples") >= 5.0);
        let rising = |names: &[&str]| names.windows(2).for_each(|pair| assert!(number(pair[0]) <= number(pair[1]), "{}", run.stdout));
        rising(&["ns_per_decision_least", "ns_per_decision", "ns_per_decision_most"]);
        rising(&["p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "max_ns"]);
        assert!(number("ns_per_decision_least") > 0.0 && number("p50_ns") > 0.0);
        let rates = record["decisions_per_second"].as_object().unwrap();
        assert_eq!(rates.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
        assert!(rates.values().all(|rate| rate.as_f64().unwrap() > 0.0));
        let latency = record["latency"].as_array().unwrap();
        assert!(latency.iter().all(|class| class["from_ns"].as_u64() < class["to_ns"].as_u64()));
        // One pass at least, and whole passes.
        let decisions: u64 = latency.iter().map(|class| class["decisions"].as_u64().unwrap()).sum();
        assert!(decisions >= 2 && decisions.is_multiple_of(2), "{decisions}");
        let instructions = &record["instructions_per_decision"];
        assert!(instructions.is_null() || instructions.as_f64().unwrap() > 100.0, "{instructions}");
    }
}

#[test]
fn what_is_refused_is_counted_and_shown() {
    let nobody = r#"{"principal":"arn:aws:iam::111111111111:user/nobody","action":"s3:GetObject"}"#;
    let (_folder, bundle, requests) = estate("bench-refused", &format!("{{\n{}\n\n{nobody}\n{{\n{}", request("k"), request("k")));
    let [seconds, time, warm_up, no_time] = SHORT;
    let record = run(["bench", &bundle, &requests, "--format", "json", seconds, time, warm_up, no_time]).code(1).json();
    assert_eq!((&record["requests"], &record["refused"]), (&2.into(), &4.into()));
    assert_eq!(record["refusals"]["json-syntax"], serde_json::json!({"lines": 3, "first_line": 1}));
    assert_eq!(record["refusals"]["unknown-principal"], serde_json::json!({"lines": 1, "first_line": 4}));
    let text = run(["bench", &bundle, &requests, "--threads", "1", seconds, time, warm_up, no_time]).code(1);
    for part in [
        "requests                    2, callers by name each time\n",
        "refused, not timed          4\n",
        "  json-syntax               3, first in line 1\n",
        "  unknown-principal         1, first in line 4\n",
        "\nns per decision             ",
        "\np99.9                       ",
        "\n   1 thread  ",
    ] {
        assert!(text.stdout.contains(part), "{part:?} in\n{}", text.stdout);
    }
    assert!(text.stdout.lines().any(|line| line.starts_with("below ") && line.ends_with('#')), "{}", text.stdout);
    assert!(text.stderr.contains("4 requests were refused and not timed"), "{}", text.stderr);
}

#[test]
fn sessions_with_policies_are_timed_as_decided() {
    let folder = Folder::new("bench-sessions");
    let bundle = folder.path("small.bundle");
    run(["compile", &corpus("worlds/small.json"), "-o", &bundle, "-q"]).code(0);
    let [seconds, time, warm_up, no_time] = SHORT;
    let requests = corpus("worlds/small.requests.ndjson");
    let record = run(["bench", &bundle, &requests, "--threads", "1", "--format", "json", seconds, time, warm_up, no_time]).code(0).json();
    assert_eq!((&record["requests"], &record["refused"]), (&2000.into(), &0.into()));
}

#[test]
fn input_that_cannot_be_used_ends_with_two() {
    let (folder, bundle, requests) = estate("bench-unusable", "{}\n");
    let none = run(["bench", &bundle, &requests]).code(2);
    assert!(
        none.stderr.contains("none of the requests can be decided, 1 of them for `invalid-request`, first in line 1"),
        "{}",
        none.stderr
    );
    let json = run(["bench", &bundle, &requests, "--format", "json"]).code(2).json();
    assert_eq!((&json["ok"], &json["error"]), (&false.into(), &"usage".into()));
    assert!(run(["bench", &bundle, &folder.path("requests.njson")]).code(2).stderr.contains("did you mean"));
    assert!(run(["bench", &requests, &requests]).code(2).stderr.contains("cannot be used"));
    assert!(run(["bench", "-", "-"]).code(2).stderr.contains("stdin cannot be both"));
    assert!(run_stdin(["bench", &bundle, "-"], "").code(2).stderr.contains("is empty"));
    for wrong in [["--seconds", "-1"], ["--seconds", "soon"], ["--warm-up", "NaN"], ["--threads", "0"]] {
        let [option, value] = wrong;
        assert!(run(["bench", &bundle, &requests, &format!("{option}={value}")]).code(2).stderr.contains(option), "{wrong:?}");
    }
}

#[test]
fn the_help_is_as_agreed() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/bench-help.txt");
    let shown = run(["bench", "--help"]).code(0).stdout;
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&golden, &shown).unwrap();
    }
    assert_eq!(shown, std::fs::read_to_string(golden).unwrap());
}
