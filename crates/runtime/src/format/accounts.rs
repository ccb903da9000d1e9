//! Accounts: the declared ones, and those that only the organization tree names.

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
}

const _: () = assert!(size_of::<AccountRecord>() == 16);
