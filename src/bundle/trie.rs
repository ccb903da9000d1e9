//! Fragments with their statements, cells, shapes, trie nodes and the DAG.

use super::sections::Encoder;
use super::strings::Symbols;
use crate::dag::{DagNodeId, Node};
use crate::syntax::policy::Effect;
use crate::trie::{CellId, LeafId};
use portcullis_runtime::format::{
    ActionBound, ActionRange, CellRecord, DagNode, END, FRAGMENT_DENIES, FragmentRecord, NODE_DENY, NODE_EMIT, NONE, STATEMENT_DENY,
    ShapeRecord, StatementRecord, TrieNode, U32, element_steps,
};
use std::ops::Range;

/// A trie node without its children.
pub(super) struct Childless(TrieNode);

impl Childless {
    pub(super) fn with_children(self, first_child: u32, child_count: u32) -> TrieNode {
        let first_child = if child_count == 0 { 0 } else { first_child };
        TrieNode { first_child: U32::new(first_child), child_count: U32::new(child_count), ..self.0 }
    }
}

/// A node with this label, and the label's first byte (0 if it is empty).
pub(super) fn trie_node(key: &str, label: Range<usize>, offset: u32, exact: u32, prefix: u32) -> (Childless, u8) {
    let bytes = key.as_bytes().get(label).unwrap_or_default();
    // A label is part of a pattern or an ARN, whose length limits keep it far below 2^32.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let node = TrieNode {
        label_offset: U32::new(offset),
        label_len: U32::new(length),
        first_child: U32::new(0),
        child_count: U32::new(0),
        exact: U32::new(exact),
        prefix: U32::new(prefix),
    };
    (Childless(node), bytes.first().copied().unwrap_or(0))
}

impl<S: Symbols> Encoder<'_, S> {
    /// Where byte `start` of this text lies in the string bytes.
    pub(super) fn label_offset(&mut self, key: &str, start: usize) -> u32 {
        let symbol = self.symbols.symbol(key);
        let offset = self.symbols.offset(symbol);
        let start = self.number(start);
        offset.checked_add(start).unwrap_or_else(|| {
            self.overflow = true;
            0
        })
    }

    pub(super) fn fragments(&mut self) {
        let (program, linked, tries) = (self.parts.program, self.parts.linked, self.parts.tries);
        // Merged fragments have no statements of their own.
        let sources = linked.fragments.iter().map(Some).chain(std::iter::repeat(None));
        for (fragment, source) in tries.fragments.iter().zip(sources) {
            let ranges_first = self.number(self.out.action_ranges.len());
            let ranges_len = self.number(fragment.ranges.len());
            let cell_or_none = |cell: Option<CellId>| U32::new(cell.map_or(NONE, |cell| cell.0));
            let ranges = fragment.ranges.iter().map(|&(at, cell)| ActionRange { first_action: U32::new(at), cell: cell_or_none(cell) });
            self.out.action_ranges.extend(ranges);
            let statements_first = self.number(self.out.statements.len());
            let document = source.and_then(|source| program.documents.get(source.statements.0 as usize));
            let statements = document.map_or(&[][..], |document| &document.statements);
            let statements_len = self.number(statements.len());
            for statement in statements {
                let conditions_first = self.number(self.out.statement_conditions.len());
                let conditions_len = self.number(statement.conditions.len());
                self.out.statement_conditions.extend(statement.conditions.iter().map(|atom| U32::new(atom.0)));
                self.out.statements.push(StatementRecord {
                    flags: U32::new(if statement.effect == Effect::Deny { STATEMENT_DENY } else { 0 }),
                    action: U32::new(statement.action.0),
                    resource: U32::new(statement.resource.map_or(NONE, |resource| resource.0)),
                    principal: U32::new(statement.principal.map_or(NONE, |principal| principal.0)),
                    conditions_first: U32::new(conditions_first),
                    conditions_len: U32::new(conditions_len),
                });
            }
            self.out.fragments.push(FragmentRecord {
                ranges_first: U32::new(ranges_first),
                ranges_len: U32::new(ranges_len),
                any_action_cell: cell_or_none(fragment.any_action),
                statements_first: U32::new(statements_first),
                statements_len: U32::new(statements_len),
                flags: U32::new(if fragment.denies { FRAGMENT_DENIES } else { 0 }),
            });
        }
    }

    pub(super) fn index(&mut self) {
        let tries = self.parts.tries;
        for (text, literal) in tries.line.bounds() {
            let bound = ActionBound { text: self.symbol(text), literal: U32::new(u32::from(literal)) };
            self.out.action_bounds.push(bound);
        }
        for (id, cell) in (0u32..).zip(&tries.cells) {
            let star = self.root(cell.star);
            let mut shapes = 0;
            for shape in &cell.shapes {
                shapes |= 1u32.checked_shl(shape.mask).unwrap_or(0);
                let parts = shape.parts.each_ref().map(|part| part.as_ref().map_or(U32::new(NONE), |part| self.symbol(part)));
                let record = ShapeRecord { cell: U32::new(id), mask: U32::new(shape.mask), parts, root: U32::new(shape.root.0) };
                self.out.shapes.push(record);
            }
            self.out.cells.push(CellRecord { star: U32::new(star), shapes: U32::new(shapes) });
        }
        for node in &tries.nodes {
            let key = tries.keys.get_index(node.key.0 as usize).map_or("", String::as_str);
            let start = node.start as usize;
            let offset = self.label_offset(key, start);
            let (exact, prefix) = (self.root(node.exact), self.root(node.prefix));
            let (record, first_byte) = trie_node(key, start..start + node.len as usize, offset, exact, prefix);
            self.out.trie_nodes.push(record.with_children(node.first_child.0, node.child_count));
            self.out.trie_first_bytes.push(first_byte);
        }
    }

    /// The DAG root of a leaf.
    fn root(&self, leaf: Option<LeafId>) -> u32 {
        leaf.and_then(|leaf| self.parts.dag.roots.get(leaf.0 as usize)).map_or(END, |root| root.0)
    }

    /// The DAG; costs are the longest paths, so they are filled in from the last node on.
    pub(super) fn dag(&mut self) {
        let dag = self.parts.dag;
        let end = |next: Option<DagNodeId>| next.map_or(END, |next| next.0);
        let mut costs = vec![0u32; dag.nodes.len()];
        for (index, node) in dag.nodes.iter().enumerate().rev() {
            let cost_of = |next: Option<DagNodeId>| next.and_then(|next| costs.get(next.0 as usize).copied()).unwrap_or(0);
            let (own, below) = match *node {
                Node::Test { atom, high, low } => {
                    (self.out.atoms.get(atom.0 as usize).map_or(0, |atom| atom.len.get()), cost_of(high).max(cost_of(low)))
                }
                Node::Emit { principal, next, .. } => {
                    let element = principal.and_then(|principal| self.out.principal_elements.get(principal.0 as usize));
                    (element.map_or(0, |element| element_steps(element.len.get())), cost_of(next))
                }
            };
            // A saturated cost is above every limit, so the verifier refuses it.
            let cost = own.saturating_add(1).saturating_add(below);
            if let Some(slot) = costs.get_mut(index) {
                *slot = cost;
            }
        }
        for (node, cost) in dag.nodes.iter().zip(costs) {
            let (word, high, low) = match *node {
                Node::Test { atom, high, low } => (atom.0, end(high), end(low)),
                Node::Emit { effect, principal, next } => {
                    let deny = if effect == Effect::Deny { NODE_DENY } else { 0 };
                    (NODE_EMIT | deny, principal.map_or(NONE, |principal| principal.0), end(next))
                }
            };
            self.out.dag_nodes.push(DagNode { word: U32::new(word), high: U32::new(high), low: U32::new(low), cost: U32::new(cost) });
        }
    }
}
