//! Shapes of worlds, accounts, ACLs and organizations: what is read, and where an error stands.

use super::*;

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
        ("slash in a name", r#""users":[{"name":"team/a"}]"#, &["world.json:3:18 invalid-world"]),
        ("slash in a role's name", r#""roles":[{"name":"/a"}]"#, &["world.json:3:18 invalid-world"]),
        (
            "slash in a group's name",
            r#""groups":[{"name":"a/"}],"users":[{"name":"u","groups":["a/"]}]"#,
            &["world.json:3:19 invalid-world"],
        ),
        ("slash in a managed policy's name", r#""managed_policies":[{"name":"team/a","document":$P}]"#, &["world.json:3:29 invalid-world"]),
        (
            "a managed policy with the name of one of AWS",
            r#""managed_policies":[{"name":"arn:aws:iam::aws:policy/ReadOnlyAccess","document":$P}]"#,
            &["world.json:3:29 invalid-world"],
        ),
        ("colon in a name", r#""users":[{"name":"a:b"}]"#, &["world.json:3:18 invalid-world"]),
        ("letter beyond ASCII in a name", r#""users":[{"name":"josé"}]"#, &["world.json:3:18 invalid-world"]),
        (
            "space in a name, which is known all the same",
            r#""managed_policies":[{"name":"a b","document":$P}],"users":[{"name":"u","policies":["a b"]}]"#,
            &["world.json:3:29 invalid-world"],
        ),
        ("every character of a name", r#""users":[{"name":"aZ09+=,.@_-"}],"roles":[{"name":"arn"}]"#, &[]),
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

/// The resource's ARN, its ACL, and what of it has no effect (S-724, S-725).
#[test]
fn acls_without_effect() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("arn:aws:sqs:us-east-1:111111111111:q", "{}", &["4:1"]),
        ("arn:aws:s3:::", r#"{"ownership":"ObjectWriter"}"#, &["4:1"]),
        ("arn:aws:s3:::/k", "{}", &["4:1"]),
        ("arn:aws:s3:eu-west-1:111111111111:accesspoint/x", r#"{"canned":"public-read"}"#, &["4:1"]),
        ("arn:aws:s3:::b", r#"{"ownership":"ObjectWriter","grants":[{"grantee":{"Group":"AllUsers"},"permission":"WRITE"}]}"#, &[]),
        ("arn:aws:s3:::b", r#"{"canned":"bucket-owner-read"}"#, &["4:17"]),
        ("arn:aws:s3:::b", r#"{"canned":"bucket-owner-full-control"}"#, &["4:17"]),
        ("arn:aws:s3:::b/k", r#"{"canned":"bucket-owner-full-control"}"#, &[]),
        ("arn:aws:s3:::b/k", r#"{"canned":"public-read-write"}"#, &[]),
        ("arn:aws:s3:::b/k", r#"{"ownership":"ObjectWriter"}"#, &["4:8"]),
        (
            "arn:aws:s3:::b/k",
            r#"{"grants":[{"grantee":{"Group":"AllUsers"},"permission":"READ"},{"permission":"WRITE","grantee":{"Group":"AllUsers"}}]}"#,
            &["4:85"],
        ),
    ];
    for (arn, acl, places) in cases {
        let expected: Vec<String> = places.iter().map(|place| format!("world.json:{place} acl-without-effect")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(acl, &account(&format!("\"resources\":[{{\"arn\":\"{arn}\",\n\"acl\":{acl}}}]")), &[], &expected);
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
        (r#""usres":[]"#, "did you mean `users`?"),
        (r#""Users":[]"#, "did you mean `users`?"),
        (
            r#""users":[{"name":"a","groups":["developer"]}],"groups":[{"name":"Admins"},{"name":"Developers"}]"#,
            "did you mean `Developers`?",
        ),
        (
            r#""users":[{"name":"a","policies":["arn:aws-cn:iam::111111111111:policy/Raed"]}],"managed_policies":[{"name":"Read","path":"/t/","document":$P}]"#,
            "did you mean `arn:aws-cn:iam::111111111111:policy/t/Read`?",
        ),
        (r#""users":[{"name":"a","policies":["Raed"]}],"managed_policies":[{"name":"Read","document":$P}]"#, "did you mean `Read`?"),
        (r#""users":[{"name":"a","path":"/team"}]"#, "write `/team/`"),
        (r#""users":[{"name":"team/x/a"}]"#, r#"the path is a member of its own: `"name": "a"` and `"path": "/team/x/"`"#),
        (r#""users":[{"name":"arn:x/a"}]"#, "a name has letters of A to Z and a to z, digits and `+=,.@_-`"),
    ];
    for (members, help) in cases {
        let error = read(&account(members), &[]).unwrap_err();
        assert_eq!(error.diagnostics()[0].help.as_deref(), Some(help), "{members}");
    }
}
