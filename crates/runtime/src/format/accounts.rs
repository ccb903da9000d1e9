//! Accounts, the declared ones and those that only the organization tree names, and the chains of organization policies that bind them.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The world declares the account (S-730). An account that only the organization tree names lacks it.
pub const ACCOUNT_DECLARED: u32 = 1;
/// The account is in the organization.
pub const ACCOUNT_IN_ORGANIZATION: u32 = 2;
/// The account is the organization's management account (S-707, S-709).
pub const ACCOUNT_MANAGEMENT: u32 = 4;

/// One account; records are in ascending order of `id`.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct AccountRecord {
    /// Symbol of the 12-digit id.
    pub id: U32,
    /// `ACCOUNT_…` flags.
    pub flags: U32,
    /// Symbol of the organization's id, or `NONE` outside.
    pub organization_id: U32,
    /// Symbol of the organization path, `o-…/r-…/ou-…/` (S-804), or `NONE` outside.
    pub organization_path: U32,
    /// Its chain of SCPs in `Chains`, or `NONE` outside the organization. Equal chains are one record.
    pub scps: U32,
    /// Its chain of RCPs in `Chains`, or `NONE` outside the organization.
    pub rcps: U32,
    /// Symbol of its canonical id, by which ACLs may name it (S-411), or `NONE`.
    pub canonical_id: U32,
}

/// The levels that an account inherits, and its own (S-706). A level that lists no policies has the full-access document by default, which allows everything
/// and has no place; such a level is left out. A chain without levels therefore allows everything.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ChainRecord {
    /// First level in `ChainLevels`.
    pub first: U32,
    /// Number of levels.
    pub len: U32,
}

const _: () = assert!(size_of::<AccountRecord>() == 28);
const _: () = assert!(size_of::<ChainRecord>() == 8);
