//! `portcullis test`: scenario files, run on an evaluator and compared with what they expect.

use crate::Outcome;
use crate::args::{Evaluator, TestArgs, TestFormat};
use crate::failure::{Failure, count};
use crate::output::{Output, check_not_input};
use crate::ui::{Ui, Unit};
use crate::{input, junit, wire};
use portcullis::diag::{Code, Diagnostic, Sources, Span, plain, render_text};
use portcullis::scenario::{self, Compiled, Layout, Reference, Report, Scenario, ScenarioFile};
use portcullis::world::WorldOptions;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The most bytes of a scenario file.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Scenarios that are run before their results are handed on.
const BATCH: usize = 64;

/// A file with what became of its scenarios.
pub(crate) struct Ran {
    /// The name to show.
    pub(crate) name: String,
    /// The file.
    pub(crate) file: ScenarioFile,
    /// One for each scenario; `None` for one that cannot be read.
    pub(crate) reports: Vec<Option<Report>>,
    /// How long it took.
    pub(crate) time: Duration,
}

impl Ran {
    /// Scenarios that could be read, with index and report.
    pub(crate) fn run(&self) -> impl Iterator<Item = (usize, &Scenario, &Report)> {
        let pairs = self.file.scenarios.iter().zip(&self.reports).enumerate();
        pairs.filter_map(|(index, (scenario, report))| Some((index, scenario.as_ref().ok()?, report.as_ref()?)))
    }
}

/// What all files came to.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) scenarios: usize,
    pub(crate) requests: usize,
    pub(crate) expectations: usize,
    pub(crate) failed: usize,
    pub(crate) unreadable: usize,
    /// Scenarios whose world was refused, expected or not.
    pub(crate) refused_worlds: usize,
}

/// Runs the command.
pub(crate) fn run(ui: &Ui, args: &TestArgs) -> Result<Outcome, Failure> {
    let json = args.format == TestFormat::Json;
    let paths = collect(&args.paths).map_err(|failure| failure.in_json(json))?;
    let inputs: Vec<&Path> = paths.iter().map(|(path, _)| path.as_path()).collect();
    check_not_input(args.output.as_deref(), &inputs).map_err(|failure| failure.in_json(json))?;
    let mut output = Output::to(args.output.as_deref());
    let mut ran = Vec::with_capacity(paths.len());
    let mut bar = ui.bar("testing", None, Unit::Items);
    for (path, layout) in &paths {
        let name = input::name(path);
        let started = Instant::now();
        let file = ui.stage("read scenarios", || read(path, &name, *layout));
        let mut reports = Vec::with_capacity(file.scenarios.len());
        ui.stage("run scenarios", || {
            for batch in file.scenarios.chunks(BATCH) {
                let run_one = |scenario: &Scenario| match args.evaluator {
                    Evaluator::Compiled => scenario::run(&file, scenario, &Compiled, &WorldOptions::default()),
                    Evaluator::Reference => scenario::run(&file, scenario, &Reference, &WorldOptions::default()),
                };
                reports.par_extend(batch.par_iter().map(|scenario| scenario.as_ref().ok().map(run_one)));
                bar.advance(batch.len() as u64);
            }
        });
        report_unreadable(ui, &file);
        let file = Ran { name, file, reports, time: started.elapsed() };
        if args.format == TestFormat::Ndjson {
            lines(&mut output, &file, paths.len() > 1)?;
        }
        ran.push(file);
    }
    drop(bar);
    let totals = totals(&ran);
    match args.format {
        TestFormat::Text => text(&mut output, &ran)?,
        TestFormat::Json => output.write_json(&document(ui, &ran, totals))?,
        TestFormat::Junit => output.write(junit::report(&ran, totals).as_bytes())?,
        TestFormat::Ndjson => {}
    }
    output.finish()?;
    let unreadable = if totals.unreadable == 0 { String::new() } else { format!(", {} unreadable", totals.unreadable) };
    // Also where a scenario expects nothing: a refused world must not pass unseen.
    let refused = match totals.refused_worlds {
        0 => String::new(),
        worlds => format!(", {}", count(worlds, "world refused", "worlds refused")),
    };
    ui.done(&format!(
        "{} of {} failed{unreadable}: {}, {} in {}{refused}",
        totals.failed,
        count(totals.expectations, "expectation", "expectations"),
        count(totals.requests, "request", "requests"),
        count(totals.scenarios, "scenario", "scenarios"),
        count(ran.len(), "file", "files"),
    ));
    Ok(if totals.unreadable > 0 {
        Outcome::Unusable
    } else if totals.failed > 0 {
        Outcome::Findings
    } else {
        Outcome::Fine
    })
}

/// Reads a scenario file. One that cannot be read is a file of one scenario that cannot be read: the other files still run.
fn read(path: &Path, name: &str, layout: Layout) -> ScenarioFile {
    let folder = path.parent().filter(|_| !input::is_stdin(path)).unwrap_or(Path::new(""));
    let text = match input::bytes(path, "scenario file", FILE_BYTES_MAX, Code::JsonSyntax.as_str()) {
        Ok(bytes) => input::decode(name, bytes),
        Err(failure) => Err(unreadable(name, &failure)),
    };
    match text {
        Ok(text) => scenario::read_scenarios(name, &text, folder, layout),
        Err(refused) => {
            let (sources, diagnostic) = *refused;
            let file = diagnostic.span.file;
            ScenarioFile { sources, file, folder: folder.to_owned(), scenarios: vec![Err(vec![diagnostic])] }
        }
    }
}

/// A file without bytes to show, as an error at the beginning of an empty text.
fn unreadable(name: &str, failure: &Failure) -> Box<(Sources, Diagnostic)> {
    let mut sources = Sources::new();
    let file = sources.add(name.to_owned(), "", None);
    let (code, help) = match failure {
        Failure::Unusable(complaint) => (complaint.code, complaint.help.clone()),
        Failure::Closed => ("io", None),
    };
    // A file that is named and cannot be had is what a world calls an unresolved document.
    let code = Code::ALL.iter().find(|known| known.as_str() == code).copied().unwrap_or(Code::UnresolvedDocument);
    let mut diagnostic = Diagnostic::new(code, Span::new(file, 0, 0), failure.to_string());
    diagnostic.help = help;
    Box::new((sources, diagnostic))
}

/// The scenario files that the arguments name: files as given, directories searched downwards in the order of names.
fn collect(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Layout)>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if input::is_stdin(path) {
            found.push((path.clone(), Layout::Lines));
        } else if path.is_dir() {
            let before = found.len();
            search(path, &mut found);
            if found.len() == before {
                let failure = Failure::new("io", format!("`{}` holds no scenario file", path.display()));
                return Err(failure.with_help("scenario files end in .json or .ndjson"));
            }
        } else {
            // A missing file is told from one of another kind when it is opened.
            let layout = Layout::of(path);
            if layout.is_none() && path.exists() {
                let failure = Failure::usage(format!("`{}` is no scenario file", path.display()));
                return Err(failure.with_help("scenario files end in .json (one scenario) or .ndjson (one a line)"));
            }
            found.push((path.clone(), layout.unwrap_or(Layout::One)));
        }
    }
    Ok(found)
}

/// Regular files below a folder, also those that links lead to. What cannot be looked at is told when it is read.
fn search(root: &Path, found: &mut Vec<(PathBuf, Layout)>) {
    let mut open = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            files.push((folder, Layout::One));
            continue;
        };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            // Links to folders are not followed, so the search ends.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if let Some(layout) = Layout::of(&path)
                && std::fs::metadata(&path).map_or(true, |metadata| metadata.is_file())
            {
                files.push((path, layout));
            }
        }
    }
    files.sort_by(|left, right| left.0.cmp(&right.0));
    found.extend(files);
}

fn report_unreadable(ui: &Ui, file: &ScenarioFile) {
    for diagnostic in file.scenarios.iter().filter_map(|scenario| scenario.as_ref().err()).flatten() {
        ui.print_raw(&render_text(&file.sources, diagnostic, ui.colour()));
        ui.print_raw("\n");
    }
}

fn totals(ran: &[Ran]) -> Totals {
    let mut totals = Totals::default();
    for file in ran {
        totals.scenarios += file.file.scenarios.len();
        totals.unreadable += file.file.scenarios.iter().filter(|scenario| scenario.is_err()).count();
        for (_, scenario, report) in file.run() {
            totals.requests += scenario.requests.len();
            totals.expectations += scenario.requests.iter().filter(|case| case.expect.is_some()).count();
            totals.failed += report.failures();
            totals.refused_worlds += usize::from(report.refused.is_some());
        }
    }
    totals
}

/// One line for every request, in order.
fn lines(output: &mut Output, ran: &Ran, with_file: bool) -> Result<(), Failure> {
    let file = with_file.then_some(ran.name.as_str());
    for (index, (scenario, report)) in ran.file.scenarios.iter().zip(&ran.reports).enumerate() {
        let nothing = wire::TestLine { file, scenario: index, request: None, decision: None, reason: None, error: None };
        match (scenario, report) {
            (Err(diagnostics), _) => {
                let code = diagnostics.first().map_or("json-syntax", |first| first.code.as_str());
                line(output, &wire::TestLine { error: Some(code), ..nothing })?;
            }
            (Ok(_), Some(Report { refused: Some(refusal), .. })) => {
                line(output, &wire::TestLine { error: Some(&refusal.code), ..nothing })?;
            }
            (Ok(_), Some(report)) => {
                for (request, result) in report.results.iter().enumerate() {
                    let nothing =
                        wire::TestLine { file, scenario: index, request: Some(request), decision: None, reason: None, error: None };
                    match &result.outcome {
                        Ok(answer) => {
                            let (decision, reason) = (Some(answer.decision), Some(answer.reason));
                            line(output, &wire::TestLine { decision, reason, ..nothing })?;
                        }
                        Err(refusal) => line(output, &wire::TestLine { error: Some(&refusal.code), ..nothing })?,
                    }
                }
            }
            (Ok(_), None) => {}
        }
    }
    Ok(())
}

fn line(output: &mut Output, line: &wire::TestLine<'_>) -> Result<(), Failure> {
    let mut bytes = serde_json::to_vec(line).map_err(|error| Failure::new("io", format!("cannot write JSON: {error}")))?;
    bytes.push(b'\n');
    output.write(&bytes)
}

/// Failures for people.
fn text(output: &mut Output, ran: &[Ran]) -> Result<(), Failure> {
    for file in ran {
        for (index, scenario, report) in file.run() {
            if report.failures() == 0 {
                continue;
            }
            let mut text = format!("FAILED {}:{} scenario {index}: {}\n", plain(&file.name), scenario.place.line, plain(&scenario.name));
            if let Some((sources, diagnostics)) = &report.diagnostics {
                text.push_str("  the world is refused:\n");
                for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                    let rendered = render_text(sources, diagnostic, false);
                    text.extend(rendered.lines().map(|line| format!("    {line}\n")));
                }
            }
            for (request, result) in report.results.iter().enumerate() {
                for mismatch in &result.mismatches {
                    text.push_str(&format!(
                        "  request {request}: {}: expected {}, actual {}\n",
                        plain(&mismatch.member),
                        plain(&mismatch.expected),
                        plain(&mismatch.actual)
                    ));
                }
                if let (false, Some(case)) = (result.mismatches.is_empty(), scenario.requests.get(request)) {
                    text.extend(case.request.lines().map(|line| format!("    {}\n", plain(&line.replace('\t', "    ")))));
                }
            }
            output.write(text.as_bytes())?;
        }
    }
    Ok(())
}

fn document(ui: &Ui, ran: &[Ran], totals: Totals) -> wire::TestReport {
    let mut failures = Vec::new();
    let mut diagnostics = Vec::new();
    for file in ran {
        let found = file.file.scenarios.iter().filter_map(|scenario| scenario.as_ref().err()).flatten();
        diagnostics.extend(wire::Pending::new(&file.file.sources, found).into_diagnostics());
        for (index, scenario, report) in file.run() {
            for (request, (result, case)) in report.results.iter().zip(&scenario.requests).enumerate() {
                if result.mismatches.is_empty() {
                    continue;
                }
                let mismatches = result.mismatches.iter().map(|mismatch| wire::TestMismatch {
                    member: mismatch.member.clone(),
                    expected: mismatch.expected.clone(),
                    actual: mismatch.actual.clone(),
                });
                failures.push(wire::TestFailure {
                    file: file.name.clone(),
                    line: case.place.line,
                    scenario: index,
                    name: scenario.name.clone(),
                    request,
                    mismatches: mismatches.collect(),
                });
            }
        }
    }
    wire::TestReport {
        schema_version: 1,
        files: ran.len(),
        scenarios: totals.scenarios,
        requests: totals.requests,
        expectations: totals.expectations,
        failed: totals.failed,
        unreadable: totals.unreadable,
        refused_worlds: totals.refused_worlds,
        seconds: ui.elapsed().as_secs_f64(),
        failures,
        diagnostics,
    }
}
