//! What can go wrong when a bundle is opened or a request decided. Opaque outside; `code()` gives the name of S-116.

use crate::format::SectionKind;
use crate::request::RequestError;
use alloc::borrow::Cow;
use core::fmt;

/// Why a bundle was refused. No part of a refused bundle is used.
#[derive(Debug)]
pub struct OpenError {
    code: &'static str,
    message: Cow<'static, str>,
    section: Option<SectionKind>,
    io: Option<std::io::Error>,
}

impl OpenError {
    /// The bytes are no bundle that this crate would have written.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> OpenError {
        OpenError { code: "invalid-bundle", message: message.into(), section: None, io: None }
    }

    /// A section breaks a rule of its format.
    pub(crate) fn section(section: SectionKind, message: impl Into<Cow<'static, str>>) -> OpenError {
        OpenError { section: Some(section), ..OpenError::invalid(message) }
    }

    /// A limit of this crate.
    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> OpenError {
        OpenError { code: "limit-exceeded", ..OpenError::invalid(message) }
    }

    /// The file could not be read.
    pub(crate) fn io(error: std::io::Error) -> OpenError {
        OpenError { io: Some(error), ..OpenError::invalid("the bundle cannot be read") }
    }

    /// `invalid-bundle` or `limit-exceeded`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The section at fault, if it is one.
    #[must_use]
    pub fn section_kind(&self) -> Option<SectionKind> {
        self.section
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(section) = self.section {
            write!(formatter, "section `{}`: ", section.name())?;
        }
        formatter.write_str(&self.message)?;
        match &self.io {
            Some(error) => write!(formatter, ": {error}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.io.as_ref().map(|error| error as &(dyn std::error::Error + 'static))
    }
}

/// What stops an evaluation of a verified bundle; must never happen, and denies when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An id or range leads nowhere.
    Corrupt,
    /// More steps than the bundle's bound.
    Steps,
}

/// Why there is no decision. The caller denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError {
    kind: EvalErrorKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum EvalErrorKind {
    Request(RequestError),
    Fault(Fault),
    ForeignPrincipal,
    #[cfg(feature = "explain")]
    ForeignExplainer,
    #[cfg(feature = "explain")]
    Disagreement,
}

impl EvalError {
    /// The principal was resolved over another bundle.
    pub(crate) fn foreign_principal() -> EvalError {
        EvalError { kind: EvalErrorKind::ForeignPrincipal }
    }

    /// The explainer was made from another bundle.
    #[cfg(feature = "explain")]
    pub(crate) fn foreign_explainer() -> EvalError {
        EvalError { kind: EvalErrorKind::ForeignExplainer }
    }

    /// The indexes and the statements of the bundle give different decisions.
    #[cfg(feature = "explain")]
    pub(crate) fn disagreement() -> EvalError {
        EvalError { kind: EvalErrorKind::Disagreement }
    }

    /// `invalid-request`, `duplicate-key` or `limit-exceeded` for the request; `unknown-principal` for a principal of another bundle; `invalid-bundle`
    /// or `limit-exceeded` where a bundle breaks what its verification promised, which is a defect.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.kind {
            EvalErrorKind::Request(error) => error.code(),
            EvalErrorKind::Fault(Fault::Steps) => "limit-exceeded",
            EvalErrorKind::ForeignPrincipal => "unknown-principal",
            EvalErrorKind::Fault(Fault::Corrupt) => "invalid-bundle",
            #[cfg(feature = "explain")]
            EvalErrorKind::ForeignExplainer | EvalErrorKind::Disagreement => "invalid-bundle",
        }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.kind {
            EvalErrorKind::Request(error) => return error.fmt(formatter),
            EvalErrorKind::Fault(Fault::Steps) => "the evaluation took more steps than the bundle's bound",
            EvalErrorKind::Fault(Fault::Corrupt) => "the bundle refers to something that it does not hold",
            EvalErrorKind::ForeignPrincipal => "the principal was resolved over another bundle",
            #[cfg(feature = "explain")]
            EvalErrorKind::ForeignExplainer => "the explainer was made from another bundle",
            #[cfg(feature = "explain")]
            EvalErrorKind::Disagreement => "the bundle's indexes and statements disagree",
        })
    }
}

impl std::error::Error for EvalError {}

impl From<Fault> for EvalError {
    fn from(fault: Fault) -> EvalError {
        EvalError { kind: EvalErrorKind::Fault(fault) }
    }
}

impl From<RequestError> for EvalError {
    fn from(error: RequestError) -> EvalError {
        EvalError { kind: EvalErrorKind::Request(error) }
    }
}
