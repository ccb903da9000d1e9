//! Header and section table.

use crate::error::OpenError;
use crate::format::{BundleKind, FORMAT_VERSION, Header, MAGIC, SECTION_ALIGN, SectionEntry, SectionKind};
use crate::open::BundleId;
use crate::views::{Views, record_bytes};
use alloc::format;
use alloc::vec::Vec;
use zerocopy::FromBytes;

/// Where the sections of a bundle lie.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) id: BundleId,
    pub(crate) kind: BundleKind,
    pub(crate) steps_max: u64,
    pub(crate) hash_seed: u64,
    pub(crate) sections: Vec<Section>,
}

/// One section.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) kind: SectionKind,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) digest: [u8; 32],
}

impl Table {
    /// Typed views of the sections; `None` if a length is no multiple of its record's.
    pub(crate) fn views<'b>(&self, bytes: &'b [u8]) -> Option<Views<'b>> {
        let section = |kind: SectionKind| -> &'b [u8] {
            // Kinds are numbered from 1 in the order of the file.
            let place = (kind as usize).checked_sub(1);
            let found = place.and_then(|place| self.sections.get(place)).filter(|section| section.kind == kind);
            found.and_then(|section| bytes.get(section.offset..section.offset.checked_add(section.length)?)).unwrap_or_default()
        };
        Views::new(self.hash_seed, self.steps_max, &section).ok()
    }

    /// Bytes of memory that it holds.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.sections.capacity() as u64).saturating_mul(size_of::<Section>() as u64)
    }
}

/// Checks header, table, padding and digests.
pub(super) fn verify(bytes: &[u8]) -> Result<Table, OpenError> {
    let truncated = || OpenError::invalid("the bundle is cut short");
    let (header, rest) = Header::ref_from_prefix(bytes).map_err(|_| truncated())?;
    let require = |holds: bool, message: &'static str| if holds { Ok(()) } else { Err(OpenError::invalid(message)) };
    require(header.magic == MAGIC, "the bytes are no bundle")?;
    let version = header.version.get();
    if version != FORMAT_VERSION {
        return Err(OpenError::invalid(format!("the bundle has format version {version}, this build reads {FORMAT_VERSION}")));
    }
    require(header.flags.get() == 0 && header.reserved == [0; 48], "the header has an unknown flag")?;
    let kind = BundleKind::from_number(header.kind.get()).ok_or_else(|| OpenError::invalid("the bundle is of an unknown kind"))?;
    require(header.length.get() == bytes.len() as u64, "the bundle's length is not the one in its header")?;
    require(header.section_count.get() as usize == SectionKind::ALL.len(), "the bundle has a wrong number of sections")?;
    let (entries, rest) = <[SectionEntry]>::ref_from_prefix_with_elems(rest, SectionKind::ALL.len()).map_err(|_| truncated())?;

    let table_end = bytes.len().saturating_sub(rest.len());
    let table = bytes.get(size_of::<Header>()..table_end).ok_or_else(truncated)?;
    require(header_digest(header, table) == header.digest, "the header's digest is wrong")?;

    let mut end = table_end;
    let mut sections = Vec::with_capacity(entries.len());
    for (entry, kind) in entries.iter().zip(SectionKind::ALL) {
        let wrong = |message| OpenError::section(*kind, message);
        let require = |holds: bool, message: &'static str| if holds { Ok(()) } else { Err(wrong(message)) };
        require(entry.kind.get() == *kind as u32, "the section table has another kind here")?;
        require(entry.record_bytes.get() as usize == record_bytes(*kind), "the section has records of another size")?;
        require(entry.reserved == [0; 8], "the entry has an unknown field")?;
        let offset = align(end).ok_or_else(|| wrong("the section is out of bounds"))?;
        require(entry.offset.get() == offset as u64, "the section does not follow the one before it")?;
        let length = usize::try_from(entry.length.get()).map_err(|_| wrong("the section is out of bounds"))?;
        require(length.checked_rem(record_bytes(*kind)) == Some(0), "the length is no multiple of the record's")?;
        ensure_zero(bytes, end, offset).ok_or_else(|| wrong("the padding before the section is not zero"))?;
        let section_end = offset.checked_add(length).ok_or_else(|| wrong("the section is out of bounds"))?;
        let content = bytes.get(offset..section_end).ok_or_else(|| wrong("the section is out of bounds"))?;
        require(*blake3::hash(content).as_bytes() == entry.digest, "the section's digest is wrong")?;
        sections.push(Section { kind: *kind, offset, length, digest: entry.digest });
        end = section_end;
    }
    let last = align(end).ok_or_else(truncated)?;
    ensure_zero(bytes, end, last).ok_or_else(|| OpenError::invalid("the padding after the last section is not zero"))?;
    require(last == bytes.len(), "bytes follow the last section")?;
    Ok(Table { id: BundleId::new(header.digest), kind, steps_max: header.steps_max.get(), hash_seed: header.hash_seed.get(), sections })
}

/// The digest of the header, its digest field taken as zero, and the table.
fn header_digest(header: &Header, table: &[u8]) -> [u8; 32] {
    use zerocopy::IntoBytes;
    let blank = Header { digest: [0; 32], ..*header };
    *blake3::Hasher::new().update(blank.as_bytes()).update(table).finalize().as_bytes()
}

/// The next multiple of the alignment.
fn align(offset: usize) -> Option<usize> {
    offset.checked_next_multiple_of(usize::try_from(SECTION_ALIGN).ok()?)
}

/// All bytes of the range exist and are zero.
fn ensure_zero(bytes: &[u8], from: usize, to: usize) -> Option<()> {
    bytes.get(from..to)?.iter().all(|byte| *byte == 0).then_some(())
}
