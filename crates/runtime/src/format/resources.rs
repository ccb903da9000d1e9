//! Declared resources.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// One declared resource.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ResourceRecord {
    /// Symbol of the ARN.
    pub arn: U32,
    /// Id in `Accounts` of the account that declares it.
    pub account: U32,
    /// First of its tags in `Tags`.
    pub tags_first: U32,
    /// Number of its tags.
    pub tags_len: U32,
    /// Its own resource policy in `Slices`, or `NONE`.
    pub policy: U32,
}

const _: () = assert!(size_of::<ResourceRecord>() == 20);
