//! The machine form of diagnostics: everything resolved, nothing formatted.

use super::{Diagnostic, Sources, Span};

/// A diagnostic with everything resolved, for machine-readable output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineDiagnostic {
    /// The code's name, such as `unknown-element`.
    pub code: &'static str,
    /// The code's number, such as `PC102`.
    pub id: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The message.
    pub message: String,
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Byte offset of the place.
    pub offset: u32,
    /// Byte offset behind the place.
    pub end: u32,
    /// What to do about it.
    pub help: Option<String>,
    /// Further places.
    pub labels: Vec<MachineLabel>,
}

/// A further place of a [`MachineDiagnostic`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineLabel {
    /// What the place has to do with the finding.
    pub message: String,
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Byte offset of the place.
    pub offset: u32,
    /// Byte offset behind the place.
    pub end: u32,
}

/// The machine form of a diagnostic.
pub fn machine(sources: &Sources, diagnostic: &Diagnostic) -> MachineDiagnostic {
    let place = sources.line_column(diagnostic.span.file, diagnostic.span.start);
    let label = |(span, message): &(Span, String)| {
        let place = sources.line_column(span.file, span.start);
        MachineLabel {
            message: message.clone(),
            file: sources.file(span.file).name().to_owned(),
            line: place.line,
            column: place.column,
            offset: span.start,
            end: span.end,
        }
    };
    MachineDiagnostic {
        code: diagnostic.code.as_str(),
        id: diagnostic.code.number(),
        severity: diagnostic.code.severity().as_str(),
        message: diagnostic.message.clone(),
        file: sources.file(diagnostic.span.file).name().to_owned(),
        line: place.line,
        column: place.column,
        offset: diagnostic.span.start,
        end: diagnostic.span.end,
        help: diagnostic.help.clone(),
        labels: diagnostic.labels.iter().map(label).collect(),
    }
}
