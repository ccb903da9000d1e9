//! The bundle format: every byte of a bundle, written down once.
//!
//! A bundle is a [`Header`], a table of [`SectionEntry`], then the sections in the order of [`SectionKind`], each
//! aligned to [`SECTION_ALIGN`] and filled up with zero bytes. Hot sections are arrays of the fixed-width records below;
//! the evaluator works on them as they lie. Cold sections ([`cold`]) hold what explanations need, in bincode.
//! The compiler's writer and this crate's verifier both use these types, so there is one layout.
//!
//! Conventions, which the verifier enforces:
//! - all integers are little-endian and unaligned ([`U32`], [`U64`]); there is no pointer, `usize` or enum in a record;
//! - an id is an index into the array of its kind; [`NONE`] is "no such thing" where a field says it may be absent;
//! - a *range* is two fields, `first` and `len`, into the array that the field's documentation names;
//! - a *symbol* is an id into [`StringRecord`]s. Strings are sorted by bytes and distinct, so equal text is equal symbol;
//! - hash indexes are arrays of `U32` ids (or [`NONE`]) whose length is a power of two and at least twice the number of entries;
//!   the probe for `bytes` starts at [`hash`]`(seed, bytes) & (length - 1)` and goes up by one, wrapping, for at most
//!   [`PROBES_MAX`] slots or to the first `NONE`. The seed stands in the header.

mod accounts;
mod actions;
pub mod cold;
mod dag;
mod entities;
mod fragments;
mod header;
mod keys;
mod principals;
mod resources;
mod strings;
mod trie;

pub use accounts::{ACCOUNT_DECLARED, ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, AccountRecord, ChainRecord};
pub use actions::ActionBound;
pub use dag::{
    ATOM_IF_EXISTS, ATOM_NEGATED, ArnPatternRecord, AtomKind, AtomRecord, DagNode, END, NODE_DENY, NODE_EMIT, NetworkRecord, OperandKind,
    OperandRecord, PieceKind, PieceRange, PieceRecord, Qualifier,
};
pub use entities::{
    ENTITY_ROLE, ENTITY_SERVICE_LINKED, EntityRecord, GroupListRecord, GroupRecord, PolicyRecord, TagRecord, is_entity_name,
};
pub use fragments::{ActionRange, FRAGMENT_DENIES, FragmentRecord, STATEMENT_DENY, SliceMember, SliceRecord, StatementRecord};
pub use header::{BundleKind, FORMAT_VERSION, Header, MAGIC, SECTION_ALIGN, SectionEntry, SectionKind};
pub use keys::{Derivation, KeyRecord};
pub use principals::{CALLER_KEYS_MAX, PRINCIPAL_NEGATED, PrincipalElementRecord, PrincipalKeyRecord, PrincipalTag, element_steps};
pub use resources::{EndpointRecord, ResourceRecord};
pub use strings::StringRecord;
pub use trie::{CellRecord, SHAPES, ShapeRecord, TrieNode};

pub use zerocopy::little_endian::{U16, U32, U64};

/// "No such thing" in a field that may be absent, and the empty slot of a hash index.
pub const NONE: u32 = u32::MAX;

/// The longest run of slots that a look-up in a hash index visits.
pub const PROBES_MAX: u32 = 32;

/// The hash of every index in a bundle: XXH3, 64 bits, seeded with the header's `hash_seed`.
#[must_use]
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(bytes, seed)
}
