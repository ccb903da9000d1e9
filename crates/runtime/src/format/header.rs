//! Header and section table.

use super::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first eight bytes of every bundle.
pub const MAGIC: [u8; 8] = *b"PORTCULL";

/// The version of the layout. A reader refuses every other.
pub const FORMAT_VERSION: u32 = 3;

/// Sections begin at multiples of this many bytes: a cache line.
pub const SECTION_ALIGN: u64 = 64;

/// The bundle header: 128 bytes at offset 0.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`FORMAT_VERSION`].
    pub version: U32,
    /// No flag is defined; zero.
    pub flags: U32,
    /// Bytes of the whole bundle.
    pub length: U64,
    /// Bound on the steps (nodes and entries visited) of any decision.
    pub steps_max: U64,
    /// Seed of every hash index.
    pub hash_seed: U64,
    /// Number of section table entries: [`SectionKind::ALL`]`.len()`.
    pub section_count: U32,
    /// A [`BundleKind`] as its number.
    pub kind: U32,
    /// Zero.
    pub reserved: [u8; 48],
    /// BLAKE3 of the header (this field as zero) followed by the section table. It identifies the bundle, since the table holds the digest of each section.
    pub digest: [u8; 32],
}

/// What a bundle holds. Both kinds have the same sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum BundleKind {
    /// A world.
    World = 0,
    /// A session overlay (S-715): the documents of one session as slice 0, the only slice, and no account, entity, principal element, resource, endpoint,
    /// chain, group, policy or RCP service.
    Session = 1,
}

impl BundleKind {
    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<BundleKind> {
        match number {
            0 => Some(BundleKind::World),
            1 => Some(BundleKind::Session),
            _ => None,
        }
    }
}

/// One entry of the section table, which follows the header directly.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SectionEntry {
    /// A [`SectionKind`] as its number; entries stand in ascending order, each kind once.
    pub kind: U32,
    /// Bytes of one record; 1 for byte sections.
    pub record_bytes: U32,
    /// Offset of the section in the bundle, a multiple of [`SECTION_ALIGN`].
    pub offset: U64,
    /// Bytes of the section, without the padding after it.
    pub length: U64,
    /// BLAKE3 of those bytes.
    pub digest: [u8; 32],
    /// Zero.
    pub reserved: [u8; 8],
}

const _: () = assert!(size_of::<Header>() == 128);
const _: () = assert!(size_of::<SectionEntry>() == 64);

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What a section holds. The number is the order in the file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum SectionKind { $($(#[$doc])* $name = $number,)* }

        impl SectionKind {
            /// Every kind, in file order.
            pub const ALL: &'static [SectionKind] = &[$(SectionKind::$name,)*];

            /// The name that `inspect` prints.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(SectionKind::$name => $text,)* }
            }
        }
    };
}

sections! {
    /// The bytes of all strings, one after the other: byte section.
    StringBytes = 1, "string-bytes";
    /// [`super::StringRecord`], sorted by bytes.
    Strings = 2, "strings";
    /// Hash index over `Strings`.
    StringIndex = 3, "string-index";
    /// [`super::ActionBound`]: the action line.
    ActionBounds = 4, "action-bounds";
    /// Hash index over the bounds that are literal actions (`literal` is 1), by their text: ids of `ActionBounds`.
    ActionIndex = 5, "action-index";
    /// [`super::KeyRecord`]: context keys; the index is the *slot*.
    Keys = 6, "keys";
    /// Hash index over `Keys` by folded name.
    KeyIndex = 7, "key-index";
    /// [`super::AccountRecord`], sorted by id symbol.
    Accounts = 8, "accounts";
    /// [`super::EntityRecord`]: users and roles, sorted by (account, kind, name symbol).
    Entities = 9, "entities";
    /// Hash index over `Entities` by [`super::EntityRecord::hash`].
    EntityIndex = 10, "entity-index";
    /// [`super::TagRecord`]: tags of entities and resources; each owner's run is sorted by key symbol, keys distinct.
    Tags = 11, "tags";
    /// [`super::PrincipalKeyRecord`], sorted by (tag, symbol), distinct; the index is the *principal key*.
    PrincipalKeys = 12, "principal-keys";
    /// Hash index over `PrincipalKeys` by [`super::PrincipalKeyRecord::hash`].
    PrincipalKeyIndex = 13, "principal-key-index";
    /// [`super::PrincipalElementRecord`].
    PrincipalElements = 14, "principal-elements";
    /// `U32` principal keys; each element's run is ascending and distinct.
    PrincipalMembers = 15, "principal-members";
    /// [`super::SliceRecord`].
    Slices = 16, "slices";
    /// [`super::SliceMember`].
    SliceMembers = 17, "slice-members";
    /// `U32` ids of `Fragments`: the indexes of slices.
    SliceIndexes = 18, "slice-indexes";
    /// [`super::FragmentRecord`].
    Fragments = 19, "fragments";
    /// [`super::ActionRange`]; each fragment's run is ascending.
    ActionRanges = 20, "action-ranges";
    /// [`super::StatementRecord`]: the statements themselves, for explanations and as the oracle of the indexes.
    Statements = 21, "statements";
    /// `U32` atom ids: the condition lists of statements.
    StatementConditions = 22, "statement-conditions";
    /// [`super::CellRecord`].
    Cells = 23, "cells";
    /// [`super::ShapeRecord`].
    Shapes = 24, "shapes";
    /// Hash index over `Shapes` by [`super::ShapeRecord::key_bytes`].
    ShapeIndex = 25, "shape-index";
    /// [`super::TrieNode`]: resource tries of the cells.
    TrieNodes = 26, "trie-nodes";
    /// The first label byte of each trie node: byte section, as long as `TrieNodes` has records.
    TrieFirstBytes = 27, "trie-first-bytes";
    /// [`super::DagNode`].
    DagNodes = 28, "dag-nodes";
    /// [`super::AtomRecord`].
    Atoms = 29, "atoms";
    /// [`super::OperandRecord`].
    Operands = 30, "operands";
    /// [`super::ArnPatternRecord`].
    ArnPatterns = 31, "arn-patterns";
    /// [`super::PieceRecord`].
    Pieces = 32, "pieces";
    /// [`super::NetworkRecord`].
    Networks = 33, "networks";
    /// [`super::ResourceRecord`]: the declared resources.
    Resources = 34, "resources";
    /// [`super::TrieNode`]: one trie over the ARNs of `Resources`; `exact` is a resource id, `prefix` is `NONE`; the root is node 0 if there is any resource.
    ResourceTrie = 35, "resource-trie";
    /// The first label byte of each node of `ResourceTrie`.
    ResourceTrieFirstBytes = 36, "resource-trie-first-bytes";
    /// `U32` symbols, ascending: service prefixes that support RCPs (S-709).
    RcpServices = 37, "rcp-services";
    /// [`super::ChainRecord`]: SCP and RCP chains, each as its levels.
    Chains = 38, "chains";
    /// `U32` slice ids: the levels of chains, from the organization's root down.
    ChainLevels = 39, "chain-levels";
    /// [`super::EndpointRecord`]: declared VPC endpoints that have a policy, in strictly ascending order of `id`.
    Endpoints = 40, "endpoints";
    /// [`super::GroupRecord`]: groups of declared accounts, in strictly ascending order of (account, name).
    Groups = 41, "groups";
    /// [`super::PolicyRecord`]: managed policies by name, in strictly ascending order of (account, name).
    Policies = 42, "policies";
    /// [`super::GroupListRecord`]: the groups that users are in, each distinct list once.
    GroupLists = 43, "group-lists";
    /// `U32` slice ids: the policies of the groups of lists.
    GroupListSlices = 44, "group-list-slices";
    /// Cold, bincode: [`super::cold::Summary`].
    Summary = 45, "summary";
    /// Cold, bincode: [`super::cold::Explanations`].
    Explanations = 46, "explanations";
}
