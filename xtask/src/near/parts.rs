//! The parts of a statement, and the statement without one of them.
//!
//! In: a statement's text. Out: the statement, and if it allows what it is without each of its parts. To lack a part is to have one there that everything meets: `"*"` as
//! principal, action or resource, no `Condition`. Each condition of a block is asked alone too, in a statement whose other parts everything meets.

use crate::generate::condition::text_of;
use crate::json::Json;
use crate::retold::{self, StandIns, Statement};
use std::sync::Arc;

/// A stand-in for a statement.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// It is the statement itself.
    Whole,
    /// An Allow without the part of this name.
    Without(Arc<Allow>, &'static str),
    /// One condition of an Allow alone, by its index: true by itself.
    Alone(Arc<Allow>, usize),
}

/// A statement that allows.
#[derive(Debug)]
pub(super) struct Allow {
    /// Its index in its document.
    pub(super) index: usize,
    /// Its conditions in the order of the text.
    pub(super) conditions: Vec<Condition>,
    /// The variables of its resource element.
    pub(super) resource_variables: Vec<String>,
}

/// A condition in its statement's letters.
#[derive(Debug)]
pub(super) struct Condition {
    /// The operator.
    pub(super) operator: String,
    /// The key.
    pub(super) key: String,
    /// The values.
    pub(super) values: Vec<String>,
    /// The variables of the values.
    pub(super) variables: Vec<String>,
}

/// What stands for a statement.
pub(super) fn pieces(statement: Statement<'_>) -> StandIns<Piece> {
    let json = statement.json;
    let mut pieces = vec![(Piece::Whole, json.clone())];
    if json.member("Effect").and_then(Json::as_text) != Some("Allow") {
        return pieces;
    }
    let tests = retold::tests(json);
    let condition = |(operator, key, values): &(&str, &str, &Json)| {
        let values: Vec<String> = retold::listed(Some(values)).into_iter().map(text_of).collect();
        let variables = variables(statement.variables, values.iter().map(String::as_str));
        Condition { operator: (*operator).to_owned(), key: (*key).to_owned(), values, variables }
    };
    let resources = ["Resource", "NotResource"].into_iter().filter_map(|member| json.member(member));
    let resources = resources.flat_map(|value| retold::listed(Some(value))).filter_map(Json::as_text);
    let allow = Arc::new(Allow {
        index: statement.index,
        conditions: tests.iter().map(condition).collect(),
        resource_variables: variables(statement.variables, resources),
    });
    for (name, open) in [("principal", "Principal"), ("action", "Action"), ("resource", "Resource")] {
        let Json::Object(members) = json else { continue };
        let Some((found, _)) = members.iter().find(|(member, _)| of(member) == open) else { continue };
        let name = if found == open { name } else { negated(name) };
        pieces.push((Piece::Without(allow.clone(), name), opened(json, |member| of(member) == open, None)));
    }
    if !tests.is_empty() {
        pieces.push((Piece::Without(allow.clone(), "condition"), opened(json, |_| false, Some(Json::object()))));
    }
    for (at, (operator, key, values)) in tests.into_iter().enumerate() {
        let block = Json::object().with(operator, Json::object().with(key, values.clone()));
        pieces.push((Piece::Alone(allow.clone(), at), opened(json, |_| true, Some(block))));
    }
    pieces
}

fn negated(name: &str) -> &'static str {
    match name {
        "principal" => "not_principal",
        "action" => "not_action",
        _ => "not_resource",
    }
}

/// The element that a member is, positive or negated.
fn of(member: &str) -> &str {
    member.strip_prefix("Not").unwrap_or(member)
}

/// The statement with elements that everything meets, and another block.
fn opened(statement: &Json, open: impl Fn(&str) -> bool, block: Option<Json>) -> Json {
    retold::with_members(statement, |member, value| {
        let told = match (of(member), &block) {
            (element @ ("Principal" | "Action" | "Resource"), _) if open(member) => (element.to_owned(), Json::text("*")),
            ("Condition", Some(block)) => (member.to_owned(), block.clone()),
            _ => (member.to_owned(), value.clone()),
        };
        Some(told)
    })
}

/// The variables of texts, each once, as they are written.
fn variables<'t>(are_there: bool, texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for mut rest in texts.filter(|_| are_there) {
        while let Some(start) = rest.find("${") {
            rest = &rest[start..];
            // A default ends at the next quote, and may hold a brace.
            let quote = rest.find(", '").filter(|quote| rest.find('}').is_some_and(|brace| *quote < brace));
            let end = match quote {
                Some(quote) => rest[quote + 3..].find('\'').map(|end| quote + end + 5),
                None => rest.find('}').map(|brace| brace + 1),
            };
            let Some((variable, after)) = end.and_then(|end| rest.split_at_checked(end)) else { break };
            if !matches!(variable, "${*}" | "${?}" | "${$}") && !found.iter().any(|other| other == variable) {
                found.push(variable.to_owned());
            }
            rest = after;
        }
    }
    found
}
