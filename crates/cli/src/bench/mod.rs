//! `portcullis bench`: how fast a bundle decides the requests of a file.
//!
//! Requests are read before anything is timed, and each is decided once: what the bundle refuses is counted and shown, never timed as a decision. What is
//! timed then is what an authorizer does for a request that it holds as borrowed texts: resolve the caller by name, decide. With `--handles` callers are resolved before, too.
//!
//! [`measure`] holds the method, [`show`] the picture for people.

mod measure;
mod show;

use crate::args::{BenchArgs, TextOrJson};
use crate::failure::{Failure, count};
use crate::output::Output;
use crate::ui::Ui;
use crate::{Outcome, eval, input, inspect, wire};
use measure::{Callers, Measured, Plan, Work};
use portcullis::runtime::format::SectionKind;
use portcullis::runtime::json::{ContextLists, JsonRequest};
use portcullis::runtime::{Bundle, EvalError, Evaluator, SessionPolicies};
use portcullis::session::{SessionError, SessionResolver};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes of requests that are read at most.
const REQUESTS_BYTES_MAX: u64 = 1 << 30;

/// Runs the command.
pub(crate) fn run(ui: &Ui, args: &BenchArgs) -> Result<Outcome, Failure> {
    bench(ui, args).map_err(|failure| failure.in_json(args.format == TextOrJson::Json))
}

fn bench(ui: &Ui, args: &BenchArgs) -> Result<Outcome, Failure> {
    if input::is_stdin(&args.bundle) && input::is_stdin(&args.requests) {
        return Err(Failure::usage("stdin cannot be both the bundle and the requests"));
    }
    let bundle = eval::open(ui, &args.bundle)?;
    let bytes = ui.stage("read requests", || input::bytes(&args.requests, "requests", REQUESTS_BYTES_MAX, "json-syntax"))?;
    let sessions = SessionResolver::new(bundle.clone()).folder(input::folder_and_name(&args.requests).0);
    let mut refused = BTreeMap::new();
    let read = ui.stage("read and check", || ui.busy("reading", || read(&bundle, &sessions, &bytes, &mut refused)));
    let mut lists: Vec<ContextLists<'_>> = read.iter().map(|_| ContextLists::default()).collect();
    let work = read.iter().zip(&mut lists).filter_map(|((read, session), lists)| Work::new(&bundle, read, session.clone(), lists).ok());
    let work: Vec<Work<'_>> = work.collect();
    if work.is_empty() {
        let told = refused.iter().next().map(|(code, (lines, first))| format!(", {lines} of them for `{code}`, first in line {first}"));
        let failure = Failure::usage(format!("none of the requests can be decided{}", told.unwrap_or_default()));
        return Err(failure.with_help("portcullis eval tells what is wrong with each"));
    }
    let callers = if args.handles { Callers::Handles } else { Callers::ByName };
    let duration = |seconds: f64| Duration::from_secs_f64(seconds);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let plan = Plan {
        callers,
        time: duration(args.seconds),
        warm_up: duration(args.warm_up),
        threads: args.threads.map_or(processors, usize::from),
    };
    let measured = ui.stage("measure", || ui.busy("measuring", || measure::measure(&bundle, &work, &plan)))?;
    let record = record(&bundle, &work, &refused, &plan, &measured)?;
    let mut output = Output::stdout();
    match args.format {
        TextOrJson::Json => output.write_json(&record)?,
        TextOrJson::Text => output.write(show::text(&record).as_bytes())?,
    }
    output.finish()?;
    if record.refused > 0 {
        let lines = usize::try_from(record.refused).unwrap_or(usize::MAX);
        ui.warn(&format!("{} refused and not timed", count(lines, "request was", "requests were")));
        return Ok(Outcome::Findings);
    }
    Ok(Outcome::Fine)
}

/// Lines that were refused, and the first of them, by code.
type Refused = BTreeMap<String, (u64, u64)>;

/// Reads every line and decides it once. Gives those that the bundle decides, with the policies of their sessions.
fn read<'t>(
    bundle: &Bundle,
    sessions: &SessionResolver,
    bytes: &'t [u8],
    refused: &mut Refused,
) -> Vec<(JsonRequest<'t>, Option<SessionPolicies>)> {
    let mut evaluator = bundle.evaluator();
    let mut read = Vec::new();
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        match read_one(bundle, sessions, &mut evaluator, line) {
            Ok(request) => read.push(request),
            Err(code) => refused.entry(code).or_insert((0, number)).0 += 1,
        }
    }
    read
}

/// Reads and decides one line. The error is the code of whatever refuses it.
fn read_one<'t>(
    bundle: &Bundle,
    sessions: &SessionResolver,
    evaluator: &mut Evaluator<'_>,
    line: &'t [u8],
) -> Result<(JsonRequest<'t>, Option<SessionPolicies>), String> {
    let text = std::str::from_utf8(line).map_err(|_| "json-syntax".to_owned())?;
    let read = JsonRequest::parse(text).map_err(|error| error.code().to_owned())?;
    let mut session = None;
    let principal = read.resolve_with(bundle, |documents| {
        let policies = sessions.resolve(documents)?;
        session = Some(policies.clone());
        Ok::<_, SessionError>(policies)
    });
    let principal = principal.map_err(|error| error.code().to_owned())?;
    let decided = read.with_request(|request| evaluator.decide(&principal, request)).map_err(EvalError::from).and_then(|decided| decided);
    match decided {
        Ok(_) => Ok((read, session)),
        Err(error) => Err(error.code().to_owned()),
    }
}

fn record(bundle: &Bundle, work: &[Work<'_>], refused: &Refused, plan: &Plan, measured: &Measured) -> Result<wire::Bench, Failure> {
    let summary = inspect::cold(bundle).map_err(|message| Failure::new("invalid-bundle", message))?;
    let is_hot = |kind: SectionKind| !matches!(kind, SectionKind::Summary | SectionKind::Explanations);
    let hot_bytes = bundle.sections().filter(|section| is_hot(section.kind)).map(|section| section.length).sum::<u64>();
    let per_statement = |bytes: u64| if summary.statements == 0 { None } else { Some(tenth(bytes as f64 / summary.statements as f64)) };
    let latency = &measured.latency;
    Ok(wire::Bench {
        schema_version: 1,
        requests: work.len() as u64,
        refused: refused.values().map(|(lines, _)| lines).sum(),
        refusals: refused
            .iter()
            .map(|(code, (lines, first))| (code.clone(), wire::Refusals { lines: *lines, first_line: *first }))
            .collect(),
        principals: match plan.callers {
            Callers::ByName => "by_name",
            Callers::Handles => "handles",
        },
        seconds: plan.time.as_secs_f64(),
        ns_per_decision: tenth(measured.mean.median),
        ns_per_decision_least: tenth(measured.mean.least),
        ns_per_decision_most: tenth(measured.mean.most),
        samples: measured.mean.samples,
        clock_ns: measured.clock_ns,
        p50_ns: latency.value_at_quantile(0.5),
        p90_ns: latency.value_at_quantile(0.9),
        p99_ns: latency.value_at_quantile(0.99),
        p99_9_ns: latency.value_at_quantile(0.999),
        max_ns: latency.max(),
        latency: show::classes(latency),
        decisions_per_second: measured.throughput.iter().map(|(threads, rate)| (*threads, rate.round())).collect(),
        instructions_per_decision: measured.instructions.map(tenth),
        bundle_bytes: bundle.len_bytes(),
        hot_bytes,
        statements: summary.statements,
        bytes_per_statement: per_statement(bundle.len_bytes()),
        hot_bytes_per_statement: per_statement(hot_bytes),
    })
}

/// More digits would promise more than was measured.
fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
