//! The condition DAG: leaves as hash-consed decision graphs.
//!
//! In: the leaves of the index. Out: a [`Dag`]: nodes that test an atom or emit an effect, and a root for each leaf. The naive version of a leaf is a chain of
//! conjunctions: test the atoms of the first, emit if all are true, go on with the second. The DAG is that chain, built from its tail, with equal tails
//! shared across the whole bundle.
//!
//! A negated operator is an atom of its own, never the other edge of the positive one: a missing key makes the first true and the second false, and a multivalued key fails both
//! (S-503, S-506).
//!
//! Invariants ([`Dag::verify`]): edges go to higher ids or to the end, so the graph is acyclic and every walk ends; no two nodes are equal; every root exists.

mod build;
mod print;
mod types;
mod verify;

#[cfg(test)]
mod tests;

pub use build::build;
pub use print::{dot, print};
pub use types::{Dag, DagNodeId, Node};
