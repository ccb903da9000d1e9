//! S3 ACLs: their types, and reading the `acl` member of a resource (S-724, S-725).
//!
//! Input: the node of the member. Output: an [`Acl`], in which every grant, the canned ones together, has its place. What is missing or unknown is
//! reported; a grant that is not whole is left out. What a grant allows is for `link`.

use super::resolve::Scope;
use super::shape::{Field, Fields, account_id, missing, non_empty, one_of};
use super::types::Place;
use crate::diag::{Code, Diagnostic};
use crate::syntax::Node;

/// Enums whose variants are words of the world format.
macro_rules! words {
    ($($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$vdoc])* $variant,)* }

        impl $type {
            const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word as worlds write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word,)* }
            }

            fn from_word(word: &str) -> Option<$type> {
                match word { $($word => Some($type::$variant),)* _ => None }
            }
        }
    )*};
}

words! {
    /// A canned ACL.
    CannedAcl {
        /// No grant.
        Private "private",
        /// Everyone reads.
        PublicRead "public-read",
        /// Everyone reads and writes.
        PublicReadWrite "public-read-write",
        /// Every caller with an account reads.
        AuthenticatedRead "authenticated-read",
        /// Log delivery writes and reads the ACL.
        LogDeliveryWrite "log-delivery-write",
        /// The bucket's account reads; objects only.
        BucketOwnerRead "bucket-owner-read",
        /// The bucket's account has full control; objects only.
        BucketOwnerFullControl "bucket-owner-full-control",
        /// No grant of interest here.
        AwsExecRead "aws-exec-read",
    }
    /// Who owns new objects of a bucket.
    Ownership {
        /// The bucket's owner: ACLs are switched off (S-725).
        BucketOwnerEnforced "BucketOwnerEnforced",
        /// The bucket's owner, if the writer says so.
        BucketOwnerPreferred "BucketOwnerPreferred",
        /// The writer.
        ObjectWriter "ObjectWriter",
    }
    /// What a grant permits.
    Permission {
        /// `READ`.
        Read "READ",
        /// `WRITE`.
        Write "WRITE",
        /// `READ_ACP`.
        ReadAcp "READ_ACP",
        /// `WRITE_ACP`.
        WriteAcp "WRITE_ACP",
        /// `FULL_CONTROL`.
        FullControl "FULL_CONTROL",
    }
    /// A group that a grant can name.
    AclGroup {
        /// Everyone, anonymous callers included.
        AllUsers "AllUsers",
        /// Every caller that has an account.
        AuthenticatedUsers "AuthenticatedUsers",
        /// The service that delivers logs.
        LogDelivery "LogDelivery",
    }
}

/// An S3 ACL (S-724).
#[derive(Debug)]
pub struct Acl {
    /// `canned`, with the place of its grants.
    pub canned: Option<(CannedAcl, Place)>,
    /// `ownership`.
    pub ownership: Option<Ownership>,
    /// `grants`.
    pub grants: Vec<Grant>,
}

/// One grant of an ACL.
#[derive(Debug)]
pub struct Grant {
    /// Whom it names.
    pub grantee: Grantee,
    /// What it permits.
    pub permission: Permission,
    /// Where it stands, such as `accounts[0].resources[3].acl.grants[0]`.
    pub at: Place,
}

/// Whom an ACL grant names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// `{"Group": …}`.
    Group(AclGroup),
    /// `{"Account": …}`: 12 digits.
    Account(String),
    /// `{"CanonicalUser": …}`.
    CanonicalUser(String),
}

const ACL: &[&str] = &["canned", "ownership", "grants"];
const GRANT: &[&str] = &["grantee", "permission"];
const GRANTEE: &[&str] = &["Group", "Account", "CanonicalUser"];

/// Reads the member `acl` of the resource at `resource`, a place.
pub(super) fn read_acl<'n>(scope: &mut Scope<'_, 'n>, field: Field<'n>, resource: &str) -> Option<Acl> {
    let fields = Fields::read(field.value, "`acl`", ACL, &mut scope.found.diagnostics)?;
    let place = |scope: &Scope<'_, 'n>, path: String, node: Node<'n>| Place { path, text: node.span(), order: scope.order(node.span()) };
    let canned = fields.get("canned").and_then(|field| {
        let word = one_of(field.value, "`canned`", CannedAcl::WORDS, &mut scope.found.diagnostics)?;
        Some((CannedAcl::from_word(&word)?, place(scope, format!("{resource}.acl.canned"), field.value)))
    });
    let ownership = fields.get("ownership").and_then(|field| {
        let word = one_of(field.value, "`ownership`", Ownership::WORDS, &mut scope.found.diagnostics)?;
        Ownership::from_word(&word)
    });
    let nodes = fields.list("grants", &mut scope.found.diagnostics);
    let mut grants = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.into_iter().enumerate() {
        if let Some((grantee, permission)) = grant(node, &mut scope.found.diagnostics) {
            grants.push(Grant { grantee, permission, at: place(scope, format!("{resource}.acl.grants[{index}]"), node) });
        }
    }
    Some(Acl { canned, ownership, grants })
}

fn grant(node: Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<(Grantee, Permission)> {
    let fields = Fields::read(node, "a grant", GRANT, diagnostics)?;
    let named = fields.required("grantee", "a grant", diagnostics).and_then(|field| grantee(field.value, diagnostics));
    let permission = fields.required("permission", "a grant", diagnostics);
    let permission = permission.and_then(|field| one_of(field.value, "`permission`", Permission::WORDS, diagnostics));
    Some((named?, Permission::from_word(&permission?)?))
}

fn grantee(node: Node<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Grantee> {
    let fields = Fields::read(node, "a grantee", GRANTEE, diagnostics)?;
    let mut kinds = GRANTEE.iter().filter_map(|name| fields.get(name));
    let Some(kind) = kinds.next() else {
        // An unknown member alone has been reported, with what is known.
        if node.is_empty() {
            diagnostics.push(missing(fields.close, "Group`, `Account` or `CanonicalUser", "a grantee"));
        }
        return None;
    };
    if let Some(other) = kinds.map(|kind| kind.key).next() {
        let message = "a grantee has one member of `Group`, `Account` and `CanonicalUser`";
        diagnostics.push(Diagnostic::new(Code::InvalidWorld, other.max(kind.key), message));
        return None;
    }
    match kind.name {
        "Group" => {
            one_of(kind.value, "`Group`", AclGroup::WORDS, diagnostics).and_then(|word| AclGroup::from_word(&word)).map(Grantee::Group)
        }
        "Account" => account_id(kind.value, "`Account`", diagnostics).map(Grantee::Account),
        _ => non_empty(kind.value, "`CanonicalUser`", diagnostics).map(|id| Grantee::CanonicalUser(id.to_owned())),
    }
}
