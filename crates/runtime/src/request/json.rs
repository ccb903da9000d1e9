//! Requests as JSON text, in the shape of the formats document. Feature `json`.
//!
//! A general reader keeps the last of repeated members and rounds large numbers; this one refuses the former and keeps numbers as they are written (S-112,
//! S-510). A text that is no JSON is `json-syntax`, whatever else is in it; of all other errors the one that stands first in the text counts (S-116).
//! Whether a principal is known depends on the bundle, so an error that stands after the principal waits for [`JsonRequest::resolve`].
//!
//! Session documents are handed over as text ([`JsonRequest::resolve_with`]): what compiles them knows the compiler, which this crate does not.
//!
//! Rules: S-103 (repeated members), S-116, S-206, S-502, S-526, S-715 (session policies).

use super::check::CallerForm;
use super::limits::{CONTEXT_KEYS_MAX, NESTING_MAX, REQUEST_BYTES_MAX};
use super::session::takes_none;
use super::{Caller, ContextValue, Principal, Request, RequestError, SessionPolicies, check};
use crate::open::Bundle;
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A request read from JSON text. Borrows from the text what has no escapes.
#[derive(Debug, Clone)]
pub struct JsonRequest<'a> {
    principal: JsonCaller<'a>,
    members: Members<'a>,
    /// The first error that may not be the first of all, and the position of its member.
    error: Option<(usize, RequestError)>,
}

/// The documents of a request's session, for whoever can compile them.
#[derive(Debug, Clone, Copy)]
pub struct SessionDocuments<'a> {
    /// The caller's account, whose managed policies a document may name.
    pub account: Option<&'a str>,
    /// Each document as its JSON text: an object, or a string that names one. At least one.
    pub documents: &'a [&'a str],
}

#[derive(Debug, Clone)]
enum JsonCaller<'a> {
    Arn(Cow<'a, str>),
    Service(Cow<'a, str>),
    Federated(Cow<'a, str>),
    CanonicalUser(Cow<'a, str>),
    Anonymous,
}

#[derive(Debug, Clone)]
enum JsonValue<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

#[derive(Debug, Clone, Default)]
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

impl<'a> JsonRequest<'a> {
    /// Reads one request.
    ///
    /// # Errors
    /// `json-syntax`, `limit-exceeded`, and whatever stands in the text before or at the principal: `duplicate-key`, `unknown-field`, `invalid-request`.
    pub fn parse(text: &'a str) -> Result<JsonRequest<'a>, RequestError> {
        if text.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::limit("the request is longer than 64 KiB"));
        }
        if nesting(text) > NESTING_MAX {
            return Err(RequestError::limit("the request is nested more than 32 levels deep"));
        }
        let raw = serde_json::from_str::<&RawValue>(text).map_err(|error| syntax(text, 0, &error))?;
        let mut members = Members::default();
        let entries = object(raw, "the request").map_err(|error| placed(text, error))?;
        let error = members.read(&entries).err().map(|(at, error)| (at, placed(text, error)));
        let has_session = members.session.as_ref().is_some_and(|documents| !documents.is_empty());
        match (members.principal.take(), error) {
            (Some(principal), error) => Ok(JsonRequest { principal, members, error }),
            (None, Some((at, error))) if has_session => {
                // A document of the session may hold an error that stands before this one; whose session it is, the principal behind them tells.
                let found = entries.iter().enumerate().skip(at).find(|(_, (name, _))| name == "principal");
                let Some((principal_at, (_, value))) = found else { return Err(error) };
                let Ok(principal) = read_principal(value) else { return Err(error) };
                members.principal_at = principal_at;
                Ok(JsonRequest { principal, members, error: Some((at, error)) })
            }
            (None, Some((_, error))) => Err(error),
            (None, None) => Err(RequestError::invalid("the request has no principal")),
        }
    }

    /// The caller, for [`Bundle::principal`].
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        match &self.principal {
            JsonCaller::Arn(text) => Caller::Arn(text),
            JsonCaller::Service(text) => Caller::Service(text),
            JsonCaller::Federated(text) => Caller::Federated(text),
            JsonCaller::CanonicalUser(text) => Caller::CanonicalUser(text),
            JsonCaller::Anonymous => Caller::Anonymous,
        }
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

    /// Calls the function with the request, which borrows from this. Allocates two short lists for the context.
    ///
    /// # Errors
    /// Those of [`check`](JsonRequest::check); the function is not called then.
    pub fn with_request<R>(&self, decide: impl FnOnce(&Request<'_>) -> R) -> Result<R, RequestError> {
        self.check()?;
        let context = self.members.context.as_deref().unwrap_or_default();
        let lists: Vec<Vec<&str>> = context
            .iter()
            .map(|(_, value)| match value {
                JsonValue::One(_) => Vec::new(),
                JsonValue::Many(texts) => texts.iter().map(|text| &**text).collect(),
            })
            .collect();
        let entries: Vec<(&str, ContextValue<'_>)> = context
            .iter()
            .zip(&lists)
            .map(|((key, value), list)| {
                let value = match value {
                    JsonValue::One(text) => ContextValue::One(text),
                    JsonValue::Many(_) => ContextValue::Many(list),
                };
                (&**key, value)
            })
            .collect();
        Ok(decide(&Request {
            action: self.members.action.as_deref().unwrap_or_default(),
            resource: self.members.resource.as_deref(),
            resource_account: self.members.resource_account.as_deref(),
            context: &entries,
        }))
    }
}

impl<'a> Members<'a> {
    /// Reads the members in the order of the text, up to the first error, which is given with its position.
    fn read(&mut self, entries: &[(Cow<'a, str>, &'a RawValue)]) -> Result<(), (usize, RequestError)> {
        for (at, (name, value)) in entries.iter().enumerate() {
            self.member(at, name, value, entries).map_err(|error| (at, error))?;
        }
        let missing = |what| Err((entries.len(), RequestError::invalid(what)));
        if self.principal.is_none() {
            return missing("the request has no principal");
        }
        if self.action.is_none() {
            return missing("the request has no action");
        }
        Ok(())
    }

    fn member(&mut self, at: usize, name: &str, value: &'a RawValue, entries: &[(Cow<'a, str>, &'a RawValue)]) -> Result<(), RequestError> {
        match name {
            "principal" => {
                once(&mut self.principal, name, || read_principal(value))?;
                self.principal_at = at;
            }
            "action" => once(&mut self.action, name, || {
                let text = string(value, "the action")?;
                check::action(text.as_bytes()).map(|()| text)
            })?,
            "resource" => once(&mut self.resource, name, || {
                let text = string(value, "the resource")?;
                check::resource(&text)?;
                Ok(text)
            })?,
            "resource_account" => once(&mut self.resource_account, name, || {
                let text = string(value, "the resource account")?;
                check::resource_account(&text).map(|()| text)
            })?,
            "context" => once(&mut self.context, name, || read_context(value))?,
            "session" => {
                once(&mut self.session, name, || read_session(value, takes_session(entries)))?;
                self.session_at = at;
            }
            _ => return Err(unknown_field(name)),
        }
        Ok(())
    }
}

/// Fills a member that must not be filled yet.
fn once<T>(member: &mut Option<T>, name: &str, read: impl FnOnce() -> Result<T, RequestError>) -> Result<(), RequestError> {
    if member.is_some() {
        return Err(RequestError::new("duplicate-key", format!("`{name}` occurs twice")));
    }
    *member = Some(read()?);
    Ok(())
}

fn read_principal<'a>(raw: &'a RawValue) -> Result<JsonCaller<'a>, RequestError> {
    let read = if raw.get().starts_with('{') {
        let mut found = None;
        for (name, value) in object(raw, "the principal")? {
            let wrap: fn(Cow<'a, str>) -> JsonCaller<'a> = match &*name {
                "Service" => JsonCaller::Service,
                "Federated" => JsonCaller::Federated,
                "CanonicalUser" => JsonCaller::CanonicalUser,
                // As in a policy's principal map (S-102), a key that nobody knows is an unknown member, not an unknown form (S-206).
                _ => return Err(unknown_field(&name)),
            };
            match &found {
                Some((earlier, _)) if *earlier == name => {
                    return Err(RequestError::new("duplicate-key", format!("`{name}` occurs twice")));
                }
                Some(_) => return Err(RequestError::invalid("the principal names more than one caller")),
                None => found = Some((name, wrap(string(value, "the principal")?))),
            }
        }
        found.map(|(_, caller)| caller).ok_or_else(|| RequestError::invalid("the principal is empty"))?
    } else {
        match string(raw, "the principal")? {
            text if text == "*" => JsonCaller::Anonymous,
            text => JsonCaller::Arn(text),
        }
    };
    check::caller(match &read {
        JsonCaller::Arn(text) => Caller::Arn(text),
        JsonCaller::Service(text) => Caller::Service(text),
        JsonCaller::Federated(text) => Caller::Federated(text),
        JsonCaller::CanonicalUser(text) => Caller::CanonicalUser(text),
        JsonCaller::Anonymous => Caller::Anonymous,
    })?;
    Ok(read)
}

fn read_context(raw: &RawValue) -> Result<Vec<(Cow<'_, str>, JsonValue<'_>)>, RequestError> {
    let mut context: Vec<(Cow<'_, str>, JsonValue<'_>)> = Vec::new();
    for (key, value) in object(raw, "the context")? {
        // At most 512 keys, so comparing each with all before it stays cheap.
        if context.len() >= CONTEXT_KEYS_MAX {
            return Err(RequestError::limit("the context has more than 512 keys"));
        }
        if let Some((earlier, _)) = context.iter().find(|(earlier, _)| earlier.eq_ignore_ascii_case(&key)) {
            return Err(check::repeated_key(earlier, &key));
        }
        let value = if value.get().starts_with('[') {
            let elements = elements(value)?;
            check::elements(elements.len())?;
            JsonValue::Many(elements.into_iter().map(scalar).collect::<Result<_, _>>()?)
        } else {
            JsonValue::One(scalar(value)?)
        };
        context.push((key, value));
    }
    Ok(context)
}

/// Whether the principal, wherever it stands, is a session that takes policies (S-715).
fn takes_session(entries: &[(Cow<'_, str>, &RawValue)]) -> bool {
    let principal = entries.iter().find(|(name, _)| name == "principal").and_then(|(_, value)| string(value, "the principal").ok());
    let form = principal.as_deref().and_then(|text| check::caller(Caller::Arn(text)).ok());
    matches!(form, Some(CallerForm::Session { .. } | CallerForm::Role { .. } | CallerForm::FederatedUser { .. }))
}

/// The texts of the session's documents; some for a caller that takes none are no request at all (S-715).
fn read_session(raw: &RawValue, takes_session: bool) -> Result<Vec<&str>, RequestError> {
    let mut policies = None;
    for (name, value) in object(raw, "the session")? {
        if name != "policies" {
            return Err(unknown_field(&name));
        }
        once(&mut policies, &name, || {
            if !value.get().starts_with('[') {
                return Err(RequestError::invalid("the session's policies are no list"));
            }
            let documents = elements(value)?;
            if !takes_session && !documents.is_empty() {
                return Err(takes_none());
            }
            Ok(documents.into_iter().map(RawValue::get).collect())
        })?;
    }
    Ok(policies.unwrap_or_default())
}

/// A string, number or boolean, as text (S-112, S-526).
fn scalar(raw: &RawValue) -> Result<Cow<'_, str>, RequestError> {
    let text = match raw.get().as_bytes().first() {
        Some(b'"') => string(raw, "a context value")?,
        Some(b'{' | b'[' | b'n') | None => {
            return Err(RequestError::invalid("a context value is no string, number, boolean or list of these"));
        }
        Some(_) => Cow::Borrowed(raw.get()),
    };
    check::value(&text).map(|()| text)
}

fn unknown_field(name: &str) -> RequestError {
    RequestError::new("unknown-field", format!("`{name}` is not known here"))
}

/// Within a value that is JSON as a whole, only a string can be wrong; it is looked for where it counts.
fn placed(text: &str, error: RequestError) -> RequestError {
    if error.code() == "json-syntax" { bad_string(text).unwrap_or(error) } else { error }
}

/// The error for a part of the request's text that begins at `start`, with its place in the whole text, as people count.
fn syntax(text: &str, start: usize, error: &serde_json::Error) -> RequestError {
    if text.starts_with('\u{feff}') {
        return RequestError::new("json-syntax", "the request begins with a byte order mark; save it without one");
    }
    let part = text.get(start..).unwrap_or_default();
    let lines_before: usize = part.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = start.saturating_add(lines_before).saturating_add(error.column().saturating_sub(1)).min(text.len());
    let before = text.get(..text.floor_char_boundary(at)).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    let message = format!("{error}");
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    let place = match before.matches('\n').count() {
        0 => format!("column {column}"),
        lines => format!("line {}, column {column} of the request", lines.saturating_add(1)),
    };
    RequestError::new("json-syntax", format!("the request is no JSON: {what} at {place}"))
}

/// The first string of a text, JSON but for what stands in strings, that is none: one with a lone surrogate.
fn bad_string(text: &str) -> Option<RequestError> {
    let mut start = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (start, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (None, b'"') => start = Some(at),
            (Some(from), b'"') => {
                start = None;
                if let Err(error) = serde_json::from_str::<Text<'_>>(text.get(from..=at)?) {
                    return Some(syntax(text, from, &error));
                }
            }
            _ => {}
        }
    }
    None
}

/// The deepest nesting of arrays and objects. A linear scan, before anything recurses.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A JSON string, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The members of an object, repeated ones too, in the order of the text.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// The elements of an array.
struct Array<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Array<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArrayVisitor;
        impl<'de> Visitor<'de> for ArrayVisitor {
            type Value = Array<'de>;
            fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element::<&'de RawValue>()? {
                    elements.push(element);
                }
                Ok(Array(elements))
            }
        }
        deserializer.deserialize_seq(ArrayVisitor)
    }
}

/// The members of a value that must be an object. Its text is JSON already; what can still be wrong in it is an escape, a lone surrogate.
fn object<'a>(raw: &'a RawValue, what: &str) -> Result<Vec<(Cow<'a, str>, &'a RawValue)>, RequestError> {
    if !raw.get().starts_with('{') {
        return Err(RequestError::invalid(format!("{what} is no object")));
    }
    serde_json::from_str::<Object<'a>>(raw.get()).map(|Object(members)| members).map_err(|error| syntax(raw.get(), 0, &error))
}

/// The elements of a value that is an array.
fn elements(raw: &RawValue) -> Result<Vec<&RawValue>, RequestError> {
    serde_json::from_str::<Array<'_>>(raw.get()).map(|Array(elements)| elements).map_err(|error| syntax(raw.get(), 0, &error))
}

/// The text of a value that must be a string.
fn string<'a>(raw: &'a RawValue, what: &str) -> Result<Cow<'a, str>, RequestError> {
    if !raw.get().starts_with('"') {
        return Err(RequestError::invalid(format!("{what} is no string")));
    }
    serde_json::from_str::<Text<'a>>(raw.get()).map(|Text(text)| text).map_err(|error| syntax(raw.get(), 0, &error))
}
