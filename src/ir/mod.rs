//! The intermediate representation: documents as statements over interned atoms.
//!
//! In: the checked documents of a world. Out: a [`Program`]: for each document its statements, each of which names an action atom, a resource
//! atom, a principal element and a list of condition atoms. Equal tests are one atom wherever they stand, so later stages compare and share ids.
//!
//! Invariants ([`Program::verify`]):
//! - the lowering of a document depends on its text and its type alone, never on the world around it; documents are lowered in parallel and interned
//!   in their order, so ids do not depend on the thread count;
//! - a test is in normal form: alternatives sorted and distinct, `IfExists` dropped where it changes nothing (S-517, S-518);
//! - the conditions of a statement are distinct.
//!
//! Rules: S-201 to S-205, S-301 to S-314, S-401 to S-415, S-501 to S-527, S-601 to S-610, as far as they fix what a statement *is*; what a test
//! yields for a request is the runtime's business.

mod lower;
mod print;
mod types;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use lower::normalize_condition;
pub use lower::{lower, lower_here};
pub(crate) use print::atom_text;
pub use print::print;
#[cfg(test)]
pub(crate) use print::{pieces_text, resource_text};
pub use types::{
    ActionTest, Atom, AtomId, Atoms, ConditionTest, Conjunction, Document, PrincipalId, PrincipalTest, Program, ResourceTest, Statement,
    TooMany,
};
