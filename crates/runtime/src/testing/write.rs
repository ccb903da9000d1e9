//! From the records of a description to bytes, and changes of single records in them.

use super::{Builder, SEED};
use crate::format::*;
use crate::verify::{slice_steps, steps_bound};
use crate::views::record_bytes;
use std::collections::{BTreeMap, BTreeSet};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The bundle of the world that a description describes.
pub(crate) fn build(describe: impl Fn(&mut Builder)) -> Vec<u8> {
    build_as(BundleKind::World, SEED, describe)
}

/// The session overlay that a description describes.
pub(crate) fn build_session(describe: impl Fn(&mut Builder)) -> Vec<u8> {
    build_as(BundleKind::Session, SEED, describe)
}

/// A bundle of this kind and with this hash seed.
pub(crate) fn build_as(kind: BundleKind, seed: u64, describe: impl Fn(&mut Builder)) -> Vec<u8> {
    let mut builder = Builder {
        kind,
        seed,
        writes: false,
        strings: BTreeSet::new(),
        keys: BTreeSet::new(),
        bounds: BTreeMap::new(),
        principals: BTreeSet::new(),
        sections: BTreeMap::new(),
        explanations: cold::Explanations::default(),
        spelled: BTreeMap::new(),
    };
    builder.bound("", false);
    describe(&mut builder);
    builder.writes = true;
    builder.sections.clear();
    builder.explanations = cold::Explanations::default();
    describe(&mut builder);
    builder.write_texts();
    builder.write_derived();
    builder.write_cold();
    builder.assemble()
}

impl Builder {
    pub(super) fn string_bytes(&self) -> Vec<u8> {
        self.strings.iter().flat_map(|text| text.bytes()).collect()
    }

    /// The records of a section.
    pub(super) fn records<T: FromBytes + Immutable + Clone>(&self, kind: SectionKind) -> Vec<T> {
        let bytes = self.sections.get(&kind).cloned().unwrap_or_default();
        bytes.chunks_exact(size_of::<T>()).map(|record| T::read_from_bytes(record).unwrap()).collect()
    }

    /// A hash index over texts.
    fn index(&mut self, kind: SectionKind, entries: &[(u32, Vec<u8>)]) {
        let entries: Vec<_> = entries.iter().map(|(id, bytes)| (*id, hash(self.seed, bytes))).collect();
        self.index_of(kind, &entries);
    }

    /// A hash index over entries of these hashes.
    fn index_of(&mut self, kind: SectionKind, entries: &[(u32, u64)]) {
        let mut length = (entries.len() * 2).next_power_of_two();
        let slots = loop {
            if let Some(slots) = Builder::slots(length, entries) {
                break slots;
            }
            length *= 2;
        };
        self.sections.insert(kind, slots.as_slice().as_bytes().to_vec());
    }

    /// The slots of an index so long, unless a probe would visit more of them than it may.
    fn slots(length: usize, entries: &[(u32, u64)]) -> Option<Vec<U32>> {
        let mut slots = vec![U32::new(NONE); length];
        for (id, hash) in entries {
            let home = *hash as usize;
            let mut probes = (0..PROBES_MAX as usize).map(|step| (home + step) & (length - 1));
            let free = probes.find(|slot| slots[*slot].get() == NONE)?;
            slots[free] = U32::new(*id);
        }
        Some(slots)
    }

    fn write_texts(&mut self) {
        let mut offset = 0;
        for text in self.strings.clone() {
            let length = u32::try_from(text.len()).unwrap();
            self.push(SectionKind::Strings, &StringRecord { offset: U32::new(offset), length: U32::new(length) });
            offset += length;
        }
        self.sections.insert(SectionKind::StringBytes, self.string_bytes());
        let entries: Vec<_> = (0..).zip(self.strings.iter().map(|text| text.as_bytes().to_vec())).collect();
        self.index(SectionKind::StringIndex, &entries);

        let mut literals = Vec::new();
        for (id, (text, literal)) in (0..).zip(self.bounds.clone()) {
            let bound = ActionBound { text: U32::new(self.symbol(&text)), literal: U32::new(u32::from(literal)) };
            self.push(SectionKind::ActionBounds, &bound);
            if literal {
                literals.push((id, text.into_bytes()));
            }
        }
        self.index(SectionKind::ActionIndex, &literals);

        for key in self.keys.clone() {
            let (derivation, tag) = Derivation::of_key(&key);
            let tag = tag.map_or(NONE, |tag| self.symbol(tag));
            let record = KeyRecord { name: U32::new(self.symbol(&key)), derivation: U32::new(derivation as u32), tag: U32::new(tag) };
            self.push(SectionKind::Keys, &record);
        }
        let entries: Vec<_> = (0..).zip(self.keys.iter().map(|key| key.as_bytes().to_vec())).collect();
        self.index(SectionKind::KeyIndex, &entries);

        for (tag, text) in self.principals.clone() {
            let record = PrincipalKeyRecord { tag: U32::new(tag), text: U32::new(self.symbol(&text)) };
            self.push(SectionKind::PrincipalKeys, &record);
        }
        let hash =
            |(tag, text): &(u32, String)| PrincipalKeyRecord::hash(self.seed, PrincipalTag::from_number(*tag).unwrap(), text.as_bytes());
        let entries: Vec<_> = (0..).zip(self.principals.iter().map(hash)).collect();
        self.index_of(SectionKind::PrincipalKeyIndex, &entries);
    }

    /// The indexes of entities and shapes, costs and steps, which need the records that the description wrote.
    fn write_derived(&mut self) {
        let texts: Vec<String> = self.strings.iter().cloned().collect();
        let starts: Vec<u32> = self.records::<StringRecord>(SectionKind::Strings).iter().map(|record| record.offset.get()).collect();
        let accounts: Vec<AccountRecord> = self.records(SectionKind::Accounts);
        let mut entities: Vec<EntityRecord> = self.records(SectionKind::Entities);
        let mut entries = Vec::new();
        for (id, entity) in (0..).zip(&mut entities) {
            let name = &texts[entity.name.get() as usize];
            entity.name_offset = U32::new(starts[entity.name.get() as usize]);
            entity.name_len = U32::new(u32::try_from(name.len()).unwrap());
            let account = &texts[accounts[entity.account.get() as usize].id.get() as usize];
            entries.push((id, EntityRecord::hash(self.seed, account, entity.flags.get() & ENTITY_ROLE != 0, name).unwrap()));
        }
        self.sections.insert(SectionKind::Entities, entities.as_slice().as_bytes().to_vec());
        self.index_of(SectionKind::EntityIndex, &entries);

        let shapes: Vec<ShapeRecord> = self.records(SectionKind::Shapes);
        let key = |shape: &ShapeRecord| ShapeRecord::key_bytes(shape.cell.get(), shape.mask.get(), shape.parts.map(U32::get)).to_vec();
        let entries: Vec<_> = (0..).zip(shapes.iter().map(key)).collect();
        self.index(SectionKind::ShapeIndex, &entries);

        let atoms: Vec<AtomRecord> = self.records(SectionKind::Atoms);
        let elements: Vec<PrincipalElementRecord> = self.records(SectionKind::PrincipalElements);
        let mut nodes: Vec<DagNode> = self.records(SectionKind::DagNodes);
        for id in (0..nodes.len()).rev() {
            let node = nodes[id];
            let after = |edge: U32| if edge.get() == END { 0 } else { nodes[edge.get() as usize].cost.get() };
            let cost = if node.word.get() & NODE_EMIT == 0 {
                1 + atoms[node.word.get() as usize].len.get() + after(node.high).max(after(node.low))
            } else {
                let keys = if node.high.get() == NONE { 0 } else { elements[node.high.get() as usize].len.get() };
                1 + keys.min(7 * (u32::BITS - keys.leading_zeros())) + after(node.low)
            };
            nodes[id].cost = U32::new(cost);
        }
        self.sections.insert(SectionKind::DagNodes, nodes.as_slice().as_bytes().to_vec());

        let empty = Vec::new();
        let steps = slice_steps(&|kind| self.sections.get(&kind).unwrap_or(&empty)).unwrap();
        let mut slices: Vec<SliceRecord> = self.records(SectionKind::Slices);
        for (slice, steps) in slices.iter_mut().zip(steps) {
            slice.steps = U32::new(steps.try_into().unwrap());
        }
        self.sections.insert(SectionKind::Slices, slices.as_slice().as_bytes().to_vec());
    }

    fn assemble(&self) -> Vec<u8> {
        let empty = Vec::new();
        let steps = steps_bound(&|kind| self.sections.get(&kind).unwrap_or(&empty)).unwrap();
        assemble(&self.sections, self.kind, self.seed, steps)
    }
}

/// Header, table, sections, padding, digests.
fn assemble(sections: &BTreeMap<SectionKind, Vec<u8>>, kind: BundleKind, seed: u64, steps_max: u64) -> Vec<u8> {
    let mut bytes = vec![0_u8; size_of::<Header>() + SectionKind::ALL.len() * size_of::<SectionEntry>()];
    let mut table = Vec::new();
    for kind in SectionKind::ALL {
        let content = sections.get(kind).cloned().unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(64), 0);
        let entry = SectionEntry {
            kind: U32::new(*kind as u32),
            record_bytes: U32::new(u32::try_from(record_bytes(*kind)).unwrap()),
            offset: U64::new(bytes.len() as u64),
            length: U64::new(content.len() as u64),
            digest: [0; 32],
            reserved: [0; 8],
        };
        table.extend_from_slice(entry.as_bytes());
        bytes.extend_from_slice(&content);
    }
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    let header = Header {
        magic: MAGIC,
        version: U32::new(FORMAT_VERSION),
        flags: U32::ZERO,
        length: U64::new(bytes.len() as u64),
        steps_max: U64::new(steps_max),
        hash_seed: U64::new(seed),
        section_count: U32::new(u32::try_from(SectionKind::ALL.len()).unwrap()),
        kind: U32::new(kind as u32),
        reserved: [0; 48],
        digest: [0; 32],
    };
    bytes[..128].copy_from_slice(header.as_bytes());
    bytes[128..128 + table.len()].copy_from_slice(&table);
    repair(&mut bytes);
    bytes
}

/// Makes all digests right again, so that a change reaches the structural checks.
pub(crate) fn repair(bytes: &mut [u8]) {
    let table_end = 128 + SectionKind::ALL.len() * 64;
    for entry in (128..table_end).step_by(64) {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let (offset, length) = (word(entry + 8), word(entry + 16));
        let content = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(length)).ok());
        if let Some(content) = content.and_then(|(from, to)| bytes.get(from..to)) {
            let digest = *blake3::hash(content).as_bytes();
            bytes[entry + 24..entry + 56].copy_from_slice(&digest);
        }
    }
    bytes[96..128].fill(0);
    let digest = *blake3::hash(&bytes[..table_end]).as_bytes();
    bytes[96..128].copy_from_slice(&digest);
}

/// Where a section lies.
pub(crate) fn section_range(bytes: &[u8], kind: SectionKind) -> core::ops::Range<usize> {
    let at = 128 + (kind as usize - 1) * 64;
    let entry = SectionEntry::read_from_bytes(&bytes[at..at + 64]).unwrap();
    let (offset, length) = (usize::try_from(entry.offset.get()).unwrap(), usize::try_from(entry.length.get()).unwrap());
    offset..offset + length
}

/// The bundle with another header.
pub(crate) fn with_header(bytes: &[u8], change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    change(Header::mut_from_bytes(&mut bytes[..128]).unwrap());
    repair(&mut bytes);
    bytes
}

/// The bundle with other records in a section.
pub(crate) fn with_records<T>(bytes: &[u8], kind: SectionKind, change: impl FnOnce(&mut [T])) -> Vec<u8>
where
    T: FromBytes + IntoBytes + KnownLayout + Immutable,
{
    assert_eq!(size_of::<T>(), record_bytes(kind));
    let mut bytes = bytes.to_vec();
    let range = section_range(&bytes, kind);
    change(<[T]>::mut_from_bytes(&mut bytes[range]).unwrap());
    repair(&mut bytes);
    bytes
}
