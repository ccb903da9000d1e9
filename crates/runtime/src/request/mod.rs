//! What is asked: callers, requests and their limits.
//!
//! Input: borrowed texts from the embedder, or a JSON text (feature `json`). Output: a [`Principal`], resolved once over a bundle, and a
//! [`Request`], checked at each decision. A request that breaks a rule or a limit is an error, never cut short: a Deny must not stop matching because a
//! value was dropped.
//!
//! A caller that the world declares is resolved ([`Principal`]), one that it does not can be made ([`PrincipalBuilder`]); either may be limited by
//! [`SessionPolicies`].
//!
//! Rules: S-206 (forms), S-502 (context keys), S-526 (values), S-730 (callers), section 8 (what a caller gives to derived keys).

mod builder;
pub(crate) mod check;
#[cfg(feature = "json")]
pub mod json;
pub mod limits;
pub(crate) mod principal;
pub(crate) mod session;
#[cfg(test)]
mod tests;

pub use builder::PrincipalBuilder;
pub use principal::Principal;
pub use session::SessionPolicies;

use alloc::borrow::Cow;
use core::fmt;

/// Who calls (the caller forms of semantics, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller<'a> {
    /// The ARN of a user, of a role session, of a role (a session whose name is unknown), of a federated user, or of an account's root user.
    Arn(&'a str),
    /// A service, for example `ec2.amazonaws.com`.
    Service(&'a str),
    /// A caller that an identity provider vouches for, named by the provider.
    Federated(&'a str),
    /// A canonical user, by its id.
    CanonicalUser(&'a str),
    /// An unsigned call.
    Anonymous,
}

/// The value of a context key. Booleans and numbers are their JSON text (S-112).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContextValue<'a> {
    /// A single value.
    One(&'a str),
    /// A multivalued key, even with one element (S-506). An empty list is a missing key (S-504).
    Many(&'a [&'a str]),
}

/// One request of a caller.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// One concrete action, `service:name`, in any ASCII case (S-206).
    pub action: &'a str,
    /// The resource's ARN; `None` and `*` are an action without a resource (S-308).
    pub resource: Option<&'a str>,
    /// The 12-digit id of the account that owns the resource, if known; else it is found as S-704 says.
    pub resource_account: Option<&'a str>,
    /// Context keys and their values. Names are compared ignoring ASCII case and must differ (S-502). A key given here wins over a derived one (S-806).
    pub context: &'a [(&'a str, ContextValue<'a>)],
}

/// Why a caller or request was refused. There is no decision, so the request is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    code: &'static str,
    message: Cow<'static, str>,
}

impl RequestError {
    pub(crate) fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> RequestError {
        RequestError { code, message: message.into() }
    }

    /// A shape that the formats document does not know, or a rule of S-206.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> RequestError {
        RequestError::new("invalid-request", message)
    }

    /// One of [`limits`].
    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> RequestError {
        RequestError::new("limit-exceeded", message)
    }

    /// S-730.
    pub(crate) fn unknown_principal(message: impl Into<Cow<'static, str>>) -> RequestError {
        RequestError::new("unknown-principal", message)
    }

    /// The code of S-116: `invalid-request`, `unknown-principal`, `limit-exceeded`, `unsupported-layer`, `unknown-field`, `duplicate-key`, `json-syntax`;
    /// `unresolved-document`, `unknown-group`, `tag-clash` and `duplicate-entity` for a caller that is made or limited by names;
    /// `invalid-bundle` where a bundle breaks what its verification promised.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RequestError {}

impl From<crate::error::Fault> for RequestError {
    fn from(_: crate::error::Fault) -> RequestError {
        RequestError::new("invalid-bundle", "the bundle refers to something that it does not hold")
    }
}
