//! Texts: account files, worlds in other texts, limits, threads, the disk, the scan.

use super::*;

#[test]
fn account_files() {
    let world = "{\"version\":1,\"aws_managed\":\"m\",\"accounts\":[\n\"accounts/a.json\",\n\"b.json\"]}";
    let a = "{\"id\":\"111111111111\",\"users\":[{\"name\":\"u\",\"policies\":[\n\"p/x.json\",\"arn:aws:iam::aws:policy/Y\"]}]}";
    let b = r#"{"id":"222222222222","users":[{"name":"u","policies":["p/x.json","/p/z.json"]}]}"#;
    let files: Files<'_> = &[
        ("accounts/a.json", a),
        ("b.json", b),
        ("accounts/p/x.json", "$P"),
        ("p/x.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#),
        ("m/Y.json", "$P"),
        ("/p/z.json", "$P"),
    ];
    let (world_read, warnings) = read(world, files).unwrap();
    assert_eq!(warnings, []);
    let names: Vec<&str> = (0..world_read.sources.len()).map(|file| world_read.sources.file(FileId(file as u32)).name()).collect();
    assert_eq!(names, ["world.json", "accounts/a.json", "b.json", "accounts/p/x.json", "m/Y.json", "p/x.json", "/p/z.json"]);
    assert_eq!(world_read.documents.len(), 2, "equal texts of equal type are one");
    assert_eq!(world_read.account_file_at.len(), 2);
    assert_eq!(world_read.account_file_at.get(&(FileId(0), 44)), Some(&FileId(1)));
    let orders: Vec<_> = world_read.accounts.iter().flat_map(|account| &account.users[0].policies).map(|policy| policy.order).collect();
    assert_eq!(orders, [(44, 55), (44, 66), (63, 54), (63, 65)]);
    assert_eq!(world_read.accounts[1].users[0].policies[0].place, "accounts[1].users[0].policies[0]");

    check("missing", world, &files[1..], &["world.json:2:1 unresolved-document"]);
    let cases: &[(&str, &str, &[&str])] = &[
        ("broken: the others are read all the same", "{\n x", &["accounts/a.json:2:2 json-syntax", "b.json:1:55 unresolved-document"]),
        ("no object", "[]", &["accounts/a.json:1:1 invalid-world", "b.json:1:55 unresolved-document"]),
        ("empty", "", &["accounts/a.json:1:1 json-syntax", "b.json:1:55 unresolved-document"]),
        ("the same account", r#"{"id":"222222222222"}"#, &["b.json:1:7 duplicate-entity", "b.json:1:55 unresolved-document"]),
    ];
    for (title, text, expected) in cases {
        check(title, world, &[("accounts/a.json", text), ("b.json", b), ("/p/z.json", "$P")], expected);
    }
}

#[test]
fn a_world_within_another_text() {
    let text =
        format!("{{\"name\":\"case\",\n\"world\":{},\n\"requests\":[]}}", account(r#""users":[{"name":"u","policies":[$P,"none"]}]"#));
    let read = |text: &str| {
        let text = fill(text);
        let mut sources = Sources::new();
        let file = sources.add("case.json".to_owned(), text.clone(), None);
        let tree = Tree::parse(file, &text, 0..text.len(), &Limits::default()).unwrap();
        read_world_node(sources, tree.root().member("world").unwrap(), Path::new(""), &MemoryFiles::new(), &WorldOptions::default())
    };
    let error = read(&text).unwrap_err();
    let column = 35 + POLICY.len();
    assert_eq!(lines(error.sources(), error.diagnostics()), [format!("case.json:4:{column} unresolved-document")]);
    assert_eq!(error.first_code(), Code::UnresolvedDocument);
    assert!(error.to_string().starts_with(&format!("case.json:4:{column}: unresolved-document: ")));
    let (world, _) = read(&text.replace(",\"none\"", "")).unwrap();
    assert_eq!(world.accounts[0].users[0].policies[0].place, "accounts[0].users[0].policies[0]");
    assert_eq!(world.sources.text(world.documents[0].span), POLICY);
}

#[test]
fn nesting_holds_as_in_a_whole_parse() {
    // The world object, `accounts`, the account and `users` are four levels.
    let nested = |levels: usize| account(&format!("\"users\":[{}{}]", "[".repeat(levels), "]".repeat(levels)));
    let deepest = found(&read(&nested(28), &[]));
    assert_eq!(deepest, ["world.json:3:10 invalid-world"]);
    assert_eq!(found(&read(&nested(29), &[])), ["world.json:3:38 limit-exceeded"]);
    let error = read(&nested(29), &[]).unwrap_err();
    assert!(error.diagnostics()[0].message.contains("32"), "{}", error.diagnostics()[0].message);
}

#[test]
fn syntax_errors_in_a_slice_are_those_of_the_whole() {
    for members in [
        r#""users":[{"name":"u",}]"#,
        r#""users":[{"name":"\x"}]"#,
        r#""users":[}"#,
        "\"users\":[\"a\nb\"]",
        r#""users":[01]"#,
        r#""id":"unclosed"#,
    ] {
        let text = account(members);
        let whole = Tree::parse(FileId(0), &text, 0..text.len(), &Limits::default()).map(|_| ()).unwrap_err();
        let error = read(&text, &[]).unwrap_err();
        assert_eq!(error.diagnostics(), [whole], "{members}");
    }
}

#[test]
fn limits() {
    let small = WorldOptions { limits: Limits { world_bytes: 40, ..Limits::default() } };
    let text = r#"{"version":1,"accounts":[],              "organization":1}"#;
    assert_eq!(found(&read_with(text, &[], &small)), ["world.json:1:1 limit-exceeded"]);
    let small = WorldOptions { limits: Limits { document_bytes: 20, ..Limits::default() } };
    let inline = account(r#""users":[{"name":"u","policies":[$P,"p.json"]}]"#);
    let column = 35 + POLICY.len();
    let files: Files<'_> = &[("p.json", "$P")];
    assert_eq!(
        found(&read_with(&inline, files, &small)),
        ["world.json:3:34 limit-exceeded".to_owned(), format!("world.json:3:{column} limit-exceeded")]
    );
    let many = format!("{{\"version\":1,\"accounts\":[{}1]}}", "1,".repeat(100_000));
    assert_eq!(found(&read(&many, &[])), ["world.json:1:25 limit-exceeded"]);
}

#[test]
fn world_files() {
    let files = memory(&[("w/world.json", "{\"version\":1,\"accounts\":[\"a.json\"]}"), ("w/a.json", "{\"id\":\"111111111111\"}")])
        .with("w/binary.json", b"{\"version\":1,\n\xc3\x28}".to_vec());
    let outcome = |path: &str| found(&read_world(Path::new(path), &files, &WorldOptions::default()));
    assert_eq!(outcome("w/world.json"), Vec::<String>::new());
    assert_eq!(outcome("w/none.json"), ["none.json:1:1 unresolved-document"]);
    assert_eq!(outcome("w"), ["w:1:1 unresolved-document"]);
    assert_eq!(outcome("w/binary.json"), ["binary.json:2:1 json-syntax"]);
    let small = WorldOptions { limits: Limits { world_bytes: 10, ..Limits::default() } };
    assert_eq!(found(&read_world(Path::new("w/world.json"), &files, &small)), ["world.json:1:1 limit-exceeded"]);
}

#[test]
fn output_does_not_depend_on_the_number_of_threads() {
    let account = |index: usize| {
        format!(
            "{{\"id\":\"{index:012}\",\"users\":[{{\"name\":\"u\",\"policies\":[{},{POLICY},\"p/{}.json\",\"FullAWSAccess\"],\"boundary\":{POLICY}}}]}}",
            POLICY.replace("GetObject", &format!("Get{}", index % 7)),
            index % 5
        )
    };
    let text = format!("{{\"version\":1,\"accounts\":[{}]}}", (0..200).map(account).collect::<Vec<_>>().join(",\n"));
    let files: Vec<(String, String)> = (0..4).map(|file| (format!("p/{file}.json"), POLICY.replace("s3:", &format!("x{file}:")))).collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("p/4.json", "$P"));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (world, warnings) = read(&text, &files).unwrap();
            let at: std::collections::BTreeMap<_, _> = world.document_at.iter().collect();
            let names: Vec<&str> = (0..world.sources.len()).map(|file| world.sources.file(FileId(file as u32)).name()).collect();
            format!("{:?} {:?} {:?} {at:?} {names:?}", world.accounts, world.documents, warnings)
        })
    };
    let one = run(1);
    assert!((0..4).all(|_| run(7) == one));
}

#[test]
fn the_disk() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds");
    assert_eq!(DiskFiles.read(&corpus, 10), Err(FileError::Directory));
    assert_eq!(DiskFiles.read(&corpus.join("none.json"), 10), Err(FileError::Missing));
    assert_eq!(DiskFiles.read(&corpus.join("core.json/none.json"), 10), Err(FileError::Missing));
    let bytes = std::fs::metadata(corpus.join("core.json")).unwrap().len();
    assert_eq!(DiskFiles.read(&corpus.join("core.json"), bytes - 1), Err(FileError::TooLarge));
    assert_eq!(DiskFiles.read(&corpus.join("core.json"), bytes).map(|read| read.len() as u64), Ok(bytes));
}

#[test]
fn the_scan_cuts_members_and_accounts() {
    let cut = |text: &str| {
        let (slices, close) = scan::cut(text)?;
        assert_eq!(text.as_bytes()[close], b'}');
        let part = |range: std::ops::Range<usize>| text[range].to_owned();
        let slice = |slice: scan::Slice| {
            let elements = slice.elements.map(|elements| elements.into_iter().map(part).collect::<Vec<_>>().join("|"));
            format!("{} {}", part(slice.key), elements.unwrap_or_else(|| part(slice.value)))
        };
        Some(slices.into_iter().map(slice).collect::<Vec<_>>())
    };
    let text = " {\"a\" : 1.5e3 ,\"b\":[{\"}\":\"]\\\"\"},2],\"accounts\":[ {\"x\":[\"]\"]} , \"p\", 7 ]\n} ";
    assert_eq!(
        cut(text),
        Some(vec!["\"a\" 1.5e3".into(), "\"b\" [{\"}\":\"]\\\"\"},2]".into(), "\"accounts\" {\"x\":[\"]\"]}|\"p\"|7".into()])
    );
    assert_eq!(cut("{}"), Some(Vec::new()));
    assert_eq!(cut("{\"accounts\":[]}"), Some(vec!["\"accounts\" ".into()]));
    for odd in [
        "",
        "[]",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 2}",
        "{\"a\":1}}",
        "{\"accounts\":[1,]}",
        "{\"accounts\":[,]}",
        "{\"accounts\":[1",
        "{\"a\":\"\\",
        "{a:1}",
        "\u{feff}{}",
    ] {
        assert_eq!(cut(odd), None, "{odd}");
    }
}
