//! Which outcome each layer gave to each kind of caller, and which layer decided for it.
//!
//! In: answers with their layers. Out: two tables of counts. **Outcome** cells are layer x outcome x caller kind, as `layers` reports each layer by
//! itself (S-729); **decision** cells are layer x reason x caller kind, the layer being the one that decided (S-728). A cell is either reachable,
//! and then a full run meets it [`FLOOR`] times, or it is listed here with the rule that keeps every request from it, and then a single
//! hit is a finding: of the generator's, the rule's or both evaluators'.

use crate::json::Json;
use std::fmt::{self, Write as _};

/// A full run meets each reachable cell this often.
pub const FLOOR: u64 = 100;
/// Layers in the order in which they decide.
pub const LAYERS: [&str; 7] = ["rcp", "scp", "endpoint", "resource", "identity", "boundary", "session"];
/// Outcomes of a layer; the first three are also reasons of a decision.
pub const OUTCOMES: [&str; 4] = ["allowed", "explicit_deny", "implicit_deny", "none"];
/// Kinds of callers (section 4).
pub const CALLERS: [&str; 9] = ["user", "role", "session", "federated user", "root", "service", "federated", "canonical user", "anonymous"];

const DENIES: &[&str] = &["explicit_deny", "implicit_deny"];
const SAYS: &[&str] = &["allowed", "explicit_deny", "implicit_deny"];
const NO_ACCOUNT: &[&str] = &["service", "federated", "canonical user", "anonymous"];
const NO_ENTITY: &[&str] = &["root", "service", "federated", "canonical user", "anonymous"];
const NO_SESSION: &[&str] = &["user", "root", "service", "federated", "canonical user", "anonymous"];

/// Cells that no request can hit.
#[derive(Debug)]
pub struct Unreachable {
    layers: &'static [&'static str],
    outcomes: &'static [&'static str],
    callers: &'static [&'static str],
    /// The rules, and what they say.
    rule: &'static str,
}

/// Outcomes that a layer never gives to a kind of caller.
pub const NO_OUTCOME: &[Unreachable] = &[
    Unreachable { layers: &["scp"], outcomes: SAYS, callers: NO_ACCOUNT, rule: "S-707: SCPs bind callers that belong to a member account" },
    Unreachable {
        layers: &["identity"],
        outcomes: &["none"],
        callers: &["user", "role", "session", "federated user"],
        rule: "S-729: the identity side of a caller with an account is silent where it has no policies, never none",
    },
    Unreachable {
        layers: &["identity"],
        outcomes: &["explicit_deny", "implicit_deny", "none"],
        callers: &["root"],
        rule: "S-717, S-729: a root user has no identity policies and its identity side allows",
    },
    Unreachable {
        layers: &["identity"],
        outcomes: SAYS,
        callers: NO_ACCOUNT,
        rule: "S-729: callers without an account have no identity side",
    },
    Unreachable { layers: &["boundary"], outcomes: SAYS, callers: NO_ENTITY, rule: "S-714: a boundary is a user's or a role's" },
    Unreachable {
        layers: &["session"],
        outcomes: SAYS,
        callers: NO_SESSION,
        rule: "S-715: for these callers session policies are `invalid-request`",
    },
    Unreachable {
        layers: &["session"],
        outcomes: &["none"],
        callers: &["federated user"],
        rule: "S-716: without a session policy the layer is silent",
    },
];

/// Decisions that a layer never takes for a kind of caller.
pub const NO_DECISION: &[Unreachable] = &[
    Unreachable {
        layers: &["rcp", "scp", "endpoint", "boundary", "session"],
        outcomes: &["allowed"],
        callers: &CALLERS,
        rule: "S-728: an Allow is decided at resource or identity; these layers grant nothing (S-706, S-708, S-710, S-714, S-715)",
    },
    Unreachable {
        layers: &["identity"],
        outcomes: &["allowed"],
        callers: &["anonymous"],
        rule: "S-719, S-727: an anonymous caller needs a grant of the resource, and is not a signed caller",
    },
    Unreachable {
        layers: &["scp"],
        outcomes: DENIES,
        callers: NO_ACCOUNT,
        rule: "S-707: SCPs bind callers that belong to a member account",
    },
    Unreachable {
        layers: &["identity"],
        outcomes: &["explicit_deny"],
        callers: NO_ENTITY,
        rule: "S-717, S-729: no identity policy that could deny",
    },
    Unreachable {
        layers: &["identity"],
        outcomes: &["implicit_deny"],
        callers: NO_ACCOUNT,
        rule: "S-718, S-719, S-721: without an account the resource side alone decides",
    },
    Unreachable { layers: &["boundary"], outcomes: DENIES, callers: NO_ENTITY, rule: "S-714: a boundary is a user's or a role's" },
    Unreachable { layers: &["session"], outcomes: DENIES, callers: NO_SESSION, rule: "S-715: these callers have no session policies" },
];

impl Unreachable {
    fn covers(&self, layer: &str, outcome: &str, caller: &str) -> bool {
        self.layers.contains(&layer) && self.outcomes.contains(&outcome) && self.callers.contains(&caller)
    }

    fn cells(&self) -> usize {
        self.layers.len() * self.outcomes.len() * self.callers.len()
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callers = if self.callers.len() == CALLERS.len() { "every caller".to_owned() } else { self.callers.join(", ") };
        write!(out, "{} {} for {callers}: {} ({} cells)", self.layers.join(", "), self.outcomes.join(", "), self.rule, self.cells())
    }
}

/// The kind of a request's caller, by the form of its `principal`.
pub fn caller_kind(principal: &Json) -> Option<&'static str> {
    let of_arn = |arn: &str| {
        let rest = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let forms =
            [("user/", "user"), ("role/", "role"), ("assumed-role/", "session"), ("federated-user/", "federated user"), ("root", "root")];
        forms.into_iter().find(|(form, _)| rest.starts_with(form)).map(|(_, kind)| kind)
    };
    match principal {
        Json::Text(text) if text == "*" => Some("anonymous"),
        Json::Text(arn) => of_arn(arn),
        object => {
            let classes = [("Service", "service"), ("Federated", "federated"), ("CanonicalUser", "canonical user")];
            classes.into_iter().find(|(class, _)| object.member(class).is_some()).map(|(_, kind)| kind)
        }
    }
}

fn index(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|other| *other == name)
}

/// One count for each layer, outcome and caller kind.
type Table = [[[u64; CALLERS.len()]; OUTCOMES.len()]; LAYERS.len()];

/// The counts of a run or a part of it.
#[derive(Debug, Default, Clone)]
pub struct Cells {
    outcomes: Table,
    decisions: Table,
}

impl Cells {
    /// Adds one decided request: its caller kind, each layer's outcome, the reason and the layer that decided.
    pub fn count(&mut self, caller: &str, layers: &[(&'static str, &'static str)], reason: &str, decided_at: &str) {
        let Some(caller) = index(&CALLERS, caller) else { return };
        let mut add = |table: fn(&mut Cells) -> &mut Table, layer: &str, outcome: &str| {
            if let (Some(layer), Some(outcome)) = (index(&LAYERS, layer), index(&OUTCOMES, outcome)) {
                table(self)[layer][outcome][caller] += 1;
            }
        };
        for (layer, outcome) in layers {
            add(|cells| &mut cells.outcomes, layer, outcome);
        }
        add(|cells| &mut cells.decisions, decided_at, reason);
    }

    /// Adds another part's counts.
    pub fn merge(&mut self, other: &Cells) {
        for (into, from) in [(&mut self.outcomes, &other.outcomes), (&mut self.decisions, &other.decisions)] {
            for (into, from) in into.as_flattened_mut().as_flattened_mut().iter_mut().zip(from.as_flattened().as_flattened()) {
                *into += from;
            }
        }
    }

    /// Reachable cells below the floor, and unreachable ones that were hit.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for (what, table, unreachable, outcomes) in self.tables() {
            for (layer, outcome, caller, count) in cells(table, outcomes) {
                match unreachable.iter().find(|rule| rule.covers(layer, outcome, caller)) {
                    Some(Unreachable { rule, .. }) if count > 0 => {
                        gaps.push(format!("{what} {layer} {outcome} for {caller}: hit {count} times, and should not be by {rule}"));
                    }
                    None if count < FLOOR => {
                        gaps.push(format!("{what} {layer} {outcome} for {caller}: hit {count} times, less than {FLOOR}"))
                    }
                    _ => {}
                }
            }
        }
        gaps
    }

    fn tables(&self) -> [(&'static str, &Table, &'static [Unreachable], usize); 2] {
        [("outcome", &self.outcomes, NO_OUTCOME, OUTCOMES.len()), ("decision", &self.decisions, NO_DECISION, OUTCOMES.len() - 1)]
    }
}

/// The cells of a table, of its first outcomes.
fn cells(table: &Table, outcomes: usize) -> impl Iterator<Item = (&'static str, &'static str, &'static str, u64)> {
    let of_layer = move |(layer, by_outcome): (usize, &[[u64; CALLERS.len()]; OUTCOMES.len()])| {
        let by_outcome = *by_outcome;
        (0..outcomes).flat_map(move |outcome| {
            (0..CALLERS.len()).map(move |caller| (LAYERS[layer], OUTCOMES[outcome], CALLERS[caller], by_outcome[outcome][caller]))
        })
    };
    table.iter().enumerate().flat_map(of_layer)
}

impl fmt::Display for Cells {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, table, unreachable, outcomes) in self.tables() {
            let header: String = CALLERS.iter().fold(String::new(), |mut line, caller| {
                let _ = write!(line, " {caller:>14}");
                line
            });
            writeln!(out, "{what} cells{:15}{header}", "")?;
            for (row, line) in cells(table, outcomes).collect::<Vec<_>>().chunks(CALLERS.len()).enumerate() {
                write!(out, "  {:10} {:14}", LAYERS[row / outcomes], OUTCOMES[row % outcomes])?;
                for (layer, outcome, caller, count) in line {
                    let mark = if unreachable.iter().any(|rule| rule.covers(layer, outcome, caller)) { "-" } else { "" };
                    write!(out, " {:>14}", if *count == 0 && mark == "-" { mark.to_owned() } else { count.to_string() })?;
                }
                writeln!(out)?;
            }
            let reachable = cells(table, outcomes).count() - unreachable.iter().map(Unreachable::cells).sum::<usize>();
            let least = cells(table, outcomes)
                .filter(|(layer, outcome, caller, _)| !unreachable.iter().any(|rule| rule.covers(layer, outcome, caller)));
            if let Some((layer, outcome, caller, count)) = least.min_by_key(|(.., count)| *count) {
                writeln!(out, "  {reachable} reachable, the least hit {count} times: {layer} {outcome} for {caller}; unreachable are")?;
            }
            for rule in unreachable {
                writeln!(out, "    {rule}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unreachable_cell_has_one_rule() {
        let cells = Cells::default();
        for (what, table, unreachable, outcomes) in cells.tables() {
            let mut covered = 0;
            for (layer, outcome, caller, _) in super::cells(table, outcomes) {
                let rules = unreachable.iter().filter(|rule| rule.covers(layer, outcome, caller)).count();
                assert!(rules <= 1, "{what} {layer} {outcome} {caller}");
                covered += rules;
            }
            // No rule names a cell that is not there.
            assert_eq!(covered, unreachable.iter().map(Unreachable::cells).sum::<usize>());
            assert_eq!(covered, if what == "outcome" { 65 } else { 85 });
        }
    }

    #[test]
    fn hits_of_unreachable_cells_and_missing_hits_are_gaps() {
        let mut cells = Cells::default();
        let layers = LAYERS.map(|layer| (layer, if layer == "scp" { "allowed" } else { "none" }));
        cells.count("anonymous", &layers, "allowed", "resource");
        let gaps = cells.gaps();
        assert!(gaps.contains(
            &"outcome scp allowed for anonymous: hit 1 times, and should not be by S-707: SCPs bind callers that belong to a member account".to_owned()
        ));
        assert!(gaps.contains(&"outcome rcp none for anonymous: hit 1 times, less than 100".to_owned()));
        // All reachable ones are missing, and the one that should not be hit is added.
        assert_eq!(gaps.len(), 7 * 4 * 9 - 65 + 7 * 3 * 9 - 85 + 1);
    }

    #[test]
    fn callers_have_kinds() {
        for (principal, kind) in [
            ("arn:aws:iam::111111111111:user/eng/alice", Some("user")),
            ("arn:aws:iam::111111111111:role/app", Some("role")),
            ("arn:aws:sts::111111111111:assumed-role/app/s1", Some("session")),
            ("arn:aws:sts::111111111111:federated-user/alice", Some("federated user")),
            ("arn:aws:iam::111111111111:root", Some("root")),
            ("*", Some("anonymous")),
            ("alice", None),
        ] {
            assert_eq!(caller_kind(&Json::text(principal)), kind);
        }
        assert_eq!(caller_kind(&Json::object().with("Federated", Json::text("p"))), Some("federated"));
    }
}
