//! The bundle writer: everything the runtime needs, as bytes.
//!
//! In: the documents of a world or of a session, and their program, links, index and DAG. Out: the bytes that `portcullis_runtime::format` describes. The encoder runs twice over the same
//! code: the first run only collects the strings, so that they can be sorted and numbered; the second writes records with their symbols. Whatever the first run
//! sees, the second finds.
//!
//! Invariants: the bytes depend on the inputs alone, not on hash order, threads, folders or the clock; every index is built with the format's own hash and
//! satisfies its probe bound; the bytes of a world have been opened again by the runtime's verifier ([`encode`]), those of a session are verified by whoever
//! opens them, since they never leave the process unseen. [`publish`] makes bytes a file, or leaves
//! the old file as it was.

mod atoms;
mod dearest;
mod explanations;
mod file;
mod index;
mod measure;
mod principals;
mod publish;
mod sections;
mod strings;
mod trie;
mod world;

#[cfg(test)]
pub(crate) mod tests;

pub use dearest::Dearest;
pub use file::{EncodeError, encode};
pub use publish::{Access, Publish, Told, publish, publish_with};

use crate::dag::Dag;
use crate::diag::{Sources, Span};
use crate::ir::Program;
use crate::link::{Linked, Plan};
use crate::syntax::policy::Document;
use crate::trie::Tries;
use portcullis_runtime::format::BundleKind;

/// What a bundle is made of.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// A world or a session.
    pub kind: BundleKind,
    /// The texts, for places.
    pub sources: &'a Sources,
    /// The documents by their ids, as [`Linked::fragments`] names their statements.
    pub documents: &'a [Source<'a>],
    /// Atoms, principal elements, statements.
    pub program: &'a Program,
    /// Accounts, entities, resources, slices.
    pub linked: &'a Linked,
    /// The indexes of the slices.
    pub plan: &'a Plan,
    /// The index.
    pub tries: &'a Tries,
    /// The DAG of the index's leaves.
    pub dag: &'a Dag,
}

/// A document and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The checked document.
    pub document: &'a Document,
    /// Where it comes from.
    pub origin: Origin<'a>,
}

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A text: the place of the first of equal ones. One that came without a file has a source without a name.
    Text(Span),
    /// An ACL, which has no statements (S-729). For each of the document's, how many places after the ACL's first its place is.
    Acl(&'a [u32]),
}
