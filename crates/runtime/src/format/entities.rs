//! Users, roles, groups and managed policies of declared accounts, and tags.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The entity is a role; else a user.
pub const ENTITY_ROLE: u32 = 1;
/// The role is service-linked: by its member or by a path that begins with `/aws-service-role/` (S-707).
pub const ENTITY_SERVICE_LINKED: u32 = 2;

/// Whether a text can be the name of a user, role, group or managed policy: letters and digits of ASCII and `+=,.@_-`, as AWS has it. So a name holds no
/// slash, and an ARN tells where the path ends; nor a colon, and none is an ARN.
#[must_use]
pub fn is_entity_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

/// One user or role; records are in strictly ascending order of (account, flags & `ENTITY_ROLE`, name).
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct EntityRecord {
    /// Id of its account in `Accounts`.
    pub account: U32,
    /// `ENTITY_…` flags.
    pub flags: U32,
    /// Symbol of the name ([`is_entity_name`]).
    pub name: U32,
    /// Symbol of the path, `/` at both ends.
    pub path: U32,
    /// Symbol of the unique id, or `NONE`.
    pub unique_id: U32,
    /// First of its tags in `Tags`.
    pub tags_first: U32,
    /// Number of its tags.
    pub tags_len: U32,
    /// Its own identity policies in `Slices`, or `NONE`.
    pub identity: U32,
    /// The policies of the user's groups (S-711) as a list in `GroupLists`; `NONE` for roles, and for users whose groups have none. All users in the same groups have one
    /// list.
    pub groups: U32,
    /// Its permissions boundary in `Slices`, or `NONE` (S-414, S-714).
    pub boundary: U32,
    /// A role's trust policy in `Slices`; `NONE` for users, and for roles without one.
    pub trust: U32,
    /// First byte of the name in `StringBytes`: where the record of its symbol says. A caller is found without that record.
    pub name_offset: U32,
    /// Bytes of the name.
    pub name_len: U32,
}

impl EntityRecord {
    /// What `EntityIndex` hashes: the name, under a seed that account and kind change. `None` if the account is no number of twelve digits at most.
    #[must_use]
    pub fn hash(seed: u64, account: &str, is_role: bool, name: &str) -> Option<u64> {
        if account.len() > 12 {
            return None;
        }
        let mut number = 0_u64;
        for digit in account.bytes() {
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?));
        }
        Some(super::hash(seed.wrapping_add(number << 1 | u64::from(is_role)), name.as_bytes()))
    }
}

/// One group: its policies by name, for principals that are made at run time.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct GroupRecord {
    /// Id of its account in `Accounts`.
    pub account: U32,
    /// Symbol of the name ([`is_entity_name`]).
    pub name: U32,
    /// Its policies in `Slices`.
    pub policies: U32,
}

/// The policies of some groups, which their users consult beside their own.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct GroupListRecord {
    /// First slice in `GroupListSlices`.
    pub first: U32,
    /// Number of slices.
    pub len: U32,
}

/// One managed policy by name, for principals that are made at run time and for session policies that are given by name.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PolicyRecord {
    /// Id of its account in `Accounts`; `NONE` for an AWS managed policy, which some place of the world names by its ARN.
    pub account: U32,
    /// Symbol of the name ([`is_entity_name`]); of the whole ARN for an AWS managed policy.
    pub name: U32,
    /// Symbol of the path, `/` at both ends; `NONE` for an AWS managed policy.
    pub path: U32,
    /// The document in `Slices`: a slice of one member.
    pub slice: U32,
}

/// One tag.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct TagRecord {
    /// Symbol of the key, ASCII-folded (S-502).
    pub key: U32,
    /// Symbol of the value.
    pub value: U32,
}

const _: () = assert!(size_of::<EntityRecord>() == 52);
const _: () = assert!(size_of::<GroupRecord>() == 12);
const _: () = assert!(size_of::<GroupListRecord>() == 8);
const _: () = assert!(size_of::<PolicyRecord>() == 16);
const _: () = assert!(size_of::<TagRecord>() == 8);
