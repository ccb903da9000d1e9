//! The bundle writer: everything the runtime needs, as bytes.
//!
//! In: a world and its program, links, index and DAG. Out: the bytes that `portcullis_runtime::format` describes. The encoder runs twice over the same
//! code: the first run only collects the strings, so that they can be sorted and numbered; the second writes records with their symbols. Whatever the first run
//! sees, the second finds.
//!
//! Invariants: the bytes depend on the inputs alone, not on hash order, threads, folders or the clock; every index is built with the format's own hash and
//! satisfies its probe bound; what is returned has been opened again by the runtime's verifier ([`encode`]). [`publish`] makes bytes a file, or leaves
//! the old file as it was.

mod atoms;
mod explanations;
mod file;
mod index;
mod principals;
mod publish;
mod sections;
mod strings;
mod trie;
mod world;

#[cfg(test)]
mod tests;

pub use file::{EncodeError, encode};
pub use publish::{Access, Publish, Told, publish, publish_with};

use crate::dag::Dag;
use crate::ir::Program;
use crate::link::Linked;
use crate::trie::Tries;
use crate::world::World;

/// What a bundle is made of.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The world, for names and places.
    pub world: &'a World,
    /// Atoms, principal elements, statements.
    pub program: &'a Program,
    /// Accounts, entities, resources, slices.
    pub linked: &'a Linked,
    /// The index.
    pub tries: &'a Tries,
    /// The DAG of the index's leaves.
    pub dag: &'a Dag,
}
