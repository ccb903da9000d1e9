//! Merging of fragments: documents that are consulted together are indexed together.
//!
//! A slice that consults six documents looks the request's action and resource up six times. The outcome of a slice is a disjunction over its statements (S-703),
//! whatever documents they stand in, so any partition of a slice's documents into indexes decides the same; the statements themselves stay in their documents, from
//! which explanations and the unindexed way read.
//!
//! Documents that exactly the same slices consult are indexed once, together. One that other slices consult too stays apart, and shared: copies of it would be larger, and
//! a shared index is one that caches keep. (With copies bought up to twice the size, decisions of the workload `w3` took 2.4 us in the place of 0.85.)
//! Slices that only names lead to, those of managed policies and groups, count as no one's: they keep the indexes of single documents, so an index is copied at most once.
//!
//! Invariant: the fragments behind a slice's indexes are the fragments of its members, each once.

use crate::link::{FragmentId, Linked, Plan, SliceId};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// Plans the indexes of a linked world. A session's documents are one slice, which is consulted.
#[must_use]
pub fn merge(linked: &Linked) -> Plan {
    let sets: Vec<Vec<FragmentId>> = linked.slices.iter().map(|members| Linked::fragments_of(members)).collect();
    let consulted: HashSet<SliceId> =
        if linked.accounts.is_empty() { (0_u32..).take(sets.len()).map(SliceId).collect() } else { linked.consulted().collect() };
    // Of each fragment, the slices that consult it.
    let mut sharers: Vec<Vec<SliceId>> = vec![Vec::new(); linked.fragments.len()];
    let slices = || (0_u32..).map(SliceId).zip(&sets);
    for (slice, set) in slices().filter(|(slice, _)| consulted.contains(slice)) {
        for fragment in set {
            if let Some(sharers) = sharers.get_mut(fragment.0 as usize) {
                sharers.push(slice);
            }
        }
    }
    let mut planner = Planner { fragments: linked.fragments.len(), known: HashMap::new(), plan: Plan::default() };
    for (slice, set) in slices() {
        let indexes = if consulted.contains(&slice) {
            let mut together: IndexMap<&[SliceId], Vec<FragmentId>> = IndexMap::new();
            for fragment in set {
                let sharers = sharers.get(fragment.0 as usize).map_or(&[][..], Vec::as_slice);
                together.entry(sharers).or_default().push(*fragment);
            }
            together.into_values().map(|fragments| planner.index(fragments)).collect()
        } else {
            set.iter().map(|fragment| fragment.0).collect()
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
