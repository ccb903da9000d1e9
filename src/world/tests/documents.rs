//! `Doc`s: what they lead to, and what is reported where.

use super::*;

#[test]
fn documents_resolve_in_order() {
    // Where the document of the first attached policy stands.
    let text_of = |members: &str, files: Files<'_>| {
        let outcome = read(&account(members).replacen("\"version\":1", "\"version\":1,\"aws_managed\":\"managed\"", 1), files);
        let (world, _) = match &outcome {
            Ok(outcome) => outcome,
            Err(_) => return found(&outcome).join(" "),
        };
        let attachment = &world.accounts[0].users[0].policies[0];
        let stored = &world.documents[attachment.document.0 as usize];
        assert_eq!(stored.policy_type, PolicyType::Identity);
        assert_eq!(attachment.place, "accounts[0].users[0].policies[0]");
        assert_eq!(world.sources.text(attachment.text), world.sources.text(stored.span));
        let place = world.sources.line_column(attachment.text.file, attachment.text.start);
        format!("{}:{}:{}", world.sources.file(attachment.text.file).name(), place.line, place.column)
    };
    let user = |doc: &str, managed: &str| format!("\"users\":[{{\"name\":\"u\",\"policies\":[{doc}]}}],\n\"managed_policies\":[{managed}]");
    let own = r#"{"name":"Read","path":"/team/","document":$P}"#;
    let cases: &[(&str, &str, Files<'_>, &str)] = &[
        ("$P", "", &[], "world.json:3:34"),
        (r#""arn:aws:iam::111111111111:policy/team/Read""#, own, &[], "world.json:4:63"),
        (r#""arn:aws-cn:iam::111111111111:policy/team/Read""#, own, &[], "world.json:4:63"),
        (r#""arn:aws:iam::111111111111:policy/Read""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::111111111111:policy/team/Raed""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::222222222222:policy/team/Read""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::111111111111:role/team/Read""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::111111111111:policy/team/Read.json""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""arn:x.json""#, own, &[("arn:x.json", "$P")], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::aws:policy/Read""#, own, &[("managed/Read.json", "$P")], "managed/Read.json:1:1"),
        (
            r#""arn:aws-us-gov:iam::aws:policy/job-function/Read""#,
            own,
            &[("managed/job-function/Read.json", " $P ")],
            "managed/job-function/Read.json:1:2",
        ),
        (r#""arn:aws:iam::aws:policy/../Read""#, own, &[("managed/../Read.json", "$P")], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::aws:policy//Read""#, own, &[("managed//Read.json", "$P")], "world.json:3:34 unresolved-document"),
        (r#""arn:aws:iam::aws:policy/None""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""Read.json""#, own, &[("Read.json", "\n$P")], "Read.json:2:1"),
        (r#""p/Read""#, own, &[("p/Read", "$P")], "p/Read:1:1"),
        (r#""./Read.json""#, own, &[("./Read.json", "$P")], "./Read.json:1:1"),
        (r#""\u0070/Read""#, own, &[("p/Read", "$P")], "p/Read:1:1"),
        (r#""Read""#, own, &[("Read", "$P")], "world.json:4:63"),
        (r#""read""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""Read""#, r#"{"name":"Read","document":"p/r.json"}"#, &[("p/r.json", "$P")], "p/r.json:1:1"),
        (r#""FullAWSAccess""#, own, &[], "FullAWSAccess:1:1"),
        (r#""FullAWSAccess""#, r#"{"name":"FullAWSAccess","document":$P}"#, &[], "world.json:4:56"),
        (r#""RCPFullAWSAccess""#, own, &[], "world.json:3:34 unsupported-principal"),
        (r#""""#, own, &[], "world.json:3:34 unresolved-document"),
        (r#""Read""#, r#"{"name":"Read","document":"Other"},{"name":"Other","document":$P}"#, &[], "world.json:4:47 unresolved-document"),
        (
            r#""Read""#,
            r#"{"name":"Read","document":"arn:aws:iam::aws:policy/x"}"#,
            &[("managed/x.json", "$P")],
            "world.json:4:47 unresolved-document",
        ),
    ];
    for (doc, managed, files, expected) in cases {
        assert_eq!(text_of(&user(doc, managed), files), *expected, "{doc} with {managed}");
    }
    let bare = account(&user(r#""arn:aws:iam::aws:policy/Read""#, ""));
    assert_eq!(found(&read(&bare, &[("managed/Read.json", "$P")])), ["world.json:3:34 unresolved-document"], "no aws_managed");
}

#[test]
fn document_files() {
    let world = account("\"users\":[{\"name\":\"u\",\"policies\":[\"p/a.json\",\n\"p/b.json\"]}]");
    let cases: &[(&str, Files<'_>, &[&str])] = &[
        ("both there", &[("p/a.json", "$P"), ("p/b.json", "$P")], &[]),
        ("one missing", &[("p/a.json", "$P")], &["world.json:4:1 unresolved-document"]),
        ("a directory", &[("p/a.json", "$P"), ("p/b.json/x", "$P")], &["world.json:4:1 unresolved-document"]),
        ("an empty file", &[("p/a.json", ""), ("p/b.json", "$P")], &["p/a.json:1:1 json-syntax"]),
        (
            "two broken files in the order of naming",
            &[("p/b.json", "{\n"), ("p/a.json", "{,")],
            &["p/a.json:1:2 json-syntax", "p/b.json:2:1 json-syntax"],
        ),
        (
            "a file that holds no policy",
            &[("p/a.json", "$P"), ("p/b.json", "{\"Version\":\"2012-10-17\"}")],
            &["p/b.json:1:24 missing-statement"],
        ),
    ];
    for (title, files, expected) in cases {
        check(title, &world, files, expected);
    }
    let binary = memory(&[("p/a.json", "$P")]).with("p/b.json", b"{\n \"\xff\"}".to_vec());
    let outcome = read_world_text("world.json", &world, Path::new(""), &binary, &WorldOptions::default());
    assert_eq!(found(&outcome), ["p/b.json:2:3 json-syntax"]);
    let large = memory(&[("p/a.json", "$P")]).with("p/b.json", vec![b' '; (1 << 20) + 1]);
    let outcome = read_world_text("world.json", &world, Path::new(""), &large, &WorldOptions::default());
    assert_eq!(found(&outcome), ["world.json:4:1 limit-exceeded"]);
}

#[test]
fn errors_come_in_world_order() {
    // The file is named first by the user, the managed policy stands behind, the account file before both.
    let world = "{\"version\":1,\"organization\":{\"id\":\"o\",\"root\":{\"id\":\"r\",\"scps\":[\"none\"]}},\"accounts\":[\n\"a.json\",\n\
        {\"id\":\"2\",\"users\":[{\"name\":\"u\",\"policies\":[\"p/bad.json\",\"Broken\",\"p/bad.json\"],\"groups\":[\"g\"]}],\n\
        \"managed_policies\":[{\"name\":\"Broken\",\"document\":{}}],\"roles\":[{\"name\":\"r\",\"policies\":[\"p/bad.json\"]}]}],\n\"x\":1}";
    let files: Files<'_> = &[("a.json", "{\"id\":\"1\"\n}"), ("p/bad.json", "{\n}")];
    check(
        "order",
        world,
        files,
        &[
            "world.json:1:64 unresolved-document",
            "a.json:1:7 invalid-world",
            "world.json:3:7 invalid-world",
            "p/bad.json:2:1 missing-version",
            "p/bad.json:2:1 missing-statement",
            "world.json:3:90 unknown-group",
            "world.json:4:50 missing-version",
            "world.json:4:50 missing-statement",
            "world.json:5:1 unknown-field",
        ],
    );
    let behind =
        "{\"version\":1,\"accounts\":[\n{\"id\":\"1\"}],\"organization\":\n{\"id\":\"o\",\"root\":{\"id\":\"r\",\"scps\":[\"none\"]}}}";
    check("organization behind", behind, &[], &["world.json:2:7 invalid-world", "world.json:3:36 unresolved-document"]);
}

#[test]
fn equal_documents_are_one() {
    let world = account(
        "\"managed_policies\":[{\"name\":\"M\",\"document\":$P}],\n\"users\":[{\"name\":\"u\",\"policies\":[$P,\"M\"],\"boundary\":\"M\"}],\n\
         \"roles\":[{\"name\":\"r\",\"trust\":$T,\"policies\":[\"M\", $P]}]",
    );
    let (world, warnings) = read(&world, &[]).unwrap();
    assert_eq!(warnings, []);
    let types: Vec<PolicyType> = world.documents.iter().map(|stored| stored.policy_type).collect();
    assert_eq!(types, [PolicyType::Identity, PolicyType::Boundary, PolicyType::Trust]);
    let account = &world.accounts[0];
    let (user, role) = (&account.users[0], &account.roles[0]);
    assert_eq!(account.managed_policies[0].document.document, DocumentId(0));
    assert_eq!([user.policies[0].document, user.policies[1].document], [DocumentId(0), DocumentId(0)]);
    assert_eq!(user.boundary.as_ref().unwrap().document, DocumentId(1));
    assert_eq!(user.boundary.as_ref().unwrap().place, "accounts[0].users[0].boundary");
    assert_eq!(role.trust.as_ref().unwrap().place, "accounts[0].roles[0].trust");
    let line = |span: Span| world.sources.line_column(span.file, span.start).line;
    assert_eq!(
        [line(user.policies[0].text), line(user.policies[1].text), line(role.policies[1].text)],
        [4, 3, 5],
        "each place keeps its own text"
    );
    assert_eq!(line(world.documents[0].document.statements[0].span), 3, "statements stand at the document's first place");
    assert!(world.sources.text(world.documents[0].document.statements[0].span).starts_with("{\"Effect\""));
    assert_eq!(world.documents[0].digest, *blake3::hash(POLICY.as_bytes()).as_bytes());
    // The managed document, three policies of the user and its boundary, the role's trust and two policies.
    assert_eq!(world.document_at.len(), 7);
}

#[test]
fn errors_of_equal_documents() {
    let bad = r#"{"Version":"2012-10-17","Statement":[{"Action":"*","Resource":"*"}]}"#;
    let places = account(&format!("\"users\":[{{\"name\":\"u\",\"policies\":[\n{bad},\n{bad}]}}]"));
    check("at each place", &places, &[], &["world.json:4:66 missing-effect", "world.json:5:66 missing-effect"]);
    let types = account(&format!(
        "\"managed_policies\":[{{\"name\":\"M\",\"document\":\n{bad}}}],\n\"users\":[{{\"name\":\"u\",\"policies\":[\"M\"],\"boundary\":\"M\"}}]"
    ));
    check("once for two types", &types, &[], &["world.json:4:66 missing-effect"]);
    let warned = POLICY.replace("\"Version\":\"2012-10-17\",", "");
    let warnings = account(&format!("\"users\":[{{\"name\":\"u\",\"policies\":[\n{warned},\n{warned}]}}]"));
    check("warnings at the first place", &warnings, &[], &["world.json:4:73 missing-version"]);
    let repeated =
        account("\"users\":[{\"name\":\"u\",\"policies\":[\n{\"Version\":\"2012-10-17\",\"Version\":\"2012-10-17\",\"Statement\":[]}]}]");
    check("a repeated key once", &repeated, &[], &["world.json:4:25 duplicate-key", "world.json:4:60 missing-statement"]);
}

/// Each diagnostic's place and those of its labels, with their words.
fn labelled(outcome: &Outcome) -> Vec<String> {
    let Err(error) = outcome else { return Vec::new() };
    let line = |diagnostic: &Diagnostic| {
        let labels = diagnostic.labels.iter().map(|(span, label)| {
            let place = error.sources().line_column(span.file, span.start);
            format!(" [{}:{}:{} {label}]", error.sources().file(span.file).name(), place.line, place.column)
        });
        format!("{}{}", lines(error.sources(), std::slice::from_ref(diagnostic)).concat(), labels.collect::<String>())
    };
    error.diagnostics().iter().map(line).collect()
}

#[test]
fn errors_of_named_documents_tell_who_named_them() {
    let bad = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}"#;
    let members = |text: &str| format!("{{\"version\":1,\"aws_managed\":\"m\",\"accounts\":[{{\n\"id\":\"111111111111\",\n{text}\n}}]}}");
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "a path: of places of one type the first; what another type finds too is said once",
            "\"users\":[{\"name\":\"u\",\"policies\":[\"p.json\",\n\"p.json\"],\n\"boundary\":\"p.json\"}],\n\"vpc_endpoints\":[{\"id\":\"v\",\"policy\":\"p.json\"}]",
            &[
                "p.json:1:70 missing-action [world.json:3:34 named here, as an identity policy]",
                "p.json:1:70 missing-principal [world.json:6:37 named here, as an endpoint policy]",
            ],
        ),
        (
            "one place of a text, one code, two types, two messages",
            "\"roles\":[{\"name\":\"r\",\"trust\":\"q.json\"}],\n\"vpc_endpoints\":[{\"id\":\"v\",\"policy\":\"q.json\"}]",
            &[
                "q.json:1:72 missing-principal [world.json:3:30 named here, as a trust policy]",
                "q.json:1:72 missing-principal [world.json:4:37 named here, as an endpoint policy]",
                "q.json:1:72 missing-resource [world.json:4:37 named here, as an endpoint policy]",
            ],
        ),
        (
            "a policy of AWS",
            "\"users\":[{\"name\":\"u\",\"boundary\":\"arn:aws:iam::aws:policy/P\"}]",
            &["m/P.json:1:70 missing-action [world.json:3:33 named here, as a permissions boundary]"],
        ),
        (
            "a managed policy, declared and used",
            "\"managed_policies\":[{\"name\":\"M\",\"document\":\n$P}],\"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"policy\":\"M\"}]",
            &["world.json:4:94 missing-principal [world.json:4:146 named here, as a resource policy]"],
        ),
        (
            "no JSON",
            "\"roles\":[{\"name\":\"r\",\"trust\":\"x.json\"}]",
            &["x.json:1:2 json-syntax [world.json:3:30 named here, as a trust policy]"],
        ),
        (
            "in its place: what is missing",
            "\"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"policy\":\n$P}]",
            &["world.json:4:94 missing-principal [world.json:4:1 stands here, as a resource policy]"],
        ),
        ("in its place: all else", "\"users\":[{\"name\":\"u\",\"policies\":[\n$R]}]", &["world.json:4:56 unsupported-principal"]),
    ];
    let role = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*"}]}"#;
    for (title, text, expected) in cases {
        let outcome = read(&members(text), &[("p.json", bad), ("m/P.json", bad), ("q.json", role), ("x.json", "{,")]);
        assert_eq!(labelled(&outcome), *expected, "{title}");
    }
}

/// The place of a built-in document's error is the name, at every place that names it, and there is one error for each.
#[test]
fn a_built_in_document_of_another_type_is_one_error_at_its_name() {
    let cases: &[(&str, &[&str])] = &[
        ("\"users\":[{\"name\":\"u\",\"policies\":[$]}]", &[]),
        ("\"users\":[{\"name\":\"u\",\"boundary\":$}]", &[]),
        ("\"scps\":[$]", &[]),
        (
            "\"rcps\":[\"RCPFullAWSAccess\",$]",
            &[
                "unsupported-effect",
                "`FullAWSAccess` cannot be a resource control policy: a resource control policy only denies",
                "did you mean `RCPFullAWSAccess`?",
            ],
        ),
        (
            "\"roles\":[{\"name\":\"r\",\"trust\":$}]",
            &[
                "unsupported-resource",
                "`FullAWSAccess` cannot be a trust policy: a trust policy takes no `Resource`",
                "write the document itself in its place",
            ],
        ),
        (
            "\"vpc_endpoints\":[{\"id\":\"v\",\"policy\":$},{\"id\":\"w\",\"policy\":$}]",
            &[
                "missing-principal",
                "`FullAWSAccess` cannot be an endpoint policy: a statement of an endpoint policy names its principal",
                "write the document itself in its place",
            ],
        ),
    ];
    for (members, expected) in cases {
        let outcome = read(&account(&members.replace('$', "\n\"FullAWSAccess\"")), &[]);
        let [code, message, help] = expected else {
            assert!(found(&outcome).is_empty(), "{members}");
            continue;
        };
        let places: Vec<String> = (4..).take(members.matches('$').count()).map(|line| format!("world.json:{line}:1 {code}")).collect();
        assert_eq!(found(&outcome), places);
        let error = outcome.unwrap_err();
        assert_eq!((error.diagnostics()[0].message.as_str(), error.diagnostics()[0].help.as_deref()), (*message, Some(*help)));
    }
    let rcp = read(&account("\"users\":[{\"name\":\"u\",\"policies\":[\"RCPFullAWSAccess\"]}]"), &[]).unwrap_err();
    assert_eq!(rcp.diagnostics().len(), 1);
    assert_eq!(rcp.diagnostics()[0].help.as_deref(), Some("did you mean `FullAWSAccess`?"));
}

#[test]
fn warnings_on_sizes_and_principals() {
    let long = POLICY.replace("s3:GetObject", &format!("s3:{}", "x".repeat(1_950)));
    let members = format!("\"users\":[{{\"name\":\"u\",\n\"policies\":[{long},{POLICY}]}},{{\"name\":\"v\",\"policies\":[{long}]}}]");
    check("user", &account(&members), &[], &["world.json:4:1 size-quota"]);
    let spaced = long.replace("\":", &format!("\":{}", " ".repeat(100)));
    check("white space", &account(&format!("\"users\":[{{\"name\":\"v\",\"policies\":[{spaced}]}}]")), &[], &[]);
    let named =
        format!("\"managed_policies\":[{{\"name\":\"M\",\"document\":{long}}}],\"users\":[{{\"name\":\"u\",\"policies\":[\"M\",\"M\"]}}]");
    check("managed policies are not summed", &account(&named), &[], &[]);

    let trust = |id: &str| TRUST_POLICY.replace(r#"{"Service":"ec2.amazonaws.com"}"#, &format!("\n{{\"AWS\":\"{id}\"}}"));
    let members = format!(
        "\"roles\":[{{\"name\":\"r\",\"id\":\"AROAROLE1\",\"trust\":{}}},{{\"name\":\"s\",\"trust\":{}}}]",
        trust("AROAROLE1"),
        trust("AIDAGONE1")
    );
    check("dangling", &account(&members), &[], &["world.json:5:8 dangling-principal"]);
}
