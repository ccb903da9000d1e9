//! Random worlds, sessions and requests: the indexed way decides as the plain one, within the step bound, whoever asks.

use super::decide_as;
use crate::format::{NONE, PrincipalTag};
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Layer, Overlay, Principal, Reason, Request};
use std::cell::Cell;
use std::collections::BTreeMap;

/// A stream of numbers that a seed determines.
struct Dice(Cell<u64>);

impl Dice {
    fn below(&self, end: usize) -> usize {
        let state = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0.set(state);
        (state >> 33) as usize % end
    }

    fn one_of<T: Copy>(&self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

const ACTIONS: [&[&str]; 7] = [
    &["*"],
    &["s3:*"],
    &["s3:Get*"],
    &["s3:GetObject"],
    &["s3:GetObject", "s3:Put*", "sts:*"],
    &["s3:G*", "s3:GetObjectAcl"],
    &["kms:*", "sts:AssumeRole"],
];
const RESOURCES: [Option<&str>; 8] = [
    None,
    None,
    Some("arn:aws:s3:::b/*"),
    Some("arn:aws:s3:::b"),
    Some("arn:aws:s3:::b/tagged"),
    Some("arn:aws:s3:::b/home/al*"),
    Some("arn:aws:iam::111111111111:role/*"),
    Some("arn:aws:s3:::*"),
];
const CONDITIONS: [(&str, &str); 6] = [
    ("k:x", "v"),
    ("k:y", "v"),
    ("aws:PrincipalTag/stage", "dev"),
    ("aws:ResourceTag/Team", "a"),
    ("aws:SourceVpce", "vpce-1"),
    ("aws:PrincipalAccount", MEMBER),
];

/// A document, mostly of Allows, with principal elements where the policy type has them.
fn document(b: &mut Builder, dice: &Dice, has_principal: bool) -> u32 {
    let statements = 1 + dice.below(4);
    let plans = (0..statements).map(|_| {
        let entries: &[(PrincipalTag, &str)] = dice.one_of(&[
            &[(PrincipalTag::Everyone, "")],
            &[(PrincipalTag::Account, MEMBER)],
            &[(PrincipalTag::Arn, ALICE), (PrincipalTag::Arn, APP_ROLE), (PrincipalTag::Service, "s")],
            &[(PrincipalTag::Arn, APP_SESSION), (PrincipalTag::Arn, ALICE_FEDERATED), (PrincipalTag::AnyAccount, "")],
        ]);
        let negated = dice.below(6) == 0;
        let principal = if has_principal { b.element(negated, entries) } else { NONE };
        let conditions = (0..dice.below(3)).map(|_| {
            let (key, value) = dice.one_of(&CONDITIONS);
            equals(b, key, &[value, "other"])
        });
        let conditions = conditions.collect();
        Indexed { deny: dice.below(7) == 0, actions: dice.one_of(&ACTIONS), resource: dice.one_of(&RESOURCES), principal, conditions }
    });
    let plans: Vec<Indexed<'_>> = plans.collect();
    b.indexed_fragment(plans)
}

/// A slice of so many documents at most, of at least one if it must be.
fn documents(b: &mut Builder, dice: &Dice, has_principal: bool, least: usize) -> u32 {
    let count = least + dice.below(3 - least);
    let members: Vec<(u32, u32)> = (0..).zip(0..count).map(|(place, _)| (document(b, dice, has_principal), place)).collect();
    b.slice(&members)
}

fn random_world(seed: u64) -> Bundle {
    let bytes = build(|b| {
        // Each of the two runs of the description throws the same dice.
        let dice = Dice(Cell::new(seed));
        let maybe = |b: &mut Builder, has_principal| if dice.below(3) == 0 { NONE } else { documents(b, &dice, has_principal, 1) };
        let chain = |b: &mut Builder| {
            let whole = says(b, NONE, Says::Allow);
            let levels: Vec<u32> =
                (0..dice.below(4)).map(|_| if dice.below(2) == 0 { whole } else { documents(b, &dice, false, 1) }).collect();
            b.chain(&levels)
        };
        let one = |b: &mut Builder| {
            let fragment = document(b, &dice, false);
            b.slice(&[(fragment, 0)])
        };
        let policies = Policies {
            alice: maybe(b, false),
            alice_groups: (0..dice.below(3)).map(|_| documents(b, &dice, false, 0)).collect(),
            alice_boundary: maybe(b, false),
            app: documents(b, &dice, false, 1),
            app_boundary: maybe(b, false),
            trust: maybe(b, true),
            linked: maybe(b, false),
            carol: maybe(b, false),
            scps: chain(b),
            rcps: chain(b),
            other_scps: chain(b),
            other_rcps: chain(b),
            bucket: maybe(b, true),
            bucket_acl: maybe(b, true),
            object: NONE,
            object_acl: maybe(b, true),
            key: maybe(b, true),
            endpoints: vec![("vpce-1", documents(b, &dice, true, 0)), ("vpce-2", documents(b, &dice, true, 1))],
            groups: vec![(0, "readers", documents(b, &dice, false, 1)), (0, "writers", documents(b, &dice, false, 0))],
            managed: vec![(0, "Read", one(b)), (0, "Write", one(b)), (NONE, "arn:aws:iam::aws:policy/All", one(b))],
            ..NO_POLICIES
        };
        world(b, policies);
    });
    Bundle::from_bytes(bytes).unwrap()
}

fn random_overlay(seed: u64) -> Overlay {
    let bytes = build_session(|b| {
        let dice = Dice(Cell::new(seed));
        documents(b, &dice, false, 0);
    });
    Overlay::from_bytes(bytes).unwrap()
}

fn principals(bundle: &Bundle, overlay: &Overlay) -> Vec<Principal> {
    let mut found = callers(bundle);
    found.extend(sessions(bundle, overlay));
    found.extend(bundle.principal(Caller::Arn(CAROL)));
    found.extend(bundle.principal(Caller::Service("s")));
    found
}

#[test]
fn random_worlds_decide_alike_in_both_ways() {
    let mut cells: BTreeMap<(Reason, Layer), u32> = BTreeMap::new();
    for seed in 0..150 {
        let bundle = random_world(seed);
        let overlay = random_overlay(seed ^ 0xffff);
        let dice = Dice(Cell::new(seed));
        let principals = principals(&bundle, &overlay);
        for _ in 0..120 {
            let principal = &principals[dice.below(principals.len())];
            let values = ["v", "w", "other", "dev"];
            let mut context = Vec::new();
            for key in ["k:x", "K:Y", "aws:principaltag/Stage", "unknown"] {
                if dice.below(3) == 0 {
                    context.push((key, ContextValue::One(dice.one_of(&values))));
                }
            }
            if dice.below(3) == 0 {
                context.push(("aws:SourceVpce", ContextValue::One(dice.one_of(&["vpce-1", "vpce-2", "vpce-3"]))));
            }
            let request = Request {
                action: dice.one_of(&[
                    "s3:GetObject",
                    "s3:GetObjectAcl",
                    "s3:PutObject",
                    "s3:ListBucket",
                    "sts:AssumeRole",
                    "kms:Decrypt",
                    "iam:PassRole",
                    "s3:ListAllMyBuckets",
                ]),
                resource: dice.one_of(&[
                    None,
                    Some("arn:aws:s3:::b"),
                    Some("arn:aws:s3:::b/tagged"),
                    Some("arn:aws:s3:::b/home/alice/x"),
                    Some("arn:aws:s3:::c/x"),
                    Some("arn:aws:kms:eu-west-1:111111111111:key/k1"),
                    Some(APP_ROLE),
                    Some(ALICE),
                ]),
                resource_account: dice.one_of(&[None, Some(MEMBER), Some(OTHER_MEMBER), Some(MANAGEMENT)]),
                context: &context,
            };
            let decision = decide_as(&bundle, principal, request).unwrap_or_else(|error| panic!("{seed}: {request:?}: {error}"));
            *cells.entry((decision.reason(), decision.layer())).or_default() += 1;
        }
    }
    // Every layer denies and is silent, and both that can allow do, often enough to tell.
    for layer in Layer::ALL {
        for reason in [Reason::ExplicitDeny, Reason::ImplicitDeny] {
            assert!(cells.get(&(reason, *layer)).is_some_and(|count| *count >= 20), "{reason} {layer}: {cells:?}");
        }
    }
    for layer in [Layer::Resource, Layer::Identity] {
        assert!(cells.get(&(Reason::Allowed, layer)).is_some_and(|count| *count >= 100), "{layer}: {cells:?}");
    }
}
