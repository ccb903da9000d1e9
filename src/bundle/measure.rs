//! How much sharing saves: the bytes of the indexed documents, and what they would be with a copy for everyone who consults them.

use super::Parts;
use super::sections::Sections;
use crate::dag::DagNodeId;
use crate::link::SliceId;
use crate::trie::{Cell, CellId, Fragment, LeafId, NodeId};
use portcullis_runtime::format::{ActionRange, CellRecord, DagNode, FragmentRecord, ShapeRecord, StatementRecord, TrieNode};
use zerocopy::{Immutable, IntoBytes};

/// A trie node lies in the bundle as its record and its first byte.
const TRIE_NODE_BYTES: u64 = size_of::<TrieNode>() as u64 + 1;

/// Bytes of fragments, ranges, cells, shapes, tries, statements and DAG nodes: as they lie in the bundle, and counted once for each entity, resource,
/// endpoint and account that consults the document.
pub(super) fn measure(parts: Parts<'_>, sections: &Sections) -> (u64, u64) {
    let shared = bytes(&sections.fragments)
        + bytes(&sections.action_ranges)
        + bytes(&sections.statements)
        + bytes(&sections.statement_conditions)
        + bytes(&sections.cells)
        + bytes(&sections.shapes)
        + bytes(&sections.trie_nodes)
        + bytes(&sections.trie_first_bytes)
        + bytes(&sections.dag_nodes);
    let mut walk = Walk { parts, seen: vec![0; parts.dag.nodes.len()], stamp: 0, open: Vec::new() };
    let records = sections.fragments.iter().zip(&parts.tries.fragments);
    let fragments: Vec<(u64, u64)> = records.map(|(record, fragment)| (statements(record, sections), walk.index(fragment))).collect();
    let of = |fragment: u32| fragments.get(fragment as usize).copied().unwrap_or_default();
    let slices: Vec<u64> = parts
        .linked
        .slices
        .iter()
        .zip(&parts.plan.slices)
        .map(|(members, indexes)| {
            let statements = members.iter().map(|member| of(member.fragment.0).0);
            statements.chain(indexes.iter().map(|index| of(*index).1)).fold(0u64, u64::saturating_add)
        })
        .collect();
    let consulted = parts.linked.consulted().filter_map(|SliceId(slice)| slices.get(slice as usize));
    (shared, consulted.fold(0, |sum, cost| sum.saturating_add(*cost)))
}

fn bytes<T: IntoBytes + Immutable>(records: &[T]) -> u64 {
    size_of_val(records) as u64
}

/// Bytes of a fragment's statements.
fn statements(record: &FragmentRecord, sections: &Sections) -> u64 {
    let own = sections.statements.iter().skip(record.statements_first.get() as usize).take(record.statements_len.get() as usize);
    own.map(|statement| size_of::<StatementRecord>() as u64 + 4 * u64::from(statement.conditions_len.get())).sum()
}

/// Counts what one index reaches. Cells and tries belong to one fragment each; DAG nodes are shared, so those that were met carry the fragment's stamp.
struct Walk<'a> {
    parts: Parts<'a>,
    seen: Vec<u32>,
    stamp: u32,
    open: Vec<DagNodeId>,
}

impl Walk<'_> {
    fn index(&mut self, fragment: &Fragment) -> u64 {
        self.stamp = self.stamp.wrapping_add(1);
        let mut total = size_of::<FragmentRecord>() as u64 + fragment.ranges.len() as u64 * size_of::<ActionRange>() as u64;
        let mut cells: Vec<CellId> = fragment.ranges.iter().filter_map(|(_, cell)| *cell).chain(fragment.any_action).collect();
        cells.sort_unstable();
        cells.dedup();
        let tries = self.parts.tries;
        for cell in cells.into_iter().filter_map(|CellId(cell)| tries.cells.get(cell as usize)) {
            total += self.cell(cell);
        }
        total
    }

    fn cell(&mut self, cell: &Cell) -> u64 {
        let tries = self.parts.tries;
        let mut total = size_of::<CellRecord>() as u64 + cell.shapes.len() as u64 * size_of::<ShapeRecord>() as u64;
        total += self.leaf(cell.star);
        let mut open: Vec<NodeId> = cell.shapes.iter().map(|shape| shape.root).collect();
        while let Some(NodeId(node)) = open.pop() {
            let Some(node) = tries.nodes.get(node as usize) else { continue };
            total += TRIE_NODE_BYTES + self.leaf(node.exact) + self.leaf(node.prefix);
            open.extend((0..node.child_count).map(|child| NodeId(node.first_child.0.saturating_add(child))));
        }
        total
    }

    /// Bytes of the DAG nodes below a leaf that the fragment has not met yet.
    fn leaf(&mut self, leaf: Option<LeafId>) -> u64 {
        let dag = self.parts.dag;
        self.open.extend(leaf.and_then(|LeafId(leaf)| dag.roots.get(leaf as usize)).copied());
        let mut nodes = 0u64;
        while let Some(DagNodeId(id)) = self.open.pop() {
            let (Some(node), Some(seen)) = (dag.nodes.get(id as usize), self.seen.get_mut(id as usize)) else { continue };
            if std::mem::replace(seen, self.stamp) != self.stamp {
                nodes += 1;
                self.open.extend(node.successors());
            }
        }
        nodes * size_of::<DagNode>() as u64
    }
}
