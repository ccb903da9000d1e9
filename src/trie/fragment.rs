//! One fragment: which statements stand in which cell.
//!
//! The statements' action runs cut the action line into ranges; a cell is a distinct set of statements that some range has. A statement with many
//! ranges *and* many resources would be copied into every cell, so the space is bounded: while the entries (statements in cells, times their resource patterns) exceed
//! four times the fragment's patterns plus 64, the statements with the largest share move to the any-action cell, where the action is an atom and
//! the resource alone is indexed. Then the space is linear in the text.

use super::actions::ActionLine;
use super::cells::{self, LocalCell, Placed};
use crate::ir::{Atom, Atoms, Document, Statement};
use indexmap::IndexSet;

/// Entries a fragment may have: so many for each pattern, and so many in any case.
const ENTRIES_PER_PATTERN: usize = 4;
const ENTRIES_FREE: usize = 64;
/// Statements that one sweep over the ranges may list in all, before equal sets are joined; past it the sweep is not tried.
const SWEEP_MAX: usize = 1 << 22;

/// A fragment whose cells and tries have no global ids yet.
pub(super) struct LocalFragment {
    /// From this action id on, this cell of `cells`.
    pub(super) ranges: Vec<(u32, Option<usize>)>,
    pub(super) cells: Vec<LocalCell>,
    pub(super) any_action: Option<LocalCell>,
}

/// What the sweep needs of a statement.
struct Share {
    runs: Vec<(u32, u32, bool)>,
    resources: usize,
}

pub(super) fn build(atoms: &Atoms, line: &ActionLine, document: &Document) -> LocalFragment {
    build_within(SWEEP_MAX, atoms, line, document)
}

/// As [`build`], with another bound on a sweep.
pub(super) fn build_within(sweep_max: usize, atoms: &Atoms, line: &ActionLine, document: &Document) -> LocalFragment {
    let mut patterns = 0;
    let shares: Vec<Share> = document
        .statements
        .iter()
        .map(|statement| {
            let runs = match atoms.get(statement.action) {
                Some(Atom::Action(test)) => {
                    patterns += test.patterns.len();
                    line.runs(test)
                }
                _ => Vec::new(),
            };
            let resources = resource_patterns(atoms, statement);
            patterns += resources;
            Share { runs, resources }
        })
        .collect();
    let entries_max = ENTRIES_PER_PATTERN.saturating_mul(patterns).saturating_add(ENTRIES_FREE);
    let mut indexed = vec![true; shares.len()];
    let mut swept = sweep(sweep_max, &shares, &indexed);
    if swept.as_ref().is_none_or(|swept| swept.entries(&shares) > entries_max) {
        move_largest(&shares, swept.as_ref(), entries_max, &mut indexed);
        swept = sweep(sweep_max, &shares, &indexed);
    }
    // What even then is too much to sweep is not indexed by action at all.
    let swept = swept.unwrap_or_else(|| {
        indexed.fill(false);
        Swept::default()
    });
    let moved: Vec<Placed> = (0u32..).zip(&indexed).filter(|(_, indexed)| !**indexed).map(|(statement, _)| (statement, true)).collect();
    LocalFragment {
        ranges: swept.ranges,
        cells: swept.sets.iter().map(|set| cells::build(atoms, document, set)).collect(),
        any_action: if moved.is_empty() { None } else { Some(cells::build(atoms, document, &moved)) },
    }
}

fn resource_patterns(atoms: &Atoms, statement: &Statement) -> usize {
    match statement.resource.and_then(|resource| atoms.get(resource)) {
        Some(Atom::Resource(test)) if !test.negated => test.patterns.len().max(1),
        _ => 1,
    }
}

/// The ranges of the action line and the distinct sets of statements over them.
#[derive(Default)]
struct Swept {
    ranges: Vec<(u32, Option<usize>)>,
    sets: IndexSet<Vec<Placed>>,
}

impl Swept {
    fn entries(&self, shares: &[Share]) -> usize {
        self.sets.iter().flatten().filter_map(|(statement, _)| shares.get(*statement as usize)).map(|share| share.resources).sum()
    }
}

/// Sweeps over the action line; `None` when the sets would be too large to list.
fn sweep(listed_max: usize, shares: &[Share], indexed: &[bool]) -> Option<Swept> {
    // (action id, starts, statement, open): ends before starts at the same id, so a set never holds a statement twice.
    let mut events: Vec<(u32, bool, Placed)> = Vec::new();
    for ((statement, share), indexed) in (0u32..).zip(shares).zip(indexed) {
        if *indexed {
            for &(first, end, open) in &share.runs {
                events.push((first, true, (statement, open)));
                events.push((end, false, (statement, open)));
            }
        }
    }
    events.sort_unstable();
    let mut swept = Swept::default();
    let mut active = std::collections::BTreeSet::new();
    let mut listed = 0usize;
    let mut events = events.into_iter().peekable();
    while let Some((at, starts, placed)) = events.next() {
        if starts {
            active.insert(placed);
        } else {
            active.remove(&placed);
        }
        if events.peek().is_some_and(|next| next.0 == at) {
            continue;
        }
        listed = listed.saturating_add(active.len());
        if listed > listed_max {
            return None;
        }
        let cell = if active.is_empty() { None } else { Some(swept.sets.insert_full(active.iter().copied().collect()).0) };
        if swept.ranges.last().is_none_or(|last| last.1 != cell) {
            swept.ranges.push((at, cell));
        }
    }
    Some(swept)
}

/// Marks the statements with the largest shares as not indexed by action, until the rest fits.
fn move_largest(shares: &[Share], swept: Option<&Swept>, entries_max: usize, indexed: &mut [bool]) {
    let mut weights: Vec<(usize, usize)> = (0..shares.len()).map(|index| (0, index)).collect();
    match swept {
        Some(swept) => {
            for (statement, _) in swept.sets.iter().flatten() {
                let index = *statement as usize;
                if let (Some(weight), Some(share)) = (weights.get_mut(index), shares.get(index)) {
                    weight.0 = weight.0.saturating_add(share.resources);
                }
            }
        }
        None => {
            // Without the sets, a statement's share is at most the bounds within its runs.
            let mut bounds: Vec<u32> = shares.iter().flat_map(|share| &share.runs).flat_map(|run| [run.0, run.1]).collect();
            bounds.sort_unstable();
            bounds.dedup();
            let position = |id: u32| bounds.partition_point(|bound| *bound < id);
            for (weight, share) in weights.iter_mut().zip(shares) {
                let ranges: usize = share.runs.iter().map(|run| position(run.1).saturating_sub(position(run.0))).sum();
                weight.0 = ranges.saturating_mul(share.resources);
            }
        }
    }
    let mut total: usize = weights.iter().map(|weight| weight.0).fold(0, usize::saturating_add);
    weights.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (weight, index) in weights {
        if total <= entries_max {
            break;
        }
        total = total.saturating_sub(weight);
        if let Some(indexed) = indexed.get_mut(index) {
            *indexed = false;
        }
    }
}
