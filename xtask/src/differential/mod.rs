//! Compares the compiled path with the reference on generated worlds and requests.
//!
//! Each world is compiled to bytes, the bytes are opened as an authorizer would, and each request is decided three ways:
//! through the index, without it, and by the naive reference. Decision, reason and layer must be equal; every few requests the
//! whole explanation must be too. Refusals count as answers: both sides must give the same code. A disagreement is shrunk and printed as
//! a scenario, ready to be saved below `corpus/scenarios/found/`.
//!
//! Worlds are numbered, and each has its own stream of choices, so results are the same for any number of threads.

pub mod coverage;
pub mod engine;
pub mod shrink;

use crate::arguments::{Arguments, Usage};
use crate::dice::Dice;
use crate::generate::{self, World, request};
use crate::json::Json;
use coverage::{Coverage, Reach};
use engine::{Comparison, Engines};
use rayon::prelude::*;
use std::time::Instant;

/// Requests to each world.
const REQUESTS: u64 = 500;
/// Every so many requests are explained as well.
const EXPLAIN_EVERY: u64 = 4;
/// Worlds that run before the results so far are looked at.
const BATCH: u64 = 64;

/// What a run does.
#[derive(Debug)]
pub struct Options {
    /// Seed of everything.
    pub seed: u64,
    /// Worlds to make.
    pub worlds: u64,
    /// Requests to each.
    pub requests: u64,
    /// Disagreements after which the run ends.
    pub disagreements_max: usize,
}

/// A request on which the sides disagree.
#[derive(Debug)]
pub struct Disagreement {
    /// Number of the world.
    pub world: u64,
    /// Number of its request.
    pub request: u64,
    /// What each side said.
    pub difference: String,
    world_json: Json,
    request_json: Json,
}

impl Disagreement {
    /// A disagreement on one request to a world.
    pub fn new(world: u64, request: u64, difference: String, world_json: Json, request_json: Json) -> Disagreement {
        Disagreement { world, request, difference, world_json, request_json }
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// What was met.
    pub coverage: Coverage,
    /// Disagreements in the order of worlds and requests.
    pub disagreements: Vec<Disagreement>,
}

/// The subcommand. True means all is well.
///
/// # Errors
/// [`Usage`] for a command line that is not understood.
pub fn command(mut arguments: Arguments) -> Result<bool, Usage> {
    let seed = arguments.number("--seed", 1)?;
    let requests = arguments.number("--requests", REQUESTS)?.max(1);
    let evaluations = arguments.number("--evaluations", 1_000_000)?;
    let worlds = arguments.number("--worlds", evaluations.div_ceil(requests))?;
    let threads = arguments.number("--threads", 0)?;
    let disagreements_max = arguments.number("--disagreements", 1)? as usize;
    let quick = arguments.flag("--no-floors");
    arguments.finish()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().map_err(|error| Usage(error.to_string()))?;
    println!("seed {seed}, {worlds} worlds, {requests} requests each");
    let start = Instant::now();
    let outcome = pool.install(|| run(&Options { seed, worlds, requests, disagreements_max }));
    let seconds = start.elapsed().as_secs_f64();
    print!("{}", outcome.coverage);
    println!("{seconds:.1} s, {:.0} evaluations a second", outcome.coverage.evaluations() as f64 / seconds);
    for disagreement in outcome.disagreements.iter().take(disagreements_max) {
        report(seed, disagreement);
    }
    println!("{} disagreements", outcome.disagreements.len());
    let gaps = if quick { Vec::new() } else { outcome.coverage.gaps() };
    for gap in &gaps {
        println!("not enough: {gap}");
    }
    Ok(outcome.disagreements.is_empty() && gaps.is_empty())
}

/// Runs the worlds, batch by batch, until the end or enough disagreements.
pub fn run(options: &Options) -> Outcome {
    let mut outcome = Outcome { coverage: Coverage::default(), disagreements: Vec::new() };
    let mut first = 0;
    while first < options.worlds && outcome.disagreements.len() < options.disagreements_max.max(1) {
        let last = (first + BATCH).min(options.worlds);
        let parts: Vec<(Coverage, Vec<Disagreement>)> = (first..last).into_par_iter().map(|index| one_world(options, index)).collect();
        for (coverage, disagreements) in parts {
            outcome.coverage = std::mem::take(&mut outcome.coverage).merge(coverage);
            outcome.disagreements.extend(disagreements);
        }
        first = last;
    }
    outcome
}

fn one_world(options: &Options, index: u64) -> (Coverage, Vec<Disagreement>) {
    let dice = Dice::new(options.seed, index);
    let world: World = generate::world(&dice);
    let mut coverage = Coverage::default();
    let mut disagreements = Vec::new();
    let engines = match Engines::new(&world.json.to_string()) {
        Ok(engines) => engines,
        Err(refused) => {
            let code = refused.split(':').next().unwrap_or_default().to_owned();
            *coverage.refused_worlds.entry(code).or_default() += 1;
            coverage.refused_example.get_or_insert(format!("world {index}: {refused}"));
            return (coverage, disagreements);
        }
    };
    coverage.worlds += 1;
    coverage.resource_first_worlds += u64::from(engines.resource_first());
    let reach = Reach::new(&world);
    let mut pair = engines.pair();
    for number in 0..options.requests {
        let made = request::request(&dice, &world);
        let explain = number % EXPLAIN_EVERY == 0;
        match pair.compare(&made.json.to_string(), explain) {
            Comparison::Same { reason, layer } => {
                coverage.decision(reason, layer, &made);
                coverage.explained += u64::from(explain);
                if let Some(reach) = &reach {
                    reach.count(&world, &made, &mut coverage);
                }
            }
            Comparison::Refused { code } => coverage.refusal(&code),
            Comparison::Differ { difference, .. } => {
                disagreements.push(Disagreement::new(index, number, difference, world.json.clone(), made.json.clone()));
            }
        }
    }
    (coverage, disagreements)
}

/// Prints a disagreement, as found and shrunk to a scenario.
pub fn report(seed: u64, found: &Disagreement) {
    println!("disagreement: seed {seed}, world {}, request {}: {}", found.world, found.request, found.difference);
    let compare =
        |world: &Json, request: &Json| Engines::new(&world.to_string()).map(|engines| engines.pair().compare(&request.to_string(), true));
    let kind_of = |world: &Json, request: &Json| match compare(world, request) {
        Ok(Comparison::Differ { kind, .. }) => Some(kind),
        _ => None,
    };
    // The same two answers, else shrinking drifts from a wrong decision to some harmless difference of error codes.
    let found_kind = kind_of(&found.world_json, &found.request_json);
    let disagrees = |world: &Json, request: &Json| found_kind.is_some() && kind_of(world, request) == found_kind;
    let (world, request) = shrink::shrink(found.world_json.clone(), found.request_json.clone(), &disagrees);
    let expect = match compare(&world, &request) {
        Ok(Comparison::Differ { difference, reference, .. }) => {
            println!("shrunk: {difference}");
            reference
        }
        _ => Json::object(),
    };
    let name = format!("found: seed {seed}, world {}, request {}", found.world, found.request);
    let case = Json::object().with("request", request).with("expect", expect);
    let scenario = Json::object().with("name", Json::Text(name)).with("world", world).with("requests", Json::List(vec![case]));
    println!("{scenario}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options { seed: 7, worlds: 48, requests: 60, disagreements_max: 3 }
    }

    #[test]
    fn both_sides_agree() {
        let outcome = run(&options());
        let differences: Vec<&str> = outcome.disagreements.iter().map(|found| found.difference.as_str()).collect();
        assert_eq!(differences, Vec::<&str>::new());
        assert_eq!(outcome.coverage.worlds, 48, "{:?}", outcome.coverage.refused_example);
        assert_eq!(outcome.coverage.evaluations(), 48 * 60);
    }

    #[test]
    fn one_thread_meets_what_many_meet() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok();
            pool.map(|pool| pool.install(|| run(&options()).coverage.to_string()))
        };
        assert!(on(1).is_some_and(|text| text.contains("allowed at identity")));
        assert_eq!(on(1), on(3));
    }
}
