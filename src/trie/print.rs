//! The text form of the index: what `portcullis debug trie` shows and golden tests compare.

use super::types::{CellId, LeafId, Node, NodeId, Tries};
use crate::ir::{Atoms, atom_text};
use std::fmt::Write;

/// Prints the action line, the fragments with their cells, and the leaves.
#[must_use]
pub fn print(tries: &Tries, atoms: &Atoms) -> String {
    let mut out = String::from("actions\n");
    for (id, (text, literal)) in tries.line.bounds().enumerate() {
        let _ = writeln!(out, "  {id}: {text:?}{}", if literal { " literal" } else { "" });
    }
    for (index, fragment) in tries.fragments.iter().enumerate() {
        let _ = writeln!(out, "fragment {index}");
        for (at, cell) in &fragment.ranges {
            let _ = writeln!(out, "  from action {at}: {}", cell.map_or("nothing".to_owned(), |CellId(cell)| format!("cell {cell}")));
        }
        if let Some(CellId(cell)) = fragment.any_action {
            let _ = writeln!(out, "  any action: cell {cell}");
        }
    }
    for (index, cell) in tries.cells.iter().enumerate() {
        let _ = writeln!(out, "cell {index}{}", leaf_name(" star", cell.star));
        for shape in &cell.shapes {
            let parts: Vec<_> = shape.parts.iter().map(|part| part.as_deref().unwrap_or("*")).collect();
            let _ = writeln!(out, "  arn:{}:", parts.join(":"));
            print_trie(&mut out, tries, shape.root);
        }
    }
    for (index, leaf) in tries.leaves.iter().enumerate() {
        let _ = writeln!(out, "leaf {index}");
        for conjunction in leaf {
            let atoms: Vec<_> = conjunction.atoms.iter().filter_map(|atom| atoms.get(*atom)).map(atom_text).collect();
            let principal = conjunction.principal.map_or(String::new(), |principal| format!(" p{}", principal.0));
            let _ = writeln!(out, "  {:?}{principal} if [{}]", conjunction.effect, atoms.join(" and "));
        }
    }
    out
}

fn print_trie(out: &mut String, tries: &Tries, NodeId(root): NodeId) {
    let mut work = vec![(root as usize, 2)];
    while let Some((index, depth)) = work.pop() {
        let Some(node) = tries.nodes.get(index) else { continue };
        let label = String::from_utf8_lossy(tries.label(node).unwrap_or_default()).into_owned();
        let _ = writeln!(out, "{:indent$}{label:?}{}", "", leaves(node), indent = depth * 2);
        let first = node.first_child.0 as usize;
        work.extend((0..node.child_count as usize).rev().map(|child| (first + child, depth + 1)));
    }
}

fn leaves(node: &Node) -> String {
    format!("{}{}", leaf_name(" end", node.exact), leaf_name(" below", node.prefix))
}

fn leaf_name(place: &str, leaf: Option<LeafId>) -> String {
    leaf.map_or(String::new(), |LeafId(leaf)| format!("{place} leaf {leaf}"))
}
