//! Many decisions at once.

use portcullis_runtime::{Bundle, Decision, EvalError, Principal, Request};
use rayon::prelude::*;

/// Requests that one task decides at least: its evaluator has memory of its own to prepare.
const REQUESTS_MIN: usize = 256;

/// Decides many requests in parallel, in rayon's current pool. The answers stand in the order of the requests; an error is no decision, and its caller denies.
///
/// ```
/// # use portcullis::{CompileOptions, compile, world, runtime::{Bundle, Caller, Request}};
/// # let text = r#"{"version": 1, "accounts": [{"id": "111111111111", "users": [{"name": "alice", "policies": [
/// #     {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}]}]}]}"#;
/// # let (world, _) = world::read_world_text("world.json", text, ".".as_ref(), &world::DiskFiles, &world::WorldOptions::default())?;
/// # let bundle = Bundle::from_bytes(compile(&world, &CompileOptions::default())?.bytes)?;
/// let alice = bundle.principal(Caller::Arn("arn:aws:iam::111111111111:user/alice"))?;
/// let requests: Vec<_> = ["sqs:SendMessage", "sns:Publish"]
///     .map(|action| (&alice, Request { action, resource: None, resource_account: None, context: &[] }))
///     .into();
/// let decisions = portcullis::decide_batch(&bundle, &requests);
/// assert!(decisions[0].as_ref().is_ok_and(|decision| decision.allowed()));
/// assert!(decisions[1].as_ref().is_ok_and(|decision| !decision.allowed()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide_batch(bundle: &Bundle, requests: &[(&Principal, Request<'_>)]) -> Vec<Result<Decision, EvalError>> {
    requests
        .par_iter()
        .with_min_len(REQUESTS_MIN)
        .map_init(|| bundle.evaluator(), |evaluator, (principal, request)| evaluator.decide(principal, request))
        .collect()
}
