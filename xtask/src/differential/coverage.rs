//! What the evaluations of a run met, so that a run without disagreements cannot be one that tested nothing.
//!
//! A condition, a principal form, a Not- element, a variable or a version counts as **reached** by a request when the
//! naive evaluator gets to it: the statement is in a layer that applies, and its principal, action and resource elements
//! match. Which statements these are is asked of the reference itself, for the same world with every condition taken out: there it lists each
//! such statement as matched. Nothing of the path under test takes part.

use crate::generate::World;
use crate::generate::condition::{OPERATORS, QUALIFIERS};
use crate::generate::principal::FORMS;
use crate::generate::request::{CALLERS, Request};
use crate::generate::statement::Document;
use crate::json::Json;
use portcullis_reference::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Everything but the outcomes must be reached this often in a full run.
pub const FLOOR: u64 = 1_000;
/// The share of all evaluations that each outcome must have, in percent.
pub const OUTCOME_PERCENT: u64 = 15;

/// The world with each document in the place of its name, as the reference reads it, without conditions.
pub struct Reach {
    world: portcullis_reference::World,
}

impl Reach {
    /// Reads the world without its conditions; `None` if the reference refuses it.
    pub fn new(world: &World) -> Option<Reach> {
        let value = linked(world, &world.json, "", &without_conditions);
        portcullis_reference::World::new(&value).ok().map(|world| Reach { world })
    }

    /// Adds what the request reaches.
    pub fn count(&self, world: &World, request: &Request, coverage: &mut Coverage) {
        let Ok(decision) = self.world.decide(&value(&request.json)) else { return };
        for matched in &decision.matched {
            let document = world.places.get(&matched.policy).and_then(|document| world.documents.get(*document));
            if let (Some(document), Some(statement)) = (document, matched.statement) {
                coverage.statement(document, statement, request);
            }
        }
    }
}

/// The tree as the reference's value.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(text) => Value::Number(text.clone()),
        Json::Text(text) => Value::String(text.clone()),
        Json::List(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(members) => Value::Object(members.iter().map(|(name, member)| (name.clone(), value(member))).collect()),
    }
}

fn linked(world: &World, json: &Json, place: &str, document_text: &dyn Fn(&Json) -> Json) -> Value {
    if let Some(document) = world.places.get(place) {
        return value(&document_text(&world.documents[*document].json));
    }
    match json {
        Json::List(items) => {
            Value::Array(items.iter().enumerate().map(|(at, item)| linked(world, item, &format!("{place}[{at}]"), document_text)).collect())
        }
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| name != "managed_policies");
            let place = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            Value::Object(kept.map(|(name, member)| (name.clone(), linked(world, member, &place(name), document_text))).collect())
        }
        other => value(other),
    }
}

fn without_conditions(json: &Json) -> Json {
    match json {
        Json::List(items) => Json::List(items.iter().map(without_conditions).collect()),
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| name != "Condition");
            Json::Object(kept.map(|(name, member)| (name.clone(), without_conditions(member))).collect())
        }
        other => other.clone(),
    }
}

/// Counts of a run or a part of it.
#[derive(Debug, Default, Clone)]
pub struct Coverage {
    /// Worlds that were compiled.
    pub worlds: u64,
    /// Those of them in which a document is indexed by resource first.
    pub resource_first_worlds: u64,
    /// Worlds that were refused, by code.
    pub refused_worlds: BTreeMap<String, u64>,
    /// One of them, with the message.
    pub refused_example: Option<String>,
    /// Requests that both sides answered.
    pub decisions: u64,
    /// Requests that both sides refused, by code.
    pub refused_requests: BTreeMap<String, u64>,
    /// Decisions by reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Decisions by reason and layer.
    pub layers: BTreeMap<(&'static str, &'static str), u64>,
    /// Decisions that were also explained.
    pub explained: u64,
    /// Conditions reached, by operator, qualifier and whether `IfExists` stood there.
    pub conditions: BTreeMap<(usize, usize, bool), u64>,
    /// Everything else reached, by name.
    pub reached: BTreeMap<String, u64>,
}

fn add(counts: &mut BTreeMap<String, u64>, name: impl Into<String>) {
    *counts.entry(name.into()).or_default() += 1;
}

impl Coverage {
    /// All evaluations: requests decided or refused.
    pub fn evaluations(&self) -> u64 {
        self.decisions + self.refused_requests.values().sum::<u64>()
    }

    /// Adds another part's counts.
    pub fn merge(mut self, other: Coverage) -> Coverage {
        fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
            for (key, count) in from {
                *into.entry(key).or_default() += count;
            }
        }
        self.refused_example = self.refused_example.or(other.refused_example);
        self.worlds += other.worlds;
        self.resource_first_worlds += other.resource_first_worlds;
        self.decisions += other.decisions;
        self.explained += other.explained;
        sum(&mut self.refused_worlds, other.refused_worlds);
        sum(&mut self.refused_requests, other.refused_requests);
        sum(&mut self.reasons, other.reasons);
        sum(&mut self.layers, other.layers);
        sum(&mut self.conditions, other.conditions);
        sum(&mut self.reached, other.reached);
        self
    }

    /// Adds a decision.
    pub fn decision(&mut self, reason: &'static str, layer: &'static str, request: &Request) {
        self.decisions += 1;
        *self.reasons.entry(reason).or_default() += 1;
        *self.layers.entry((reason, layer)).or_default() += 1;
        add(&mut self.reached, format!("caller {}", CALLERS[request.caller]));
    }

    /// Adds a refusal.
    pub fn refusal(&mut self, code: &str) {
        add(&mut self.refused_requests, code);
    }

    fn statement(&mut self, document: &Document, index: usize, request: &Request) {
        let Some(statement) = document.statements.get(index) else { return };
        let effect = if statement.deny { "Deny" } else { "Allow" };
        add(&mut self.reached, if document.variables { "version 2012-10-17" } else { "version 2008-10-17" });
        if statement.not_action {
            add(&mut self.reached, format!("NotAction {effect}"));
        }
        if statement.not_resource && statement.resources.is_some() {
            add(&mut self.reached, format!("NotResource {effect}"));
        }
        if let Some(principal) = &statement.principal {
            if principal.negated {
                add(&mut self.reached, format!("NotPrincipal {effect}"));
            }
            for (form, name) in FORMS {
                if principal.entries.iter().any(|entry| entry.form == form) {
                    add(&mut self.reached, format!("principal {name}"));
                }
            }
        }
        if document.variables {
            for pattern in statement.resources.iter().flatten() {
                self.variables("resource", pattern, request);
            }
        }
        for condition in &statement.conditions {
            *self.conditions.entry((condition.operator, condition.qualifier, condition.if_exists)).or_default() += 1;
            if document.variables {
                for text in condition.texts() {
                    self.variables("value", &text, request);
                }
            }
        }
    }

    fn variables(&mut self, place: &str, text: &str, request: &Request) {
        for start in text.match_indices("${").map(|(at, _)| at + 2) {
            let inner = text[start..].split('}').next().unwrap_or_default();
            let (name, default) = match inner.split_once(',') {
                Some((name, _)) => (name, "with default"),
                None => (inner, "without default"),
            };
            let state = match request.context.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value) {
                _ if matches!(name, "*" | "?" | "$") => {
                    add(&mut self.reached, format!("variable in {place}, escape"));
                    continue;
                }
                Some(Json::List(_)) => "multivalued",
                Some(Json::Text(text)) if text.is_empty() => "empty",
                Some(_) => "given",
                None => "derived or missing",
            };
            add(&mut self.reached, format!("variable in {place}, {default}, {state}"));
        }
    }

    /// What a full run must have met and this one has not: empty if all is well.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        let all = self.evaluations();
        for reason in ["allowed", "explicit_deny", "implicit_deny"] {
            let count = self.reasons.get(reason).copied().unwrap_or(0);
            if count * 100 < all * OUTCOME_PERCENT {
                gaps.push(format!("{reason}: {count} of {all} evaluations, less than {OUTCOME_PERCENT} %"));
            }
        }
        let refused: u64 = self.refused_worlds.values().sum();
        if refused * 100 > self.worlds {
            gaps.push(format!("{refused} worlds refused, more than 1 % of {}", self.worlds));
        }
        if self.resource_first_worlds == 0 {
            gaps.push("no world has a document that is indexed by resource first".to_owned());
        }
        let mut need = |name: String, count: u64| {
            if count < FLOOR {
                gaps.push(format!("{name}: reached {count} times, less than {FLOOR}"));
            }
        };
        for (operator, base) in OPERATORS.iter().enumerate() {
            for (qualifier, prefix) in QUALIFIERS.iter().enumerate() {
                for if_exists in [false, true] {
                    if base.name != "Null" || !if_exists {
                        let count = self.conditions.get(&(operator, qualifier, if_exists)).copied().unwrap_or(0);
                        need(format!("{prefix}{}{}", base.name, if if_exists { "IfExists" } else { "" }), count);
                    }
                }
            }
        }
        for name in required() {
            let count = self.reached.get(&name).copied().unwrap_or(0);
            need(name, count);
        }
        gaps
    }
}

/// The names in [`Coverage::reached`] that a full run must have.
fn required() -> Vec<String> {
    let mut names = vec!["version 2012-10-17".to_owned(), "version 2008-10-17".to_owned()];
    for element in ["NotAction", "NotResource", "NotPrincipal"] {
        names.extend(["Allow", "Deny"].map(|effect| format!("{element} {effect}")));
    }
    // CloudFront's form matches nobody; identity providers are named in entries beside others.
    names.extend(FORMS.iter().filter(|(_, name)| *name != "cloudfront").map(|(_, name)| format!("principal {name}")));
    names.extend(CALLERS.iter().filter(|name| **name != "refused").map(|name| format!("caller {name}")));
    for place in ["resource", "value"] {
        for default in ["with default", "without default"] {
            names.extend(["given", "derived or missing"].map(|state| format!("variable in {place}, {default}, {state}")));
        }
    }
    names.extend(["multivalued", "empty"].map(|state| format!("variable in value, without default, {state}")));
    names
}

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused_worlds.values().sum();
        writeln!(
            out,
            "worlds      {} compiled ({} with an index by resource first), {refused} refused",
            self.worlds, self.resource_first_worlds
        )?;
        for (code, count) in &self.refused_worlds {
            writeln!(out, "  {code}: {count}")?;
        }
        if let Some(example) = &self.refused_example {
            writeln!(out, "  such as {example}")?;
        }
        let all = self.evaluations();
        writeln!(
            out,
            "evaluations {all}, of them {} decided ({} also explained), {} refused",
            self.decisions,
            self.explained,
            all - self.decisions
        )?;
        for ((reason, layer), count) in &self.layers {
            writeln!(out, "  {reason} at {layer}: {count} ({:.1} %)", percent(*count, all))?;
        }
        for (reason, count) in &self.reasons {
            writeln!(out, "  {reason}: {count} ({:.1} %)", percent(*count, all))?;
        }
        for (code, count) in &self.refused_requests {
            writeln!(out, "  refused, {code}: {count}")?;
        }
        writeln!(out, "reached")?;
        for (operator, base) in OPERATORS.iter().enumerate() {
            let count = |qualifier: usize, if_exists: bool| self.conditions.get(&(operator, qualifier, if_exists)).copied().unwrap_or(0);
            write!(out, "  {:26}", base.name)?;
            for (qualifier, prefix) in QUALIFIERS.iter().enumerate() {
                write!(out, " {prefix} {} IfExists {}", count(qualifier, false), count(qualifier, true))?;
            }
            writeln!(out)?;
        }
        for (name, count) in &self.reached {
            writeln!(out, "  {name}: {count}")?;
        }
        Ok(())
    }
}

fn percent(part: u64, all: u64) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}
