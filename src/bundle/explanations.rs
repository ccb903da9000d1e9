//! The cold sections.

use super::Parts;
use super::sections::Sections;
use crate::diag::LineColumn;
use indexmap::IndexSet;
use portcullis_runtime::format::cold::{Attachment, Explanations, StatementOrigin, Summary};

/// Where every place and every statement of the bundle stands.
pub(super) fn explanations(parts: Parts<'_>) -> Explanations {
    let sources = &parts.world.sources;
    // By name: a file that is used as several types of policy stands in the sources once for each.
    let mut files: IndexSet<&str> = IndexSet::new();
    let attachments = parts
        .linked
        .attachments
        .iter()
        .map(|attachment| {
            let LineColumn { line, column } = sources.line_column(attachment.text.file, attachment.text.start);
            // There are at most as many files as 32-bit file ids.
            let file = u32::try_from(files.insert_full(sources.file(attachment.text.file).name()).0).unwrap_or(u32::MAX);
            Attachment { place: attachment.place.clone(), order: attachment.order, file, line, column }
        })
        .collect();
    let mut statements = Vec::new();
    for document in &parts.linked.fragments {
        let Some(stored) = parts.world.documents.get(document.0 as usize) else { continue };
        let base = sources.line_column(stored.span.file, stored.span.start);
        for (index, statement) in (0u32..).zip(&stored.document.statements) {
            let at = sources.line_column(statement.span.file, statement.span.start);
            let lines_down = at.line.saturating_sub(base.line);
            let column = if lines_down == 0 { at.column.saturating_sub(base.column) } else { at.column };
            statements.push(StatementOrigin { index, sid: statement.sid.clone(), lines_down, column });
        }
    }
    let files = files.into_iter().map(str::to_owned).collect();
    Explanations { files, attachments, statements }
}

/// What was compiled, in numbers.
pub(super) fn summary(parts: Parts<'_>, sections: &Sections) -> Summary {
    let statements_of = |fragment: crate::link::FragmentId| {
        let document = parts.linked.fragments.get(fragment.0 as usize);
        document.and_then(|document| parts.program.documents.get(document.0 as usize)).map_or(0, |document| document.statements.len())
    };
    // A group's policies are attached at one place, however many users are in the group.
    let places: std::collections::BTreeMap<u32, crate::link::FragmentId> =
        parts.linked.slices.iter().flatten().map(|member| (member.attachment, member.fragment)).collect();
    Summary {
        accounts: parts.world.accounts.len() as u64,
        principals: parts.linked.entities.len() as u64,
        resources: parts.linked.resources.len() as u64,
        attachments: parts.linked.attachments.len() as u64,
        policies: parts.linked.fragments.len() as u64,
        statements: sections.statements.len() as u64,
        attached_statements: places.values().map(|fragment| statements_of(*fragment) as u64).sum(),
        atoms: sections.atoms.len() as u64,
        dag_nodes: sections.dag_nodes.len() as u64,
        trie_nodes: sections.trie_nodes.len() as u64,
    }
}
