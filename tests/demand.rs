//! Which context keys a bundle says can still matter, on worlds that are small enough to tell by hand.

#![allow(clippy::unwrap_used, reason = "a helper stops where something is not as it should be")]

use portcullis::runtime::{Bundle, Caller, ContextValue, DerivedKeys, Request};
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use std::path::Path;

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";

/// The keys that matter to alice under these statements, when she asks for an object.
fn needs(statements: &str, context: &[(&str, ContextValue<'_>)], derived: DerivedKeys) -> Vec<String> {
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let text = format!(
        r#"{{"version": 1, "accounts": [{{"id": "111111111111", "users": [{{"name": "alice", "tags": {{"team": "a"}}, "policies": [{policy}]}}]}}]}}"#
    );
    let (world, _) = read_world_text("world.json", &text, Path::new("."), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    let bundle = Bundle::from_bytes(compile(&world, &CompileOptions::default()).unwrap().bytes).unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let request = Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/a/key"), resource_account: None, context };
    bundle.evaluator().needs(&alice, &request, derived).unwrap()
}

fn statement(effect: &str, rest: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": "s3:*", {rest}}}"#)
}

fn on_all(effect: &str, condition: &str) -> String {
    statement(effect, &format!(r#""Resource": "*", "Condition": {{{condition}}}"#))
}

#[test]
fn excluded_statements_need_nothing() {
    let elsewhere = statement("Allow", r#""Resource": "arn:aws:s3:::c/*", "Condition": {"StringEquals": {"x:k": "1"}}"#);
    assert!(needs(&elsewhere, &[], DerivedKeys::Fixed).is_empty());
    let given = on_all("Allow", r#""StringEquals": {"x:k": "1", "x:j": "2"}"#);
    assert!(needs(&given, &[("x:j", ContextValue::One("3"))], DerivedKeys::Fixed).is_empty());
    assert_eq!(needs(&given, &[("x:j", ContextValue::One("2"))], DerivedKeys::Fixed), ["x:k"]);
}

#[test]
fn what_is_settled_needs_nothing() {
    let settled = [on_all("Allow", r#""StringEquals": {"x:k": "1"}"#), statement("Allow", r#""Resource": "*""#)].join(",");
    assert!(needs(&settled, &[], DerivedKeys::Fixed).is_empty(), "another statement allows");
    let denied = [on_all("Allow", r#""StringEquals": {"x:k": "1"}"#), statement("Deny", r#""Resource": "*""#)].join(",");
    assert!(needs(&denied, &[], DerivedKeys::Fixed).is_empty(), "a Deny decides");
    let guarded = [on_all("Deny", r#""StringEquals": {"x:k": "1"}"#), statement("Allow", r#""Resource": "*""#)].join(",");
    assert_eq!(needs(&guarded, &[], DerivedKeys::Fixed), ["x:k"], "the Deny can still decide");
}

#[test]
fn derived_keys_are_known_or_open() {
    let tagged = on_all("Allow", r#""StringEquals": {"aws:PrincipalTag/team": "a"}"#);
    assert!(needs(&tagged, &[], DerivedKeys::Fixed).is_empty());
    assert_eq!(needs(&tagged, &[], DerivedKeys::Open), ["aws:principaltag/team"]);
    let absent = on_all("Allow", r#""StringEquals": {"aws:PrincipalTag/stage": "a"}"#);
    assert_eq!(needs(&absent, &[], DerivedKeys::Fixed), ["aws:principaltag/stage"], "a key that cannot be derived is open");
}

#[test]
fn variables_are_keys() {
    let own = statement("Allow", r#""Resource": "arn:aws:s3:::b/${x:home}/*""#);
    assert_eq!(needs(&own, &[], DerivedKeys::Fixed), ["x:home"]);
    let other = statement("Allow", r#""Resource": "arn:aws:s3:::b/z${x:home}/*""#);
    assert!(needs(&other, &[], DerivedKeys::Fixed).is_empty(), "whatever the variable is, the text before it differs");
}

#[test]
fn a_pattern_that_matches_nothing_still_asks_whether_the_key_exists() {
    // S-515: a short pattern that does not end in a star; with `IfExists` the test is true while the key is missing, and false with any value.
    let short = on_all("Allow", r#""ForAnyValue:ArnEqualsIfExists": {"aws:SourceArn": "arn:aws:iam:**:role/app"}"#);
    assert_eq!(needs(&short, &[], DerivedKeys::Fixed), ["aws:sourcearn"]);
    let never = on_all("Allow", r#""ArnEquals": {"aws:SourceArn": "arn:aws:iam:**:role/app"}"#);
    assert!(needs(&never, &[], DerivedKeys::Fixed).is_empty());
}
