//! The campaign over worlds of identity, resource and trust policies: every operator, qualifier, variable and form of principal.
//!
//! In: a seed and how much to do. Out: [`Coverage`] and disagreements. Every few requests are explained on both sides as well.

use super::coverage::{Coverage, Reach};
use super::engine::{Comparison, Engines};
use super::{Disagreement, Options};
use crate::dice::Dice;
use crate::generate::{self, request};

/// Every so many requests are explained as well.
const EXPLAIN_EVERY: u64 = 4;

/// One world with its requests.
pub fn one_world(options: &Options, index: u64) -> (Coverage, Vec<Disagreement>) {
    let dice = Dice::new(options.seed, index);
    let world = generate::world(&dice);
    let mut coverage = Coverage::default();
    let mut disagreements = Vec::new();
    let engines = match Engines::new(&world.json.to_string()) {
        Ok(engines) => engines,
        Err(refused) => {
            coverage.tally.refused_world(index, &refused);
            return (coverage, disagreements);
        }
    };
    coverage.tally.worlds += 1;
    coverage.resource_first_worlds += u64::from(engines.resource_first());
    let reach = Reach::new(&world);
    let mut pair = engines.pair();
    for number in 0..options.requests {
        let made = request::request(&dice, &world);
        let explain = number % EXPLAIN_EVERY == 0;
        match pair.compare(&made.json.to_string(), explain) {
            Comparison::Same(answer) => {
                coverage.decision(answer.reason, answer.layer, explain, &made);
                if let Some(reach) = &reach {
                    reach.count(&world, &made, &mut coverage);
                }
            }
            Comparison::Refused { code } => coverage.tally.refusal(&code),
            Comparison::Differ { difference, .. } => {
                disagreements.push(Disagreement::new(index, number, difference, world.json.clone(), made.json.clone()));
            }
        }
    }
    (coverage, disagreements)
}
