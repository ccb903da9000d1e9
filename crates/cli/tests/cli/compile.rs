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
    let world = std::fs::read(corpus("worlds/small.json")).unwrap();
    let mut bundles = Vec::new();
    for threads in ["1", "2", "7"] {
        let bundle = folder.path(&format!("{threads}.bundle"));
        let mut command = command();
        command.env("RAYON_NUM_THREADS", threads).args(["compile", &corpus("worlds/small.json"), "-o", &bundle]);
        run_with(command, b"").code(0);
        bundles.push(std::fs::read(bundle).unwrap());
    }
    // Another folder, another working directory; the managed policies beside it are the same.
    #[cfg(unix)]
    {
        std::fs::create_dir_all(folder.path("else/worlds")).unwrap();
        std::os::unix::fs::symlink(std::fs::canonicalize(corpus("aws-managed")).unwrap(), folder.path("else/aws-managed")).unwrap();
        folder.file("else/worlds/small.json", world);
        let mut command = command();
        command.current_dir(folder.path("else/worlds")).args(["compile", "small.json", "-o", "here.bundle"]);
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
        (folder.file("latin.json", b"{\"version\":1,\n\"caf\xe9\":2}"), "latin.json:2:5"),
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
    for word in
        ["steps at most", "memory when opened", "statements", "dag-nodes", "digest", "indexed bytes", "if unshared", "sharing factor"]
    {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    let json = run(["inspect", &bundle, "--format", "json"]).code(0).json();
    assert!(json["sections"].as_array().unwrap().iter().any(|section| section["name"] == "dag-nodes"));
    assert!(json["bundle"]["steps_max"].as_u64().unwrap() > 0);
    let (shared, unshared) = (&json["summary"]["fragment_bytes"], &json["summary"]["unshared_fragment_bytes"]);
    assert!(shared.as_u64().unwrap() > 0 && unshared.as_u64() >= shared.as_u64(), "{json}");
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

#[test]
fn an_output_that_is_the_input_is_refused() {
    let folder = Folder::new("compile-onto-itself");
    let world = folder.file("world.json", WORLD);
    let mut targets = vec![world.clone(), folder.path("./world.json")];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("world.json", folder.path("soft.json")).unwrap();
        std::fs::hard_link(&world, folder.path("hard.json")).unwrap();
        targets.extend([folder.path("soft.json"), folder.path("hard.json")]);
    }
    for target in targets {
        let run = run(["compile", &world, "-o", &target, "--format", "json"]).code(2);
        assert_eq!(run.json()["error"], "usage", "{target}");
        assert!(run.stderr.contains("is the input"), "{}", run.stderr);
    }
    let requests = folder.file("requests.ndjson", crate::common::request("k"));
    let before = std::fs::read_to_string(&requests).unwrap();
    run(["eval", "--world", &world, &requests, "-o", &world]).code(2);
    run(["eval", "--world", &world, &requests, "-o", &requests]).code(2);
    run(["debug", "ir", &world, "-o", &world]).code(2);
    run(["test", &world, "-o", &world]).code(2);
    assert_eq!(std::fs::read_to_string(&requests).unwrap(), before);
    assert_eq!(std::fs::read_to_string(&world).unwrap(), WORLD);
}

#[test]
fn an_empty_file_is_no_bundle() {
    let folder = Folder::new("empty-bundle");
    let empty = folder.file("empty.bundle", "");
    for command in ["verify", "inspect"] {
        assert_eq!(run([command, &empty, "--format", "json"]).code(2).json()["error"], "invalid-bundle", "{command}");
    }
    assert_eq!(run(["compile", &empty, "-o", &folder.path("b"), "--format", "json"]).code(2).json()["error"], "json-syntax");
}

#[test]
fn a_world_that_is_no_text_is_shown_with_its_place() {
    let folder = Folder::new("compile-not-text");
    let world = folder.file("latin.json", b"{\"version\":1,\n\"caf\xe9\":2}");
    let text = run(["compile", &world, "-o", &folder.path("b")]).code(2);
    for words in ["error[PC101 json-syntax]: the text is not UTF-8", "latin.json:2:5", "    ^", "1 error in 1 file, "] {
        assert!(text.stderr.contains(words), "no `{words}` in:\n{}", text.stderr);
    }
    let json = run(["compile", &world, "-o", &folder.path("b"), "--format", "json"]).code(2).json();
    assert_eq!((json["diagnostics"][0]["line"].as_u64(), json["diagnostics"][0]["column"].as_u64()), (Some(2), Some(5)));
    let wide = run(["compile", &folder.file("wide.json", b"\xff\xfe{\0"), "-o", &folder.path("b")]).code(2);
    assert!(wide.stderr.contains("UTF-16"), "{}", wide.stderr);
}

#[test]
fn another_format_version_is_named_with_ours() {
    let folder = Folder::new("compile-version");
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[8] = 99;
    let run = run(["verify", &folder.file("other.bundle", bytes)]).code(2);
    assert!(run.stderr.contains("format version 99, this build reads 3"), "{}", run.stderr);
}

#[test]
fn an_unknown_log_level_is_told() {
    let folder = Folder::new("log-level");
    let world = folder.file("world.json", WORLD);
    for (value, warned) in [("loud", true), ("warn", false), ("", false)] {
        let mut command = command();
        command.env("PORTCULLIS_LOG", value).args(["compile", &world, "-o", &folder.path("b")]);
        assert_eq!(run_with(command, b"").code(0).stderr.contains("warning: PORTCULLIS_LOG is `loud`"), warned, "{value}");
    }
}

/// An overlay is what a session's documents are compiled to; a program may keep it in a file.
#[test]
fn an_overlay_is_no_bundle_and_has_a_version_too() {
    use portcullis::runtime::Overlay;
    use portcullis::session::{SessionDocument, compile_overlay};
    let folder = Folder::new("compile-overlay");
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"#;
    let mut overlay = compile_overlay(&[SessionDocument { text, index: 0, file: None }]).unwrap();
    let path = folder.file("session.overlay", &overlay);
    for command in ["eval", "inspect", "verify"] {
        let run = run([command, &path]).code(2);
        assert!(run.stderr.contains("overlay"), "{command}: {}", run.stderr);
    }
    assert!(Overlay::from_bytes(&overlay).is_ok());
    overlay[8] = 1;
    let error = Overlay::from_bytes(&overlay).unwrap_err();
    assert_eq!(error.code(), "invalid-bundle");
    assert!(error.to_string().contains("format version 1, this build reads 3"), "{error}");
}

/// The bundle with a section changed, all digests right.
fn with_section(bundle: &[u8], kind: u32, change: impl Fn(&mut [u8])) -> Vec<u8> {
    const HEADER: usize = 128;
    const ENTRY: usize = 64;
    let mut bytes = bundle.to_vec();
    let count = u32::from_le_bytes(bytes[40..44].try_into().unwrap()) as usize;
    let entry = HEADER + ENTRY * kind as usize;
    let number = |at: usize| u64::from_le_bytes(bundle[at..at + 8].try_into().unwrap()) as usize;
    let section = number(entry + 8)..number(entry + 8) + number(entry + 16);
    change(&mut bytes[section.clone()]);
    let digest = *blake3::hash(&bytes[section]).as_bytes();
    bytes[entry + 24..entry + 56].copy_from_slice(&digest);
    bytes[96..HEADER].fill(0);
    let digest = *blake3::hash(&bytes[..HEADER + ENTRY * count]).as_bytes();
    bytes[96..HEADER].copy_from_slice(&digest);
    bytes
}

#[test]
fn verify_and_inspect_look_into_the_cold_sections() {
    let folder = Folder::new("cold-sections");
    let (world, bundle) = (folder.file("world.json", WORLD), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    let bytes = std::fs::read(&bundle).unwrap();
    let sections = run(["inspect", &bundle, "--format", "json"]).code(0).json();
    let names: Vec<&str> = sections["sections"].as_array().unwrap().iter().map(|section| section["name"].as_str().unwrap()).collect();
    let kind = |name: &str| names.iter().position(|known| *known == name).unwrap() as u32;
    let same = with_section(&bytes, kind("summary"), |_| ());
    assert_eq!(same, bytes);
    let statements = with_section(&bytes, kind("summary"), |section| section[40] += 1);
    let undecodable = with_section(&bytes, kind("explanations"), |section| section[..8].fill(0xff));
    for (name, bytes, words) in
        [("counts", statements, "it tells of 3 statements, the bundle holds 2"), ("cut", undecodable, "explanations")]
    {
        let path = folder.file(name, bytes);
        for command in ["verify", "inspect"] {
            let run = run([command, &path, "--format", "json"]).code(2);
            assert_eq!(run.json()["error"], "invalid-bundle", "{command} {name}");
            assert!(run.stderr.contains(words), "{command} {name}: {}", run.stderr);
        }
    }
}

/// Grants of ACLs are statements of the bundle and of no policy.
#[test]
fn a_bundle_with_an_acl_is_sound() {
    let folder = Folder::new("acl");
    let acl = r#"{"canned": "public-read", "grants": [{"grantee": {"CanonicalUser": "c"}, "permission": "FULL_CONTROL"}]}"#;
    let world =
        format!(r#"{{"version": 1, "accounts": [{{"id": "111111111111", "resources": [{{"arn": "arn:aws:s3:::b", "acl": {acl}}}]}}]}}"#);
    let (world, bundle) = (folder.file("world.json", world), folder.path("world.bundle"));
    run(["compile", &world, "-o", &bundle]).code(0);
    run(["verify", &bundle]).code(0);
    let told = run(["inspect", &bundle, "--format", "json"]).code(0).json();
    let of_section =
        |name: &str| told["sections"].as_array().unwrap().iter().find(|section| section["name"] == name).unwrap()["records"].clone();
    assert_eq!((told["summary"]["statements"].as_u64(), of_section("statements").as_u64()), (Some(0), Some(3)));
}

/// Whatever the compiler writes, the verdict on it is good: the summary counts what the sections hold.
#[test]
fn the_corpus_compiles_to_sound_bundles() {
    let folder = Folder::new("corpus-verify");
    for world in ["core", "small"] {
        let bundle = folder.path(&format!("{world}.bundle"));
        run(["compile", &corpus(&format!("worlds/{world}.json")), "-o", &bundle, "-q"]).code(0);
        run(["verify", &bundle]).code(0);
    }
}

#[test]
fn diagnostics_for_machines_have_json_pointers() {
    let folder = Folder::new("pointers");
    let world = folder.file(
        "bad.json",
        r#"{"version": 1, "accounts": [{"id": "111111111111", "users": [{"name": "a", "policies": [
            {"Version": "2012-10-17", "Statement": {"Effect": "allow", "Action": "s3:*", "Resource": "*"}}]}]}], "extra": 1}"#,
    );
    let json = run(["compile", &world, "-o", &folder.path("b"), "--format", "json"]).code(2).json();
    let pointers: Vec<_> = json["diagnostics"].as_array().unwrap().iter().map(|found| found["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/accounts/0/users/0/policies/0/Statement/Effect", "/extra"]);
}
