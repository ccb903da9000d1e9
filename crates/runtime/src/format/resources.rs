//! Declared resources and VPC endpoints.

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
    /// The grants of its ACL in `Slices`, or `NONE` where no ACL is in force (S-724, S-725): without an `acl` member, with ACLs switched off, and on what
    /// is no S3 bucket or object. A bucket's grants cover the bucket and its objects, each by the resource elements of its statements.
    pub acl: U32,
}

/// One declared VPC endpoint with a policy (S-710).
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EndpointRecord {
    /// Symbol of its id.
    pub id: U32,
    /// Its policy in `Slices`.
    pub policy: U32,
}

const _: () = assert!(size_of::<ResourceRecord>() == 24);
const _: () = assert!(size_of::<EndpointRecord>() == 8);
