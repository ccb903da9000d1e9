//! Merging of fragments: documents that are consulted together are indexed together.
//!
//! A slice that consults six documents looks the request's action and resource up six times. The outcome of a slice is a disjunction over its statements (S-703),
//! whatever documents they stand in, so any partition of a slice's documents into indexes decides the same; the statements themselves stay in their documents, from
//! which explanations and the unindexed way read.
//!
//! Documents that exactly the same slices consult are indexed once, together: that costs nothing. A document that other slices consult too has to be copied into a merged
//! index. Copies are bought where they save most look-ups for their size, until the indexes have doubled; the rest stays shared.
//!
//! Invariant: the fragments behind a slice's indexes are the fragments of its members, each once.

use crate::ir::{Atom, Program};
use crate::link::{FragmentId, Linked, Plan};
use indexmap::IndexMap;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Copies that are bought in any case, however small the world: statements and resource patterns.
const COPIES_FREE: u64 = 1 << 16;

/// Plans the indexes of a linked world.
#[must_use]
pub fn merge(program: &Program, linked: &Linked) -> Plan {
    let sets: Vec<Vec<FragmentId>> = linked.slices.iter().map(|members| Linked::fragments_of(members)).collect();
    let mut planner = Planner { fragments: linked.fragments.len(), known: HashMap::new(), plan: Plan::default() };
    let bought = bought(&sets, linked, &weights(program, linked));
    // Of each fragment, the slices that it is not copied for.
    let mut sharers: Vec<Vec<u32>> = vec![Vec::new(); linked.fragments.len()];
    for (slice, set) in (0_u32..).zip(&sets) {
        if !bought.contains(set) {
            for fragment in set {
                if let Some(sharers) = sharers.get_mut(fragment.0 as usize) {
                    sharers.push(slice);
                }
            }
        }
    }
    for set in &sets {
        let indexes = if bought.contains(set) {
            vec![planner.index(set.clone())]
        } else {
            let mut together: IndexMap<&[u32], Vec<FragmentId>> = IndexMap::new();
            for fragment in set {
                let sharers = sharers.get(fragment.0 as usize).map_or(&[][..], Vec::as_slice);
                together.entry(sharers).or_default().push(*fragment);
            }
            together.into_values().map(|fragments| planner.index(fragments)).collect()
        };
        planner.plan.slices.push(indexes);
    }
    planner.plan
}

struct Planner {
    fragments: usize,
    known: HashMap<Vec<FragmentId>, u32>,
    plan: Plan,
}

impl Planner {
    /// The index over these fragments.
    fn index(&mut self, fragments: Vec<FragmentId>) -> u32 {
        if let [FragmentId(fragment)] = *fragments {
            return fragment;
        }
        if let Some(&known) = self.known.get(&fragments) {
            return known;
        }
        // There are fewer distinct sets than slices, which have ids.
        let new = u32::try_from(self.fragments + self.plan.merged.len()).unwrap_or(u32::MAX);
        self.plan.merged.push(fragments.clone());
        self.known.insert(fragments, new);
        new
    }
}

/// Statements and resource patterns of each fragment: what its index grows with.
fn weights(program: &Program, linked: &Linked) -> Vec<u64> {
    let of_statement = |statement: &crate::ir::Statement| match statement.resource.and_then(|resource| program.atoms.get(resource)) {
        Some(Atom::Resource(test)) => test.patterns.len() as u64,
        _ => 1,
    };
    let ids = (0_u32..).take(linked.fragments.len()).map(FragmentId);
    ids.map(|id| linked.indexed(program, id).map_or(0, |document| document.statements.iter().map(of_statement).sum())).collect()
}

/// The sets of fragments that get an index of their own, though others consult some of the fragments too.
fn bought(sets: &[Vec<FragmentId>], linked: &Linked, weights: &[u64]) -> HashSet<Vec<FragmentId>> {
    let mut uses: IndexMap<&Vec<FragmentId>, u64> = sets.iter().map(|set| (set, 0)).collect();
    for slice in linked.consulted() {
        if let Some(uses) = sets.get(slice.0 as usize).and_then(|set| uses.get_mut(set)) {
            *uses += 1;
        }
    }
    let mut holders = vec![0_u32; weights.len()];
    for fragment in uses.keys().copied().flatten() {
        if let Some(holders) = holders.get_mut(fragment.0 as usize) {
            *holders = holders.saturating_add(1);
        }
    }
    let cost = |set: &[FragmentId]| -> u64 {
        let shared =
            set.iter().map(|fragment| fragment.0 as usize).filter(|fragment| holders.get(*fragment).is_some_and(|holders| *holders > 1));
        shared.filter_map(|fragment| weights.get(fragment)).sum()
    };
    let mut candidates: Vec<(&Vec<FragmentId>, u64, u64)> = uses
        .into_iter()
        .filter(|(set, uses)| set.len() > 1 && *uses > 0)
        .map(|(set, uses)| (set, uses.saturating_mul(set.len() as u64 - 1), cost(set)))
        .collect();
    // Most look-ups saved for a unit of size first; among equals the order of slices.
    candidates.sort_by_key(|(_, gain, cost)| Reverse(gain.saturating_mul(1 << 20) / (cost + 1)));
    let mut left = weights.iter().sum::<u64>().saturating_add(COPIES_FREE);
    let mut bought = HashSet::new();
    for (set, _, cost) in candidates {
        if let Some(rest) = left.checked_sub(cost) {
            left = rest;
            bought.insert(set.clone());
        }
    }
    bought
}
