//! Which indexes lead to Denies.
//!
//! Where only a Deny can still change a decision, fragments without [`FRAGMENT_DENIES`] are passed over, so a fragment whose index leads to a Deny must have it. What
//! a node leads to is computed from the last node back, since edges and children go to higher ids; ranges that may overlap were walked, and paid for, by `steps`.

use super::rules::{Checked, ensure, found, range};
use crate::error::Fault;
use crate::format::{END, FRAGMENT_DENIES, NODE_DENY, NODE_EMIT, NONE, SectionKind, U32};
use crate::views::{Views, at};
use alloc::vec;

pub(super) fn verify(views: &Views<'_>) -> Checked {
    let mut nodes = vec![false; views.dag_nodes.len()];
    for (id, node) in views.dag_nodes.iter().enumerate().rev() {
        let word = node.word.get();
        let is_emission = word & NODE_EMIT != 0;
        let denies = (is_emission && word & NODE_DENY != 0)
            || leads(&nodes, node.low, SectionKind::DagNodes)?
            || (!is_emission && leads(&nodes, node.high, SectionKind::DagNodes)?);
        if let Some(place) = nodes.get_mut(id) {
            *place = denies;
        }
    }
    let mut ways = vec![false; views.trie_nodes.len()];
    for (id, node) in views.trie_nodes.iter().enumerate().rev() {
        let section = SectionKind::TrieNodes;
        let mut denies = leads(&nodes, node.exact, section)? || leads(&nodes, node.prefix, section)?;
        if node.child_count.get() != 0 {
            denies |= range(&ways, node.first_child, node.child_count, section)?.contains(&true);
        }
        if let Some(place) = ways.get_mut(id) {
            *place = denies;
        }
    }
    let mut cells = vec![false; views.cells.len()];
    for (place, cell) in cells.iter_mut().zip(views.cells) {
        *place = leads(&nodes, cell.star, SectionKind::Cells)?;
    }
    for shape in views.shapes {
        if *found(at(&ways, shape.root.get()), SectionKind::Shapes)? {
            *found(cells.get_mut(shape.cell.get() as usize).ok_or(Fault::Corrupt), SectionKind::Shapes)? = true;
        }
    }
    let section = SectionKind::Fragments;
    for fragment in views.fragments {
        ensure(fragment.flags.get() & !FRAGMENT_DENIES == 0, section, "a flag is unknown")?;
        if fragment.flags.get() & FRAGMENT_DENIES != 0 {
            continue;
        }
        let ranges = range(views.action_ranges, fragment.ranges_first, fragment.ranges_len, section)?;
        for cell in ranges.iter().map(|range| range.cell).chain([fragment.any_action_cell]) {
            let denies = cell.get() != NONE && *found(at(&cells, cell.get()), section)?;
            ensure(!denies, section, "a Deny is not told of")?;
        }
    }
    Ok(())
}

/// Whether a DAG leads to a Deny.
fn leads(nodes: &[bool], root: U32, section: SectionKind) -> Checked<bool> {
    if root.get() == END { Ok(false) } else { found(at(nodes, root.get()).copied(), section) }
}
