//! What an implicit deny lacked, in sentences: the rule that decided, the levels of the organization that do not allow, and the statements that nearly did.

use super::{Asked, INDENT, add, statement};
use crate::wire::{Actual, Explanation, FailedCondition, NearMiss, Part, RefusingLevel, Variable};
use portcullis::diag::{plain, quoted};
use portcullis::runtime::Rule;

/// Near misses that are told one by one.
const NEAREST_MAX: usize = 5;

/// Places of one near miss, values of a condition or of its key, and variables, that are told one by one.
const VALUES_MAX: usize = 4;

/// The longest value in characters.
const VALUE_MAX: usize = 100;

/// The lines below the statements that matched.
pub(super) fn tell(text: &mut String, layer: &str, explanation: &Explanation<'_>, asked: Option<&Asked>) {
    if let Some(rule) = explanation.rule {
        add(text, format_args!("{INDENT}{}\n", rule_sentence(rule)));
    }
    for level in &explanation.refusing_levels {
        add(text, format_args!("{INDENT}{}\n", level_sentence(layer, level)));
    }
    nearest(text, &explanation.near_misses, explanation.near_misses_left_out, asked);
    let says_nothing = |level: &RefusingLevel<'_>| level.policies == 0;
    let levels = &explanation.refusing_levels;
    let all_said = explanation.rule.is_some() || (!levels.is_empty() && levels.iter().all(says_nothing));
    if explanation.near_misses.is_empty() && !all_said {
        add(text, format_args!("{INDENT}no statement of the layer {layer} comes near\n"));
    }
}

fn rule_sentence(rule: Rule) -> &'static str {
    match rule {
        Rule::RootAssumesRole => "no statement decides this: a root user cannot assume a role (S-720)",
        Rule::PassRoleOfAnotherAccount => "no statement decides this: a role can be passed within its own account only (S-723)",
        Rule::NoTrustPolicy => "the role is not declared or has no trust policy, and without one nobody can assume it (S-720)",
        Rule::NoKeyPolicy => "the key is not declared or has no key policy, and without one nobody can use it (S-722)",
        Rule::AclSwitchedOff => "a grant of an ACL would count, but the bucket's ownership `BucketOwnerEnforced` switches ACLs off (S-725)",
        Rule::NoResourcePolicy => "no policy and no ACL of the resource applies, and this caller needs its grant (S-713, S-718, S-719)",
        Rule::UndeclaredAccount => "the caller's account is not declared, so the caller has no identity policies (S-730)",
        Rule::FederatedUserWithoutUser => "the account has no user of this name, so the federated user has no identity policies (S-730)",
        Rule::FederatedUserWithoutSession => "a federated user without session policies has no permissions of its own (S-716)",
    }
}

/// ``the unit `ou-work` does not allow this: its list of SCPs is empty``
fn level_sentence(layer: &str, level: &RefusingLevel<'_>) -> String {
    let kind = if layer == "rcp" { "RCPs" } else { "SCPs" };
    let sentence = format!("the {} {} does not allow this", level.node, quoted(level.id));
    match level.policies {
        0 => format!("{sentence}: its list of {kind} is empty"),
        _ => format!("{sentence}: none of its {kind} does"),
    }
}

/// The near misses in sentences. A document that is attached at several places misses at each, by one text: that is one sentence.
fn nearest(text: &mut String, near_misses: &[NearMiss<'_>], left_out: usize, asked: Option<&Asked>) {
    let mut sentences: Vec<(String, Vec<String>, String)> = Vec::new();
    for miss in near_misses {
        let (who, why) = (statement(&miss.statement), why(miss, asked));
        let place = miss.statement.file.filter(|_| miss.statement.statement.is_some()).map(|_| plain(miss.statement.policy));
        match sentences.iter_mut().find(|(other, _, reason)| *other == who && *reason == why) {
            Some((_, places, _)) => places.extend(place),
            None => sentences.push((who, place.into_iter().collect(), why)),
        }
    }
    for (who, places, why) in sentences.iter().take(NEAREST_MAX) {
        let places = if places.is_empty() { String::new() } else { format!(" ({})", listed(places.iter().cloned())) };
        add(text, format_args!("{INDENT}{who}{places} would allow, but {why}\n"));
    }
    let more = sentences.len().saturating_sub(NEAREST_MAX) + left_out;
    if more > 0 {
        add(text, format_args!("{INDENT}and {more} more\n"));
    }
}

/// `its resources do not include arn:aws:s3:::b/k`
fn why(miss: &NearMiss<'_>, asked: Option<&Asked>) -> String {
    let word = |word: fn(&Asked) -> &str, otherwise: &'static str| asked.map_or(otherwise.to_owned(), |asked| word(asked).to_owned());
    let action = || word(|asked| &asked.action, "the action");
    let resource = || word(|asked| &asked.resource, "the resource");
    let caller = || word(|asked| &asked.caller, "the caller");
    if miss.statement.statement.is_none() {
        return match miss.part {
            Part::Action | Part::NotAction => format!("its permission does not include {}", action()),
            Part::Resource | Part::NotResource => format!("it is not about {}", resource()),
            Part::Principal | Part::NotPrincipal | Part::Condition => format!("its grantee does not include {}", caller()),
        };
    }
    match miss.part {
        Part::Condition => {
            let conditions: Vec<String> = miss.condition.iter().chain(&miss.also).map(condition_is_false).collect();
            conditions.join(", and ")
        }
        Part::Action => format!("its actions do not include {}", action()),
        Part::NotAction => format!("its NotAction excludes {}", action()),
        Part::Resource => format!("its resources do not include {}{}", resource(), with_variables(", with ", &miss.variables)),
        Part::NotResource => format!("its NotResource excludes {}{}", resource(), with_variables(", with ", &miss.variables)),
        Part::Principal => format!("its principals do not include {}", caller()),
        Part::NotPrincipal => format!("its NotPrincipal excludes {}", caller()),
    }
}

/// ``condition `IpAddress` on `aws:SourceIp` (10.0.0.0/8) is false for 192.0.2.7``
fn condition_is_false(condition: &FailedCondition<'_>) -> String {
    let FailedCondition { operator, key, values, variables, actual } = condition;
    let (operator, key) = (quoted(operator), quoted(key));
    let absent = || match actual {
        Actual::Missing if may_be_derived(condition.key) => Some("neither the request nor the world gives the key"),
        Actual::Missing => Some("the request does not give the key"),
        Actual::Many([]) => Some("the request gives an empty list for the key"),
        Actual::One(_) | Actual::Many(_) => None,
    };
    // These two read as questions about a truth value, of which `is false` would say the wrong thing.
    let asks = |what: &str| format!("condition {operator} asks for {key} to be {what}{}", with_variables(", with ", variables));
    match Plain::of(condition.operator) {
        Plain::Bool => {
            let asked = asks(&texts(values, " or "));
            match actual {
                Actual::One(actual) => format!("{asked}, and it is {}", value(actual)),
                Actual::Many(actual) if !actual.is_empty() => format!("{asked}, and it is the list [{}]", texts(actual, ", ")),
                _ => format!("{asked}: {}", absent().unwrap_or_default()),
            }
        }
        Plain::Null => {
            let wants_absent = values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            match actual {
                Actual::One(actual) if wants_absent => format!("{}, and it is given: {}", asks("absent"), value(actual)),
                Actual::Many(actual) if wants_absent => format!("{}, and it is given: [{}]", asks("absent"), texts(actual, ", ")),
                Actual::Many(actual) if !actual.is_empty() => format!("{}, and it holds nothing but empty texts", asks("given")),
                _ => format!("{}: {}", asks("given"), absent().unwrap_or_default()),
            }
        }
        Plain::Other => {
            let test = format!("condition {operator} on {key} ({}){} is false", texts(values, ", "), with_variables(" with ", variables));
            match (absent(), actual) {
                (Some(absent), _) => format!("{test}: {absent}"),
                (None, Actual::One(actual)) => format!("{test} for {}", value(actual)),
                (None, Actual::Many(actual)) => format!("{test} for [{}]", texts(actual, ", ")),
                (None, Actual::Missing) => test,
            }
        }
    }
}

/// Operators without a set prefix that are told in words of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plain {
    Bool,
    Null,
    Other,
}

impl Plain {
    fn of(operator: &str) -> Plain {
        match operator.to_ascii_lowercase().as_str() {
            "bool" | "boolifexists" => Plain::Bool,
            "null" => Plain::Null,
            _ => Plain::Other,
        }
    }
}

/// `with ${aws:username} = alice, ${aws:PrincipalTag/team} unresolved`
fn with_variables(before: &str, variables: &[Variable<'_>]) -> String {
    if variables.is_empty() {
        return String::new();
    }
    let told = variables.iter().map(|variable| match variable.value {
        Some(text) => format!("{} = {}", plain(variable.variable), value(text)),
        None => format!("{} unresolved", plain(variable.variable)),
    });
    format!("{before}{}", listed(told))
}

/// Whether the world may give the key (semantics, section 8).
fn may_be_derived(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let family = |start| key.starts_with(start);
    family("aws:principal") || family("aws:resource") || key == "aws:userid" || key == "aws:username"
}

/// `a, b, c, d and 3 more`.
fn texts(values: &[String], separator: &str) -> String {
    if values.is_empty() { "no value".to_owned() } else { joined(values.iter().map(|text| value(text)), separator) }
}

fn listed(texts: impl ExactSizeIterator<Item = String>) -> String {
    joined(texts, ", ")
}

fn joined(texts: impl ExactSizeIterator<Item = String>, separator: &str) -> String {
    let more = texts.len().saturating_sub(VALUES_MAX);
    let mut text = texts.take(VALUES_MAX).collect::<Vec<_>>().join(separator);
    if more > 0 {
        add(&mut text, format_args!(" and {more} more"));
    }
    text
}

/// A value as it is where it cannot be mistaken for anything else, else in back-ticks.
fn value(text: &str) -> String {
    let is_simple = |character: char| !character.is_whitespace() && !matches!(character, ',' | '(' | ')' | '[' | ']' | '`');
    if text.is_empty() || !text.chars().all(is_simple) {
        return quoted(text);
    }
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", plain(text.get(..end).unwrap_or(text))),
        None => plain(text),
    }
}
