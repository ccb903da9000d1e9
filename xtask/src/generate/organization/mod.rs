//! Worlds with every layer: an organization of nested units with SCPs and RCPs, boundaries, session policies, endpoints and ACLs beside what
//! plain worlds hold.
//!
//! In: dice. Out: a [`World`] whose [`Layers`] say what hangs where, so that [`request`] can aim at every layer. Each layer is present in
//! most worlds and absent in some. Documents that limit are mostly wide with a few Denies: a request passes one layer often enough
//! for the next to decide.

pub mod acl;
pub mod limits;
pub mod request;
pub mod tree;

use crate::dice::Dice;
use crate::generate::World;
use crate::generate::builder::{Builder, Cast};
use crate::generate::names::{self, Known, Names};
use crate::generate::statement::{Document, PolicyType, Shape, Statement};
use crate::json::Json;
use acl::AclOf;
use std::collections::HashMap;
use tree::Tree;

/// The built-in document that allows callers everything, by its name.
pub const FULL_ACCESS: &str = "FullAWSAccess";
/// The built-in document that lets every request to resources pass, by its name.
pub const RCP_FULL_ACCESS: &str = "RCPFullAWSAccess";
/// A managed policy that is fit for every kind of limit.
pub const LIMIT: &str = "Limit";

/// A managed policy that an account declares.
#[derive(Debug, Clone)]
pub struct Managed {
    /// The account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The document.
    pub document: usize,
}

/// A level of the organization: root, unit or account.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// The accounts that it limits: those under it but for the management account.
    pub accounts: Vec<String>,
    /// Its SCPs.
    pub scps: Vec<usize>,
    /// Its RCPs.
    pub rcps: Vec<usize>,
}

/// A VPC endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// The account that declares it.
    pub account: String,
    /// Its policy.
    pub document: Option<usize>,
}

/// Which layers a world has at all.
#[derive(Debug, Clone, Copy)]
struct Present {
    scps: bool,
    rcps: bool,
    boundaries: bool,
    acls: bool,
}

/// What only worlds with every layer have.
#[derive(Debug)]
pub struct Layers {
    present: Present,
    /// The organization, if there is one.
    pub tree: Option<Tree>,
    /// Its levels: those of the tree, then those of accounts.
    pub levels: Vec<Level>,
    /// VPC endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Resources with ACLs.
    pub acls: Vec<AclOf>,
    /// By the place of an ACL grant: what it is, in the words of reports.
    pub acl_labels: HashMap<String, Vec<String>>,
    /// Managed policies of all accounts.
    pub managed: Vec<Managed>,
    /// Documents that sessions are limited by.
    pub sessions: Vec<usize>,
    /// Accounts with their canonical ids.
    canonical: Vec<(String, String)>,
    /// The built-in documents, for callers and for resources.
    built_in: Option<(usize, usize)>,
}

impl Layers {
    fn choose(dice: &Dice, accounts: &[String]) -> Layers {
        let tree = dice.percent(88).then(|| Tree::choose(dice, accounts));
        let present = Present { scps: dice.percent(82), rcps: dice.percent(82), boundaries: dice.percent(78), acls: dice.percent(78) };
        let mut endpoints = Vec::new();
        if dice.percent(78) {
            for account in accounts {
                for _ in 0..dice.weighted(&[25, 50, 25]) {
                    endpoints.push(Endpoint { id: format!("vpce-{}", endpoints.len() + 1), account: account.clone(), document: None });
                }
            }
        }
        let with_id = accounts.iter().filter(|_| dice.percent(60));
        // Two accounts may have one canonical id: nothing forbids it.
        let shared = dice.percent(8);
        let canonical = with_id.map(|account| (account.clone(), format!("c0ffee{}", if shared { "" } else { &account[..2] }))).collect();
        Layers {
            present,
            tree,
            levels: Vec::new(),
            endpoints,
            acls: Vec::new(),
            acl_labels: HashMap::new(),
            managed: Vec::new(),
            sessions: Vec::new(),
            canonical,
            built_in: None,
        }
    }

    /// The canonical id of an account, if it has one.
    pub fn canonical_id(&self, account: &str) -> Option<&str> {
        self.canonical.iter().find(|(of, _)| of == account).map(|(_, id)| id.as_str())
    }

    /// The account that has a canonical id.
    pub fn account_of(&self, canonical_id: &str) -> Option<&str> {
        self.canonical.iter().find(|(_, id)| id == canonical_id).map(|(account, _)| account.as_str())
    }

    /// The document that a session of the account names so: a managed policy by name or ARN, or a built-in one.
    pub fn session_document(&self, account: &str, name: &str) -> Option<usize> {
        let own = self.managed.iter().find(|managed| managed.account == account && (managed.name == name || managed.arn == name));
        let built_in = || self.built_in.filter(|_| name == FULL_ACCESS).map(|(full_access, _)| full_access);
        own.map(|managed| managed.document).or_else(built_in)
    }
}

/// The shape of a document of a type.
pub(super) fn shape(dice: &Dice, policy_type: PolicyType) -> Shape {
    let broad = match policy_type {
        PolicyType::Rcp => return Shape::Denies,
        PolicyType::Resource => 30,
        PolicyType::Identity | PolicyType::Trust => 45,
        PolicyType::Boundary | PolicyType::Session | PolicyType::Scp | PolicyType::Endpoint => 62,
    };
    if dice.percent(broad) { Shape::Broad } else { Shape::Plain }
}

/// The world number `index` of a seed; the dice go on to its requests.
pub fn world(dice: &Dice) -> World {
    let count = 1 + dice.weighted(&[20, 35, 30, 15]);
    let accounts: Vec<String> = dice.sample(names::EVERY_LAYER_ACCOUNTS, count).into_iter().map(str::to_owned).collect();
    let cast = Cast::choose(dice, &accounts, true);
    let layers = Layers::choose(dice, &accounts);
    let known = Known {
        canonical: layers.canonical.iter().map(|(_, id)| id.clone()).collect(),
        endpoints: layers.endpoints.iter().map(|endpoint| endpoint.id.clone()).collect(),
        paths: layers.tree.as_ref().map(Tree::paths).unwrap_or_default(),
        every_layer: true,
        ..cast.known(&accounts)
    };
    let names = Names::choose(dice, known);
    let wide = match dice.below(180) {
        0 => Some(Shape::ManyStatements),
        1 => Some(Shape::ManyResources),
        2 => Some(Shape::Dense),
        _ => None,
    };
    let mut builder = Builder::new(dice, names, wide, Some(layers));
    builder.add_built_in();
    let organization = builder.organization();
    let accounts = builder.accounts(&accounts, &cast);
    builder.add_sessions();
    let mut members = vec![("version".to_owned(), Json::Number("1".to_owned()))];
    members.extend(organization.map(|organization| ("organization".to_owned(), organization)));
    members.push(("accounts".to_owned(), Json::List(accounts)));
    let json = shuffled(dice, Json::Object(members));
    builder.finish(json)
}

/// The object, its members perhaps in another order: world order is that of the text (S-729).
fn shuffled(dice: &Dice, json: Json) -> Json {
    match json {
        Json::Object(mut members) if dice.percent(30) => {
            for at in (1..members.len()).rev() {
                members.swap(at, dice.below(at + 1));
            }
            Json::Object(members)
        }
        other => other,
    }
}

impl Builder<'_> {
    /// Puts the built-in documents among the others, so that what names them leads somewhere.
    fn add_built_in(&mut self) {
        let everything = |principal: bool| {
            let statement = Json::object().with("Effect", Json::text("Allow"));
            let statement = statement.with_some("Principal", principal.then(|| Json::text("*")));
            let statement = statement.with("Action", Json::text("*")).with("Resource", Json::text("*"));
            Document {
                variables: true,
                statements: vec![Statement::everything()],
                json: Json::object().with("Version", Json::text("2012-10-17")).with("Statement", Json::List(vec![statement])),
            }
        };
        self.documents.extend([everything(false), everything(true)]);
        let end = self.documents.len();
        if let Some(layers) = &mut self.layers {
            layers.built_in = Some((end - 2, end - 1));
        }
    }

    /// The document of [`FULL_ACCESS`].
    pub(super) fn full_access(&self) -> Option<usize> {
        self.layers.as_ref().and_then(|layers| layers.built_in).map(|(full_access, _)| full_access)
    }

    fn add_sessions(&mut self) {
        // Never wide ones: a request has 64 KiB.
        let sessions = (0..6).map(|_| self.shaped(PolicyType::Session, shape(self.dice, PolicyType::Session), None)).collect();
        if let Some(layers) = &mut self.layers {
            layers.sessions = sessions;
        }
    }
}
