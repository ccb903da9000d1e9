//! Generated worlds and requests.
//!
//! [`world`] makes worlds of identity, resource and trust policies, sometimes in an organization that has no policies of its own;
//! [`organization::world`] makes worlds with every layer. Both hold accounts with groups, users, roles, managed and inline policies, and
//! requests are drawn from a world's own patterns and bounds. Everything
//! follows from a seed and the world's number. What was generated is kept beside the text, so that requests can aim at a
//! statement and a report can say which operators, principals and variables an evaluation met.

pub mod builder;
pub mod caller;
pub mod condition;
pub mod glob;
pub mod names;
pub mod organization;
pub mod principal;
pub mod request;
pub mod statement;
pub mod values;

use crate::dice::Dice;
use crate::json::Json;
use builder::{Builder, Cast};
use names::{Known, Names};
use organization::Layers;
use statement::{Document, Shape};
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
    /// Its permissions boundary.
    pub boundary: Option<usize>,
}

/// A resource policy or trust policy, and what it stands on.
#[derive(Debug, Clone)]
pub struct Attached {
    /// ARN of the resource or role.
    pub arn: String,
    /// The account that declares it.
    pub account: String,
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
    /// What only a world with every layer has.
    pub layers: Option<Layers>,
}

/// The world number `index` of a seed; the dice go on to its requests.
pub fn world(dice: &Dice) -> World {
    let count = 1 + dice.weighted(&[45, 35, 20]);
    let accounts: Vec<String> = dice.sample(names::ACCOUNTS, count).into_iter().map(str::to_owned).collect();
    let cast = Cast::choose(dice, &accounts, false);
    let organization = dice.percent(45).then(|| organization(dice, &accounts));
    let paths: &[&str] = match organization {
        Some(_) => &["o-example/r-root/", "o-example/r-root/ou-a/", "o-example/r-root/ou-a/ou-b/", "o-example/*"],
        None => &[],
    };
    let known = Known {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        endpoints: vec!["vpce-1".to_owned()],
        ..cast.known(&accounts)
    };
    let names = Names::choose(dice, known);
    let wide = match dice.below(40) {
        0 => Some(Shape::ManyStatements),
        1 => Some(Shape::ManyResources),
        2 => Some(Shape::Dense),
        _ => None,
    };
    let mut builder = Builder::new(dice, names, wide, None);
    let accounts = builder.accounts(&accounts, &cast);
    let json = Json::object()
        .with("version", Json::Number("1".to_owned()))
        .with_some("organization", organization)
        .with("accounts", Json::List(accounts));
    builder.finish(json)
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
