//! The step bound, and that deciding allocates nothing.

use super::get;
use crate::format::{AtomKind, NONE, PrincipalTag, Qualifier};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Decision, EvalError, Overlay, Principal, Request};
use ContextValue::One;

/// Decides with another bound than the bundle's.
fn with_bound(bundle: &Bundle, principal: &Principal, request: &Request<'_>, steps_max: u64) -> Result<Decision, EvalError> {
    let mut evaluator = bundle.evaluator();
    evaluator.views.steps_max = steps_max;
    evaluator.decide(principal, request)
}

#[test]
fn a_step_bound_that_is_too_low_is_an_error_and_no_decision() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let principal = bundle.principal(Caller::Arn(ALICE)).unwrap();
    assert_eq!(with_bound(&bundle, &principal, &get(&[]), 1).unwrap_err().code(), "limit-exceeded");
    let mut evaluator = bundle.evaluator();
    evaluator.views.dag_nodes = &[];
    assert_eq!(evaluator.decide(&principal, &get(&[])).unwrap_err().code(), "invalid-bundle");
}

/// A policy in which every statement is looked at, by conditions that only the last passes.
fn long_policy(b: &mut Builder, statements: usize, wanted: &str) -> u32 {
    let fails = equals(b, "k:x", &["never", "ever"]);
    let holds = equals(b, "k:x", &[wanted]);
    let mut list: Vec<Statement> = (0..statements).map(|_| statement(b, false, NONE, vec![fails])).collect();
    list.push(statement(b, false, NONE, vec![holds]));
    plain_slice(b, &list)
}

/// The world's layers as dear as each other, a boundary, and policies that others are given.
fn dear_world(statements: usize) -> Bundle {
    let bytes = build(|b| {
        let dear = long_policy(b, statements, "v");
        let chain = b.chain(&[dear, dear, dear]);
        let everyone = b.element(false, &[(PrincipalTag::Account, MEMBER), (PrincipalTag::Account, STRANGE)]);
        let bucket = says(b, everyone, Says::Allow);
        let policies = Policies {
            app: dear,
            app_boundary: dear,
            alice: dear,
            alice_boundary: dear,
            scps: chain,
            rcps: chain,
            bucket,
            bucket_acl: bucket,
            object_acl: bucket,
            endpoints: vec![("vpce-1", dear)],
            managed: vec![(0, "Dear", dear), (0, "Dearer", long_policy(b, statements * 2, "v")), (0, "Cheap", says(b, NONE, Says::Allow))],
            groups: vec![(0, "dear", long_policy(b, statements * 3, "v"))],
            ..NO_POLICIES
        };
        world(b, policies);
    });
    Bundle::from_bytes(bytes).unwrap()
}

fn made(bundle: &Bundle) -> Principal {
    let made = bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s")).unwrap();
    let made = made.policy("Dear").unwrap().policy("Dearer").unwrap().group("dear").unwrap().policy("Cheap").unwrap();
    made.boundary("Dearer").unwrap().build().unwrap()
}

/// The dearest decisions of every kind of caller stay within the bundle's bound and what the caller and its session add to it. With any lower one the answer is an
/// error or the same: never an Allow that is none, nor a Deny for want of steps.
#[test]
fn the_bound_covers_own_policies_and_sessions() {
    let bundle = dear_world(20);
    let overlay = Overlay::from_bytes(build_session(|b| _ = long_policy(b, 50, "v"))).unwrap();
    let context = [("k:x", One("v")), ("aws:SourceVpce", One("vpce-1"))];
    let other = [("k:x", One("w")), ("aws:SourceVpce", One("vpce-1"))];
    let plain = |arn| bundle.principal(Caller::Arn(arn)).unwrap();
    let made = made(&bundle);
    let under = |principal: &Principal, overlay: Option<&Overlay>, names: &[&str]| {
        principal.with_session(&bundle, &session(overlay, names)).unwrap()
    };
    let principals = [
        plain(ALICE),
        plain(APP_SESSION),
        plain(ROOT),
        bundle.principal(Caller::Anonymous).unwrap(),
        under(&plain(APP_SESSION), Some(&overlay), &[]),
        under(&plain(APP_SESSION), Some(&overlay), &["Dear", "Dearer", "Dear"]),
        under(&plain(ALICE_FEDERATED), None, &["Dearer"]),
        made.clone(),
        under(&made, Some(&overlay), &["Dear"]),
    ];
    let (mut allowed, mut refused, mut beyond) = (0, 0, 0);
    for principal in &principals {
        let extra = principal.resolved().extra_steps + principal.resolved().session_steps;
        for context in [&context, &other] {
            for resource in ["arn:aws:s3:::b/tagged", "arn:aws:s3:::elsewhere"] {
                let request = Request { resource: Some(resource), ..get(context) };
                let right = bundle.evaluator().decide(principal, &request).unwrap();
                // The fewest steps with which there is a decision: bisection, and every bound around it.
                let (mut low, mut high) = (0, bundle.steps_max() + extra);
                while low < high {
                    let middle = low.midpoint(high);
                    match with_own(&bundle, principal, &request, middle) {
                        Ok(_) => high = middle,
                        Err(_) => low = middle + 1,
                    }
                }
                // Callers without policies of their own never need more than the bundle's bound; others do, and have it.
                beyond += usize::from(low > bundle.steps_max());
                assert!(low <= bundle.steps_max() || extra > 0);
                for steps in 0..low + 3 {
                    match with_own(&bundle, principal, &request, steps) {
                        Ok(decision) => {
                            assert!(steps >= low);
                            assert_eq!(decision, right);
                            allowed += usize::from(decision.allowed());
                        }
                        Err(error) => {
                            assert!(steps < low);
                            assert_eq!(error.code(), "limit-exceeded");
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(allowed > 20 && refused > 1000 && beyond > 5, "{allowed} {refused} {beyond}");
}

/// Decides with so many steps in all: the bundle's bound, the caller's own and its session's.
fn with_own(bundle: &Bundle, principal: &Principal, request: &Request<'_>, steps: u64) -> Result<Decision, EvalError> {
    let mut resolved = principal.resolved().clone();
    (resolved.extra_steps, resolved.session_steps) = (steps / 3, steps - steps / 3);
    with_bound(bundle, &Principal::new(resolved), request, 0)
}

/// The steps of an overlay count as those of the layers before it do.
#[test]
fn an_overlay_is_walked_within_the_bound() {
    let bundle = dear_world(20);
    let overlay = Overlay::from_bytes(build_session(|b| _ = long_policy(b, 50, "v"))).unwrap();
    let plain = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    let under = limited(&bundle, APP_SESSION, Some(&overlay), &[]);
    let context = [("k:x", One("v"))];
    let needed = |principal: &Principal| (0..).find(|steps| with_own(&bundle, principal, &get(&context), *steps).is_ok()).unwrap();
    // The bound has an emission for each of the statements, of which all but the last fail.
    assert_eq!(needed(&under) - needed(&plain), overlay.steps_max() - 50);
}

/// Each part of a decision counts in the bundle's bound: worlds in which one part alone is dear.
#[test]
fn the_bound_covers_each_part_alone() {
    // What is given are the dear slice and one that costs nothing.
    type Place = fn(&mut Builder, &mut Policies, [u32; 2]);
    let places: [(Place, &str, &str); 14] = [
        (|_, policies, [dear, _]| policies.alice = dear, ALICE, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, free]| policies.alice_groups = vec![free, dear], ALICE, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, _]| (policies.alice, policies.alice_groups) = (dear, vec![dear, dear]), ALICE_FEDERATED, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, _]| policies.alice_boundary = dear, ALICE, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, _]| (policies.alice, policies.alice_boundary) = (dear, dear), ALICE, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, _]| policies.bucket = dear, ROOT, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, _]| policies.trust = dear, ALICE, APP_ROLE),
        (|_, policies, [dear, _]| policies.bucket_acl = dear, ROOT, "arn:aws:s3:::b/x"),
        (|_, policies, [dear, _]| policies.object_acl = dear, ROOT, "arn:aws:s3:::b/tagged"),
        (|_, policies, [dear, _]| (policies.bucket_acl, policies.object_acl) = (dear, dear), ROOT, "arn:aws:s3:::b/tagged"),
        (|_, policies, [dear, free]| policies.endpoints = vec![("vpce-1", dear), ("vpce-2", free)], ROOT, "arn:aws:s3:::c"),
        (|b, policies, [dear, _]| policies.scps = b.chain(&[dear, dear]), ROOT, "arn:aws:s3:::c"),
        (|b, policies, [dear, _]| policies.rcps = b.chain(&[dear, dear]), ROOT, "arn:aws:s3:::c"),
        (
            |b, policies, [dear, _]| {
                policies.scps = b.chain(&[dear, dear]);
                policies.rcps = policies.scps;
            },
            ROOT,
            "arn:aws:s3:::c",
        ),
    ];
    let context = [("k:x", One("v")), ("aws:SourceVpce", One("vpce-1"))];
    for (number, (place, caller, resource)) in places.into_iter().enumerate() {
        let bytes = build(|b| {
            let (dear, free) = (long_policy(b, 20, "v"), b.slice(&[]));
            let mut policies = NO_POLICIES;
            place(b, &mut policies, [dear, free]);
            world(b, policies);
        });
        let bundle = Bundle::from_bytes(bytes).unwrap();
        let principal = bundle.principal(Caller::Arn(caller)).unwrap();
        let action = if resource == APP_ROLE { "sts:AssumeRole" } else { "s3:GetObject" };
        let request = Request { action, resource: Some(resource), ..get(&context) };
        let decision = bundle.evaluator().decide(&principal, &request).unwrap();
        assert_eq!(with_bound(&bundle, &principal, &request, 60), Err(steps_error()), "{number}: it is dear");
        assert_eq!(with_bound(&bundle, &principal, &request, bundle.steps_max()), Ok(decision), "{number}");
    }
}

fn steps_error() -> EvalError {
    crate::error::Fault::Steps.into()
}

/// What own policies and sessions cost is what their slices say; together they must leave a decision within what any may take.
#[test]
fn own_policies_and_sessions_are_paid_for() {
    let bundle = dear_world(20);
    let overlay = Overlay::from_bytes(build_session(|b| _ = long_policy(b, 50, "v"))).unwrap();
    let app = bundle.principal(Caller::Arn(APP_SESSION)).unwrap();
    assert_eq!((app.resolved().extra_steps, app.resolved().session_steps), (0, 0));
    let with = |overlay, names: &[&str]| app.with_session(&bundle, &session(overlay, names)).unwrap().resolved().session_steps;
    let (of_overlay, of_dear) = (with(Some(&overlay), &[]), with(None, &["Dear"]));
    assert_eq!(of_overlay, overlay.steps_max());
    assert_eq!(with(Some(&overlay), &["Dear", "Dear", "Cheap"]), of_overlay + of_dear * 2 + with(None, &["Cheap"]));
    let dearer = with(None, &["Dearer"]);
    let start = || bundle.principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/made/s")).unwrap();
    let of_group = start().group("dear").unwrap().build().unwrap().resolved().extra_steps;
    // Identity and boundary.
    assert_eq!(made(&bundle).resolved().extra_steps, of_dear + dearer + of_group + with(None, &["Cheap"]) + dearer);

    // So many documents that no decision may take the steps.
    let many = vec!["Dearer"; usize::try_from(crate::verify::STEPS_MAX / dearer).unwrap()];
    let fit = usize::try_from((crate::verify::STEPS_MAX - bundle.steps_max()) / dearer).unwrap();
    assert!(app.with_session(&bundle, &session(None, &many[..fit])).is_ok());
    let error = app.with_session(&bundle, &session(None, &many[..fit + 1])).unwrap_err();
    assert_eq!(error.code(), "limit-exceeded");
    let error = made(&bundle).with_session(&bundle, &session(None, &many[..fit])).unwrap_err();
    assert_eq!(error.code(), "limit-exceeded");
    let huge = with_header(&build_session(|b| _ = b.slice(&[])), |header| header.steps_max = crate::verify::STEPS_MAX.into());
    let huge = Overlay::from_bytes(huge).unwrap();
    assert_eq!(app.with_session(&bundle, &session(Some(&huge), &[])).unwrap_err().code(), "limit-exceeded");
}

/// A principal that is given many dear policies is refused when it is made.
#[test]
fn a_made_principal_within_the_limit() {
    let names = ["P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"];
    let bytes = build(|b| {
        // One atom with many operands costs as many steps wherever it is tested.
        let operands: Vec<Operand> = (0..1000).map(|number| b.text(&format!("{number}"))).collect();
        let test = b.atom(AtomKind::StringEquals, Qualifier::None, 0, Some("k:x"), &operands);
        let managed = names.map(|name| {
            let statements: Vec<Statement> = (0..120).map(|_| statement(b, false, NONE, vec![test])).collect();
            (0, name, plain_slice(b, &statements))
        });
        world(b, Policies { managed: managed.to_vec(), ..NO_POLICIES });
    });
    let bundle = Bundle::from_bytes(bytes).unwrap();
    let build = |count: usize| {
        let mut made = bundle.principal_builder(Caller::Arn("arn:aws:iam::111111111111:user/made")).unwrap();
        for name in &names[..count] {
            made = made.policy(name).unwrap();
        }
        made.build()
    };
    let made = build(8).unwrap();
    assert!(made.resolved().extra_steps <= crate::verify::STEPS_MAX);
    let decision = bundle.evaluator().decide(&made, &get(&[("k:x", One("no"))])).unwrap();
    assert!(!decision.allowed());
    let error = build(9).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("limit-exceeded", "with these policies a decision could take more than 1,048,576 steps")
    );
}

/// Deciding allocates nothing, whatever the caller is limited by: a counting allocator watches all requests of the samples.
#[test]
fn deciding_allocates_nothing() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let overlay = Overlay::from_bytes(session_sample()).unwrap();
    // More keys than an evaluator has memory for from the beginning: the first decision makes room.
    let wide = Overlay::from_bytes(build_session(|b| {
        (0..2000).for_each(|number| _ = b.slot(&format!("k:{number}")));
        long_policy(b, 10, "v");
    }));
    let wide = wide.unwrap();
    let mut principals = callers(&bundle);
    principals.extend(sessions(&bundle, &overlay));
    let narrow = principals.len();
    principals.extend(sessions(&bundle, &wide));
    let many = ["a", "b"];
    let contexts: [&[(&str, ContextValue<'_>)]; 3] = [
        &[],
        &[("k:x", One("v")), ("K:1999", One("v")), ("AWS:SourceVpce", One("vpce-1")), ("unknown", ContextValue::Many(&many))],
        &[("aws:PrincipalTag/Team", One("a")), ("k:v", One("*")), ("aws:ResourceTag/STAGE", One("dev"))],
    ];
    let mut evaluator = bundle.evaluator();
    let mut round = |principals: &[Principal]| {
        let mut allowed = 0;
        for principal in principals {
            for context in contexts {
                for action in ["s3:GetObject", "S3:PutObject", "sts:AssumeRole", "s3:ListAllMyBuckets"] {
                    for resource in [None, Some("arn:aws:s3:::b/home/alice/x"), Some("arn:aws:s3:::b/tagged"), Some(APP_ROLE)] {
                        let request = Request { action, resource, resource_account: Some(MEMBER), context };
                        allowed += usize::from(evaluator.decide(principal, &request).unwrap().allowed());
                    }
                }
            }
        }
        allowed
    };
    let mut allowed = 0;
    let counted = allocation_counter::measure(|| allowed = round(&principals[..narrow]));
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "from the first decision on");
    assert!(allowed > 100, "{allowed}");
    round(&principals);
    let counted = allocation_counter::measure(|| allowed = round(&principals));
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    // The counter counts.
    assert!(allocation_counter::measure(|| drop(bundle.evaluator())).count_total > 0);
}
