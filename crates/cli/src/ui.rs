//! The terminal: colour, how much to say, progress, and the time that stages take. Everything here goes to stderr.

use crate::args::{Global, Progress, When};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use portcullis::diag::{plain, quoted};
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Work that takes less shows no progress bar.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

/// Where no bar is shown, work tells so often, in a line, that it goes on.
const LINE_EVERY: Duration = Duration::from_secs(60);

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

/// How work shows that it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// A bar or spinner on a terminal.
    Bar,
    /// A line a minute, for logs.
    Lines,
    /// Not at all.
    Nothing,
}

/// What every command needs to talk.
#[derive(Debug)]
pub(crate) struct Ui {
    level: Level,
    colour: bool,
    progress: Shown,
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
        let (level, unknown) = level(global);
        let progress = match (global.progress, global.quiet, terminal) {
            (Some(Progress::Never), _, _) | (_, true, _) => Shown::Nothing,
            (_, _, true) => Shown::Bar,
            (_, _, false) => Shown::Lines,
        };
        let ui = Ui { level, colour, progress, timings: global.timings, started: Instant::now(), stages: RefCell::new(Vec::new()) };
        if let Some(value) = unknown {
            ui.warn(&format!("PORTCULLIS_LOG is {}, not one of error, warn, info, debug; it counts as warn", quoted(&value)));
        }
        ui
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
            self.print_raw(&format!("{}, {}\n", plain(message), seconds(self.elapsed())));
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

    /// Messages hold names of files and members: nothing of them acts on the terminal.
    fn line(&self, kind: &str, style: &str, message: &str) {
        let message = plain(message);
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
        if self.progress == Shown::Nothing {
            return work();
        }
        let bar = self.progress == Shown::Bar;
        let started = Instant::now();
        let (done, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Whether the work ends or panics, its end of the channel is dropped.
                while !bar && ended.recv_timeout(LINE_EVERY) == Err(RecvTimeoutError::Timeout) {
                    tell(&format!("{what}, {} so far", minutes(started.elapsed())));
                }
                if !bar {
                    return;
                }
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
        let started = Instant::now();
        Bar { shown: self.progress, what, length, unit, position: 0, started, told: started, bar: None }
    }
}

/// How much to say, and the value of PORTCULLIS_LOG if nobody knows it.
fn level(global: &Global) -> (Level, Option<String>) {
    let variable = std::env::var_os("PORTCULLIS_LOG").map(|value| value.to_string_lossy().into_owned());
    let (asked, unknown) = match variable.as_deref() {
        None | Some("" | "warn") => (Level::Warn, None),
        Some("error") => (Level::Error, None),
        Some("info") => (Level::Info, None),
        Some("debug" | "trace") => (Level::Debug, None),
        Some(other) => (Level::Warn, Some(other.to_owned())),
    };
    // An option says it outright.
    match (global.quiet, global.verbose) {
        (true, _) => (Level::Error, unknown),
        (false, 0) => (asked, unknown),
        (false, 1) => (Level::Info, unknown),
        (false, _) => (Level::Debug, unknown),
    }
}

/// `0.08 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// Prints a line of progress.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// `7 min`.
fn minutes(time: Duration) -> String {
    format!("{} min", time.as_secs() / 60)
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
    shown: Shown,
    what: &'static str,
    length: Option<u64>,
    unit: Unit,
    position: u64,
    started: Instant,
    /// When the last line of progress was printed.
    told: Instant,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// So much more is done.
    pub(crate) fn advance(&mut self, amount: u64) {
        self.position = self.position.saturating_add(amount);
        match self.shown {
            Shown::Nothing => return,
            Shown::Lines => {
                if self.told.elapsed() >= LINE_EVERY {
                    self.told = Instant::now();
                    tell(&self.progress_line(self.started.elapsed()));
                }
                return;
            }
            Shown::Bar => {}
        }
        if self.bar.is_none() && self.started.elapsed() >= PROGRESS_AFTER {
            self.bar = Some(self.draw());
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.position);
        }
    }

    /// `deciding: 5 of 20 bytes (25 %), 3 min so far`.
    fn progress_line(&self, time: Duration) -> String {
        let unit = match self.unit {
            Unit::Bytes => " bytes",
            Unit::Items => "",
        };
        let done = match self.length {
            Some(length) => {
                let percent = u128::from(self.position).saturating_mul(100).checked_div(u128::from(length)).unwrap_or(100);
                format!("{} of {length}{unit} ({percent} %)", self.position)
            }
            None => format!("{}{unit}", self.position),
        };
        format!("{}: {done}, {} so far", self.what, minutes(time))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_progress_says_how_far_it_is() {
        let started = Instant::now();
        let bar =
            |length, unit| Bar { shown: Shown::Lines, what: "deciding", length, unit, position: 5, started, told: started, bar: None };
        let time = Duration::from_secs(185);
        assert_eq!(bar(Some(20), Unit::Bytes).progress_line(time), "deciding: 5 of 20 bytes (25 %), 3 min so far");
        assert_eq!(bar(None, Unit::Items).progress_line(time), "deciding: 5, 3 min so far");
        assert_eq!(bar(Some(0), Unit::Bytes).progress_line(time), "deciding: 5 of 0 bytes (100 %), 3 min so far");
    }
}
