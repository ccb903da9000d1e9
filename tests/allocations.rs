//! Deciding allocates nothing: a counting allocator watches the 2,000 requests of the core estate.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../benches/support/mod.rs"]
mod support;

use portcullis::runtime::{Bundle, Caller};

#[test]
fn no_decision_allocates() {
    let bundle = Bundle::from_bytes(support::core_compiled().bytes).unwrap();
    let texts = support::core_requests();
    let requests = support::prepared(&bundle, &texts);
    assert_eq!(requests.len(), 2_000);
    let mut evaluator = bundle.evaluator();
    let mut allowed = 0;
    let mut round = || {
        for (principal, request) in &requests {
            allowed += usize::from(evaluator.decide(principal, request).unwrap().allowed());
        }
    };
    // The first round may fill what the evaluator keeps.
    round();
    let counted = allocation_counter::measure(round);
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    // The same for callers that each decision resolves; most are an ARN, the rest has no single text.
    let arns: Vec<Option<String>> = texts.iter().map(|text| arn_of(text)).collect();
    assert!(arns.iter().flatten().count() > 1_900);
    let mut by_arn = 0;
    let mut round = || {
        for (arn, (_, request)) in arns.iter().zip(&requests) {
            if let Some(arn) = arn {
                by_arn += usize::from(evaluator.decide_for(Caller::Arn(arn), request).unwrap().allowed());
            }
        }
    };
    round();
    let counted = allocation_counter::measure(round);
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    assert!(by_arn > 0);
    assert!(allowed > 0, "no request was allowed, so the requests do not reach much");
    // The counter counts: opening the bundle once more allocates.
    let counted = allocation_counter::measure(|| drop(bundle.evaluator()));
    assert!(counted.count_total > 0);
}

/// The caller of a request, if it is an ARN.
fn arn_of(request: &str) -> Option<String> {
    let (arn, _) = request.strip_prefix("{\"principal\":\"")?.split_once('"')?;
    arn.starts_with("arn:").then(|| arn.to_owned())
}
