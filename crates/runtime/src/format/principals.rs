//! Principal elements: what a statement's `Principal` or `NotPrincipal` lists.
//!
//! Each distinct entry of the bundle is a *principal key*, a tag and a text. A caller has at most a handful of keys, found once
//! when it is resolved; testing an element is looking each of them up in the element's sorted run.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The element is a `NotPrincipal`.
pub const PRINCIPAL_NEGATED: u32 = 1;

/// What the text of a principal key is (S-401).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum PrincipalTag {
    /// `*`; the text is empty.
    Everyone = 0,
    /// A 12-digit account id.
    Account = 1,
    /// A user, role, role session or federated-user ARN, compared whole.
    Arn = 2,
    /// A role ARN without its path, `arn:P:iam::ACCOUNT:role/LAST-SEGMENT`: what a session of an undeclared account is compared with (S-405).
    /// An element that lists a role ARN lists this key too.
    RoleName = 3,
    /// A unique id (S-408).
    UniqueId = 4,
    /// A service.
    Service = 5,
    /// `{"Service": "*"}`; the text is empty.
    AnyService = 6,
    /// A federated provider.
    Federated = 7,
    /// `{"Federated": "*"}`; the text is empty.
    AnyFederated = 8,
    /// A canonical user.
    CanonicalUser = 9,
    /// `{"CanonicalUser": "*"}`; the text is empty.
    AnyCanonicalUser = 10,
    /// Every caller that has an account, as the ACL group `AuthenticatedUsers` means it (S-724); the text is empty.
    AnyAccount = 11,
    /// Whatever account has this canonical id, as the key of its id would cover it (S-411).
    CanonicalAccount = 12,
}

impl PrincipalTag {
    /// The tag with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<PrincipalTag> {
        use PrincipalTag::*;
        [
            Everyone,
            Account,
            Arn,
            RoleName,
            UniqueId,
            Service,
            AnyService,
            Federated,
            AnyFederated,
            CanonicalUser,
            AnyCanonicalUser,
            AnyAccount,
            CanonicalAccount,
        ]
        .into_iter()
        .find(|tag| *tag as u32 == number)
    }
}

/// One principal key.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PrincipalKeyRecord {
    /// A [`PrincipalTag`] as its number.
    pub tag: U32,
    /// Symbol of the text.
    pub text: U32,
}

impl PrincipalKeyRecord {
    /// What `PrincipalKeyIndex` hashes: the text, under a seed that the tag changes.
    #[must_use]
    pub fn hash(seed: u64, tag: PrincipalTag, text: &[u8]) -> u64 {
        super::hash(seed.wrapping_add(tag as u64), text)
    }
}

/// One distinct principal element.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct PrincipalElementRecord {
    /// [`PRINCIPAL_NEGATED`] or 0.
    pub flags: U32,
    /// First of its keys in `PrincipalMembers`.
    pub first: U32,
    /// Number of its keys.
    pub len: U32,
}

/// The most principal keys that a caller has: `*`, its own ARN, ARN and unique id of its role or parent user, its account by id and by canonical id, and the key of all
/// accounts.
pub const CALLER_KEYS_MAX: u32 = 7;

/// The steps that testing a principal element of so many keys counts for: one for each of them or, where that is less, a bisection for each key that a caller can have.
#[must_use]
pub fn element_steps(keys: u32) -> u32 {
    let bisection = u32::BITS.saturating_sub(keys.leading_zeros());
    keys.min(bisection.saturating_mul(CALLER_KEYS_MAX))
}

const _: () = assert!(size_of::<PrincipalKeyRecord>() == 8);
const _: () = assert!(size_of::<PrincipalElementRecord>() == 12);
