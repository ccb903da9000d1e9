//! What all generated worlds are made of: accounts with their people, their policies and their resources.
//!
//! In: the world's alphabet and its accounts. Out: the accounts' JSON, and beside it every document with the places where it is attached.
//! Invariant: the choices that worlds without the later layers take do not depend on those layers, so a seed means the same world in
//! every release.

use crate::dice::Dice;
use crate::generate::names::{self, Known, Names};
use crate::generate::organization::{self, Layers};
use crate::generate::statement::{self, Document, PolicyType, Shape};
use crate::generate::{Attached, Entity, World};
use crate::json::Json;
use std::collections::HashMap;

/// A world in the making.
pub struct Builder<'a> {
    pub(super) dice: &'a Dice,
    pub(super) names: Names,
    /// The shape of some of its documents, where it has wide ones.
    wide: Option<Shape>,
    pub(super) documents: Vec<Document>,
    pub(super) places: HashMap<String, usize>,
    entities: Vec<Entity>,
    pub(super) attached: Vec<Attached>,
    bare: Vec<String>,
    /// Present if the world has every layer.
    pub(super) layers: Option<Layers>,
}

/// What of an entity is chosen before any policy is written, so that policies can name it.
struct Sketch {
    name: &'static str,
    path: &'static str,
    id: Option<String>,
}

/// The users and roles of one account.
struct People {
    users: Vec<Sketch>,
    roles: Vec<Sketch>,
}

/// The users and roles of all accounts.
pub struct Cast {
    people: Vec<People>,
}

/// A managed policy as the documents of its account name it.
type Managed = (String, usize);

impl Cast {
    /// Chooses a few users and roles for each account. In worlds with every layer a user, too, may stand under the path of service-linked
    /// roles, which makes it none (S-707).
    pub fn choose(dice: &Dice, accounts: &[String], every_layer: bool) -> Cast {
        let people = accounts.iter().map(|account| People {
            users: sketches(dice, &["alice", "bob", "carol", "dave-2"], "AIDA", account, every_layer),
            // `App` is another role than `app`: names are compared exactly (S-404).
            roles: sketches(dice, &["app", "admin", "svc", "App"], "AROA", account, true),
        });
        Cast { people: people.collect() }
    }

    /// What policies can name of them.
    pub fn known(&self, accounts: &[String]) -> Known {
        let arns = |kind: &str, pick: fn(&People) -> &Vec<Sketch>| -> Vec<String> {
            let each = accounts.iter().zip(&self.people);
            each.flat_map(|(account, both)| {
                pick(both).iter().map(move |one| format!("arn:aws:iam::{account}:{kind}{}{}", one.path, one.name))
            })
            .collect()
        };
        let everyone = self.people.iter().flat_map(|both| both.users.iter().chain(&both.roles));
        Known {
            accounts: accounts.to_vec(),
            users: arns("user", |both| &both.users),
            roles: arns("role", |both| &both.roles),
            ids: everyone.filter_map(|one| one.id.clone()).collect(),
            ..Known::default()
        }
    }
}

fn sketches(dice: &Dice, pool: &[&'static str], prefix: &str, account: &str, may_be_of_services: bool) -> Vec<Sketch> {
    let count = dice.between(1, 3);
    dice.sample(pool, count)
        .into_iter()
        .map(|name| {
            let service_path = may_be_of_services && dice.percent(8);
            let path = if service_path { "/aws-service-role/x.amazonaws.com/" } else { dice.word(&["/", "/", "/eng/", "/eng/ops/"]) };
            let id = format!("{prefix}{}{}", name.to_uppercase().replace('-', ""), &account[..4]);
            Sketch { name, path, id: dice.percent(75).then_some(id) }
        })
        .collect()
}

/// The object with a list, unless that is empty.
pub(super) fn with_list(json: Json, name: &str, items: Vec<Json>) -> Json {
    if items.is_empty() { json } else { json.with(name, Json::List(items)) }
}

impl<'a> Builder<'a> {
    /// A world without anything in it.
    pub fn new(dice: &'a Dice, names: Names, wide: Option<Shape>, layers: Option<Layers>) -> Builder<'a> {
        let (documents, entities, attached, bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Builder { dice, names, wide, documents, places: HashMap::new(), entities, attached, bare, layers }
    }

    /// The accounts, in their order.
    pub fn accounts(&mut self, ids: &[String], cast: &Cast) -> Vec<Json> {
        ids.iter().zip(&cast.people).enumerate().map(|(index, (id, people))| self.account(index, id, people)).collect()
    }

    /// The world of that text.
    pub fn finish(self, json: Json) -> World {
        let Builder { names, documents, places, entities, attached, bare, layers, .. } = self;
        World { json, names, documents, places, entities, attached, bare, layers }
    }

    fn account(&mut self, index: usize, id: &str, people: &People) -> Json {
        let (managed, managed_json) = self.managed(id);
        let mut groups = Vec::new();
        let mut groups_json = Vec::new();
        for name in ["dev", "ops"] {
            if self.dice.percent(40) {
                let place = format!("accounts[{index}].groups[{}]", groups.len());
                let (documents, policies) = self.policies(&place, &managed, 2);
                groups.push((name, documents));
                groups_json.push(Json::object().with("name", Json::text(name)).with("path", Json::text("/")).with("policies", policies));
            }
        }
        let users: Vec<Json> = people
            .users
            .iter()
            .enumerate()
            .map(|(at, user)| self.user(id, &format!("accounts[{index}].users[{at}]"), user, &managed, &groups))
            .collect();
        let roles: Vec<Json> = people
            .roles
            .iter()
            .enumerate()
            .map(|(at, role)| self.role(id, &format!("accounts[{index}].roles[{at}]"), role, &managed))
            .collect();
        let resources = self.resources(index, id);
        let mut json = Json::object().with("id", Json::text(id));
        let canonical = match &self.layers {
            Some(layers) => layers.canonical_id(id).map(str::to_owned),
            None => self.dice.percent(10).then(|| format!("{}{index}", names::CANONICAL[1])),
        };
        json = json.with_some("canonical_id", canonical.map(Json::Text));
        json = with_list(json, "managed_policies", managed_json);
        json = with_list(json, "groups", groups_json);
        json = with_list(json, "users", users);
        json = with_list(json, "roles", roles);
        json = with_list(json, "resources", resources);
        if self.layers.is_some() { self.limits_of_account(index, id, json) } else { json }
    }

    /// Managed policies: how their account names them, and their declarations.
    fn managed(&mut self, account: &str) -> (Vec<Managed>, Vec<Json>) {
        let mut managed = Vec::new();
        let mut declared = Vec::new();
        for name in ["Read", "Write"] {
            if self.dice.percent(45) {
                self.managed_policy(account, name, PolicyType::Identity, &mut managed, &mut declared);
            }
        }
        if self.layers.is_some() {
            if self.dice.percent(60) {
                // Fit for every kind of limit, and for an identity policy as well.
                self.managed_policy(account, organization::LIMIT, PolicyType::Scp, &mut managed, &mut declared);
            }
            managed.extend(self.full_access().map(|document| (organization::FULL_ACCESS.to_owned(), document)));
        }
        (managed, declared)
    }

    fn managed_policy(&mut self, account: &str, name: &str, policy_type: PolicyType, managed: &mut Vec<Managed>, declared: &mut Vec<Json>) {
        let document = self.document(policy_type, None);
        let path = self.dice.word(&["/", "/eng/"]);
        let mut json = Json::object().with("name", Json::text(name));
        if path != "/" || self.dice.percent(50) {
            json = json.with("path", Json::text(path));
        }
        declared.push(json.with("document", self.documents[document].json.clone()));
        let arn = format!("arn:aws:iam::{account}:policy{path}{name}");
        managed.push((if self.dice.percent(50) { name.to_owned() } else { arn.clone() }, document));
        if let Some(layers) = &mut self.layers {
            let (account, name) = (account.to_owned(), name.to_owned());
            layers.managed.push(organization::Managed { account, name, arn, document });
        }
    }

    /// One more document, attached nowhere yet.
    pub(super) fn document(&mut self, policy_type: PolicyType, attached: Option<&str>) -> usize {
        let shape = self.wide().unwrap_or_else(|| match self.layers {
            Some(_) => organization::shape(self.dice, policy_type),
            None => Shape::Plain,
        });
        self.shaped(policy_type, shape, attached)
    }

    /// The shape of the world's wide documents, if the next one is to be such.
    pub(super) fn wide(&self) -> Option<Shape> {
        self.wide.filter(|_| self.dice.percent(35))
    }

    pub(super) fn shaped(&mut self, policy_type: PolicyType, shape: Shape, attached: Option<&str>) -> usize {
        self.documents.push(statement::document(self.dice, &self.names, policy_type, shape, attached));
        self.documents.len() - 1
    }

    /// Attaches a document: its text, as it is written inline.
    pub(super) fn attach(&mut self, place: String, document: usize) -> Json {
        self.places.insert(place, document);
        self.documents[document].json.clone()
    }

    /// Identity policies at a place: inline, or managed ones by name or ARN.
    fn policies(&mut self, place: &str, managed: &[Managed], most: usize) -> (Vec<usize>, Json) {
        let mut documents = Vec::new();
        let mut items = Vec::new();
        for at in 0..self.dice.between(0, most) {
            let (document, json) = if !managed.is_empty() && self.dice.percent(40) {
                let (reference, document) = self.dice.pick(managed);
                (*document, Json::text(reference))
            } else {
                let document = self.document(PolicyType::Identity, None);
                (document, self.documents[document].json.clone())
            };
            self.places.insert(format!("{place}.policies[{at}]"), document);
            documents.push(document);
            items.push(json);
        }
        (documents, Json::List(items))
    }

    /// Tags; their keys differ by more than letter case, which users and roles must obey (S-810).
    fn tags(&mut self) -> (Vec<(String, String)>, Option<Json>) {
        let mut tags: Vec<(String, String)> = Vec::new();
        for key in names::TAG_KEYS {
            if self.dice.percent(35) && !tags.iter().any(|(other, _)| other.eq_ignore_ascii_case(key)) {
                tags.push(((*key).to_owned(), self.dice.text(names::TAG_VALUES)));
            }
        }
        let json = Json::Object(tags.iter().map(|(key, value)| (key.clone(), Json::text(value))).collect());
        let json = (!tags.is_empty() || self.dice.percent(10)).then_some(json);
        (tags, json)
    }

    fn user(&mut self, account: &str, place: &str, user: &Sketch, managed: &[Managed], groups: &[(&str, Vec<usize>)]) -> Json {
        let member_of: Vec<_> = groups.iter().filter(|_| self.dice.percent(50)).collect();
        let (mut documents, policies) = self.policies(place, managed, 3);
        documents.extend(member_of.iter().flat_map(|(_, documents)| documents.iter().copied()));
        let member_of: Vec<&str> = member_of.iter().map(|(name, _)| *name).collect();
        let (tags, tags_json) = self.tags();
        let (boundary, boundary_json) = self.boundary(place, managed).unzip();
        let arn = format!("arn:aws:iam::{account}:user{}{}", user.path, user.name);
        self.entities.push(Entity { arn, tags, documents, boundary });
        let json = Json::object()
            .with("name", Json::text(user.name))
            .with("path", Json::text(user.path))
            .with_some("id", user.id.as_ref().map(Json::text));
        let json = if member_of.is_empty() { json } else { json.with("groups", Json::texts(&member_of)) };
        json.with("policies", policies).with_some("tags", tags_json).with_some("boundary", boundary_json)
    }

    fn role(&mut self, account: &str, place: &str, role: &Sketch, managed: &[Managed]) -> Json {
        let arn = format!("arn:aws:iam::{account}:role{}{}", role.path, role.name);
        let trust = self.dice.percent(85).then(|| {
            let document = self.document(PolicyType::Trust, Some(&arn));
            self.attached.push(Attached { arn: arn.clone(), account: account.to_owned(), document, trust: true });
            self.attach(format!("{place}.trust"), document)
        });
        let (documents, policies) = self.policies(place, managed, 3);
        let (tags, tags_json) = self.tags();
        let (boundary, boundary_json) = self.boundary(place, managed).unzip();
        self.entities.push(Entity { arn, tags, documents, boundary });
        let linked = self.dice.percent(8).then_some(Json::Bool(true));
        Json::object()
            .with("name", Json::text(role.name))
            .with("path", Json::text(role.path))
            .with_some("id", role.id.as_ref().map(Json::text))
            .with_some("trust", trust)
            .with("policies", policies)
            .with_some("tags", tags_json)
            .with_some("boundary", boundary_json)
            .with_some("service_linked", linked)
    }

    fn resources(&mut self, index: usize, account: &str) -> Vec<Json> {
        let (pool, most) = if self.layers.is_some() { (names::EVERY_LAYER_DECLARED, 7) } else { (names::DECLARED, 5) };
        let mut arns: Vec<String> = Vec::new();
        for _ in 0..self.dice.between(1, most) {
            let arn = match &self.layers {
                // A role has tags of its own, and its trust policy; this declaration stands beside it.
                Some(_) if self.dice.percent(4) => self.dice.text(&self.names.roles),
                _ => self.dice.text(pool).replace("ACCOUNT", account),
            };
            let taken = self.attached.iter().any(|other| !other.trust && other.arn == arn) || self.bare.contains(&arn);
            if !taken && !arns.contains(&arn) {
                arns.push(arn);
            }
        }
        let mut items = Vec::new();
        for (at, arn) in arns.into_iter().enumerate() {
            let place = format!("accounts[{index}].resources[{at}]");
            let (_, tags) = self.tags();
            let policy = if self.dice.percent(80) {
                let document = self.document(PolicyType::Resource, Some(&arn));
                self.attached.push(Attached { arn: arn.clone(), account: account.to_owned(), document, trust: false });
                Some(self.attach(format!("{place}.policy"), document))
            } else {
                self.bare.push(arn.clone());
                None
            };
            let acl = self.acl(&place, &arn, account);
            let json = Json::object().with("arn", Json::text(&arn)).with_some("policy", policy);
            items.push(json.with_some("acl", acl).with_some("tags", tags));
        }
        items
    }
}
