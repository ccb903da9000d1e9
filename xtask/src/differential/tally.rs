//! What every campaign counts: worlds, refusals, and decisions by reason and layer.
//!
//! In: worlds and answers, one by one. Out: a report, and what is missing from it ([`Tally::gaps`]): an outcome that is too rare makes a run
//! without disagreements worth little.

use std::collections::BTreeMap;
use std::fmt;

/// The share of all evaluations that each outcome must have, in percent.
const OUTCOME_PERCENT: u64 = 15;

/// Counts of a run or a part of it.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    /// Worlds that were taken.
    pub worlds: u64,
    /// Worlds that were refused, by code.
    pub refused_worlds: BTreeMap<String, u64>,
    /// One of them, with the message.
    pub refused_example: Option<String>,
    /// Requests that were answered.
    pub decisions: u64,
    /// Those of them that were also explained.
    pub explained: u64,
    /// Requests that were refused, by code.
    pub refused_requests: BTreeMap<String, u64>,
    /// Decisions by reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Decisions by reason and layer.
    pub layers: BTreeMap<(&'static str, &'static str), u64>,
}

/// Adds one to a name's count.
pub fn add(counts: &mut BTreeMap<String, u64>, name: impl Into<String>) {
    *counts.entry(name.into()).or_default() += 1;
}

/// Adds another part's counts.
pub fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

impl Tally {
    /// All evaluations: requests decided or refused.
    pub fn evaluations(&self) -> u64 {
        self.decisions + self.refused_requests.values().sum::<u64>()
    }

    /// Adds another part's counts.
    pub fn merge(&mut self, other: Tally) {
        self.refused_example = self.refused_example.take().or(other.refused_example);
        self.worlds += other.worlds;
        self.decisions += other.decisions;
        self.explained += other.explained;
        sum(&mut self.refused_worlds, other.refused_worlds);
        sum(&mut self.refused_requests, other.refused_requests);
        sum(&mut self.reasons, other.reasons);
        sum(&mut self.layers, other.layers);
    }

    /// Adds a refused world; `refused` begins with its code.
    pub fn refused_world(&mut self, index: u64, refused: &str) {
        add(&mut self.refused_worlds, refused.split(':').next().unwrap_or_default());
        self.refused_example.get_or_insert(format!("world {index}: {refused}"));
    }

    /// Adds a decision.
    pub fn decision(&mut self, reason: &'static str, layer: &'static str, explained: bool) {
        self.decisions += 1;
        self.explained += u64::from(explained);
        *self.reasons.entry(reason).or_default() += 1;
        *self.layers.entry((reason, layer)).or_default() += 1;
    }

    /// Adds a refused request.
    pub fn refusal(&mut self, code: &str) {
        add(&mut self.refused_requests, code);
    }

    /// What a full run must have met and this one has not.
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
        if refused > 0 {
            // Every generated world is a valid one: a refusal is a finding by itself.
            gaps.push(format!("{refused} worlds refused, such as {}", self.refused_example.as_deref().unwrap_or_default()));
        }
        gaps
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused_worlds.values().sum();
        writeln!(out, "worlds      {}, {refused} refused", self.worlds)?;
        for (code, count) in &self.refused_worlds {
            writeln!(out, "  {code}: {count}")?;
        }
        if let Some(example) = &self.refused_example {
            writeln!(out, "  such as {example}")?;
        }
        let all = self.evaluations();
        let (decided, explained) = (self.decisions, self.explained);
        writeln!(out, "evaluations {all}, of them {decided} decided ({explained} also explained), {} refused", all - decided)?;
        for ((reason, layer), count) in &self.layers {
            writeln!(out, "  {reason} at {layer}: {count} ({:.1} %)", percent(*count, all))?;
        }
        for (reason, count) in &self.reasons {
            writeln!(out, "  {reason}: {count} ({:.1} %)", percent(*count, all))?;
        }
        for (code, count) in &self.refused_requests {
            writeln!(out, "  refused, {code}: {count}")?;
        }
        Ok(())
    }
}

fn percent(part: u64, all: u64) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}
