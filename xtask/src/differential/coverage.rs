//! What the evaluations of a run met, so that a run without disagreements cannot be one that tested nothing.
//!
//! A condition, a principal form, a Not- element, a variable or a version counts as **reached** by a request when the
//! naive evaluator gets to it: the statement is in a layer that applies, and its principal, action and resource elements
//! match. Which statements these are is asked of the reference itself, for the same world with every condition taken out: there it lists each
//! such statement as matched. Nothing of the path under test takes part.

use super::Counts;
use super::alone::{linked, value};
use super::tally::{Tally, add, sum};
use crate::generate::World;
use crate::generate::caller::CALLERS;
use crate::generate::condition::{OPERATORS, QUALIFIERS};
use crate::generate::principal::FORMS;
use crate::generate::request::Request;
use crate::generate::statement::Document;
use crate::json::Json;
use std::collections::BTreeMap;
use std::fmt;

/// Everything but the outcomes must be reached this often in a full run.
pub const FLOOR: u64 = 1_000;

/// The world with each document in the place of its name, as the reference reads it, without conditions.
pub struct Reach {
    world: portcullis_reference::World,
}

impl Reach {
    /// Reads the world without its conditions; `None` if the reference refuses it.
    pub fn new(world: &World) -> Option<Reach> {
        let value = linked(world, &without_conditions);
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
    /// Worlds, refusals and decisions.
    pub tally: Tally,
    /// Worlds in which a document is indexed by resource first.
    pub resource_first_worlds: u64,
    /// Conditions reached, by operator, qualifier and whether `IfExists` stood there.
    pub conditions: BTreeMap<(usize, usize, bool), u64>,
    /// Everything else reached, by name.
    pub reached: BTreeMap<String, u64>,
}

impl Counts for Coverage {
    fn merge(&mut self, other: Coverage) {
        self.tally.merge(other.tally);
        self.resource_first_worlds += other.resource_first_worlds;
        sum(&mut self.conditions, other.conditions);
        sum(&mut self.reached, other.reached);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What a full run must have met and this one has not: empty if all is well.
    fn gaps(&self) -> Vec<String> {
        let mut gaps = self.tally.gaps();
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

impl Coverage {
    /// Adds a decision.
    pub fn decision(&mut self, reason: &'static str, layer: &'static str, explained: bool, request: &Request) {
        self.tally.decision(reason, layer, explained);
        add(&mut self.reached, format!("caller {}", CALLERS[request.caller]));
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
        write!(out, "{}", self.tally)?;
        writeln!(out, "{} worlds with an index by resource first", self.resource_first_worlds)?;
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
