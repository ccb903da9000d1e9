//! The portcullis command line: one embedder of the library among others.
//!
//! `main` parses the arguments, runs one subcommand (a file each) and turns its outcome into an exit code. Results go to
//! stdout, talk goes to stderr. [`ui`] knows the terminal, [`input`] reads what the user names, [`pipeline`] has many threads answer a stream, [`output`] publishes
//! what the user asked for, [`wire`] holds the JSON shapes, [`explain`] says the same to people, [`failure`] everything that can stop a command.
//!
//! Invariants: no subcommand writes to stdout or stderr but through [`output`] and [`ui`]; a command that fails leaves
//! no file behind and no old file changed, nor does one that is interrupted; the exit codes are those of [`args::EXIT_CODES`].

mod args;
mod bench;
mod cache;
mod compile;
mod debug;
mod decide;
mod eval;
mod explain;
mod failure;
mod input;
mod inspect;
mod junit;
mod lines;
mod output;
mod pipeline;
mod test;
mod ui;
mod verify;
mod wire;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use failure::Failure;
use std::process::ExitCode;
use ui::Ui;

/// The exit code after SIGINT, SIGTERM and SIGHUP.
const INTERRUPTED: i32 = 130;

/// How a command that ran to its end ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Fine,
    /// Exit code 1: findings, failed expectations, error records in a stream.
    Findings,
    /// Exit code 2: some of the input could not be used at all, the rest was.
    Unusable,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ui = Ui::new(&cli.global);
    let handler = ctrlc::set_handler(|| {
        output::remove_temporary();
        std::process::exit(INTERRUPTED);
    });
    if handler.is_err() {
        ui.warn("signals cannot be handled here: an interrupt may leave a temporary file");
    }
    if cli.version {
        return finish(&ui, args::print_version(cli.format));
    }
    let Some(command) = cli.command else {
        let _ = Cli::command().print_help();
        return ExitCode::from(2);
    };
    let result = match command {
        Command::Compile(command) => compile::run(&ui, &command),
        Command::Eval(command) => eval::run(&ui, &command),
        Command::Test(command) => test::run(&ui, &command),
        Command::Inspect(command) => inspect::run(&ui, &command),
        Command::Verify(command) => verify::run(&ui, &command),
        Command::Bench(command) => bench::run(&ui, &command),
        Command::Debug(command) => debug::run(&ui, &command),
    };
    ui.print_timings();
    finish(&ui, result)
}

fn finish(ui: &Ui, result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Unusable) => ExitCode::from(2),
        // Whoever read the output has seen enough.
        Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(ui);
            ExitCode::from(2)
        }
    }
}
