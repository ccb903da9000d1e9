//! The invariants of the index.

use super::types::{CellId, LeafId, NodeId, Tries};

impl Tries {
    /// Checks the invariants that the module header states; the answer is the first that does not hold.
    ///
    /// # Errors
    /// A sentence that names the broken invariant: a defect of the compiler, never of an input.
    pub fn verify(&self) -> Result<(), String> {
        let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("trie: {what}")) };
        let bounds: Vec<_> = self.line.bounds().map(|(text, _)| text).collect();
        ensure(
            bounds.first() == Some(&"") && bounds.is_sorted_by(|a, b| a < b),
            "the bounds of the action line ascend from the empty text",
        )?;
        let cell_known = |cell: CellId| (cell.0 as usize) < self.cells.len();
        let leaf_known = |leaf: Option<LeafId>| leaf.is_none_or(|leaf| (leaf.0 as usize) < self.leaves.len());
        for fragment in &self.fragments {
            ensure(fragment.ranges.is_sorted_by(|a, b| a.0 < b.0), "a fragment's ranges ascend")?;
            ensure(fragment.ranges.iter().filter_map(|range| range.1).all(cell_known), "a range's cell exists")?;
            ensure(fragment.any_action.is_none_or(cell_known), "an any-action cell exists")?;
        }
        for cell in &self.cells {
            ensure(leaf_known(cell.star), "a star leaf exists")?;
            ensure(
                cell.shapes.is_sorted_by(|a, b| (a.mask, &a.parts) < (b.mask, &b.parts)),
                "a cell has one root for each shape and texts",
            )?;
            ensure(cell.shapes.iter().all(|shape| (shape.root.0 as usize) < self.nodes.len()), "a shape's root exists")?;
        }
        for (index, node) in self.nodes.iter().enumerate() {
            ensure(leaf_known(node.exact) && leaf_known(node.prefix), "a node's leaves exist")?;
            ensure(self.label(node).is_some(), "a node's label lies in its text")?;
            if node.child_count > 0 {
                let children = self.children(node);
                ensure(children.is_some() && node.first_child.0 as usize > index, "a node's children lie after it")?;
                let first_bytes: Vec<_> =
                    children.unwrap_or_default().iter().map(|child| self.label(child).and_then(|label| label.first().copied())).collect();
                ensure(
                    first_bytes.iter().all(Option::is_some) && first_bytes.is_sorted_by(|a, b| a < b),
                    "children ascend by their first bytes",
                )?;
            }
        }
        ensure(self.leaves.iter().all(|leaf| !leaf.is_empty()), "no leaf is empty")
    }

    /// The bytes of a node's label.
    #[must_use]
    pub fn label(&self, node: &super::Node) -> Option<&[u8]> {
        let start = node.start as usize;
        self.keys.get_index(node.key.0 as usize)?.as_bytes().get(start..start.checked_add(node.len as usize)?)
    }

    /// The children of a node.
    #[must_use]
    pub fn children(&self, node: &super::Node) -> Option<&[super::Node]> {
        let NodeId(first) = node.first_child;
        let first = first as usize;
        self.nodes.get(first..first.checked_add(node.child_count as usize)?)
    }
}
