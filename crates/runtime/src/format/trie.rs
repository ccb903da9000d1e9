//! Cells and resource tries: from a resource to the decision DAGs that can still matter.
//!
//! A cell holds the statements that can match one interval of actions, indexed by resource. A resource pattern's *shape* is
//! the set of its parts 2 to 5 (partition, service, region, account) that are plain text: bit `k` for part `k + 2`. Patterns of a cell with the same shape and the same
//! texts share a byte trie over part 6. A part that is neither plain nor a lone `*` counts as free, and the pattern stays as an atom in the leaf, as does a sixth part
//! beyond its plain prefix.
//!
//! Look-up: take `star`; then, unless the resource is `*`, for each bit of `shapes` probe `ShapeIndex` and walk the trie from its root, taking `prefix` of every node
//! whose whole label matched and `exact` of the node at which the text ends. All DAG roots so found are evaluated.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Number of shapes: subsets of four parts.
pub const SHAPES: u32 = 16;

/// One cell.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct CellRecord {
    /// DAG of the statements that cover every resource or are tested as a whole; may be [`super::END`].
    pub star: U32,
    /// Bit `m` is set when the cell has a shape record with mask `m`; bits 16 up are zero.
    pub shapes: U32,
}

/// One trie of a cell: for these texts under this shape.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ShapeRecord {
    /// The cell.
    pub cell: U32,
    /// The shape, below [`SHAPES`].
    pub mask: U32,
    /// Symbols of parts 2 to 5 where `mask` has their bit, else `NONE`.
    pub parts: [U32; 4],
    /// Root node in `TrieNodes`.
    pub root: U32,
}

impl ShapeRecord {
    /// What `ShapeIndex` hashes: cell, mask and the four symbols, as the 24 bytes in which they lie in the record.
    #[must_use]
    pub fn key_bytes(cell: u32, mask: u32, parts: [u32; 4]) -> [u8; 24] {
        let mut key = [0; 24];
        let words = [cell, mask, parts[0], parts[1], parts[2], parts[3]];
        for (bytes, word) in key.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        key
    }
}

/// A node of a byte trie with labels on nodes. Children lie side by side, in strictly ascending order of their labels' first bytes, at higher ids than
/// their parent. A root may have an empty label; every other label has at least one byte.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct TrieNode {
    /// First byte of the label in `StringBytes`.
    pub label_offset: U32,
    /// Bytes of the label.
    pub label_len: U32,
    /// First child; 0 without children.
    pub first_child: U32,
    /// Number of children, at most 256.
    pub child_count: U32,
    /// What applies to a text that ends here: a DAG root, or [`super::END`] (a resource id, or `NONE`, in `ResourceTrie`).
    pub exact: U32,
    /// What applies to every text that goes through here or ends here: a DAG root, or [`super::END`] (`NONE` in `ResourceTrie`).
    pub prefix: U32,
}

const _: () = assert!(size_of::<CellRecord>() == 8);
const _: () = assert!(size_of::<ShapeRecord>() == 28);
const _: () = assert!(size_of::<TrieNode>() == 24);
