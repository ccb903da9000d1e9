//! The campaign over whole organizations: every layer, every kind of caller, everything explained.
//!
//! In: a seed and how much to do. Out: [`Coverage`] and disagreements in decision, reason, layer, `layers`, `matched` and the owner used. The cells of
//! [`cells`](super::cells) and the names of [`situations`] have floors, so that agreement means that each was met.
//!
//! Invariant: the worlds are accepted, and a request is refused only if it was made invalid on purpose or its caller is not declared.

use super::alone::Alone;
use super::cells::{Cells, FLOOR, caller_kind};
use super::engine::{Answer, Comparison, Engines, Pair};
use super::tally::{Tally, add, sum};
use super::{Counts, Disagreement, Opponent, Options, situations};
use crate::dice::Dice;
use crate::generate::World;
use crate::generate::caller::CALLERS;
use crate::generate::organization;
use crate::generate::request::Request;
use std::collections::BTreeMap;
use std::fmt;

/// Counts of a run or a part of it.
#[derive(Debug, Default, Clone)]
pub struct Coverage {
    /// Worlds, refusals and decisions.
    pub tally: Tally,
    /// Outcomes and decisions by layer and caller kind.
    pub cells: Cells,
    /// Everything else met, by name.
    pub met: BTreeMap<String, u64>,
    /// Refusals that nothing in the request explains.
    pub unexplained: Vec<String>,
}

impl Counts for Coverage {
    fn merge(&mut self, other: Coverage) {
        self.tally.merge(other.tally);
        self.cells.merge(&other.cells);
        sum(&mut self.met, other.met);
        self.unexplained.extend(other.unexplained);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn gaps(&self) -> Vec<String> {
        let mut gaps = self.tally.gaps();
        gaps.extend(self.cells.gaps());
        for name in situations::required() {
            let count = self.met.get(&name).copied().unwrap_or(0);
            if count < FLOOR {
                gaps.push(format!("{name}: met {count} times, less than {FLOOR}"));
            }
        }
        if let Some(example) = self.unexplained.first() {
            gaps.push(format!("{} requests refused for no reason that was meant, such as {example}", self.unexplained.len()));
        }
        gaps
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.tally, self.cells)?;
        writeln!(out, "met")?;
        for (name, count) in &self.met {
            writeln!(out, "  {name}: {count}")?;
        }
        Ok(())
    }
}

impl Coverage {
    fn decision(&mut self, world: &World, request: &Request, answer: &Answer) {
        let Some(explained) = &answer.explanation else { return };
        self.tally.decision(answer.reason, answer.layer, true);
        if let Some(caller) = request.json.member("principal").and_then(caller_kind) {
            self.cells.count(caller, &explained.layers, answer.reason, answer.layer);
        }
        for name in situations::met(world, &request.json, answer) {
            add(&mut self.met, name);
        }
    }

    fn refusal(&mut self, request: &Request, code: &str) {
        self.tally.refusal(code);
        let spoiled = request.caller == CALLERS.len() - 1;
        let meant = ["invalid-request", "unknown-field", "unresolved-document"].contains(&code) && spoiled;
        if !meant && code != "unknown-principal" {
            self.unexplained.push(format!("{code}: {}", request.json));
        }
    }
}

/// Who answers for a world.
enum Sides<'w> {
    Both(Box<Engines>),
    Reference(Alone<'w>),
}

/// The same, deciding.
enum Deciding<'s> {
    Both(Box<Pair<'s>>),
    Reference(&'s Alone<'s>),
}

impl Sides<'_> {
    fn new<'w>(world: &'w World, opponent: Opponent) -> Result<Sides<'w>, String> {
        Ok(match opponent {
            Opponent::Compiled => Sides::Both(Box::new(Engines::new(&world.json.to_string())?)),
            Opponent::Nobody => Sides::Reference(Alone::new(world)?),
        })
    }

    fn deciding(&self) -> Deciding<'_> {
        match self {
            Sides::Both(engines) => Deciding::Both(Box::new(engines.pair())),
            Sides::Reference(alone) => Deciding::Reference(alone),
        }
    }
}

impl Deciding<'_> {
    fn compare(&mut self, request: &Request) -> Comparison {
        match self {
            Deciding::Both(pair) => pair.compare(&request.json.to_string(), true),
            Deciding::Reference(alone) => match alone.decide(request) {
                Ok(answer) => Comparison::Same(answer),
                Err(code) => Comparison::Refused { code },
            },
        }
    }
}

/// One world with its requests.
pub fn one_world(options: &Options, index: u64) -> (Coverage, Vec<Disagreement>) {
    let dice = Dice::new(options.seed, index);
    let world = organization::world(&dice);
    let mut coverage = Coverage::default();
    let mut disagreements = Vec::new();
    let sides = match Sides::new(&world, options.opponent) {
        Ok(sides) => sides,
        Err(refused) => {
            coverage.tally.refused_world(index, &refused);
            return (coverage, disagreements);
        }
    };
    coverage.tally.worlds += 1;
    let mut deciding = sides.deciding();
    for number in 0..options.requests {
        let made = organization::request::request(&dice, &world);
        match deciding.compare(&made) {
            Comparison::Same(answer) => coverage.decision(&world, &made, &answer),
            Comparison::Refused { code } => coverage.refusal(&made, &code),
            Comparison::Differ { difference, .. } => {
                disagreements.push(Disagreement::new(index, number, difference, world.json.clone(), made.json.clone()));
            }
        }
    }
    (coverage, disagreements)
}

#[cfg(test)]
mod tests {
    use super::super::run;
    use super::*;

    fn options(opponent: Opponent) -> Options {
        Options { seed: 7, worlds: 40, requests: 80, disagreements_max: 3, opponent }
    }

    #[test]
    fn both_sides_agree() {
        let outcome = run(&options(Opponent::Compiled), one_world);
        let differences: Vec<&str> = outcome.disagreements.iter().map(|found| found.difference.as_str()).collect();
        assert_eq!(differences, Vec::<&str>::new());
        let tally = &outcome.coverage.tally;
        assert_eq!(tally.worlds, 40, "{:?}", tally.refused_example);
        assert_eq!((tally.evaluations(), tally.explained), (40 * 80, tally.decisions));
        // The compiled path changes nothing of what is met.
        let alone = run(&options(Opponent::Nobody), one_world).coverage;
        assert_eq!(outcome.coverage.to_string(), alone.to_string());
    }

    #[test]
    fn the_reference_takes_what_is_generated() {
        let coverage = run(&options(Opponent::Nobody), one_world).coverage;
        assert_eq!(coverage.tally.worlds, 40, "{:?}", coverage.tally.refused_example);
        assert_eq!(coverage.tally.evaluations(), 40 * 80);
        assert_eq!(coverage.unexplained, Vec::<String>::new());
        let impossible: Vec<String> = coverage.cells.gaps().into_iter().filter(|gap| gap.contains("should not be")).collect();
        assert_eq!(impossible, Vec::<String>::new());
    }

    #[test]
    fn one_thread_meets_what_many_meet() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok();
            pool.map(|pool| pool.install(|| run(&options(Opponent::Nobody), one_world).coverage.to_string()))
        };
        assert!(on(1).is_some_and(|text| text.contains("units nested 4 deep")));
        assert_eq!(on(1), on(3));
    }
}
