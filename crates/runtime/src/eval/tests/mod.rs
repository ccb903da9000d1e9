//! Evaluation, rule by rule. Every decision of these tests is taken in both ways, through the indexes and statement by statement, and explained.

mod acls;
mod atoms;
mod callers;
mod combination;
mod elements;
mod limits;
mod organization;
mod overlays;
mod random;
mod steps;

use crate::format::NONE;
use crate::testing::*;
use crate::{Bundle, Caller, ContextValue, Decision, EvalError, Principal, Request};

type Context<'a> = &'a [(&'a str, ContextValue<'a>)];

/// Decides as a caller that the world declares, or that it knows nothing of.
fn decide(bundle: &Bundle, caller: Caller<'_>, request: Request<'_>) -> Result<Decision, EvalError> {
    let decision = decide_as(bundle, &bundle.principal(caller).unwrap(), request);
    let mut evaluator = bundle.evaluator();
    for _ in 0..2 {
        assert_eq!(decision, evaluator.decide_for(caller, &request), "resolved, and then found resolved");
    }
    decision
}

/// Decides in both ways, which must agree.
fn decide_as(bundle: &Bundle, principal: &Principal, request: Request<'_>) -> Result<Decision, EvalError> {
    let mut evaluator = bundle.evaluator();
    let indexed = evaluator.decide(principal, &request);
    assert_eq!(indexed, evaluator.decide_unindexed(principal, &request));
    #[cfg(feature = "explain")]
    {
        let explainer = bundle.explainer().unwrap();
        assert_eq!(indexed, evaluator.explain(&explainer, principal, &request).map(|explanation| explanation.decision));
    }
    indexed
}

fn get(context: Context<'_>) -> Request<'_> {
    Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::b/key"), resource_account: Some(MEMBER), context }
}

/// A world in which alice may do what the action or resource atom holds for.
fn element_gate(is_action: bool, atom: impl Fn(&mut Builder) -> u32) -> Bundle {
    let bytes = build(|b| {
        let mut allow = statement(b, false, NONE, vec![]);
        let atom = atom(b);
        *(if is_action { &mut allow.action } else { &mut allow.resource }) = atom;
        let alice = plain_slice(b, &[allow]);
        world(b, Policies { alice, ..NO_POLICIES });
    });
    Bundle::from_bytes(bytes).unwrap()
}
