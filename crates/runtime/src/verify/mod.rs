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
//! - `denies`: an index that leads to a Deny says so;
//! - `steps`: the bound, recomputed, is at most the header's, and that at most [`STEPS_MAX`].

mod accounts;
mod actions;
mod dag;
mod denies;
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
pub use steps::{STEPS_MAX, slice_steps, steps_bound};

use crate::error::OpenError;
use crate::format::{BundleKind, SectionKind};
use crate::views::Views;

/// Verifies a bundle of this kind.
pub(crate) fn verify(bytes: &[u8], kind: BundleKind) -> Result<Table, OpenError> {
    let table = header::verify(bytes)?;
    if table.kind != kind {
        return Err(OpenError::invalid(match kind {
            BundleKind::World => "the bytes are a session overlay, not the bundle of a world",
            BundleKind::Session => "the bytes are the bundle of a world, not a session overlay",
        }));
    }
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
    denies::verify(&views)?;
    if kind == BundleKind::Session {
        verify_session(&views)?;
    }
    Ok(table)
}

/// A session overlay has one slice, and nothing that only a world has.
fn verify_session(views: &Views<'_>) -> Result<(), OpenError> {
    let absent = [
        (SectionKind::Accounts, views.accounts.is_empty()),
        (SectionKind::Entities, views.entities.is_empty()),
        // A caller's keys are numbered by the main bundle, so an element of the overlay would be compared with other keys than it lists.
        (SectionKind::PrincipalElements, views.principal_elements.is_empty()),
        (SectionKind::Resources, views.resources.is_empty()),
        (SectionKind::Chains, views.chains.is_empty()),
        (SectionKind::Endpoints, views.endpoints.is_empty()),
        (SectionKind::Groups, views.groups.is_empty()),
        (SectionKind::Policies, views.policies.is_empty()),
        (SectionKind::GroupLists, views.group_lists.is_empty()),
        (SectionKind::RcpServices, views.rcp_services.is_empty()),
    ];
    for (section, is_absent) in absent {
        rules::ensure(is_absent, section, "a session overlay has what belongs to a world")?;
    }
    rules::ensure(views.slices.len() == 1, SectionKind::Slices, "a session overlay has not one slice")
}
