//! Prepares the engines of each case, checks their answers, and times them in turns.

use crate::arguments::Arguments;
use crate::case::{self, Case};
use crate::engine::{self, ByArn, ByHandle, Engine};
use crate::estate::Estate;
use crate::floor::{OneProbe, TrieWalk};
use crate::peers::casbin::Casbin;
use crate::peers::cedar::Cedar;
use crate::peers::iam_rs::IamRs;
use crate::peers::regorus::Regorus;
use crate::peers::{Peer, Prepared};
use portcullis_workloads::{Draw, Options, Shape};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// At this many statements or principals a case asks ten times as many requests, so that they reach enough of the bundle.
const LARGE: usize = 100_000;
/// Decisions of one engine in one round at least.
const DECISIONS_MIN: usize = 10;

/// An engine of a case.
struct Contender<'c> {
    name: &'static str,
    engine: Box<dyn Engine + 'c>,
    /// The requests that it decides in a pass.
    which: Vec<u32>,
    /// Requests that it cannot express, and why.
    left_out: usize,
    lacks: &'static str,
    /// What making its form of the policies took.
    build_seconds: Option<f64>,
    passes: usize,
    nanoseconds: Vec<f64>,
}

impl<'c> Contender<'c> {
    fn new(name: &'static str, engine: impl Engine + 'c, which: Vec<u32>) -> Contender<'c> {
        Contender { name, engine: Box::new(engine), which, left_out: 0, lacks: "", build_seconds: None, passes: 1, nanoseconds: Vec::new() }
    }

    /// Leaves out what takes longer than the budget, checks every answer that will be timed, and settles how many passes make a round.
    fn check(&mut self, case: &Case, budget: Duration) -> Result<(), String> {
        let mut allowed = 0;
        let start = Instant::now();
        for (done, at) in self.which.iter().enumerate() {
            if done >= DECISIONS_MIN && start.elapsed() > budget {
                self.which.truncate(done);
                break;
            }
            let (answer, expected) = (self.engine.decide(*at as usize), case.expected[*at as usize]);
            if answer != expected {
                let request = case.requests[*at as usize].json();
                return Err(format!("{} says {answer} and portcullis {expected} to {request}", self.name));
            }
            allowed += usize::from(answer);
        }
        let start = Instant::now();
        if self.engine.pass(&self.which) != allowed {
            return Err(format!("{} answers otherwise the second time", self.name));
        }
        let pass = start.elapsed().max(Duration::from_nanos(1));
        self.passes = (budget.as_nanos() / pass.as_nanos()).max(1) as usize;
        Ok(())
    }

    fn round(&mut self) {
        let start = Instant::now();
        let mut allowed = 0;
        for _ in 0..self.passes {
            allowed += std::hint::black_box(&mut self.engine).pass(std::hint::black_box(&self.which));
        }
        std::hint::black_box(allowed);
        let decisions = (self.passes * self.which.len()).max(1);
        self.nanoseconds.push(start.elapsed().as_nanos() as f64 / decisions as f64);
    }
}

/// The command: measures and writes the raw numbers.
///
/// # Errors
/// An engine that disagrees, a world that does not compile, or a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), String> {
    // Before all else: a run whose numbers cannot be kept is not worth its minutes.
    let failed = |error: std::io::Error| format!("{}: {error}", arguments.raw.display());
    arguments.raw.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    let load_before = load();
    let mut cases = Vec::new();
    for name in &arguments.workloads {
        let shape = Shape::named(name).ok_or_else(|| format!("there is no workload `{name}`"))?;
        let shapes = match shape {
            Shape::Statements { .. } => arguments.sizes.iter().map(|statements| Shape::Statements { statements: *statements }).collect(),
            other => vec![other],
        };
        for shape in shapes {
            for draw in &arguments.draws {
                cases.push(measure(arguments, name, shape, *draw)?);
            }
        }
    }
    let raw = json!({
        "machine": machine(),
        "versions": versions(),
        "load_before": load_before,
        "load_after": load(),
        "rounds": arguments.rounds,
        "seed": arguments.seed,
        "cases": cases,
    });
    let text = serde_json::to_string_pretty(&raw).map_err(|error| error.to_string())?;
    fs::write(&arguments.raw, text + "\n").map_err(failed)
}

fn measure(arguments: &Arguments, name: &str, shape: Shape, draw: Draw) -> Result<Value, String> {
    let size = match shape {
        Shape::Statements { statements } => statements,
        Shape::Principals { principals, .. } => principals,
        _ => 0,
    };
    let requests = if size >= LARGE { arguments.requests * 10 } else { arguments.requests };
    let options = Options { seed: arguments.seed, draw, requests };
    let is_compared = matches!(shape, Shape::OneUser | Shape::OneAccount { .. } | Shape::Statements { .. });
    eprintln!("{name} {size} {draw}: compile");
    let case = Case::new(shape, &options, is_compared)?;
    let mut contenders = contenders(&case)?;
    if let Some(estate) = case.estate.as_ref().filter(|_| draw == Draw::Uniform && size <= arguments.peers_to) {
        contenders.push(peer::<IamRs>(&case, estate)?);
        contenders.push(peer::<Regorus>(&case, estate)?);
        contenders.push(peer::<Cedar>(&case, estate)?);
        contenders.push(peer::<Casbin>(&case, estate)?);
    }
    let budget = Duration::from_millis(arguments.budget_ms);
    for contender in &mut contenders {
        contender.check(&case, budget)?;
    }
    for round in 0..arguments.rounds {
        eprintln!("{name} {size} {draw}: round {}", round + 1);
        contenders.iter_mut().for_each(Contender::round);
    }
    let engines: Vec<Value> = contenders.iter().map(described).collect();
    for contender in &contenders {
        let median = crate::report::median(&contender.nanoseconds);
        eprintln!("  {:<28} {median:>14.1} ns, {} left out", contender.name, contender.left_out);
    }
    let build = &case.build;
    Ok(json!({
        "workload": name,
        "size": size,
        "draw": draw.to_string(),
        "requests": case.requests.len(),
        "allowed": case.expected.iter().filter(|allowed| **allowed).count(),
        "statements": build.statements,
        "world_bytes": build.world_bytes,
        "bundle_bytes": build.bundle_bytes,
        "index_bytes": build.index_bytes,
        "read_seconds": build.read_seconds,
        "compile_seconds": build.compile_seconds,
        "open_seconds": build.open_seconds,
        "engines": engines,
    }))
}

fn described(contender: &Contender<'_>) -> Value {
    json!({
        "name": contender.name,
        "nanoseconds": contender.nanoseconds,
        "requests": contender.which.len(),
        "passes": contender.passes,
        "left_out": contender.left_out,
        "lacks": contender.lacks,
        "build_seconds": contender.build_seconds,
    })
}

/// portcullis and the floors.
fn contenders(case: &Case) -> Result<Vec<Contender<'_>>, String> {
    let (requests, expected) = (&case.requests, &case.expected);
    let all: Vec<u32> = (0..requests.len() as u32).collect();
    let mut contenders = vec![
        Contender::new("portcullis", ByArn::new(&case.bundle, requests)?, all.clone()),
        Contender::new("portcullis, caller resolved", ByHandle::new(&case.bundle, requests)?, all.clone()),
    ];
    contenders.push(floor("floor: one probe", OneProbe::new(requests, expected), &all, expected));
    contenders.push(floor("floor: two probes and a trie walk", TrieWalk::new(case.estate.as_ref(), requests, expected)?, &all, expected));
    Ok(contenders)
}

/// A floor decides what it can: it knows no conditions.
fn floor<'c>(name: &'static str, mut engine: impl Engine + 'c, all: &[u32], expected: &[bool]) -> Contender<'c> {
    let which: Vec<u32> = all.iter().copied().filter(|at| engine.decide(*at as usize) == expected[*at as usize]).collect();
    let left_out = all.len() - which.len();
    Contender { left_out, lacks: "conditions", ..Contender::new(name, engine, which) }
}

/// Another evaluator, on the requests that do not depend on what it cannot express.
fn peer<'c, P: Peer + 'c>(case: &'c Case, estate: &Estate) -> Result<Contender<'c>, String> {
    eprintln!("  {}: prepare", P::NAME);
    let requests = &case.requests;
    let expected = if estate.sets.iter().flatten().all(P::expresses) {
        case.expected.clone()
    } else {
        let (bundle, _) = case::build(&estate.without(&P::expresses)?)?;
        engine::decisions(&bundle, requests)?
    };
    let mut which = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let combines = P::combines() || estate.asker(request)?.of_resource.is_none();
        if combines && expected[at] == case.expected[at] {
            which.push(at as u32);
        }
    }
    let (prepared, seconds) = Prepared::<P>::new(estate, requests, &which).map_err(|error| format!("{}: {error}", P::NAME))?;
    let left_out = requests.len() - which.len();
    Ok(Contender { left_out, lacks: P::LACKS, build_seconds: Some(seconds), ..Contender::new(P::NAME, prepared, which) })
}

fn machine() -> Value {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")).and_then(|line| line.split_once(':'));
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    json!({ "processor": model.map_or("unknown", |(_, model)| model.trim()), "threads": threads, "compiler": command("rustc", "--version") })
}

/// How many programs wanted to run in the last minute: above 1 others had a share in the times.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn command(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// The versions of what is compared, from the lockfile.
fn versions() -> Value {
    let lockfile = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let entry = lockfile.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")));
        let line = entry.and_then(|entry| entry.lines().find_map(|line| line.strip_prefix("version = ")));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let names = ["portcullis", "iam-rs", "regorus", "cedar-policy", "casbin"];
    Value::Object(names.iter().map(|name| ((*name).to_owned(), Value::String(version(name)))).collect())
}
