//! Callers, made callers, sessions and JSON requests.

mod builder;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
mod order;
mod session;

use super::check;
use super::principal::Class;
use crate::testing::*;
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
    assert_eq!(of(Caller::Arn(APP_ROLE)).resolved().user_id.as_deref(), None);
    let stranger = of(Caller::Arn("arn:aws-cn:sts::999999999999:assumed-role/r/s"));
    assert_eq!(stranger.resolved().principal_arn.as_deref(), Some("arn:aws-cn:iam::999999999999:role/r"));
    assert_eq!(stranger.resolved().user_id.as_deref(), None);
    assert_eq!(stranger.resolved().buckets, "arn:aws-cn:s3:::*");
    let federated = of(Caller::Arn("arn:aws:sts::111111111111:federated-user/alice"));
    assert_eq!(federated.resolved().user_id.as_deref(), Some("111111111111:alice"));
    assert_eq!((federated.resolved().levels, federated.resolved().username.as_deref()), (3, None));
    assert_eq!(of(Caller::Arn("arn:aws:sts::111111111111:federated-user/bob")).resolved().levels, 2);
    for outsider in [Caller::Federated("idp"), Caller::CanonicalUser("c"), Caller::Service("s")] {
        let principal = of(outsider);
        assert_eq!((principal.resolved().principal_account(), principal.resolved().principal_type()), (None, None));
        assert!(principal.resolved().user_id.as_deref().is_none() && principal.resolved().principal_arn.as_deref().is_none());
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
