//! Action and resource elements, derived keys (sections 2, 3 and 8), and the limits of a request.

use super::{decide, element_gate, get};
use crate::format::{ATOM_NEGATED, AtomKind::StringEquals, NONE, PrincipalTag, Qualifier};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Request};
use ContextValue::{Many, One};

#[test]
fn actions_and_resources() {
    let acts = |patterns: &[&str], flags, action: &str| {
        let bundle = element_gate(true, |b| b.action(patterns, flags));
        decide(&bundle, Caller::Arn(ALICE), Request { action, ..get(&[]) }).unwrap().allowed()
    };
    assert!(acts(&["S3:getobject"], 0, "s3:GetObject"));
    assert!(!acts(&["s3:GetObject"], 0, "s3:GetObjectAcl"));
    assert!(acts(&["s3:Get*"], 0, "s3:Get"));
    assert!(!acts(&["s3:*"], 0, "s3express:Get"));
    assert!(acts(&["*:Get?b*"], 0, "S3:GetObject"));
    assert!(acts(&["s3:Put*", "s3:Delete*"], ATOM_NEGATED, "s3:GetObject"));
    assert!(!acts(&["s3:Put*", "s3:G*t"], ATOM_NEGATED, "s3:GetObject"));

    let reaches = |patterns: &[&str], flags, resource: Option<&str>| {
        let bundle = element_gate(false, |b| b.resource(patterns, flags));
        decide(&bundle, Caller::Arn(ALICE), Request { resource, ..get(&[]) }).unwrap().allowed()
    };
    assert!(reaches(&["arn:aws:s3:::b*/private/*"], 0, Some("arn:aws:s3:::bx/a/b/private/x")));
    assert!(reaches(&["arn:aws:s3:*:*:b"], 0, Some("arn:aws:s3:::b")));
    assert!(!reaches(&["arn:aws:s3::111111111111:b"], 0, Some("arn:aws:s3:::b")));
    assert!(!reaches(&["arn:aws:s*"], 0, Some("arn:aws:s3:::b")), "parts that are left out are empty here");
    assert!(!reaches(&["arn:aws:sqs:*:*:*"], 0, None));
    assert!(reaches(&["*"], 0, None) && reaches(&["*"], 0, Some("*")));
    assert!(reaches(&["arn:aws:sqs:*:*:*"], ATOM_NEGATED, None));
    assert!(reaches(&["arn:aws:s3:::${k:missing}"], ATOM_NEGATED, Some("arn:aws:s3:::b")));
    assert!(reaches(&["arn:aws:s3:::home/${aws:username}/*"], 0, Some("arn:aws:s3:::home/alice/x")));
    // S-732
    let bundle = element_gate(false, |b| b.resource(&["arn:aws:s3:::*"], 0));
    let list = Request { action: "s3:ListAllMyBuckets", resource: None, ..get(&[]) };
    assert!(decide(&bundle, Caller::Arn(ALICE), list).unwrap().allowed());
    let cn = Caller::Arn("arn:aws-cn:iam::111111111111:user/alice");
    assert!(!decide(&bundle, cn, list).unwrap().allowed());
}

#[test]
fn derived_keys() {
    let holds = |key: &str, value: &str, caller: &str, request: Request<'_>| {
        let bytes = build(|b| {
            let text = b.text(value);
            let atom = b.atom(StringEquals, Qualifier::ForAnyValue, 0, Some(key), &[text]);
            let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
            let allow = statement(b, false, everyone, vec![atom]);
            let bucket = plain_slice(b, &[allow]);
            let action = statement(b, false, NONE, vec![]);
            let alice = plain_slice(b, &[action]);
            world(b, Policies { bucket, app: alice, alice, ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let caller = if caller == "*" { Caller::Anonymous } else { Caller::Arn(caller) };
        decide(&bundle, caller, request).unwrap().allowed()
    };
    let request = Request { resource_account: None, ..get(&[]) };
    for (key, value, caller) in [
        ("aws:PrincipalArn", APP_ROLE, APP_SESSION),
        ("aws:PrincipalArn", ALICE, ALICE),
        ("aws:PrincipalAccount", "111111111111", ALICE),
        ("aws:PrincipalAccount", "anonymous", "*"),
        ("aws:PrincipalType", "AssumedRole", APP_ROLE),
        ("aws:PrincipalType", "Anonymous", "*"),
        ("aws:userid", "AROAAPP:s1", APP_SESSION),
        ("aws:userid", "AIDAALICE", ALICE),
        ("aws:username", "alice", ALICE),
        ("aws:PrincipalTag/TEAM", "a", ALICE),
        ("aws:PrincipalTag/stage", "dev", APP_SESSION),
        ("aws:PrincipalOrgID", "o-x", ALICE),
        ("aws:PrincipalOrgPaths", "o-x/r-y/ou-z/", ALICE),
        ("aws:PrincipalIsAWSService", "false", ALICE),
        ("aws:ResourceAccount", "222222222222", ALICE),
    ] {
        assert!(holds(key, value, caller, request), "{key} {value} {caller}");
    }
    assert!(!holds("aws:username", "app", APP_SESSION, request));
    assert!(!holds("aws:PrincipalTag/team", "a", APP_SESSION, request), "the role has only the first tag");
    assert!(!holds("aws:ResourceTag/stage", "dev", ALICE, request), "the object is not declared");
    let bucket = Request { resource: Some("arn:aws:s3:::b"), ..request };
    assert!(holds("aws:ResourceTag/stage", "dev", ALICE, bucket));
    assert!(!holds("aws:ResourceOrgID", "o-x", ALICE, bucket), "the owner is outside");
    let stated = Request { resource_account: Some("111111111111"), ..bucket };
    assert!(holds("aws:ResourceOrgPaths", "o-x/r-y/ou-z/", ALICE, stated));
    let given = [("AWS:username", One("bob"))];
    assert!(holds("aws:username", "bob", ALICE, Request { context: &given, ..request }));
}

#[test]
fn request_errors() {
    let bundle = element_gate(true, |b| b.action(&["*"], 0));
    let code = |request| decide(&bundle, Caller::Arn(ALICE), request).map_err(|error| error.code());
    let long = "x".repeat(8 * 1024 + 1);
    let values = vec!["v"; 1025];
    let keys: Vec<String> = (0..513).map(|number| format!("k:{number}")).collect();
    let entries: Vec<(&str, ContextValue<'_>)> = keys.iter().map(|key| (key.as_str(), One("v"))).collect();
    let wide = "y".repeat(8 * 1024);
    let nine: Vec<(&str, ContextValue<'_>)> = keys.iter().take(8).map(|key| (key.as_str(), One(wide.as_str()))).collect();
    let too_long = [("z:z", One(long.as_str()))];
    let too_many = [("z:z", Many(&values))];
    for (request, expected) in [
        (Request { action: "s3GetObject", ..get(&[]) }, "invalid-request"),
        (Request { action: "s3:", ..get(&[]) }, "invalid-request"),
        (Request { action: "s3:a:b", ..get(&[]) }, "invalid-request"),
        (Request { action: "s3:Get?", ..get(&[]) }, "invalid-request"),
        (Request { resource: Some("b/key"), ..get(&[]) }, "invalid-request"),
        (Request { resource: Some("arn:aws:s3:b"), ..get(&[]) }, "invalid-request"),
        (Request { resource_account: Some("1"), ..get(&[]) }, "invalid-request"),
        (get(&[("z:Z", One("1")), ("z:z", One("1"))]), "invalid-request"),
        (get(&[("z:z", One("1")), ("z:z", One("1"))]), "duplicate-key"),
        (get(&too_long), "limit-exceeded"),
        (get(&too_many), "limit-exceeded"),
        (get(&entries), "limit-exceeded"),
        (get(&nine), "limit-exceeded"),
    ] {
        assert_eq!(code(request), Err(expected), "{:?}", request.action);
    }
    assert!(code(get(&entries[..512])).unwrap().allowed());
    let other = Bundle::from_bytes(sample()).unwrap().principal(Caller::Arn(ALICE)).unwrap();
    assert_eq!(bundle.evaluator().decide(&other, &get(&[])).unwrap_err().code(), "unknown-principal");
}
