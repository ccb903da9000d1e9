//! How much of everything the frontend reads. A text over a limit is refused with `limit-exceeded`, never cut.

/// Limits on what is read. The defaults are generous for anything that AWS accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one policy document; 1 MiB.
    pub document_bytes: usize,
    /// Bytes of a world document, account files not counted; 1 GiB.
    pub world_bytes: usize,
    /// Objects and arrays within each other; 32. Values above [`Limits::NESTING_MAX`] count as that.
    pub nesting: usize,
    /// Bytes of one string after its escapes are resolved; 64 KiB.
    pub string_bytes: usize,
    /// Members of one object; 65,536.
    pub object_keys: usize,
    /// Statements of one policy document; 4,096.
    pub statements: usize,
    /// Values of one list in a policy document; 16,384.
    pub values: usize,
    /// Bytes of one pattern: an action, a resource, a value under `StringLike` or an ARN operator; 2,048.
    pub pattern_bytes: usize,
    /// `*` and `?` in one pattern; 64.
    pub wildcards: usize,
    /// Pairs of operator and key in the condition block of one statement; 256.
    pub conditions: usize,
}

impl Limits {
    /// The deepest nesting that can be asked for: the grammar's rules call each other once per level, and the machine's
    /// stack is not ours to use up.
    pub const NESTING_MAX: usize = 128;
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            document_bytes: 1 << 20,
            world_bytes: 1 << 30,
            nesting: 32,
            string_bytes: 64 << 10,
            object_keys: 65_536,
            statements: 4_096,
            values: 16_384,
            pattern_bytes: 2_048,
            wildcards: 64,
            conditions: 256,
        }
    }
}
