//! `portcullis eval`: one request a line in, one decision a line out, in the same order.
//!
//! Lines come in batches that threads answer, each into bytes of its own, and the answers are written in order ([`pipeline`]). Whoever reads a pipe sees the answers
//! to the lines that came together, whether or not more lines come.

use crate::args::{EvalArgs, Evaluator, ExpectedDecision, StreamFormat};
use crate::decide::{Decider, Extras, Question, Render, Tally};
use crate::failure::{Failure, count};
use crate::input::{self, Input};
use crate::lines::Lines;
use crate::output::{Output, check_not_input};
use crate::pipeline::{self, Renders};
use crate::ui::{Ui, Unit};
use crate::{Outcome, compile, wire};
use portcullis::runtime::{BUNDLE_BYTES_MAX, Bundle};
use portcullis::session::SessionResolver;
use portcullis::validate::ReferenceWorld;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Runs the command.
pub(crate) fn run(ui: &Ui, args: &EvalArgs) -> Result<Outcome, Failure> {
    let json = args.format == StreamFormat::Json;
    eval(ui, args).map_err(|failure| failure.in_json(json))
}

fn eval(ui: &Ui, args: &EvalArgs) -> Result<Outcome, Failure> {
    if args.format == StreamFormat::Json && !args.summary {
        return Err(Failure::usage("--format json goes with --summary alone").with_help("decisions come one a line: --format ndjson"));
    }
    if args.summary && args.show == 0 && (args.explain || args.missing) {
        let option = if args.explain { "--explain" } else { "--missing" };
        let failure = Failure::usage(format!("{option} has no decision to add to: --summary prints counts alone"));
        return Err(failure.with_help("add --show N for the first N decisions, or leave --summary out"));
    }
    if args.evaluator == Evaluator::Reference && args.world.is_none() {
        let failure = Failure::usage("--evaluator reference needs --world");
        return Err(failure.with_help("a bundle holds no documents, and the reference reads nothing else"));
    }
    if args.evaluator == Evaluator::Reference && (args.missing || args.needs) {
        let option = if args.needs { "--needs" } else { "--missing" };
        let failure = Failure::usage(format!("{option} does not go with --evaluator reference"));
        return Err(failure.with_help("the reference decides and explains; which keys matter only a bundle tells"));
    }
    use_threads(args.threads)?;
    let (source, requests) = sources(args)?;
    let (Source::Bundle(first) | Source::World(first)) = &source;
    check_not_input(args.output.as_deref(), &[first, requests.unwrap_or(Path::new("-"))])?;
    let path = requests.unwrap_or(Path::new("-"));
    let decider = decider(ui, args, source, path)?;
    input::stdin_or_refuse(requests.is_some())?;
    let (stream, length) = input::open(path, "requests")?;
    let started = Instant::now();
    let mut output = Output::to(args.output.as_deref());
    let run = Run { ui, args, decider: Arc::new(decider), path };
    let (tally, shown) = ui.stage("decide", || run.stream_through(Lines::new(stream), length, &mut output))?;
    let seconds = started.elapsed().as_secs_f64();
    if args.summary {
        summary(args.format, tally, seconds, &shown, &mut output)?;
    }
    output.finish()?;
    if ui.says_details() || (args.output.is_some() && !args.summary) {
        let decided = if args.needs { String::new() } else { format!("{} allowed, {} denied, ", tally.allowed, tally.denied()) };
        ui.done(&format!(
            "{}: {decided}{}",
            count(usize::try_from(tally.lines()).unwrap_or(usize::MAX), "request", "requests"),
            count(usize::try_from(tally.errors).unwrap_or(usize::MAX), "error", "errors"),
        ));
    } else if tally.errors > 0 {
        let errors = count(usize::try_from(tally.errors).unwrap_or(usize::MAX), "line is an error record", "lines are error records");
        ui.warn(&format!("{errors}, of {}", tally.lines()));
    }
    let unexpected = match args.expect {
        Some(ExpectedDecision::Allow) => tally.denied(),
        Some(ExpectedDecision::Deny) => tally.allowed,
        None => 0,
    };
    if unexpected > 0 {
        ui.warn(&format!(
            "{} not the expected one",
            count(usize::try_from(unexpected).unwrap_or(usize::MAX), "decision is", "decisions are")
        ));
    }
    Ok(if tally.errors > 0 || unexpected > 0 { Outcome::Findings } else { Outcome::Fine })
}

/// What to decide from.
enum Source<'a> {
    Bundle(&'a PathBuf),
    World(&'a PathBuf),
}

/// The world or bundle, and the file of requests if one is named.
fn sources(args: &EvalArgs) -> Result<(Source<'_>, Option<&Path>), Failure> {
    let (source, requests) = match (&args.world, args.paths.as_slice()) {
        (Some(world), []) => (Source::World(world), None),
        (Some(world), [requests]) => (Source::World(world), Some(requests.as_path())),
        (Some(_), _) => {
            return Err(Failure::usage("with --world there is no bundle: name the requests alone"));
        }
        (None, [bundle]) => (Source::Bundle(bundle), None),
        (None, [bundle, requests]) => (Source::Bundle(bundle), Some(requests.as_path())),
        (None, _) => {
            return Err(
                Failure::usage("nothing to decide from").with_help("name a bundle, or a world with --world; see portcullis eval --help")
            );
        }
    };
    let (Source::Bundle(first) | Source::World(first)) = &source;
    if input::is_stdin(first) && requests.is_none_or(input::is_stdin) {
        return Err(Failure::usage("stdin cannot be both what to decide from and the requests"));
    }
    Ok((source, requests))
}

fn decider(ui: &Ui, args: &EvalArgs, source: Source<'_>, requests: &Path) -> Result<Decider, Failure> {
    let question = match args.needs {
        true => Question::Needs,
        false => Question::Decision(Extras { explanation: args.explain, missing: args.missing }),
    };
    if let Some(folder) = args.aws_managed.as_deref().filter(|folder| !folder.is_dir()) {
        return Err(Failure::new("io", format!("there is no directory `{}`", folder.display())));
    }
    let mut sessions = Files { requests: input::folder_and_name(requests).0, anywhere: args.session_files_anywhere, aws_managed: None };
    if let Some(folder) = &args.aws_managed {
        sessions.aws_managed = Some((PathBuf::new(), folder.to_string_lossy().into_owned()));
    }
    let bundle = match source {
        Source::Bundle(path) => open(ui, path)?,
        Source::World(path) => {
            let (world, _) = compile::read(ui, path)?;
            let own = || world.aws_managed.as_ref().map(|name| (input::folder_and_name(path).0.to_owned(), name.clone()));
            sessions.aws_managed = sessions.aws_managed.or_else(own);
            if args.evaluator == Evaluator::Reference {
                let reference = ui.stage("reference", || ui.busy("reading for the reference", || ReferenceWorld::new(&world)));
                let reference = reference.map_err(|error| Failure::new(error.code(), error.to_string()))?;
                return Ok(Decider::reference(reference.sessions(|plain| sessions.add(plain)), question));
            }
            let compiled = compile::build(ui, &world)?;
            ui.stage("open", || compile::open_bytes(&compiled.bytes))?
        }
    };
    let resolver = sessions.add(SessionResolver::new(bundle.clone()));
    Decider::bundle(bundle, resolver, question)
}

/// Where the documents of sessions are.
struct Files<'a> {
    /// The folder of the requests, which paths are relative to.
    requests: &'a Path,
    /// Paths may lead out of that folder.
    anywhere: bool,
    /// Where AWS-managed policies are: a folder, and the path to them from there, as explanations name it.
    aws_managed: Option<(PathBuf, String)>,
}

impl Files<'_> {
    /// Tells a resolver.
    fn add(&self, resolver: SessionResolver) -> SessionResolver {
        let mut resolver = resolver.folder(self.requests);
        if self.anywhere {
            resolver = resolver.files_anywhere();
        }
        match &self.aws_managed {
            Some((base, name)) => resolver.aws_managed(base, name),
            None => resolver,
        }
    }
}

/// Opens a bundle file, or a bundle from stdin.
pub(crate) fn open(ui: &Ui, path: &Path) -> Result<Bundle, Failure> {
    let bytes = ui.stage("read", || input::bytes(path, "bundle", BUNDLE_BYTES_MAX, "invalid-bundle"))?;
    let opened = ui.stage("open", || ui.busy("opening", || Bundle::from_bytes(bytes)));
    opened.map_err(|error| {
        let failure = Failure::new(error.code(), format!("`{}` cannot be used: {error}", input::name(path)));
        let named_json = path.extension().is_some_and(|extension| extension == "json");
        if named_json { failure.with_help("for a world, use --world") } else { failure }
    })
}

/// As many threads as are asked for, whether they compile or answer; else as many as the machine has, or `RAYON_NUM_THREADS` says.
pub(crate) fn use_threads(asked: Option<u16>) -> Result<(), Failure> {
    let Some(threads) = asked else { return Ok(()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
    pool.map_err(|error| Failure::new("io", format!("cannot start {threads} threads: {error}")))
}

/// What is decided, by whom, and how it is shown.
struct Run<'a> {
    ui: &'a Ui,
    args: &'a EvalArgs,
    decider: Arc<Decider>,
    path: &'a Path,
}

impl Run<'_> {
    /// Answers every line. Also gives what belongs into the summary's document: the decisions that `--show` asks for, one a line.
    fn stream_through(&self, lines: Lines<Input>, length: Option<u64>, output: &mut Output) -> Result<(Tally, Vec<u8>), Failure> {
        let args = self.args;
        let document = args.format == StreamFormat::Json;
        let (others, first) = match (args.summary, args.format) {
            (true, StreamFormat::Json) => (Render::Nothing, Render::Json),
            (true, _) => (Render::Nothing, Render::Text),
            (false, StreamFormat::Text) => (Render::Text, Render::Text),
            (false, _) => (Render::Json, Render::Json),
        };
        let renders = Renders { first: (args.show, first), others };
        let mut bar = self.ui.bar("deciding", length, Unit::Bytes);
        let mut total = Tally::default();
        let mut shown = Vec::new();
        pipeline::answer_all(lines, self.path, Arc::clone(&self.decider), renders, rayon::current_num_threads(), |piece| {
            if document {
                shown.extend_from_slice(&piece.answers);
            } else {
                output.write(&piece.answers)?;
            }
            total.add(piece.tally);
            output.flush()?;
            bar.advance(piece.size() as u64);
            Ok(())
        })?;
        Ok((total, shown))
    }
}

fn summary(format: StreamFormat, tally: Tally, seconds: f64, shown: &[u8], output: &mut Output) -> Result<(), Failure> {
    let decided = tally.lines() - tally.errors;
    let rate = if seconds > 0.0 { decided as f64 / seconds } else { 0.0 };
    if format == StreamFormat::Text || format == StreamFormat::Ndjson {
        let mut text = String::new();
        for (name, number) in [
            ("requests", tally.lines()),
            ("allowed", tally.allowed),
            ("explicit deny", tally.explicit_deny),
            ("implicit deny", tally.implicit_deny),
            ("errors", tally.errors),
        ] {
            text.push_str(&format!("{name:<24}{number:>12}\n"));
        }
        text.push_str(&format!("{:<24}{:>12.3}\n", "seconds", seconds));
        text.push_str(&format!("{:<24}{:>12.0}\n", "decisions per second", rate));
        return output.write(text.as_bytes());
    }
    // Records are JSON, one a line.
    let shown = shown.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let shown = shown.map(serde_json::from_slice::<&RawValue>).collect::<Result<Vec<_>, _>>();
    let shown = shown.map_err(|error| Failure::new("io", format!("cannot write JSON: {error}")))?;
    output.write_json(&wire::EvalSummary {
        schema_version: 1,
        requests: tally.lines(),
        allowed: tally.allowed,
        explicit_deny: tally.explicit_deny,
        implicit_deny: tally.implicit_deny,
        errors: tally.errors,
        seconds,
        decisions_per_second: rate,
        shown,
    })
}
