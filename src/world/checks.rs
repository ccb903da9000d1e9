//! Checks that need more than one account or more than one document.
//!
//! Errors: what is unique in the world stands in it twice (`duplicate-entity`). Warnings: sums of document sizes (S-114,
//! `size-quota`), a level whose RCPs lack the full-access document (S-708, `rcp-full-access-missing`), and unique ids
//! that nothing in the world has (S-408, `dangling-principal`).

use super::accounts::Draft;
use super::link::Linked;
use super::resolve::References;
use super::shape::duplicate;
use super::types::StoredDocument;
use crate::diag::{Code, Diagnostic, Sources, Span, quoted};
use crate::syntax::policy::{Document, Effect, Piece, PrincipalEntry, ResourcePattern};
use std::collections::{HashMap, HashSet};

/// Account ids, resource ARNs and endpoint ids.
pub(super) fn unique_in_world(drafts: &[Draft], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = Seen { first: HashMap::new(), diagnostics };
    for draft in drafts {
        if let Some(at) = draft.id_at {
            seen.note("account", &draft.account.id, at);
        }
    }
    for (arn, at) in drafts.iter().flat_map(|draft| &draft.resource_arns) {
        seen.note("resource", arn, *at);
    }
    for (id, at) in drafts.iter().flat_map(|draft| &draft.endpoint_ids) {
        seen.note("endpoint", id, *at);
    }
}

struct Seen<'d, 'r> {
    first: HashMap<(&'static str, &'d str), Span>,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl<'d> Seen<'d, '_> {
    fn note(&mut self, kind: &'static str, name: &'d str, at: Span) {
        match self.first.get(&(kind, name)) {
            Some(first) => {
                self.diagnostics.push(duplicate(at, *first, format!("the {kind} {} is declared twice in the world", quoted(name))));
            }
            None => {
                self.first.insert((kind, name), at);
            }
        }
    }
}

/// Sums of the sizes of inline policies.
pub(super) fn quotas(found: &References, linked: &[Option<Linked>], diagnostics: &mut Vec<Diagnostic>) {
    for quota in &found.quotas {
        let inline = quota.references.clone().filter(|index| found.references.get(*index).is_some_and(|reference| reference.inline));
        let sum: usize = inline.filter_map(|index| linked.get(index)?.as_ref()).map(|linked| linked.characters).sum();
        if sum > quota.characters_max {
            let message =
                format!("the inline policies of {} have {sum} characters, AWS takes {} by default", quota.subject, quota.characters_max);
            diagnostics.push(Diagnostic::new(Code::SizeQuota, quota.at, message));
        }
    }
}

/// Levels that list RCPs without the full-access document; a level with an error may mean that one, so it is left alone.
pub(super) fn rcp_levels(found: &References, linked: &[Option<Linked>], documents: &[StoredDocument], diagnostics: &mut Vec<Diagnostic>) {
    for (at, references) in &found.rcp_levels {
        let of_level: Option<Vec<&Linked>> = references.clone().map(|index| linked.get(index)?.as_ref()).collect();
        let Some(of_level) = of_level else { continue };
        let mut documents = of_level.into_iter().filter_map(|linked| documents.get(linked.document.0 as usize));
        if !documents.any(|stored| is_full_access(&stored.document)) {
            let message = "no policy of this level allows everything, so nothing passes it";
            diagnostics.push(Diagnostic::new(Code::RcpFullAccessMissing, *at, message).with_help("add `RCPFullAWSAccess` to the list"));
        }
    }
}

/// True for one statement that allows everyone everything on every resource without a condition.
fn is_full_access(document: &Document) -> bool {
    let [statement] = document.statements.as_slice() else { return false };
    let principal =
        statement.principal.as_ref().is_some_and(|principal| !principal.negated && principal.entries == [PrincipalEntry::Everyone]);
    let action = !statement.action.negated && statement.action.patterns.iter().any(|pattern| pattern.pieces == [Piece::Star]);
    let resource =
        statement.resource.as_ref().is_some_and(|resource| !resource.negated && resource.patterns.contains(&ResourcePattern::All));
    statement.effect == Effect::Allow && principal && action && resource && statement.conditions.is_empty()
}

/// Unique ids in principal elements that no user and no role has.
pub(super) fn dangling_principals(sources: &Sources, drafts: &[Draft], documents: &[StoredDocument], diagnostics: &mut Vec<Diagnostic>) {
    let users = drafts.iter().flat_map(|draft| &draft.account.users).filter_map(|user| user.id.as_deref());
    let roles = drafts.iter().flat_map(|draft| &draft.account.roles).filter_map(|role| role.id.as_deref());
    let known: HashSet<&str> = users.chain(roles).collect();
    for statement in documents.iter().flat_map(|stored| &stored.document.statements) {
        let mut reported = HashSet::new();
        for entry in statement.principal.iter().flat_map(|principal| &principal.entries) {
            let PrincipalEntry::UniqueId(id) = entry else { continue };
            if known.contains(id.as_str()) || !reported.insert(id) {
                continue;
            }
            let message = format!("no user or role of the world has the id {}, so it matches nothing", quoted(id));
            diagnostics.push(Diagnostic::new(Code::DanglingPrincipal, place_of(sources, statement.span, id), message));
        }
    }
}

/// The string `text` within a statement, or the whole statement where it is written with escapes.
fn place_of(sources: &Sources, statement: Span, text: &str) -> Span {
    let quoted = format!("\"{text}\"");
    let at = sources.text(statement).find(&quoted).and_then(|at| u32::try_from(at).ok());
    let length = u32::try_from(quoted.len()).unwrap_or(u32::MAX);
    at.map_or(statement, |at| {
        let start = statement.start.saturating_add(at);
        Span { start, end: start.saturating_add(length), ..statement }
    })
}
