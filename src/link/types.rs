//! The linked world.

use crate::diag::Span;
use crate::world::DocumentId;

/// Index into [`Linked::fragments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FragmentId(pub u32);

/// Index into [`Linked::slices`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SliceId(pub u32);

/// A world whose policies have found their principals and resources.
#[derive(Debug, Default)]
pub struct Linked {
    /// The documents that something attaches, in world order of their first place.
    pub fragments: Vec<DocumentId>,
    /// The slices; equal lists of members are one slice.
    pub slices: Vec<Vec<Member>>,
    /// Every place of attachment, in the order in which slices were built.
    pub attachments: Vec<AttachmentOrigin>,
    /// Accounts, ascending by id.
    pub accounts: Vec<LinkedAccount>,
    /// Users and roles, ascending by (account, role, name).
    pub entities: Vec<LinkedEntity>,
    /// Declared resources, ascending by ARN.
    pub resources: Vec<LinkedResource>,
}

/// A fragment at one of its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Member {
    /// The fragment.
    pub fragment: FragmentId,
    /// Index into [`Linked::attachments`].
    pub attachment: u32,
}

/// A place of attachment, for explanations.
#[derive(Debug, Clone)]
pub struct AttachmentOrigin {
    /// The place as S-729 names it.
    pub place: String,
    /// World order.
    pub order: u64,
    /// The text of the document as this place names it.
    pub text: Span,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// 12 digits.
    pub id: String,
    /// The world declares it.
    pub declared: bool,
    /// It is the organization's management account.
    pub management: bool,
    /// Organization id and path, when the account is in the organization (S-804).
    pub organization: Option<(String, String)>,
}

/// A user or role.
#[derive(Debug)]
pub struct LinkedEntity {
    /// Index into [`Linked::accounts`].
    pub account: u32,
    /// A role; else a user.
    pub role: bool,
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Its unique id.
    pub unique_id: Option<String>,
    /// Tags: keys folded to ASCII lower case, sorted, distinct.
    pub tags: Vec<(String, String)>,
    /// A service-linked role (S-707).
    pub service_linked: bool,
    /// It has a permissions boundary (S-414).
    pub has_boundary: bool,
    /// Its identity policies.
    pub identity: SliceId,
    /// A role's trust policy.
    pub trust: Option<SliceId>,
}

/// A declared resource.
#[derive(Debug)]
pub struct LinkedResource {
    /// Its ARN.
    pub arn: String,
    /// Index into [`Linked::accounts`].
    pub account: u32,
    /// Tags: keys folded to ASCII lower case, sorted, distinct.
    pub tags: Vec<(String, String)>,
    /// Its resource policy.
    pub policy: Option<SliceId>,
}
