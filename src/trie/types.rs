//! The index as a whole.

use super::actions::ActionLine;
use crate::ir::Conjunction;
use indexmap::IndexSet;

/// Index into [`Tries::cells`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(pub u32);

/// Index into [`Tries::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Index into [`Tries::leaves`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafId(pub u32);

/// Index into [`Tries::keys`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u32);

/// The index of all fragments.
#[derive(Debug, Default)]
pub struct Tries {
    /// The action line.
    pub line: ActionLine,
    /// One for each fragment.
    pub fragments: Vec<Fragment>,
    /// The cells.
    pub cells: Vec<Cell>,
    /// The nodes of all tries.
    pub nodes: Vec<Node>,
    /// The texts that node labels are cut from.
    pub keys: IndexSet<String>,
    /// The distinct leaves; none is empty.
    pub leaves: IndexSet<Vec<Conjunction>>,
}

/// One fragment's actions.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// From this action id on, up to the next entry, this cell; ascending. Below the first entry there is none.
    pub ranges: Vec<(u32, Option<CellId>)>,
    /// A cell consulted for every action: statements whose share of the cells would grow out of proportion. They carry their action element as an atom.
    pub any_action: Option<CellId>,
    /// Some of its statements are Denies.
    pub denies: bool,
}

/// The statements of one range of actions, by resource.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Statements that cover every resource, or are tested as a whole (`NotResource`).
    pub star: Option<LeafId>,
    /// The tries, ascending by (mask, parts).
    pub shapes: Vec<Shape>,
}

/// A trie over the sixth parts of patterns whose parts 2 to 5 are plain in the same places with the same texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Bit `k`: part `k + 2` is plain text.
    pub mask: u32,
    /// The plain texts, by `k`.
    pub parts: [Option<String>; 4],
    /// The trie's root.
    pub root: NodeId,
}

/// A trie node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The text of which the label is a part.
    pub key: KeyId,
    /// First byte of the label in the text.
    pub start: u32,
    /// Bytes of the label.
    pub len: u32,
    /// First child.
    pub first_child: NodeId,
    /// Number of children.
    pub child_count: u32,
    /// For texts that end here.
    pub exact: Option<LeafId>,
    /// For all texts that get here.
    pub prefix: Option<LeafId>,
}
