//! ACLs of buckets and objects (S-724).

use super::{decide, decide_as};
use crate::format::{NONE, PrincipalTag};
use crate::testing::*;
use crate::{Bundle, Caller, Layer, Overlay, Reason, Request};
use PrincipalTag::{Account, AnyAccount, CanonicalAccount, CanonicalUser, Everyone};

const BUCKET: &str = "arn:aws:s3:::b";
const OBJECT: &str = "arn:aws:s3:::b/tagged";

fn on<'a>(action: &'a str, resource: &'a str) -> Request<'a> {
    Request { action, resource: Some(resource), resource_account: None, context: &[] }
}

/// Both ACLs consulted for an object, the bucket's alone for the bucket and for its other objects.
#[test]
fn the_acls_of_the_bucket_and_of_the_object_count() {
    let world_with = |bucket_acl: Option<Says>, object_acl: Option<Says>, bucket: Option<Says>| {
        let bytes = build(|b| {
            let everyone = b.element(false, &[(Everyone, "")]);
            let [bucket_acl, object_acl, bucket] = [bucket_acl, object_acl, bucket].map(|of| of.map_or(NONE, |of| says(b, everyone, of)));
            world(b, Policies { bucket_acl, object_acl, bucket, ..NO_POLICIES });
        });
        Bundle::from_bytes(bytes).unwrap()
    };
    let options = [None, Some(Says::Nothing), Some(Says::Allow)];
    for of_bucket in options {
        for of_object in options {
            for policy in [None, Some(Says::Nothing), Some(Says::Allow), Some(Says::Deny)] {
                let bundle = world_with(of_bucket, of_object, policy);
                for (resource, by_object, in_bucket) in [
                    (BUCKET, false, true),
                    (OBJECT, true, true),
                    ("arn:aws:s3:::b/tagged/below", false, true),
                    ("arn:aws:s3:::b/tagge", false, true),
                    ("arn:aws:s3:::b/", false, true),
                    ("arn:aws:s3:::bb", false, false),
                    ("arn:aws:s3:::bb/tagged", false, false),
                    ("arn:aws-cn:s3:::b/tagged", false, false),
                ] {
                    let grants = (in_bucket && (of_bucket == Some(Says::Allow) || policy == Some(Says::Allow)))
                        || (by_object && of_object == Some(Says::Allow));
                    let denies = in_bucket && policy == Some(Says::Deny);
                    let expected = match (denies, grants) {
                        (true, _) => Reason::ExplicitDeny,
                        (false, true) => Reason::Allowed,
                        (false, false) => Reason::ImplicitDeny,
                    };
                    let decision = decide(&bundle, Caller::Anonymous, on("s3:GetObject", resource)).unwrap();
                    let what = format!("{of_bucket:?} {of_object:?} {policy:?} {resource}");
                    assert_eq!((decision.reason(), decision.layer()), (expected, Layer::Resource), "{what}");
                    #[cfg(feature = "explain")]
                    {
                        // S-729: silent, not absent, where an ACL is in force.
                        let anonymous = bundle.principal(Caller::Anonymous).unwrap();
                        let explainer = bundle.explainer().unwrap();
                        let explanation = bundle.evaluator().explain(&explainer, &anonymous, &on("s3:GetObject", resource)).unwrap();
                        let applies = (in_bucket && (of_bucket.is_some() || policy.is_some())) || (by_object && of_object.is_some());
                        assert_eq!(explanation.layers.resource != crate::Outcome::None, applies, "{what}");
                    }
                }
            }
        }
    }
}

/// S-705: a resource that is declared for its ACL alone hides neither the policy above it nor its bucket's ACL; one with a policy hides the former.
#[test]
fn an_acl_does_not_hide_the_policy_above() {
    let ask = |object_policy: Says, action| {
        let bytes = build(|b| {
            let everyone = b.element(false, &[(Everyone, "")]);
            let bucket = indexed_slice(b, vec![Indexed { principal: everyone, ..plan(false, &["s3:GetObject"], None) }]);
            let bucket_acl =
                indexed_slice(b, vec![Indexed { principal: everyone, ..plan(false, &["s3:PutObject"], Some("arn:aws:s3:::b/*")) }]);
            let object_acl = indexed_slice(b, vec![Indexed { principal: everyone, ..plan(false, &["s3:GetObjectAcl"], Some(OBJECT)) }]);
            let object = if object_policy == Says::Nothing { NONE } else { says(b, everyone, object_policy) };
            world(b, Policies { bucket, bucket_acl, object, object_acl, ..NO_POLICIES });
        });
        decide(&Bundle::from_bytes(bytes).unwrap(), Caller::Anonymous, on(action, OBJECT)).unwrap().reason()
    };
    for action in ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"] {
        assert_eq!(ask(Says::Nothing, action), Reason::Allowed, "{action}");
        assert_eq!(ask(Says::Deny, action), Reason::ExplicitDeny, "{action}");
    }
    assert_eq!(ask(Says::Nothing, "s3:DeleteObject"), Reason::ImplicitDeny);
    assert_eq!(ask(Says::Allow, "s3:DeleteObject"), Reason::Allowed);
}

/// S-724: whom the grantees of an ACL are, and how far their grants go. The bucket's owner is outside.
#[test]
fn grantees() {
    let outside_root = Caller::Arn("arn:aws:iam::222222222222:root");
    let ask = |entries: &[(PrincipalTag, &str)], identity: bool, caller: Caller<'_>, owner| {
        let bytes = build(|b| {
            let grantee = b.element(false, entries);
            let bucket_acl = says(b, grantee, Says::Allow);
            let identity = if identity { says(b, NONE, Says::Allow) } else { NONE };
            world(b, Policies { alice: identity, app: identity, bucket_acl, ..NO_POLICIES });
        });
        let request = Request { resource_account: Some(owner), ..on("s3:GetObject", OBJECT) };
        let decision = decide(&Bundle::from_bytes(bytes).unwrap(), caller, request).unwrap();
        (decision.allowed(), decision.layer())
    };
    let authenticated: &[(PrincipalTag, &str)] = &[(AnyAccount, "")];
    let no_grant = (false, Layer::Resource);
    let no_identity = (false, Layer::Identity);
    let by_both = (true, Layer::Identity);
    let by_grant = (true, Layer::Resource);
    // Whoever has an account, in the world or not; across accounts the identity side counts as well.
    for (caller, identity, expected) in [
        (Caller::Arn(ALICE), false, no_identity),
        (Caller::Arn(ALICE), true, by_both),
        (Caller::Arn(APP_SESSION), true, by_both),
        (Caller::Arn(APP_ROLE), true, by_both),
        (Caller::Arn(ROOT), false, by_both),
        (Caller::Arn("arn:aws:iam::999999999999:root"), false, by_both),
        (Caller::Arn("arn:aws:iam::999999999999:user/x"), false, no_identity),
        (outside_root, false, by_grant),
        (Caller::Service("logging.s3.amazonaws.com"), false, no_grant),
        (Caller::Federated("idp"), false, no_grant),
        (Caller::CanonicalUser("c"), false, no_grant),
        (Caller::Anonymous, false, no_grant),
    ] {
        assert_eq!(ask(authenticated, identity, caller, OUTSIDE), expected, "{caller:?} {identity}");
    }
    // In the owner's own account the group's grant is direct, an account's is a delegation.
    for caller in [Caller::Arn(ALICE), Caller::Arn(APP_SESSION), Caller::Arn(ALICE_FEDERATED)] {
        assert_eq!(ask(authenticated, false, caller, MEMBER), by_grant, "{caller:?}");
    }
    assert_eq!(ask(&[(Account, MEMBER)], false, Caller::Arn(ALICE), MEMBER), no_identity);
    assert_eq!(ask(&[(Account, MEMBER)], true, Caller::Arn(ALICE), OUTSIDE), by_both);
    assert_eq!(ask(&[(Account, OUTSIDE)], true, Caller::Arn(ALICE), OUTSIDE), no_grant);
    assert_eq!(ask(&[(CanonicalUser, "c")], false, Caller::CanonicalUser("c"), OUTSIDE), by_grant);
    assert_eq!(ask(&[(CanonicalUser, "c")], false, Caller::CanonicalUser("d"), OUTSIDE), no_grant);
    // S-411: an account's canonical id is both entries. That of the account is c.
    for canonical in [[(CanonicalUser, "c"), (Account, MEMBER)], [(CanonicalUser, "c"), (CanonicalAccount, "c")]] {
        assert_eq!(ask(&canonical, true, Caller::Arn(ALICE), OUTSIDE), by_both);
        assert_eq!(ask(&canonical, true, Caller::Arn(APP_SESSION), OUTSIDE), by_both);
        assert_eq!(ask(&canonical, false, Caller::Arn(ALICE), MEMBER), no_identity, "a delegation, as to the account");
        assert_eq!(ask(&canonical, false, Caller::Arn(ROOT), MEMBER), by_grant, "direct, as to the account");
        assert_eq!(ask(&canonical, true, Caller::Arn(CAROL), OUTSIDE), no_grant, "of an account with another canonical id, or none");
        assert_eq!(ask(&canonical, false, Caller::CanonicalUser("c"), OUTSIDE), by_grant);
    }
    assert_eq!(ask(&[(CanonicalAccount, "c")], false, Caller::CanonicalUser("c"), OUTSIDE), no_grant);
    assert_eq!(ask(&[(CanonicalAccount, "d")], true, Caller::Arn(ALICE), OUTSIDE), no_grant);
    // S-719
    assert_eq!(ask(&[(Everyone, "")], false, Caller::Anonymous, OUTSIDE), by_grant);
}

/// An element is looked through by bisection, and counts no more steps than that: a grantee among ten thousand costs little more than one among ten. Who has the most keys
/// that a caller can have gets a decision too.
#[test]
fn long_lists_of_grantees_are_bisected() {
    let world_with = |grantees: usize| {
        let names: Vec<String> = (0..grantees).map(|number| format!("{number:012}")).collect();
        let bytes = build(|b| {
            let mut entries: Vec<_> = names.iter().map(|name| (Account, name.as_str())).collect();
            entries.extend([
                (Everyone, ""),
                (AnyAccount, ""),
                (Account, MEMBER),
                (CanonicalAccount, "c"),
                (PrincipalTag::Arn, APP_SESSION),
            ]);
            entries.extend([(PrincipalTag::Arn, APP_ROLE), (PrincipalTag::UniqueId, "AROAAPP")]);
            let grantees = b.element(false, &entries);
            let bucket_acl = says(b, grantees, Says::Allow);
            world(b, Policies { bucket_acl, ..NO_POLICIES });
        });
        Bundle::from_bytes(bytes).unwrap()
    };
    let (few, many) = (world_with(3), world_with(3000));
    // Beside the member, a test of the action with one operand and the emission: ten keys are read one by one; of 3007 each of the caller's seven is found by at most twelve comparisons.
    assert_eq!((few.steps_max(), many.steps_max()), (2 * (4 + 10), 2 * (4 + 7 * 12)));
    for bundle in [few, many] {
        let app = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
        assert_eq!(app.resolved().keys.len(), crate::format::CALLER_KEYS_MAX as usize);
        assert!(decide_as(&bundle, &app, Request { resource_account: Some(MEMBER), ..on("s3:GetObject", OBJECT) }).unwrap().allowed());
        assert!(decide(&bundle, Caller::Arn("arn:aws:iam::000000000002:root"), on("s3:GetObject", OBJECT)).is_ok());
    }
}

/// A made caller has an account too; a session's overlay limits what an account grant gives and not what the group's does (S-712).
#[test]
fn grants_to_made_and_limited_callers() {
    let world_with = |tag, text: &'static str| {
        let bytes = build(|b| {
            let grantee = b.element(false, &[(tag, text)]);
            let bucket_acl = says(b, grantee, Says::Allow);
            let app = says(b, NONE, Says::Allow);
            world(b, Policies { app, bucket_acl, managed: vec![(0, "All", app)], ..NO_POLICIES });
        });
        Bundle::from_bytes(bytes).unwrap()
    };
    let overlay = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, Says::Nothing))).unwrap();
    let request = Request { resource_account: Some(MEMBER), ..on("s3:GetObject", OBJECT) };
    for (tag, text, expected) in [(AnyAccount, "", (true, Layer::Resource)), (Account, MEMBER, (false, Layer::Session))] {
        let bundle = world_with(tag, text);
        let made = bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s")).unwrap();
        let made = made.policy("All").unwrap().build().unwrap().with_session(&bundle, &session(Some(&overlay), &[])).unwrap();
        for principal in [limited(&bundle, APP_SESSION, Some(&overlay), &[]), made] {
            let decision = decide_as(&bundle, &principal, request).unwrap();
            assert_eq!((decision.allowed(), decision.layer()), expected, "{tag:?}");
        }
    }
}
