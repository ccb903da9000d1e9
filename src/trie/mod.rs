//! The index: from an action and a resource to the conjunctions that can still matter.
//!
//! In: a program, its fragments and the plan of their indexes. Out: [`Tries`]: the action line, for each fragment its action ranges and cells, for each cell a star leaf and a
//! byte trie for each shape and text of its resource patterns, and the interned leaves (lists of [`Conjunction`](crate::ir::Conjunction)s) that they end in.
//!
//! The naive version is a loop over all statements. Two rules make the index exact. First, an outcome is an OR over statements, so any split into parts, each
//! indexed in its own way, decides the same (S-702). Second, the index only discards a statement of which some element is false for the request; what it does
//! not settle stays in the leaf as an atom. A pattern that cannot be indexed is one more atom, never a guess.
//!
//! Invariants ([`Tries::verify`]): bounds of the action line ascend; ranges of a fragment ascend; children of a node lie side by side, after it, in order of
//! their first bytes; a cell has at most one root for each shape and texts.
//!
//! Rules: S-201 to S-205, S-301 to S-309, S-313. The layout of the look-up is that of `portcullis_runtime::format::{ActionBound, CellRecord}`.

mod actions;
mod cells;
mod fragment;
mod merge;
mod print;
mod radix;
mod types;
mod verify;

#[cfg(test)]
mod tests;

pub use actions::{ActionLine, Interval, is_exact};
pub use merge::{build, build_here};
pub use print::print;
pub(crate) use radix::{Entry, LocalTrie};
pub use types::{Cell, CellId, Fragment, KeyId, LeafId, Node, NodeId, Shape, Tries};
