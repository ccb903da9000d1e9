//! Whether the words of a near miss are true: the part in the letters of its statement, what the request gives, and what variables stood for.
//!
//! In: a request, a near miss as it is told, and the statement's own text. Out: what is not true, in a sentence.

use super::parts::{Allow, Condition};
use crate::json::Json;
use portcullis::runtime::{Actual, FailedCondition, FailedPart, Variable};

/// The name of a part.
pub(super) fn part(failed: &FailedPart) -> &'static str {
    match failed {
        FailedPart::Principal { negated: false } => "principal",
        FailedPart::Principal { negated: true } => "not_principal",
        FailedPart::Action { negated: false } => "action",
        FailedPart::Action { negated: true } => "not_action",
        FailedPart::Resource { negated: false, .. } => "resource",
        FailedPart::Resource { negated: true, .. } => "not_resource",
        FailedPart::Conditions(_) => "condition",
    }
}

/// How near a part is: what is told first.
pub(super) fn rank(failed: &FailedPart) -> (usize, usize) {
    match failed {
        FailedPart::Conditions(conditions) if conditions.len() == 1 => (0, 0),
        FailedPart::Resource { negated, .. } => (1, usize::from(*negated)),
        FailedPart::Action { negated } => (2, usize::from(*negated)),
        FailedPart::Principal { negated } => (3, usize::from(*negated)),
        FailedPart::Conditions(conditions) => (4, conditions.len()),
    }
}

/// The words of a near miss. `falses` are the conditions that the reference finds false one by one.
///
/// # Errors
/// What is not true.
pub(super) fn check(request: &Json, failed: &FailedPart, allow: &Allow, falses: &[&Condition]) -> Result<(), String> {
    match failed {
        FailedPart::Resource { variables, .. } => check_variables(request, variables, &allow.resource_variables),
        FailedPart::Conditions(told) => {
            let letters = |operator: &str, key: &str, values: &[String]| format!("{operator} {key} {values:?}");
            let told_letters: Vec<String> = told.iter().map(|one| letters(&one.operator, &one.key, &one.values)).collect();
            let expected: Vec<String> = falses.iter().map(|one| letters(&one.operator, &one.key, &one.values)).collect();
            if told_letters != expected {
                return Err(format!("the false conditions are {expected:?} and not {told_letters:?}"));
            }
            told.iter().zip(falses).try_for_each(|(told, own)| {
                check_actual(request, told)?;
                check_variables(request, &told.variables, &own.variables)
            })
        }
        FailedPart::Principal { .. } | FailedPart::Action { .. } => Ok(()),
    }
}

/// What the request gives for a key, whatever its letter case.
fn given<'j>(request: &'j Json, key: &str) -> Option<&'j Json> {
    let Some(Json::Object(members)) = request.member("context") else { return None };
    members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

fn texts(value: &Json) -> Option<Vec<String>> {
    match value {
        Json::List(items) => Some(items.iter().map(crate::generate::condition::text_of).collect()),
        _ => None,
    }
}

/// Keys that the world gives (semantics, section 8) are known to the reference alone, so nothing is said of them here.
fn may_be_derived(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("aws:principal") || key.starts_with("aws:resource") || key == "aws:userid" || key == "aws:username"
}

fn check_actual(request: &Json, told: &FailedCondition) -> Result<(), String> {
    let expected = match given(request, &told.key) {
        Some(value) => match texts(value) {
            Some(texts) => Actual::Many(texts),
            None => Actual::One(crate::generate::condition::text_of(value)),
        },
        None if may_be_derived(&told.key) => return Ok(()),
        None => Actual::Missing,
    };
    if told.actual == expected { Ok(()) } else { Err(format!("{} is {expected:?} and not {:?}", told.key, told.actual)) }
}

fn check_variables(request: &Json, told: &[Variable], written: &[String]) -> Result<(), String> {
    for variable in told {
        if !written.contains(&variable.text) {
            return Err(format!("{} is no variable of the statement", variable.text));
        }
        let inner = variable.text.trim_start_matches("${").trim_end_matches('}');
        let (key, default) = inner.split_once(", '").map_or((inner, None), |(key, default)| (key, Some(default.trim_end_matches('\''))));
        let expected = match given(request, key) {
            Some(Json::List(_)) => default.map(str::to_owned),
            Some(value) => Some(crate::generate::condition::text_of(value)).filter(|text| !text.is_empty()).or(default.map(str::to_owned)),
            None if may_be_derived(key) => continue,
            None => default.map(str::to_owned),
        };
        if variable.value != expected {
            return Err(format!("{} stands for {expected:?} and not {:?}", variable.text, variable.value));
        }
    }
    // Those that are not told stand in patterns that match nothing whatever they are.
    let told: Vec<&String> = told.iter().map(|variable| &variable.text).collect();
    let in_order: Vec<&String> = written.iter().filter(|variable| told.contains(variable)).collect();
    if told == in_order { Ok(()) } else { Err(format!("variables in another order: {told:?}")) }
}
