//! Why there is no answer.

use crate::compile::CompileError;
use crate::session::SessionError;
use portcullis_reference as reference;
use portcullis_runtime::OpenError;
use std::fmt;

/// Why there is no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The world does not compile.
    Compile(CompileError),
    /// The compiled world does not open.
    Open(OpenError),
    /// The frontend refuses the request or its session.
    Request(SessionError),
    /// The naive evaluator refuses the world or the request. A request that the frontend accepted should never get here.
    Reference(reference::Error),
    /// A text that was read before cannot be read again: a defect of this module.
    Text(String),
}

impl ReferenceError {
    /// The code of S-116.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ReferenceError::Compile(error) => error.code(),
            ReferenceError::Open(error) => error.code(),
            ReferenceError::Request(error) => error.code(),
            ReferenceError::Reference(error) => error.code,
            ReferenceError::Text(_) => "invalid-world",
        }
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReferenceError::Compile(error) => error.fmt(f),
            ReferenceError::Open(error) => error.fmt(f),
            ReferenceError::Request(error) => error.fmt(f),
            ReferenceError::Reference(error) => f.write_str(&error.message),
            ReferenceError::Text(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReferenceError {}
