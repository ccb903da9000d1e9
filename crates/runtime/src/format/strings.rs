//! Strings: every text that a decision compares.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Where a string lies in `StringBytes`. The bytes are UTF-8; records are in strictly ascending byte order of their text.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct StringRecord {
    /// First byte.
    pub offset: U32,
    /// Bytes.
    pub length: U32,
}

const _: () = assert!(size_of::<StringRecord>() == 8);
