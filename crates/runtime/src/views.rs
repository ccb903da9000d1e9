//! Typed views of a bundle's sections, and the look-ups that evaluation, principal resolution and verification share.
//!
//! The slices are made once from the bytes; nothing is copied. All access is checked: an id that leads nowhere is a [`Fault`].

use crate::error::Fault;
use crate::format::{self, NONE, PROBES_MAX, SectionKind, U32};
use alloc::vec::Vec;
use core::cmp::Ordering;
use zerocopy::FromBytes;

macro_rules! views {
    ($($field:ident: $record:ty = $kind:ident,)*) => {
        /// The sections as slices of their records.
        #[derive(Clone, Copy, Default)]
        pub(crate) struct Views<'b> {
            /// The header's hash seed.
            pub(crate) seed: u64,
            /// The header's step bound.
            pub(crate) steps_max: u64,
            $(
                #[cfg_attr(not(feature = "explain"), allow(dead_code, reason = "the cold sections are for explanations"))]
                pub(crate) $field: &'b [$record],
            )*
        }

        impl<'b> Views<'b> {
            /// Views over the sections that the function gives. The error is a section whose length is no multiple of its record's.
            pub(crate) fn new(seed: u64, steps_max: u64, section: &dyn Fn(SectionKind) -> &'b [u8]) -> Result<Views<'b>, SectionKind> {
                Ok(Views {
                    seed,
                    steps_max,
                    $($field: <[$record]>::ref_from_bytes(section(SectionKind::$kind)).map_err(|_| SectionKind::$kind)?,)*
                })
            }
        }

        /// The sections of a small bundle, decoded into memory of their own: views over it are made for each decision, which costs less here than over bytes.
        #[derive(Debug, Default)]
        pub(crate) struct Owned {
            seed: u64,
            steps_max: u64,
            $($field: Vec<$record>,)*
        }

        impl Owned {
            /// A copy of the sections.
            pub(crate) fn copy(views: &Views<'_>) -> Owned {
                Owned { seed: views.seed, steps_max: views.steps_max, $($field: views.$field.to_vec(),)* }
            }

            /// Views over them.
            #[inline]
            pub(crate) fn views(&self) -> Views<'_> {
                Views { seed: self.seed, steps_max: self.steps_max, $($field: &self.$field,)* }
            }

            /// Bytes of memory that the records take.
            pub(crate) fn memory_bytes(&self) -> u64 {
                let mut bytes = 0_u64;
                $(bytes = bytes.saturating_add((self.$field.capacity() as u64).saturating_mul(size_of::<$record>() as u64));)*
                bytes
            }
        }

        /// Bytes of one record of a section.
        pub(crate) fn record_bytes(kind: SectionKind) -> usize {
            match kind { $(SectionKind::$kind => size_of::<$record>(),)* }
        }
    };
}

views! {
    string_bytes: u8 = StringBytes,
    strings: format::StringRecord = Strings,
    string_index: U32 = StringIndex,
    action_bounds: format::ActionBound = ActionBounds,
    action_index: U32 = ActionIndex,
    keys: format::KeyRecord = Keys,
    key_index: U32 = KeyIndex,
    accounts: format::AccountRecord = Accounts,
    entities: format::EntityRecord = Entities,
    entity_index: U32 = EntityIndex,
    tags: format::TagRecord = Tags,
    principal_keys: format::PrincipalKeyRecord = PrincipalKeys,
    principal_key_index: U32 = PrincipalKeyIndex,
    principal_elements: format::PrincipalElementRecord = PrincipalElements,
    principal_members: U32 = PrincipalMembers,
    slices: format::SliceRecord = Slices,
    slice_members: format::SliceMember = SliceMembers,
    slice_indexes: U32 = SliceIndexes,
    fragments: format::FragmentRecord = Fragments,
    action_ranges: format::ActionRange = ActionRanges,
    statements: format::StatementRecord = Statements,
    statement_conditions: U32 = StatementConditions,
    cells: format::CellRecord = Cells,
    shapes: format::ShapeRecord = Shapes,
    shape_index: U32 = ShapeIndex,
    trie_nodes: format::TrieNode = TrieNodes,
    trie_first_bytes: u8 = TrieFirstBytes,
    dag_nodes: format::DagNode = DagNodes,
    atoms: format::AtomRecord = Atoms,
    operands: format::OperandRecord = Operands,
    arn_patterns: format::ArnPatternRecord = ArnPatterns,
    pieces: format::PieceRecord = Pieces,
    networks: format::NetworkRecord = Networks,
    resources: format::ResourceRecord = Resources,
    resource_trie: format::TrieNode = ResourceTrie,
    resource_trie_first_bytes: u8 = ResourceTrieFirstBytes,
    rcp_services: U32 = RcpServices,
    chains: format::ChainRecord = Chains,
    chain_levels: U32 = ChainLevels,
    endpoints: format::EndpointRecord = Endpoints,
    groups: format::GroupRecord = Groups,
    policies: format::PolicyRecord = Policies,
    group_lists: format::GroupListRecord = GroupLists,
    group_list_slices: U32 = GroupListSlices,
    summary: u8 = Summary,
    explanations: u8 = Explanations,
}

/// The record with this id.
#[inline]
pub(crate) fn at<T>(records: &[T], id: u32) -> Result<&T, Fault> {
    records.get(id as usize).ok_or(Fault::Corrupt)
}

/// The records of a range.
#[inline]
pub(crate) fn range<T>(records: &[T], first: U32, len: U32) -> Result<&[T], Fault> {
    let first = first.get() as usize;
    let end = first.checked_add(len.get() as usize).ok_or(Fault::Corrupt)?;
    records.get(first..end).ok_or(Fault::Corrupt)
}

/// Comparisons that bisecting so many records takes at most: what the step bound counts for it.
#[inline]
pub(crate) fn bisection_steps(len: usize) -> u64 {
    u64::from(usize::BITS.saturating_sub(len.leading_zeros()))
}

/// Looks a hash up: the id for which `is_it` holds, among those that the probe visits.
#[inline]
pub(crate) fn probe(index: &[U32], hash: u64, mut is_it: impl FnMut(u32) -> Result<bool, Fault>) -> Result<Option<u32>, Fault> {
    let Some(mask) = index.len().checked_sub(1) else { return Ok(None) };
    // The length is a power of two (verified), so masking is taking the remainder; keeping the low bits of the hash is intended.
    let mut slot = hash as usize & mask;
    for _ in 0..PROBES_MAX {
        let id = index.get(slot).ok_or(Fault::Corrupt)?.get();
        if id == NONE {
            return Ok(None);
        }
        if is_it(id)? {
            return Ok(Some(id));
        }
        slot = slot.wrapping_add(1) & mask;
    }
    Ok(None)
}

/// What a resource text meets on its way through a trie.
pub(crate) struct TrieStep<'b> {
    /// The node, whose whole label matched.
    pub(crate) node: &'b format::TrieNode,
    /// Bytes of the text up to the end of the label.
    pub(crate) end: usize,
}

/// A walk through a trie: gives every node whose whole label matches, from the root down.
pub(crate) struct TrieWalk<'b, 't> {
    nodes: &'b [format::TrieNode],
    first_bytes: &'b [u8],
    labels: &'b [u8],
    text: &'t [u8],
    end: usize,
    next: Option<u32>,
}

impl<'b, 't> TrieWalk<'b, 't> {
    /// From this root.
    #[inline]
    pub(crate) fn new(
        nodes: &'b [format::TrieNode],
        first_bytes: &'b [u8],
        labels: &'b [u8],
        root: u32,
        text: &'t [u8],
    ) -> TrieWalk<'b, 't> {
        TrieWalk { nodes, first_bytes, labels, text, end: 0, next: Some(root) }
    }

    /// The next node, or `None` at the end of the walk. Ends, since children have higher ids than their parent (verified).
    #[inline]
    pub(crate) fn step(&mut self) -> Result<Option<TrieStep<'b>>, Fault> {
        let Some(id) = self.next.take() else { return Ok(None) };
        let node = at(self.nodes, id)?;
        let label = range(self.labels, node.label_offset, node.label_len)?;
        let rest = self.text.get(self.end..).ok_or(Fault::Corrupt)?;
        let Some(rest) = rest.strip_prefix(label) else { return Ok(None) };
        self.end = self.text.len().saturating_sub(rest.len());
        if let Some(byte) = rest.first() {
            let bytes = range(self.first_bytes, node.first_child, node.child_count)?;
            let place = if bytes.len() <= 16 { bytes.iter().position(|first| first == byte) } else { bytes.binary_search(byte).ok() };
            self.next = match place {
                Some(place) => Some(node.first_child.get().checked_add(place as u32).ok_or(Fault::Corrupt)?),
                None => None,
            };
        }
        Ok(Some(TrieStep { node, end: self.end }))
    }
}

impl<'b> Views<'b> {
    /// The bytes of a string.
    #[inline]
    pub(crate) fn text(&self, symbol: U32) -> Result<&'b [u8], Fault> {
        let record = at(self.strings, symbol.get())?;
        range(self.string_bytes, record.offset, record.length)
    }

    /// A string as text, where characters matter.
    pub(crate) fn text_str(&self, symbol: U32) -> Result<&'b str, Fault> {
        core::str::from_utf8(self.text(symbol)?).map_err(|_| Fault::Corrupt)
    }

    /// The symbol of a text, if the bundle has it.
    #[inline]
    pub(crate) fn symbol(&self, text: &[u8]) -> Result<Option<u32>, Fault> {
        if text.is_empty() {
            // Strings are sorted, so the empty one is the first; regions and accounts of ARNs are often empty.
            return Ok(self.strings.first().filter(|first| first.length.get() == 0).map(|_| 0));
        }
        self.symbol_hashed(format::hash(self.seed, text), text)
    }

    /// The symbol of a text that is not empty and whose hash is known.
    #[inline]
    pub(crate) fn symbol_hashed(&self, hash: u64, text: &[u8]) -> Result<Option<u32>, Fault> {
        probe(self.string_index, hash, |id| Ok(self.text(U32::new(id))? == text))
    }

    /// The action id of a folded action, whose hash is known: its literal's bound, else the last bound that is not above it.
    pub(crate) fn action_id(&self, hash: u64, folded: &[u8]) -> Result<u32, Fault> {
        let literal = probe(self.action_index, hash, |id| Ok(self.text(at(self.action_bounds, id)?.text)? == folded))?;
        if let Some(id) = literal {
            return Ok(id);
        }
        let mut low = 0_usize;
        let mut high = self.action_bounds.len();
        while low < high {
            let middle = low.midpoint(high);
            let bound = self.action_bounds.get(middle).ok_or(Fault::Corrupt)?;
            if self.text(bound.text)? <= folded {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low.checked_sub(1).and_then(|id| u32::try_from(id).ok()).ok_or(Fault::Corrupt)
    }

    /// The slot of a key in any letter case, for which the hash of the folded key is known.
    #[inline]
    pub(crate) fn slot(&self, hash: u64, key: &[u8]) -> Result<Option<u32>, Fault> {
        // The names of slots are folded.
        probe(self.key_index, hash, |id| Ok(self.text(at(self.keys, id)?.name)?.eq_ignore_ascii_case(key)))
    }

    /// The slot of the key that names the endpoint a request came through (S-710); `None` without endpoints.
    pub(crate) fn endpoint_slot(&self) -> Result<Option<u32>, Fault> {
        const KEY: &[u8] = b"aws:sourcevpce";
        if self.endpoints.is_empty() { Ok(None) } else { self.slot(format::hash(self.seed, KEY), KEY) }
    }

    /// The account with this id text.
    pub(crate) fn account(&self, id: &str) -> Result<Option<(u32, &'b format::AccountRecord)>, Fault> {
        let Some(symbol) = self.symbol(id.as_bytes())? else { return Ok(None) };
        let Ok(place) = self.accounts.binary_search_by(|account| account.id.get().cmp(&symbol)) else { return Ok(None) };
        let id = u32::try_from(place).map_err(|_| Fault::Corrupt)?;
        Ok(Some((id, at(self.accounts, id)?)))
    }

    /// The user or role of a declared account with this name, whatever its path.
    pub(crate) fn entity(&self, account: &str, is_role: bool, name: &str) -> Result<Option<&'b format::EntityRecord>, Fault> {
        let Some(hash) = format::EntityRecord::hash(self.seed, account, is_role, name) else { return Ok(None) };
        let found = probe(self.entity_index, hash, |id| {
            let entity = at(self.entities, id)?;
            Ok((entity.flags.get() & format::ENTITY_ROLE != 0) == is_role
                && range(self.string_bytes, entity.name_offset, entity.name_len)? == name.as_bytes()
                && self.text(at(self.accounts, entity.account.get())?.id)? == account.as_bytes())
        })?;
        found.map(|id| at(self.entities, id)).transpose()
    }

    /// The user or role that an ARN names by its account and its part after `user` or `role`, path included.
    pub(crate) fn entity_at(&self, account: &str, is_role: bool, path_and_name: &str) -> Result<Option<&'b format::EntityRecord>, Fault> {
        let Some(cut) = path_and_name.rfind('/').and_then(|slash| slash.checked_add(1)) else { return Ok(None) };
        let Some((path, name)) = path_and_name.split_at_checked(cut) else { return Ok(None) };
        let Some(entity) = self.entity(account, is_role, name)? else { return Ok(None) };
        Ok(if self.text(entity.path)? == path.as_bytes() { Some(entity) } else { None })
    }

    /// The group of an account with this name.
    pub(crate) fn group(&self, account: u32, name: &str) -> Result<Option<&'b format::GroupRecord>, Fault> {
        let Some(symbol) = self.symbol(name.as_bytes())? else { return Ok(None) };
        let place = self.groups.binary_search_by(|group| (group.account.get(), group.name.get()).cmp(&(account, symbol)));
        Ok(place.ok().and_then(|place| self.groups.get(place)))
    }

    /// The policies of a user's groups, a slice for each; none for `NONE`.
    pub(crate) fn group_slices(&self, list: U32) -> Result<&'b [U32], Fault> {
        if list.get() == NONE {
            return Ok(&[]);
        }
        let list = at(self.group_lists, list.get())?;
        range(self.group_list_slices, list.first, list.len)
    }

    /// The managed policy of an account with this name; with `NONE` for the account, the AWS managed policy with this ARN.
    pub(crate) fn policy(&self, account: u32, name: &str) -> Result<Option<&'b format::PolicyRecord>, Fault> {
        let Some(symbol) = self.symbol(name.as_bytes())? else { return Ok(None) };
        let place = self.policies.binary_search_by(|policy| (policy.account.get(), policy.name.get()).cmp(&(account, symbol)));
        Ok(place.ok().and_then(|place| self.policies.get(place)))
    }

    /// The policy of the declared endpoint with this id, if it has one (S-710).
    pub(crate) fn endpoint(&self, id: &str) -> Result<Option<&'b format::EndpointRecord>, Fault> {
        let Some(symbol) = self.symbol(id.as_bytes())? else { return Ok(None) };
        let place = self.endpoints.binary_search_by(|endpoint| endpoint.id.get().cmp(&symbol));
        Ok(place.ok().and_then(|place| self.endpoints.get(place)))
    }

    /// The id of a principal key, if some element lists it.
    pub(crate) fn principal_key(&self, tag: format::PrincipalTag, text: &str) -> Result<Option<u32>, Fault> {
        probe(self.principal_key_index, format::PrincipalKeyRecord::hash(self.seed, tag, text.as_bytes()), |id| {
            let key = at(self.principal_keys, id)?;
            Ok(key.tag.get() == tag as u32 && self.text(key.text)? == text.as_bytes())
        })
    }

    /// The shape of a cell for these part symbols.
    #[inline]
    pub(crate) fn shape(&self, cell: u32, mask: u32, parts: [u32; 4]) -> Result<Option<&'b format::ShapeRecord>, Fault> {
        let key = format::ShapeRecord::key_bytes(cell, mask, parts);
        let id = probe(self.shape_index, format::hash(self.seed, &key), |id| {
            let shape = at(self.shapes, id)?;
            Ok(shape.cell.get() == cell && shape.mask.get() == mask && shape.parts.iter().zip(parts).all(|(a, b)| a.get() == b))
        })?;
        id.map(|id| at(self.shapes, id)).transpose()
    }

    /// A tag's value, looked up by the symbol of its folded key.
    pub(crate) fn tag(&self, first: U32, len: U32, key: u32) -> Result<Option<U32>, Fault> {
        let tags = range(self.tags, first, len)?;
        match tags.binary_search_by(|tag| tag.key.get().cmp(&key)) {
            Ok(place) => tags.get(place).map(|tag| Some(tag.value)).ok_or(Fault::Corrupt),
            Err(_) => Ok(None),
        }
    }

    /// Whether the text is among operands of kind `Text`, which are in ascending order.
    #[inline]
    pub(crate) fn holds_text(&self, operands: &[format::OperandRecord], text: &[u8]) -> Result<bool, Fault> {
        let mut low = 0_usize;
        let mut high = operands.len();
        while low < high {
            let middle = low.midpoint(high);
            let operand = operands.get(middle).ok_or(Fault::Corrupt)?;
            match self.text(operand.a)?.cmp(text) {
                Ordering::Equal => return Ok(true),
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}
