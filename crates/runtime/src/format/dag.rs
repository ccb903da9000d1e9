//! The condition DAG, its atoms and their operands.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The end of every path through the DAG; also "nothing" where a DAG root is expected.
pub const END: u32 = u32::MAX;
/// Flag of `DagNode::word`: the node emits; else it tests.
pub const NODE_EMIT: u32 = 1 << 31;
/// Flag of an emitting node's `word`: it emits a Deny; else an Allow.
pub const NODE_DENY: u32 = 1;

/// A node. Edges go to higher ids, or to [`END`].
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct DagNode {
    /// A test: the atom's id. An emission: [`NODE_EMIT`], with [`NODE_DENY`] for a Deny.
    pub word: U32,
    /// A test: the next node when the atom is true. An emission: the principal element that must match the caller (it also gives the grant kind), or `NONE`.
    pub high: U32,
    /// A test: the next node when the atom is false. An emission: the next node, whatever the principal element said.
    pub low: U32,
    /// Steps of the longest path from here, this node included: 1 for an emission, plus for its principal element its keys or, where
    /// that is less, seven times the comparisons that bisecting them takes; and 1 + `len` of its atom for a test.
    pub cost: U32,
}

/// Flag of an atom: the element is the negated form (`NotAction`, `NotResource`). Negated condition operators have kinds of their own and do not set it.
pub const ATOM_NEGATED: u32 = 1;
/// Flag of a condition atom: the suffix `IfExists` (S-517, S-522).
pub const ATOM_IF_EXISTS: u32 = 2;

/// One test.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct AtomRecord {
    /// An [`AtomKind`] as its number.
    pub kind: U32,
    /// A [`Qualifier`] as its number; 0 for `Action` and `Resource`.
    pub qualifier: U32,
    /// `ATOM_…` flags.
    pub flags: U32,
    /// The slot of the context key; `NONE` for `Action` and `Resource`.
    pub slot: U32,
    /// First of its operands in `Operands`: alternatives.
    pub first: U32,
    /// Number of its operands.
    pub len: U32,
    /// So many of the first operands are of kind `Text`, in strictly ascending order of symbol; the rest are of other kinds.
    pub texts: U32,
}

macro_rules! numbered {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $name:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum $type { $($(#[$vdoc])* $name = $number,)* }
        impl $type {
            /// The one with this number.
            #[must_use]
            pub fn from_number(number: u32) -> Option<$type> {
                match number { $($number => Some($type::$name),)* _ => None }
            }
            /// All of them.
            pub const ALL: &'static [$type] = &[$($type::$name,)*];
        }
    };
}

numbered! {
    /// What an atom tests. Condition operators are named as in S-505; `ArnEquals` is `ArnLike` (S-515).
    AtomKind {
        /// The action: operands `ActionInterval`, `Glob`.
        Action = 0,
        /// The resource: operands `AllResources`, `Arn`.
        Resource = 1,
        /// Operands `Text`, `Glob` (for texts with variables; a `Glob` here has no stars).
        StringEquals = 2,
        /// As `StringEquals`.
        StringNotEquals = 3,
        /// Operands `FoldedText` (already folded, S-508), `Glob` (with variables; compared folded).
        StringEqualsIgnoreCase = 4,
        /// As `StringEqualsIgnoreCase`.
        StringNotEqualsIgnoreCase = 5,
        /// Operands `Text` (no wildcard), `Glob`.
        StringLike = 6,
        /// As `StringLike`.
        StringNotLike = 7,
        /// Operands `Number`.
        NumericEquals = 8,
        /// Operands `Number`.
        NumericNotEquals = 9,
        /// Operands `Number`.
        NumericLessThan = 10,
        /// Operands `Number`.
        NumericLessThanEquals = 11,
        /// Operands `Number`.
        NumericGreaterThan = 12,
        /// Operands `Number`.
        NumericGreaterThanEquals = 13,
        /// Operands `Date`.
        DateEquals = 14,
        /// Operands `Date`.
        DateNotEquals = 15,
        /// Operands `Date`.
        DateLessThan = 16,
        /// Operands `Date`.
        DateLessThanEquals = 17,
        /// Operands `Date`.
        DateGreaterThan = 18,
        /// Operands `Date`.
        DateGreaterThanEquals = 19,
        /// Operands `Bool`, `Glob` (with variables; after substitution `true` or `false` in any letter case).
        Bool = 20,
        /// Operands `Text`: canonical base64.
        BinaryEquals = 21,
        /// Operands `Network`.
        IpAddress = 22,
        /// Operands `Network`.
        NotIpAddress = 23,
        /// Operands `AnyArn`, `Arn`, `ArnVariable`.
        ArnLike = 24,
        /// As `ArnLike`.
        ArnNotLike = 25,
        /// Operands `Bool`.
        Null = 26,
    }
}

numbered! {
    /// The set prefix of a condition operator (S-518, S-519).
    Qualifier {
        /// None.
        None = 0,
        /// `ForAllValues:`.
        ForAllValues = 1,
        /// `ForAnyValue:`.
        ForAnyValue = 2,
    }
}

numbered! {
    /// What an operand is, and what its fields `a` and `b` mean.
    OperandKind {
        /// `a`: symbol.
        Text = 0,
        /// `a`, `b`: a range of `Pieces`.
        Glob = 1,
        /// `a`: symbol of the text after simple case folding.
        FoldedText = 2,
        /// `a`: symbol of the normalized number (see `datatypes::Number`).
        Number = 3,
        /// `a`: symbol of the normalized instant, as a number of seconds (see `datatypes::Instant`).
        Date = 4,
        /// `a`: 0 or 1.
        Bool = 5,
        /// `a`: id in `Networks`.
        Network = 6,
        /// Any ARN.
        AnyArn = 7,
        /// `a`: id in `ArnPatterns`.
        Arn = 8,
        /// `a`: slot; `b`: symbol of the default, or `NONE` (S-606).
        ArnVariable = 9,
        /// Every resource, `*` included (S-301).
        AllResources = 10,
        /// Action ids from `a` up to, not including, `b`.
        ActionInterval = 11,
    }
}

/// One alternative of an atom.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct OperandRecord {
    /// An [`OperandKind`] as its number.
    pub kind: U32,
    /// By kind; else 0.
    pub a: U32,
    /// By kind; else 0.
    pub b: U32,
}

/// A range of `Pieces`.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PieceRange {
    /// First piece.
    pub first: U32,
    /// Number of pieces; 0 matches only the empty text.
    pub len: U32,
}

/// Six pattern parts (S-303, S-515).
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ArnPatternRecord {
    /// `arn`, partition, service, region, account, rest.
    pub parts: [PieceRange; 6],
}

numbered! {
    /// What a piece of a glob is, and what its fields mean.
    PieceKind {
        /// `a`: symbol; compared as it is.
        Literal = 0,
        /// Zero or more characters.
        Star = 1,
        /// One character (a Unicode scalar value).
        AnyChar = 2,
        /// `a`: slot; `b`: symbol of the default, or `NONE` (S-603 to S-609).
        Variable = 3,
    }
}

/// One piece of a glob. No two stars stand side by side.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PieceRecord {
    /// A [`PieceKind`] as its number.
    pub kind: U32,
    /// By kind; else 0.
    pub a: U32,
    /// By kind; else 0.
    pub b: U32,
}

/// A network (S-514).
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct NetworkRecord {
    /// The address in network byte order; IPv4 in the first four bytes, the rest zero. Host bits are zero.
    pub address: [u8; 16],
    /// 4 or 6.
    pub family: U32,
    /// Prefix length, at most 32 or 128.
    pub prefix: U32,
}

const _: () = assert!(size_of::<DagNode>() == 16);
const _: () = assert!(size_of::<AtomRecord>() == 28);
const _: () = assert!(size_of::<OperandRecord>() == 12);
const _: () = assert!(size_of::<ArnPatternRecord>() == 48);
const _: () = assert!(size_of::<PieceRecord>() == 12);
const _: () = assert!(size_of::<NetworkRecord>() == 24);
