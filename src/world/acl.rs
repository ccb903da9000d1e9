//! S3 ACLs: their types, and reading the `acl` member of a resource (S-724, S-725).
//!
//! Input: the node of the member and the ARN of its resource. Output: an [`Acl`], in which every grant, the canned ones together, has its place. What is
//! missing or unknown is reported; a grant that is not whole is left out. What has no effect where it stands is the warning `acl-without-effect`. What a
//! grant allows is for `link`.

use super::resolve::Scope;
use super::shape::{Field, Fields, account_id, missing, non_empty, one_of};
use super::types::Place;
use crate::diag::{Code, Diagnostic, quoted};
use crate::syntax::{Kind, Node};

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

/// A bucket, or an object in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct S3Name<'a> {
    pub(crate) partition: &'a str,
    /// Not empty.
    pub(crate) bucket: &'a str,
    /// The sixth part of an object's ARN, bucket and key; `None` for a bucket.
    pub(crate) object: Option<&'a str>,
}

impl<'a> S3Name<'a> {
    /// The bucket or object with this ARN; access points and the like have a region or an account and are neither.
    pub(crate) fn of(arn: &'a str) -> Option<S3Name<'a>> {
        let mut parts = arn.splitn(6, ':');
        let [head, partition, service, region, account, rest] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        if (head, service, region, account) != ("arn", "s3", "", "") {
            return None;
        }
        let bucket = rest.split('/').next().filter(|bucket| !bucket.is_empty())?;
        Some(S3Name { partition, bucket, object: (bucket.len() < rest.len()).then_some(rest) })
    }

    pub(crate) fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.bucket)
    }
}

/// Reads the member `acl` of the resource at `resource`, a place. `arn` is that of the resource, empty if it has none that can be read.
pub(super) fn read_acl<'n>(scope: &mut Scope<'_, 'n>, field: Field<'n>, resource: &str, arn: &str) -> Option<Acl> {
    let fields = Fields::read(field.value, "`acl`", ACL, &mut scope.found.diagnostics)?;
    without_effect(&fields, field, arn, &mut scope.found.diagnostics);
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

/// Reports what of an ACL counts nowhere.
fn without_effect(fields: &Fields<'_>, field: Field<'_>, arn: &str, diagnostics: &mut Vec<Diagnostic>) {
    let mut report =
        |at, message: String, help: String| diagnostics.push(Diagnostic::new(Code::AclWithoutEffect, at, message).with_help(help));
    let Some(name) = S3Name::of(arn) else {
        if !arn.is_empty() {
            let message = format!("{} is neither an S3 bucket nor an object, so its ACL counts nowhere", quoted(arn));
            report(field.key, message, "grant with a `policy`, or leave it out".to_owned());
        }
        return;
    };
    if name.object.is_none() {
        if let Some(canned) = fields.get("canned")
            && let Some(word @ ("bucket-owner-read" | "bucket-owner-full-control")) = canned.value.as_str()
        {
            report(canned.value.span(), format!("`{word}` grants nothing on a bucket"), "it is for the ACL of an object".to_owned());
        }
        return;
    }
    if let Some(ownership) = fields.get("ownership") {
        let message = "`ownership` counts on the bucket alone".to_owned();
        report(ownership.key, message, format!("give it in the ACL of {}", quoted(&name.bucket_arn())));
    }
    let grants = fields.get("grants").filter(|grants| grants.value.kind() == Kind::Array);
    for permission in grants.iter().flat_map(|grants| grants.value.items()).filter_map(|grant| grant.member("permission")) {
        if permission.as_str() == Some("WRITE") {
            let message = "`WRITE` allows nothing in the ACL of an object".to_owned();
            report(permission.span(), message, format!("grant it in the ACL of {}", quoted(&name.bucket_arn())));
        }
    }
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
