//! Answers for people: the line of a decision, and below it why.
//!
//! In: a record as it would be written as JSON, and the request. Out: text that reads like a compiler's message. The first line says what was decided, why, and by
//! which layer; then come the layers in the order in which they are consulted, whose the resource is, each statement that matched, and for an implicit
//! deny the statements that came nearest to allowing, the nearest first. Whoever reads this looks for the one line to change.
//!
//! Invariant: nothing of a request or a policy acts on the terminal.

mod near;

use crate::wire::{Answer, Explanation, Matched};
use portcullis::diag::{plain, quoted};
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Caller, Layer};
use std::fmt::Write;

/// Where what follows the first line begins: below the decision.
const INDENT: &str = "       ";

/// What a request asks.
struct Asked {
    caller: String,
    action: String,
    resource: String,
}

impl Asked {
    /// A request that was decided can be read.
    fn read(text: &str) -> Option<Asked> {
        let read = JsonRequest::parse(text).ok()?;
        let caller = match read.caller() {
            Caller::Arn(name) | Caller::Service(name) | Caller::Federated(name) | Caller::CanonicalUser(name) => plain(name),
            Caller::Anonymous => "an anonymous caller".to_owned(),
        };
        let asked = read.with_request(|request| {
            let (action, resource) = (plain(request.action), plain(request.resource.unwrap_or("*")));
            Asked { caller, action, resource }
        });
        asked.ok()
    }
}

/// `    12 Deny  implicit_deny at identity  s3:GetObject on arn:aws:s3:::b/key by arn:...`, and below it what else the record holds.
pub(crate) fn answer(answer: &Answer<'_>, request: &str, number: u64) -> String {
    let asked = Asked::read(request);
    let mut text = format!("{number:>6} {:<5} {:<26}", answer.decision, format!("{} at {}", answer.reason, answer.layer));
    who(&mut text, asked.as_ref());
    if let Some(explanation) = &answer.explanation {
        explain(&mut text, answer, explanation, asked.as_ref());
    }
    if let Some(missing) = answer.missing {
        add(&mut text, format_args!("{INDENT}missing keys that could change this: {}\n", keys(missing)));
    }
    text
}

/// `    12 needs aws:sourceip, aws:username  s3:GetObject on arn:aws:s3:::b/key by arn:...`
pub(crate) fn needs(needs: &[String], request: &str, number: u64) -> String {
    let mut text = format!("{number:>6} needs {} ", keys(needs));
    who(&mut text, Asked::read(request).as_ref());
    text
}

fn who(text: &mut String, asked: Option<&Asked>) {
    if let Some(Asked { caller, action, resource }) = asked {
        add(text, format_args!(" {action} on {resource} by {caller}"));
    }
    text.push('\n');
}

fn keys(keys: &[String]) -> String {
    if keys.is_empty() { "none".to_owned() } else { keys.iter().map(|key| plain(key)).collect::<Vec<_>>().join(", ") }
}

fn explain(text: &mut String, answer: &Answer<'_>, explanation: &Explanation<'_>, asked: Option<&Asked>) {
    layers(text, explanation);
    let owner = explanation.resource_account.map_or("nobody".to_owned(), plain);
    let from = match explanation.resource_account_from {
        "request" => ", as the request says",
        "arn" => ", by its ARN",
        "world" => ", which declares it",
        "principal" => ", the caller's account",
        _ => "",
    };
    add(text, format_args!("{INDENT}resource of {owner}{from}\n"));
    // A Deny decides, whatever allows.
    let (denies, allows): (Vec<_>, Vec<_>) = explanation.matched.iter().partition(|matched| matched.effect == "Deny");
    for matched in denies.into_iter().chain(allows) {
        add(text, format_args!("{INDENT}{:<5} by {}{}\n", matched.effect, statement(matched), attached(matched)));
    }
    if explanation.tells_near_misses && answer.reason == "implicit_deny" {
        near::tell(text, answer.layer, explanation, asked);
    }
}

/// The outcomes in two lines, in the order in which layers are consulted; a dash where no policy applies.
fn layers(text: &mut String, explanation: &Explanation<'_>) {
    let (mut names, mut outcomes) = (String::new(), String::new());
    for layer in Layer::ALL {
        let (name, outcome) = (layer.as_str(), explanation.layers.get(*layer));
        let outcome = if outcome == "none" { "-" } else { outcome };
        let width = name.len().max(outcome.len()) + 2;
        add(&mut names, format_args!("{name:width$}"));
        add(&mut outcomes, format_args!("{outcome:width$}"));
    }
    add(text, format_args!("{INDENT}{}\n{INDENT}{}\n", names.trim_end(), outcomes.trim_end()));
}

/// ``statement `Read` in world.json:13:17``; without a Sid its index, without a file the place of its policy: `session.policies[0]:1:40`. A grant of an ACL is no statement.
fn statement(matched: &Matched<'_>) -> String {
    let policy = plain(matched.policy);
    let file = match (matched.file, matched.line, matched.column) {
        (Some(file), Some(line), Some(column)) => Some(format!("{}:{line}:{column}", plain(file))),
        (None, Some(line), Some(column)) => Some(format!("{policy}:{line}:{column}")),
        _ => None,
    };
    match (matched.statement, matched.sid) {
        (None, _) => format!("grant `{policy}`{}", file.map(|file| format!(" in {file}")).unwrap_or_default()),
        (Some(_), Some(sid)) if !sid.is_empty() => format!("statement {} in {}", quoted(sid), file.unwrap_or(policy)),
        (Some(index), _) => format!("statement {index} in {}", file.unwrap_or(policy)),
    }
}

/// Where the policy of a statement is attached, unless that was said.
fn attached(matched: &Matched<'_>) -> String {
    match (matched.statement, matched.file) {
        (Some(_), Some(_)) => format!(" ({})", plain(matched.policy)),
        _ => String::new(),
    }
}

/// Writing to a string does not fail.
fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}
