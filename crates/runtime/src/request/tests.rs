use super::check;
use super::principal::Class;
use crate::testing::{ALICE, APP_ROLE, APP_SESSION, sample};
use crate::{Bundle, Caller};

#[test]
fn caller_forms() {
    let class = |arn: &str| Bundle::from_bytes(sample()).unwrap().principal(Caller::Arn(arn)).map(|principal| principal.resolved().class);
    for (arn, expected) in [
        (ALICE, Ok(Class::User)),
        (APP_ROLE, Ok(Class::Role)),
        (APP_SESSION, Ok(Class::Role)),
        ("arn:aws:sts::111111111111:federated-user/nobody", Ok(Class::FederatedUser)),
        ("arn:aws:iam::111111111111:root", Ok(Class::Root)),
        ("arn:aws:iam::999999999999:user/who/ever", Ok(Class::User)),
        ("arn:aws:iam::333333333333:user/x", Ok(Class::User)),
        ("arn:aws:iam::111111111111:user/bob", Err("unknown-principal")),
        ("arn:aws:iam::111111111111:user/path/alice", Err("unknown-principal")),
        ("arn:aws:iam::111111111111:role/app", Err("unknown-principal")),
        ("arn:aws:iam::111111111111:role/alice", Err("unknown-principal")),
        ("arn:aws:sts::111111111111:assumed-role/alice/s", Err("unknown-principal")),
        ("arn:aws:iam::222222222222:user/alice", Err("unknown-principal")),
        ("arn:aws:iam::111111111111:group/g", Err("invalid-request")),
        ("arn:aws:iam::111111111111:user/", Err("invalid-request")),
        ("arn:aws:iam::111111111111:user", Err("invalid-request")),
        ("arn:aws:iam::111111111111:username/x", Err("invalid-request")),
        ("arn:aws:iam:eu:111111111111:user/alice", Err("invalid-request")),
        ("arn:aws:iam::11111111111:user/alice", Err("invalid-request")),
        ("arn::iam::111111111111:user/alice", Err("invalid-request")),
        ("arn:a_b:iam::111111111111:user/alice", Err("invalid-request")),
        ("arn:aws:s3::111111111111:user/alice", Err("invalid-request")),
        ("arn:aws:sts::111111111111:user/alice", Err("invalid-request")),
        ("arn:aws:sts::111111111111:assumed-role/app", Err("invalid-request")),
        ("arn:aws:sts::111111111111:assumed-role/app/", Err("invalid-request")),
        ("arn:aws:sts::111111111111:assumed-role/svc/app/s", Err("invalid-request")),
        ("arn:aws:sts::111111111111:federated-user/", Err("invalid-request")),
        ("alice", Err("invalid-request")),
        ("", Err("invalid-request")),
    ] {
        assert_eq!(class(arn).map_err(|error| error.code()), expected, "{arn}");
    }
    let long = format!("arn:aws:iam::999999999999:user/{}", "x".repeat(2048));
    assert_eq!(class(&long).unwrap_err().code(), "limit-exceeded");
    let bundle = Bundle::from_bytes(sample()).unwrap();
    assert_eq!(bundle.principal(Caller::Service("")).unwrap_err().code(), "invalid-request");
}

#[test]
fn derived_texts() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let of = |caller| bundle.principal(caller).unwrap();
    let session = of(Caller::Arn(APP_SESSION));
    assert_eq!(session.resolved().principal_arn.as_deref(), Some(APP_ROLE));
    assert_eq!(session.resolved().user_id.as_deref(), Some("AROAAPP:s1"));
    assert_eq!(session.bundle_id(), bundle.id());
    assert_eq!(of(Caller::Arn(APP_ROLE)).resolved().user_id, None);
    let stranger = of(Caller::Arn("arn:aws-cn:sts::999999999999:assumed-role/r/s"));
    assert_eq!(stranger.resolved().principal_arn.as_deref(), Some("arn:aws-cn:iam::999999999999:role/r"));
    assert_eq!(stranger.resolved().user_id, None);
    assert_eq!(stranger.resolved().buckets, "arn:aws-cn:s3:::*");
    let federated = of(Caller::Arn("arn:aws:sts::111111111111:federated-user/alice"));
    assert_eq!(federated.resolved().user_id.as_deref(), Some("111111111111:alice"));
    assert_eq!((federated.resolved().levels, federated.resolved().username.as_deref()), (3, None));
    assert_eq!(of(Caller::Arn("arn:aws:sts::111111111111:federated-user/bob")).resolved().levels, 2);
    for outsider in [Caller::Federated("idp"), Caller::CanonicalUser("c"), Caller::Service("s")] {
        let principal = of(outsider);
        assert_eq!((principal.resolved().principal_account(), principal.resolved().principal_type()), (None, None));
        assert!(principal.resolved().user_id.is_none() && principal.resolved().principal_arn.is_none());
    }
}

#[test]
fn principals_are_cheap_and_shared() {
    fn is_shared<T: Clone + Send + Sync>() {}
    is_shared::<crate::Principal>();
    is_shared::<Bundle>();
    assert_eq!(check::arn_parts("arn:a:b:c:d:e:f"), Some(["arn", "a", "b", "c", "d", "e:f"]));
    assert_eq!(check::arn_parts("arn:a:b:c:d"), None);
    assert_eq!(check::arn_parts("ARN:a:b:c:d:e"), None);
}

#[cfg(feature = "json")]
mod json {
    use super::*;
    use crate::json::JsonRequest;
    use crate::{ContextValue, RequestError};

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
            (r#", "session": {"policies": []}"#, "unsupported-layer"),
            (r#", "session": {}"#, "unsupported-layer"),
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
}
