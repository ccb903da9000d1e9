//! Slices, fragments and statements.
//!
//! A *slice* is what one layer consults for one principal or resource: a list of documents at their places, and a list of indexes over them. A *fragment* is a
//! document's statements, or an index (the action line cut into ranges, each with a *cell*, see [`super::CellRecord`]), or both. The statements of a slice's members
//! and what its indexes lead to are the same: a small slice's indexes are those of its members, others have an index over several documents in one.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The statement's effect is Deny; else Allow.
pub const STATEMENT_DENY: u32 = 1;
/// The fragment's index leads to Denies. Without it the fragment is passed over where only a Deny could still matter.
pub const FRAGMENT_DENIES: u32 = 1;

/// A set of fragments that act together (S-703).
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SliceRecord {
    /// First member in `SliceMembers`.
    pub first: U32,
    /// Number of members.
    pub len: U32,
    /// First of its indexes in `SliceIndexes`.
    pub indexes_first: U32,
    /// Number of its indexes.
    pub indexes_len: U32,
    /// The most steps that consulting the slice takes.
    pub steps: U32,
}

/// One place in the world where a fragment's document is attached.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SliceMember {
    /// Id in `Fragments`: of its statements.
    pub fragment: U32,
    /// Index in `Explanations::attachments`; of an ACL the first of its places, to which its statements add (`StatementOrigin::place`).
    pub attachment: U32,
}

/// One document, one index, or both. An action is looked up in the ranges (bisection); the cell of its range and `any_action_cell` are consulted.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FragmentRecord {
    /// First range in `ActionRanges`.
    pub ranges_first: U32,
    /// Number of ranges.
    pub ranges_len: U32,
    /// A cell consulted for every action, whose statements carry their action element as an atom; or `NONE`.
    pub any_action_cell: U32,
    /// First statement in `Statements`, in the order of the document.
    pub statements_first: U32,
    /// Number of statements.
    pub statements_len: U32,
    /// [`FRAGMENT_DENIES`] or 0.
    pub flags: U32,
}

/// From this action id on, up to the next range of the fragment, this cell. Actions below a fragment's first range have no cell.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ActionRange {
    /// First action id of the range.
    pub first_action: U32,
    /// The cell, or `NONE`.
    pub cell: U32,
}

/// A statement as its elements, unindexed: it matches when all of them are true.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct StatementRecord {
    /// [`STATEMENT_DENY`] or 0.
    pub flags: U32,
    /// The action element: an atom of kind `Action`.
    pub action: U32,
    /// The resource element: an atom of kind `Resource`; `NONE` where the statement covers every resource.
    pub resource: U32,
    /// The principal element in `PrincipalElements`, or `NONE`.
    pub principal: U32,
    /// First of its condition atoms in `StatementConditions`.
    pub conditions_first: U32,
    /// Number of its condition atoms.
    pub conditions_len: U32,
}

const _: () = assert!(size_of::<SliceRecord>() == 20);
const _: () = assert!(size_of::<SliceMember>() == 8);
const _: () = assert!(size_of::<FragmentRecord>() == 24);
const _: () = assert!(size_of::<ActionRange>() == 8);
const _: () = assert!(size_of::<StatementRecord>() == 24);
