//! Context keys that some condition or variable reads.

use super::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// One context key. Its index is the slot.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct KeyRecord {
    /// Symbol of the name, ASCII-folded.
    pub name: U32,
    /// A [`Derivation`] as its number.
    pub derivation: U32,
    /// For `PrincipalTag` and `ResourceTag`: the symbol of the folded tag key; else `NONE`.
    pub tag: U32,
}

const _: () = assert!(size_of::<KeyRecord>() == 12);

macro_rules! derivations {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $key:literal;)*) => {
        /// Where a key's value comes from when the request does not give it (semantics, section 8).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Derivation {
            /// From nowhere: the key is missing.
            None = 0,
            $($(#[$doc])* $name = $number,)*
        }

        impl Derivation {
            /// The derivation with this number.
            #[must_use]
            pub fn from_number(number: u32) -> Option<Derivation> {
                match number { 0 => Some(Derivation::None), $($number => Some(Derivation::$name),)* _ => None }
            }

            /// The derivation of a folded key name, and the folded tag key for the two tag families.
            #[must_use]
            pub fn of_key(name: &str) -> (Derivation, Option<&str>) {
                if let Some(tag) = name.strip_prefix("aws:principaltag/") { return (Derivation::PrincipalTag, Some(tag)); }
                if let Some(tag) = name.strip_prefix("aws:resourcetag/") { return (Derivation::ResourceTag, Some(tag)); }
                match name { $($key => (Derivation::$name, None),)* _ => (Derivation::None, None) }
            }
        }
    };
}

derivations! {
    /// `aws:PrincipalArn` (S-801).
    PrincipalArn = 1, "aws:principalarn";
    /// `aws:PrincipalAccount`.
    PrincipalAccount = 2, "aws:principalaccount";
    /// `aws:PrincipalType`.
    PrincipalType = 3, "aws:principaltype";
    /// `aws:userid` (S-802).
    UserId = 4, "aws:userid";
    /// `aws:username` (S-803).
    Username = 5, "aws:username";
    /// `aws:PrincipalTag/k`.
    PrincipalTag = 6, "aws:principaltag/";
    /// `aws:PrincipalOrgID` (S-804).
    PrincipalOrgId = 7, "aws:principalorgid";
    /// `aws:PrincipalOrgPaths`, multivalued (S-804).
    PrincipalOrgPaths = 8, "aws:principalorgpaths";
    /// `aws:PrincipalIsAWSService` (S-808).
    PrincipalIsAwsService = 9, "aws:principalisawsservice";
    /// `aws:ResourceAccount`.
    ResourceAccount = 10, "aws:resourceaccount";
    /// `aws:ResourceOrgID`.
    ResourceOrgId = 11, "aws:resourceorgid";
    /// `aws:ResourceOrgPaths`, multivalued.
    ResourceOrgPaths = 12, "aws:resourceorgpaths";
    /// `aws:ResourceTag/k`.
    ResourceTag = 13, "aws:resourcetag/";
}
