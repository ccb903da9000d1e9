//! The step bound: how many nodes and entries a decision can visit at most.
//!
//! A decision of a world consults one chain of SCPs and one of RCPs, an endpoint's slice, a resource or trust policy's, the ACLs of a bucket and an object, and an
//! entity's identity and boundary slices and those of its groups; one of a session overlay its only slice. A chain costs one for each level and the levels' slices. A slice costs one for each of its indexes
//! and their sum, which its record states; a fragment the bisection of its ranges, its dearest cell and its cell for every action; a cell its star, and for each of its shapes one probe and the dearest way through one
//! of its tries; a way every node on it, the DAG that each node has for a prefix, and the DAG at its end. The evaluator counts in the same units, so it never
//! counts more. A trie's dearest way is computed from the last node back, since children come after their parents.

use super::rules::{Budget, Checked, found, invalid, range};
use crate::error::OpenError;
use crate::format::{END, ENTITY_ROLE, NONE, SectionKind, U32};
use crate::views::{Views, at, bisection_steps};
use alloc::vec;
use alloc::vec::Vec;

/// The most steps that any decision of any bundle may take.
pub const STEPS_MAX: u64 = 1 << 20;

/// The step bound of a bundle whose sections the function gives: what the compiler writes into the header.
///
/// # Errors
/// `invalid-bundle` for sections that refer to what they do not hold, or whose ranges overlap too much; `limit-exceeded` above [`STEPS_MAX`].
pub fn steps_bound<'b>(sections: &dyn Fn(SectionKind) -> &'b [u8]) -> Result<u64, OpenError> {
    let views = Views::new(0, 0, sections).map_err(|kind| OpenError::section(kind, "the length is no multiple of the record's"))?;
    let steps = bound(&views)?;
    if steps > STEPS_MAX {
        return Err(OpenError::limit(alloc::format!("a decision can take {steps} steps, more than {STEPS_MAX}")));
    }
    Ok(steps)
}

/// The header's bound is at least the true one and at most the global one.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    if views.steps_max > STEPS_MAX {
        return Err(OpenError::limit("the step bound is above the global one"));
    }
    if bound(views)? > views.steps_max {
        return Err(OpenError::invalid("the step bound is too low"));
    }
    Ok(())
}

fn bound(views: &Views<'_>) -> Checked<u64> {
    let slices = slice_costs(views)?;
    for (slice, cost) in views.slices.iter().zip(&slices) {
        if u64::from(slice.steps.get()) != *cost {
            return invalid(SectionKind::Slices, "a slice's steps are wrong");
        }
    }
    decision_cost(views, &slices)
}

/// The steps of each slice: what the compiler writes into [`SliceRecord::steps`](crate::format::SliceRecord::steps), where 32 bits hold it; more are above
/// [`STEPS_MAX`], so no bundle can have the slice.
///
/// # Errors
/// `invalid-bundle` for sections that refer to what they do not hold, or whose ranges overlap too much.
pub fn slice_steps<'b>(sections: &dyn Fn(SectionKind) -> &'b [u8]) -> Result<Vec<u64>, OpenError> {
    let views = Views::new(0, 0, sections).map_err(|kind| OpenError::section(kind, "the length is no multiple of the record's"))?;
    slice_costs(&views)
}

fn slice_costs(views: &Views<'_>) -> Checked<Vec<u64>> {
    let cells = cell_costs(views)?;
    let fragments = fragment_costs(views, &cells)?;
    let mut indexes = Budget::new(views.slice_indexes.len(), SectionKind::SliceIndexes);
    let mut slices = Vec::with_capacity(views.slices.len());
    for slice in views.slices {
        let run = range(views.slice_indexes, slice.indexes_first, slice.indexes_len, SectionKind::Slices)?;
        indexes.spend(run.len())?;
        let mut cost = 0_u64;
        for index in run {
            cost = cost.saturating_add(1).saturating_add(cost_of(&fragments, *index, SectionKind::SliceIndexes)?);
        }
        slices.push(cost);
    }
    Ok(slices)
}

/// The dearest decision, given the cost of each slice.
fn decision_cost(views: &Views<'_>, slices: &[u64]) -> Checked<u64> {
    if views.accounts.is_empty() {
        // A session overlay.
        return Ok(slices.iter().copied().fold(0, u64::max));
    }
    let slice_cost = |slice: U32, section| if slice.get() == NONE { Ok(0) } else { cost_of(slices, slice, section) };
    let (mut caller, mut resource, mut acl, mut endpoint) = (0_u64, 0_u64, 0_u64, 0_u64);
    let lists = group_list_costs(views, slices)?;
    for entity in views.entities {
        let groups = if entity.groups.get() == NONE { 0 } else { cost_of(&lists, entity.groups, SectionKind::Entities)? };
        let own = slice_cost(entity.identity, SectionKind::Entities)?.saturating_add(slice_cost(entity.boundary, SectionKind::Entities)?);
        caller = caller.max(own.saturating_add(groups));
        if entity.flags.get() & ENTITY_ROLE != 0 {
            resource = resource.max(slice_cost(entity.trust, SectionKind::Entities)?);
        }
    }
    for declared in views.resources {
        resource = resource.max(slice_cost(declared.policy, SectionKind::Resources)?);
        acl = acl.max(slice_cost(declared.acl, SectionKind::Resources)?);
    }
    for declared in views.endpoints {
        endpoint = endpoint.max(slice_cost(declared.policy, SectionKind::Endpoints)?);
    }
    let mut levels = Budget::new(views.chain_levels.len(), SectionKind::Chains);
    let mut chain = 0_u64;
    for record in views.chains {
        let run = range(views.chain_levels, record.first, record.len, SectionKind::Chains)?;
        levels.spend(run.len())?;
        let mut cost = run.len() as u64;
        for level in run {
            cost = cost.saturating_add(cost_of(slices, *level, SectionKind::ChainLevels)?);
        }
        chain = chain.max(cost);
    }
    // A bucket's ACL and an object's; a chain of SCPs and one of RCPs.
    let doubled = acl.saturating_add(chain).saturating_mul(2);
    Ok(caller.saturating_add(resource).saturating_add(endpoint).saturating_add(doubled))
}

/// The steps of the slices of each list.
fn group_list_costs(views: &Views<'_>, slices: &[u64]) -> Checked<Vec<u64>> {
    let mut budget = Budget::new(views.group_list_slices.len(), SectionKind::GroupLists);
    let mut costs = Vec::with_capacity(views.group_lists.len());
    for list in views.group_lists {
        let run = range(views.group_list_slices, list.first, list.len, SectionKind::GroupLists)?;
        budget.spend(run.len())?;
        let mut cost = 0_u64;
        for slice in run {
            cost = cost.saturating_add(cost_of(slices, *slice, SectionKind::GroupListSlices)?);
        }
        costs.push(cost);
    }
    Ok(costs)
}

fn cost_of(costs: &[u64], id: U32, section: SectionKind) -> Checked<u64> {
    found(at(costs, id.get()).copied(), section)
}

fn fragment_costs(views: &Views<'_>, cells: &[u64]) -> Checked<Vec<u64>> {
    let section = SectionKind::Fragments;
    let cell_cost = |cell: U32| if cell.get() == NONE { Ok(0) } else { cost_of(cells, cell, section) };
    let mut budget = Budget::new(views.action_ranges.len(), section);
    let mut costs = Vec::with_capacity(views.fragments.len());
    for fragment in views.fragments {
        let ranges = range(views.action_ranges, fragment.ranges_first, fragment.ranges_len, section)?;
        budget.spend(ranges.len())?;
        let mut dearest = 0_u64;
        for range in ranges {
            dearest = dearest.max(cell_cost(range.cell)?);
        }
        let any_action = cell_cost(fragment.any_action_cell)?;
        costs.push(bisection_steps(ranges.len()).saturating_add(dearest).saturating_add(any_action));
    }
    Ok(costs)
}

fn cell_costs(views: &Views<'_>) -> Checked<Vec<u64>> {
    let ways = way_costs(views)?;
    let mut costs = Vec::with_capacity(views.cells.len());
    for cell in views.cells {
        costs.push(dag_cost(views, cell.star, SectionKind::Cells)?);
    }
    // The dearest trie of each cell and mask: shapes, put in the order of both.
    let mut shapes = Vec::with_capacity(views.shapes.len());
    for shape in views.shapes {
        shapes.push((shape.cell.get(), shape.mask.get(), cost_of(&ways, shape.root, SectionKind::Shapes)?));
    }
    shapes.sort_unstable();
    let mut shapes = shapes.into_iter().peekable();
    while let Some((cell, mask, cost)) = shapes.next() {
        if shapes.peek().is_some_and(|(next_cell, next_mask, _)| (*next_cell, *next_mask) == (cell, mask)) {
            continue;
        }
        let Some(total) = costs.get_mut(cell as usize) else { return invalid(SectionKind::Shapes, "a cell is out of bounds") };
        *total = total.saturating_add(cost).saturating_add(1);
    }
    Ok(costs)
}

/// For each trie node the dearest way from it down, itself included.
fn way_costs(views: &Views<'_>) -> Checked<Vec<u64>> {
    let section = SectionKind::TrieNodes;
    let mut budget = Budget::new(views.trie_nodes.len(), section);
    let mut costs = vec![0_u64; views.trie_nodes.len()];
    for (id, node) in views.trie_nodes.iter().enumerate().rev() {
        let mut below = dag_cost(views, node.exact, section)?;
        if node.child_count.get() != 0 {
            let children = range(&costs, node.first_child, node.child_count, section)?;
            if node.first_child.get() as usize <= id {
                return invalid(section, "a child does not come after its parent");
            }
            budget.spend(children.len())?;
            below = children.iter().copied().fold(below, u64::max);
        }
        let own = dag_cost(views, node.prefix, section)?.saturating_add(1).saturating_add(below);
        if let Some(cost) = costs.get_mut(id) {
            *cost = own;
        }
    }
    Ok(costs)
}

fn dag_cost(views: &Views<'_>, root: U32, section: SectionKind) -> Checked<u64> {
    if root.get() == END {
        return Ok(0);
    }
    found(at(views.dag_nodes, root.get()), section).map(|node| u64::from(node.cost.get()))
}
