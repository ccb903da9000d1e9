//! Worlds in, diagnostics and places out. `$P` in a text stands for a small policy, `$R` for one with a principal, `$T` for a
//! trust policy; a diagnostic is written `file:line:column code`.

use super::*;
use crate::diag::{FileId, Span};
use crate::syntax::Tree;
use crate::syntax::policy::PolicyType;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
const RESOURCE_POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;
const TRUST_POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn fill(text: &str) -> String {
    text.replace("$P", POLICY).replace("$R", RESOURCE_POLICY).replace("$T", TRUST_POLICY)
}

fn memory(files: Files<'_>) -> MemoryFiles {
    files.iter().fold(MemoryFiles::new(), |set, (path, text)| set.with(*path, fill(text)))
}

fn options(allow_all_layers: bool) -> WorldOptions {
    WorldOptions { allow_all_layers, ..WorldOptions::default() }
}

/// Paths and texts.
type Files<'f> = &'f [(&'f str, &'f str)];

type Outcome = Result<(World, Vec<Diagnostic>), WorldError>;

fn read_with(text: &str, files: Files<'_>, options: &WorldOptions) -> Outcome {
    read_world_text("world.json", &fill(text), Path::new(""), &memory(files), options)
}

/// Reads with every layer allowed.
fn read(text: &str, files: Files<'_>) -> Outcome {
    read_with(text, files, &options(true))
}

fn lines(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<String> {
    let line = |diagnostic: &Diagnostic| {
        let place = sources.line_column(diagnostic.span.file, diagnostic.span.start);
        format!("{}:{}:{} {}", sources.file(diagnostic.span.file).name(), place.line, place.column, diagnostic.code)
    };
    diagnostics.iter().map(line).collect()
}

fn found(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Ok((world, warnings)) => lines(&world.sources, warnings),
        Err(error) => lines(error.sources(), error.diagnostics()),
    }
}

/// Reads the text as it is, and once more with `accounts` spelled so that it has to be parsed as a whole: both must say the same.
fn check(title: &str, text: &str, files: Files<'_>, expected: &[&str]) {
    let outcome = read(text, files);
    assert_eq!(found(&outcome), expected, "{title}: {:?}", outcome.as_ref().err().map(WorldError::diagnostics));
    let text = fill(text);
    // A tree with `accounts` of its own is left alone.
    if text.matches("\"accounts\":[").count() == 1 {
        let spelled = text.replace("\"accounts\":[", "\"\\u0061ccounts\":[");
        let whole = read(&spelled, files);
        let codes = |outcome: &Outcome| found(outcome).iter().map(|line| line.rsplit(' ').next().map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(codes(&whole), codes(&outcome), "{title}, parsed as a whole");
    }
}

/// One account on lines of its own: members from line 3, column 1.
fn account(members: &str) -> String {
    format!("{{\"version\":1,\"accounts\":[{{\n\"id\":\"111111111111\",\n{members}\n}}]}}")
}

#[test]
fn shapes() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("no object", "[1]", &["world.json:1:1 invalid-world"]),
        ("empty text", "", &["world.json:1:1 json-syntax"]),
        ("nothing in it", "{}", &["world.json:1:2 invalid-world", "world.json:1:2 invalid-world"]),
        ("no accounts", "{\"version\":1\n}", &["world.json:2:1 invalid-world"]),
        ("no version", "{\"accounts\":[]}", &["world.json:1:15 invalid-world"]),
        ("another version", "{\"version\":2,\"accounts\":[]}", &["world.json:1:12 invalid-world"]),
        ("a version that only equals", "{\"version\":1.0,\"accounts\":[]}", &["world.json:1:12 invalid-world"]),
        ("a version as text", "{\"version\":\"1\",\"accounts\":[]}", &["world.json:1:12 invalid-world"]),
        ("the least world", "{\"version\":1,\"accounts\":[]}", &[]),
        ("unknown member", "{\"version\":1,\"acounts\":1,\"accounts\":[]}", &["world.json:1:14 unknown-field"]),
        ("version twice", "{\"version\":1,\"accounts\":[],\"version\":1}", &["world.json:1:28 duplicate-key"]),
        ("accounts twice", "{\"version\":1,\"accounts\":[],\"accounts\":[7]}", &["world.json:1:28 duplicate-key"]),
        ("accounts no array", "{\"version\":1,\"accounts\":{}}", &["world.json:1:25 invalid-world"]),
        (
            "account no object",
            "{\"version\":1,\"accounts\":[7,null,\"\"]}",
            &["world.json:1:26 invalid-world", "world.json:1:28 invalid-world", "world.json:1:33 invalid-world"],
        ),
        ("aws_managed empty", "{\"version\":1,\"aws_managed\":\"\",\"accounts\":[]}", &["world.json:1:28 invalid-world"]),
        ("aws_managed no string", "{\"version\":1,\"aws_managed\":[],\"accounts\":[]}", &["world.json:1:28 invalid-world"]),
        (
            "repeated below an unknown member",
            "{\"version\":1,\"x\":{\"a\":1,\"a\":2},\"accounts\":[]}",
            &["world.json:1:14 unknown-field", "world.json:1:25 duplicate-key"],
        ),
        ("trailing text", "{\"version\":1,\"accounts\":[]} x", &["world.json:1:29 json-syntax"]),
        ("byte order mark", "\u{feff}{\"version\":1,\"accounts\":[]}", &["world.json:1:1 json-syntax"]),
        ("no id", "{\"version\":1,\"accounts\":[{\n}]}", &["world.json:2:1 invalid-world"]),
        ("eleven digits", "{\"version\":1,\"accounts\":[{\"id\":\"11111111111\"}]}", &["world.json:1:32 invalid-world"]),
        ("another script's digits", "{\"version\":1,\"accounts\":[{\"id\":\"११११११\"}]}", &["world.json:1:32 invalid-world"]),
    ];
    for (title, text, expected) in cases {
        check(title, text, &[], expected);
    }
}

#[test]
fn account_members() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("unknown", r#""user":[]"#, &["world.json:3:1 unknown-field"]),
        ("repeated", "\"users\":[],\n\"users\":[]", &["world.json:4:1 duplicate-key"]),
        ("repeated below", r#""users":[{"name":"a","tags":{"k":"1","k":"2"}}]"#, &["world.json:3:38 duplicate-key"]),
        (
            "list no array",
            r#""users":{},"roles":1,"groups":"x","resources":null,"managed_policies":true"#,
            &[
                "world.json:3:9 invalid-world",
                "world.json:3:20 invalid-world",
                "world.json:3:31 invalid-world",
                "world.json:3:47 invalid-world",
                "world.json:3:71 invalid-world",
            ],
        ),
        ("canonical_id", r#""canonical_id":"""#, &["world.json:3:16 invalid-world"]),
        ("entity no object", r#""users":["alice"]"#, &["world.json:3:10 invalid-world"]),
        ("no name", r#""users":[{"policies":[]}]"#, &["world.json:3:24 invalid-world"]),
        ("empty name", r#""users":[{"name":""}]"#, &["world.json:3:18 invalid-world"]),
        ("name no string", r#""roles":[{"name":7}]"#, &["world.json:3:18 invalid-world"]),
        ("path without closing slash", r#""users":[{"name":"a","path":"/team"}]"#, &["world.json:3:29 invalid-world"]),
        ("path without opening slash", r#""groups":[{"name":"a","path":"team/"}]"#, &["world.json:3:30 invalid-world"]),
        ("empty path", r#""groups":[{"name":"a","path":""}]"#, &["world.json:3:30 invalid-world"]),
        ("empty unique id", r#""users":[{"name":"a","id":""}]"#, &["world.json:3:27 invalid-world"]),
        ("unknown member of a user", r#""users":[{"name":"a","Policies":[]}]"#, &["world.json:3:22 unknown-field"]),
        ("policies no array", r#""users":[{"name":"a","policies":"x"}]"#, &["world.json:3:33 invalid-world"]),
        (
            "document of another kind",
            r#""users":[{"name":"a","policies":[7,[]]}]"#,
            &["world.json:3:34 invalid-world", "world.json:3:36 invalid-world"],
        ),
        (
            "unknown group",
            r#""users":[{"name":"a","groups":["x",7]}]"#,
            &["world.json:3:32 unknown-group", "world.json:3:36 invalid-world"],
        ),
        ("group declared later", r#""users":[{"name":"a","groups":["x","x"]}],"groups":[{"name":"x"}]"#, &[]),
        ("service_linked", r#""roles":[{"name":"a","service_linked":"no"}]"#, &["world.json:3:39 invalid-world"]),
        ("boundary null", r#""roles":[{"name":"a","boundary":null}]"#, &["world.json:3:33 invalid-world"]),
        ("two users", "\"users\":[{\"name\":\"a\"},\n{\"name\":\"a\",\"path\":\"/t/\"}]", &["world.json:4:9 duplicate-entity"]),
        ("two roles", "\"roles\":[{\"name\":\"a\"},\n{\"name\":\"a\"}]", &["world.json:4:9 duplicate-entity"]),
        ("two groups", "\"groups\":[{\"name\":\"a\"},\n{\"name\":\"a\"}]", &["world.json:4:9 duplicate-entity"]),
        ("one name of two kinds", r#""users":[{"name":"a"}],"roles":[{"name":"a"}],"groups":[{"name":"a"}]"#, &[]),
        ("names differ in case", r#""users":[{"name":"a"},{"name":"A"}]"#, &[]),
        (
            "two managed policies",
            "\"managed_policies\":[{\"name\":\"a\",\"document\":$P},\n{\"name\":\"a\",\"document\":$P}]",
            &["world.json:4:9 duplicate-entity"],
        ),
        (
            "managed policy without document",
            r#""managed_policies":[{"name":"a"}],"users":[{"name":"u","policies":["a"]}]"#,
            &["world.json:3:32 invalid-world"],
        ),
        ("tag value", r#""users":[{"name":"a","tags":{"k":1}}]"#, &["world.json:3:34 invalid-world"]),
        ("tags no object", r#""users":[{"name":"a","tags":[]}]"#, &["world.json:3:29 invalid-world"]),
        ("tag clash of a user", r#""users":[{"name":"a","tags":{"k":"1","K":"2"}}]"#, &["world.json:3:38 tag-clash"]),
        ("tag clash of a role", r#""roles":[{"name":"a","tags":{"k":"1","K":"2"}}]"#, &["world.json:3:38 tag-clash"]),
        (
            "tag clash of a resource",
            r#""resources":[{"arn":"arn:aws:s3:::b","tags":{"k":"1","K":"2"}}]"#,
            &["world.json:3:54 tag-shadowed"],
        ),
        ("tags beyond ASCII are apart", "\"users\":[{\"name\":\"a\",\"tags\":{\"é\":\"1\",\"É\":\"2\"}}]", &[]),
        ("no arn", r#""resources":[{}]"#, &["world.json:3:15 invalid-world"]),
        ("five parts", r#""resources":[{"arn":"arn:aws:s3::b"}]"#, &["world.json:3:21 invalid-world"]),
        ("no arn at all", r#""resources":[{"arn":"a:b:c:d:e:f"}]"#, &["world.json:3:21 invalid-world"]),
        (
            "two resources",
            "\"resources\":[{\"arn\":\"arn:aws:s3:::b\"},\n{\"arn\":\"arn:aws:s3:::b\"}]",
            &["world.json:4:8 duplicate-entity"],
        ),
        (
            "two endpoints",
            "\"vpc_endpoints\":[{\"id\":\"v\"},\n{\"id\":\"v\"},{}]",
            &["world.json:4:7 duplicate-entity", "world.json:4:13 invalid-world"],
        ),
    ];
    for (title, members, expected) in cases {
        check(title, &account(members), &[], expected);
    }
}

#[test]
fn acl_shapes() {
    let cases: &[(&str, &[&str])] = &[
        ("{}", &[]),
        (r#"{"canned":"private","ownership":"ObjectWriter","grants":[]}"#, &[]),
        (r#"{"grants":[{"grantee":{"Group":"AllUsers"},"permission":"READ"}]}"#, &[]),
        (r#"{"grants":[{"grantee":{"Account":"222222222222"},"permission":"WRITE_ACP"}]}"#, &[]),
        (r#"{"grants":[{"grantee":{"CanonicalUser":"a1"},"permission":"FULL_CONTROL"}]}"#, &[]),
        ("[]", &["world.json:3:44 invalid-world"]),
        (r#"{"canned":"public"}"#, &["world.json:3:54 invalid-world"]),
        (r#"{"canned":1}"#, &["world.json:3:54 invalid-world"]),
        (r#"{"Canned":"private"}"#, &["world.json:3:45 unknown-field"]),
        (r#"{"grants":[7]}"#, &["world.json:3:55 invalid-world"]),
        (r#"{"grants":[{}]}"#, &["world.json:3:56 invalid-world", "world.json:3:56 invalid-world"]),
        (r#"{"grants":[{"grantee":{},"permission":"READ"}]}"#, &["world.json:3:67 invalid-world"]),
        (r#"{"grants":[{"grantee":{"User":"a"},"permission":"READ"}]}"#, &["world.json:3:67 unknown-field"]),
        (
            r#"{"grants":[{"grantee":{"Group":"AllUsers","Account":"222222222222"},"permission":"READ"}]}"#,
            &["world.json:3:86 invalid-world"],
        ),
        (
            r#"{"grants":[{"grantee":{"Group":"Everyone"},"permission":"read"}]}"#,
            &["world.json:3:75 invalid-world", "world.json:3:100 invalid-world"],
        ),
        (r#"{"grants":[{"grantee":{"Account":"2"},"permission":"READ"}]}"#, &["world.json:3:77 invalid-world"]),
    ];
    for (acl, expected) in cases {
        check(acl, &account(&format!(r#""resources":[{{"arn":"arn:aws:s3:::b","acl":{acl}}}]"#)), &[], expected);
    }
}

#[test]
fn organization_shapes() {
    let world = |organization: &str| format!("{{\"version\":1,\"accounts\":[],\"organization\":\n{organization}}}");
    let cases: &[(&str, &[&str])] = &[
        (r#"{"id":"o-1","root":{"id":"r-1"}}"#, &[]),
        (r#"{"id":"o-1","root":{"id":"r-1","units":[{"id":"ou-1","units":[{"id":"ou-2","accounts":["111111111111"]}]}]}}"#, &[]),
        ("7", &["world.json:2:1 invalid-world"]),
        ("{}", &["world.json:2:2 invalid-world", "world.json:2:2 invalid-world"]),
        (r#"{"id":"o-1","root":{}}"#, &["world.json:2:21 invalid-world"]),
        (r#"{"id":"o-1","root":{"id":""}}"#, &["world.json:2:26 invalid-world"]),
        (r#"{"id":"o-1","management_account":"1","root":{"id":"r-1"}}"#, &["world.json:2:34 invalid-world"]),
        (r#"{"id":"o-1","root":{"id":"r-1","unit":[]}}"#, &["world.json:2:32 unknown-field"]),
        (r#"{"id":"o-1","root":{"id":"r-1","accounts":["1",7]}}"#, &["world.json:2:44 invalid-world", "world.json:2:48 invalid-world"]),
        (r#"{"id":"o-1","root":{"id":"r-1","units":[{}]}}"#, &["world.json:2:42 invalid-world"]),
        (r#"{"id":"o-1","root":{"id":"r-1","units":[{"id":"u"},{"id":"v","units":[{"id":"u"}]}]}}"#, &["world.json:2:77 duplicate-entity"]),
        (
            r#"{"id":"o-1","root":{"id":"r-1","accounts":["111111111111"],"units":[{"id":"u","accounts":["111111111111"]}]}}"#,
            &["world.json:2:91 duplicate-entity"],
        ),
        (r#"{"id":"o-1","root":{"id":"r-1","id":"r-2"}}"#, &["world.json:2:32 duplicate-key"]),
        (r#"{"id":"o-1","root":{"id":"r-1","scps":["Read"]}}"#, &["world.json:2:40 unresolved-document"]),
        (r#"{"id":"o-1","root":{"id":"r-1","scps":["arn:aws:iam::111111111111:policy/Read"]}}"#, &["world.json:2:40 unresolved-document"]),
        (r#"{"id":"o-1","root":{"id":"r-1","scps":["FullAWSAccess"],"rcps":["RCPFullAWSAccess"]}}"#, &[]),
        (r#"{"id":"o-1","root":{"id":"r-1","rcps":[]}}"#, &["world.json:2:32 rcp-full-access-missing"]),
        (
            r#"{"id":"o-1","root":{"id":"r-1","rcps":["RCPFullAWSAccess",{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}]}}"#,
            &[],
        ),
    ];
    for (organization, expected) in cases {
        check(organization, &world(organization), &[], expected);
    }
}

#[test]
fn labels_show_the_first() {
    let outcome = read(&account("\"users\":[{\"name\":\"a\"},\n{\"name\":\"a\"}]"), &[]);
    let error = outcome.unwrap_err();
    let (first, _) = &error.diagnostics()[0].labels[0];
    assert_eq!(error.sources().line_column(first.file, first.start), crate::diag::LineColumn { line: 3, column: 18 });
}

#[test]
fn suggestions() {
    let cases = [
        (r#""usres":[]"#, "did you mean `users`"),
        (r#""Users":[]"#, "did you mean `users`"),
        (r#""users":[{"name":"a","policies":["Raed"]}],"managed_policies":[{"name":"Read","document":$P}]"#, "did you mean `Read`"),
        (r#""users":[{"name":"a","path":"/team"}]"#, "write `/team/`"),
    ];
    for (members, help) in cases {
        let error = read(&account(members), &[]).unwrap_err();
        assert_eq!(error.diagnostics()[0].help.as_deref(), Some(help), "{members}");
    }
}

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
        (r#""RCPFullAWSAccess""#, own, &[], "RCPFullAWSAccess:1:56 unsupported-principal"),
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
    let outcome = read_world_text("world.json", &world, Path::new(""), &binary, &options(true));
    assert_eq!(found(&outcome), ["p/b.json:2:3 json-syntax"]);
    let large = memory(&[("p/a.json", "$P")]).with("p/b.json", vec![b' '; (1 << 20) + 1]);
    let outcome = read_world_text("world.json", &world, Path::new(""), &large, &options(true));
    assert_eq!(found(&outcome), ["world.json:4:1 limit-exceeded"]);
}

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
    assert_eq!(account.managed_policies[0].document, DocumentId(0));
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

#[test]
fn later_layers_are_refused() {
    let world = "{\"version\":1,\"organization\":{\"id\":\"o\",\"root\":{\"id\":\"r\",\"scps\":[\"FullAWSAccess\"],\n\"units\":[{\"id\":\"u\",\"rcps\":[]}]}},\"accounts\":[{\"id\":\"111111111111\",\n\
        \"scps\":[],\n\"rcps\":[{}],\n\"users\":[{\"name\":\"u\",\"boundary\":7}],\n\"roles\":[{\"name\":\"u\",\"boundary\":\"FullAWSAccess\"}],\n\
        \"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"acl\":{}}],\n\"vpc_endpoints\":[]}]}";
    let refused = found(&read_with(world, &[], &WorldOptions::default()));
    assert_eq!(
        refused,
        [
            "world.json:1:56 unsupported-layer",
            "world.json:2:20 unsupported-layer",
            "world.json:2:20 rcp-full-access-missing",
            "world.json:3:1 unsupported-layer",
            "world.json:4:1 unsupported-layer",
            "world.json:4:1 rcp-full-access-missing",
            "world.json:4:10 invalid-version",
            "world.json:4:10 missing-statement",
            "world.json:5:22 unsupported-layer",
            "world.json:5:33 invalid-world",
            "world.json:6:22 unsupported-layer",
            "world.json:7:38 unsupported-layer",
            "world.json:8:1 unsupported-layer",
        ]
    );
    let plain = account(
        r#""users":[{"name":"u","policies":[$P]}],"roles":[{"name":"r","trust":$T}],"resources":[{"arn":"arn:aws:s3:::b","policy":$R}]"#,
    );
    assert_eq!(found(&read_with(&plain, &[], &WorldOptions::default())), Vec::<String>::new());
}

#[test]
fn every_policy_type_stands_where_it_should() {
    let world = "{\"version\":1,\"organization\":{\"id\":\"o\",\"root\":{\"id\":\"r\",\"scps\":[$P],\"units\":[{\"id\":\"u\",\"rcps\":[\"RCPFullAWSAccess\"]}]}},\
        \"accounts\":[{\"id\":\"111111111111\",\"scps\":[$P],\"rcps\":[\"RCPFullAWSAccess\"],\"groups\":[{\"name\":\"g\",\"policies\":[$P]}],\
        \"users\":[{\"name\":\"u\",\"groups\":[\"g\",\"g\"],\"boundary\":$P,\"tags\":{\"a\":\"1\"}}],\
        \"roles\":[{\"name\":\"r\",\"id\":\"AROA1\",\"path\":\"/x/\",\"trust\":$T,\"boundary\":$P,\"service_linked\":true}],\
        \"resources\":[{\"arn\":\"arn:aws:s3:::b\",\"policy\":$R,\"tags\":{\"k\":\"1\",\"K\":\"2\"},\"acl\":{\"canned\":\"private\"}}],\
        \"vpc_endpoints\":[{\"id\":\"v\",\"policy\":$R}]}]}";
    let (world, _) = read(world, &[]).unwrap();
    let typed = |attachment: &Attachment| (world.documents[attachment.document.0 as usize].policy_type, attachment.place.clone());
    let organization = world.organization.as_ref().unwrap();
    let account = &world.accounts[0];
    let expected = [
        (&organization.root.scps.as_ref().unwrap()[0], PolicyType::Scp, "organization.root.scps[0]"),
        (&organization.root.units[0].rcps.as_ref().unwrap()[0], PolicyType::Rcp, "organization.root.units[0].rcps[0]"),
        (&account.scps.as_ref().unwrap()[0], PolicyType::Scp, "accounts[0].scps[0]"),
        (&account.rcps.as_ref().unwrap()[0], PolicyType::Rcp, "accounts[0].rcps[0]"),
        (&account.groups[0].policies[0], PolicyType::Identity, "accounts[0].groups[0].policies[0]"),
        (account.users[0].boundary.as_ref().unwrap(), PolicyType::Boundary, "accounts[0].users[0].boundary"),
        (account.roles[0].trust.as_ref().unwrap(), PolicyType::Trust, "accounts[0].roles[0].trust"),
        (account.roles[0].boundary.as_ref().unwrap(), PolicyType::Boundary, "accounts[0].roles[0].boundary"),
        (account.resources[0].policy.as_ref().unwrap(), PolicyType::Resource, "accounts[0].resources[0].policy"),
        (account.vpc_endpoints[0].policy.as_ref().unwrap(), PolicyType::Endpoint, "accounts[0].vpc_endpoints[0].policy"),
    ];
    for (attachment, policy_type, place) in expected {
        assert_eq!(typed(attachment), (policy_type, place.to_owned()));
    }
    assert_eq!(account.users[0].groups, [0]);
    assert_eq!(account.users[0].tags, [("a".to_owned(), "1".to_owned())]);
    assert_eq!(account.resources[0].tags, [("k".to_owned(), "1".to_owned())]);
    assert!(account.roles[0].service_linked && account.users[0].path == "/" && account.roles[0].path == "/x/");
    assert!(account.roles[0].id.as_deref() == Some("AROA1") && organization.root.rcps.is_none());
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

#[test]
fn a_world_within_another_text() {
    let text =
        format!("{{\"name\":\"case\",\n\"world\":{},\n\"requests\":[]}}", account(r#""users":[{"name":"u","policies":[$P,"none"]}]"#));
    let read = |text: &str| {
        let text = fill(text);
        let mut sources = Sources::new();
        let file = sources.add("case.json".to_owned(), text.clone(), None);
        let tree = Tree::parse(file, &text, 0..text.len(), &Limits::default()).unwrap();
        read_world_node(sources, tree.root().member("world").unwrap(), Path::new(""), &MemoryFiles::new(), &options(true))
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
    let small = WorldOptions { limits: Limits { world_bytes: 40, ..Limits::default() }, ..options(true) };
    let text = r#"{"version":1,"accounts":[],              "organization":1}"#;
    assert_eq!(found(&read_with(text, &[], &small)), ["world.json:1:1 limit-exceeded"]);
    let small = WorldOptions { limits: Limits { document_bytes: 20, ..Limits::default() }, ..options(true) };
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
    let small = WorldOptions { limits: Limits { world_bytes: 10, ..Limits::default() }, ..options(true) };
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

/// The small estate that the corpus holds: no layer of a later release, so it is read with the plain options.
#[test]
fn the_core_world_of_the_corpus_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds/core.json");
    let outcome = read_world(&path, &DiskFiles, &WorldOptions::default());
    assert!(outcome.is_ok(), "{:#?}", found(&outcome));
    let (world, warnings) = outcome.unwrap();
    assert_eq!(world.accounts.len(), 3);
    assert!(warnings.iter().all(|warning| !warning.is_error()));
    assert_eq!(world.sources.file(FileId(0)).name(), "core.json");
    let named: Vec<&str> = (1..world.sources.len()).map(|file| world.sources.file(FileId(file as u32)).name()).collect();
    assert!(!named.is_empty() && named.iter().all(|name| name.starts_with("../aws-managed/")));
    for account in &world.accounts {
        let users = account.users.iter().flat_map(|user| &user.policies);
        let attachments =
            users.chain(account.roles.iter().flat_map(|role| &role.policies)).chain(account.resources.iter().flat_map(|it| &it.policy));
        for attachment in attachments {
            let stored = &world.documents[attachment.document.0 as usize];
            assert_eq!(blake3::hash(world.sources.text(attachment.text).as_bytes()).as_bytes(), &stored.digest, "{}", attachment.place);
        }
    }
}

/// Every scenario of the corpus: its world is read, or refused with the code that the scenario expects.
#[test]
fn worlds_of_scenarios_are_read_or_refused_as_expected() {
    let (mut read, mut refused) = (0, 0);
    for name in ["cases.ndjson", "cases-acl.ndjson", "cases-deck.ndjson"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(root.join("corpus/scenarios").join(name)).unwrap();
        for line in text.lines() {
            let mut sources = Sources::new();
            let file = sources.add(name.to_owned(), line, None);
            let tree = Tree::parse(file, line, 0..line.len(), &Limits::default()).unwrap();
            let world = tree.root().member("world").unwrap();
            let title = tree.root().member("name").unwrap().as_str().unwrap();
            let requests = tree.root().member("requests").unwrap().items();
            let expected: Vec<Option<&str>> = requests.map(|request| request.member("expect")?.member("error")?.as_str()).collect();
            match read_world_node(sources, world, root, &DiskFiles, &options(true)) {
                Ok(_) => {
                    // What is left is for the request: its shape, its caller, its session documents.
                    let of_request = |code: &Option<&str>| {
                        code.is_none_or(|code| {
                            line.contains("session") || matches!(code, "unknown-principal" | "invalid-request" | "unknown-field")
                        })
                    };
                    assert!(expected.iter().all(of_request), "{title}: expected {expected:?}");
                    read += 1;
                }
                Err(error) => {
                    let code = Some(error.first_code().as_str());
                    assert!(expected.iter().all(|expected| *expected == code), "{title}: {error}, expected {expected:?}");
                    refused += 1;
                }
            }
        }
    }
    assert!(read > 300 && refused > 60, "{read} read, {refused} refused");
}

/// The estate with every layer, as the release that brings them will read it.
#[test]
fn the_small_world_of_the_corpus_has_every_layer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worlds/small.json");
    let outcome = read_world(&path, &DiskFiles, &options(true));
    assert!(outcome.is_ok(), "{:#?}", found(&outcome));
    let (world, _) = outcome.unwrap();
    let types: std::collections::BTreeSet<PolicyType> = world.documents.iter().map(|stored| stored.policy_type).collect();
    assert_eq!(types.len(), 7, "all types but the session's: {types:?}");
    let refused = read_world(&path, &DiskFiles, &WorldOptions::default()).unwrap_err();
    assert_eq!(refused.first_code(), Code::UnsupportedLayer);
    assert!(refused.diagnostics().iter().filter(|diagnostic| diagnostic.is_error()).all(|error| error.code == Code::UnsupportedLayer));
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
