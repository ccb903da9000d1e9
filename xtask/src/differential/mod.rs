//! Compares the compiled path with the reference on generated worlds and requests.
//!
//! Each world is compiled to bytes, the bytes are opened as an authorizer would, and each request is decided three ways:
//! through the index, without it, and by the naive reference. Decision, reason and layer must be equal, and so must explanations: in the
//! campaign over worlds of the inner layers ([`plain`]) those of every few requests, in the one over whole organizations ([`organizations`]) all of
//! them. Refusals count as answers: both sides must give the same code. A disagreement is shrunk and printed as
//! a scenario, ready to be saved in `corpus/scenarios/found.ndjson`.
//!
//! Worlds are numbered, and each has its own stream of choices, so results are the same for any number of threads.

pub mod alone;
pub mod cells;
pub mod coverage;
pub mod engine;
pub mod organizations;
pub mod plain;
pub mod shrink;
pub mod situations;
pub mod tally;

use crate::arguments::{Arguments, Usage};
use crate::json::Json;
use engine::{Comparison, Engines};
use rayon::prelude::*;
use std::fmt;
use std::time::Instant;
use tally::Tally;

/// Requests to each world.
const REQUESTS: u64 = 500;
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
    /// Who decides.
    pub opponent: Opponent,
}

/// What the reference is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opponent {
    /// The compiled path.
    Compiled,
    /// Nothing: only what the requests meet is counted.
    Nobody,
}

/// What a campaign counts.
pub trait Counts: Default + Send + fmt::Display {
    /// Adds another part's counts.
    fn merge(&mut self, other: Self);

    /// Worlds, refusals and decisions.
    fn tally(&self) -> &Tally;

    /// What a full run must have met and this one has not: empty if all is well.
    fn gaps(&self) -> Vec<String>;
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
pub struct Outcome<C> {
    /// What was met.
    pub coverage: C,
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
    let whole = arguments.flag("--organizations");
    let opponent = if arguments.flag("--reference-alone") { Opponent::Nobody } else { Opponent::Compiled };
    arguments.finish()?;
    if opponent == Opponent::Nobody && !whole {
        return Err(Usage("--reference-alone goes with --organizations".to_owned()));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build().map_err(|error| Usage(error.to_string()))?;
    println!("seed {seed}, {worlds} worlds, {requests} requests each");
    let options = Options { seed, worlds, requests, disagreements_max, opponent };
    Ok(if whole {
        pool.install(|| campaign(&options, quick, organizations::one_world))
    } else {
        pool.install(|| campaign(&options, quick, plain::one_world))
    })
}

/// Runs a campaign and prints what it found. True means all is well.
fn campaign<C: Counts>(options: &Options, quick: bool, one_world: OneWorld<C>) -> bool {
    let start = Instant::now();
    let outcome = run(options, one_world);
    let seconds = start.elapsed().as_secs_f64();
    print!("{}", outcome.coverage);
    println!("{seconds:.1} s, {:.0} evaluations a second", outcome.coverage.tally().evaluations() as f64 / seconds);
    for disagreement in outcome.disagreements.iter().take(options.disagreements_max) {
        report(options.seed, disagreement);
    }
    match options.opponent {
        Opponent::Compiled => println!("{} disagreements", outcome.disagreements.len()),
        Opponent::Nobody => println!("the reference alone, nothing compared"),
    }
    let gaps = if quick { Vec::new() } else { outcome.coverage.gaps() };
    for gap in &gaps {
        println!("not enough: {gap}");
    }
    outcome.disagreements.is_empty() && gaps.is_empty()
}

/// Makes a world, by its number, and decides its requests.
type OneWorld<C> = fn(&Options, u64) -> (C, Vec<Disagreement>);

/// Runs the worlds, batch by batch, until the end or enough disagreements.
pub fn run<C: Counts>(options: &Options, one_world: OneWorld<C>) -> Outcome<C> {
    let mut outcome = Outcome { coverage: C::default(), disagreements: Vec::new() };
    let mut first = 0;
    while first < options.worlds && outcome.disagreements.len() < options.disagreements_max.max(1) {
        let last = (first + BATCH).min(options.worlds);
        let parts: Vec<(C, Vec<Disagreement>)> = (first..last).into_par_iter().map(|index| one_world(options, index)).collect();
        for (coverage, disagreements) in parts {
            outcome.coverage.merge(coverage);
            outcome.disagreements.extend(disagreements);
        }
        first = last;
    }
    outcome
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
    use super::coverage::Coverage;
    use super::*;

    fn options() -> Options {
        Options { seed: 7, worlds: 48, requests: 60, disagreements_max: 3, opponent: Opponent::Compiled }
    }

    #[test]
    fn both_sides_agree() {
        let outcome: Outcome<Coverage> = run(&options(), plain::one_world);
        let differences: Vec<&str> = outcome.disagreements.iter().map(|found| found.difference.as_str()).collect();
        assert_eq!(differences, Vec::<&str>::new());
        let tally = outcome.coverage.tally();
        assert_eq!(tally.worlds, 48, "{:?}", tally.refused_example);
        assert_eq!(tally.evaluations(), 48 * 60);
    }

    #[test]
    fn one_thread_meets_what_many_meet() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok();
            pool.map(|pool| pool.install(|| run(&options(), plain::one_world).coverage.to_string()))
        };
        assert!(on(1).is_some_and(|text| text.contains("allowed at identity")));
        assert_eq!(on(1), on(3));
    }
}
