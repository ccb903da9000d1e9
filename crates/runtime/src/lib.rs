//! The runtime of portcullis: opens bundles that the compiler wrote, verifies them and decides requests.
//!
//! ```text
//! bytes -> open -> verify -> Bundle --principal()--> Principal
//!                              |                         |
//!                              +--evaluator()--> Evaluator::decide(principal, request) -> Decision or EvalError
//! ```
//!
//! - [`Bundle`] owns verified, immutable bytes in the layout of [`mod@format`]. Nothing is decoded or copied after opening.
//! - [`Principal`] is a caller, resolved once and used for many decisions.
//! - [`Evaluator`] holds scratch memory; one per thread decides any number of requests and allocates nothing for them, but where an overlay has more keys than the memory.
//! - [`Decision`] is Allow or Deny with its reason and layer. **An error is never Allow**: who gets one denies.
//!
//! The rules are those of the semantics reference (`docs/semantics.md`); each module names the ones it implements (S-n). All layers count: RCPs and SCPs level by
//! level, VPC endpoint, resource, trust and key policies with ACLs, identity policies, boundaries, and session policies as an [`Overlay`].
//!
//! # Features
//! None is on by default. `json` reads requests from JSON text; `explain` tells which statements matched, and where they stand.
//!
//! # Example
//! ```no_run
//! use portcullis_runtime::{Bundle, Caller, ContextValue, Request};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bundle = Bundle::open("world.bundle")?;
//! let alice = bundle.principal(Caller::Arn("arn:aws:iam::111111111111:user/alice"))?;
//! let mut evaluator = bundle.evaluator();
//! let request = Request {
//!     action: "s3:GetObject",
//!     resource: Some("arn:aws:s3:::reports/2024.csv"),
//!     resource_account: None,
//!     context: &[("aws:SourceIp", ContextValue::One("203.0.113.7"))],
//! };
//! let allowed = evaluator.decide(&alice, &request).is_ok_and(|decision| decision.allowed());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub mod datatypes;
mod decision;
mod error;
mod eval;
#[cfg(feature = "explain")]
mod explain;
pub mod format;
mod open;
mod request;
pub mod verify;
mod views;

pub use decision::{Decision, Effect, Layer, Layers, Outcome, OwnerSource, Reason};
pub use error::{EvalError, OpenError};
pub use eval::{DerivedKeys, Evaluator};
#[cfg(feature = "explain")]
pub use explain::{
    Actual, Explainer, Explanation, FailedCondition, FailedPart, LevelNode, Matched, NEAR_MISSES_MAX, NearMiss, RefusingLevel, Rule,
    TextPlace, Variable,
};
pub use open::{BUNDLE_BYTES_MAX, Bundle, BundleId, Overlay, SectionInfo};
#[cfg(feature = "json")]
pub use request::json;
pub use request::limits;
pub use request::{Caller, ContextValue, Principal, PrincipalBuilder, Request, RequestError, SessionPolicies};

#[cfg(test)]
mod testing;
