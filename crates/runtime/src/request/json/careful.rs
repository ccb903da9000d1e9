//! The reader that knows every error: any text, a value at a time.
//!
//! It reads the text as a whole first, so that one that is no JSON is `json-syntax` whatever else is in it, then the members in their order up to the first error. Each level is read
//! again for its parts; what that costs, [`quick`](super::quick) saves for requests without an error.
//!
//! Input: a text of any length. Output: a [`JsonRequest`], or the error that counts.

use super::{JsonCaller, JsonRequest, JsonValue, Members};
use crate::request::check::{self, CallerForm};
use crate::request::limits::{CONTEXT_KEYS_MAX, NESTING_MAX, REQUEST_BYTES_MAX};
use crate::request::session::takes_none;
use crate::request::{Caller, RequestError};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Reads any text.
pub(super) fn read(text: &str) -> Result<JsonRequest<'_>, RequestError> {
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
    check::caller(read.caller())?;
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
    principal.as_deref().and_then(|text| check::caller(Caller::Arn(text)).ok()).is_some_and(CallerForm::takes_session)
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
pub(super) fn nesting(text: &str) -> usize {
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
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

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
