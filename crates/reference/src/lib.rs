//! The naive evaluator of IAM-style policies that compiled bundles are checked against.
//!
//! It is an interpreter, written from the semantics document alone: it shares no code with the compiler or the runtime
//! and has no dependencies. A wrong reading or a slip in one of the two evaluators then shows as a disagreement. Rule
//! numbers such as S-706 in these sources are those of that document.
//!
//! The story of one decision: [`World::new`] reads a world, in which a frontend has already checked every document and
//! put it in the place of every reference to it, into typed entities, statements and patterns. [`World::decide`] reads a
//! request, looks its caller up, finds the owner of the resource and derives the context keys that the request leaves
//! out. Then it walks over every statement of every layer (there is no index and no cache), and the outcomes of the
//! layers give the answer.
//!
//! | module | what it knows | rules |
//! | --- | --- | --- |
//! | `value` | JSON values, errors | S-103, S-112 |
//! | `glob`, `template` | wildcards; variables | S-202, S-303, S-509; S-601 to S-610 |
//! | `datatypes`, `address`, `fold` | numbers, dates, base64; addresses; letter case | S-508 to S-514 |
//! | `policy`, `resource`, `principal`, `condition` | statements and their elements | S-101 to S-526 |
//! | `acl`, `world` | what policies are attached to | S-706, S-724, S-725, S-729 |
//! | `context`, `request` | requests and derived keys | S-206, S-704, S-730, S-801 to S-810 |
//! | `decide` | the algorithm | S-701 to S-732 |
//!
//! Letter case of `StringEqualsIgnoreCase` follows Unicode 16.0.0 (S-508, [`UNICODE_VERSION`]).
//!
//! ```
//! use portcullis_reference::{Value, World};
//!
//! let text = |text: &str| Value::String(text.to_string());
//! let world = Value::Object(vec![("accounts".to_string(), Value::Array(vec![]))]);
//! let request = Value::Object(vec![
//!     ("principal".to_string(), text("arn:aws:iam::111111111111:user/alice")),
//!     ("action".to_string(), text("s3:GetObject")),
//!     ("resource".to_string(), text("arn:aws:s3:::bucket/key")),
//! ]);
//! let decision = World::new(&world)?.decide(&request)?;
//! assert_eq!(decision.decision.as_str(), "Deny");
//! assert_eq!(decision.layer.as_str(), "identity");
//! # Ok::<(), portcullis_reference::Error>(())
//! ```

mod acl;
mod address;
mod condition;
mod context;
mod datatypes;
mod decide;
mod fold;
mod glob;
mod policy;
mod principal;
mod request;
mod resource;
mod template;
mod value;
mod world;

pub use decide::{Decision, Layer, Layers, Matched, Outcome, Reason};
pub use fold::UNICODE_VERSION;
pub use policy::Effect;
pub use request::Source;
pub use value::{Error, Value};
pub use world::World;
