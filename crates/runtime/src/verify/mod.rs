//! Verification: everything that evaluation relies on, checked once when a bundle is opened.
//!
//! Input: bytes of any kind. Output: a table of sections whose contents keep the rules of [`crate::format`], or an [`OpenError`]. Neither a panic
//! nor unbounded work is possible: all arithmetic is checked, nothing recurses, and shared ranges are walked under a budget.
//!
//! The order matters, since a later check leans on earlier ones: header and table; digests; strings, on which all texts rest; then the sections
//! from the leaves of the reference graph up, so that an id is checked where it stands; last the step bound, which reads most of them.
//!
//! What each file checks:
//! - `header`: magic, version, flags, lengths, order and place of sections, zero padding, no trailing bytes, digests;
//! - `strings`: UTF-8, bounds, strict order, hash index;
//! - `actions`: bounds in order from the empty text on, literals folded and in the index;
//! - `keys`: folded distinct names, derivation and tag as the name says;
//! - `accounts`, `entities`, `resources`: order, flags, ids, tags; every declared ARN is found in its trie;
//! - `principals`: keys in order, elements' runs in order;
//! - `dag`: operands fit atoms, texts in normal form, edges forward, costs exact;
//! - `trie`: children after their parent and in order, labels in bounds, shapes consistent and found by their index;
//! - `fragments`: slices, ranges, statements;
//! - `steps`: the bound, recomputed, is at most the header's, and that at most [`STEPS_MAX`].

mod accounts;
mod actions;
mod dag;
mod entities;
mod fragments;
mod header;
mod keys;
mod operands;
mod principals;
mod resources;
mod rules;
mod steps;
mod strings;
#[cfg(test)]
mod tests;
mod trie;

pub(crate) use header::Table;
pub use steps::{STEPS_MAX, steps_bound};

use crate::error::OpenError;

/// Verifies a bundle.
pub(crate) fn verify(bytes: &[u8]) -> Result<Table, OpenError> {
    let table = header::verify(bytes)?;
    let views = table.views(bytes).ok_or_else(|| OpenError::invalid("a section's length is no multiple of its records'"))?;
    strings::verify(&views)?;
    actions::verify(&views)?;
    keys::verify(&views)?;
    accounts::verify(&views)?;
    principals::verify(&views)?;
    let mut texts = rules::Texts::new(views.strings.len());
    entities::verify(&views, &mut texts)?;
    resources::verify(&views)?;
    operands::verify(&views, &mut texts)?;
    dag::verify(&views)?;
    trie::verify(&views)?;
    fragments::verify(&views)?;
    steps::verify(&views)?;
    Ok(table)
}
