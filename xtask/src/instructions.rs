//! Instructions per decision on the core estate, as valgrind counts them.
//!
//! Times depend on the machine and its load, instruction counts do not, so gates can compare them. The program runs itself under
//! callgrind twice, with few and with more rounds over the same requests: the difference of both counts, over the decisions
//! between them, is free of what happens once (reading, compiling, opening).

use crate::arguments::{Arguments, Usage};
use portcullis::runtime::Bundle;
use portcullis::runtime::json::JsonRequest;
use portcullis::world::{DiskFiles, WorldOptions, read_world};
use portcullis::{CompileOptions, compile};
use std::path::Path;
use std::process::Command;

/// The command.
///
/// # Errors
/// [`Usage`] for a command line that is not understood, or where the core estate or valgrind does not work.
pub fn command(mut arguments: Arguments) -> Result<bool, Usage> {
    let rounds = arguments.number("--rounds", 5)?.max(1);
    let inside = arguments.flag("--inside");
    arguments.finish()?;
    if inside {
        let decisions = decide(rounds).map_err(Usage)?;
        println!("{decisions} decisions");
        return Ok(true);
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: nothing counted");
        return Ok(true);
    }
    let (few, few_decisions) = counted(1)?;
    let (many, many_decisions) = counted(1 + rounds)?;
    let (instructions, decisions) = (many.saturating_sub(few), many_decisions.saturating_sub(few_decisions).max(1));
    println!("{} instructions per decision ({instructions} in {decisions})", instructions / decisions);
    Ok(true)
}

/// Decides every request that many times; the number of decisions.
fn decide(rounds: u64) -> Result<u64, String> {
    let worlds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/worlds");
    let (world, _) = read_world(&worlds.join("core.json"), &DiskFiles, &WorldOptions::default()).map_err(|error| error.to_string())?;
    let compiled = compile(&world, &CompileOptions::default()).map_err(|error| error.to_string())?;
    let bundle = Bundle::from_bytes(compiled.bytes).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(worlds.join("core.requests.ndjson")).map_err(|error| error.to_string())?;
    let mut evaluator = bundle.evaluator();
    let mut decisions = 0;
    for line in text.lines() {
        let read = JsonRequest::parse(line).map_err(|error| error.to_string())?;
        let principal = read.resolve(&bundle).map_err(|error| error.to_string())?;
        read.with_request(|request| {
            for _ in 0..rounds {
                let decision = evaluator.decide(&principal, request);
                decisions += u64::from(std::hint::black_box(decision).is_ok());
            }
        })
        .map_err(|error| error.to_string())?;
    }
    Ok(decisions)
}

/// Instructions and decisions of a run of this program under callgrind.
fn counted(rounds: u64) -> Result<(u64, u64), Usage> {
    let program = std::env::current_exe().map_err(|error| Usage(error.to_string()))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["instructions", "--inside", "--rounds", &rounds.to_string()])
        // One thread: the pool's idle threads spin, which would count.
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .map_err(|error| Usage(error.to_string()))?;
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let number = |text: Option<&str>| text.and_then(|text| text.trim().split(' ').next()?.parse().ok());
    let instructions = number(messages.lines().find_map(|line| line.split("Collected :").nth(1)));
    let decisions = number(String::from_utf8_lossy(&output.stdout).lines().next());
    instructions.zip(decisions).ok_or_else(|| Usage(format!("valgrind did not count:\n{messages}")))
}
