//! The linked world: accounts with their entities, and every policy document found, parsed and checked.

use super::acl::Acl;
use crate::diag::{FileId, LineColumn, Sources, Span};
use crate::syntax::policy::{Document, PolicyType, Statement};
use std::collections::HashMap;

/// A world as `formats.md` describes it, with every `Doc` resolved.
///
/// Invariants: every [`DocumentId`] and group index is in bounds; names, ARNs and ids are unique as the format asks; no error diagnostic was reported.
#[derive(Debug)]
pub struct World {
    /// The texts that the world was read from; file 0 is the world document itself.
    pub sources: Sources,
    /// Where the world stands: the whole text of file 0, or a part of it (a scenario's world).
    pub root: Span,
    /// The organization, if there is one.
    pub organization: Option<Organization>,
    /// The accounts in the order of the text.
    pub accounts: Vec<Account>,
    /// The folder of AWS managed policies as paths of the world name it: relative to the world's folder, without a closing `/`.
    pub aws_managed: Option<String>,
    /// AWS managed policies that a place of the identity side or a list of SCPs names by ARN, in the order of their ARNs.
    pub aws_policies: Vec<NamedPolicy>,
    /// Every distinct (text, policy type) that something attaches or declares, in world order of the first place that names it.
    pub documents: Vec<StoredDocument>,
    /// By the place (file and offset) of a `Doc` value: the document that it resolves to.
    pub document_at: HashMap<(FileId, u32), DocumentId>,
    /// By the place of an account given as a path: the file that holds the account.
    pub account_file_at: HashMap<(FileId, u32), FileId>,
}

impl World {
    /// Every place at which a document is attached: levels of the organization from the root down, then account by account its own levels, groups, users,
    /// roles, resources and endpoints. A managed policy that is only declared is not attached.
    pub fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        let units = self.organization.iter().flat_map(|organization| organization.root.all());
        let units = units.flat_map(|unit| unit.scps.iter().chain(&unit.rcps).flatten());
        units.chain(self.accounts.iter().flat_map(Account::attachments))
    }

    /// The places of all ACL grants, those of a canned ACL as one (S-729).
    pub fn grant_places(&self) -> impl Iterator<Item = &Place> {
        let acls = self.accounts.iter().flat_map(|account| &account.resources).filter_map(|resource| resource.acl.as_ref());
        acls.flat_map(|acl| acl.canned.iter().map(|(_, at)| at).chain(acl.grants.iter().map(|grant| &grant.at)))
    }

    /// File, line and column of each statement of an attached document, as its text stands at that place.
    pub fn statement_places(&self, attachment: &Attachment) -> Vec<(&str, LineColumn)> {
        let Some(stored) = self.documents.get(attachment.document.0 as usize) else { return Vec::new() };
        let text = attachment.text;
        let place = |statement: &Statement| {
            // Equal documents have equal texts, so a statement stands as far behind the beginning of each.
            let offset = text.start.saturating_add(statement.span.start.saturating_sub(stored.span.start));
            (self.sources.file(text.file).name(), self.sources.line_column(text.file, offset))
        };
        stored.document.statements.iter().map(place).collect()
    }
}

/// Index into [`World::documents`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(pub u32);

/// A document that was read once for all the places that attach it.
#[derive(Debug)]
pub struct StoredDocument {
    /// The type that it was checked as.
    pub policy_type: PolicyType,
    /// BLAKE3 of its text (from brace to brace): equal text and equal type are one document.
    pub digest: [u8; 32],
    /// The text's first place.
    pub span: Span,
    /// The checked document.
    pub document: Document,
}

/// A place at which a document is attached.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// The document.
    pub document: DocumentId,
    /// The place as S-729 names it, such as `accounts[0].users[1].policies[2]`.
    pub place: String,
    /// Where this place's own copy of the text stands (the object itself for an inline document, the file's text for a path): explanations name it.
    pub text: Span,
    /// World order: the offset of the account (or of the value itself, within `organization`) in the world text, then the offset of the value in the account's text (0 in `organization`).
    pub order: (u32, u32),
}

/// A place in the world that holds no document, such as a grant.
#[derive(Debug, Clone)]
pub struct Place {
    /// As S-729 names it.
    pub path: String,
    /// The value.
    pub text: Span,
    /// World order, as [`Attachment::order`].
    pub order: (u32, u32),
}

/// The organization tree.
#[derive(Debug)]
pub struct Organization {
    /// `id`.
    pub id: String,
    /// `management_account`.
    pub management_account: Option<String>,
    /// The root.
    pub root: OrganizationUnit,
}

/// The root or a unit of the organization.
#[derive(Debug)]
pub struct OrganizationUnit {
    /// `id`.
    pub id: String,
    /// Its SCPs; `None` where the member is left out: `FullAWSAccess` (S-706).
    pub scps: Option<Vec<Attachment>>,
    /// Its RCPs; `None` where the member is left out: `RCPFullAWSAccess` (S-708).
    pub rcps: Option<Vec<Attachment>>,
    /// Ids of the accounts directly in it.
    pub accounts: Vec<String>,
    /// Units directly below it.
    pub units: Vec<OrganizationUnit>,
}

impl OrganizationUnit {
    /// This unit and all below it, each before those below it.
    pub fn all(&self) -> impl Iterator<Item = &OrganizationUnit> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let unit = open.pop()?;
            open.extend(unit.units.iter().rev());
            Some(unit)
        })
    }
}

/// One account.
#[derive(Debug)]
pub struct Account {
    /// 12 digits.
    pub id: String,
    /// `canonical_id`.
    pub canonical_id: Option<String>,
    /// As in [`OrganizationUnit`].
    pub scps: Option<Vec<Attachment>>,
    /// As in [`OrganizationUnit`].
    pub rcps: Option<Vec<Attachment>>,
    /// Managed policies; each is checked as an identity policy, attached or not.
    pub managed_policies: Vec<ManagedPolicy>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Users.
    pub users: Vec<User>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Declared resources.
    pub resources: Vec<Resource>,
    /// VPC endpoints.
    pub vpc_endpoints: Vec<VpcEndpoint>,
}

impl Account {
    /// Every place of the account at which a document is attached.
    fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        let levels = self.scps.iter().chain(&self.rcps).flatten();
        let groups = self.groups.iter().flat_map(|group| &group.policies);
        let users = self.users.iter().flat_map(|user| user.policies.iter().chain(&user.boundary));
        let roles = self.roles.iter().flat_map(|role| role.trust.iter().chain(&role.policies).chain(&role.boundary));
        let resources = self.resources.iter().flat_map(|resource| &resource.policy);
        let endpoints = self.vpc_endpoints.iter().flat_map(|endpoint| &endpoint.policy);
        levels.chain(groups).chain(users).chain(roles).chain(resources).chain(endpoints)
    }
}

/// A managed policy of an account.
#[derive(Debug)]
pub struct ManagedPolicy {
    /// `name`.
    pub name: String,
    /// `path`, `/` at both ends.
    pub path: String,
    /// Its document, checked as an identity policy; the place is that of the declaration, such as `accounts[0].managed_policies[1]`.
    pub document: Attachment,
}

/// An AWS managed policy that the world names.
#[derive(Debug)]
pub struct NamedPolicy {
    /// Its ARN.
    pub arn: String,
    /// Its document as an identity-type policy (S-110 asks the same of identity policies, boundaries and session policies, and more of SCPs); the
    /// place is the ARN.
    pub document: Attachment,
}

/// A group.
#[derive(Debug)]
pub struct Group {
    /// `name`.
    pub name: String,
    /// `path`, `/` at both ends.
    pub path: String,
    /// Its identity policies.
    pub policies: Vec<Attachment>,
}

/// A user.
#[derive(Debug)]
pub struct User {
    /// `name`.
    pub name: String,
    /// `path`, `/` at both ends.
    pub path: String,
    /// Unique id.
    pub id: Option<String>,
    /// Indexes into the account's `groups`.
    pub groups: Vec<usize>,
    /// Its own identity policies.
    pub policies: Vec<Attachment>,
    /// Permissions boundary.
    pub boundary: Option<Attachment>,
    /// Tags, keys as written; no two equal but for case (S-810).
    pub tags: Vec<(String, String)>,
}

/// A role.
#[derive(Debug)]
pub struct Role {
    /// `name`.
    pub name: String,
    /// `path`, `/` at both ends.
    pub path: String,
    /// Unique id.
    pub id: Option<String>,
    /// Trust policy.
    pub trust: Option<Attachment>,
    /// Its identity policies.
    pub policies: Vec<Attachment>,
    /// Permissions boundary.
    pub boundary: Option<Attachment>,
    /// Tags, keys as written; no two equal but for case (S-810).
    pub tags: Vec<(String, String)>,
    /// `service_linked` as given; a path below `/aws-service-role/` says the same (S-707).
    pub service_linked: bool,
}

/// A declared resource.
#[derive(Debug)]
pub struct Resource {
    /// Its ARN.
    pub arn: String,
    /// Its resource policy.
    pub policy: Option<Attachment>,
    /// Its ACL.
    pub acl: Option<Acl>,
    /// Tags, keys as written; of keys equal but for case only the first is kept (S-810).
    pub tags: Vec<(String, String)>,
}

/// A VPC endpoint.
#[derive(Debug)]
pub struct VpcEndpoint {
    /// `id`.
    pub id: String,
    /// Its policy; without one it allows everything (S-710).
    pub policy: Option<Attachment>,
}
