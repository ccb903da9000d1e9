//! The decoded section of explanations, whose indexes fit its bundle.

use crate::error::OpenError;
use crate::format::cold::{ChainLevel, Explanations, NO_FILE, SwitchedOffAcl, decode};
use crate::format::{AtomKind, SectionKind, StatementRecord};
use crate::views::{Views, range};
use alloc::vec::Vec;

/// Decodes the section and checks it against the others.
pub(super) fn decoded(views: &Views<'_>) -> Result<Explanations, OpenError> {
    let invalid = |message| OpenError::section(SectionKind::Explanations, message);
    let explanations: Explanations = decode(views.explanations).ok_or_else(|| invalid("the section cannot be decoded"))?;
    if explanations.statements.len() != views.statements.len() {
        return Err(invalid("there is not one origin for each statement"));
    }
    // What the statements of an ACL add to a member's attachment is checked where it is told: members and ranges of statements may overlap.
    let attachments = explanations.attachments.len();
    if views.slice_members.iter().any(|member| member.attachment.get() as usize >= attachments) {
        return Err(invalid("a slice member has no attachment"));
    }
    let files = explanations.files.len();
    if explanations.attachments.iter().any(|attachment| attachment.file != NO_FILE && attachment.file as usize >= files) {
        return Err(invalid("an attachment has no file"));
    }
    written(views, &explanations).map_err(invalid)?;
    Ok(explanations)
}

/// What statements say is about the atoms that they have.
fn written(views: &Views<'_>, explanations: &Explanations) -> Result<(), &'static str> {
    for condition in &explanations.conditions {
        let own = [condition.operator, condition.key];
        if !are_texts(explanations, own.iter().chain(&condition.values).chain(&condition.variables)) {
            return Err("a condition has no text");
        }
        let atom = views.atoms.get(condition.atom as usize);
        let kind = atom.and_then(|atom| AtomKind::from_number(atom.kind.get()));
        if kind.is_none_or(|kind| matches!(kind, AtomKind::Action | AtomKind::Resource)) {
            return Err("a condition has no atom");
        }
    }
    let mut atoms: Vec<Vec<u32>> = Vec::with_capacity(explanations.written.len());
    for written in &explanations.written {
        if !are_texts(explanations, &written.resource_variables) {
            return Err("a variable has no text");
        }
        let conditions = written.conditions.iter().map(|id| explanations.conditions.get(*id as usize).map(|condition| condition.atom));
        let conditions: Option<Vec<u32>> = conditions.collect();
        atoms.push(sorted(conditions.ok_or("a statement has no condition")?));
    }
    for (origin, statement) in explanations.statements.iter().zip(views.statements) {
        if atoms.get(origin.written as usize).is_none_or(|atoms| own_atoms(views, statement).as_ref() != Some(atoms)) {
            return Err("a statement has other conditions than it says");
        }
    }
    if explanations.levels.len() != views.chain_levels.len() {
        return Err("there is not one name for each level of a chain");
    }
    let ids = explanations.levels.iter().filter_map(|level| match level {
        ChainLevel::Root(id) | ChainLevel::Unit(id) => Some(id),
        ChainLevel::Account => None,
    });
    if !are_texts(explanations, ids) {
        return Err("a level has no text");
    }
    let known = |acl: &SwitchedOffAcl| (acl.resource as usize) < views.resources.len() && (acl.slice as usize) < views.slices.len();
    if !explanations.switched_off_acls.iter().all(known) {
        return Err("an ACL that is switched off has no resource or no grants");
    }
    Ok(())
}

fn are_texts<'i>(explanations: &Explanations, ids: impl IntoIterator<Item = &'i u32>) -> bool {
    ids.into_iter().all(|id| (*id as usize) < explanations.texts.len())
}

fn own_atoms(views: &Views<'_>, statement: &StatementRecord) -> Option<Vec<u32>> {
    let conditions = range(views.statement_conditions, statement.conditions_first, statement.conditions_len).ok()?;
    Some(sorted(conditions.iter().map(|atom| atom.get()).collect()))
}

fn sorted(mut atoms: Vec<u32>) -> Vec<u32> {
    atoms.sort_unstable();
    atoms.dedup();
    atoms
}
