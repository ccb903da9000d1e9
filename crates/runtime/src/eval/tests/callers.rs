//! Callers that are resolved for each decision.

use super::get;
use crate::testing::*;
use crate::{Bundle, Caller};

/// More callers than an evaluator keeps resolved, in changing order, known and unknown, one after the other in one place of the memory: none leaves a trace in another.
#[test]
fn callers_in_turn_are_decided_as_resolved_ones() {
    let bundle = Bundle::from_bytes(sample()).unwrap();
    let strangers: Vec<String> = (0..600).map(|number| format!("arn:aws:iam::{STRANGE}:user/u{number}")).collect();
    let long = format!("arn:aws:iam::{STRANGE}:role/{}/r", "x".repeat(200));
    let nobody = format!("arn:aws:iam::{MEMBER}:user/nobody");
    let known = [ALICE, ALICE_FEDERATED, APP_SESSION, APP_ROLE, LINKED_SESSION, ROOT, CAROL, &long, &nobody, "arn:aws:iam::1:user/x", "*"];
    let others = [Caller::Service("s3.amazonaws.com"), Caller::Federated("f"), Caller::CanonicalUser("c"), Caller::Anonymous];
    let callers: Vec<Caller<'_>> = known.into_iter().chain(strangers.iter().map(String::as_str)).map(Caller::Arn).chain(others).collect();
    let request = get(&[]);
    let (mut by_text, mut by_handle) = (bundle.evaluator(), bundle.evaluator());
    let mut allowed = 0;
    for step in [1, 7, 611, 13] {
        for place in 0..callers.len() {
            let caller = callers[place * step % callers.len()];
            let expected = match bundle.principal(caller) {
                Ok(principal) => by_handle.decide(&principal, &request),
                Err(error) => Err(error.into()),
            };
            allowed += u32::from(expected.as_ref().is_ok_and(|decision| decision.allowed()));
            assert_eq!(by_text.decide_for(caller, &request), expected, "{caller:?}");
        }
    }
    assert!(allowed > 0);
}
