//! Cold sections: what people are told about a bundle and its decisions. No decision reads them.
//!
//! Encoded with bincode in its fixed-width little-endian form, each section under its own size limit; see `docs/bundle-format.md`.

/// In `Attachment::file`: the document came without a file.
pub const NO_FILE: u32 = u32::MAX;

/// In `StatementOrigin::index`: a grant of an ACL.
pub const NO_STATEMENT: u32 = u32::MAX;

/// What was compiled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct Summary {
    /// Accounts that the world declares.
    pub accounts: u64,
    /// Users and roles.
    pub principals: u64,
    /// Declared resources.
    pub resources: u64,
    /// Places at which a policy document is attached.
    pub attachments: u64,
    /// Distinct policy documents (text and type).
    pub policies: u64,
    /// Statements of the distinct documents.
    pub statements: u64,
    /// Statements counted once for each place at which their document is attached.
    pub attached_statements: u64,
    /// Distinct atoms.
    pub atoms: u64,
    /// Nodes of the condition DAG.
    pub dag_nodes: u64,
    /// Nodes of the resource tries.
    pub trie_nodes: u64,
    /// Bytes of the indexed documents (fragments with their ranges, cells, shapes, tries, statements and DAG nodes), each counted once, as they lie in the bundle.
    pub fragment_bytes: u64,
    /// The same, counted as if nothing were shared: once for each entity, resource, endpoint and account that consults the document, with every level of an account's chains.
    pub unshared_fragment_bytes: u64,
}

/// Where everything came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct Explanations {
    /// Files, named relative to the world file.
    pub files: Vec<String>,
    /// Places of attachment; `SliceMember::attachment` is an index into this.
    pub attachments: Vec<Attachment>,
    /// One entry for each `StatementRecord`, at the same index.
    pub statements: Vec<StatementOrigin>,
    /// What statements say, in their own letters, as far as it is told; equal ones are one.
    pub written: Vec<WrittenStatement>,
    /// The conditions of those; equal ones are one.
    pub conditions: Vec<WrittenCondition>,
    /// The distinct texts that conditions and levels name by their index.
    pub texts: Vec<String>,
    /// One entry for each level of `ChainLevels`, at the same index.
    pub levels: Vec<ChainLevel>,
    /// ACLs that grant something and that `BucketOwnerEnforced` switches off (S-725), ascending by resource. No decision consults their slices.
    pub switched_off_acls: Vec<SwitchedOffAcl>,
}

/// What a statement says, in its own letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct WrittenStatement {
    /// Its conditions in the order of the text, as indexes into `conditions`. Their atoms are those of the statement; two may be one atom.
    pub conditions: Vec<u32>,
    /// The variables of its resource element, `${...}`, each once: indexes into `texts`.
    pub resource_variables: Vec<u32>,
}

/// One key under one operator of `Condition`. Texts are indexes into `Explanations::texts`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct WrittenCondition {
    /// The atom that tests it.
    pub atom: u32,
    /// The operator with prefix and suffix.
    pub operator: u32,
    /// The key.
    pub key: u32,
    /// The values.
    pub values: Vec<u32>,
    /// The variables of the values, `${...}`, each once.
    pub variables: Vec<u32>,
}

/// Whose policies a level of a chain lists. Ids are indexes into `Explanations::texts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub enum ChainLevel {
    /// The organization's root, by its id.
    Root(u32),
    /// A unit, by its id.
    Unit(u32),
    /// The account that has the chain.
    Account,
}

/// An ACL that is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct SwitchedOffAcl {
    /// The bucket or object: an id in `Resources`.
    pub resource: u32,
    /// Its grants: an id in `Slices`.
    pub slice: u32,
}

/// A place in the world at which a document is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct Attachment {
    /// The place as S-729 names it.
    pub place: String,
    /// World order (S-116): places sort by it.
    pub order: u64,
    /// Index into `files` of the file that holds the document's text; [`NO_FILE`] for a document that came without one, as a session's
    /// does: its places are those within its own text.
    pub file: u32,
    /// Line of the document's first character, from 1; 0 where its text is not known.
    pub line: u32,
    /// Column of the document's first character, from 1, in characters.
    pub column: u32,
}

/// Where a statement stands within its document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "explain", derive(bincode::Encode, bincode::Decode))]
pub struct StatementOrigin {
    /// Where it stands: so many attachments after the one of its document. 0 but for grants of an ACL, which has an attachment for each place that grants something.
    pub place: u32,
    /// Index of the statement in its document; [`NO_STATEMENT`] for a grant of an ACL, which has a place and no statement (S-729).
    pub index: u32,
    /// `Sid`, if it has one.
    pub sid: Option<String>,
    /// Lines below the document's first line.
    pub lines_down: u32,
    /// With `lines_down` 0: characters to the right of the document's first character. Else the column, from 1.
    pub column: u32,
    /// What it says: an index into `Explanations::written`.
    pub written: u32,
}

/// Encodes a cold section.
///
/// # Errors
/// None for the types of this module; the encoder's own message otherwise.
#[cfg(feature = "explain")]
pub fn encode<T: bincode::Encode>(value: &T) -> Result<Vec<u8>, String> {
    bincode::encode_to_vec(value, bincode::config::legacy()).map_err(|error| error.to_string())
}

/// Decodes a cold section, all of it. The memory that a length in the bytes can claim is limited to a small multiple of their number.
#[cfg(feature = "explain")]
pub(crate) fn decode<T: bincode::Decode<()>>(bytes: &[u8]) -> Option<T> {
    // An element takes at most eight times its encoded bytes in memory (`StatementOrigin`: 48 against 21, `String`: 24 against 8).
    let needed = bytes.len().saturating_mul(8);
    let config = bincode::config::legacy();
    let (value, read) = if needed <= 1 << 16 {
        bincode::decode_from_slice(bytes, config.with_limit::<{ 1 << 16 }>())
    } else if needed <= 1 << 22 {
        bincode::decode_from_slice(bytes, config.with_limit::<{ 1 << 22 }>())
    } else if needed <= 1 << 28 {
        bincode::decode_from_slice(bytes, config.with_limit::<{ 1 << 28 }>())
    } else {
        bincode::decode_from_slice(bytes, config.with_limit::<{ u32::MAX as usize }>())
    }
    .ok()?;
    (read == bytes.len()).then_some(value)
}
