//! The cold sections.

use super::atoms::ENDPOINT_KEY;
use super::measure::measure;
use super::sections::Sections;
use super::{Origin, Parts};
use crate::diag::LineColumn;
use crate::link::{FragmentId, SliceId};
use indexmap::IndexSet;
use portcullis_runtime::format::BundleKind;
use portcullis_runtime::format::cold::{Attachment, Explanations, NO_FILE, NO_STATEMENT, StatementOrigin, Summary};
use std::collections::BTreeMap;

/// Where every place and every statement of the bundle stands, and how its context keys are written. `slots` are the keys.
pub(super) fn explanations(parts: Parts<'_>, slots: &IndexSet<String>) -> Explanations {
    let sources = parts.sources;
    // By name: a file that is used as several types of policy stands in the sources once for each.
    let mut files: IndexSet<&str> = IndexSet::new();
    let attachments = parts
        .linked
        .attachments
        .iter()
        .map(|attachment| {
            let (place, order) = (attachment.place.clone(), attachment.order);
            let Some(text) = attachment.text else { return Attachment { place, order, file: NO_FILE, line: 0, column: 0 } };
            let LineColumn { line, column } = sources.line_column(text.file, text.start);
            // There are at most as many files as 32-bit file ids.
            let file = u32::try_from(files.insert_full(sources.file(text.file).name()).0).unwrap_or(NO_FILE);
            Attachment { place, order, file, line, column }
        })
        .collect();
    let mut statements = Vec::new();
    for document in &parts.linked.fragments {
        let Some(source) = parts.documents.get(document.0 as usize) else { continue };
        let base = match source.origin {
            Origin::Text(text) => Some(sources.line_column(text.file, text.start)),
            Origin::NoFile | Origin::Acl => None,
        };
        for (index, statement) in (0u32..).zip(&source.document.statements) {
            // A grant is its place; the statements that it became stand nowhere.
            let index = if source.origin == Origin::Acl { NO_STATEMENT } else { index };
            let (lines_down, column) = base.map_or((0, 0), |base| {
                let at = sources.line_column(statement.span.file, statement.span.start);
                let lines_down = at.line.saturating_sub(base.line);
                (lines_down, if lines_down == 0 { at.column.saturating_sub(base.column) } else { at.column })
            });
            statements.push(StatementOrigin { index, sid: statement.sid.clone(), lines_down, column });
        }
    }
    let files = files.into_iter().map(str::to_owned).collect();
    Explanations { files, attachments, statements, keys: written_keys(parts, slots) }
}

/// Each key as the first condition that reads it writes it.
fn written_keys(parts: Parts<'_>, slots: &IndexSet<String>) -> Vec<String> {
    let mut written: Vec<Option<&str>> = vec![None; slots.len()];
    let documents = parts.linked.fragments.iter().filter_map(|document| parts.documents.get(document.0 as usize));
    for condition in documents.flat_map(|source| &source.document.statements).flat_map(|statement| &statement.conditions) {
        if let Some(slot) = slots.get_index_of(&condition.key).and_then(|slot| written.get_mut(slot)) {
            slot.get_or_insert(&condition.written_key);
        }
    }
    // The key that finds endpoints may be in no text at all.
    let usual = |key| if key == ENDPOINT_KEY { "aws:SourceVpce" } else { key };
    slots.iter().zip(written).map(|(key, written)| written.unwrap_or(usual(key)).to_owned()).collect()
}

/// What was compiled, in numbers. Grants of ACLs are no documents and count as none.
pub(super) fn summary(parts: Parts<'_>, sections: &Sections) -> Summary {
    let linked = parts.linked;
    let source_of =
        |fragment: FragmentId| linked.fragments.get(fragment.0 as usize).and_then(|document| parts.documents.get(document.0 as usize));
    let document_of = |fragment| source_of(fragment).filter(|source| source.origin != Origin::Acl).map(|source| source.document);
    let documents = || (0u32..).take(linked.fragments.len()).filter_map(|fragment| document_of(FragmentId(fragment)));
    // A group's policies are attached at one place, however many users are in the group. What is only declared is not attached.
    let mut attached = vec![false; linked.slices.len()];
    for SliceId(slice) in linked.consulted().chain(linked.groups.iter().map(|group| group.policies)) {
        attached.get_mut(slice as usize).into_iter().for_each(|attached| *attached = true);
    }
    let attached = linked.slices.iter().zip(&attached).filter(|(_, attached)| **attached).flat_map(|(members, _)| members);
    let places: BTreeMap<u32, usize> =
        attached.filter_map(|member| Some((member.attachment, document_of(member.fragment)?.statements.len()))).collect();
    let (fragment_bytes, unshared_fragment_bytes) = match parts.kind {
        BundleKind::World => measure(parts, sections),
        // Nothing is shared there, and nobody asks.
        BundleKind::Session => (0, 0),
    };
    Summary {
        accounts: linked.accounts.iter().filter(|account| account.declared).count() as u64,
        principals: linked.entities.len() as u64,
        resources: linked.resources.len() as u64,
        attachments: places.len() as u64,
        policies: documents().count() as u64,
        statements: documents().map(|document| document.statements.len() as u64).sum(),
        attached_statements: places.values().map(|statements| *statements as u64).sum(),
        atoms: sections.atoms.len() as u64,
        dag_nodes: sections.dag_nodes.len() as u64,
        trie_nodes: sections.trie_nodes.len() as u64,
        fragment_bytes,
        unshared_fragment_bytes,
    }
}
