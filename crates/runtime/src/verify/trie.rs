//! Cells, shapes and resource tries.

use super::rules::{Budget, Checked, ensure, ensure_ascending, ensure_id, ensure_index, ensure_index_length, found, range};
use crate::format::{END, NONE, SHAPES, SectionKind, TrieNode, U32};
use crate::views::{Views, at};
use alloc::vec;

/// Cells name existing DAGs and have a shape for each of their bits and no other; shapes name symbols where their mask says, are distinct and are found;
/// tries are tries.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::TrieNodes;
    ensure_trie(views.trie_nodes, views.trie_first_bytes, views.string_bytes, section)?;
    for node in views.trie_nodes {
        ensure_root(views, node.exact, section)?;
        ensure_root(views, node.prefix, section)?;
    }

    let section = SectionKind::Shapes;
    let mut masks = vec![0_u32; views.cells.len()];
    for shape in views.shapes {
        let mask = shape.mask.get();
        ensure(mask < SHAPES, section, "a mask is unknown")?;
        ensure_id(shape.root, views.trie_nodes.len(), section, "a trie is out of bounds")?;
        for (bit, part) in (0_u32..).zip(shape.parts) {
            let kept = mask & 1_u32.checked_shl(bit).unwrap_or(0) != 0;
            ensure(kept == (part.get() != NONE), section, "a part does not fit the mask")?;
            ensure(!kept || (part.get() as usize) < views.strings.len(), section, "a symbol is out of bounds")?;
        }
        let Some(seen) = masks.get_mut(shape.cell.get() as usize) else {
            return super::rules::invalid(section, "a cell is out of bounds");
        };
        *seen |= 1_u32.checked_shl(mask).unwrap_or(0);
    }
    for (cell, mask) in views.cells.iter().zip(masks) {
        ensure_root(views, cell.star, SectionKind::Cells)?;
        ensure(cell.shapes.get() == mask, SectionKind::Cells, "a cell's shapes are not those of its tries")?;
    }
    let section = SectionKind::ShapeIndex;
    ensure_index_length(views.shape_index, views.shapes.len(), views.shapes.len(), section)?;
    ensure_index(views.shape_index, (0_u32..).take(views.shapes.len()), section, |id| {
        let shape = at(views.shapes, id)?;
        let found = views.shape(shape.cell.get(), shape.mask.get(), shape.parts.map(U32::get))?;
        Ok(found.filter(|found| core::ptr::eq(*found, shape)).map(|_| id))
    })
}

/// A DAG root, or [`END`].
fn ensure_root(views: &Views<'_>, root: U32, section: SectionKind) -> Checked {
    ensure(root.get() == END || (root.get() as usize) < views.dag_nodes.len(), section, "a DAG root is out of bounds")
}

/// Labels in bounds; children in bounds, after their parent, at most 256, with labels, in order of their first bytes.
pub(super) fn ensure_trie(nodes: &[TrieNode], first_bytes: &[u8], labels: &[u8], section: SectionKind) -> Checked {
    ensure(nodes.len() == first_bytes.len(), section, "there is not one first byte for each node")?;
    let mut children = Budget::new(nodes.len(), section);
    for (id, (node, first_byte)) in (0_u32..).zip(nodes.iter().zip(first_bytes)) {
        let label = found(crate::views::range(labels, node.label_offset, node.label_len), section)?;
        ensure(label.first().copied().unwrap_or(0) == *first_byte, section, "a first byte is not that of its label")?;
        if node.child_count.get() == 0 {
            ensure(node.first_child.get() == 0, section, "a node without children names a first one")?;
            continue;
        }
        ensure(node.child_count.get() <= 256, section, "a node has more than 256 children")?;
        ensure(node.first_child.get() > id, section, "a child does not come after its parent")?;
        let own = range(nodes, node.first_child, node.child_count, section)?;
        children.spend(own.len())?;
        ensure(own.iter().all(|child| child.label_len.get() > 0), section, "a child has no label")?;
        let bytes = range(first_bytes, node.first_child, node.child_count, section)?;
        ensure_ascending(bytes, section, "children are not in strictly ascending order")?;
    }
    Ok(())
}
