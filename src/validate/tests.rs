//! What crosses over to the reference.

use super::{ReferenceError, ReferenceWorld};
use crate::world::{MemoryFiles, WorldOptions, read_world_text};
use std::path::Path;

const WORLD: &str = r#"{"version": 1, "aws_managed": "aws", "accounts": ["account.json"]}"#;
const ACCOUNT: &str = r#"{"id": "111111111111", "managed_policies": [{"name": "m", "document": "m.json"}],
    "users": [{"name": "u", "policies": ["m", "arn:aws:iam::aws:policy/job/Managed", {"Version": "2012-10-17", "Statement":
        {"Sid": "Inline", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}}]}]}"#;

fn allow(action: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#)
}

fn reference() -> ReferenceWorld {
    let files = MemoryFiles::new().with("account.json", ACCOUNT).with("m.json", allow("s3:*")).with("aws/job/Managed.json", allow("sqs:*"));
    let (world, _) = read_world_text("world.json", WORLD, Path::new(""), &files, &WorldOptions::default()).unwrap();
    ReferenceWorld::new(&world).unwrap()
}

fn decide(action: &str) -> (&'static str, Vec<String>) {
    let request = format!(r#"{{"principal": "arn:aws:iam::111111111111:user/u", "action": "{action}"}}"#);
    let decision = reference().decide(&request).unwrap();
    (decision.reason.as_str(), decision.matched.into_iter().map(|matched| matched.policy).collect())
}

#[test]
fn documents_stand_where_the_world_names_them() {
    assert_eq!(decide("s3:ListBuckets"), ("allowed", vec!["accounts[0].users[0].policies[0]".to_owned()]));
    let both = ["accounts[0].users[0].policies[1]", "accounts[0].users[0].policies[2]"].map(str::to_owned).to_vec();
    assert_eq!(decide("sqs:Send"), ("explicit_deny", both));
}

#[test]
fn the_frontend_refuses_first() {
    let refused = |request: &str| reference().decide(request).map_err(|error| error.code()).map(|_| ());
    assert_eq!(refused("{"), Err("json-syntax"));
    assert_eq!(refused(r#"{"principal": "arn:aws:iam::111111111111:user/nobody", "action": "s3:Get"}"#), Err("unknown-principal"));
    assert_eq!(refused(r#"{"principal": "*", "action": "s3:Get", "extra": 1}"#), Err("unknown-field"));
    assert!(matches!(reference().decide_alone("{"), Err(ReferenceError::Text(_))));
}

#[test]
fn levels_and_grants_have_their_places_as_the_compiled_explanation_has_them() {
    use crate::scenario::{Compiled, Detail, Engine, Reference, WorldInput};
    let text = "{\"version\": 1, \"organization\": {\"id\": \"o\", \"root\": {\"id\": \"r\", \"accounts\": [\"111111111111\"], \"scps\": [\n\
        {\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}}]}},\n\
        \"accounts\": [{\"id\": \"111111111111\", \"users\": [{\"name\": \"u\"}], \"resources\": [{\"arn\": \"arn:aws:s3:::b\", \"acl\": {\"grants\": [\n\
        {\"grantee\": {\"Group\": \"AllUsers\"}, \"permission\": \"FULL_CONTROL\"}],\n   \"canned\": \"public-read\"}}]}]}";
    let (world, _) = read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    let input = WorldInput { world: &world, text, folder: Path::new("") };
    let request = r#"{"principal": "arn:aws:iam::111111111111:user/u", "action": "s3:ListBucket", "resource": "arn:aws:s3:::b"}"#;
    let compiled = Compiled.decide(&Compiled.prepare(&input).unwrap(), request, Detail::Explained).unwrap();
    let reference = Reference.decide(&Reference.prepare(&input).unwrap(), request, Detail::Explained).unwrap();
    assert_eq!(compiled, reference);
    let explanation = compiled.explanation.unwrap();
    let places: Vec<_> = explanation
        .matched
        .iter()
        .map(|entry| (entry.policy.as_str(), entry.statement, entry.file.as_deref(), entry.line.zip(entry.column)))
        .collect();
    let expected = [
        ("organization.root.scps[0]", Some(0), Some("world.json"), Some((2, 40))),
        ("accounts[0].resources[0].acl.grants[0]", None, Some("world.json"), Some((4, 1))),
        ("accounts[0].resources[0].acl.canned", None, Some("world.json"), Some((5, 14))),
    ];
    assert_eq!(places, expected);
}
