//! Generated worlds and requests.
//!
//! A world without the later layers: accounts, sometimes in an organization that has no policies of its own, with groups, users, roles, managed and
//! inline policies, trust policies and resource policies; and requests drawn from its own patterns and bounds. Everything
//! follows from a seed and the world's number. What was generated is kept beside the text, so that requests can aim at a
//! statement and a report can say which operators, principals and variables an evaluation met.

pub mod condition;
pub mod glob;
pub mod names;
pub mod principal;
pub mod request;
pub mod statement;
pub mod values;

use crate::dice::Dice;
use crate::json::Json;
use names::Names;
use statement::{Document, PolicyType, Shape};
use std::collections::HashMap;

/// A user or role that the world declares.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Documents of its own and of its groups.
    pub documents: Vec<usize>,
}

/// A resource policy or trust policy, and what it stands on.
#[derive(Debug, Clone)]
pub struct Attached {
    /// ARN of the resource or role.
    pub arn: String,
    /// The document.
    pub document: usize,
    /// Whether it is a trust policy.
    pub trust: bool,
}

/// A generated world.
#[derive(Debug)]
pub struct World {
    /// Its text.
    pub json: Json,
    /// Its alphabet.
    pub names: Names,
    /// Every document once.
    pub documents: Vec<Document>,
    /// By place (S-729) of an attachment: the document there.
    pub places: HashMap<String, usize>,
    /// Users and roles.
    pub entities: Vec<Entity>,
    /// Resource and trust policies.
    pub attached: Vec<Attached>,
    /// Resources declared without a policy.
    pub bare: Vec<String>,
}

struct Builder<'a> {
    dice: &'a Dice,
    names: Names,
    wide: Option<Shape>,
    documents: Vec<Document>,
    places: HashMap<String, usize>,
    entities: Vec<Entity>,
    attached: Vec<Attached>,
    bare: Vec<String>,
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

fn sketches(dice: &Dice, pool: &[&'static str], prefix: &str, account: &str, most: usize) -> Vec<Sketch> {
    let count = dice.between(1, most);
    dice.sample(pool, count)
        .into_iter()
        .map(|name| {
            let service_path = prefix == "AROA" && dice.percent(8);
            let path = if service_path { "/aws-service-role/x.amazonaws.com/" } else { dice.word(&["/", "/", "/eng/", "/eng/ops/"]) };
            let id = format!("{prefix}{}{}", name.to_uppercase().replace('-', ""), &account[..4]);
            Sketch { name, path, id: dice.percent(75).then_some(id) }
        })
        .collect()
}

/// The world number `index` of a seed; the dice go on to its requests.
pub fn world(dice: &Dice) -> World {
    let count = 1 + dice.weighted(&[45, 35, 20]);
    let accounts: Vec<String> = dice.sample(names::ACCOUNTS, count).into_iter().map(str::to_owned).collect();
    let people: Vec<People> = accounts
        .iter()
        .map(|account| People {
            users: sketches(dice, &["alice", "bob", "carol", "dave-2"], "AIDA", account, 3),
            // `App` is another role than `app`: names are compared exactly (S-404).
            roles: sketches(dice, &["app", "admin", "svc", "App"], "AROA", account, 3),
        })
        .collect();
    let arns = |kind: &str, pick: fn(&People) -> &Vec<Sketch>| -> Vec<String> {
        let each = accounts.iter().zip(&people);
        each.flat_map(|(account, both)| pick(both).iter().map(move |one| format!("arn:aws:iam::{account}:{kind}{}{}", one.path, one.name)))
            .collect()
    };
    let users = arns("user", |both| &both.users);
    let roles = arns("role", |both| &both.roles);
    let ids = people.iter().flat_map(|both| both.users.iter().chain(&both.roles)).filter_map(|one| one.id.clone()).collect();
    let organization = dice.percent(45).then(|| organization(dice, &accounts));
    let names = Names::choose(dice, accounts.clone(), users, roles, ids, organization.is_some());
    let wide = match dice.below(40) {
        0 => Some(Shape::ManyStatements),
        1 => Some(Shape::ManyResources),
        2 => Some(Shape::Dense),
        _ => None,
    };
    let mut builder = Builder {
        dice,
        names,
        wide,
        documents: Vec::new(),
        places: HashMap::new(),
        entities: Vec::new(),
        attached: Vec::new(),
        bare: Vec::new(),
    };
    let accounts: Vec<Json> =
        accounts.iter().zip(&people).enumerate().map(|(index, (id, both))| builder.account(index, id, &both.users, &both.roles)).collect();
    let json = Json::object()
        .with("version", Json::Number("1".to_owned()))
        .with_some("organization", organization)
        .with("accounts", Json::List(accounts));
    let Builder { names, documents, places, entities, attached, bare, .. } = builder;
    World { json, names, documents, places, entities, attached, bare }
}

/// A tree without policies of its own: every level has the defaults, which allow.
fn organization(dice: &Dice, accounts: &[String]) -> Json {
    let mut root = Vec::new();
    let mut upper = Vec::new();
    let mut lower = Vec::new();
    for account in accounts.iter().map(String::as_str).chain([names::TREE_ACCOUNT]) {
        match dice.below(5) {
            0 => root.push(account),
            1 | 2 => upper.push(account),
            3 => lower.push(account),
            _ => {}
        }
    }
    let below = Json::object().with("id", Json::text("ou-b")).with("accounts", Json::texts(&lower));
    let above = Json::object().with("id", Json::text("ou-a")).with("accounts", Json::texts(&upper)).with("units", Json::List(vec![below]));
    let tree = Json::object().with("id", Json::text("r-root")).with("accounts", Json::texts(&root)).with("units", Json::List(vec![above]));
    let management = match dice.below(4) {
        0 => accounts.first().map(Json::text),
        1 => Some(Json::text("000000000001")),
        _ => None,
    };
    Json::object().with("id", Json::text("o-example")).with_some("management_account", management).with("root", tree)
}

impl Builder<'_> {
    fn account(&mut self, index: usize, id: &str, users: &[Sketch], roles: &[Sketch]) -> Json {
        let mut managed: Vec<(String, usize)> = Vec::new();
        let mut managed_json = Vec::new();
        for name in ["Read", "Write"] {
            if self.dice.percent(45) {
                let document = self.document(PolicyType::Identity, None);
                let path = self.dice.word(&["/", "/eng/"]);
                let mut json = Json::object().with("name", Json::text(name));
                if path != "/" || self.dice.percent(50) {
                    json = json.with("path", Json::text(path));
                }
                managed_json.push(json.with("document", self.documents[document].json.clone()));
                let reference = if self.dice.percent(50) { name.to_owned() } else { format!("arn:aws:iam::{id}:policy{path}{name}") };
                managed.push((reference, document));
            }
        }
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
        let users: Vec<Json> = users
            .iter()
            .enumerate()
            .map(|(at, user)| self.user(id, &format!("accounts[{index}].users[{at}]"), user, &managed, &groups))
            .collect();
        let roles: Vec<Json> =
            roles.iter().enumerate().map(|(at, role)| self.role(id, &format!("accounts[{index}].roles[{at}]"), role, &managed)).collect();
        let resources = self.resources(index, id);
        let list = |name: &str, items: Vec<Json>, json: Json| if items.is_empty() { json } else { json.with(name, Json::List(items)) };
        let mut json = Json::object().with("id", Json::text(id));
        if self.dice.percent(10) {
            json = json.with("canonical_id", Json::text(format!("{}{index}", names::CANONICAL[1])));
        }
        json = list("managed_policies", managed_json, json);
        json = list("groups", groups_json, json);
        json = list("users", users, json);
        json = list("roles", roles, json);
        list("resources", resources, json)
    }

    fn document(&mut self, policy_type: PolicyType, attached: Option<&str>) -> usize {
        let shape = match self.wide {
            Some(shape) if self.dice.percent(35) => shape,
            _ => Shape::Plain,
        };
        self.documents.push(statement::document(self.dice, &self.names, policy_type, shape, attached));
        self.documents.len() - 1
    }

    /// Identity policies at a place: inline, or managed ones by name or ARN.
    fn policies(&mut self, place: &str, managed: &[(String, usize)], most: usize) -> (Vec<usize>, Json) {
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

    fn user(&mut self, account: &str, place: &str, user: &Sketch, managed: &[(String, usize)], groups: &[(&str, Vec<usize>)]) -> Json {
        let member_of: Vec<_> = groups.iter().filter(|_| self.dice.percent(50)).collect();
        let (mut documents, policies) = self.policies(place, managed, 3);
        documents.extend(member_of.iter().flat_map(|(_, documents)| documents.iter().copied()));
        let member_of: Vec<&str> = member_of.iter().map(|(name, _)| *name).collect();
        let (tags, tags_json) = self.tags();
        let arn = format!("arn:aws:iam::{account}:user{}{}", user.path, user.name);
        self.entities.push(Entity { arn, tags, documents });
        let json = Json::object()
            .with("name", Json::text(user.name))
            .with("path", Json::text(user.path))
            .with_some("id", user.id.as_ref().map(Json::text));
        let json = if member_of.is_empty() { json } else { json.with("groups", Json::texts(&member_of)) };
        json.with("policies", policies).with_some("tags", tags_json)
    }

    fn role(&mut self, account: &str, place: &str, role: &Sketch, managed: &[(String, usize)]) -> Json {
        let arn = format!("arn:aws:iam::{account}:role{}{}", role.path, role.name);
        let trust = self.dice.percent(85).then(|| {
            let document = self.document(PolicyType::Trust, Some(&arn));
            self.places.insert(format!("{place}.trust"), document);
            self.attached.push(Attached { arn: arn.clone(), document, trust: true });
            self.documents[document].json.clone()
        });
        let (documents, policies) = self.policies(place, managed, 3);
        let (tags, tags_json) = self.tags();
        self.entities.push(Entity { arn, tags, documents });
        let linked = self.dice.percent(8).then_some(Json::Bool(true));
        Json::object()
            .with("name", Json::text(role.name))
            .with("path", Json::text(role.path))
            .with_some("id", role.id.as_ref().map(Json::text))
            .with_some("trust", trust)
            .with("policies", policies)
            .with_some("tags", tags_json)
            .with_some("service_linked", linked)
    }

    fn resources(&mut self, index: usize, account: &str) -> Vec<Json> {
        let mut arns: Vec<String> = Vec::new();
        for _ in 0..self.dice.between(1, 5) {
            let arn = self.dice.text(names::DECLARED).replace("ACCOUNT", account);
            let taken = self.attached.iter().any(|other| other.arn == arn) || self.bare.contains(&arn);
            if !taken && !arns.contains(&arn) {
                arns.push(arn);
            }
        }
        let mut items = Vec::new();
        for (at, arn) in arns.into_iter().enumerate() {
            let (_, tags) = self.tags();
            let policy = if self.dice.percent(80) {
                let document = self.document(PolicyType::Resource, Some(&arn));
                self.places.insert(format!("accounts[{index}].resources[{at}].policy"), document);
                self.attached.push(Attached { arn: arn.clone(), document, trust: false });
                Some(self.documents[document].json.clone())
            } else {
                self.bare.push(arn.clone());
                None
            };
            items.push(Json::object().with("arn", Json::text(&arn)).with_some("policy", policy).with_some("tags", tags));
        }
        items
    }
}
