//! Requests with a session: what limits it, where its documents are found, and what is wrong with it.

use crate::common::{ALLOWED, Folder, Run, command, corpus, run, run_stdin, run_with};

/// The role `app` may do anything.
const WORLD: &str = r#"{"version": 1, "accounts": [{"id": "111111111111",
    "managed_policies": [{"name": "ReadOnly", "path": "/team/", "document": {"Version": "2012-10-17", "Statement": {"Sid": "Named", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}}],
    "users": [{"name": "alice", "policies": ["FullAWSAccess"]}],
    "roles": [{"name": "app", "policies": ["FullAWSAccess"]}]}]}"#;

const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;

const LIMITED: &str = r#"{"decision":"Deny","reason":"implicit_deny","layer":"session"}"#;

const APP: &str = "arn:aws:sts::111111111111:assumed-role/app/one";

/// A request with session policies.
fn request(principal: &str, action: &str, policies: &str) -> String {
    format!(r#"{{"principal":"{principal}","action":"{action}","resource":"arn:aws:s3:::b/k","session":{{"policies":{policies}}}}}"#)
}

struct Case {
    folder: Folder,
    world: String,
    bundle: String,
}

impl Case {
    fn new(name: &str) -> Case {
        let folder = Folder::new(name);
        let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
        run(["compile", &world, "-o", &bundle, "-q"]).code(0);
        Case { folder, world, bundle }
    }

    /// What every way of deciding gives; they must be one.
    fn eval(&self, requests: &str, more: &[&str]) -> Run {
        let runs = [
            vec!["eval", &self.bundle, requests],
            vec!["eval", "--world", &self.world, requests],
            vec!["eval", "--world", &self.world, requests, "--evaluator", "reference"],
        ];
        let mut runs = runs.map(|arguments| {
            let mut command = command();
            command.args(arguments).args(more);
            run_with(command, b"")
        });
        assert_eq!(runs[0].stdout, runs[1].stdout);
        assert_eq!(runs[0].stdout, runs[2].stdout, "the reference");
        assert_eq!((runs[0].code, runs[0].code), (runs[1].code, runs[2].code));
        std::mem::replace(&mut runs[0], Run { stdout: String::new(), stderr: String::new(), code: 0 })
    }
}

#[test]
fn a_session_limits_its_caller_and_nobody_else() {
    let case = Case::new("session-limits");
    let lines = [
        (request(APP, "s3:GetObject", &format!("[{READ}]")), ALLOWED),
        (request(APP, "s3:PutObject", &format!("[{READ}]")), LIMITED),
        // The same caller with another session, with none, and with an empty list.
        (request(APP, "s3:PutObject", &format!(r#"[{READ},"FullAWSAccess"]"#)), ALLOWED),
        (request(APP, "s3:PutObject", "[]"), ALLOWED),
        (request(APP, "s3:PutObject", &format!("[{READ}]")), LIMITED),
        (request(APP, "s3:PutObject", "[]"), ALLOWED),
        (request(APP, "s3:PutObject", r#"["ReadOnly"]"#), LIMITED),
        (request(APP, "s3:GetObject", r#"["arn:aws:iam::111111111111:policy/team/ReadOnly"]"#), ALLOWED),
        (request("arn:aws:iam::111111111111:role/app", "s3:PutObject", &format!("[{READ}]")), LIMITED),
        (request("arn:aws:sts::111111111111:federated-user/alice", "s3:GetObject", &format!("[{READ}]")), ALLOWED),
        (request("arn:aws:sts::111111111111:federated-user/alice", "s3:PutObject", &format!("[{READ}]")), LIMITED),
        (request("arn:aws:iam::111111111111:user/alice", "s3:PutObject", "[]"), ALLOWED),
    ];
    // Many times, so that threads share the work and sessions repeat.
    let input: String = (0..200).flat_map(|_| &lines).map(|(line, _)| format!("{line}\n")).collect();
    let run = case.eval(&case.folder.file("requests.ndjson", input), &[]).code(0);
    for (number, (record, (line, expected))) in run.lines().iter().zip((0..200).flat_map(|_| &lines)).enumerate() {
        assert_eq!(record, expected, "line {}: {line}", number + 1);
    }
}

#[test]
fn paths_are_relative_to_the_requests() {
    let case = Case::new("session-paths");
    case.folder.file("calls/policies/read.json", format!("\n  {READ}"));
    let line = request(APP, "s3:GetObject", r#"["policies/read.json"]"#) + "\n";
    let requests = case.folder.file("calls/requests.ndjson", &line);
    let explained = case.eval(&requests, &["--explain"]).code(0);
    let record: serde_json::Value = serde_json::from_str(explained.stdout.trim()).unwrap();
    let matched = record["matched"].as_array().unwrap().last().unwrap();
    assert_eq!((&matched["policy"], &matched["sid"]), (&"session.policies[0]".into(), &"Read".into()));
    let place = (matched["file"].as_str(), matched["line"].as_u64(), matched["column"].as_u64());
    assert_eq!(place, (Some("policies/read.json"), Some(2), Some(39)));
    // From stdin: to the working directory.
    let mut command = command();
    command.current_dir(case.folder.path("calls")).args(["eval", &case.bundle, "-"]);
    assert_eq!(run_with(command, line.as_bytes()).code(0).lines(), [ALLOWED]);
    let elsewhere = run_stdin(["eval", &case.bundle, "-"], &line).code(1);
    assert!(elsewhere.stdout.contains(r#""error":"unresolved-document""#), "{}", elsewhere.stdout);
}

#[test]
fn paths_stay_below_the_folder_of_the_requests() {
    let case = Case::new("session-paths-outside");
    let secret = case.folder.file("secret.json", READ);
    for path in ["../secret.json", secret.as_str()] {
        let requests = case.folder.file("calls/requests.ndjson", request(APP, "s3:GetObject", &format!("[{path:?}]")) + "\n");
        let refused = case.eval(&requests, &[]).code(1);
        let record: serde_json::Value = serde_json::from_str(refused.stdout.trim()).unwrap();
        assert_eq!(record["error"], "unresolved-document");
        assert!(record["message"].as_str().unwrap().contains("leads out of the folder of the requests"), "{record}");
        assert_eq!(case.eval(&requests, &["--session-files-anywhere"]).code(0).lines(), [ALLOWED]);
        let world = case.folder.file("own.json", WORLD);
        let reference = run(["eval", "--world", &world, &requests, "--evaluator", "reference"]).code(1);
        assert!(reference.stdout.contains("leads out of the folder"), "{}", reference.stdout);
    }
}

#[test]
fn managed_policies_of_aws_are_in_the_bundle_or_in_a_folder() {
    let case = Case::new("session-aws-managed");
    let line = request(APP, "s3:PutObject", r#"["arn:aws:iam::aws:policy/ReadOnlyAccess"]"#) + "\n";
    let requests = case.folder.file("requests.ndjson", &line);
    let unknown = case.eval(&requests, &[]).code(1);
    assert!(unknown.stdout.contains(r#""error":"unresolved-document""#), "{}", unknown.stdout);
    assert_eq!(case.eval(&requests, &["--aws-managed", &corpus("aws-managed")]).code(0).lines(), [LIMITED]);
    // With --world the world's own folder; and what the world names is in its bundle.
    std::fs::create_dir(case.folder.path("aws")).unwrap();
    std::fs::copy(corpus("aws-managed/ReadOnlyAccess.json"), case.folder.path("aws/ReadOnlyAccess.json")).unwrap();
    let world = case.folder.file("own.json", WORLD.replace(r#""version": 1,"#, r#""version": 1, "aws_managed": "aws","#));
    for evaluator in ["compiled", "reference"] {
        let run = run(["eval", "--world", &world, &requests, "--evaluator", evaluator]).code(0);
        assert_eq!(run.lines(), [LIMITED], "{evaluator}");
    }
    let nowhere = run(["eval", &case.bundle, &requests, "--aws-managed", &case.folder.path("no")]).code(2);
    assert!(nowhere.stderr.contains("there is no directory"), "{}", nowhere.stderr);
}

#[test]
fn a_session_that_is_wrong_is_an_error_record() {
    let case = Case::new("session-errors");
    let user = "arn:aws:iam::111111111111:user/alice";
    let statement = |rest: &str| format!(r#"[{READ},{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}]"#);
    let first = |order: &str| request(APP, "s3:GetObject", order);
    let lines = [
        (request(user, "s3:GetObject", &format!("[{READ}]")), "invalid-request", "this caller takes no session policies"),
        (request("*", "s3:GetObject", &format!("[{READ}]")), "invalid-request", "this caller takes no session policies"),
        (request("arn:aws:iam::111111111111:root", "s3:GetObject", r#"["ReadOnly"]"#), "invalid-request", "takes no session policies"),
        (first(&statement(r#""Action":"s3","Resource":"*""#)), "invalid-action", "session.policies[1], line 1, column 64: "),
        (first(&statement(r#""Action":"s3:*""#)), "missing-resource", "session.policies[1]"),
        (first(&statement(r#""Action":"s3:*","Resource":"*","Principal":"*""#)), "unsupported-principal", "session.policies[1]"),
        (first(r#"["policies/no.json"]"#), "unresolved-document", "session.policies[0]"),
        (first(r#"["ReadOnli"]"#), "unresolved-document", "`ReadOnli`"),
        (first("[7]"), "invalid-request", "session.policies[0]"),
        (first("{}"), "invalid-request", "no list"),
        (first(&format!("[{READ},{READ}],\"name\":1")), "unknown-field", "`name`"),
        // Of two errors the first in the text counts (S-116).
        (first("[7]").replace("s3:GetObject", "s3"), "invalid-request", "action"),
        (format!(r#"{{"session":{{"policies":["ReadOnli"]}},"principal":"{APP}","action":"s3"}}"#), "unresolved-document", "`ReadOnli`"),
    ];
    let input: String = lines.iter().map(|(line, ..)| format!("{line}\n")).collect();
    let run = case.eval(&case.folder.file("requests.ndjson", input), &[]).code(1);
    for (number, (record, (line, code, words))) in run.lines().iter().zip(&lines).enumerate() {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        assert_eq!(record["error"], *code, "{line}: {record}");
        assert_eq!(record["line"], number + 1);
        assert!(record["message"].as_str().unwrap().contains(words), "{line}: no `{words}` in {record}");
    }
    assert_eq!(run.lines().len(), lines.len());
}

/// A session that repeats is not compiled again: its files are not even read.
#[test]
fn a_session_is_compiled_once() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let case = Case::new("session-once");
    let policy = case.folder.file("read.json", READ);
    let mut command = command();
    command.current_dir(case.folder.path("")).args(["eval", &case.bundle, "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &str| {
        writeln!(input, "{line}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    };
    assert_eq!(ask(&request(APP, "s3:PutObject", r#"["./read.json"]"#)), LIMITED);
    std::fs::remove_file(policy).unwrap();
    assert_eq!(ask(&request(APP, "s3:PutObject", r#"["./read.json"]"#)), LIMITED);
    // Another caller in the same session.
    assert_eq!(ask(&request(&APP.replace("one", "two"), "s3:GetObject", r#"["./read.json"]"#)), ALLOWED);
    assert!(ask(&request(APP, "s3:PutObject", r#"["././read.json"]"#)).contains("unresolved-document"));
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// More sessions than are remembered, and more than one thread: every answer is that of its own session.
#[test]
fn many_sessions_do_not_mix() {
    let case = Case::new("session-many");
    let line = |number: usize| {
        let key = if number.is_multiple_of(3) { format!("{number}") } else { "k".to_owned() };
        let policy = format!(
            r#"[{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/{number}"}}}}]"#
        );
        request(APP, "s3:GetObject", &policy).replace("b/k", &format!("b/{key}"))
    };
    let numbers = || (0..10_000).chain(0..10_000);
    let input: String = numbers().map(|number| line(number) + "\n").collect();
    let requests = case.folder.file("requests.ndjson", input);
    let run = run(["eval", &case.bundle, &requests]).code(0);
    for (record, number) in run.lines().iter().zip(numbers()) {
        assert_eq!(*record, if number.is_multiple_of(3) { ALLOWED } else { LIMITED }, "{number}");
    }
}
