//! Every help states the exit codes, and the examples in it run.

use crate::common::{Folder, WORLD, command, request, run, run_with};
use std::path::Path;
use std::process::Command;

const COMMANDS: [&str; 7] = ["compile", "eval", "test", "inspect", "verify", "bench", "debug"];

#[test]
fn every_help_states_the_exit_codes() {
    for flag in ["-h", "--help"] {
        assert!(run([flag]).code(0).stdout.contains("Exit codes:"), "portcullis {flag}");
        for command in COMMANDS {
            let help = run([command, flag]).code(0).stdout;
            assert!(help.contains("Exit codes:") && help.contains("130"), "portcullis {command} {flag}:\n{help}");
        }
    }
}

#[test]
fn usage_errors_end_with_two_and_a_suggestion() {
    assert!(run(["complie"]).code(2).stderr.contains("compile"));
    assert!(run(["compile", "x", "-o", "y", "--formt", "json"]).code(2).stderr.contains("--format"));
    assert!(run(["compile", "x"]).code(2).stderr.contains("--output"));
    assert!(run(["eval", "x", "--format", "xml"]).code(2).stderr.contains("ndjson"));
    run([]).code(2);
}

#[test]
fn the_version_names_the_bundle_format() {
    for flag in ["-V", "--version"] {
        assert!(run([flag]).code(0).stdout.contains("(bundle format 3, service data of "), "{flag}");
    }
    let json = run(["--version", "--format", "json"]).code(0).json();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["bundle_format"].is_u64());
    assert!(json["service_data"].is_string());
}

/// The lines of a help that begin with the program's name.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().filter_map(|line| line.strip_prefix("  portcullis "));
    // What follows after a wide gap is a remark.
    lines.map(|line| format!("portcullis {}", line.split("   ").next().unwrap().trim())).collect()
}

#[cfg(unix)]
#[test]
fn the_examples_in_the_help_run() {
    let folder = Folder::new("help-examples");
    folder.file("estate.json", WORLD);
    // Denied, as `--expect deny` asks.
    folder.file("requests.ndjson", request("secret/k") + "\n");
    folder.file("policy.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#);
    let world = WORLD.replace('\n', " ");
    let scenario = format!(
        r#"{{"name":"secrets","world":{world},"requests":[{{"request":{},"expect":{{"decision":"Deny","layer":"identity"}}}}]}}"#,
        request("secret/k")
    );
    folder.file("cases.ndjson", format!("{scenario}\n"));
    folder.file("scenarios/one.json", &scenario);
    run(["compile", &folder.path("estate.json"), "-o", &folder.path("estate.bundle")]).code(0);
    let mut helps = vec![run(["--help"]).stdout];
    helps.extend(COMMANDS.map(|command| run([command, "--help"]).stdout));
    let examples: Vec<String> = helps.iter().flat_map(|help| examples(help)).collect();
    assert!(examples.len() >= 20, "{examples:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_portcullis"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for example in examples {
        let mut shell = Command::new("sh");
        shell.args(["-c", &example]).current_dir(folder.path("")).env("PATH", &path);
        let run = run_with(shell, b"");
        assert_eq!(run.code, 0, "{example}\n{}\n{}", run.stdout, run.stderr);
    }
}

#[test]
fn colour_is_asked_for_or_left_out() {
    let folder = Folder::new("colour");
    let world = folder.file("world.json", "{}");
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = command();
        command.args(["compile", &world, "-o", &folder.path("b")]).args(arguments).envs(variables.iter().copied());
        run_with(command, b"").code(2).stderr.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn timings_and_verbosity() {
    let folder = Folder::new("timings");
    let world = folder.file("world.json", WORLD);
    let bundle = folder.path("b");
    assert!(run(["compile", &world, "-o", &bundle, "--timings"]).code(0).stderr.contains("total"));
    assert!(run(["compile", &world, "-o", &bundle, "-vv"]).code(0).stderr.contains("debug: "));
    let mut command = command();
    command.env("PORTCULLIS_LOG", "debug").args(["compile", &world, "-o", &bundle]);
    assert!(run_with(command, b"").code(0).stderr.contains("debug: "));
}
