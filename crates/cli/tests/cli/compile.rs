//! `compile`, `inspect`, `verify` and `debug`.

use crate::common::{Folder, WORLD, command, corpus, run, run_stdin, run_with};

#[test]
fn compile_publishes_and_tells_what_is_in_it() {
    let folder = Folder::new("compile-publishes");
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    let text = run(["compile", &world, "-o", &bundle]).code(0);
    for name in ["accounts", "principals", "policies", "statements", "distinct atoms", "DAG nodes", "bytes", "time"] {
        assert!(text.lines().iter().any(|line| line.starts_with(name)), "{name} is missing:\n{}", text.stdout);
    }
    assert!(text.stderr.contains("compiled 2 statements of 1 policy"), "{}", text.stderr);
    assert_eq!(folder.names(), ["world.bundle", "world.json"]);
    let json = run(["compile", &world, "-o", &bundle, "--format", "json"]).code(0).json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["summary"]["statements"], 2);
    assert_eq!(json["bundle"]["bytes"], std::fs::metadata(&bundle).unwrap().len());
    let quiet = run(["compile", &world, "-o", &bundle, "-q"]).code(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn the_same_world_gives_the_same_bytes() {
    let folder = Folder::new("compile-same");
    let core = std::fs::read(corpus("worlds/core.json")).unwrap();
    let mut bundles = Vec::new();
    for threads in ["1", "2", "7"] {
        let bundle = folder.path(&format!("{threads}.bundle"));
        let mut command = command();
        command.env("RAYON_NUM_THREADS", threads).args(["compile", &corpus("worlds/core.json"), "-o", &bundle]);
        run_with(command, b"").code(0);
        bundles.push(std::fs::read(bundle).unwrap());
    }
    // Another folder, another working directory; the managed policies beside it are the same.
    #[cfg(unix)]
    {
        std::fs::create_dir_all(folder.path("else/worlds")).unwrap();
        std::os::unix::fs::symlink(std::fs::canonicalize(corpus("aws-managed")).unwrap(), folder.path("else/aws-managed")).unwrap();
        folder.file("else/worlds/core.json", core);
        let mut command = command();
        command.current_dir(folder.path("else/worlds")).args(["compile", "core.json", "-o", "here.bundle"]);
        run_with(command, b"").code(0);
        bundles.push(std::fs::read(folder.path("else/worlds/here.bundle")).unwrap());
    }
    assert!(bundles.iter().all(|bundle| *bundle == bundles[0]));
}

#[test]
fn a_refused_world_leaves_the_old_bundle() {
    let folder = Folder::new("compile-refused");
    let world = folder.file("world.json", WORLD.replace("\"Allow\"", "\"allow\"").replace("s3:*", "s3"));
    let bundle = folder.file("world.bundle", "old");
    let text = run(["compile", &world, "-o", &bundle]).code(2);
    assert_eq!(text.stdout, "");
    assert!(text.stderr.contains("invalid-effect") && text.stderr.contains("invalid-action"), "{}", text.stderr);
    assert!(text.stderr.contains("^"), "no caret:\n{}", text.stderr);
    assert!(text.stderr.contains("world.json:13:"), "no place:\n{}", text.stderr);
    let json = run(["compile", &world, "-o", &bundle, "--format", "json"]).code(2).json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["error"], "invalid-effect");
    let codes: Vec<&str> = json["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["invalid-effect", "invalid-action"]);
    assert_eq!(json["diagnostics"][0]["line"], 13);
    assert_eq!(std::fs::read(&bundle).unwrap(), b"old");
    assert_eq!(folder.names(), ["world.bundle", "world.json"]);
}

#[test]
fn bad_files_are_told_apart() {
    let folder = Folder::new("compile-bad-files");
    folder.file("world.json", WORLD);
    let bundle = folder.path("out.bundle");
    let cases: [(String, &str); 8] = [
        (folder.path("wrld.json"), "did you mean"),
        (folder.path("missing/world.json"), "no such file"),
        (folder.path("."), "directory"),
        (folder.file("latin.json", b"{\"version\":1,\n\"caf\xe9\":2}"), "not UTF-8 text: line 2"),
        (folder.file("empty.json", ""), "empty"),
        (folder.file("blank.json", " \n"), "json-syntax"),
        (folder.file("cut.json", &WORLD[..200]), "json-syntax"),
        (folder.file("list.json", "[]"), "invalid-world"),
    ];
    for (world, words) in cases {
        let run = run(["compile", &world, "-o", &bundle]).code(2);
        assert!(run.stderr.contains(words), "{world}: no `{words}` in:\n{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert!(!folder.names().contains(&"out.bundle".to_owned()), "{world}");
    }
}

#[test]
fn bad_targets_are_told_before_the_work() {
    let folder = Folder::new("compile-bad-targets");
    let world = folder.file("world.json", WORLD);
    let directory = run(["compile", &world, "-o", &folder.path(".")]).code(2);
    assert!(directory.stderr.contains("it is a directory"), "{}", directory.stderr);
    let nowhere = run(["compile", &world, "-o", &folder.path("no/such/world.bundle")]).code(2);
    assert!(nowhere.stderr.contains("there is no directory"), "{}", nowhere.stderr);
    assert_eq!(folder.names(), ["world.json"]);
}

#[test]
fn a_world_comes_from_stdin_and_a_bundle_goes_to_a_pipe() {
    let folder = Folder::new("compile-stdin");
    let bundle = folder.path("world.bundle");
    run_stdin(["compile", "-", "-o", &bundle], WORLD).code(0);
    let mut command = command();
    command.args(["compile", "-", "-o", "-"]);
    let output = {
        use std::io::Write;
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(WORLD.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert!(output.status.success());
    assert_eq!(output.stdout, std::fs::read(&bundle).unwrap());
}

#[test]
fn inspect_and_verify_look_into_a_bundle() {
    let folder = Folder::new("inspect");
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    let text = run(["inspect", &bundle]).code(0).stdout;
    for word in ["steps at most", "memory when opened", "statements", "dag-nodes", "digest"] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    let json = run(["inspect", &bundle, "--format", "json"]).code(0).json();
    assert!(json["sections"].as_array().unwrap().iter().any(|section| section["name"] == "dag-nodes"));
    assert!(json["bundle"]["steps_max"].as_u64().unwrap() > 0);
    assert!(run(["verify", &bundle]).code(0).stdout.contains("ok"));
    assert_eq!(run(["verify", &bundle, "--format", "json"]).code(0).json()["ok"], true);
}

#[test]
fn damaged_bundles_are_refused_everywhere() {
    let folder = Folder::new("damaged");
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    let sound = std::fs::read(&bundle).unwrap();
    let mut other_version = sound.clone();
    other_version[8] = 99;
    let mut flipped = sound.clone();
    let last = flipped.len() - 100;
    flipped[last] ^= 1;
    let cases: [(String, &str); 6] = [
        (folder.file("truncated.bundle", &sound[..sound.len() - 1]), "truncated.bundle"),
        (folder.file("head.bundle", &sound[..20]), "head.bundle"),
        (folder.file("version.bundle", &other_version), "version"),
        (folder.file("flipped.bundle", &flipped), "flipped.bundle"),
        (folder.file("empty.bundle", ""), "empty"),
        (world, "--world"),
    ];
    for (path, words) in cases {
        for command in ["eval", "inspect", "verify"] {
            let run = run([command, &path]).code(2);
            assert_eq!(run.stdout, "");
            assert!(!run.stderr.is_empty());
            if command == "eval" {
                assert!(run.stderr.contains(words), "{path}: no `{words}` in:\n{}", run.stderr);
            }
        }
        assert_eq!(run(["verify", &path, "--format", "json"]).code(2).json()["ok"], false);
        assert_eq!(run(["inspect", &path, "--format", "json"]).code(2).json()["ok"], false);
    }
    for command in ["eval", "inspect", "verify"] {
        run([command, &folder.path("no.bundle")]).code(2);
        run([command, &folder.path(".")]).code(2);
    }
}

#[test]
fn debug_prints_every_stage_of_a_world_and_of_a_policy() {
    let folder = Folder::new("debug");
    let world = folder.file("world.json", WORLD);
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
    let policy = folder.file("policy.json", policy);
    for stage in ["syntax", "ir", "link", "trie", "dag", "dot", "bundle"] {
        for path in [&world, &policy] {
            assert!(!run(["debug", stage, path]).code(0).stdout.is_empty(), "{stage} {path}");
        }
    }
    let wrong = folder.file("wrong.json", r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*"}}"#);
    let run = run(["debug", "ir", &wrong]).code(2);
    assert!(run.stderr.contains("missing-resource") && run.stderr.contains("wrong.json:1:"), "{}", run.stderr);
}
