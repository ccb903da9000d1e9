//! Requests as JSON text.

use crate::json::JsonRequest;
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, RequestError};

fn first_error(text: &str) -> Result<(), &'static str> {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let code = |error: RequestError| error.code();
    JsonRequest::parse(text).map_err(code)?.resolve(&bundle).map(|_| ()).map_err(code)
}

/// A request with these members after a known principal and an action.
fn with(members: &str) -> String {
    format!(r#"{{"principal": "{ALICE}", "action": "s3:GetObject"{members}}}"#)
}

#[test]
fn whole_requests_are_read() {
    let text = with(
        r#", "resource": "arn:aws:s3:::b\/k", "resource_account": "222222222222", "context": {"a": 1.50, "b": true, "c": ["x", 2, false],
           "d\u0065": "\ud83d\ude00", "e": [], "f": -1e400}"#,
    );
    let request = JsonRequest::parse(&text).unwrap();
    assert_eq!(request.caller(), Caller::Arn(ALICE));
    request
        .with_request(|request| {
            assert_eq!((request.action, request.resource), ("s3:GetObject", Some("arn:aws:s3:::b/k")));
            assert_eq!(request.resource_account, Some("222222222222"));
            let expected = [
                ("a", ContextValue::One("1.50")),
                ("b", ContextValue::One("true")),
                ("c", ContextValue::Many(&["x", "2", "false"])),
                ("de", ContextValue::One("😀")),
                ("e", ContextValue::Many(&[])),
                ("f", ContextValue::One("-1e400")),
            ];
            assert_eq!(request.context, expected);
        })
        .unwrap();
    assert_eq!(first_error(&text), Ok(()));
    for (principal, caller) in [
        (r#""*""#, Caller::Anonymous),
        (r#"{"Service": "s"}"#, Caller::Service("s")),
        (r#"{"Federated": "f"}"#, Caller::Federated("f")),
        (r#"{"CanonicalUser": "c"}"#, Caller::CanonicalUser("c")),
    ] {
        let text = format!(r#"{{"action": "a:b", "principal": {principal}}}"#);
        assert_eq!(JsonRequest::parse(&text).unwrap().caller(), caller);
    }
}

#[test]
fn errors_have_their_codes() {
    for (members, expected) in [
        (r#", "extra": 1"#, "unknown-field"),
        (r#", "action": "s3:GetObject""#, "duplicate-key"),
        (r#", "\u0061ction": "s3:GetObject""#, "duplicate-key"),
        (r#", "context": {"a": 1, "a": 2}"#, "duplicate-key"),
        (r#", "context": {"a": 1, "\u0061": 2}"#, "duplicate-key"),
        (r#", "context": {"a": 1, "A": 2}"#, "invalid-request"),
        (r#", "context": {"a": null}"#, "invalid-request"),
        (r#", "context": {"a": {}}"#, "invalid-request"),
        (r#", "context": {"a": [["b"]]}"#, "invalid-request"),
        (r#", "context": {"a": [null]}"#, "invalid-request"),
        (r#", "context": []"#, "invalid-request"),
        (r#", "context": null"#, "invalid-request"),
        (r#", "resource": null"#, "invalid-request"),
        (r#", "resource": "b""#, "invalid-request"),
        (r#", "resource_account": 222222222222"#, "invalid-request"),
        (r#", "session": {"policies": [{}]}"#, "invalid-request"),
        (r#", "session": {"policies": {}}"#, "invalid-request"),
        (r#", "session": {"policies": [], "policies": []}"#, "duplicate-key"),
        (r#", "session": {"policy": []}"#, "unknown-field"),
        (r#", "session": []"#, "invalid-request"),
        (r#", "context": {"a": "\ud800"}"#, "json-syntax"),
        (r#", "context": {"a": 01}"#, "json-syntax"),
        (r#", "context": {"a": NaN}"#, "json-syntax"),
        (r#","#, "json-syntax"),
    ] {
        assert_eq!(first_error(&with(members)), Err(expected), "{members}");
    }
    for (text, expected) in [
        ("", "json-syntax"),
        ("{} {}", "json-syntax"),
        ("\u{feff}{}", "json-syntax"),
        ("[]", "invalid-request"),
        ("{}", "invalid-request"),
        (r#"{"principal": "*"}"#, "invalid-request"),
        (r#"{"principal": "*", "action": "a:*"}"#, "invalid-request"),
        (r#"{"principal": {"Service": "s", "Service": "s"}, "action": "a:b"}"#, "duplicate-key"),
        (r#"{"principal": {"Service": "s", "Federated": "s"}, "action": "a:b"}"#, "invalid-request"),
        (r#"{"principal": {}, "action": "a:b"}"#, "invalid-request"),
        (r#"{"principal": {"AWS": "*"}, "action": "a:b"}"#, "unknown-field"),
        (r#"{"principal": ["*"], "action": "a:b"}"#, "invalid-request"),
    ] {
        assert_eq!(first_error(text), Err(expected), "{text}");
    }
    let session = format!(r#"{{"session": {{"policies": [{{}}]}}, "principal": "{APP_SESSION}", "action": "a:b"}}"#);
    assert_eq!(first_error(&session), Err("unsupported-layer"));
    assert_eq!(first_error(&with(&format!(r#", "context": {{"a": "{}"}}"#, "x".repeat(8193)))), Err("limit-exceeded"));
    assert_eq!(first_error(&with(&format!(r#", "context": {{"a": [{}1]}}"#, "1,".repeat(1024)))), Err("limit-exceeded"));
    assert_eq!(first_error(&format!("{}{}", "[".repeat(33), "]".repeat(33))), Err("limit-exceeded"));
    assert_eq!(first_error(&format!("{}{}", "[".repeat(32), "]".repeat(32))), Err("invalid-request"));
    assert_eq!(first_error(&" ".repeat(64 * 1024 + 1)), Err("limit-exceeded"));
    let keys: String = (0..513).map(|number| format!(r#""k{number}": 1,"#)).collect();
    assert_eq!(first_error(&with(&format!(r#", "context": {{{}}}"#, keys.trim_end_matches(',')))), Err("limit-exceeded"));
}

#[test]
fn the_first_error_of_the_text_counts() {
    let unknown = r#""principal": "arn:aws:iam::111111111111:user/nobody""#;
    for (text, expected) in [
        (format!(r#"{{{unknown}, "action": "bad"}}"#), "unknown-principal"),
        (format!(r#"{{"action": "bad", {unknown}}}"#), "invalid-request"),
        (format!(r#"{{{unknown}, "x": 1, "action": "bad"}}"#), "unknown-principal"),
        (format!(r#"{{"x": 1, {unknown}, "action": "bad"}}"#), "unknown-field"),
        (format!(r#"{{{unknown}}}"#), "unknown-principal"),
        (format!(r#"{{{unknown}, {unknown}, "action": "a:b"}}"#), "unknown-principal"),
        (with(r#", "resource": "b", "x": 1"#), "invalid-request"),
        (with(r#", "x": 1, "resource": "b""#), "unknown-field"),
    ] {
        assert_eq!(first_error(&text), Err(expected), "{text}");
    }
    let text = with(r#", "resource": "b""#);
    let request = JsonRequest::parse(&text).unwrap();
    assert_eq!(request.with_request(|_| ()).unwrap_err().code(), "invalid-request");
}
