//! Boundaries and session policies against grants (S-712 to S-717).

use super::{decide, decide_as, get};
use crate::format::{NONE, PrincipalTag};
use crate::testing::*;
use crate::{Bundle, Caller, Layer, Overlay, Principal, Reason, Request};

/// How the resource policy names the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    None,
    Direct,
    Entity,
    Delegation,
    /// Several entries: the strongest kind counts (S-401).
    EntityAndDelegation,
    /// `"*"`
    Everyone,
    /// NotPrincipal with Allow.
    NotOther,
}

const GRANTS: [Grant; 7] =
    [Grant::None, Grant::Direct, Grant::Entity, Grant::Delegation, Grant::EntityAndDelegation, Grant::Everyone, Grant::NotOther];

/// A session, and the ARN of the entity that it is a session of.
const SESSIONS: [(&str, &str); 2] = [(APP_SESSION, APP_ROLE), (ALICE_FEDERATED, ALICE)];

fn element(b: &mut Builder, grant: Grant, caller: &str, entity: &str) -> u32 {
    use PrincipalTag::{Account, Arn, Everyone};
    match grant {
        Grant::None => b.element(false, &[(Account, STRANGE)]),
        Grant::Direct => b.element(false, &[(Arn, caller)]),
        Grant::Entity => b.element(false, &[(Arn, entity)]),
        Grant::Delegation => b.element(false, &[(Account, MEMBER)]),
        Grant::EntityAndDelegation => b.element(false, &[(Arn, entity), (Account, MEMBER)]),
        Grant::Everyone => b.element(false, &[(Everyone, "")]),
        Grant::NotOther => b.element(true, &[(Account, STRANGE)]),
    }
}

/// The table of S-712, read as it stands there: which silent layers limit a grant. Across accounts all do, and the grant must exist (S-713).
fn limiting(grant: Grant, same_account: bool) -> &'static [Layer] {
    match grant {
        Grant::Direct | Grant::Everyone | Grant::NotOther if same_account => &[],
        Grant::Entity | Grant::EntityAndDelegation if same_account => &[Layer::Boundary, Layer::Session],
        _ => &[Layer::Identity, Layer::Boundary, Layer::Session],
    }
}

/// Every kind of grant, with identity policies, boundary and session policies that are absent, silent or allow.
#[test]
fn what_a_grant_bypasses() {
    let options = [None, Some(Says::Nothing), Some(Says::Allow)];
    let overlay = |says_this| Overlay::from_bytes(build_session(|b| _ = says(b, NONE, says_this))).unwrap();
    let overlays = [overlay(Says::Nothing), overlay(Says::Allow)];
    for (caller, entity) in SESSIONS {
        for grant in GRANTS {
            for identity in options {
                for boundary in options {
                    let bundle = build(|b| {
                        let element = element(b, grant, caller, entity);
                        let bucket = says(b, element, Says::Allow);
                        let [identity, boundary] = [identity, boundary].map(|of| of.map_or(NONE, |of| says(b, NONE, of)));
                        let (silent, allowing) = (indexed_slice(b, vec![plan(false, &["none:None"], None)]), says(b, NONE, Says::Allow));
                        let managed = vec![(0, "Silent", silent), (0, "Allowing", allowing)];
                        let policies = Policies { bucket, managed, ..NO_POLICIES };
                        let policies = match caller {
                            APP_SESSION => Policies { app: identity, app_boundary: boundary, ..policies },
                            _ => Policies { alice: identity, alice_boundary: boundary, ..policies },
                        };
                        world(b, policies);
                    });
                    let bundle = Bundle::from_bytes(bundle).unwrap();
                    let plain = bundle.principal(Caller::Arn(caller)).unwrap();
                    // By an overlay, by a managed policy, and by both, of which one allows.
                    let with = |overlay, names: &[&str]| limited(&bundle, caller, overlay, names);
                    let sessions: [(Principal, Option<Says>); 7] = [
                        (plain, None),
                        (with(Some(&overlays[0]), &[]), Some(Says::Nothing)),
                        (with(Some(&overlays[1]), &[]), Some(Says::Allow)),
                        (with(None, &["Silent"]), Some(Says::Nothing)),
                        (with(None, &["Silent", "Allowing"]), Some(Says::Allow)),
                        (with(Some(&overlays[0]), &["Allowing"]), Some(Says::Allow)),
                        (with(Some(&overlays[1]), &["Silent"]), Some(Says::Allow)),
                    ];
                    for (principal, session) in sessions {
                        for owner in [MEMBER, OUTSIDE] {
                            let same_account = owner == MEMBER;
                            // S-716: for a federated user no session policy is a silent one.
                            let session = session.or((caller == ALICE_FEDERATED).then_some(Says::Nothing));
                            let silent = |layer| match layer {
                                Layer::Identity => identity != Some(Says::Allow),
                                Layer::Boundary => boundary == Some(Says::Nothing),
                                _ => session == Some(Says::Nothing),
                            };
                            let limit = limiting(grant, same_account).iter().copied().find(|layer| silent(*layer));
                            let suffices = same_account && !matches!(grant, Grant::None | Grant::Delegation);
                            let expected = match limit {
                                _ if !same_account && grant == Grant::None => (Reason::ImplicitDeny, Layer::Resource),
                                Some(layer) => (Reason::ImplicitDeny, layer),
                                None if suffices => (Reason::Allowed, Layer::Resource),
                                None => (Reason::Allowed, Layer::Identity),
                            };
                            let request = Request { resource_account: Some(owner), ..get(&[]) };
                            let decision = decide_as(&bundle, &principal, request).unwrap();
                            let what = format!("{caller} {grant:?} {identity:?} {boundary:?} {session:?} {owner}");
                            assert_eq!((decision.reason(), decision.layer()), expected, "{what}");
                        }
                    }
                }
            }
        }
    }
}

/// S-701, S-712: an explicit Deny always counts, whatever the grant bypasses.
#[test]
fn a_deny_of_boundary_or_session_counts_against_every_grant() {
    let denying = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, Says::Deny))).unwrap();
    let allowing = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, Says::Allow))).unwrap();
    for (caller, entity) in SESSIONS {
        for grant in GRANTS {
            for (boundary, overlay, layer) in
                [(Says::Deny, &allowing, Layer::Boundary), (Says::Allow, &denying, Layer::Session), (Says::Deny, &denying, Layer::Boundary)]
            {
                let bundle = build(|b| {
                    let element = element(b, grant, caller, entity);
                    let bucket = says(b, element, Says::Allow);
                    let identity = says(b, NONE, Says::Allow);
                    let boundary = says(b, NONE, boundary);
                    let (alice_boundary, app_boundary) = (boundary, boundary);
                    world(b, Policies { bucket, alice: identity, alice_boundary, app: identity, app_boundary, ..NO_POLICIES });
                });
                let bundle = Bundle::from_bytes(bundle).unwrap();
                let decision = decide_as(&bundle, &limited(&bundle, caller, Some(overlay), &[]), get(&[])).unwrap();
                assert_eq!((decision.reason(), decision.layer()), (Reason::ExplicitDeny, layer), "{caller} {grant:?}");
            }
        }
    }
}

/// S-714: whom a boundary limits; itself it grants nothing.
#[test]
fn a_boundary_is_the_entitys_own_and_its_federated_sessions() {
    let world_with = |boundary, identity| {
        let bytes = build(|b| {
            let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
            let boundary = says(b, NONE, boundary);
            let identity = says(b, NONE, identity);
            let bucket = indexed_slice(b, vec![Indexed { principal: everyone, ..plan(false, &["s3:Put*"], None) }]);
            let (alice_boundary, app_boundary) = (boundary, boundary);
            let policies =
                Policies { alice: identity, alice_boundary, app: identity, app_boundary, linked: identity, bucket, ..NO_POLICIES };
            world(b, policies);
        });
        Bundle::from_bytes(bytes).unwrap()
    };
    let silent = world_with(Says::Nothing, Says::Allow);
    for (caller, expected) in [
        (Caller::Arn(ALICE), (Reason::ImplicitDeny, Layer::Boundary)),
        (Caller::Arn(APP_SESSION), (Reason::ImplicitDeny, Layer::Boundary)),
        (Caller::Arn(APP_ROLE), (Reason::ImplicitDeny, Layer::Boundary)),
        (Caller::Arn(ALICE_FEDERATED), (Reason::ImplicitDeny, Layer::Boundary)),
        (Caller::Arn(LINKED_SESSION), (Reason::Allowed, Layer::Identity)),
        (Caller::Arn(ROOT), (Reason::Allowed, Layer::Identity)),
        (Caller::Anonymous, (Reason::ImplicitDeny, Layer::Resource)),
    ] {
        let decision = decide(&silent, caller, get(&[])).unwrap();
        assert_eq!((decision.reason(), decision.layer()), expected, "{caller:?}");
    }
    let granting = world_with(Says::Allow, Says::Nothing);
    let decision = decide(&granting, Caller::Arn(ALICE), get(&[])).unwrap();
    assert_eq!((decision.reason(), decision.layer()), (Reason::ImplicitDeny, Layer::Identity));
    let put = Request { action: "s3:PutObject", ..get(&[]) };
    assert!(decide(&silent, Caller::Arn(ALICE), put).unwrap().allowed(), "a direct grant passes it by");
}

/// S-414: NotPrincipal with Deny spares nobody who has a boundary.
#[test]
fn not_principal_with_deny_spares_nobody_who_has_a_boundary() {
    for has_boundary in [false, true] {
        let bytes = build(|b| {
            let whole = says(b, NONE, Says::Allow);
            let boundary = if has_boundary { whole } else { NONE };
            let spared = [(PrincipalTag::Arn, ALICE), (PrincipalTag::Account, MEMBER), (PrincipalTag::Arn, ALICE_FEDERATED)];
            let others = b.element(true, &spared);
            let bucket = says(b, others, Says::Deny);
            world(b, Policies { alice: whole, alice_boundary: boundary, bucket, managed: vec![(0, "All", whole)], ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let open = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, Says::Allow))).unwrap();
        for principal in [bundle.principal(Caller::Arn(ALICE)).unwrap(), limited(&bundle, ALICE_FEDERATED, Some(&open), &[])] {
            assert_eq!(decide_as(&bundle, &principal, get(&[])).unwrap().allowed(), !has_boundary);
        }
        // A caller that is made may have one as well.
        let bytes = build(|b| {
            let whole = says(b, NONE, Says::Allow);
            let made = [(PrincipalTag::Arn, "arn:aws:iam::111111111111:user/made"), (PrincipalTag::Account, MEMBER)];
            let others = b.element(true, &made);
            let bucket = says(b, others, Says::Deny);
            world(b, Policies { bucket, managed: vec![(0, "All", whole)], ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let made = bundle.principal_builder(Caller::Arn("arn:aws:iam::111111111111:user/made")).unwrap().policy("All").unwrap();
        let made = if has_boundary { made.boundary("All").unwrap() } else { made };
        assert_eq!(decide_as(&bundle, &made.build().unwrap(), get(&[])).unwrap().allowed(), !has_boundary);
    }
}

/// S-716: without a session policy a federated user has what names its session, or `*`, and nothing else.
#[test]
fn a_federated_user_without_session_policies() {
    for (name, is_declared) in [("alice", true), ("nobody", false)] {
        let arn = format!("arn:aws:sts::111111111111:federated-user/{name}");
        for (grant, expected) in [
            (Grant::None, (false, if is_declared { Layer::Session } else { Layer::Identity })),
            (Grant::Direct, (true, Layer::Resource)),
            (Grant::Everyone, (true, Layer::Resource)),
            (Grant::Entity, (false, if is_declared { Layer::Session } else { Layer::Identity })),
            (Grant::Delegation, (false, if is_declared { Layer::Session } else { Layer::Identity })),
        ] {
            let bytes = build(|b| {
                let element = element(b, grant, &arn, ALICE);
                let (bucket, alice) = (says(b, element, Says::Allow), says(b, NONE, Says::Allow));
                world(b, Policies { bucket, alice, ..NO_POLICIES });
            });
            let bundle = Bundle::from_bytes(bytes).unwrap();
            let decision = decide(&bundle, Caller::Arn(&arn), get(&[])).unwrap();
            assert_eq!((decision.allowed(), decision.layer()), expected, "{name} {grant:?}");
            // S-715: an empty list is the same as none.
            let empty = bundle.principal(Caller::Arn(&arn)).unwrap().with_session(&bundle, &session(None, &[])).unwrap();
            assert_eq!(decide_as(&bundle, &empty, get(&[])).unwrap(), decision);
        }
    }
}

/// S-717: what binds a root user, in its own account and in others.
#[test]
fn what_binds_a_root_user() {
    let world_with = |scp, rcp, endpoint, bucket: Option<(Says, &'static str)>, key: Option<&'static str>| {
        let bytes = build(|b| {
            let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
            let [scps, rcps] = [scp, rcp].map(|of| {
                let level = says(b, NONE, of);
                b.chain(&[level])
            });
            let endpoints = vec![("vpce-1", says(b, everyone, endpoint))];
            let bucket = bucket.map_or(NONE, |(of, account)| {
                let element = b.element(false, &[(PrincipalTag::Account, account)]);
                says(b, element, of)
            });
            let key = key.map_or(NONE, |account| {
                let element = b.element(false, &[(PrincipalTag::Account, account)]);
                says(b, element, Says::Allow)
            });
            world(b, Policies { scps, rcps, endpoints, bucket, key, ..NO_POLICIES });
        });
        Bundle::from_bytes(bytes).unwrap()
    };
    let context = [("aws:SourceVpce", crate::ContextValue::One("vpce-1"))];
    let root = Caller::Arn(ROOT);
    let ask = |bundle: &Bundle, owner, action, resource| {
        let request = Request { action, resource: Some(resource), resource_account: Some(owner), context: &context };
        let decision = decide(bundle, root, request).unwrap();
        (decision.reason(), decision.layer())
    };
    let (object, key) = ("arn:aws:s3:::b/x", "arn:aws:kms:eu-west-1:111111111111:key/k1");
    let open = world_with(Says::Allow, Says::Allow, Says::Allow, None, None);
    assert_eq!(ask(&open, MEMBER, "s3:GetObject", object), (Reason::Allowed, Layer::Identity));
    assert_eq!(ask(&open, OUTSIDE, "s3:GetObject", object), (Reason::ImplicitDeny, Layer::Resource));
    assert_eq!(ask(&open, MEMBER, "kms:Decrypt", key), (Reason::ImplicitDeny, Layer::Resource), "a key policy is mandatory");
    let granted = world_with(Says::Allow, Says::Allow, Says::Allow, Some((Says::Allow, MEMBER)), Some(MEMBER));
    assert_eq!(ask(&granted, MEMBER, "s3:GetObject", object), (Reason::Allowed, Layer::Resource), "its account is itself");
    assert_eq!(ask(&granted, OUTSIDE, "s3:GetObject", object), (Reason::Allowed, Layer::Identity), "S-713, with its own side allowing");
    assert_eq!(ask(&granted, MEMBER, "kms:Decrypt", key), (Reason::Allowed, Layer::Resource));
    let elsewhere = world_with(Says::Allow, Says::Allow, Says::Allow, Some((Says::Allow, OUTSIDE)), None);
    assert_eq!(ask(&elsewhere, OUTSIDE, "s3:GetObject", object), (Reason::ImplicitDeny, Layer::Resource));
    let denied = world_with(Says::Allow, Says::Allow, Says::Allow, Some((Says::Deny, MEMBER)), None);
    assert_eq!(ask(&denied, MEMBER, "s3:GetObject", object), (Reason::ExplicitDeny, Layer::Resource));
    assert_eq!(ask(&denied, MEMBER, "s3:PutBucketPolicy", "arn:aws:s3:::b"), (Reason::Allowed, Layer::Identity));
    assert_eq!(ask(&denied, OUTSIDE, "s3:PutBucketPolicy", "arn:aws:s3:::b"), (Reason::ExplicitDeny, Layer::Resource));
    for (says, reason) in [(Says::Nothing, Reason::ImplicitDeny), (Says::Deny, Reason::ExplicitDeny)] {
        for (bundle, layer) in [
            (world_with(says, Says::Allow, Says::Allow, None, None), Layer::Scp),
            (world_with(Says::Allow, says, Says::Allow, None, None), Layer::Rcp),
            (world_with(Says::Allow, Says::Allow, says, None, None), Layer::Endpoint),
        ] {
            assert_eq!(ask(&bundle, MEMBER, "s3:GetObject", object), (reason, layer));
            assert_eq!(ask(&bundle, MEMBER, "s3:PutBucketPolicy", "arn:aws:s3:::b"), (reason, layer));
        }
    }
}

/// S-720, S-722 with the limits: where the resource policy is mandatory, the layer that blocked an entity grant is named.
#[test]
fn mandatory_policies_and_limits() {
    for (grant, boundary, overlay, expected) in [
        (Grant::Entity, Says::Nothing, Says::Allow, (false, Layer::Boundary)),
        (Grant::Entity, Says::Allow, Says::Nothing, (false, Layer::Session)),
        (Grant::Entity, Says::Allow, Says::Allow, (true, Layer::Resource)),
        (Grant::Direct, Says::Nothing, Says::Nothing, (true, Layer::Resource)),
        (Grant::None, Says::Allow, Says::Allow, (false, Layer::Resource)),
        (Grant::Delegation, Says::Allow, Says::Allow, (true, Layer::Identity)),
        (Grant::Delegation, Says::Nothing, Says::Allow, (false, Layer::Boundary)),
        (Grant::Delegation, Says::Allow, Says::Nothing, (false, Layer::Session)),
    ] {
        let bytes = build(|b| {
            let element = element(b, grant, APP_SESSION, APP_ROLE);
            let key = says(b, element, Says::Allow);
            let (app, app_boundary) = (says(b, NONE, Says::Allow), says(b, NONE, boundary));
            world(b, Policies { app, app_boundary, key, trust: key, ..NO_POLICIES });
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let overlay = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, overlay))).unwrap();
        let app = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
        for (action, resource) in [("kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/k1"), ("sts:AssumeRole", APP_ROLE)] {
            let request = Request { action, resource: Some(resource), resource_account: None, context: &[] };
            let decision = decide_as(&bundle, &app, request).unwrap();
            assert_eq!((decision.allowed(), decision.layer()), expected, "{grant:?} {boundary:?} {action}");
        }
    }
}
