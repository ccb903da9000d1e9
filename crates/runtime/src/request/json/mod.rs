//! Requests as JSON text, in the shape of the formats document. Feature `json`.
//!
//! A general reader keeps the last of repeated members and rounds large numbers; this one refuses the former and keeps numbers as they are written (S-112,
//! S-510). A text that is no JSON is `json-syntax`, whatever else is in it; of all other errors the one that stands first in the text counts (S-116).
//! Whether a principal is known depends on the bundle, so an error that stands after the principal waits for [`JsonRequest::resolve`].
//!
//! There are two readers: `careful` reads any text and knows every error; `quick` reads a request without an error in one pass, and gives up on anything else. What
//! `quick` reads, `careful` reads equally; a test compares them.
//!
//! Session documents are handed over as text ([`JsonRequest::resolve_with`]): what compiles them knows the compiler, which this crate does not.
//!
//! Rules: S-103 (repeated members), S-116, S-206, S-502, S-526, S-715 (session policies).

mod careful;
mod quick;

use super::{Caller, ContextValue, Principal, Request, RequestError, SessionPolicies, check};
use crate::open::Bundle;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A request read from JSON text. Borrows from the text what has no escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonRequest<'a> {
    principal: JsonCaller<'a>,
    members: Members<'a>,
    /// The first error that may not be the first of all, and the position of its member.
    error: Option<(usize, RequestError)>,
}

/// Memory for the lists that make up the context of one request.
#[derive(Debug, Default)]
pub struct ContextLists<'r> {
    /// The elements of all multivalued keys, one key after the other.
    elements: Vec<&'r str>,
    entries: Vec<(&'r str, ContextValue<'r>)>,
}

/// The documents of a request's session, for whoever can compile them.
#[derive(Debug, Clone, Copy)]
pub struct SessionDocuments<'a> {
    /// The caller's account, whose managed policies a document may name.
    pub account: Option<&'a str>,
    /// Each document as its JSON text: an object, or a string that names one. At least one.
    pub documents: &'a [&'a str],
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum JsonCaller<'a> {
    Arn(Cow<'a, str>),
    Service(Cow<'a, str>),
    Federated(Cow<'a, str>),
    CanonicalUser(Cow<'a, str>),
    Anonymous,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum JsonValue<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Members<'a> {
    principal: Option<JsonCaller<'a>>,
    action: Option<Cow<'a, str>>,
    resource: Option<Cow<'a, str>>,
    resource_account: Option<Cow<'a, str>>,
    context: Option<Vec<(Cow<'a, str>, JsonValue<'a>)>>,
    /// The JSON texts of the session's documents.
    session: Option<Vec<&'a str>>,
    /// Positions of `principal` and `session` among the members.
    principal_at: usize,
    session_at: usize,
}

impl JsonCaller<'_> {
    fn caller(&self) -> Caller<'_> {
        match self {
            JsonCaller::Arn(text) => Caller::Arn(text),
            JsonCaller::Service(text) => Caller::Service(text),
            JsonCaller::Federated(text) => Caller::Federated(text),
            JsonCaller::CanonicalUser(text) => Caller::CanonicalUser(text),
            JsonCaller::Anonymous => Caller::Anonymous,
        }
    }
}

impl<'a> JsonRequest<'a> {
    /// Reads one request.
    ///
    /// # Errors
    /// `json-syntax`, `limit-exceeded`, and whatever stands in the text before or at the principal: `duplicate-key`, `unknown-field`, `invalid-request`.
    pub fn parse(text: &'a str) -> Result<JsonRequest<'a>, RequestError> {
        match quick::read(text) {
            Some(read) => Ok(read),
            None => careful::read(text),
        }
    }

    /// The caller, for [`Bundle::principal`].
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        self.principal.caller()
    }

    /// Resolves the caller over a bundle.
    ///
    /// # Errors
    /// The first error of the whole text, unknown principals included (S-116); `unsupported-layer` for a request with session documents, which
    /// [`resolve_with`](JsonRequest::resolve_with) takes.
    pub fn resolve(&self, bundle: &Bundle) -> Result<Principal, RequestError> {
        self.resolve_with(bundle, |_| {
            Err(RequestError::new("unsupported-layer", "the request has session documents, and nothing here can compile them"))
        })
    }

    /// Resolves the caller over a bundle, limited by the policies of its session. The function compiles the session's documents, or finds them; it is called
    /// for a request that has some, unless an error stands before them.
    ///
    /// # Errors
    /// The first error of the whole text (S-116), the function's own included: it counts at the place of the session.
    pub fn resolve_with<E: From<RequestError>>(
        &self,
        bundle: &Bundle,
        session: impl FnOnce(SessionDocuments<'_>) -> Result<SessionPolicies, E>,
    ) -> Result<Principal, E> {
        let Members { principal_at, session_at, .. } = self.members;
        let mut first: Option<(usize, E)> = self.error.clone().map(|(at, error)| (at, error.into()));
        let mut note = |at: usize, error: E| {
            if first.as_ref().is_none_or(|(earliest, _)| at < *earliest) {
                first = Some((at, error));
            }
        };
        let mut principal = bundle.principal(self.caller()).map_err(|error| note(principal_at, error.into())).ok();
        // Behind a caller that cannot be resolved no error of a document could count.
        let is_behind_error = principal.is_none() && principal_at < session_at;
        let documents = self.members.session.as_deref().filter(|documents| !documents.is_empty() && !is_behind_error);
        if let Some(documents) = documents {
            let account = check::caller(self.caller()).ok().and_then(|form| form.account());
            let limited = session(SessionDocuments { account, documents }).and_then(|policies| {
                let limited = principal.as_ref().map(|principal| principal.with_session(bundle, &policies));
                limited.transpose().map_err(E::from)
            });
            match limited {
                Ok(limited) => principal = limited,
                Err(error) => note(session_at, error),
            }
        }
        match (principal, first) {
            (_, Some((_, error))) => Err(error),
            (Some(principal), None) => Ok(principal),
            // A caller that cannot be resolved was noted.
            (None, None) => Err(RequestError::unknown_principal("the caller cannot be resolved").into()),
        }
    }

    /// The JSON texts of the session's documents; empty without a session.
    #[must_use]
    pub fn session(&self) -> &[&'a str] {
        self.members.session.as_deref().unwrap_or_default()
    }

    /// Whether the text holds an error other than an unknown principal or one in a session document.
    ///
    /// # Errors
    /// The first such error.
    pub fn check(&self) -> Result<(), RequestError> {
        match &self.error {
            Some((_, error)) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Calls the function with the request, which borrows from this. Allocates as [`request`](JsonRequest::request) does.
    ///
    /// # Errors
    /// Those of [`check`](JsonRequest::check); the function is not called then.
    pub fn with_request<R>(&self, decide: impl FnOnce(&Request<'_>) -> R) -> Result<R, RequestError> {
        let mut lists = ContextLists::default();
        self.request(&mut lists).map(|request| decide(&request))
    }

    /// The request, as something to keep: it borrows from this and from the lists. Allocates a list for the context, and one for the elements of all its multivalued
    /// keys.
    ///
    /// # Errors
    /// Those of [`check`](JsonRequest::check).
    pub fn request<'r>(&'r self, lists: &'r mut ContextLists<'r>) -> Result<Request<'r>, RequestError> {
        self.check()?;
        let context = self.members.context.as_deref().unwrap_or_default();
        let ContextLists { elements, entries } = lists;
        elements.clear();
        for (_, value) in context {
            if let JsonValue::Many(texts) = value {
                elements.extend(texts.iter().map(|text| &**text));
            }
        }
        let mut rest: &'r [&'r str] = elements;
        entries.clear();
        entries.reserve(context.len());
        for (key, value) in context {
            let value = match value {
                JsonValue::One(text) => ContextValue::One(text),
                JsonValue::Many(texts) => {
                    // As many as were put in for this key.
                    let (own, others) = rest.split_at_checked(texts.len()).unwrap_or_default();
                    rest = others;
                    ContextValue::Many(own)
                }
            };
            entries.push((key, value));
        }
        Ok(Request {
            action: self.members.action.as_deref().unwrap_or_default(),
            resource: self.members.resource.as_deref(),
            resource_account: self.members.resource_account.as_deref(),
            context: entries,
        })
    }
}
