//! The cold sections.

use super::measure::measure;
use super::sections::Sections;
use super::{Origin, Parts};
use crate::diag::LineColumn;
use crate::ir::{Atom, AtomId, normalize_condition};
use crate::link::{FragmentId, LevelNode, SliceId};
use crate::syntax::policy::{Condition, Statement};
use indexmap::IndexSet;
use portcullis_runtime::format::cold::{
    Attachment, ChainLevel, Explanations, NO_FILE, NO_STATEMENT, StatementOrigin, Summary, SwitchedOffAcl, WrittenCondition,
    WrittenStatement,
};
use portcullis_runtime::format::{BundleKind, NONE};
use std::collections::BTreeMap;

/// The name of a text that came without a file.
const NO_NAME: &str = "";

/// Where every place and every statement of the bundle stands, and what it says in its own letters. `None` if there is more of something than can be numbered.
pub(super) fn explanations(parts: Parts<'_>) -> Option<Explanations> {
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
            let file = match sources.file(text.file).name() {
                NO_NAME => NO_FILE,
                // There are at most as many files as 32-bit file ids.
                name => u32::try_from(files.insert_full(name).0).unwrap_or(NO_FILE),
            };
            Attachment { place, order, file, line, column }
        })
        .collect();
    let mut statements = Vec::new();
    let mut writer = Writer { parts, texts: IndexSet::new(), conditions: IndexSet::new(), written: IndexSet::new(), overflow: false };
    for fragment in &parts.linked.fragments {
        let Some(source) = parts.documents.get(fragment.statements.0 as usize) else { continue };
        let base = match source.origin {
            Origin::Text(text) => Some(sources.line_column(text.file, text.start)),
            Origin::Acl(_) => None,
        };
        for (index, statement) in (0u32..).zip(&source.document.statements) {
            // A grant is its place; the statements that it became stand nowhere.
            let (index, place) = match source.origin {
                Origin::Acl(places) => (NO_STATEMENT, places.get(index as usize).copied().unwrap_or(0)),
                Origin::Text(_) => (index, 0),
            };
            let (lines_down, column) = base.map_or((0, 0), |base| {
                let at = sources.line_column(statement.span.file, statement.span.start);
                let lines_down = at.line.saturating_sub(base.line);
                (lines_down, if lines_down == 0 { at.column.saturating_sub(base.column) } else { at.column })
            });
            let written = writer.statement(statement);
            statements.push(StatementOrigin { place, index, sid: statement.sid.clone(), lines_down, column, written });
        }
    }
    let levels = writer.levels();
    let resources = (0u32..).zip(&parts.linked.resources);
    let switched_off =
        resources.filter_map(|(resource, one)| one.switched_off_acl.map(|SliceId(slice)| SwitchedOffAcl { resource, slice }));
    let switched_off_acls = switched_off.collect();
    let explanations = Explanations {
        files: files.into_iter().map(str::to_owned).collect(),
        attachments,
        statements,
        written: writer.written.into_iter().collect(),
        conditions: writer.conditions.into_iter().collect(),
        texts: writer.texts.into_iter().map(str::to_owned).collect(),
        levels,
        switched_off_acls,
    };
    (!writer.overflow).then_some(explanations)
}

/// What statements say in their own letters, each text, condition and statement once.
struct Writer<'a> {
    parts: Parts<'a>,
    texts: IndexSet<&'a str>,
    conditions: IndexSet<WrittenCondition>,
    written: IndexSet<WrittenStatement>,
    /// More of a kind than can be numbered.
    overflow: bool,
}

impl<'a> Writer<'a> {
    fn number(&mut self, index: usize) -> u32 {
        u32::try_from(index).unwrap_or_else(|_| {
            self.overflow = true;
            0
        })
    }

    fn text(&mut self, text: &'a str) -> u32 {
        let index = self.texts.insert_full(text).0;
        self.number(index)
    }

    fn texts(&mut self, texts: &'a [Box<str>]) -> Vec<u32> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn statement(&mut self, statement: &'a Statement) -> u32 {
        let conditions = statement.conditions.iter().map(|condition| self.condition(condition)).collect();
        let variables = statement.resource.as_ref().map_or(&[][..], |resource| &resource.written_variables);
        let written = WrittenStatement { conditions, resource_variables: self.texts(variables) };
        let index = self.written.insert_full(written).0;
        self.number(index)
    }

    fn condition(&mut self, condition: &'a Condition) -> u32 {
        let written = &condition.written;
        // Every condition of the program's documents is among its atoms.
        let atom = self.parts.program.atoms.id(&Atom::Condition(normalize_condition(condition)));
        let condition = WrittenCondition {
            atom: atom.map_or(NONE, |AtomId(atom)| atom),
            operator: self.text(&written.operator),
            key: self.text(&written.key),
            values: self.texts(&written.values),
            variables: self.texts(&written.variables),
        };
        let index = self.conditions.insert_full(condition).0;
        self.number(index)
    }

    fn levels(&mut self) -> Vec<ChainLevel> {
        let levels = self.parts.linked.chains.iter().flatten();
        levels
            .map(|level| match &level.node {
                LevelNode::Root(id) => ChainLevel::Root(self.text(id)),
                LevelNode::Unit(id) => ChainLevel::Unit(self.text(id)),
                LevelNode::Account => ChainLevel::Account,
            })
            .collect()
    }
}

/// What was compiled, in numbers. Grants of ACLs are no documents and count as none.
pub(super) fn summary(parts: Parts<'_>, sections: &Sections) -> Summary {
    let linked = parts.linked;
    let source_of =
        |fragment: FragmentId| linked.fragments.get(fragment.0 as usize).and_then(|found| parts.documents.get(found.statements.0 as usize));
    let document_of =
        |fragment| source_of(fragment).filter(|source| !matches!(source.origin, Origin::Acl(_))).map(|source| source.document);
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
