//! Instructions per decision, as valgrind counts them, on the core estate and the workloads.
//!
//! Times depend on the machine and its load, instruction counts do not, so gates can compare them: `benches/instructions.txt` holds the counts that were measured last,
//! and `--check` fails when one has grown by more than three percent. A bundle is compiled before and written to a file; the program then runs itself over it under callgrind
//! twice, with one round over the requests and with more: the difference of both counts, over the decisions between them, is free of what happens once (opening, reading).
//! Callers are given by ARN and found for each decision, as an embedder without handles gives them.

use crate::arguments::{Arguments, Usage};
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, Caller, ContextValue, Request};
use portcullis::world::{DiskFiles, WorldOptions, read_world};
use portcullis::{CompileOptions, compile};
use portcullis_workloads::{Options, Shape};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is counted, in the order of the file; all but the core estate are workloads.
const COUNTED: [&str; 5] = ["core", "w1", "w2", "w3", "w4"];
/// Requests of each.
const REQUESTS: usize = 1_000;
/// Percent by which a count may grow.
const GROWTH_MAX: u64 = 3;

/// The command.
///
/// # Errors
/// [`Usage`] for a command line that is not understood, or where an estate or valgrind does not work.
pub fn command(mut arguments: Arguments) -> Result<bool, Usage> {
    let rounds = arguments.number("--rounds", 4)?.max(1);
    let inside = arguments.text("--inside")?;
    let (check, update) = (arguments.flag("--check"), arguments.flag("--update"));
    arguments.finish()?;
    if let Some(folder) = inside {
        println!("{} decisions", decide(Path::new(&folder), rounds).map_err(Usage)?);
        return Ok(true);
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: nothing counted");
        return Ok(true);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/instructions.txt");
    let known = fs::read_to_string(&file).unwrap_or_default();
    let known = |name: &str| known.lines().filter_map(|line| line.split_once(' ')).find(|(other, _)| *other == name);
    let mut holds = true;
    let mut text = String::new();
    for name in COUNTED {
        let folder = std::env::temp_dir().join(format!("portcullis-instructions-{}-{name}", std::process::id()));
        let counted = prepare(name, &folder).and_then(|()| count(&folder, rounds));
        // Best effort: what cannot be removed lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&folder);
        let count = counted.map_err(Usage)?;
        let before = known(name).and_then(|(_, count)| count.parse::<u64>().ok());
        println!("{name}: {count} instructions per decision, {} before", before.map_or("none".to_owned(), |count| count.to_string()));
        if check && before.is_none_or(|before| count.saturating_mul(100) > before.saturating_mul(100 + GROWTH_MAX)) {
            println!("{name}: more than {GROWTH_MAX} % above benches/instructions.txt; if that is meant, run it with --update");
            holds = false;
        }
        let _ = writeln!(text, "{name} {count}");
    }
    if update {
        fs::write(&file, text).map_err(|error| Usage(format!("{}: {error}", file.display())))?;
    }
    Ok(holds)
}

/// Writes the bundle and the requests of an estate to a folder.
fn prepare(name: &str, folder: &Path) -> Result<(), String> {
    let shown = |error: &dyn std::fmt::Display| error.to_string();
    fs::create_dir_all(folder).map_err(|error| shown(&error))?;
    let (world, requests): (PathBuf, String) = match Shape::named(name) {
        Some(shape) => {
            let workload = shape.generate(&Options { requests: REQUESTS, ..Options::default() });
            fs::write(folder.join("world.json"), &workload.world).map_err(|error| shown(&error))?;
            (folder.join("world.json"), workload.ndjson())
        }
        None => {
            let worlds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/worlds");
            let requests = fs::read_to_string(worlds.join(format!("{name}.requests.ndjson"))).map_err(|error| shown(&error))?;
            (worlds.join(format!("{name}.json")), requests)
        }
    };
    let (world, _) = read_world(&world, &DiskFiles, &WorldOptions::default()).map_err(|error| shown(&error))?;
    let compiled = compile(&world, &CompileOptions::default()).map_err(|error| shown(&error))?;
    fs::write(folder.join("bundle"), compiled.bytes).map_err(|error| shown(&error))?;
    let requests: String = requests.lines().take(REQUESTS).flat_map(|line| [line, "\n"]).collect();
    fs::write(folder.join("requests.ndjson"), requests).map_err(|error| shown(&error))
}

/// A request as it is given to a decision. What it points to is never freed: the program ends soon.
struct Given {
    caller: &'static str,
    request: Request<'static>,
}

/// Decides every request that many times; the number of decisions.
fn decide(folder: &Path, rounds: u64) -> Result<u64, String> {
    let bundle = Bundle::open(folder.join("bundle")).map_err(|error| error.to_string())?;
    let text = fs::read_to_string(folder.join("requests.ndjson")).map_err(|error| error.to_string())?;
    let text: &'static str = String::leak(text);
    let given: Vec<Given> = text.lines().filter_map(given).collect();
    let mut evaluator = bundle.evaluator();
    let mut decisions = 0;
    for _ in 0..rounds {
        for Given { caller, request } in &given {
            let decision = evaluator.decide_for(Caller::Arn(caller), request);
            decisions += u64::from(std::hint::black_box(decision).is_ok());
        }
    }
    Ok(decisions)
}

/// A request whose caller is an ARN.
fn given(line: &'static str) -> Option<Given> {
    let (_, rest) = line.split_once("\"principal\":\"")?;
    let (caller, _) = rest.split_once('"')?;
    let request = JsonRequest::parse(line).ok()?.with_request(kept).ok()?;
    caller.starts_with("arn:").then_some(Given { caller, request })
}

fn kept(request: &Request<'_>) -> Request<'static> {
    let text = |text: &str| -> &'static str { String::leak(text.to_owned()) };
    let value = |value: &ContextValue<'_>| match value {
        ContextValue::One(one) => ContextValue::One(text(one)),
        ContextValue::Many(many) => ContextValue::Many(Vec::leak(many.iter().map(|one| text(one)).collect())),
    };
    Request {
        action: text(request.action),
        resource: request.resource.map(text),
        resource_account: request.resource_account.map(text),
        context: Vec::leak(request.context.iter().map(|(key, of)| (text(key), value(of))).collect()),
    }
}

/// Instructions per decision.
fn count(folder: &Path, rounds: u64) -> Result<u64, String> {
    let (few, few_decisions) = run(folder, 1)?;
    let (many, many_decisions) = run(folder, 1 + rounds)?;
    Ok(many.saturating_sub(few) / many_decisions.saturating_sub(few_decisions).max(1))
}

/// Instructions and decisions of a run of this program under callgrind.
fn run(folder: &Path, rounds: u64) -> Result<(u64, u64), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["instructions", "--rounds", &rounds.to_string(), "--inside"])
        .arg(folder)
        .output()
        .map_err(|error| error.to_string())?;
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let number = |text: Option<&str>| text.and_then(|text| text.trim().split(' ').next()?.parse().ok());
    let instructions = number(messages.lines().find_map(|line| line.split("Collected :").nth(1)));
    let decisions = number(String::from_utf8_lossy(&output.stdout).lines().next());
    instructions.zip(decisions).ok_or_else(|| format!("valgrind did not count:\n{messages}"))
}
