//! Which context keys a bundle says can still matter, on worlds that are small enough to tell by hand.

#![allow(clippy::unwrap_used, reason = "a helper stops where something is not as it should be")]

use portcullis::runtime::{Bundle, Caller, ContextValue, DerivedKeys, Request};
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, compile};
use std::path::Path;

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";

/// The keys that matter to alice under these statements, when she asks for an object.
fn needs(statements: &str, context: &[(&str, ContextValue<'_>)], derived: DerivedKeys) -> Vec<String> {
    needs_in(statements, "", context, derived)
}

/// The same in an account with further members.
fn needs_in(statements: &str, members: &str, context: &[(&str, ContextValue<'_>)], derived: DerivedKeys) -> Vec<String> {
    let user = format!(r#"{{"name": "alice", "tags": {{"team": "a"}}, "policies": [{}]}}"#, policy(statements));
    let text = format!(r#"{{"version": 1, "accounts": [{{"id": "111111111111", "users": [{user}]{members}}}]}}"#);
    let (world, _) = read_world_text("world.json", &text, Path::new("."), &MemoryFiles::new(), &WorldOptions::default()).unwrap();
    let bundle = Bundle::from_bytes(compile(&world, &CompileOptions::default()).unwrap().bytes).unwrap();
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let request = Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/a/key"), resource_account: None, context };
    bundle.evaluator().needs(&alice, &request, derived).unwrap()
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

/// The keys that matter to alice, whom her own policy allows everything, where the endpoints have these statements.
fn needs_through(endpoints: &[(&str, &[String])], context: &[(&str, ContextValue<'_>)]) -> Vec<String> {
    let endpoint = |(id, statements): &(&str, &[String])| format!(r#"{{"id": "{id}", "policy": {}}}"#, policy(&statements.join(",")));
    let list: Vec<String> = endpoints.iter().map(endpoint).collect();
    let members = format!(r#", "vpc_endpoints": [{}]"#, list.join(","));
    needs_in(&statement("Allow", r#""Resource": "*""#), &members, context, DerivedKeys::Fixed)
}

/// A statement of an endpoint's policy.
fn of_endpoint(effect: &str, rest: &str) -> String {
    statement(effect, &format!(r#""Principal": "*", "Resource": "*"{rest}"#))
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

#[test]
fn an_operand_that_cannot_match_asks_for_nothing() {
    let either = statement("Allow", r#""Resource": ["arn:aws:s3:::b/${x:home}/*", "arn:aws:s3:::other/${x:other}/*"]"#);
    assert_eq!(needs(&either, &[], DerivedKeys::Fixed), ["x:home"]);
    let neither = statement("Allow", r#""NotResource": ["arn:aws:s3:::b/${x:home}/*", "arn:aws:s3:::other/${x:other}/*"]"#);
    assert_eq!(needs(&neither, &[], DerivedKeys::Fixed), ["x:home"]);
    let condition = on_all("Allow", r#""StringLike": {"x:k": ["a-${x:i}", "b-${x:j}"]}"#);
    assert_eq!(needs(&condition, &[("x:k", ContextValue::One("b-1"))], DerivedKeys::Fixed), ["x:j"]);
    assert_eq!(needs(&condition, &[], DerivedKeys::Fixed), ["x:i", "x:j", "x:k"]);
    // Of a list every value may be met by another operand.
    let all = on_all("Allow", r#""ForAllValues:StringLike": {"x:k": ["a-${x:i}", "b-${x:j}"]}"#);
    assert_eq!(needs(&all, &[("x:k", ContextValue::Many(&["a-1", "b-1"]))], DerivedKeys::Fixed), ["x:i", "x:j"]);
}

#[test]
fn an_endpoint_that_surely_denies_asks_for_no_key_of_its_allows() {
    let condition = |key: &str| format!(r#", "Condition": {{"StringEquals": {{"{key}": "1"}}}}"#);
    let denies = [of_endpoint("Deny", ""), of_endpoint("Allow", &condition("x:a")), of_endpoint("Deny", &condition("x:d"))];
    let open = [of_endpoint("Allow", &condition("x:b"))];
    assert_eq!(needs_through(&[("vpce-1", &denies)], &[]), ["aws:sourcevpce"]);
    assert_eq!(needs_through(&[("vpce-1", &denies), ("vpce-2", &open)], &[]), ["aws:sourcevpce", "x:b"]);
    assert!(needs_through(&[("vpce-1", &denies), ("vpce-2", &open)], &[("aws:SourceVpce", ContextValue::One("vpce-1"))]).is_empty());
    assert_eq!(needs_through(&[("vpce-1", &denies), ("vpce-2", &open)], &[("aws:SourceVpce", ContextValue::One("vpce-2"))]), ["x:b"]);
}

#[test]
fn an_endpoint_that_surely_allows_does_not_ask_which_one_it_is() {
    let allows = [of_endpoint("Allow", ""), of_endpoint("Allow", r#", "Condition": {"StringEquals": {"x:a": "1"}}"#)];
    assert!(needs_through(&[("vpce-1", &allows), ("vpce-2", &allows)], &[]).is_empty());
    let guarded = [of_endpoint("Allow", ""), of_endpoint("Deny", r#", "Condition": {"Bool": {"x:d": "true"}}"#)];
    assert_eq!(needs_through(&[("vpce-1", &allows), ("vpce-2", &guarded)], &[]), ["aws:sourcevpce", "x:d"]);
    // The endpoint that the request has not come through, if it is this one's policy that counts.
    let other =
        [of_endpoint("Allow", ""), of_endpoint("Deny", r#", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-2", "x:d": "1"}}"#)];
    assert!(needs_through(&[("vpce-1", &other)], &[]).is_empty());
}

#[test]
fn a_later_layer_asks_nothing_once_an_earlier_one_settles_the_decision() {
    let own = on_all("Allow", r#""StringEquals": {"x:k": "1"}"#);
    let silent =
        format!(r#", "vpc_endpoints": [{{"id": "vpce-1", "policy": {}}}]"#, policy(&of_endpoint("Allow", "").replace("s3:*", "sqs:*")));
    let through = [("aws:SourceVpce", ContextValue::One("vpce-1"))];
    assert!(needs_in(&own, &silent, &through, DerivedKeys::Fixed).is_empty(), "the endpoint does not allow");
    let denied = [own, on_all("Deny", r#""StringEquals": {"x:d": "1"}"#)].join(",");
    assert_eq!(needs_in(&denied, &silent, &through, DerivedKeys::Fixed), ["x:d"], "a Deny changes the reason");
}

#[test]
fn an_empty_list_says_that_the_key_is_missing() {
    let denies = [of_endpoint("Deny", "")];
    assert!(needs_through(&[("vpce-1", &denies)], &[("aws:SourceVpce", ContextValue::Many(&[]))]).is_empty());
    let absent = on_all("Allow", r#""Null": {"x:k": "true"}"#);
    assert!(needs(&absent, &[("x:k", ContextValue::Many(&[]))], DerivedKeys::Fixed).is_empty());
    assert_eq!(needs(&absent, &[], DerivedKeys::Fixed), ["x:k"]);
}
