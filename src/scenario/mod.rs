//! Scenarios: small worlds with requests and the decisions that they should give.
//!
//! Input: scenario files (`docs/formats.md`), `.json` with one scenario or `.ndjson` with one a line, and an [`Engine`]. Output: a
//! [`Report`] for each scenario. The files are read with the grammar that reads policies, so they are as strict and
//! their errors have places. Worlds are read by the frontend whichever engine decides, so refusals do not depend on it (S-116).
//!
//! This is the conformance kit for everyone who decides: [`Compiled`] and [`Reference`] are the two evaluators of this project, and a
//! store proves its own glue, or an evaluator of its own, by implementing [`Engine`]:
//!
//! ```
//! use portcullis::scenario::{Answer, Detail, Engine, Layout, Refusal, WorldInput, read_scenarios, run};
//! use std::path::Path;
//!
//! /// Denies everything.
//! struct Wall;
//!
//! impl Engine for Wall {
//!     type Prepared = ();
//!
//!     fn prepare(&self, _: &WorldInput<'_>) -> Result<(), Refusal> {
//!         Ok(())
//!     }
//!
//!     fn decide(&self, (): &(), _request: &str, _: Detail) -> Result<Answer, Refusal> {
//!         Ok(Answer { decision: "Deny", reason: "implicit_deny", layer: "identity", explanation: None })
//!     }
//! }
//!
//! let text = r#"{"name": "nobody may do anything", "world": {"version": 1, "accounts": [{"id": "111111111111", "users": [{"name": "alice"}]}]},
//!     "requests": [{"request": {"principal": "arn:aws:iam::111111111111:user/alice", "action": "s3:ListBucket", "resource": "arn:aws:s3:::b"},
//!                   "expect": {"decision": "Deny"}}]}"#;
//! let file = read_scenarios("wall.json", text, Path::new("."), Layout::One);
//! let scenario = file.scenarios[0].as_ref().unwrap();
//! assert_eq!(run(&file, scenario, &Wall, &Default::default()).failures(), 0);
//! ```
//!
//! Invariants: a scenario that cannot be read never runs; a refused world decides nothing; what a scenario does not state
//! is not compared.

mod check;
mod engines;
mod harness;
mod read;
#[cfg(test)]
mod tests;
mod types;

pub use check::Mismatch;
pub use engines::{Compiled, Opened, Reference};
pub use harness::{CaseResult, Detail, Engine, Report, WorldInput, run};
pub use read::{Layout, read_scenarios};
pub use types::{Answer, Case, Expect, ExpectedDecision, ExpectedMatch, Explained, Matched, Refusal, Scenario, ScenarioFile};
