//! Session policies of resolved and of made callers (S-715).

use crate::testing::*;
use crate::{Bundle, Caller, Overlay, Principal, RequestError};

fn code(result: Result<Principal, RequestError>) -> Result<(), &'static str> {
    result.map(|_| ()).map_err(|error| error.code())
}

#[test]
fn who_takes_session_policies() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let overlay = Overlay::from_bytes(session_sample()).unwrap();
    let none = Err("invalid-request");
    for (caller, by_overlay, by_name) in [
        (Caller::Arn(APP_SESSION), Ok(()), Ok(())),
        (Caller::Arn(APP_ROLE), Ok(()), Ok(())),
        (Caller::Arn(LINKED_SESSION), Ok(()), Ok(())),
        (Caller::Arn(ALICE_FEDERATED), Ok(()), Ok(())),
        (Caller::Arn("arn:aws:sts::111111111111:federated-user/nobody"), Ok(()), Ok(())),
        (Caller::Arn("arn:aws:sts::999999999999:assumed-role/r/s"), Ok(()), Err("unresolved-document")),
        (Caller::Arn("arn:aws:sts::444444444444:federated-user/carol"), Ok(()), Ok(())),
        (Caller::Arn("arn:aws:sts::222222222222:federated-user/carol"), Ok(()), Err("unresolved-document")),
        (Caller::Arn(ALICE), none, none),
        (Caller::Arn("arn:aws:iam::999999999999:user/x"), none, none),
        (Caller::Arn(ROOT), none, none),
        (Caller::Service("s"), none, none),
        (Caller::Federated("f"), none, none),
        (Caller::CanonicalUser("c"), none, none),
        (Caller::Anonymous, none, none),
    ] {
        let principal = bundle.principal(caller).unwrap();
        let with = |overlay, names: &[&str]| code(principal.with_session(&bundle, &session(overlay, names)));
        assert_eq!(with(Some(&overlay), &[]), by_overlay, "{caller:?}");
        assert_eq!(with(None, &["Read"]), by_name, "{caller:?}");
        assert_eq!(with(Some(&overlay), &["Read"]), by_overlay.and(by_name), "{caller:?}");
        assert_eq!(with(None, &["arn:aws:iam::aws:policy/All"]), by_overlay, "{caller:?}");
        // An empty list is no session policy, so everyone takes it.
        assert_eq!(with(None, &[]), Ok(()), "{caller:?}");
    }
    let app = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    let message = app.with_session(&bundle, &session(None, &["Read", "Nothing"])).unwrap_err().to_string();
    assert_eq!(message, "the bundle holds no managed policy `Nothing` for this account");
    let alice = bundle.principal(Caller::Arn(ALICE)).unwrap();
    let message = alice.with_session(&bundle, &session(Some(&overlay), &[])).unwrap_err().to_string();
    assert_eq!(message, "this caller takes no session policies");
}

#[test]
fn made_roles_take_session_policies_and_made_users_do_not() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let overlay = Overlay::from_bytes(session_sample()).unwrap();
    for (caller, expected) in [
        ("arn:aws:sts::111111111111:assumed-role/made/s", Ok(())),
        ("arn:aws:iam::111111111111:role/made", Ok(())),
        ("arn:aws:sts::999999999999:assumed-role/made/s", Ok(())),
        ("arn:aws:iam::111111111111:user/made", Err("invalid-request")),
        ("arn:aws:iam::999999999999:user/made", Err("invalid-request")),
    ] {
        let made = bundle.principal_builder(Caller::Arn(caller)).unwrap().build().unwrap();
        assert_eq!(code(made.with_session(&bundle, &session(Some(&overlay), &[]))), expected, "{caller}");
        assert_eq!(code(made.with_session(&bundle, &session(None, &["arn:aws:iam::aws:policy/All"]))), expected, "{caller}");
        assert_eq!(code(made.with_session(&bundle, &session(None, &[]))), Ok(()), "{caller}");
    }
}

#[test]
fn a_session_is_of_the_principals_bundle() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let other = Bundle::from_bytes(build(|b| world(b, NO_POLICIES))).unwrap();
    let overlay = Overlay::from_bytes(session_sample()).unwrap();
    let app = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    for policies in [session(Some(&overlay), &[]), session(None, &["Read"]), session(None, &[])] {
        assert_eq!(code(app.with_session(&other, &policies)), Err("unknown-principal"));
    }
    // A clone of the bundle is the bundle, and so is one opened from the same bytes.
    let again = Bundle::from_bytes(sample()).unwrap();
    for same in [bundle.clone(), again] {
        let limited = app.with_session(&same, &session(Some(&overlay), &["Read"])).unwrap();
        assert_eq!((limited.bundle_id(), limited.account()), (bundle.id(), Some(MEMBER)));
    }
    fn is_shared<T: Clone + Send + Sync>() {}
    is_shared::<Overlay>();
    is_shared::<crate::SessionPolicies>();
    assert!(crate::SessionPolicies::default().is_empty() && !session(Some(&overlay), &[]).is_empty());
}
