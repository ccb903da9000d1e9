//! The world: organization, accounts, and everything that policies are attached to.
//!
//! Input: the world as a JSON value in which every document stands at its place. Output: typed entities whose documents
//! are read. Members are read in the order of the text, and each place gets its rank in that order (S-729).

use crate::acl::Acl;
use crate::policy::{Document, Place, PolicyKind};
use crate::resource::{Arn, is_account_id};
use crate::value::{Error, Shape, Value, unknown_field};

/// Deeper trees of units are refused, so that reading them needs little stack. AWS allows five levels.
const UNIT_DEPTH_MAX: usize = 64;

const SHAPE: Shape = Shape("invalid-world");

/// A world whose documents have been read. It answers requests.
#[derive(Debug)]
pub struct World {
    pub(crate) organization: Option<Organization>,
    pub(crate) accounts: Vec<Account>,
    /// The rank of the first place behind the world's own.
    pub(crate) rank_end: usize,
}

#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) management_account: Option<String>,
    /// The root first, then every unit.
    nodes: Vec<Node>,
}

/// The organization root or a unit.
#[derive(Debug)]
struct Node {
    id: String,
    parent: Option<usize>,
    accounts: Vec<String>,
    policies: LevelPolicies,
}

/// The SCPs and RCPs of a level; `None` where the member is absent and the full-access document stands (S-706).
#[derive(Debug, Default)]
pub(crate) struct LevelPolicies {
    pub(crate) scps: Option<Vec<Document>>,
    pub(crate) rcps: Option<Vec<Document>>,
}

/// An account's place in the organization.
pub(crate) struct Membership<'w> {
    pub(crate) organization_id: &'w str,
    /// `o-…/r-…/ou-…/` (S-804).
    pub(crate) path: String,
    /// From the root down to the account.
    pub(crate) levels: Vec<&'w LevelPolicies>,
    pub(crate) is_management: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) canonical_id: Option<String>,
    policies: LevelPolicies,
    groups: Vec<(String, Vec<Document>)>,
    pub(crate) users: Vec<Entity>,
    pub(crate) roles: Vec<Entity>,
    pub(crate) resources: Vec<DeclaredResource>,
    pub(crate) endpoints: Vec<Endpoint>,
}

/// A user or a role.
#[derive(Debug, Default)]
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: Option<String>,
    groups: Vec<String>,
    policies: Vec<Document>,
    pub(crate) boundary: Option<Document>,
    pub(crate) trust: Option<Document>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) service_linked: bool,
}

#[derive(Debug)]
pub(crate) struct DeclaredResource {
    pub(crate) arn: Arn,
    pub(crate) policy: Option<Document>,
    pub(crate) acl: Option<Acl>,
    pub(crate) tags: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) policy: Option<Document>,
}

/// Hands out ranks in the order of reading.
#[derive(Debug, Default)]
pub(crate) struct Places {
    next_rank: usize,
}

impl Places {
    pub(crate) fn starting_at(next_rank: usize) -> Places {
        Places { next_rank }
    }

    pub(crate) fn next(&mut self, path: String) -> Place {
        let rank = self.next_rank;
        self.next_rank += 1;
        Place { path, rank }
    }

    fn document(&mut self, value: &Value, kind: PolicyKind, path: String) -> Result<Document, Error> {
        Document::read(value, kind, self.next(path))
    }

    pub(crate) fn documents(&mut self, value: &Value, kind: PolicyKind, path: &str) -> Result<Vec<Document>, Error> {
        let items = SHAPE.items(value, path)?.iter().enumerate();
        items.map(|(index, item)| self.document(item, kind, format!("{path}[{index}]"))).collect()
    }
}

impl World {
    /// Reads a world in which every reference to a policy document or an account file has been replaced by the object
    /// itself.
    ///
    /// # Errors
    ///
    /// A shape that formats and rules do not know. The checks of a frontend are not repeated: what it refuses may be
    /// accepted here.
    pub fn new(world: &Value) -> Result<World, Error> {
        let mut places = Places::default();
        let (mut organization, mut accounts) = (None, Vec::new());
        for (name, member) in SHAPE.members(world, "a world")? {
            match name.as_str() {
                "version" => SHAPE.required((*member == Value::Number("1".into())).then_some(()), "version 1")?,
                "aws_managed" => {}
                "organization" => organization = Some(read_organization(member, &mut places)?),
                "accounts" => {
                    for (index, account) in SHAPE.items(member, "accounts")?.iter().enumerate() {
                        accounts.push(read_account(account, &format!("accounts[{index}]"), &mut places)?);
                    }
                }
                other => return Err(unknown_field(other, "a world")),
            }
        }
        Ok(World { organization, accounts, rank_end: places.next_rank })
    }

    pub(crate) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// Where the account stands in the organization, if it belongs to it. The management account always does; where
    /// the tree does not name it, it stands at the root (S-804).
    pub(crate) fn membership(&self, account: &str) -> Option<Membership<'_>> {
        let organization = self.organization.as_ref()?;
        let nodes = &organization.nodes;
        let is_management = organization.management_account.as_deref() == Some(account);
        let in_tree = nodes.iter().position(|node| node.accounts.iter().any(|id| id == account));
        let mut next = in_tree.or(is_management.then_some(0));
        next?;
        let mut chain = Vec::new();
        while let Some(node) = next.and_then(|index| nodes.get(index)) {
            chain.insert(0, node);
            next = node.parent;
        }
        let ids: String = chain.iter().map(|node| format!("{}/", node.id)).collect();
        let mut levels: Vec<&LevelPolicies> = chain.iter().map(|node| &node.policies).collect();
        // An account that only the tree names lists nothing of its own, so the default stands there.
        const UNDECLARED: &LevelPolicies = &LevelPolicies { scps: None, rcps: None };
        levels.push(self.account(account).map_or(UNDECLARED, |account| &account.policies));
        let path = format!("{}/{ids}", organization.id);
        Some(Membership { organization_id: &organization.id, path, levels, is_management })
    }

    /// The declared resources with the accounts that declare them.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&Account, &DeclaredResource)> {
        let of_account = |account| Account::resources_of(account);
        self.accounts.iter().flat_map(of_account)
    }

    /// The declared user or role with this ARN. The world names no partitions, so any will do.
    pub(crate) fn entity_with_arn(&self, arn: &Arn) -> Option<&Entity> {
        let account = self.account(arn.account()).filter(|_| arn.is_global("iam"))?;
        let (entities, place) = match arn.rest().strip_prefix("user") {
            Some(place) => (&account.users, place),
            None => (&account.roles, arn.rest().strip_prefix("role")?),
        };
        entities.iter().find(|entity| place.strip_prefix(entity.path.as_str()) == Some(&entity.name))
    }
}

impl Account {
    fn resources_of(account: &Account) -> impl Iterator<Item = (&Account, &DeclaredResource)> {
        account.resources.iter().map(move |resource| (account, resource))
    }

    /// The entity's own policies and those of its groups (S-711).
    pub(crate) fn identity_policies<'w>(&'w self, entity: &'w Entity) -> Vec<&'w Document> {
        let groups = self.groups.iter().filter(|(name, _)| entity.groups.contains(name));
        entity.policies.iter().chain(groups.flat_map(|(_, policies)| policies)).collect()
    }
}

fn read_organization(value: &Value, places: &mut Places) -> Result<Organization, Error> {
    let (mut id, mut management_account, mut nodes) = (None, None, Vec::new());
    for (name, member) in SHAPE.members(value, "an organization")? {
        match name.as_str() {
            "id" => id = Some(SHAPE.text(member, "an organization id")?),
            "management_account" => management_account = Some(account_id(member)?),
            "root" => read_node(member, None, "organization.root", 0, &mut nodes, places)?,
            other => return Err(unknown_field(other, "an organization")),
        }
    }
    if nodes.is_empty() {
        return SHAPE.refuse("an organization has no root");
    }
    Ok(Organization { id: SHAPE.required(id, "the id of an organization")?, management_account, nodes })
}

/// Reads the root or a unit and everything below it. A node stands before the nodes below it.
fn read_node(
    value: &Value,
    parent: Option<usize>,
    path: &str,
    depth: usize,
    nodes: &mut Vec<Node>,
    places: &mut Places,
) -> Result<(), Error> {
    if depth > UNIT_DEPTH_MAX {
        return Shape("limit-exceeded").refuse("units are nested too deeply");
    }
    let own = nodes.len();
    nodes.push(Node { id: String::new(), parent, accounts: Vec::new(), policies: LevelPolicies::default() });
    let (mut id, mut accounts, mut policies) = (None, Vec::new(), LevelPolicies::default());
    for (name, member) in SHAPE.members(value, path)? {
        match name.as_str() {
            "id" => id = Some(SHAPE.text(member, "the id of a unit")?),
            "accounts" => {
                accounts = SHAPE.items(member, "the accounts of a unit")?.iter().map(account_id).collect::<Result<_, _>>()?;
            }
            "units" => {
                for (index, unit) in SHAPE.items(member, "units")?.iter().enumerate() {
                    read_node(unit, Some(own), &format!("{path}.units[{index}]"), depth + 1, nodes, places)?;
                }
            }
            other => policies.read_member(other, member, path, places)?,
        }
    }
    let id = SHAPE.required(id, "the id of a unit")?;
    if let Some(node) = nodes.get_mut(own) {
        *node = Node { id, parent, accounts, policies };
    }
    Ok(())
}

impl LevelPolicies {
    fn read_member(&mut self, name: &str, member: &Value, path: &str, places: &mut Places) -> Result<(), Error> {
        let path = format!("{path}.{name}");
        match name {
            "scps" => self.scps = Some(places.documents(member, PolicyKind::Scp, &path)?),
            "rcps" => self.rcps = Some(places.documents(member, PolicyKind::Rcp, &path)?),
            other => return Err(unknown_field(other, "a level of the organization")),
        }
        Ok(())
    }
}

fn account_id(value: &Value) -> Result<String, Error> {
    let id = SHAPE.text(value, "an account id")?;
    if is_account_id(&id) { Ok(id) } else { SHAPE.refuse(format!("`{id}` is no account id")) }
}

fn read_account(value: &Value, path: &str, places: &mut Places) -> Result<Account, Error> {
    let mut account = Account::default();
    for (name, member) in SHAPE.members(value, path)? {
        match name.as_str() {
            "id" => account.id = account_id(member)?,
            "canonical_id" => account.canonical_id = Some(SHAPE.text(member, "a canonical id")?),
            // Managed policies count where they are attached, and there stands the document itself.
            "managed_policies" => {
                for policy in SHAPE.items(member, "managed policies")? {
                    let members = SHAPE.members(policy, "a managed policy")?;
                    let name = members.iter().find(|(name, _)| name == "name").map(|(_, name)| read_name(name, "a managed policy"));
                    SHAPE.required(name.transpose()?, "the name of a managed policy")?;
                }
            }
            "groups" => account.groups = read_each(member, path, name, places, read_group)?,
            "users" => account.users = read_each(member, path, name, places, read_entity)?,
            "roles" => account.roles = read_each(member, path, name, places, read_entity)?,
            "resources" => account.resources = read_each(member, path, name, places, read_resource)?,
            "vpc_endpoints" => account.endpoints = read_each(member, path, name, places, read_endpoint)?,
            other => account.policies.read_member(other, member, path, places)?,
        }
    }
    if account.id.is_empty() {
        return SHAPE.refuse("an account has no id");
    }
    for group in account.users.iter().flat_map(|user| &user.groups) {
        if !account.groups.iter().any(|(name, _)| name == group) {
            return Shape("unknown-group").refuse(format!("`{group}` is no group of account {}", account.id));
        }
    }
    Ok(account)
}

fn read_each<T>(
    value: &Value,
    path: &str,
    name: &str,
    places: &mut Places,
    read: impl Fn(&Value, &str, &mut Places) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let items = SHAPE.items(value, name)?.iter().enumerate();
    items.map(|(index, item)| read(item, &format!("{path}.{name}[{index}]"), places)).collect()
}

fn read_group(value: &Value, path: &str, places: &mut Places) -> Result<(String, Vec<Document>), Error> {
    let (mut group_name, mut policies) = (None, Vec::new());
    for (name, member) in SHAPE.members(value, "a group")? {
        match name.as_str() {
            "name" => group_name = Some(read_name(member, "a group")?),
            "path" => {}
            "policies" => policies = places.documents(member, PolicyKind::Identity, &format!("{path}.policies"))?,
            other => return Err(unknown_field(other, "a group")),
        }
    }
    Ok((SHAPE.required(group_name, "the name of a group")?, policies))
}

fn read_entity(value: &Value, path: &str, places: &mut Places) -> Result<Entity, Error> {
    let mut entity = Entity { path: "/".to_string(), ..Entity::default() };
    for (name, member) in SHAPE.members(value, "a user or role")? {
        let place = format!("{path}.{name}");
        match name.as_str() {
            "name" => entity.name = read_name(member, "a user or role")?,
            "path" => entity.path = SHAPE.text(member, "a path")?,
            "id" => entity.id = Some(SHAPE.text(member, "an id")?),
            "groups" => {
                let groups = SHAPE.items(member, "groups")?.iter();
                entity.groups = groups.map(|group| SHAPE.text(group, "a group")).collect::<Result<_, _>>()?;
            }
            "policies" => entity.policies = places.documents(member, PolicyKind::Identity, &place)?,
            "boundary" => entity.boundary = Some(places.document(member, PolicyKind::Boundary, place)?),
            "trust" => entity.trust = Some(places.document(member, PolicyKind::Trust, place)?),
            "tags" => entity.tags = read_tags(member)?,
            "service_linked" => match member {
                Value::Bool(flag) => entity.service_linked = *flag,
                _ => return SHAPE.refuse("`service_linked` is not a boolean"),
            },
            other => return Err(unknown_field(other, "a user or role")),
        }
    }
    if entity.name.is_empty() {
        return SHAPE.refuse("a user or role has no name");
    }
    Ok(entity)
}

/// The name of a user, role, group or managed policy. It holds no slash, so the last one of an ARN ends the path, and no colon, so none is an ARN.
fn read_name(value: &Value, what: &str) -> Result<String, Error> {
    let name = SHAPE.text(value, "a name")?;
    let is_usual = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
    if name.is_empty() || !name.chars().all(is_usual) {
        return SHAPE.refuse(format!("`{name}` is no name of {what}"));
    }
    Ok(name)
}

fn read_resource(value: &Value, path: &str, places: &mut Places) -> Result<DeclaredResource, Error> {
    let (mut arn, mut policy, mut acl, mut tags) = (None, None, None, Vec::new());
    for (name, member) in SHAPE.members(value, "a resource")? {
        let place = format!("{path}.{name}");
        match name.as_str() {
            "arn" => arn = Arn::read(&SHAPE.text(member, "the ARN of a resource")?),
            "policy" => policy = Some(places.document(member, PolicyKind::Resource, place)?),
            "acl" => acl = Some(Acl::read(member, &place, places)?),
            "tags" => tags = read_tags(member)?,
            other => return Err(unknown_field(other, "a resource")),
        }
    }
    Ok(DeclaredResource { arn: SHAPE.required(arn, "the ARN of a resource")?, policy, acl, tags })
}

fn read_endpoint(value: &Value, path: &str, places: &mut Places) -> Result<Endpoint, Error> {
    let (mut id, mut policy) = (None, None);
    for (name, member) in SHAPE.members(value, "an endpoint")? {
        match name.as_str() {
            "id" => id = Some(SHAPE.text(member, "the id of an endpoint")?),
            "policy" => policy = Some(places.document(member, PolicyKind::Endpoint, format!("{path}.policy"))?),
            other => return Err(unknown_field(other, "an endpoint")),
        }
    }
    Ok(Endpoint { id: SHAPE.required(id, "the id of an endpoint")?, policy })
}

fn read_tags(value: &Value) -> Result<Vec<(String, String)>, Error> {
    let tags = SHAPE.members(value, "tags")?.iter();
    tags.map(|(key, value)| Ok((key.clone(), SHAPE.text(value, "the value of a tag")?))).collect()
}
