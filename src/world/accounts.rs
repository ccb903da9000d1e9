//! One account: its entities, their attachments, and what must be unique within the account.
//!
//! Input: the node of an account object. Output: a [`Draft`], in which every document id is still an index into the draft's
//! references (`resolve.rs`) and nothing outside the account has been looked at. Managed policies are read first, wherever
//! they stand, because any `Doc` of the account may name them. Rules: S-110 (types), S-114 (sizes), S-724 (ACL shapes), S-810 (tags).

use super::acl::read_acl;
use super::resolve::{Managed, Quota, References, Scope, Surroundings, nearest_of};
use super::shape::{Fields, account_id, duplicate, mismatch, text};
use super::types::{Account, Attachment, Group, ManagedPolicy, Resource, Role, User, VpcEndpoint};
use crate::diag::{Code, Diagnostic, Span, did_you_mean, quoted};
use crate::syntax::policy::PolicyType;
use crate::syntax::{Kind, Node, duplicate_keys};
use std::collections::HashMap;

const ACCOUNT: &[&str] =
    &["id", "canonical_id", "scps", "rcps", "managed_policies", "groups", "users", "roles", "resources", "vpc_endpoints"];
const MANAGED_POLICY: &[&str] = &["name", "path", "document"];
const GROUP: &[&str] = &["name", "path", "policies"];
const USER: &[&str] = &["name", "path", "id", "groups", "policies", "boundary", "tags"];
const ROLE: &[&str] = &["name", "path", "id", "trust", "policies", "boundary", "tags", "service_linked"];
const RESOURCE: &[&str] = &["arn", "policy", "acl", "tags"];
const VPC_ENDPOINT: &[&str] = &["id", "policy"];

/// An account before the documents and the other accounts are known.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) account: Account,
    pub(super) found: References,
    /// The id's value, if the id is valid.
    pub(super) id_at: Option<Span>,
    /// ARNs of the resources, which are unique in the world.
    pub(super) resource_arns: Vec<(String, Span)>,
    /// Ids of the endpoints, which are unique in the world.
    pub(super) endpoint_ids: Vec<(String, Span)>,
}

/// Reads one account; `place` is its path into the world, such as `accounts[0]`. `None` if it is no object.
pub(super) fn read_account(node: Node<'_>, around: Surroundings<'_>, place: &str) -> (Option<Draft>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    duplicate_keys(node, &mut diagnostics);
    let fields = Fields::read(node, "an account", ACCOUNT, &mut diagnostics);
    let Some(fields) = fields else { return (None, diagnostics) };
    let mut scope = Scope::new(around);
    scope.found.diagnostics = diagnostics;
    let mut reader = Reader { scope, place, resource_arns: Vec::new(), endpoint_ids: Vec::new() };
    let (account, id_at) = reader.account(&fields);
    let mut found = reader.scope.found;
    let diagnostics = std::mem::take(&mut found.diagnostics);
    let draft = Draft { account, found, id_at, resource_arns: reader.resource_arns, endpoint_ids: reader.endpoint_ids };
    (Some(draft), diagnostics)
}

struct Reader<'a, 'n> {
    scope: Scope<'a, 'n>,
    place: &'a str,
    resource_arns: Vec<(String, Span)>,
    endpoint_ids: Vec<(String, Span)>,
}

/// What the members `name` and `path` say, and where the name stands if it is valid.
struct Identity {
    name: String,
    path: String,
    name_at: Option<Span>,
}

impl<'n> Reader<'_, 'n> {
    fn diagnostics(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.scope.found.diagnostics
    }

    fn account(&mut self, fields: &Fields<'n>) -> (Account, Option<Span>) {
        let id = fields.required("id", "an account", self.diagnostics());
        let id_at = id.map(|field| field.value.span());
        self.scope.account = id.and_then(|field| account_id(field.value, "`id`", self.diagnostics()));
        let canonical_id = fields.optional_text("canonical_id", self.diagnostics()).map(str::to_owned);
        let managed_policies = self.managed_policies(fields);
        let scps = self.scope.attachments(fields, "scps", PolicyType::Scp, self.place);
        let rcps = self.scope.attachments(fields, "rcps", PolicyType::Rcp, self.place);
        let (groups, group_index) = self.groups(fields);
        let users = self.users(fields, &group_index);
        let roles = self.roles(fields);
        let resources = self.resources(fields);
        let vpc_endpoints = self.vpc_endpoints(fields);
        let id_at = id_at.filter(|_| self.scope.account.is_some());
        let id = self.scope.account.clone().unwrap_or_default();
        (Account { id, canonical_id, scps, rcps, managed_policies, groups, users, roles, resources, vpc_endpoints }, id_at)
    }

    /// The elements of a list of entities that are objects, with their places.
    fn entities(&mut self, fields: &Fields<'n>, list: &str, subject: &str, names: &[&'static str]) -> Vec<(Fields<'n>, String)> {
        let nodes = fields.list(list, self.diagnostics());
        let mut entities = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            if let Some(entity) = Fields::read(node, subject, names, self.diagnostics()) {
                entities.push((entity, format!("{}.{list}[{index}]", self.place)));
            }
        }
        entities
    }

    fn identity(&mut self, fields: &Fields<'n>, subject: &str) -> Identity {
        let name = fields.name(subject, self.diagnostics());
        let path = fields.path(self.diagnostics());
        Identity { name: name.map(|(name, _)| name.to_owned()).unwrap_or_default(), path, name_at: name.map(|(_, at)| at) }
    }

    /// Reports a name that an entity of the same kind has already, whatever the paths.
    fn unique(&mut self, seen: &mut HashMap<String, Span>, identity: &Identity, kind: &str) -> bool {
        let Some(at) = identity.name_at else { return false };
        if let Some(first) = seen.get(&identity.name) {
            let message = format!("the {kind} {} is declared twice in this account", quoted(&identity.name));
            self.scope.report(duplicate(at, *first, message));
            return false;
        }
        seen.insert(identity.name.clone(), at);
        true
    }

    fn managed_policies(&mut self, fields: &Fields<'n>) -> Vec<ManagedPolicy> {
        let mut seen = HashMap::new();
        let mut policies = Vec::new();
        for (entity, place) in self.entities(fields, "managed_policies", "a managed policy", MANAGED_POLICY) {
            let identity = self.identity(&entity, "a managed policy");
            let first = self.unique(&mut seen, &identity, "managed policy");
            let Some(document) = entity.required("document", "a managed policy", self.diagnostics()) else {
                // The name is known all the same: whoever attaches it has made no mistake. Nothing comes of the draft.
                if first {
                    self.scope.managed.insert(identity.name, Managed { path: identity.path, reference: usize::MAX, node: None });
                }
                continue;
            };
            let (reference, attachment) = self.scope.declare(document.value, place);
            if first {
                let node = (document.value.kind() == Kind::Object).then_some(document.value);
                self.scope.managed.insert(identity.name.clone(), Managed { path: identity.path.clone(), reference, node });
            }
            policies.push(ManagedPolicy { name: identity.name, path: identity.path, document: attachment });
        }
        policies
    }

    /// The member `policies` of a group, user or role; AWS limits the sum of the inline ones (S-114).
    fn policies(&mut self, fields: &Fields<'n>, place: &str, subject: &'static str, characters_max: usize) -> Vec<Attachment> {
        let first = self.scope.found.references.len();
        let policies = self.scope.attachments(fields, "policies", PolicyType::Identity, place).unwrap_or_default();
        if let Some(field) = fields.get("policies") {
            let references = first..self.scope.found.references.len();
            self.scope.found.quotas.push(Quota { at: field.key, subject, characters_max, references });
        }
        policies
    }

    fn groups(&mut self, fields: &Fields<'n>) -> (Vec<Group>, HashMap<String, usize>) {
        let mut seen = HashMap::new();
        let mut index = HashMap::new();
        let mut groups = Vec::new();
        for (entity, place) in self.entities(fields, "groups", "a group", GROUP) {
            let identity = self.identity(&entity, "a group");
            if self.unique(&mut seen, &identity, "group") {
                index.insert(identity.name.clone(), groups.len());
            }
            let policies = self.policies(&entity, &place, "a group", 5_120);
            groups.push(Group { name: identity.name, path: identity.path, policies });
        }
        (groups, index)
    }

    fn users(&mut self, fields: &Fields<'n>, group_index: &HashMap<String, usize>) -> Vec<User> {
        let mut seen = HashMap::new();
        let mut users = Vec::new();
        for (entity, place) in self.entities(fields, "users", "a user", USER) {
            let identity = self.identity(&entity, "a user");
            self.unique(&mut seen, &identity, "user");
            let id = entity.optional_text("id", self.diagnostics()).map(str::to_owned);
            let groups = self.memberships(&entity, group_index);
            let policies = self.policies(&entity, &place, "a user", 2_048);
            let boundary = self.scope.attachment(entity.get("boundary"), PolicyType::Boundary, &place);
            let tags = self.entity_tags(&entity);
            users.push(User { name: identity.name, path: identity.path, id, groups, policies, boundary, tags });
        }
        users
    }

    fn memberships(&mut self, fields: &Fields<'n>, group_index: &HashMap<String, usize>) -> Vec<usize> {
        let mut groups = Vec::new();
        for node in fields.list("groups", self.diagnostics()) {
            let Some(name) = text(node, "the name of a group", self.diagnostics()) else { continue };
            match group_index.get(name) {
                // A group listed twice is one membership.
                Some(index) if groups.contains(index) => {}
                Some(index) => groups.push(*index),
                None => {
                    let message = format!("this account declares no group {}", quoted(name));
                    let near = if self.scope.may_suggest(group_index.len()) {
                        nearest_of(name, group_index.keys().map(String::as_str))
                    } else {
                        None
                    };
                    let help = near.map(did_you_mean);
                    self.scope.report(Diagnostic { help, ..Diagnostic::new(Code::UnknownGroup, node.span(), message) });
                }
            }
        }
        groups
    }

    fn roles(&mut self, fields: &Fields<'n>) -> Vec<Role> {
        let mut seen = HashMap::new();
        let mut roles = Vec::new();
        for (entity, place) in self.entities(fields, "roles", "a role", ROLE) {
            let identity = self.identity(&entity, "a role");
            self.unique(&mut seen, &identity, "role");
            let id = entity.optional_text("id", self.diagnostics()).map(str::to_owned);
            let trust = self.scope.attachment(entity.get("trust"), PolicyType::Trust, &place);
            let policies = self.policies(&entity, &place, "a role", 10_240);
            let boundary = self.scope.attachment(entity.get("boundary"), PolicyType::Boundary, &place);
            let tags = self.entity_tags(&entity);
            let service_linked = entity.get("service_linked").is_some_and(|field| {
                let value = field.value.as_bool();
                if value.is_none() {
                    self.scope.report(mismatch(field.value, "`service_linked`", "a boolean"));
                }
                value.unwrap_or(false)
            });
            roles.push(Role { name: identity.name, path: identity.path, id, trust, policies, boundary, tags, service_linked });
        }
        roles
    }

    /// Tags of a user or role: keys equal but for case are an error (S-810).
    fn entity_tags(&mut self, fields: &Fields<'n>) -> Vec<(String, String)> {
        self.tags(fields, |at, first, key| {
            Diagnostic::new(Code::TagClash, at, format!("the tag {} differs from an earlier one in letter case only", quoted(key)))
                .with_label(first, "first here")
        })
    }

    /// Tags of a resource: the first of keys equal but for case counts (S-810).
    fn resource_tags(&mut self, fields: &Fields<'n>) -> Vec<(String, String)> {
        self.tags(fields, |at, first, key| {
            let message = format!("the tag {} differs from an earlier one in letter case only and is left out", quoted(key));
            Diagnostic::new(Code::TagShadowed, at, message).with_label(first, "this one counts")
        })
    }

    fn tags(&mut self, fields: &Fields<'n>, clash: impl Fn(Span, Span, &str) -> Diagnostic) -> Vec<(String, String)> {
        let mut seen: HashMap<String, (Span, String)> = HashMap::new();
        let mut tags = Vec::new();
        for (at, key, value) in fields.tags(self.diagnostics()) {
            let folded = key.to_ascii_lowercase();
            match seen.get(&folded) {
                // An equal key is `duplicate-key` already.
                Some((_, first)) if *first == key => {}
                Some((first_at, _)) => self.scope.report(clash(at, *first_at, &key)),
                None => {
                    seen.insert(folded, (at, key.clone()));
                    tags.push((key, value));
                }
            }
        }
        tags
    }

    fn resources(&mut self, fields: &Fields<'n>) -> Vec<Resource> {
        let mut resources = Vec::new();
        for (entity, place) in self.entities(fields, "resources", "a resource", RESOURCE) {
            let arn = self.resource_arn(&entity);
            let policy = self.scope.attachment(entity.get("policy"), PolicyType::Resource, &place);
            let acl = entity.get("acl").and_then(|field| read_acl(&mut self.scope, field, &place, &arn));
            let tags = self.resource_tags(&entity);
            resources.push(Resource { arn, policy, acl, tags });
        }
        resources
    }

    /// The ARN of a resource; empty if it is missing or malformed.
    fn resource_arn(&mut self, fields: &Fields<'n>) -> String {
        let Some(field) = fields.required("arn", "a resource", self.diagnostics()) else { return String::new() };
        let Some(arn) = text(field.value, "`arn`", self.diagnostics()) else { return String::new() };
        if !arn.starts_with("arn:") || arn.split(':').count() < 6 {
            let message = format!("{} is no ARN of six parts", quoted(arn));
            let help = "an ARN reads `arn:partition:service:region:account:resource`";
            self.scope.report(Diagnostic::new(Code::InvalidWorld, field.value.span(), message).with_help(help));
            return String::new();
        }
        self.resource_arns.push((arn.to_owned(), field.value.span()));
        arn.to_owned()
    }

    fn vpc_endpoints(&mut self, fields: &Fields<'n>) -> Vec<VpcEndpoint> {
        let mut endpoints = Vec::new();
        for (entity, place) in self.entities(fields, "vpc_endpoints", "an endpoint", VPC_ENDPOINT) {
            let id = entity.required_text("id", "an endpoint", self.diagnostics());
            if let Some((id, at)) = id {
                self.endpoint_ids.push((id.to_owned(), at));
            }
            let policy = self.scope.attachment(entity.get("policy"), PolicyType::Endpoint, &place);
            endpoints.push(VpcEndpoint { id: id.map(|(id, _)| id.to_owned()).unwrap_or_default(), policy });
        }
        endpoints
    }
}
