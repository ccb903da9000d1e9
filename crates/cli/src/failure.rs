//! What stops a command: every failure ends in exit code 2, but for a closed pipe, which ends in silence.

use crate::output::Output;
use crate::ui::{Ui, seconds};
use crate::wire;
use portcullis::diag::{Diagnostic, Sources, render_text};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::Path;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An input or output that cannot be used.
    Unusable(Box<Complaint>),
    /// Nobody reads stdout any more.
    Closed,
}

/// What is wrong, for people and for machines.
#[derive(Debug)]
pub(crate) struct Complaint {
    /// One of the codes of rule S-116, or `usage` or `io`.
    pub(crate) code: &'static str,
    /// One sentence.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// Diagnostics, as text for people.
    rendered: Vec<String>,
    /// The same for machines.
    pending: wire::Pending,
    diagnostics: Vec<wire::Diagnostic>,
    /// The last line is one of counts: it ends with the time.
    timed: bool,
    /// Also as a JSON document on stdout.
    json: bool,
}

impl Failure {
    /// A complaint without diagnostics.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Failure::Unusable(Box::new(Complaint {
            code,
            message: message.into(),
            help: None,
            rendered: Vec::new(),
            pending: wire::Pending::default(),
            diagnostics: Vec::new(),
            timed: false,
            json: false,
        }))
    }

    /// Options that do not go together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure::new("usage", message)
    }

    /// A file that cannot be read or written.
    pub(crate) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::new("io", format!("cannot {doing} `{}`: {}", path.display(), plain(error)))
    }

    /// A text that was refused, with everything that is wrong with it.
    pub(crate) fn refused(ui: &Ui, what: &str, sources: &Sources, diagnostics: &[Diagnostic]) -> Self {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let warnings = diagnostics.len().saturating_sub(errors);
        let code = diagnostics.iter().find(|diagnostic| diagnostic.is_error()).map_or("invalid-world", |first| first.code.as_str());
        // A file that is read as several types of policy stands in the sources once for each.
        let files: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| sources.file(diagnostic.span.file).name()).collect();
        let shown = diagnostics.iter().filter(|diagnostic| diagnostic.is_error() || ui.says_warnings());
        Failure::Unusable(Box::new(Complaint {
            code,
            message: format!("{what} is refused: {} in {}", counts(errors, warnings), count(files.len(), "file", "files")),
            help: None,
            rendered: shown.map(|diagnostic| render_text(sources, diagnostic, ui.colour())).collect(),
            pending: wire::Pending::new(sources, diagnostics),
            diagnostics: Vec::new(),
            timed: true,
            json: false,
        }))
    }

    /// The same with a help line.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        if let Failure::Unusable(complaint) = &mut self {
            complaint.help = Some(help.into());
        }
        self
    }

    /// The same, reported as a JSON document on stdout too if `json`.
    #[must_use]
    pub(crate) fn in_json(mut self, json: bool) -> Self {
        if let Failure::Unusable(complaint) = &mut self {
            complaint.json = json;
            if json && complaint.diagnostics.is_empty() {
                complaint.diagnostics = std::mem::take(&mut complaint.pending).into_diagnostics();
            }
        }
        self
    }

    /// Tells what happened, on stderr; as a JSON document on stdout where that was asked for.
    pub(crate) fn report(&self, ui: &Ui) {
        let Failure::Unusable(complaint) = self else { return };
        if complaint.json {
            let mut output = Output::stdout();
            let document = wire::Failed {
                schema_version: 1,
                ok: false,
                error: complaint.code,
                message: &complaint.message,
                help: complaint.help.as_deref(),
                diagnostics: &complaint.diagnostics,
            };
            // The exit code tells the rest, should stdout be closed.
            let _ = output.write_json(&document).and_then(|()| output.finish());
        } else {
            for text in &complaint.rendered {
                ui.print_raw(text);
                ui.print_raw("\n");
            }
        }
        if complaint.timed {
            ui.error(&format!("{}, {}", complaint.message, seconds(ui.elapsed())));
        } else {
            ui.error(&complaint.message);
        }
        if let Some(help) = &complaint.help {
            ui.help(help);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unusable(complaint) => formatter.write_str(&complaint.message),
            Failure::Closed => formatter.write_str("the output was closed"),
        }
    }
}

/// An I/O error in plain words, without the operating system's number.
pub(crate) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is no directory".to_owned(),
        io::ErrorKind::StorageFull => "no space left".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

/// `2 errors, 5 warnings`; warnings only if there are any.
fn counts(errors: usize, warnings: usize) -> String {
    let errors = count(errors, "error", "errors");
    if warnings == 0 { errors } else { format!("{errors}, {}", count(warnings, "warning", "warnings")) }
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
