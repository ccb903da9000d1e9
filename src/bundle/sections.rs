//! The sections in memory, and the encoder that fills them.

use super::Parts;
use super::strings::Symbols;
use indexmap::IndexSet;
use portcullis_runtime::format::{
    AccountRecord, ActionBound, ActionRange, ArnPatternRecord, AtomRecord, BundleKind, CellRecord, ChainRecord, DagNode, EndpointRecord,
    EntityRecord, FragmentRecord, GroupListRecord, GroupRecord, KeyRecord, NetworkRecord, OperandRecord, PieceRecord, PolicyRecord,
    PrincipalElementRecord, PrincipalKeyRecord, ResourceRecord, ShapeRecord, SliceMember, SliceRecord, StatementRecord, TagRecord,
    TrieNode, U32,
};
use std::collections::HashMap;

/// All hot sections but strings and hash indexes.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) action_bounds: Vec<ActionBound>,
    pub(super) keys: Vec<KeyRecord>,
    pub(super) accounts: Vec<AccountRecord>,
    pub(super) entities: Vec<EntityRecord>,
    pub(super) tags: Vec<TagRecord>,
    pub(super) principal_keys: Vec<PrincipalKeyRecord>,
    pub(super) principal_elements: Vec<PrincipalElementRecord>,
    pub(super) principal_members: Vec<U32>,
    pub(super) slices: Vec<SliceRecord>,
    pub(super) slice_members: Vec<SliceMember>,
    pub(super) slice_indexes: Vec<U32>,
    pub(super) fragments: Vec<FragmentRecord>,
    pub(super) action_ranges: Vec<ActionRange>,
    pub(super) statements: Vec<StatementRecord>,
    pub(super) statement_conditions: Vec<U32>,
    pub(super) cells: Vec<CellRecord>,
    pub(super) shapes: Vec<ShapeRecord>,
    pub(super) trie_nodes: Vec<TrieNode>,
    pub(super) trie_first_bytes: Vec<u8>,
    pub(super) dag_nodes: Vec<DagNode>,
    pub(super) atoms: Vec<AtomRecord>,
    pub(super) operands: Vec<OperandRecord>,
    pub(super) arn_patterns: Vec<ArnPatternRecord>,
    pub(super) pieces: Vec<PieceRecord>,
    pub(super) networks: Vec<NetworkRecord>,
    pub(super) resources: Vec<ResourceRecord>,
    pub(super) resource_trie: Vec<TrieNode>,
    pub(super) resource_trie_first_bytes: Vec<u8>,
    pub(super) rcp_services: Vec<U32>,
    pub(super) chains: Vec<ChainRecord>,
    pub(super) chain_levels: Vec<U32>,
    pub(super) endpoints: Vec<EndpointRecord>,
    pub(super) groups: Vec<GroupRecord>,
    pub(super) policies: Vec<PolicyRecord>,
    pub(super) group_lists: Vec<GroupListRecord>,
    pub(super) group_list_slices: Vec<U32>,
}

/// Kind, `a` and `b` of a piece.
pub(super) type PieceContent = (u32, u32, u32);

/// One run over the parts.
pub(super) struct Encoder<'a, S> {
    pub(super) parts: Parts<'a>,
    pub(super) symbols: &'a mut S,
    /// The context keys in slot order.
    pub(super) slots: &'a IndexSet<String>,
    pub(super) out: Sections,
    /// Globs, ARN patterns and networks that were written already, by content.
    pub(super) known_globs: HashMap<Vec<PieceContent>, (u32, u32)>,
    pub(super) known_arns: HashMap<[(u32, u32); 6], u32>,
    pub(super) known_networks: HashMap<([u8; 16], u32, u32), u32>,
    /// Something passed what 32 bits can number.
    pub(super) overflow: bool,
}

impl<'a, S: Symbols> Encoder<'a, S> {
    /// Encodes everything.
    pub(super) fn run(parts: Parts<'a>, symbols: &'a mut S, slots: &'a IndexSet<String>) -> Encoder<'a, S> {
        let mut encoder = Encoder {
            parts,
            symbols,
            slots,
            out: Sections::default(),
            known_globs: HashMap::new(),
            known_arns: HashMap::new(),
            known_networks: HashMap::new(),
            overflow: false,
        };
        encoder.keys();
        encoder.atoms();
        encoder.principals();
        if parts.kind == BundleKind::World {
            encoder.accounts();
            encoder.entities();
            encoder.resources();
            encoder.rcp_services();
            encoder.chains();
            encoder.endpoints();
            encoder.groups_and_policies();
            encoder.group_lists();
        }
        encoder.slices();
        encoder.fragments();
        encoder.index();
        encoder.dag();
        encoder
    }

    /// A length or position as the format writes it.
    pub(super) fn number(&mut self, value: usize) -> u32 {
        u32::try_from(value).ok().filter(|value| *value < u32::MAX).unwrap_or_else(|| {
            self.overflow = true;
            0
        })
    }

    /// The symbol of a text, ready for a record.
    pub(super) fn symbol(&mut self, text: &str) -> U32 {
        U32::new(self.symbols.symbol(text))
    }

    /// The slot of a context key.
    pub(super) fn slot(&mut self, key: &str) -> u32 {
        match self.slots.get_index_of(key) {
            Some(slot) => self.number(slot),
            None => {
                self.overflow = true;
                0
            }
        }
    }
}
