//! The linked world.

use crate::diag::Span;
use crate::world::DocumentId;

/// Index into [`Linked::fragments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FragmentId(pub u32);

/// Index into [`Linked::slices`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SliceId(pub u32);

/// Index into [`Linked::chains`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId(pub u32);

/// Index into [`Linked::group_lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupListId(pub u32);

/// A world whose policies have found their principals and resources.
#[derive(Debug, Default)]
pub struct Linked {
    /// The documents that something attaches or declares, in the order in which slices were built; numbers behind the world's documents are those of ACLs.
    pub fragments: Vec<LinkedFragment>,
    /// The slices; equal lists of members are one slice.
    pub slices: Vec<Vec<Member>>,
    /// Every place of attachment, in the order in which slices were built.
    pub attachments: Vec<AttachmentOrigin>,
    /// Accounts, ascending by id.
    pub accounts: Vec<LinkedAccount>,
    /// Users and roles, ascending by (account, role, name).
    pub entities: Vec<LinkedEntity>,
    /// The policies of the groups that users are in, ascending, without those of groups that have none; none is empty. Users in the same groups have one list.
    pub group_lists: Vec<Vec<SliceId>>,
    /// Declared resources, ascending by ARN.
    pub resources: Vec<LinkedResource>,
    /// Chains of levels, from the organization's root down; equal ones are one.
    pub chains: Vec<Vec<Level>>,
    /// VPC endpoints that have a policy, ascending by id.
    pub endpoints: Vec<LinkedEndpoint>,
    /// Groups, ascending by (account, name).
    pub groups: Vec<LinkedGroup>,
    /// Managed policies, ascending by (account, name), those of AWS last.
    pub policies: Vec<LinkedPolicy>,
}

impl Linked {
    /// Every use of a slice by something that decisions consult: entities, resources, endpoints, and for each account the levels of its chains. A slice that several
    /// consult comes once for each.
    pub fn consulted(&self) -> impl Iterator<Item = SliceId> {
        let entities = self.entities.iter().flat_map(|entity| [Some(entity.identity), entity.boundary, entity.trust]);
        let groups = self.entities.iter().filter_map(|entity| self.group_lists.get(entity.groups?.0 as usize)).flatten().copied();
        let resources = self.resources.iter().flat_map(|resource| [resource.policy, resource.acl]);
        let endpoints = self.endpoints.iter().map(|endpoint| Some(endpoint.policy));
        let chains = self.accounts.iter().filter_map(|account| account.organization.as_ref()).flat_map(|place| [place.scps, place.rcps]);
        let levels = chains.filter_map(|chain| self.chains.get(chain.0 as usize)).flatten().map(|level| level.policies);
        entities.chain(resources).chain(endpoints).flatten().chain(groups).chain(levels)
    }
}

/// A level of a chain that lists policies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Level {
    /// What it lists.
    pub policies: SliceId,
    /// Whose they are.
    pub node: LevelNode,
}

/// A node of the organization tree, as a level is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LevelNode {
    /// The root, with its id.
    Root(String),
    /// A unit, with its id.
    Unit(String),
    /// The account that has the chain.
    Account,
}

/// What a fragment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedFragment {
    /// Its statements.
    pub statements: DocumentId,
    /// What its index is made from: the same document, or for an ACL another that decides the same.
    pub index: DocumentId,
    /// How many attachments a member with it has, from its first on: one but for an ACL, which has one for each place that grants something.
    pub places: u32,
}

impl LinkedFragment {
    /// A document that is indexed as it stands.
    #[must_use]
    pub fn of(document: DocumentId) -> LinkedFragment {
        LinkedFragment { statements: document, index: document, places: 1 }
    }
}

/// A fragment at one of its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Member {
    /// The fragment.
    pub fragment: FragmentId,
    /// Index into [`Linked::attachments`]; of an ACL the first of its places, after which the others follow.
    pub attachment: u32,
}

/// A place of attachment, for explanations.
#[derive(Debug, Clone)]
pub struct AttachmentOrigin {
    /// The place as S-729 names it.
    pub place: String,
    /// World order.
    pub order: u64,
    /// The text of the document as this place names it, or of the grant; `None` for a document that came without a file.
    pub text: Option<Span>,
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
    /// Its canonical id.
    pub canonical_id: Option<String>,
    /// Its place in the organization, if it is in it.
    pub organization: Option<LinkedOrganization>,
}

/// Where an account stands in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedOrganization {
    /// The organization's id.
    pub id: String,
    /// `o-…/r-…/ou-…/` (S-804).
    pub path: String,
    /// Levels that list SCPs, the account's own last (S-706).
    pub scps: ChainId,
    /// Levels that list RCPs (S-708).
    pub rcps: ChainId,
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
    /// Its own identity policies.
    pub identity: SliceId,
    /// Those of the user's groups, if they have any.
    pub groups: Option<GroupListId>,
    /// Its permissions boundary (S-414, S-714).
    pub boundary: Option<SliceId>,
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
    /// The grants of its ACL, if one of its own is in force (S-724, S-725).
    pub acl: Option<SliceId>,
    /// The grants of its ACL, if it has some and the bucket's ownership switches them off (S-725): nothing consults them, explanations tell of them.
    pub switched_off_acl: Option<SliceId>,
}

/// A VPC endpoint with a policy (S-710).
#[derive(Debug)]
pub struct LinkedEndpoint {
    /// Its id.
    pub id: String,
    /// Its policy.
    pub policy: SliceId,
}

/// A group, for principals that are made at run time.
#[derive(Debug)]
pub struct LinkedGroup {
    /// Index into [`Linked::accounts`].
    pub account: u32,
    /// Its name.
    pub name: String,
    /// Its policies.
    pub policies: SliceId,
}

/// A managed policy, for principals that are made at run time and for sessions.
#[derive(Debug)]
pub struct LinkedPolicy {
    /// Index into [`Linked::accounts`]; `None` for one of AWS.
    pub account: Option<u32>,
    /// Its name; of AWS's the ARN.
    pub name: String,
    /// Its path, of one of an account.
    pub path: Option<String>,
    /// Its document.
    pub slice: SliceId,
}

impl LinkedPolicy {
    /// What policies are sorted by.
    pub(super) fn key(&self) -> (bool, Option<u32>, &str) {
        (self.account.is_none(), self.account, &self.name)
    }
}
