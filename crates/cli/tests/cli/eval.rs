//! `eval`: order, error records, streams, exit codes.

use crate::common::{ALLOWED, DENIED, Folder, WORLD, command, corpus, request, run, run_stdin, run_with, without_near_misses};

fn bundle(name: &str) -> (Folder, String, String) {
    let folder = Folder::new(name);
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    (folder, world, bundle)
}

#[test]
fn decisions_come_in_the_order_of_requests() {
    let (folder, world, bundle) = bundle("eval-order");
    let requests: String = (0..3000).map(|number| request(if number % 3 == 0 { "secret/k" } else { "k" }) + "\n").collect();
    let file = folder.file("requests.ndjson", &requests);
    let expected: Vec<&str> = (0..3000).map(|number| if number % 3 == 0 { DENIED } else { ALLOWED }).collect();
    assert_eq!(run(["eval", &bundle, &file]).code(0).lines(), expected);
    assert_eq!(run(["eval", "--world", &world, &file]).code(0).lines(), expected);
    assert_eq!(run(["eval", "--world", &world, &file, "--evaluator", "reference"]).code(0).lines(), expected);
    assert_eq!(run_stdin(["eval", &bundle, "-"], &requests).code(0).lines(), expected);
    assert_eq!(run_stdin(["eval", &bundle], &requests).code(0).lines(), expected);
    assert_eq!(run_stdin(["eval", "--world", &world], &requests).code(0).lines(), expected);
    let written = folder.path("decisions.ndjson");
    let quiet = run(["eval", &bundle, &file, "--output", &written]).code(0);
    assert_eq!(quiet.stdout, "");
    assert_eq!(std::fs::read_to_string(written).unwrap().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_bad_line_is_an_error_record_in_its_place() {
    let (_folder, world, bundle) = bundle("eval-bad-lines");
    let good = request("k");
    let long = format!("{{\"principal\":\"{}\"}}", "a".repeat(70_000));
    let lines: [(&[u8], &str); 12] = [
        (good.as_bytes(), ""),
        (b"{", "json-syntax"),
        (b"", "json-syntax"),
        (b"\xff\xfe", "json-syntax"),
        (b"[]", "invalid-request"),
        (b"{\"principal\":\"arn:aws:iam::111111111111:user/alice\"}", "invalid-request"),
        (b"{\"principal\":\"*\",\"action\":\"s3:GetObject\",\"acton\":\"s3:GetObject\"}", "unknown-field"),
        (b"{\"principal\":\"*\",\"action\":\"s3:GetObject\",\"action\":\"s3:PutObject\"}", "duplicate-key"),
        (b"{\"principal\":\"arn:aws:iam::111111111111:user/alcie\",\"action\":\"s3:GetObject\"}", "unknown-principal"),
        (b"{\"principal\":\"*\",\"action\":\"s3:GetObject\",\"context\":{\"k\":{}}}", "invalid-request"),
        (long.as_bytes(), "limit-exceeded"),
        (good.as_bytes(), ""),
    ];
    let input = lines.iter().map(|(line, _)| *line).collect::<Vec<_>>().join(&b"\n"[..]);
    for arguments in
        [vec!["eval", &bundle], vec!["eval", "--world", &world, "--evaluator", "reference"], vec!["eval", &bundle, "--explain"]]
    {
        let mut command = command();
        command.args(arguments);
        let run = run_with(command, &input).code(1);
        let records = run.lines();
        assert_eq!(records.len(), lines.len());
        for (index, ((line, code), record)) in lines.iter().zip(records).enumerate() {
            let record: serde_json::Value = serde_json::from_str(record).unwrap();
            if code.is_empty() {
                assert_eq!(record["decision"], "Allow");
            } else {
                let line = String::from_utf8_lossy(&line[..line.len().min(100)]).into_owned();
                assert_eq!(record["error"], *code, "{line}");
                assert_eq!(record["line"], index + 1, "{line}");
                assert!(!record["message"].as_str().unwrap().is_empty(), "{line}");
            }
        }
        assert!(run.stderr.contains("10 line"), "{}", run.stderr);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (folder, _, bundle) = bundle("eval-threads");
    // Enough for many batches, the last of them not full; a bad line now and then.
    let line = |number: usize| match number % 7 {
        0 => request("secret/k"),
        1 if number % 70 == 1 => format!("{{\"line\": {number}}}"),
        _ => request(&"k".repeat(number % 300)),
    };
    let requests: String = (0..5000).map(|number| line(number) + "\n").collect();
    assert!(requests.len() > 8 * (128 << 10));
    let file = folder.file("requests.ndjson", &requests);
    let alone = run(["eval", &bundle, &file, "--threads", "1"]).code(1);
    assert_eq!(alone.lines().len(), 5000);
    assert!(alone.lines()[71].contains("\"line\":72"), "{}", alone.lines()[71]);
    for threads in ["2", "3", "16"] {
        assert_eq!(run(["eval", &bundle, &file, "--threads", threads]).code(1).stdout, alone.stdout, "{threads} threads");
        assert_eq!(run_stdin(["eval", &bundle, "--threads", threads], &requests).code(1).stdout, alone.stdout, "{threads} threads");
    }
    for wrong in ["0", "1025", "many"] {
        assert!(run(["eval", &bundle, &file, "--threads", wrong]).code(2).stderr.contains("--threads"));
    }
}

#[test]
fn a_line_longer_than_any_buffer_is_one_error_record() {
    let (_folder, _, bundle) = bundle("eval-huge-line");
    let input = format!("{}\n{}\n{}\n", request("k"), "x".repeat(9 << 20), request("secret/k"));
    let run = run_stdin(["eval", &bundle], &input).code(1);
    let records = run.lines();
    assert_eq!(records.len(), 3);
    assert_eq!(records[0], ALLOWED);
    assert!(records[1].contains("limit-exceeded") && records[1].contains("\"line\":2"), "{}", records[1]);
    assert_eq!(records[2], DENIED);
}

#[test]
fn an_explanation_names_layers_statements_and_the_owner() {
    let (folder, world, bundle) = bundle("eval-explain");
    let requests = folder.file("requests.ndjson", request("secret/k"));
    let run_one = |arguments: &[&str]| {
        let mut command = command();
        command.args(arguments);
        serde_json::from_str::<serde_json::Value>(&run_with(command, b"").code(0).stdout).unwrap()
    };
    let compiled = run_one(&["eval", &bundle, &requests, "--explain"]);
    assert_eq!(compiled["layers"]["identity"], "explicit_deny");
    assert_eq!(compiled["layers"]["scp"], "none");
    let matched = compiled["matched"].as_array().unwrap();
    assert_eq!(matched.len(), 2);
    assert_eq!(matched[1]["policy"], "accounts[0].users[0].policies[0]");
    assert_eq!(matched[1]["statement"], 1);
    assert_eq!(matched[1]["sid"], "NoSecrets");
    assert_eq!(matched[1]["effect"], "Deny");
    assert_eq!(matched[1]["file"], "world.json");
    assert_eq!(matched[1]["line"], 14);
    assert_eq!(matched[1]["column"], 17);
    assert_eq!(compiled["resource_account_from"], "principal");
    assert_eq!(compiled["resource_account"], "111111111111");
    let reference = run_one(&["eval", "--world", &world, &requests, "--explain", "--evaluator", "reference"]);
    for member in ["decision", "reason", "layer", "layers", "resource_account", "resource_account_from"] {
        assert_eq!(compiled[member], reference[member], "{member}");
    }
    assert_eq!(reference["matched"].as_array().unwrap().len(), 2);
    let mut text = command();
    text.args(["eval", &bundle, &requests, "--explain", "--format", "text"]);
    let text = run_with(text, b"").code(0).stdout;
    assert!(text.contains("Deny  by statement `NoSecrets` in world.json:14:17 (accounts[0].users[0].policies[0])\n"), "{text}");
}

#[test]
fn a_summary_counts() {
    let (folder, _, bundle) = bundle("eval-summary");
    let requests = folder.file("requests.ndjson", format!("{}\n{}\n{{\n", request("k"), request("secret/k")));
    let text = run(["eval", &bundle, &requests, "--summary", "--show", "1"]).code(1).stdout;
    assert!(text.contains("decisions per second"), "{text}");
    assert!(text.starts_with("     1 Allow allowed at identity"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    let json = run(["eval", &bundle, &requests, "--summary", "--format", "json"]).code(1).json();
    assert_eq!(json["requests"], 3);
    assert_eq!(json["allowed"], 1);
    assert_eq!(json["explicit_deny"], 1);
    assert_eq!(json["errors"], 1);
}

#[test]
fn expectations_of_the_whole_stream() {
    let (folder, _, bundle) = bundle("eval-expect");
    let requests = folder.file("requests.ndjson", request("secret/k"));
    run(["eval", &bundle, &requests]).code(0);
    run(["eval", &bundle, &requests, "--expect", "deny"]).code(0);
    run(["eval", &bundle, &requests, "--expect", "Allow"]).code(1);
}

#[test]
fn usage_is_checked() {
    let (folder, world, bundle) = bundle("eval-usage");
    let requests = folder.file("requests.ndjson", request("k"));
    let reference = run(["eval", &bundle, &requests, "--evaluator", "reference"]).code(2);
    assert!(reference.stderr.contains("--world"), "{}", reference.stderr);
    run(["eval"]).code(2);
    run(["eval", "--world", &world, &bundle, &requests]).code(2);
    run(["eval", "-"]).code(2);
    run(["eval", &bundle, &requests, "--format", "json"]).code(2);
    run(["eval", &bundle, &folder.path("missing.ndjson")]).code(2);
    run(["eval", &bundle, &folder.path(".")]).code(2);
    let typo = run(["eval", &bundle, &requests, "--sumary"]).code(2);
    assert!(typo.stderr.contains("--summary"), "{}", typo.stderr);
    let nothing = run(["eval", &bundle, &folder.file("empty.ndjson", "")]).code(0);
    assert_eq!(nothing.stdout, "");
}

/// A writer that waits for each answer gets it: nothing is kept back until more comes.
#[test]
fn a_conversation_over_pipes_works() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let (_folder, _, bundle) = bundle("eval-conversation");
    let mut child = command().args(["eval", &bundle, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for (key, expected) in [("k", ALLOWED), ("secret/k", DENIED), ("l", ALLOWED)] {
        writeln!(input, "{}", request(key)).unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), expected);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// `eval | head -1`.
#[test]
fn a_closed_pipe_ends_silently() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;
    let (_folder, _, bundle) = bundle("eval-closed-pipe");
    let (folder, requests) = (Folder::new("eval-closed-pipe-requests"), (request("k") + "\n").repeat(200_000));
    let requests = folder.file("requests.ndjson", requests);
    let mut child =
        command().args(["eval", &bundle, &requests]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim_end(), ALLOWED);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The estates of the corpus, the quick start's among them, by both evaluators: whole records, byte for byte, but for the near misses that only a bundle tells.
#[test]
fn the_estates_are_explained_alike_by_both_evaluators() {
    for (name, sessions) in [("core", 0), ("small", 48)] {
        let (world, requests) = (corpus(&format!("worlds/{name}.json")), corpus(&format!("worlds/{name}.requests.ndjson")));
        let compiled = run(["eval", "--world", &world, &requests, "--explain"]).code(0);
        let reference = run(["eval", "--world", &world, &requests, "--explain", "--evaluator", "reference"]).code(0);
        assert_eq!((compiled.lines().len(), reference.lines().len()), (2000, 2000));
        let without = without_near_misses(&compiled.stdout);
        for (line, (left, right)) in without.lines().zip(reference.lines()).enumerate() {
            assert_eq!(left, right, "{name}: request {}", line + 1);
        }
        assert!(compiled.stdout.contains("\"near_misses\":[{"), "{name}");
        assert_eq!(std::fs::read_to_string(&requests).unwrap().matches("\"session\":").count(), sessions, "{name}");
    }
}

#[test]
fn shown_decisions_are_part_of_the_document() {
    let (folder, _, bundle) = bundle("eval-shown");
    let requests = folder.file("requests.ndjson", [request("k"), "{".to_owned(), request("secret/k")].join("\n"));
    let json = run(["eval", &bundle, &requests, "--summary", "--format", "json", "--show", "2"]).code(1).json();
    let shown = json["shown"].as_array().unwrap();
    assert_eq!(shown.len(), 2);
    assert_eq!((&shown[0]["decision"], &shown[1]["error"]), (&"Allow".into(), &"json-syntax".into()));
    assert_eq!(json["requests"], 3);
    let none = run(["eval", &bundle, &requests, "--summary", "--format", "json"]).code(1).json();
    assert!(none.get("shown").is_none());
}

#[test]
fn a_syntax_error_has_its_place_within_the_request() {
    let (_folder, _, bundle) = bundle("eval-syntax-place");
    let lone = r#"{"principal":"*","action":"s3:GetObject","context":{"é":"a","k":"\ud800"}}"#;
    for (line, words) in [
        ("{\"principal\":nope}", "the request is no JSON: expected ident at column 15"),
        ("{\"principal\":", "at column 13"),
        ("\u{feff}{}", "byte order mark"),
        (lone, "at column 72"),
    ] {
        let run = run_stdin(["eval", &bundle], &format!("{line}\n")).code(1);
        let record: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
        let message = record["message"].as_str().unwrap();
        assert_eq!(record["error"], "json-syntax", "{line}");
        assert!(message.contains(words) && !message.contains("line 1"), "{line}: no `{words}` in {message}");
    }
}

#[test]
fn text_for_people_does_not_act_on_the_terminal() {
    let (_folder, _, bundle) = bundle("eval-plain");
    let input = format!("{}\n{}\n", request("\\u001b[31mred"), r#"{"a\u001bb":1}"#);
    let run = run_stdin(["eval", &bundle, "-", "--format", "text"], &input).code(1);
    assert!(!run.stdout.contains('\u{1b}') && run.stdout.contains(r"\u{1b}[31mred"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn results_are_readable_as_the_umask_says_and_bundles_by_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _, bundle) = bundle("eval-modes");
    let requests = folder.file("requests.ndjson", request("k"));
    let written = folder.path("decisions.ndjson");
    run(["eval", &bundle, &requests, "-o", &written]).code(0);
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // The request file was created by the umask, too.
    assert_eq!(mode(&written), mode(&requests));
    assert_eq!(mode(&bundle), 0o600);
}

/// Ends a process by a signal, as a shell does.
#[cfg(unix)]
fn signal(name: &str, child: &std::process::Child) {
    let status = std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_with_130() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let (folder, _, bundle) = bundle("eval-signal");
    for name in ["INT", "TERM"] {
        let mut child = command().args(["eval", &bundle, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{}", request("k")).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // It waits for more.
        signal(name, &child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
        drop(input);
    }
    assert_eq!(folder.names(), ["world.bundle", "world.json"]);
}

#[cfg(unix)]
#[test]
fn a_signal_while_a_file_is_written_leaves_no_temporary_file() {
    use std::process::Stdio;
    let (folder, _, bundle) = bundle("eval-signal-write");
    let requests = folder.file("requests.ndjson", (request("k") + "\n").repeat(300_000));
    let output = folder.path("decisions.ndjson");
    for name in ["INT", "TERM", "INT", "TERM"] {
        let mut child = command().args(["eval", &bundle, &requests, "-q", "-o", &output]).stderr(Stdio::null()).spawn().unwrap();
        // From the moment at which the temporary file holds something; it may be gone before the signal comes.
        let temporary = || folder.names().iter().any(|name| name.ends_with(".tmp"));
        while !temporary() && child.try_wait().unwrap().is_none() {}
        let _ = std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).stderr(Stdio::null()).status();
        let code = child.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 130)), "{name}: {code:?}");
        assert!(!temporary(), "{name}: {:?}", folder.names());
    }
}
