//! Header, section table and the bytes as a whole.

use super::explanations;
use super::index;
use super::sections::{Encoder, Sections};
use super::strings::{Collector, StringTable};
use super::{Dearest, Parts, atoms};
use portcullis_runtime::format::cold::{self, Summary};
use portcullis_runtime::format::{
    self, BundleKind, ENTITY_ROLE, EntityRecord, FORMAT_VERSION, Header, MAGIC, PrincipalKeyRecord, PrincipalTag, SECTION_ALIGN,
    SectionEntry, SectionKind, ShapeRecord, U32, U64,
};
use portcullis_runtime::{Bundle, OpenError, verify};
use std::fmt;
use zerocopy::{Immutable, IntoBytes};

/// How many seeds are tried before hash indexes are given up; one is enough unless texts were made to collide.
const SEEDS_MAX: u64 = 64;

/// Why a bundle could not be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// More of something than the format can number.
    TooLarge,
    /// No hash index within the probe bound; only texts made to collide do that.
    Unindexable,
    /// A cold section could not be encoded.
    Cold(String),
    /// A decision could take more steps than any may; the policies that take the most, if any do.
    TooManySteps(Option<Dearest>),
    /// The runtime's verifier refuses the bytes: a defect of the compiler.
    Refused(OpenError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::TooLarge => f.write_str("the world has more texts or records than a bundle can number"),
            EncodeError::Unindexable => f.write_str("no hash index of the world's texts keeps within the probe bound"),
            EncodeError::Cold(why) => write!(f, "the explanations cannot be encoded: {why}"),
            EncodeError::TooManySteps(dearest) => {
                write!(f, "a decision could take more than {} steps", verify::STEPS_MAX)?;
                dearest.as_ref().map_or(Ok(()), |dearest| write!(f, ", {dearest}"))
            }
            EncodeError::Refused(why) => write!(f, "the verifier refuses the bundle: {why}"),
        }
    }
}

impl std::error::Error for EncodeError {}

/// Writes a bundle. That of a world is opened again, exactly as a runtime would; a session's is verified when it is opened and not before, for the sake of
/// time.
///
/// # Errors
/// [`EncodeError`] when the world does not fit into a bundle.
pub fn encode(parts: Parts<'_>) -> Result<(Vec<u8>, Summary), EncodeError> {
    let slots = atoms::slots(parts.program, !parts.linked.endpoints.is_empty());
    let mut collector = Collector::default();
    let collected = Encoder::run(parts, &mut collector, &slots);
    if collected.overflow {
        return Err(EncodeError::TooLarge);
    }
    let mut strings = StringTable::new(collector).ok_or(EncodeError::TooLarge)?;
    let encoded = Encoder::run(parts, &mut strings, &slots);
    let (mut sections, overflow) = (encoded.out, encoded.overflow);
    if overflow || strings.missed {
        return Err(EncodeError::TooLarge);
    }
    let summary = explanations::summary(parts, &sections);
    let explanations = explanations::explanations(parts).ok_or(EncodeError::TooLarge)?;
    let cold = [cold::encode(&summary).map_err(EncodeError::Cold)?, cold::encode(&explanations).map_err(EncodeError::Cold)?];
    let found = (0..SEEDS_MAX).find_map(|seed| Indexes::build(seed, &strings, &sections).map(|indexes| (seed, indexes)));
    let (seed, indexes) = found.ok_or(EncodeError::Unindexable)?;
    let steps = verify::slice_steps(&|kind| section(kind, &strings, &sections, &indexes, &cold).0).map_err(EncodeError::Refused)?;
    let too_many = || EncodeError::TooManySteps(Dearest::of(parts, &steps));
    for (slice, steps) in sections.slices.iter_mut().zip(&steps) {
        slice.steps = U32::new(u32::try_from(*steps).map_err(|_| too_many())?);
    }
    let section = |kind| section(kind, &strings, &sections, &indexes, &cold);
    let steps_max = verify::steps_bound(&|kind| section(kind).0);
    // Sections that the compiler wrote refer to what they hold, so the limit is all that can be wrong.
    let steps_max = steps_max.map_err(|why| if why.code() == "limit-exceeded" { too_many() } else { EncodeError::Refused(why) })?;
    let bytes = assemble(parts.kind, seed, steps_max, &section)?;
    if parts.kind == BundleKind::World {
        Bundle::from_bytes(bytes.clone()).map_err(EncodeError::Refused)?;
    }
    Ok((bytes, summary))
}

/// The hash indexes, under one seed.
struct Indexes {
    strings: Vec<U32>,
    actions: Vec<U32>,
    keys: Vec<U32>,
    entities: Vec<U32>,
    principal_keys: Vec<U32>,
    shapes: Vec<U32>,
}

impl Indexes {
    fn build(seed: u64, strings: &StringTable, sections: &Sections) -> Option<Indexes> {
        let text = |symbol: U32| strings.text(symbol.get());
        let hashed = |symbol: U32| text(symbol).map(|text| format::hash(seed, text));
        let literals = sections.action_bounds.iter().map(|bound| if bound.literal.get() == 1 { hashed(bound.text) } else { None });
        let entities = sections.entities.iter().map(|entity| {
            let account = sections.accounts.get(entity.account.get() as usize)?;
            let (account, name) = (std::str::from_utf8(text(account.id)?).ok()?, std::str::from_utf8(text(entity.name)?).ok()?);
            EntityRecord::hash(seed, account, entity.flags.get() & ENTITY_ROLE != 0, name)
        });
        let principal_keys = sections
            .principal_keys
            .iter()
            .map(|key| Some(PrincipalKeyRecord::hash(seed, PrincipalTag::from_number(key.tag.get())?, text(key.text)?)));
        let shapes = sections.shapes.iter().map(|shape| {
            let key = ShapeRecord::key_bytes(shape.cell.get(), shape.mask.get(), shape.parts.map(U32::get));
            Some(format::hash(seed, &key))
        });
        Some(Indexes {
            strings: index::build((0u32..).take(strings.records.len()).map(|symbol| hashed(U32::new(symbol))))?,
            actions: index::build(literals)?,
            keys: index::build(sections.keys.iter().map(|key| hashed(key.name)))?,
            entities: index::build(entities)?,
            principal_keys: index::build(principal_keys)?,
            shapes: index::build(shapes)?,
        })
    }
}

/// A section as bytes, and the bytes of one record.
fn records<T: IntoBytes + Immutable>(records: &[T]) -> (&[u8], usize) {
    (records.as_bytes(), size_of::<T>())
}

fn section<'a>(
    kind: SectionKind,
    strings: &'a StringTable,
    sections: &'a Sections,
    indexes: &'a Indexes,
    cold: &'a [Vec<u8>; 2],
) -> (&'a [u8], usize) {
    match kind {
        SectionKind::StringBytes => (&strings.bytes, 1),
        SectionKind::Strings => records(&strings.records),
        SectionKind::StringIndex => records(&indexes.strings),
        SectionKind::ActionBounds => records(&sections.action_bounds),
        SectionKind::ActionIndex => records(&indexes.actions),
        SectionKind::Keys => records(&sections.keys),
        SectionKind::KeyIndex => records(&indexes.keys),
        SectionKind::Accounts => records(&sections.accounts),
        SectionKind::Entities => records(&sections.entities),
        SectionKind::EntityIndex => records(&indexes.entities),
        SectionKind::Tags => records(&sections.tags),
        SectionKind::PrincipalKeys => records(&sections.principal_keys),
        SectionKind::PrincipalKeyIndex => records(&indexes.principal_keys),
        SectionKind::PrincipalElements => records(&sections.principal_elements),
        SectionKind::PrincipalMembers => records(&sections.principal_members),
        SectionKind::Slices => records(&sections.slices),
        SectionKind::SliceMembers => records(&sections.slice_members),
        SectionKind::SliceIndexes => records(&sections.slice_indexes),
        SectionKind::Fragments => records(&sections.fragments),
        SectionKind::ActionRanges => records(&sections.action_ranges),
        SectionKind::Statements => records(&sections.statements),
        SectionKind::StatementConditions => records(&sections.statement_conditions),
        SectionKind::Cells => records(&sections.cells),
        SectionKind::Shapes => records(&sections.shapes),
        SectionKind::ShapeIndex => records(&indexes.shapes),
        SectionKind::TrieNodes => records(&sections.trie_nodes),
        SectionKind::TrieFirstBytes => (&sections.trie_first_bytes, 1),
        SectionKind::DagNodes => records(&sections.dag_nodes),
        SectionKind::Atoms => records(&sections.atoms),
        SectionKind::Operands => records(&sections.operands),
        SectionKind::ArnPatterns => records(&sections.arn_patterns),
        SectionKind::Pieces => records(&sections.pieces),
        SectionKind::Networks => records(&sections.networks),
        SectionKind::Resources => records(&sections.resources),
        SectionKind::ResourceTrie => records(&sections.resource_trie),
        SectionKind::ResourceTrieFirstBytes => (&sections.resource_trie_first_bytes, 1),
        SectionKind::RcpServices => records(&sections.rcp_services),
        SectionKind::Chains => records(&sections.chains),
        SectionKind::ChainLevels => records(&sections.chain_levels),
        SectionKind::Endpoints => records(&sections.endpoints),
        SectionKind::Groups => records(&sections.groups),
        SectionKind::Policies => records(&sections.policies),
        SectionKind::GroupLists => records(&sections.group_lists),
        SectionKind::GroupListSlices => records(&sections.group_list_slices),
        SectionKind::Summary => (&cold[0], 1),
        SectionKind::Explanations => (&cold[1], 1),
    }
}

/// A section as bytes, and the bytes of one record, by its kind.
type SectionOf<'a> = dyn Fn(SectionKind) -> (&'a [u8], usize) + 'a;

fn assemble<'a>(kind: BundleKind, seed: u64, steps_max: u64, bytes_of: &SectionOf<'a>) -> Result<Vec<u8>, EncodeError> {
    let too_large = |_| EncodeError::TooLarge;
    let align = usize::try_from(SECTION_ALIGN).map_err(too_large)?;
    let table_bytes = SectionKind::ALL.len() * size_of::<SectionEntry>();
    // Many sections of a small bundle are empty.
    let digest_of_nothing = *blake3::hash(&[]).as_bytes();
    let mut entries = Vec::with_capacity(SectionKind::ALL.len());
    let mut bytes = vec![0; size_of::<Header>() + table_bytes];
    for &section_kind in SectionKind::ALL {
        bytes.resize(bytes.len().next_multiple_of(align), 0);
        let (section, record_bytes) = bytes_of(section_kind);
        entries.push(SectionEntry {
            kind: U32::new(section_kind as u32),
            record_bytes: U32::new(u32::try_from(record_bytes).map_err(too_large)?),
            offset: U64::new(bytes.len() as u64),
            length: U64::new(section.len() as u64),
            digest: if section.is_empty() { digest_of_nothing } else { *blake3::hash(section).as_bytes() },
            reserved: [0; 8],
        });
        bytes.extend_from_slice(section);
    }
    bytes.resize(bytes.len().next_multiple_of(align), 0);
    let mut header = Header {
        magic: MAGIC,
        version: U32::new(FORMAT_VERSION),
        flags: U32::new(0),
        length: U64::new(bytes.len() as u64),
        steps_max: U64::new(steps_max),
        hash_seed: U64::new(seed),
        section_count: U32::new(u32::try_from(SectionKind::ALL.len()).map_err(too_large)?),
        kind: U32::new(kind as u32),
        reserved: [0; 48],
        digest: [0; 32],
    };
    header.digest = *blake3::Hasher::new().update(header.as_bytes()).update(entries.as_bytes()).finalize().as_bytes();
    let head = [header.as_bytes(), entries.as_bytes()].concat();
    if let Some(place) = bytes.get_mut(..head.len()) {
        place.copy_from_slice(&head);
    }
    Ok(bytes)
}
