//! Slices, fragments and statements.

use super::rules::{Budget, Checked, ensure, ensure_ascending, ensure_id, ensure_optional_id, found, range};
use crate::format::{AtomKind, STATEMENT_DENY, SectionKind, StatementRecord};
use crate::views::{Views, at};

/// Members and indexes name fragments; ranges ascend and name cells; statements name atoms of the right kinds.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    for member in views.slice_members {
        ensure_id(member.fragment, views.fragments.len(), SectionKind::SliceMembers, "a fragment is out of bounds")?;
    }
    for index in views.slice_indexes {
        ensure_id(*index, views.fragments.len(), SectionKind::SliceIndexes, "a fragment is out of bounds")?;
    }
    for slice in views.slices {
        range(views.slice_members, slice.first, slice.len, SectionKind::Slices)?;
        range(views.slice_indexes, slice.indexes_first, slice.indexes_len, SectionKind::Slices)?;
    }
    for action_range in views.action_ranges {
        let section = SectionKind::ActionRanges;
        ensure_id(action_range.first_action, views.action_bounds.len(), section, "an action is out of bounds")?;
        ensure_optional_id(action_range.cell, views.cells.len(), section, "a cell is out of bounds")?;
    }
    let section = SectionKind::Fragments;
    let mut ranges = Budget::new(views.action_ranges.len(), section);
    for fragment in views.fragments {
        let run = range(views.action_ranges, fragment.ranges_first, fragment.ranges_len, section)?;
        ranges.spend(run.len())?;
        ensure_ascending(run.iter().map(|range| range.first_action.get()), section, "ranges are not in strictly ascending order")?;
        ensure_optional_id(fragment.any_action_cell, views.cells.len(), section, "a cell is out of bounds")?;
        range(views.statements, fragment.statements_first, fragment.statements_len, section)?;
    }
    for condition in views.statement_conditions {
        let section = SectionKind::StatementConditions;
        let kind = found(at(views.atoms, condition.get()), section)?.kind.get();
        ensure(kind != AtomKind::Action as u32 && kind != AtomKind::Resource as u32, section, "an atom is no condition")?;
    }
    views.statements.iter().try_for_each(|statement| verify_statement(views, statement))
}

fn verify_statement(views: &Views<'_>, statement: &StatementRecord) -> Checked {
    let section = SectionKind::Statements;
    ensure(statement.flags.get() & !STATEMENT_DENY == 0, section, "a flag is unknown")?;
    let action = found(at(views.atoms, statement.action.get()), section)?;
    ensure(action.kind.get() == AtomKind::Action as u32, section, "the action element is no action atom")?;
    ensure_optional_id(statement.resource, views.atoms.len(), section, "an atom is out of bounds")?;
    if let Ok(resource) = at(views.atoms, statement.resource.get()) {
        ensure(resource.kind.get() == AtomKind::Resource as u32, section, "the resource element is no resource atom")?;
    }
    ensure_optional_id(statement.principal, views.principal_elements.len(), section, "a principal element is out of bounds")?;
    range(views.statement_conditions, statement.conditions_first, statement.conditions_len, section).map(|_| ())
}
