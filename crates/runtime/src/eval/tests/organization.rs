//! SCPs, RCPs and endpoints (section 7.2).

use super::{decide, decide_as, get};
use crate::format::{NONE, PrincipalTag};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Decision, Layer, Overlay, Reason, Request};
use ContextValue::{Many, One};

/// The decision as this module's tables name it.
fn told(decision: Decision) -> (Reason, Layer) {
    (decision.reason(), decision.layer())
}

const ALLOWED: (Reason, Layer) = (Reason::Allowed, Layer::Identity);

/// S-706, with chains of up to three levels of which each says nothing, allows or denies.
#[test]
fn every_level_must_allow_and_none_may_deny() {
    let mut chains: Vec<Vec<Says>> = vec![vec![]];
    for length in 0..3 {
        let longest: Vec<_> = chains.iter().filter(|chain| chain.len() == length).cloned().collect();
        chains.extend(longest.iter().flat_map(|chain| Says::ALL.map(|says| chain.iter().copied().chain([says]).collect())));
    }
    assert_eq!(chains.len(), 1 + 3 + 9 + 27);
    for chain in &chains {
        for (is_rcp, layer) in [(false, Layer::Scp), (true, Layer::Rcp)] {
            let bytes = build(|b| {
                let levels: Vec<u32> = chain.iter().map(|level| says(b, NONE, *level)).collect();
                let chain = b.chain(&levels);
                let (scps, rcps) = if is_rcp { (NONE, chain) } else { (chain, NONE) };
                let alice = says(b, NONE, Says::Allow);
                world(b, Policies { alice, scps, rcps, ..NO_POLICIES });
            });
            let decision = decide(&Bundle::from_bytes(bytes).unwrap(), Caller::Arn(ALICE), get(&[])).unwrap();
            let expected = if chain.contains(&Says::Deny) {
                (Reason::ExplicitDeny, layer)
            } else if chain.contains(&Says::Nothing) {
                (Reason::ImplicitDeny, layer)
            } else {
                ALLOWED
            };
            assert_eq!(told(decision), expected, "{chain:?} {layer}");
        }
    }
}

/// S-706: an Allow does not flow downwards, nor does it make up for another level's silence.
#[test]
fn levels_that_allow_different_things_allow_what_all_of_them_do() {
    let bytes = build(|b| {
        let root = indexed_slice(b, vec![plan(false, &["s3:*", "sqs:*"], None)]);
        let unit =
            indexed_slice(b, vec![plan(false, &["*"], Some("arn:aws:s3:::b/*")), plan(true, &["s3:Delete*"], Some("arn:aws:s3:::b/x*"))]);
        let account = indexed_slice(b, vec![plan(false, &["s3:Get*", "s3:Delete*"], None), plan(false, &["ec2:*"], None)]);
        let scps = b.chain(&[root, unit, account]);
        let alice = says(b, NONE, Says::Allow);
        world(b, Policies { alice, scps, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let ask =
        |action, resource| told(decide(&bundle, Caller::Arn(ALICE), Request { action, resource: Some(resource), ..get(&[]) }).unwrap());
    let silent = (Reason::ImplicitDeny, Layer::Scp);
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::b/x"), ALLOWED);
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::c/x"), silent, "the unit knows one bucket");
    assert_eq!(ask("s3:PutObject", "arn:aws:s3:::b/x"), silent, "the account does not allow it");
    assert_eq!(ask("sqs:SendMessage", "arn:aws:s3:::b/x"), silent, "the account does not allow it");
    assert_eq!(ask("ec2:RunInstances", "arn:aws:s3:::b/x"), silent, "the root does not allow it");
    assert_eq!(ask("s3:DeleteObject", "arn:aws:s3:::b/y"), ALLOWED);
    assert_eq!(ask("s3:DeleteObject", "arn:aws:s3:::b/x1"), (Reason::ExplicitDeny, Layer::Scp));
}

/// Callers of every kind, and whether SCPs bind them (S-707).
const CALLERS: [(Caller<'static>, bool); 17] = [
    (Caller::Arn(ALICE), true),
    (Caller::Arn(APP_SESSION), true),
    (Caller::Arn(APP_ROLE), true),
    (Caller::Arn(ALICE_FEDERATED), true),
    (Caller::Arn("arn:aws:sts::111111111111:federated-user/nobody"), true),
    (Caller::Arn(ROOT), true),
    (Caller::Arn("arn:aws:iam::555555555555:user/x"), true),
    (Caller::Arn("arn:aws:iam::555555555555:root"), true),
    (Caller::Arn(LINKED_SESSION), false),
    (Caller::Arn("arn:aws:iam::555555555555:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"), false),
    (Caller::Arn("arn:aws:iam::333333333333:user/x"), false),
    (Caller::Arn("arn:aws:iam::333333333333:root"), false),
    (Caller::Arn("arn:aws:iam::222222222222:root"), false),
    (Caller::Arn("arn:aws:iam::999999999999:user/x"), false),
    (Caller::Service("ec2.amazonaws.com"), false),
    (Caller::CanonicalUser("c"), false),
    (Caller::Anonymous, false),
];

#[test]
fn scps_bind_the_members_of_the_organization() {
    let bytes = build(|b| {
        let nothing = says(b, NONE, Says::Deny);
        let scps = b.chain(&[nothing]);
        world(b, Policies { scps, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    for (caller, is_bound) in CALLERS {
        // S-707: they follow the caller's account, never the owner's.
        for owner in [None, Some(MEMBER), Some(OUTSIDE), Some(OTHER_MEMBER), Some(STRANGE)] {
            let decision = decide(&bundle, caller, Request { resource_account: owner, ..get(&[]) }).unwrap();
            assert_eq!(told(decision) == (Reason::ExplicitDeny, Layer::Scp), is_bound, "{caller:?} {owner:?}");
        }
    }
    assert_ne!(decide(&bundle, Caller::Arn(CAROL), get(&[])).unwrap().layer(), Layer::Scp, "another chain");
    assert_ne!(decide(&bundle, Caller::Federated("idp"), get(&[])).unwrap().layer(), Layer::Scp);
    // Callers that are made are bound as others are; so are limited sessions.
    let made = |arn| bundle.principal_builder(Caller::Arn(arn)).unwrap().build().unwrap();
    for (arn, is_bound) in [
        ("arn:aws:iam::111111111111:user/made", true),
        ("arn:aws:sts::111111111111:assumed-role/made/s", true),
        ("arn:aws:iam::555555555555:role/made", true),
        ("arn:aws:iam::111111111111:role/aws-service-role/x/made", false),
        ("arn:aws:iam::333333333333:user/made", false),
        ("arn:aws:iam::222222222222:user/made", false),
    ] {
        let decision = decide_as(&bundle, &made(arn), get(&[])).unwrap();
        assert_eq!(told(decision) == (Reason::ExplicitDeny, Layer::Scp), is_bound, "{arn}");
    }
    let overlay = Overlay::from_bytes(build_session(|b| _ = says(b, NONE, Says::Allow))).unwrap();
    assert_eq!(decide_as(&bundle, &limited(&bundle, APP_SESSION, Some(&overlay), &[]), get(&[])).unwrap().layer(), Layer::Scp);
}

/// S-707: an SCP without Deny binds by its silence as well, and grants nothing.
#[test]
fn scps_limit_and_never_grant() {
    let world_with = |scp, identity| {
        let bytes = build(|b| {
            let level = says(b, NONE, scp);
            let scps = b.chain(&[level]);
            let alice = says(b, NONE, identity);
            let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
            let bucket = says(b, everyone, Says::Allow);
            world(b, Policies { alice, scps, rcps: scps, bucket, ..NO_POLICIES });
        });
        Bundle::from_bytes(bytes).unwrap()
    };
    let other = Request { resource: Some("arn:aws:s3:::c"), resource_account: Some(OUTSIDE), ..get(&[]) };
    let own = Request { resource: Some("arn:aws:s3:::c"), ..get(&[]) };
    let bundle = world_with(Says::Allow, Says::Nothing);
    assert_eq!(told(decide(&bundle, Caller::Arn(ALICE), own).unwrap()), (Reason::ImplicitDeny, Layer::Identity));
    assert_eq!(told(decide(&bundle, Caller::Arn(ALICE), other).unwrap()), (Reason::ImplicitDeny, Layer::Resource));
    let bundle = world_with(Says::Nothing, Says::Allow);
    // Not even a direct grant of the resource policy or being root helps.
    for caller in [ALICE, ROOT] {
        let at_other = Request { resource_account: Some(OUTSIDE), ..get(&[]) };
        assert_eq!(told(decide(&bundle, Caller::Arn(caller), at_other).unwrap()), (Reason::ImplicitDeny, Layer::Scp), "{caller}");
        assert_eq!(told(decide(&bundle, Caller::Arn(caller), get(&[])).unwrap()), (Reason::ImplicitDeny, Layer::Rcp), "{caller}");
    }
}

/// S-708, S-709: whose resources RCPs guard, against whom.
#[test]
fn rcps_guard_what_members_own_against_everybody() {
    let bytes = build(|b| {
        let nothing = says(b, NONE, Says::Deny);
        let rcps = b.chain(&[nothing]);
        world(b, Policies { rcps, ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let guarded = |caller, request| told(decide(&bundle, caller, request).unwrap()) == (Reason::ExplicitDeny, Layer::Rcp);
    for (owner, is_guarded) in
        [(MEMBER, true), (TREE_MEMBER, true), (OTHER_MEMBER, false), (MANAGEMENT, false), (OUTSIDE, false), (STRANGE, false)]
    {
        for (caller, _) in CALLERS.into_iter().chain([(Caller::Federated("idp"), false), (Caller::Arn(CAROL), false)]) {
            let is_linked = matches!(caller, Caller::Arn(arn) if arn == LINKED_SESSION || arn.contains("aws-service-role"));
            let request = Request { resource_account: Some(owner), ..get(&[]) };
            assert_eq!(guarded(caller, request), is_guarded && !is_linked, "{caller:?} {owner}");
        }
    }
    let alice = Caller::Arn(ALICE);
    let own = get(&[]);
    for (action, is_guarded) in [
        ("s3:GetObject", true),
        ("S3:getobject", true),
        ("sts:AssumeRole", true),
        ("kms:Decrypt", true),
        ("kms:RetireGrant", false),
        ("KMS:retiregrant", false),
        ("kms:RetireGrants", true),
        ("s3express:GetObject", false),
        ("sqs:SendMessage", false),
        ("ec2:RunInstances", false),
    ] {
        assert_eq!(guarded(alice, Request { action, ..own }), is_guarded, "{action}");
    }
    // The owner as S-704 finds it: by the ARN, by the world, by the caller, not at all.
    let found = Request { resource_account: None, ..own };
    let key = Request { action: "kms:Decrypt", resource: Some("arn:aws:kms:eu-west-1:111111111111:key/k9"), ..found };
    assert!(guarded(Caller::Anonymous, key));
    assert!(!guarded(alice, found), "the bucket is another account's");
    let strange = Request { resource: Some("arn:aws:s3:::elsewhere/x"), ..found };
    assert!(guarded(alice, strange), "taken as the caller's own");
    assert!(!guarded(Caller::Arn(CAROL), strange));
    assert!(!guarded(Caller::Anonymous, strange), "there is no owner");
    let role = Request { action: "sts:AssumeRole", resource: Some(APP_ROLE), ..found };
    assert!(guarded(Caller::Federated("idp"), role));
    // S-701, S-727: nothing keeps a signed caller from this.
    let who = Request { action: "sts:GetCallerIdentity", resource: None, ..found };
    assert_eq!(told(decide(&bundle, alice, who).unwrap()), ALLOWED);
    let made = bundle.principal_builder(Caller::Arn("arn:aws:iam::111111111111:user/made")).unwrap().build().unwrap();
    assert_eq!(told(decide_as(&bundle, &made, strange).unwrap()), (Reason::ExplicitDeny, Layer::Rcp));
}

/// S-701, S-728: of several layers that deny or limit, the first in the order of consultation counts, and a Deny before any silence.
#[test]
fn the_first_layer_that_denies_decides() {
    let layers = [Layer::Rcp, Layer::Scp, Layer::Endpoint, Layer::Resource, Layer::Identity, Layer::Boundary, Layer::Session];
    let context = [("aws:SourceVpce", One("vpce-1"))];
    for denying in 0..1_u32 << layers.len() {
        let of = |layer: Layer| {
            let place = layers.iter().position(|other| *other == layer).unwrap();
            if denying & 1 << place != 0 { Says::Deny } else { Says::Nothing }
        };
        let bytes = build(|b| {
            let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
            let [rcps, scps] = [Layer::Rcp, Layer::Scp].map(|layer| {
                let level = says(b, NONE, of(layer));
                b.chain(&[level])
            });
            let policies = Policies {
                rcps,
                scps,
                endpoints: vec![("vpce-1", says(b, everyone, of(Layer::Endpoint)))],
                bucket: says(b, everyone, of(Layer::Resource)),
                app: says(b, NONE, of(Layer::Identity)),
                app_boundary: says(b, NONE, of(Layer::Boundary)),
                managed: vec![(0, "Session", says(b, NONE, of(Layer::Session)))],
                ..NO_POLICIES
            };
            let mut policies = policies;
            // A managed policy is one document, so it says nothing by a statement that never matches.
            if of(Layer::Session) == Says::Nothing {
                policies.managed = vec![(0, "Session", indexed_slice(b, vec![plan(false, &["none:None"], None)]))];
            }
            world(b, policies);
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let principal = limited(&bundle, APP_SESSION, None, &["Session"]);
        let decision = decide_as(&bundle, &principal, get(&context)).unwrap();
        let expected = layers.into_iter().find(|layer| of(*layer) == Says::Deny);
        let expected = expected.map_or((Reason::ImplicitDeny, Layer::Rcp), |layer| (Reason::ExplicitDeny, layer));
        assert_eq!(told(decision), expected, "{denying:07b}");
    }
}

/// S-710: which requests come through an endpoint.
#[test]
fn an_endpoint_is_named_by_a_single_value() {
    let bytes = build(|b| {
        let alice = says(b, NONE, Says::Allow);
        let (silent, denying) = (says(b, NONE, Says::Nothing), says(b, NONE, Says::Deny));
        world(b, Policies { alice, endpoints: vec![("vpce-0b", silent), ("vpce-0a", denying)], ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let silent = (Reason::ImplicitDeny, Layer::Endpoint);
    let denied = (Reason::ExplicitDeny, Layer::Endpoint);
    for (context, expected) in [
        (&[][..], ALLOWED),
        (&[("aws:SourceVpce", One("vpce-0a"))], denied),
        (&[("aws:SourceVpce", One("vpce-0b"))], silent),
        (&[("AWS:sourceVPCE", One("vpce-0b"))], silent),
        // Compared exactly; undeclared endpoints and those without a policy allow everything.
        (&[("aws:SourceVpce", One("VPCE-0b"))], ALLOWED),
        (&[("aws:SourceVpce", One("vpce-0"))], ALLOWED),
        (&[("aws:SourceVpce", One("vpce-0bb"))], ALLOWED),
        (&[("aws:SourceVpce", One(""))], ALLOWED),
        (&[("aws:SourceVpce", One("alice"))], ALLOWED),
        // A list is not equal to an id, even if it holds it.
        (&[("aws:SourceVpce", Many(&["vpce-0b"]))], ALLOWED),
        (&[("aws:SourceVpce", Many(&["vpce-0a", "vpce-0b"]))], ALLOWED),
        (&[("aws:SourceVpce", Many(&[]))], ALLOWED),
        (&[("aws:SourceVpc", One("vpce-0b"))], ALLOWED),
    ] {
        assert_eq!(told(decide(&bundle, Caller::Arn(ALICE), get(context)).unwrap()), expected, "{context:?}");
    }
    // A world without endpoints does not know the key at all.
    let bundle = Bundle::from_bytes(build(|b| {
        let alice = says(b, NONE, Says::Allow);
        world(b, Policies { alice, ..NO_POLICIES });
    }));
    let decision = decide(&bundle.unwrap(), Caller::Arn(ALICE), get(&[("aws:SourceVpce", One("vpce-0b"))])).unwrap();
    assert_eq!(told(decision), ALLOWED);
}

/// S-710: an endpoint policy limits every caller that its elements do not cover, whatever the kind of the entry, and grants nothing.
#[test]
fn an_endpoint_limits_every_caller() {
    use PrincipalTag::{Account, Arn, Everyone, Service};
    let context = [("aws:SourceVpce", One("vpce-1"))];
    let silent = (Reason::ImplicitDeny, Layer::Endpoint);
    let ask = |entries: &[(PrincipalTag, &str)], identity: Says, caller, request: Request<'_>| {
        let bytes = build(|b| {
            let element = b.element(false, entries);
            let identity = says(b, NONE, identity);
            let endpoints = vec![("vpce-1", says(b, element, Says::Allow))];
            world(b, Policies { alice: identity, app: identity, endpoints, ..NO_POLICIES });
        });
        told(decide(&Bundle::from_bytes(bytes).unwrap(), caller, request).unwrap())
    };
    let (alice, session) = (Caller::Arn(ALICE), Caller::Arn(APP_SESSION));
    let request = get(&context);
    // Direct, entity and delegation alike.
    assert_eq!(ask(&[(Arn, ALICE)], Says::Allow, alice, request), ALLOWED);
    assert_eq!(ask(&[(Arn, APP_ROLE)], Says::Allow, session, request), ALLOWED);
    assert_eq!(ask(&[(Account, MEMBER)], Says::Allow, session, request), ALLOWED);
    assert_eq!(ask(&[(Everyone, "")], Says::Allow, session, request), ALLOWED);
    assert_eq!(ask(&[(Arn, ALICE)], Says::Allow, session, request), silent);
    assert_eq!(ask(&[(Account, OUTSIDE)], Says::Allow, alice, request), silent);
    assert_eq!(ask(&[(Everyone, "")], Says::Nothing, alice, request), (Reason::ImplicitDeny, Layer::Identity), "it grants nothing");
    let anonymous = ask(&[(Everyone, "")], Says::Nothing, Caller::Anonymous, request);
    assert_eq!(anonymous, (Reason::ImplicitDeny, Layer::Resource), "it grants nothing");
    assert_eq!(ask(&[(Account, MEMBER)], Says::Nothing, Caller::Anonymous, request), silent);
    assert_eq!(ask(&[(Account, OUTSIDE)], Says::Nothing, Caller::Arn(ROOT), request), silent);
    assert_eq!(ask(&[(Service, "x")], Says::Nothing, Caller::Service("y"), request), silent);
    assert_eq!(ask(&[(Account, OUTSIDE)], Says::Nothing, Caller::Arn(LINKED_SESSION), request), silent);
    let who = Request { action: "sts:GetCallerIdentity", resource: None, ..request };
    assert_eq!(ask(&[(Account, OUTSIDE)], Says::Nothing, alice, who), ALLOWED, "S-727");
}

/// A session's overlay may read the key that names the endpoint; which endpoint that is, the main bundle knows.
#[test]
fn a_session_may_test_the_endpoint() {
    let bytes = build(|b| {
        let everyone = b.element(false, &[(PrincipalTag::Everyone, "")]);
        let (app, open) = (says(b, NONE, Says::Allow), says(b, everyone, Says::Allow));
        let denying = says(b, everyone, Says::Deny);
        world(b, Policies { app, endpoints: vec![("vpce-1", open), ("vpce-2", denying)], ..NO_POLICIES });
    });
    let overlay = build_session(|b| {
        let through = equals(b, "aws:SourceVpce", &["vpce-1", "vpce-2", "vpce-3"]);
        let allow = statement(b, false, NONE, vec![through]);
        plain_slice(b, &[allow]);
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let overlay = Overlay::from_bytes(overlay).unwrap();
    let app = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
    for (id, expected) in [
        ("vpce-1", ALLOWED),
        ("vpce-2", (Reason::ExplicitDeny, Layer::Endpoint)),
        ("vpce-3", ALLOWED),
        ("vpce-4", (Reason::ImplicitDeny, Layer::Session)),
    ] {
        assert_eq!(told(decide_as(&bundle, &app, get(&[("aws:sourcevpce", One(id))])).unwrap()), expected, "{id}");
    }
}
