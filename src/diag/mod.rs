//! Diagnostics: what is wrong with a policy or a world, and where.
//!
//! Every stage of the frontend reports [`Diagnostic`]s against [`Span`]s of the files held by [`Sources`]. A diagnostic
//! has a stable [`Code`] (rule S-116), a message for the author of the text, the place, an optional second place and an
//! optional help line. This module knows nothing of policies; it owns the texts, turns offsets into lines and columns,
//! orders diagnostics as the text stands (S-116) and prints them for people and for machines.
//!
//! Invariants: a span lies within its file's text, on character boundaries; a file that was named by another file
//! remembers where (`SourceFile::named_at`), so that "first in the text" is well defined over several files.

mod code;
mod machine;
mod nearest;
mod render;
mod source;
#[cfg(test)]
mod tests;

pub use code::{Code, Severity};
pub use machine::{MachineDiagnostic, MachineLabel, machine};
pub(crate) use nearest::{did_you_mean, nearest};
pub use render::{plain, quoted, render_text};
pub use source::{FileId, LineColumn, SourceFile, Sources, Span};

/// One finding about an input text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, which also fixes the severity.
    pub code: Code,
    /// One sentence without a full stop, lower case, the author's own text in back-ticks.
    pub message: String,
    /// The place that the caret points at; errors are ordered by it.
    pub span: Span,
    /// Further places that explain the first, such as the first definition of a name that occurs twice.
    pub labels: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without labels and help.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { code, message: message.into(), span, labels: Vec::new(), help: None }
    }

    /// The same with a help line.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with one more place.
    #[must_use]
    pub fn with_label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push((span, message.into()));
        self
    }

    /// True if the diagnostic refuses its document.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}
