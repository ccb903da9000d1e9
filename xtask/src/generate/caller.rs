//! Callers of requests: declared ones in every form, strangers, and those that are refused.
//!
//! In: a world, and perhaps a statement whose principal element the caller should meet. Out: a [`Caller`] with its `principal` and what of it
//! the world derives, so that resources with variables can be aimed at.

use crate::dice::Dice;
use crate::generate::World;
use crate::generate::names;
use crate::generate::principal::{Entry, Form};
use crate::generate::statement::Statement;
use crate::json::Json;

/// The kinds of callers, for reports.
pub const CALLERS: [&str; 11] = [
    "user",
    "session",
    "role",
    "federated-user",
    "root",
    "service",
    "federated",
    "canonical-user",
    "anonymous",
    "undeclared-account",
    "refused",
];

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Index into [`CALLERS`].
    pub kind: usize,
    /// The request's `principal`.
    pub json: Json,
    /// User name, where it has one.
    pub(super) name: String,
    /// Tags of the entity.
    pub(super) tags: Vec<(String, String)>,
}

pub(super) fn caller(kind: &str, json: Json) -> Caller {
    Caller { kind: CALLERS.iter().position(|name| *name == kind).unwrap_or(0), json, name: String::new(), tags: Vec::new() }
}

/// A declared user or role as a caller; a role mostly as a session of it.
pub(super) fn entity_caller(dice: &Dice, world: &World, arn: &str) -> Caller {
    let entity = world.entities.iter().find(|entity| entity.arn == arn);
    let role = arn.contains(":role/");
    let mut made = if !role {
        caller("user", Json::text(arn))
    } else if dice.percent(80) {
        caller("session", Json::Text(names::session_of(arn, dice.word(&["s1", "s1", "s2", "i-0a@x"]))))
    } else {
        caller("role", Json::text(arn))
    };
    if entity.is_none() {
        made.kind = caller("undeclared-account", Json::Null).kind;
    }
    made.name = arn.rsplit('/').next().unwrap_or_default().to_owned();
    made.tags = entity.map(|entity| entity.tags.clone()).unwrap_or_default();
    made
}

/// A caller that the statement's principal element names, mostly; for an element that names everyone, one of the owner's account.
pub(super) fn caller_of(dice: &Dice, world: &World, statement: &Statement, owner: &str) -> Caller {
    let Some(principal) = statement.principal.as_ref().filter(|principal| !principal.entries.is_empty()) else {
        return any_caller(dice, world);
    };
    let Entry { form, text, .. } = dice.pick(&principal.entries);
    let account = text.split(':').nth(4).unwrap_or(text);
    let of_account = |entity: &&String| entity.split(':').nth(4) == Some(account);
    let members: Vec<&String> = world.names.users.iter().chain(&world.names.roles).filter(of_account).collect();
    match form {
        Form::Account if !members.is_empty() && dice.percent(75) => {
            let arn = (*dice.pick(&members)).clone();
            entity_caller(dice, world, &arn)
        }
        Form::Account => undeclared(dice, account),
        Form::User if dice.percent(12) => {
            let name = text.rsplit('/').next().unwrap_or_default();
            caller("federated-user", Json::Text(format!("arn:aws:sts::{account}:federated-user/{name}")))
        }
        Form::User | Form::Role => entity_caller(dice, world, text),
        Form::Session => caller("session", Json::text(text)),
        Form::FederatedUser => caller("federated-user", Json::text(text)),
        Form::Service if text == "*" => caller("service", Json::object().with("Service", Json::text(dice.word(&world.names.services)))),
        Form::Service => caller("service", Json::object().with("Service", Json::text(text))),
        Form::Federated if text == "*" => caller("federated", Json::object().with("Federated", Json::text(dice.word(names::PROVIDERS)))),
        Form::Federated => caller("federated", Json::object().with("Federated", Json::text(text))),
        Form::CanonicalUser => caller("canonical-user", Json::object().with("CanonicalUser", Json::text(text))),
        Form::Anyone | Form::UniqueId | Form::CloudFront => {
            // Callers of the owner's account meet more of the algorithm than strangers.
            let near: Vec<&String> =
                world.names.users.iter().chain(&world.names.roles).filter(|arn| arn.split(':').nth(4) == Some(owner)).collect();
            if near.is_empty() || dice.percent(40) {
                return any_caller(dice, world);
            }
            let arn = (*dice.pick(&near)).clone();
            entity_caller(dice, world, &arn)
        }
    }
}

pub(super) fn undeclared(dice: &Dice, account: &str) -> Caller {
    let arn = match dice.below(5) {
        0 => format!("arn:aws:iam::{account}:root"),
        1 => format!("arn:aws:iam::{account}:user/eng/alice"),
        2 => format!("arn:aws:iam::{account}:role/app"),
        3 => format!("arn:aws:sts::{account}:assumed-role/app/s1"),
        _ => format!("arn:aws:sts::{account}:federated-user/alice"),
    };
    caller("undeclared-account", Json::Text(arn))
}

pub(super) fn any_caller(dice: &Dice, world: &World) -> Caller {
    let account = dice.text(&world.names.accounts);
    match dice.weighted(&[48, 9, 9, 5, 4, 4, 6, 9, 3, 3]) {
        0 => {
            let arn = dice.pick(&world.entities).arn.clone();
            entity_caller(dice, world, &arn)
        }
        1 => caller("root", Json::Text(format!("arn:aws:iam::{account}:root"))),
        2 => {
            let name = dice.text(&["alice", "bob", "nobody"]);
            let tags = world.entities.iter().find(|entity| entity.arn.ends_with(&format!("/{name}"))).map(|entity| entity.tags.clone());
            let made = caller("federated-user", Json::Text(format!("arn:aws:sts::{account}:federated-user/{name}")));
            Caller { tags: tags.unwrap_or_default(), ..made }
        }
        3 => caller("service", Json::object().with("Service", Json::text(dice.word(&world.names.services)))),
        4 => caller("federated", Json::object().with("Federated", Json::text(dice.word(names::PROVIDERS)))),
        5 => caller("canonical-user", Json::object().with("CanonicalUser", Json::Text(dice.text(&world.names.canonical)))),
        6 => caller("anonymous", Json::text("*")),
        7 => {
            let account = dice.text(&[names::STRANGE_ACCOUNT, names::TREE_ACCOUNT]);
            undeclared(dice, &account)
        }
        8 => {
            // Declared account, entity not declared there, or under another path or partition (S-730).
            let arn = dice.pick(&world.entities).arn.clone();
            let altered = match dice.below(3) {
                0 => arn + "x",
                1 => arn.replacen("arn:aws:", "arn:aws-cn:", 1),
                _ => arn.replacen("role/", "role/other/", 1).replacen("user/", "user/other/", 1),
            };
            caller("refused", Json::Text(altered))
        }
        _ => caller("session", Json::Text(format!("arn:aws:sts::{account}:assumed-role/{}/s1", dice.word(&["app", "App", "missing"])))),
    }
}
