//! Why a session's documents cannot be used.

use crate::compile::CompileError;
use crate::diag::{Diagnostic, Sources, quoted};
use portcullis_runtime::{OpenError, RequestError};
use std::fmt;

/// Why a session's documents cannot be used. The request is refused, and the caller denies.
#[derive(Debug)]
pub struct SessionError {
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Errors in the text of a document.
    Document(Box<Refused>),
    /// A document that leads nowhere, or is none.
    Unresolved {
        code: &'static str,
        place: String,
        message: String,
    },
    Compile(CompileError),
    Open(OpenError),
    Request(RequestError),
}

/// A document with errors.
#[derive(Debug)]
pub(super) struct Refused {
    /// `session.policies[n]`.
    pub(super) place: String,
    /// It came from a file.
    pub(super) in_file: bool,
    pub(super) sources: Sources,
    /// In the order of the text; at least one is an error.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Refused {
    fn first(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|diagnostic| diagnostic.is_error())
    }
}

impl SessionError {
    /// A document that cannot be found: `unresolved-document`.
    pub(super) fn unresolved(index: u32, message: String) -> SessionError {
        SessionError::at(index, "unresolved-document", message)
    }

    pub(super) fn at(index: u32, code: &'static str, message: String) -> SessionError {
        SessionError { kind: Kind::Unresolved { code, place: place(index), message } }
    }

    /// The code of S-116, that of the first error in the order of the text.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.kind {
            // INVARIANT: there is an error, or the document would not have been refused.
            Kind::Document(refused) => refused.first().map_or("invalid-request", |first| first.code.as_str()),
            Kind::Unresolved { code, .. } => code,
            Kind::Compile(error) => error.code(),
            Kind::Open(error) => error.code(),
            Kind::Request(error) => error.code(),
        }
    }

    /// Everything that was found in the document that is refused, with the texts that it points into; empty where no document's text is at fault.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &self.kind {
            Kind::Document(refused) => &refused.diagnostics,
            _ => &[],
        }
    }

    /// The texts that [`diagnostics`](SessionError::diagnostics) point into.
    #[must_use]
    pub fn sources(&self) -> Option<&Sources> {
        match &self.kind {
            Kind::Document(refused) => Some(&refused.sources),
            _ => None,
        }
    }
}

/// The place of a session's document (S-729).
pub(super) fn place(index: u32) -> String {
    format!("session.policies[{index}]")
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Document(refused) => {
                let Some(first) = refused.first() else { return write!(f, "{}: the document is refused", refused.place) };
                let at = refused.sources.line_column(first.span.file, first.span.start);
                if refused.in_file {
                    let file = quoted(refused.sources.file(first.span.file).name());
                    write!(f, "{}: {file}:{}:{}: {}", refused.place, at.line, at.column, first.message)
                } else {
                    write!(f, "{}, line {}, column {}: {}", refused.place, at.line, at.column, first.message)
                }
            }
            Kind::Unresolved { place, message, .. } => write!(f, "{place}: {message}"),
            Kind::Compile(error) => write!(f, "session.policies: {error}"),
            Kind::Open(error) => write!(f, "session.policies: {error}"),
            Kind::Request(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<CompileError> for SessionError {
    fn from(error: CompileError) -> SessionError {
        SessionError { kind: Kind::Compile(error) }
    }
}

impl From<OpenError> for SessionError {
    fn from(error: OpenError) -> SessionError {
        SessionError { kind: Kind::Open(error) }
    }
}

impl From<RequestError> for SessionError {
    fn from(error: RequestError) -> SessionError {
        SessionError { kind: Kind::Request(error) }
    }
}
