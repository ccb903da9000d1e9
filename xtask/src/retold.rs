//! A world whose statements are retold: in the place of each stand others, so that the reference can be asked about parts of statements.
//!
//! In: a world's text, whole or shrunk, and a function that gives the stand-ins of a statement, each with a label. Out: a [`Retold`], which tells the labels of
//! the stand-ins that match a request, place by place (S-729). Names of documents are looked up in the text itself, and no code of the library takes part.
//!
//! Whether a statement matches depends on the request and on the statement alone (S-702), so any number of them can stand side by side. What the layers
//! make of them means nothing here.

use crate::differential::alone::value;
use crate::generate::organization::{FULL_ACCESS, RCP_FULL_ACCESS};
use crate::json::Json;
use portcullis_reference::{Value, World};
use std::collections::HashMap;

/// A statement as it stands in its document.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'j> {
    /// Its index.
    pub index: usize,
    /// Its text.
    pub json: &'j Json,
    /// Whether variables count: `Version` is `2012-10-17` (S-601).
    pub variables: bool,
}

/// What stands for a statement; never nothing, since a document needs statements.
pub type StandIns<L> = Vec<(L, Json)>;

/// A world retold.
pub struct Retold<L> {
    reference: World,
    retell: fn(Statement<'_>) -> StandIns<L>,
    /// By place: the labels of the statements there.
    labels: HashMap<String, Vec<L>>,
    documents: Documents,
}

/// Managed policies by their account and either of their names; the built-in ones have no account.
type Documents = HashMap<(String, String), Json>;

impl<L: Clone> Retold<L> {
    /// Retells a world.
    ///
    /// # Errors
    /// The message of the reference, or what leads nowhere.
    pub fn new(world: &Json, retell: fn(Statement<'_>) -> StandIns<L>) -> Result<Retold<L>, String> {
        let documents = documents(world);
        let mut teller = Teller { retell, documents: &documents, account: String::new(), labels: HashMap::new() };
        let told = teller.node(world, "")?;
        let labels = teller.labels;
        let reference = World::new(&told).map_err(|error| error.to_string())?;
        Ok(Retold { reference, retell, labels, documents })
    }

    /// The stand-ins that match: where, and which; a grant of an ACL has no label.
    ///
    /// # Errors
    /// The message of the reference.
    pub fn matched(&self, request: &Json) -> Result<Vec<(String, Option<L>)>, String> {
        let (request, session) = self.with_session(request)?;
        let decision = self.reference.decide(&request).map_err(|error| error.to_string())?;
        let label = |place: &str, index: usize| session.get(place).or_else(|| self.labels.get(place))?.get(index).cloned();
        Ok(decision
            .matched
            .into_iter()
            .map(|one| (label(&one.policy, one.statement.unwrap_or(usize::MAX)), one.policy))
            .map(swap)
            .collect())
    }

    /// The request with the documents of its session retold, and their labels.
    fn with_session(&self, request: &Json) -> Result<(Value, HashMap<String, Vec<L>>), String> {
        let account = request.member("principal").and_then(Json::as_text).and_then(|arn| arn.split(':').nth(4)).unwrap_or_default();
        let mut teller = Teller { retell: self.retell, documents: &self.documents, account: account.to_owned(), labels: HashMap::new() };
        let (Json::Object(members), Some(session)) = (request, request.member("session")) else {
            return Ok((value(request), teller.labels));
        };
        let session = teller.node(session, "session")?;
        let others = members.iter().filter(|(name, _)| name != "session").map(|(name, member)| (name.clone(), value(member)));
        Ok((Value::Object(others.chain([("session".to_owned(), session)]).collect()), teller.labels))
    }
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// Writes a world anew.
struct Teller<'d, L> {
    retell: fn(Statement<'_>) -> StandIns<L>,
    documents: &'d Documents,
    account: String,
    labels: HashMap<String, Vec<L>>,
}

impl<L> Teller<'_, L> {
    fn node(&mut self, json: &Json, place: &str) -> Result<Value, String> {
        let Json::Object(members) = json else { return self.items(json, place) };
        if place.starts_with("accounts[") && !place.contains('.') {
            self.account = json.member("id").and_then(Json::as_text).unwrap_or_default().to_owned();
        }
        let mut told = Vec::new();
        for (name, member) in members {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            told.push((
                name.clone(),
                match (name.as_str(), member) {
                    ("managed_policies", _) => continue,
                    ("policy" | "trust" | "boundary", _) => self.document(member, place)?,
                    ("policies" | "scps" | "rcps", Json::List(items)) => {
                        let documents = items.iter().enumerate().map(|(at, item)| self.document(item, format!("{place}[{at}]")));
                        Value::Array(documents.collect::<Result<_, _>>()?)
                    }
                    ("tags" | "acl", _) => value(member),
                    _ => self.node(member, &place)?,
                },
            ));
        }
        Ok(Value::Object(told))
    }

    fn items(&mut self, json: &Json, place: &str) -> Result<Value, String> {
        let Json::List(items) = json else { return Ok(value(json)) };
        let told = items.iter().enumerate().map(|(at, item)| self.node(item, &format!("{place}[{at}]")));
        Ok(Value::Array(told.collect::<Result<_, _>>()?))
    }

    fn document(&mut self, json: &Json, place: String) -> Result<Value, String> {
        let named = |name: &str| {
            let of = |account: &str| self.documents.get(&(account.to_owned(), name.to_owned()));
            of(&self.account).or_else(|| of("")).ok_or_else(|| format!("`{name}` leads nowhere"))
        };
        let document = match json {
            Json::Text(name) => named(name)?,
            other => other,
        };
        let version = document.member("Version");
        let variables = version.and_then(Json::as_text) == Some("2012-10-17");
        let mut labels = Vec::new();
        let mut statements = Vec::new();
        for (index, json) in listed(document.member("Statement")).into_iter().enumerate() {
            for (label, stand_in) in (self.retell)(Statement { index, json, variables }) {
                labels.push(label);
                statements.push(value(&stand_in));
            }
        }
        self.labels.insert(place, labels);
        let version = version.map(|version| ("Version".to_owned(), value(version)));
        Ok(Value::Object(version.into_iter().chain([("Statement".to_owned(), Value::Array(statements))]).collect()))
    }
}

fn documents(world: &Json) -> Documents {
    let mut documents = Documents::new();
    for (name, principal) in [(FULL_ACCESS, false), (RCP_FULL_ACCESS, true)] {
        let statement = Json::object().with("Effect", Json::text("Allow")).with_some("Principal", principal.then(|| Json::text("*")));
        let statement = statement.with("Action", Json::text("*")).with("Resource", Json::text("*"));
        let document = Json::object().with("Version", Json::text("2012-10-17")).with("Statement", statement);
        documents.insert((String::new(), name.to_owned()), document);
    }
    for account in listed(world.member("accounts")) {
        let id = account.member("id").and_then(Json::as_text).unwrap_or_default();
        for policy in listed(account.member("managed_policies")) {
            let (Some(name), Some(document)) = (policy.member("name").and_then(Json::as_text), policy.member("document")) else { continue };
            let path = policy.member("path").and_then(Json::as_text).unwrap_or("/");
            for name in [name.to_owned(), format!("arn:aws:iam::{id}:policy{path}{name}")] {
                documents.insert((id.to_owned(), name), document.clone());
            }
        }
    }
    documents
}

/// The items of a list, the only item of what is none, nothing of what is absent.
pub fn listed(json: Option<&Json>) -> Vec<&Json> {
    match json {
        Some(Json::List(items)) => items.iter().collect(),
        Some(only) => vec![only],
        None => Vec::new(),
    }
}

/// The tests of a statement's `Condition`: operator and key as written, and the values.
pub fn tests(statement: &Json) -> Vec<(&str, &str, &Json)> {
    let Some(Json::Object(operators)) = statement.member("Condition") else { return Vec::new() };
    operators
        .iter()
        .flat_map(|(operator, keys)| match keys {
            Json::Object(keys) => keys.iter().map(|(key, values)| (operator.as_str(), key.as_str(), values)).collect(),
            _ => Vec::new(),
        })
        .collect()
}

/// The statement with other members in the place of some: a member that is absent stays absent.
#[must_use]
pub fn with_members(statement: &Json, change: impl Fn(&str, &Json) -> Option<(String, Json)>) -> Json {
    match statement {
        Json::Object(members) => Json::Object(members.iter().filter_map(|(name, member)| change(name, member)).collect()),
        other => other.clone(),
    }
}
