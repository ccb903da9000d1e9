//! portcullis, other evaluators and a floor on the same decisions, in one run.
//!
//! ```text
//! workload -> portcullis compiles -> expected decisions
//!     |                                   |
//!     +-> each engine's own form -> checked against them, then timed in turns -> raw.json -> table, plots
//! ```
//!
//! `run` measures and writes the raw numbers, `report` turns them into the table and the plots of `docs/performance.md`. An engine that decides one
//! request otherwise than portcullis ends the run. What an engine cannot express is left out for it, and counted; see [`estate::Estate::without`].
//!
//! Each engine stands at its best: policies parsed, requests and entities built before the clock runs, and only the caller's policies, chosen for it, since none of
//! the others has an index.

mod arguments;
mod case;
mod engine;
mod estate;
mod floor;
mod measure;
mod peers;
mod plots;
mod report;

use arguments::Arguments;

const HELP: &str = "\
usage, in the folder benches/peers:
  cargo run --release -- run [options]        measure, and write the raw numbers
  cargo run --release -- report [--raw FILE]  write the tables and the plots of docs/performance.md from them

  --workloads LIST   of w1, w2, w3, w4, w5, nested, inner, conditions (all)
  --sizes LIST       numbers of statements of w4 (10,100,1000,10000,100000,1000000)
  --peers-to N       other evaluators take part up to that many statements of w4 (10000)
  --draws LIST       of uniform, zipf (both); other evaluators take part in the uniform ones
  --rounds N         rounds, of which the median counts (5)
  --budget-ms N      time of one engine in one round, in milliseconds (200)
  --requests N       requests of each workload (10000; of w4 and w5 at their largest ten times as many)
  --seed S           (1)
  --raw FILE         the raw numbers (docs/performance/raw.json)
";

fn main() -> std::process::ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let command = if words.is_empty() { String::new() } else { words.remove(0) };
    let done = Arguments::parse(words).and_then(|arguments| match command.as_str() {
        "run" => measure::run(&arguments),
        "report" => report::write(&arguments),
        _ => Err(format!("name a command\n\n{HELP}")),
    });
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            std::process::ExitCode::from(2)
        }
    }
}
