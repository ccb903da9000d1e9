//! The session of a JSON request, and which of several errors counts (S-116).

use crate::json::JsonRequest;
use crate::testing::*;
use crate::{Bundle, Caller, Layer, Overlay, Principal, RequestError, SessionPolicies};
use std::cell::Cell;

/// What a compiler of session documents may fail with.
#[derive(Debug, PartialEq, Eq)]
struct Code(&'static str);

impl From<RequestError> for Code {
    fn from(error: RequestError) -> Code {
        Code(error.code())
    }
}

/// Documents as these tests write them: `"bad"` cannot be compiled, `"name"` is one that the bundle may hold, everything else is compiled.
fn compile(documents: &[&str]) -> Result<SessionPolicies, Code> {
    let mut found = SessionPolicies::default();
    for (place, document) in (0..).zip(documents) {
        match *document {
            r#""bad""# => return Err(Code("bad-document")),
            name if name.starts_with('"') => found.policies.push((place, name.trim_matches('"').to_string())),
            _ => found.overlay = Some(Overlay::from_bytes(build_session(|b| _ = b.slice(&[]))).unwrap()),
        }
    }
    Ok(found)
}

fn resolve(bundle: &Bundle, text: &str) -> Result<Principal, Code> {
    JsonRequest::parse(text)?.resolve_with(bundle, |session| compile(session.documents))
}

#[test]
fn every_order_of_members_gives_the_error_that_stands_first() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let unknown = "arn:aws:sts::111111111111:assumed-role/nobody/s";
    // Each principal, whether it takes a session, and its own error.
    let principals = [
        (Some(format!("\"{APP_SESSION}\"")), true, None),
        (Some(format!("\"{ALICE_FEDERATED}\"")), true, None),
        (Some(format!("\"{unknown}\"")), true, Some("unknown-principal")),
        (Some(format!("\"{ALICE}\"")), false, None),
        (Some("\"*\"".to_string()), false, None),
        (Some(r#"{"Federated": "f"}"#.to_string()), false, None),
        (Some("\"arn:aws:iam::1:user/x\"".to_string()), false, Some("invalid-request")),
        (Some(r#"{"AWS": "x"}"#.to_string()), false, Some("unknown-field")),
        (None, false, None),
    ];
    // Each session, whether it has documents, and its own error for a caller that takes it.
    let sessions = [
        (None, false, None),
        (Some("{}"), false, None),
        (Some(r#"{"policies": []}"#), false, None),
        (Some(r#"{"policies": [{}]}"#), true, None),
        (Some(r#"{"policies": [{}, "bad"]}"#), true, Some("bad-document")),
        (Some(r#"{"policies": ["Read"], "x": 1}"#), true, Some("unknown-field")),
        (Some(r#"{"x": 1, "policies": ["Read"]}"#), false, Some("unknown-field")),
        (Some(r#"{"policies": [], "policies": []}"#), false, Some("duplicate-key")),
        (Some("[]"), false, Some("invalid-request")),
        (Some("null"), false, Some("invalid-request")),
        (Some(r#"{"policies": {}}"#), false, Some("invalid-request")),
        (Some(r#"{"policies": null}"#), false, Some("invalid-request")),
        (Some(r#"{"\ud800": 1}"#), false, Some("json-syntax")),
    ];
    let actions = [(Some("\"s3:GetObject\""), None), (Some("\"s3\""), Some("invalid-request")), (None, None)];
    let extras = [(None, None), (Some("1"), Some("unknown-field"))];
    let orders = permutations(4);
    assert_eq!(orders.len(), 24);
    let (mut cases, mut successes) = (0, 0);
    for (principal, takes, principal_error) in &principals {
        for (session, has_documents, session_error) in &sessions {
            // S-715: documents for a caller that takes none are wrong where they stand, whatever they are.
            let session_error = if *has_documents && !takes { Some("invalid-request") } else { *session_error };
            for (action, action_error) in &actions {
                for (extra, extra_error) in &extras {
                    for order in &orders {
                        let members = [
                            ("principal", principal.as_deref(), *principal_error),
                            ("session", *session, session_error),
                            ("action", *action, *action_error),
                            ("extra", *extra, *extra_error),
                        ];
                        let written: Vec<_> = order.iter().map(|place| members[*place]).filter(|(_, value, _)| value.is_some()).collect();
                        let text: Vec<String> = written.iter().map(|(name, value, _)| format!("\"{name}\": {}", value.unwrap())).collect();
                        let text = format!("{{{}}}", text.join(", "));
                        let missing = (principal.is_none() || action.is_none()).then_some("invalid-request");
                        let expected = written.iter().find_map(|(_, _, error)| *error).or(missing);
                        let found = resolve(&bundle, &text);
                        assert_eq!(found.as_ref().err().map(|error| error.0), expected, "{text}");
                        successes += usize::from(found.is_ok());
                        cases += 1;
                    }
                }
            }
        }
    }
    assert!(cases > 10_000 && successes > 100, "{cases} {successes}");
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut found = vec![vec![]];
    for item in 0..count {
        let longer = |order: &Vec<usize>| {
            let order = order.clone();
            (0..=order.len()).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, item);
                longer
            })
        };
        found = found.iter().flat_map(longer).collect();
    }
    found
}

/// A member that occurs twice is an error at its second place.
#[test]
fn repeated_members_beside_a_session() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let principal = format!(r#""principal": "{APP_SESSION}""#);
    let (action, good, bad) = (r#""action": "s3:Get""#, r#""session": {"policies": [{}]}"#, r#""session": {"policies": ["bad"]}"#);
    for (text, expected) in [
        (format!("{principal}, {action}, {good}, {good}"), "duplicate-key"),
        (format!("{principal}, {action}, {bad}, {good}"), "bad-document"),
        (format!("{principal}, {action}, {good}, {bad}"), "duplicate-key"),
        (format!("{bad}, {principal}, {principal}, {action}"), "bad-document"),
        (format!("{good}, {principal}, {principal}, {action}"), "duplicate-key"),
        (format!("{principal}, {principal}, {bad}, {action}"), "duplicate-key"),
        (format!("{bad}, {action}, {action}, {principal}"), "bad-document"),
        (format!("{good}, {action}, {action}, {principal}"), "duplicate-key"),
        (format!("{action}, {action}, {bad}, {principal}"), "duplicate-key"),
        (format!(r#"{bad}, "context": {{"a": 1, "a": 2}}, {principal}, {action}"#), "bad-document"),
        (format!(r#"{principal}, "resource": "b", {bad}, {action}"#), "invalid-request"),
        (format!(r#"{principal}, {bad}, "resource": "b", {action}"#), "bad-document"),
        // A name is found, or not, at the place of the session too.
        (format!(r#"{principal}, {action}, "session": {{"policies": ["Nothing"]}}, "x": 1"#), "unresolved-document"),
        (format!(r#"{principal}, {action}, "x": 1, "session": {{"policies": ["Nothing"]}}"#), "unknown-field"),
    ] {
        assert_eq!(resolve(&bundle, &format!("{{{text}}}")).map(|_| ()), Err(Code(expected)), "{text}");
    }
}

/// The text of each document is handed over as it stands, with the caller's account.
#[test]
fn documents_are_handed_over_as_text() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let documents = ["{ \"Version\": \"2012-10-17\" }", "\"R\\u0065ad\"", "{\"a\":[1,{}]}"];
    for (caller, account) in [
        (APP_SESSION, MEMBER),
        (APP_ROLE, MEMBER),
        (ALICE_FEDERATED, MEMBER),
        ("arn:aws:sts::999999999999:assumed-role/r/s", STRANGE),
        ("arn:aws:sts::222222222222:federated-user/x", OUTSIDE),
    ] {
        let text = format!(r#"{{"principal": "{caller}", "session": {{ "policies" : [ {} ] }}, "action": "a:b"}}"#, documents.join(" , "));
        let request = JsonRequest::parse(&text).unwrap();
        assert_eq!(request.session(), documents);
        assert_eq!(request.caller(), Caller::Arn(caller));
        assert_eq!(request.check(), Ok(()));
        let calls = Cell::new(0);
        let principal = request.resolve_with::<RequestError>(&bundle, |session| {
            calls.set(calls.get() + 1);
            assert_eq!((session.account, session.documents), (Some(account), &documents[..]));
            Ok(SessionPolicies { overlay: Some(Overlay::from_bytes(session_sample()).unwrap()), policies: vec![] })
        });
        assert!(principal.unwrap().resolved().session.is_some());
        assert_eq!(calls.get(), 1);
        assert_eq!(request.resolve(&bundle).unwrap_err().code(), "unsupported-layer");
    }
}

/// An empty list is none (S-715): nothing is compiled, whoever the caller is, and nothing limits.
#[test]
fn a_session_without_documents_is_none() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    for session in ["{}", r#"{"policies": []}"#, r#"{"policies": [ ]}"#] {
        for principal in [ALICE, APP_SESSION, ALICE_FEDERATED, ROOT, "*"] {
            let text = format!(r#"{{"session": {session}, "principal": "{principal}", "action": "a:b"}}"#);
            let request = JsonRequest::parse(&text).unwrap();
            assert!(request.session().is_empty());
            let unreachable = |_: crate::json::SessionDocuments<'_>| -> Result<SessionPolicies, RequestError> { panic!("{text}") };
            assert!(request.resolve_with(&bundle, unreachable).unwrap().resolved().session.is_none());
            assert!(request.resolve(&bundle).is_ok());
        }
    }
    // Documents that compile to nothing, on the other hand, are a session as the function says.
    let text = format!(r#"{{"session": {{"policies": [{{}}]}}, "principal": "{APP_SESSION}", "action": "a:b"}}"#);
    let request = JsonRequest::parse(&text).unwrap();
    let principal = request.resolve_with::<RequestError>(&bundle, |_| Ok(SessionPolicies::default())).unwrap();
    assert!(principal.resolved().session.is_none());
    let principal = resolve(&bundle, &text).unwrap();
    let decision = request.with_request(|request| bundle.evaluator().decide(&principal, request).unwrap()).unwrap();
    assert_eq!((decision.allowed(), decision.layer()), (false, Layer::Identity));
}

/// Nothing is compiled for a request that is refused for what stands before its session.
#[test]
fn documents_behind_an_error_are_not_compiled() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let (unknown, known) = ("arn:aws:sts::111111111111:assumed-role/nobody/s", APP_SESSION);
    let session = r#""session": {"policies": [{}]}"#;
    for (text, expected, calls) in [
        (format!(r#""principal": "{unknown}", {session}, "action": "a:b""#), "unknown-principal", 0),
        (format!(r#""action": "a", {session}, "principal": "{known}""#), "invalid-request", 0),
        (format!(r#""principal": "{known}", "x": 1, {session}, "action": "a:b""#), "unknown-field", 0),
        // What stands behind the session cannot be told before its documents are.
        (format!(r#"{session}, "principal": "{unknown}", "action": "a:b""#), "unknown-principal", 1),
        (format!(r#"{session}, "action": "a", "principal": "{known}""#), "invalid-request", 1),
    ] {
        let called = Cell::new(0);
        let text = format!("{{{text}}}");
        let resolved = JsonRequest::parse(&text).and_then(|request| {
            request.resolve_with(&bundle, |session| {
                called.set(called.get() + 1);
                compile(session.documents).map_err(|_| RequestError::invalid("bad"))
            })
        });
        assert_eq!(resolved.unwrap_err().code(), expected, "{text}");
        assert_eq!(called.get(), calls, "{text}");
    }
}
