//! The terminal: colour, how much to say, progress, and the time that stages take. Everything here goes to stderr.

use crate::args::{Global, Progress, When};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Work that takes less shows no progress bar.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

/// The time between two looks of a spinner.
const SPINNER_STEP: Duration = Duration::from_millis(100);

/// How much to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// `-q`: errors alone.
    Error,
    /// Warnings and the last line as well.
    Warn,
    /// `-v`.
    Info,
    /// `-vv`.
    Debug,
}

/// What every command needs to talk.
#[derive(Debug)]
pub(crate) struct Ui {
    level: Level,
    colour: bool,
    progress: bool,
    timings: bool,
    started: Instant,
    stages: RefCell<Vec<(String, Duration)>>,
}

impl Ui {
    /// Reads options and environment.
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        // An option says it outright; NO_COLOR counts if it is set at all.
        let colour = match global.color {
            Some(When::Always) => true,
            Some(When::Never) => false,
            Some(When::Auto) | None => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
                !refused && (set("CLICOLOR_FORCE") || (terminal && !dumb))
            }
        };
        Ui {
            level: level(global),
            colour,
            progress: terminal && global.progress != Some(Progress::Never) && !global.quiet,
            timings: global.timings,
            started: Instant::now(),
            stages: RefCell::new(Vec::new()),
        }
    }

    /// Whether messages are coloured.
    pub(crate) fn colour(&self) -> bool {
        self.colour
    }

    /// Whether warnings are shown.
    pub(crate) fn says_warnings(&self) -> bool {
        self.level >= Level::Warn
    }

    /// Whether warnings are shown one by one, with their places.
    pub(crate) fn says_details(&self) -> bool {
        self.level >= Level::Info
    }

    /// Time since the start of the program.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Prints text as it is. Nothing can be done where stderr is closed.
    pub(crate) fn print_raw(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// An error: always shown.
    pub(crate) fn error(&self, message: &str) {
        self.line("error", "1;31", message);
    }

    /// A warning.
    pub(crate) fn warn(&self, message: &str) {
        if self.level >= Level::Warn {
            self.line("warning", "1;33", message);
        }
    }

    /// What to do about an error.
    pub(crate) fn help(&self, message: &str) {
        self.line("help", "1;36", message);
    }

    /// The last line: counts and time.
    pub(crate) fn done(&self, message: &str) {
        if self.level >= Level::Warn {
            self.print_raw(&format!("{message}, {}\n", seconds(self.elapsed())));
        }
    }

    /// Shown with `-v`.
    pub(crate) fn info(&self, message: &str) {
        if self.level >= Level::Info {
            self.line("info", "1", message);
        }
    }

    /// Shown with `-vv`.
    pub(crate) fn debug(&self, message: &str) {
        if self.level >= Level::Debug {
            self.line("debug", "2", message);
        }
    }

    fn line(&self, kind: &str, style: &str, message: &str) {
        if self.colour {
            self.print_raw(&format!("\u{1b}[{style}m{kind}\u{1b}[0m: {message}\n"));
        } else {
            self.print_raw(&format!("{kind}: {message}\n"));
        }
    }

    /// Runs a stage and notes its time for `--timings`.
    pub(crate) fn stage<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.note(name, started.elapsed());
        result
    }

    /// Notes the time of a stage that was measured elsewhere.
    pub(crate) fn note(&self, name: &str, time: Duration) {
        self.debug(&format!("{name} took {}", seconds(time)));
        self.stages.borrow_mut().push((name.to_owned(), time));
    }

    /// Prints what `--timings` asks for.
    pub(crate) fn print_timings(&self) {
        if !self.timings {
            return;
        }
        for (name, time) in self.stages.borrow().iter() {
            self.print_raw(&format!("{name:<24} {:>10.3} ms\n", time.as_secs_f64() * 1000.0));
        }
        self.print_raw(&format!("{:<24} {:>10.3} ms\n", "total", self.elapsed().as_secs_f64() * 1000.0));
    }

    /// Runs work that cannot say how far it is, under a spinner once it takes long.
    pub(crate) fn busy<T>(&self, what: &'static str, work: impl FnOnce() -> T) -> T {
        if !self.progress {
            return work();
        }
        let (done, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Whether the work ends or panics, its end of the channel is dropped.
                if ended.recv_timeout(PROGRESS_AFTER) == Err(RecvTimeoutError::Timeout) {
                    let spinner = ProgressBar::new_spinner().with_message(what).with_elapsed(PROGRESS_AFTER);
                    if let Ok(style) = ProgressStyle::with_template("{msg} {spinner} {elapsed}") {
                        spinner.set_style(style);
                    }
                    while ended.recv_timeout(SPINNER_STEP) == Err(RecvTimeoutError::Timeout) {
                        spinner.tick();
                    }
                    spinner.finish_and_clear();
                }
            });
            let result = work();
            drop(done);
            result
        })
    }

    /// A bar for work of known or unknown length.
    pub(crate) fn bar(&self, what: &'static str, length: Option<u64>, unit: Unit) -> Bar {
        Bar { shown: self.progress, what, length, unit, position: 0, started: Instant::now(), bar: None }
    }
}

fn level(global: &Global) -> Level {
    if global.quiet {
        return Level::Error;
    }
    match global.verbose {
        0 => match std::env::var("PORTCULLIS_LOG").as_deref() {
            Ok("error") => Level::Error,
            Ok("info") => Level::Info,
            Ok("debug" | "trace") => Level::Debug,
            _ => Level::Warn,
        },
        1 => Level::Info,
        _ => Level::Debug,
    }
}

/// `0.08 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// What a bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Bytes of an input.
    Bytes,
    /// Anything else.
    Items,
}

/// A progress bar that appears once work has taken half a second.
#[derive(Debug)]
pub(crate) struct Bar {
    shown: bool,
    what: &'static str,
    length: Option<u64>,
    unit: Unit,
    position: u64,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// So much more is done.
    pub(crate) fn advance(&mut self, amount: u64) {
        self.position = self.position.saturating_add(amount);
        if !self.shown {
            return;
        }
        if self.bar.is_none() && self.started.elapsed() >= PROGRESS_AFTER {
            self.bar = Some(self.draw());
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.position);
        }
    }

    fn draw(&self) -> ProgressBar {
        let template = match (self.length.is_some(), self.unit) {
            (true, Unit::Bytes) => "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
            (true, Unit::Items) => "{msg} [{bar:30}] {pos}/{len} {per_sec} {eta} left",
            (false, Unit::Bytes) => "{msg} {spinner} {bytes} {bytes_per_sec}",
            (false, Unit::Items) => "{msg} {spinner} {pos} {per_sec}",
        };
        let bar = match self.length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner(),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(self.what);
        bar.with_elapsed(self.started.elapsed())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
