//! Session overlays: another bundle's keys, symbols and seed, decided together with the main one (S-715).

use super::{decide, decide_as, get};
use crate::format::{ATOM_NEGATED, AtomKind, BundleKind, NONE, Qualifier};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Decision, Evaluator, Layer, Overlay, Principal, Reason, Request};
use ContextValue::{Many, One};

/// A world in which the callers may do everything, with or without keys of its own.
fn open_world(keys: &[&str]) -> Bundle {
    let bytes = build(|b| {
        let whole = says(b, NONE, Says::Allow);
        for key in keys {
            b.slot(key);
        }
        let managed = vec![(0, "All", whole), (0, "Get", indexed_slice(b, vec![plan(false, &["s3:Get*"], None)]))];
        world(b, Policies { alice: whole, app: whole, managed, groups: vec![(0, "all", whole)], ..NO_POLICIES });
    });
    Bundle::from_bytes(bytes).unwrap()
}

/// An overlay that allows where the condition atom holds.
fn gate(atom: impl Fn(&mut Builder) -> u32) -> Overlay {
    gate_with_seed(SEED, atom)
}

fn gate_with_seed(seed: u64, atom: impl Fn(&mut Builder) -> u32) -> Overlay {
    let bytes = build_as(BundleKind::Session, seed, |b| {
        let atom = atom(b);
        let allow = statement(b, false, NONE, vec![atom]);
        plain_slice(b, &[allow]);
    });
    Overlay::from_bytes(bytes).unwrap()
}

fn allows(bundle: &Bundle, caller: &str, overlay: &Overlay, request: Request<'_>) -> bool {
    let decision = decide_as(bundle, &limited(bundle, caller, Some(overlay), &[]), request).unwrap();
    assert!(decision.allowed() || (decision.reason(), decision.layer()) == (Reason::ImplicitDeny, Layer::Session));
    decision.allowed()
}

/// A key that the request gives counts for the overlay whether or not the main bundle knows it, in any letter case and at any slot.
#[test]
fn keys_of_the_request_reach_the_overlay() {
    let overlay = gate(|b| {
        // So that the slot is not the first, nor that of the main bundle.
        b.slot("a:a");
        equals(b, "k:x", &["v", "w"])
    });
    for bundle in [open_world(&[]), open_world(&["k:x"]), open_world(&["a:z", "k:x", "z:z"])] {
        for (context, expected) in [
            (&[][..], false),
            (&[("k:x", One("v"))], true),
            (&[("K:X", One("w"))], true),
            (&[("k:x", One("V"))], false),
            (&[("k:y", One("v"))], false),
            (&[("a:a", One("v"))], false),
            (&[("a:a", One("x")), ("z:z", One("x")), ("K:x", One("v"))], true),
            (&[("k:x", Many(&["v"]))], false),
            (&[("k:x", Many(&[]))], false),
        ] {
            assert_eq!(allows(&bundle, APP_SESSION, &overlay, get(context)), expected, "{context:?}");
        }
        // What is given twice is refused, whoever knows the key (S-502).
        let app = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
        let twice = decide_as(&bundle, &app, get(&[("k:x", One("v")), ("k:x", One("v"))]));
        assert_eq!(twice.unwrap_err().code(), "duplicate-key");
        let twice = decide_as(&bundle, &app, get(&[("k:x", One("v")), ("K:x", One("v"))]));
        assert_eq!(twice.unwrap_err().code(), "invalid-request");
    }
}

/// Section 8, as an overlay reads it: the main bundle knows the caller and the resource, by other symbols than the overlay's.
#[test]
fn derived_keys_come_from_the_main_bundle() {
    let bundle = open_world(&[]);
    let any = Qualifier::ForAnyValue;
    let holds = |key: &str, value: &str, caller: &str, request: Request<'_>| {
        let overlay = gate(|b| {
            // Strings that sort around those of the main bundle, so that no symbol is by chance the same.
            for text in ["", "!", "0", "m", "o", "z", "~"] {
                b.symbol(text);
            }
            let text = b.text(value);
            b.atom(AtomKind::StringEquals, any, 0, Some(key), &[text])
        });
        allows(&bundle, caller, &overlay, request)
    };
    let own = get(&[]);
    let tagged = Request { resource: Some("arn:aws:s3:::b/tagged"), ..own };
    let queue = Request { resource: Some("arn:aws:sqs:eu-west-1:111111111111:q"), resource_account: None, ..own };
    let role = Request { resource: Some(APP_ROLE), ..own };
    let user = Request { resource: Some(ALICE), ..own };
    let unsure = Request { resource: Some("arn:aws:iam::111111111111:user/other/alice"), ..own };
    for (key, value, caller, request, expected) in [
        ("aws:PrincipalArn", APP_ROLE, APP_SESSION, own, true),
        ("aws:PrincipalArn", ALICE_FEDERATED, ALICE_FEDERATED, own, true),
        ("aws:PrincipalArn", ALICE, ALICE_FEDERATED, own, false),
        ("aws:PrincipalAccount", MEMBER, APP_SESSION, own, true),
        ("aws:PrincipalType", "AssumedRole", APP_SESSION, own, true),
        ("aws:userid", "AROAAPP:s1", APP_SESSION, own, true),
        ("aws:userid", "111111111111:alice", ALICE_FEDERATED, own, true),
        ("aws:username", "alice", ALICE_FEDERATED, own, false),
        ("aws:PrincipalTag/Stage", "dev", APP_SESSION, own, true),
        ("aws:PrincipalTag/STAGE", "dev", APP_SESSION, own, true),
        ("aws:PrincipalTag/stage", "Dev", APP_SESSION, own, false),
        ("aws:PrincipalTag/team", "a", APP_SESSION, own, false),
        ("aws:PrincipalTag/nowhere", "dev", APP_SESSION, own, false),
        ("aws:PrincipalTag/stage", "dev", ALICE_FEDERATED, own, false),
        ("aws:PrincipalOrgID", "o-x", APP_SESSION, own, true),
        ("aws:PrincipalOrgPaths", "o-x/r-y/ou-z/", APP_SESSION, own, true),
        ("aws:PrincipalIsAWSService", "false", APP_SESSION, own, true),
        ("aws:ResourceAccount", MEMBER, APP_SESSION, own, true),
        ("aws:ResourceAccount", MEMBER, APP_SESSION, queue, true),
        ("aws:ResourceOrgID", "o-x", APP_SESSION, own, true),
        ("aws:ResourceOrgPaths", "o-x/r-y/ou-z/", APP_SESSION, own, true),
        ("aws:ResourceTag/Stage", "dev", APP_SESSION, tagged, true),
        ("aws:ResourceTag/team", "a", APP_SESSION, tagged, false),
        ("aws:ResourceTag/stage", "dev", APP_SESSION, own, false),
        ("aws:ResourceTag/stage", "dev", APP_SESSION, role, true),
        ("aws:ResourceTag/team", "a", APP_SESSION, user, true),
        ("aws:ResourceTag/team", "a", APP_SESSION, role, false),
        ("aws:ResourceTag/team", "a", APP_SESSION, unsure, false),
    ] {
        assert_eq!(holds(key, value, caller, request), expected, "{key} {value} {caller} {:?}", request.resource);
        // S-806: the request wins.
        let given = [(key, One("given"))];
        let request = Request { context: &given, ..request };
        assert!(holds(key, "given", caller, request) && !holds(key, value, caller, request), "{key}");
    }
}

/// Tags that were given to a made caller are texts, not symbols of any bundle.
#[test]
fn tags_of_made_callers_reach_the_overlay() {
    let bundle = open_world(&["aws:PrincipalTag/unknown"]);
    let overlay = gate(|b| equals(b, "aws:PrincipalTag/Team", &["finance"]));
    for (tags, expected) in
        [(&[("TEAM", "finance")][..], true), (&[("team", "Finance")], false), (&[("a", "finance"), ("z", "finance")], false), (&[], false)]
    {
        let mut made =
            bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s")).unwrap().group("all").unwrap();
        for (key, value) in tags {
            made = made.tag(key, value).unwrap();
        }
        let made = made.build().unwrap().with_session(&bundle, &session(Some(&overlay), &[])).unwrap();
        assert_eq!(decide_as(&bundle, &made, get(&[])).unwrap().allowed(), expected, "{tags:?}");
    }
}

/// Variables, patterns and action names that the main bundle does not have.
#[test]
fn the_overlay_has_its_own_texts() {
    let bundle = open_world(&[]);
    let overlay = build_session(|b| {
        let home = b.resource(&["arn:aws:s3:::b/${aws:PrincipalTag/stage}/${k:dir, 'none'}/*"], 0);
        let action = b.action(&["s3:G*tObject"], 0);
        let read = Statement { action, resource: home, ..statement(b, false, NONE, vec![]) };
        let other = b.action(&["s3:Put*", "s3:Get*"], ATOM_NEGATED);
        let rest = Statement { action: other, ..statement(b, false, NONE, vec![]) };
        let first = b.plain_fragment(&[read, rest]);
        let second = b.indexed_fragment(vec![
            plan(false, &["s3:PutObject", "s3:PutObjectAcl"], Some("arn:aws:s3:::b/drop/*")),
            plan(true, &["s3:PutObjectAcl"], Some("arn:aws:s3:::b/drop/x")),
            plan(false, &["s3:Put*"], Some("arn:aws:s3:eu-west-1:222222222222:b/drop/*")),
        ]);
        b.slice(&[(first, 0), (second, 1)]);
    });
    let overlay = Overlay::from_bytes(overlay).unwrap();
    let app = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
    let dir = [("K:Dir", One("d"))];
    for (action, resource, context, expected) in [
        ("s3:GetObject", Some("arn:aws:s3:::b/dev/none/x"), &[][..], Reason::Allowed),
        ("s3:GetObject", Some("arn:aws:s3:::b/dev/d/x"), &dir, Reason::Allowed),
        ("s3:GetObject", Some("arn:aws:s3:::b/dev/none/x"), &dir, Reason::ImplicitDeny),
        ("s3:GetObjectAcl", Some("arn:aws:s3:::b/dev/none/x"), &[], Reason::ImplicitDeny),
        ("S3:putobject", Some("arn:aws:s3:::b/drop/x"), &[], Reason::Allowed),
        ("s3:PutObjectAcl", Some("arn:aws:s3:::b/drop/x"), &[], Reason::ExplicitDeny),
        ("s3:PutObjectAcl", Some("arn:aws:s3:::b/drop/y"), &[], Reason::Allowed),
        ("s3:PutObjectTagging", Some("arn:aws:s3:::b/drop/y"), &[], Reason::ImplicitDeny),
        ("s3:PutObjectTagging", Some("arn:aws:s3:eu-west-1:222222222222:b/drop/y"), &[], Reason::Allowed),
        ("s3:PutObjectTagging", Some("arn:aws:s3:eu-west-2:222222222222:b/drop/y"), &[], Reason::ImplicitDeny),
        ("s3:PutObject", Some("arn:aws:s3:::b/drop"), &[], Reason::ImplicitDeny),
        ("s3:ListBuckets", None, &[], Reason::Allowed),
        ("s3:PutBuckets", None, &[], Reason::ImplicitDeny),
    ] {
        // S-732 and the owner do not come into it.
        let decision = decide_as(&bundle, &app, Request { action, resource, resource_account: Some(MEMBER), context }).unwrap();
        assert_eq!(decision.reason(), expected, "{action} {resource:?}");
    }
}

/// S-732: in an overlay as elsewhere.
#[test]
fn a_list_of_buckets_is_judged_on_all_of_them() {
    let bundle = open_world(&[]);
    let overlay = |arn: &'static str| {
        let bytes = build_session(|b| _ = indexed_slice(b, vec![plan(false, &["s3:ListAllMyBuckets"], Some(arn))]));
        Overlay::from_bytes(bytes).unwrap()
    };
    let list = Request { action: "s3:ListAllMyBuckets", resource: None, ..get(&[]) };
    assert!(allows(&bundle, APP_SESSION, &overlay("arn:aws:s3:::*"), list));
    assert!(!allows(&bundle, APP_SESSION, &overlay("arn:aws:s3:::b"), list));
    assert!(!allows(&bundle, APP_SESSION, &overlay("arn:aws-cn:s3:::*"), list));
}

/// Overlays and managed policies of one session act as one layer (S-703, S-715).
#[test]
fn the_documents_of_a_session_are_one_layer() {
    let bundle = open_world(&[]);
    let overlay = |says_this, actions: &'static [&'static str]| {
        let bytes = build_session(|b| {
            let plans = match says_this {
                Says::Nothing => vec![],
                _ => vec![plan(says_this == Says::Deny, actions, None)],
            };
            indexed_slice(b, plans);
        });
        Overlay::from_bytes(bytes).unwrap()
    };
    let reason = |overlay: Option<&Overlay>, names: &[&str], action| {
        let principal = limited(&bundle, APP_SESSION, overlay, names);
        decide_as(&bundle, &principal, Request { action, ..get(&[]) }).unwrap().reason()
    };
    let (nothing, puts, no_gets) = (overlay(Says::Nothing, &[]), overlay(Says::Allow, &["s3:Put*"]), overlay(Says::Deny, &["s3:Get*"]));
    assert_eq!(reason(Some(&nothing), &[], "s3:GetObject"), Reason::ImplicitDeny);
    assert_eq!(reason(Some(&nothing), &["Get"], "s3:GetObject"), Reason::Allowed);
    assert_eq!(reason(Some(&puts), &["Get"], "s3:GetObject"), Reason::Allowed);
    assert_eq!(reason(Some(&puts), &["Get"], "s3:PutObject"), Reason::Allowed);
    assert_eq!(reason(Some(&puts), &["Get"], "s3:DeleteObject"), Reason::ImplicitDeny);
    assert_eq!(reason(Some(&no_gets), &["Get"], "s3:GetObject"), Reason::ExplicitDeny);
    assert_eq!(reason(Some(&no_gets), &["All"], "s3:GetObject"), Reason::ExplicitDeny);
    assert_eq!(reason(Some(&no_gets), &["All"], "s3:PutObject"), Reason::Allowed);
    assert_eq!(reason(None, &["Get", "Get"], "s3:GetObject"), Reason::Allowed);
    assert_eq!(reason(None, &["Get"], "s3:PutObject"), Reason::ImplicitDeny);
}

/// More keys than an evaluator has memory for from the beginning, and another hash seed than the main bundle's.
#[test]
fn overlays_with_many_keys_and_another_seed() {
    let bundle = open_world(&["k:0007", "aws:SourceIp"]);
    let keys: Vec<String> = (0..1000).map(|number| format!("k:{number:04}")).collect();
    for seed in [SEED, 0, 1, u64::MAX] {
        let overlay = gate_with_seed(seed, |b| {
            keys.iter().for_each(|key| _ = b.slot(key));
            equals(b, "k:0999", &["v"])
        });
        let with_early = gate_with_seed(seed, |b| {
            keys.iter().for_each(|key| _ = b.slot(key));
            equals(b, "k:0000", &["v"])
        });
        let late = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
        let early = limited(&bundle, APP_SESSION, Some(&with_early), &[]);
        let mut evaluator = bundle.evaluator();
        let mut ask = |principal: &Principal, context: &[(&str, ContextValue<'_>)]| {
            let request = get(context);
            let decision = evaluator.decide(principal, &request).unwrap();
            assert_eq!(evaluator.decide_unindexed(principal, &request).unwrap(), decision);
            decision.allowed()
        };
        assert!(ask(&late, &[("k:0999", One("v"))]), "{seed}");
        assert!(!ask(&late, &[("k:0999", One("w"))]));
        assert!(!ask(&late, &[("k:0998", One("v"))]));
        assert!(!ask(&late, &[("k:0000", One("v"))]));
        assert!(ask(&early, &[("k:0000", One("v"))]));
        assert!(!ask(&early, &[("k:0999", One("v"))]));
        assert!(!ask(&late, &[]));
        let all: Vec<(&str, ContextValue<'_>)> = keys.iter().skip(488).map(|key| (key.as_str(), One("v"))).collect();
        assert_eq!(all.len(), 512);
        assert!(ask(&late, &all));
        assert!(!ask(&early, &all));
    }
}

/// Every overlay, alone or by turns with others and with none, over one evaluator or a fresh one: the same answers.
#[test]
fn an_evaluator_remembers_nothing_of_another_overlay() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let many: Vec<String> = (0..600).map(|number| format!("k:{number}")).collect();
    let mut overlays = vec![Overlay::from_bytes(session_sample()).unwrap()];
    for (seed, keys) in [(SEED, &["k:x"][..]), (SEED, &["k:v", "k:x"]), (3, &["a:a", "k:v", "k:x", "unknown"]), (4, &[])] {
        for wanted in ["k:x", "k:v", "unknown", "aws:PrincipalTag/stage"] {
            overlays.push(gate_with_seed(seed, |b| {
                keys.iter().for_each(|key| _ = b.slot(key));
                let null = (crate::format::OperandKind::Bool, 0, 0);
                b.atom(AtomKind::Null, Qualifier::None, 0, Some(wanted), &[null])
            }));
        }
    }
    overlays.push(gate(|b| {
        many.iter().for_each(|key| _ = b.slot(key));
        equals(b, "k:x", &["a", "arn:aws:s3:::b"])
    }));
    let mut principals: Vec<Principal> =
        vec![bundle.principal(Caller::Arn(APP_SESSION)).unwrap(), bundle.principal(Caller::Arn(ALICE)).unwrap()];
    for overlay in &overlays {
        principals.push(limited(&bundle, APP_SESSION, Some(overlay), &[]));
        principals.push(limited(&bundle, ALICE_FEDERATED, Some(overlay), &["Read"]));
        let made = bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s")).unwrap();
        let made = made.group("writers").unwrap().tag("stage", "x").unwrap().build().unwrap();
        principals.push(made.with_session(&bundle, &session(Some(overlay), &[])).unwrap());
    }
    let contexts: [&[(&str, ContextValue<'_>)]; 6] = [
        &[],
        &[("k:x", One("a"))],
        &[("k:v", One("a"))],
        &[("unknown", One("a")), ("K:X", One("arn:aws:s3:::b"))],
        &[("k:599", One("a")), ("k:x", Many(&["a"]))],
        &[("aws:PrincipalTag/STAGE", One("a")), ("a:a", One("b"))],
    ];
    let actions = ["s3:GetObject", "s3:PutObject"];
    let request = |number: usize| Request {
        action: actions[number % 2],
        resource: Some("arn:aws:s3:::b/home/alice/x"),
        resource_account: Some(MEMBER),
        context: contexts[number / 2 % contexts.len()],
    };
    let fresh: Vec<Vec<Decision>> = principals
        .iter()
        .map(|principal| (0..12).map(|number| bundle.evaluator().decide(principal, &request(number)).unwrap()).collect())
        .collect();
    let allowed = fresh.iter().flatten().filter(|decision| decision.allowed()).count();
    assert!(allowed > 50 && fresh.len() * 12 - allowed > 50, "{allowed}");
    let mut evaluator: Evaluator<'_> = bundle.evaluator();
    // A walk through all pairs that comes to each in many different surroundings.
    let mut state = 1_u64;
    for _ in 0..40_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (principal, number) = ((state >> 33) as usize % principals.len(), (state >> 50) as usize % 12);
        let decision = if state >> 60 == 0 {
            evaluator.decide_unindexed(&principals[principal], &request(number)).unwrap()
        } else {
            evaluator.decide(&principals[principal], &request(number)).unwrap()
        };
        assert_eq!(decision, fresh[principal][number], "{principal} {number}");
    }
}

/// One overlay serves every bundle, as long as its session lives.
#[test]
fn an_overlay_serves_several_bundles_and_threads() {
    let overlay = gate(|b| equals(b, "k:x", &["v"]));
    let bundles = [open_world(&[]), open_world(&["k:a", "k:b", "k:x"]), Bundle::from_bytes(sample()).unwrap()];
    let kept = overlay.clone();
    assert_eq!(kept.id(), overlay.id());
    assert!(kept.memory_bytes() > 0 && kept.steps_max() > 0);
    assert_eq!(format!("{kept:?}"), format!("Overlay {{ id: {}, .. }}", kept.id()));
    std::thread::scope(|scope| {
        for bundle in &bundles {
            let overlay = &overlay;
            scope.spawn(move || {
                for value in ["v", "w"] {
                    let app = limited(bundle, APP_SESSION, Some(overlay), &[]);
                    let decision = decide_as(bundle, &app, get(&[("k:x", One(value))])).unwrap();
                    assert!(value == "v" || !decision.allowed());
                }
            });
        }
    });
    for bundle in &bundles[..2] {
        assert!(allows(bundle, APP_SESSION, &overlay, get(&[("k:x", One("v"))])));
        assert!(!allows(bundle, APP_SESSION, &overlay, get(&[("k:x", One("w"))])));
    }
    // A principal that was limited over one bundle is of that bundle, overlay or not.
    let app = limited(&bundles[0], APP_SESSION, Some(&overlay), &[]);
    assert_eq!(bundles[1].evaluator().decide(&app, &get(&[])).unwrap_err().code(), "unknown-principal");
    // The overlay outlives what it was made from, and the principal keeps it.
    drop((overlay, kept));
    let decision = decide_as(&bundles[0], &app, get(&[("k:x", One("v"))])).unwrap();
    assert!(decision.allowed());
}

/// A session takes the place of the one before it; an empty one takes it away (S-715).
#[test]
fn a_session_replaces_the_one_before() {
    let bundle = open_world(&[]);
    let nothing = gate(|b| equals(b, "k:x", &["v"]));
    assert!(nothing.steps_max() > 0);
    let plain = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    let shut = plain.with_session(&bundle, &session(Some(&nothing), &[])).unwrap();
    let open = shut.with_session(&bundle, &session(None, &["All"])).unwrap();
    let unlimited = shut.with_session(&bundle, &session(None, &[])).unwrap();
    assert_eq!(decide_as(&bundle, &shut, get(&[])).unwrap().layer(), Layer::Session);
    for principal in [&plain, &open, &unlimited] {
        assert!(decide_as(&bundle, principal, get(&[])).unwrap().allowed());
    }
    assert_eq!(decide(&bundle, Caller::Arn(APP_SESSION), get(&[])).unwrap().layer(), Layer::Identity);
    assert_eq!(unlimited.resolved().session_steps, 0);
}
