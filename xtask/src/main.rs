//! `cargo run --release -p xtask -- COMMAND`: the commands of the library beside this file.
//!
//! Each exits with 0 if all is well, 1 with findings, 2 if it was not understood or could not run. Without a command it lists them.

use std::process::ExitCode;
use xtask::arguments::{Arguments, Usage};
use xtask::{atoms, demand, differential, instructions, near, tidy, workload};

const HELP: &str = "\
usage: cargo run --release -p xtask -- COMMAND

  differential   generated worlds and requests, compiled against reference
                   --evaluations N (1000000), --worlds N (by evaluations), --requests N (500, to each world),
                   --seed S (1), --threads T (all), --disagreements N (1; how many to shrink and print),
                   --no-floors (do not ask that every operator and outcome was met often enough: it takes about
                   a million evaluations to meet the rarest, and with --organizations to fill every cell),
                   --organizations (worlds with every layer, everything explained, floors for each cell of layer,
                   outcome and caller kind), with it --reference-alone (compile nothing, count what is met)
  atoms          every atom matcher against its naive twin
                   --evaluations N (1000000), --seed S, --threads T, --disagreements N
  demand         which context keys can matter, as the bundle says, checked with the reference
                   --decisions N (100000), --seed S, --threads T; beside them small worlds whose lists must be exact
  near           what an explanation says an implicit deny lacked, checked with the reference
                   --decisions N (100000), --seed S, --threads T
  instructions   instructions per decision on the core estate and workloads, counted by valgrind if it is installed
                   --rounds N (4), --check (against benches/instructions.txt), --update (of it)
  workload NAME  a seeded world and requests to it: w1 w2 w3 w4 w5 nested inner conditions medium
                   --out DIR, --seed S (1), --draw uniform|zipf, --requests N (10000), and what sizes the world has:
                   --accounts N, --roles N, --policies N, --statements N, --resources N, --principals N, --sets N
  tidy           file sizes, leftovers, paths that documents name, sources of the corpus
";

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let command = if words.is_empty() { String::new() } else { words.remove(0) };
    let arguments = Arguments::new(words);
    let result = match command.as_str() {
        "differential" => differential::command(arguments),
        "atoms" => atoms::command(arguments),
        "demand" => demand::command(arguments),
        "near" => near::command(arguments),
        "instructions" => instructions::command(arguments),
        "workload" => workload::command(arguments),
        "tidy" => tidy::command(arguments),
        _ => Err(Usage("name one of the commands".to_owned())),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(usage) => {
            eprintln!("{usage}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}
