//! portcullis: a compiler for AWS-IAM-style policies.
//!
//! ```text
//! world.json, policies --> syntax --> world --> ir --> link --> trie --> dag --> bundle ==> portcullis-runtime
//!                          (pest)              atoms   slices   index    tests    bytes      open, verify, decide
//! a session's documents --> syntax -----------> ir ----------> trie --> dag --> overlay ======^
//! ```
//!
//! A *world* names accounts, users, roles, resources and their policies. [`compile`] turns it into a *bundle*: bytes that a small runtime verifies once and then
//! answers requests from, without allocating, in bounded work. Every type of policy is decided: identity and resource policies, boundaries, trust, SCPs and RCPs along an
//! organization, endpoint policies, S3 ACLs, and the policies of sessions, which come with a request and are compiled on the spot ([`session`]).
//!
//! A decision equals what the documented semantics say (`docs/semantics.md`, rules S-n), or there is no decision and the caller denies.
//!
//! portcullis authorizes a caller that is already authenticated; it checks no signatures.
//!
//! # From a world to a decision
//!
//! ```
//! use portcullis::runtime::{Bundle, Caller, ContextValue, Request};
//! use portcullis::{CompileOptions, compile, world};
//!
//! let text = r#"{"version": 1, "accounts": [{"id": "111111111111", "users": [{"name": "alice", "policies": [
//!     {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*",
//!      "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}}]}]}]}"#;
//! let (world, _warnings) = world::read_world_text("world.json", text, ".".as_ref(), &world::DiskFiles, &world::WorldOptions::default())?;
//! let compiled = compile(&world, &CompileOptions::default())?;
//!
//! let bundle = Bundle::from_bytes(compiled.bytes)?;
//! let alice = bundle.principal(Caller::Arn("arn:aws:iam::111111111111:user/alice"))?;
//! let mut evaluator = bundle.evaluator();
//! let context = [("aws:SourceIp", ContextValue::One("203.0.113.7"))];
//! let request = Request { action: "s3:GetObject", resource: Some("arn:aws:s3:::reports/2026.csv"), resource_account: None, context: &context };
//! assert!(evaluator.decide(&alice, &request)?.allowed());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bundle;
mod catalog;
mod compile;
pub mod dag;
pub mod diag;
pub mod ir;
pub mod link;
pub mod opt;
pub mod scenario;
pub mod session;
pub mod syntax;
pub mod trie;
pub mod validate;
pub mod world;

mod admission;
mod batch;

pub use admission::{Findings, check_policy};
pub use batch::decide_batch;
pub use compile::{CompileError, CompileOptions, Compiled, Stage, compile, debug};
pub use portcullis_runtime as runtime;
