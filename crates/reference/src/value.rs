//! The JSON value that worlds and requests arrive in, and the error of this crate.
//!
//! The value keeps what the rules need and general JSON values lose: the order of members (places are reported in the
//! order of the text, S-729) and the text of numbers as written (S-112, S-510). Reading helpers refuse what they do not
//! understand instead of passing it over.

use std::collections::BTreeSet;
use std::fmt;

/// A JSON value: members in the order of the text, numbers as they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as the JSON text that was written.
    Number(String),
    /// A string, with its escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object, its members in the order of the text.
    Object(Vec<(String, Value)>),
}

/// Why a world or a request has no decision. The caller denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The stable name of the error, as in rule S-116.
    pub code: &'static str,
    /// What was wrong, for a person to read.
    pub message: String,
}

impl Error {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Error {
        Error { code, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

/// A reader of one shape: it knows the error code for whatever does not have that shape.
#[derive(Clone, Copy)]
pub(crate) struct Shape(pub(crate) &'static str);

impl Shape {
    pub(crate) fn refuse<T>(self, message: impl Into<String>) -> Result<T, Error> {
        Err(Error::new(self.0, message))
    }

    /// The members of an object; a repeated name is refused (S-103).
    pub(crate) fn members<'v>(self, value: &'v Value, what: &str) -> Result<&'v [(String, Value)], Error> {
        let Value::Object(members) = value else {
            return self.refuse(format!("{what} is not an object"));
        };
        let mut seen = BTreeSet::new();
        for (name, _) in members {
            if !seen.insert(name) {
                return Err(Error::new("duplicate-key", format!("`{name}` occurs twice in {what}")));
            }
        }
        Ok(members)
    }

    pub(crate) fn items<'v>(self, value: &'v Value, what: &str) -> Result<&'v [Value], Error> {
        match value {
            Value::Array(items) => Ok(items),
            _ => self.refuse(format!("{what} is not an array")),
        }
    }

    pub(crate) fn text(self, value: &Value, what: &str) -> Result<String, Error> {
        match value {
            Value::String(text) => Ok(text.clone()),
            _ => self.refuse(format!("{what} is not a string")),
        }
    }

    pub(crate) fn texts(self, value: &Value, what: &str) -> Result<Vec<String>, Error> {
        one_or_many(value).iter().map(|item| self.text(item, what)).collect()
    }

    /// Strings, numbers and booleans as text: a boolean is `true` or `false`, a number its JSON text (S-112).
    pub(crate) fn scalar(self, value: &Value, what: &str) -> Result<String, Error> {
        match value {
            Value::String(text) | Value::Number(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => self.refuse(format!("{what} is not a string, number or boolean")),
        }
    }

    /// A required member that was looked for and perhaps not found.
    pub(crate) fn required<T>(self, value: Option<T>, what: &str) -> Result<T, Error> {
        value.ok_or_else(|| Error::new(self.0, format!("{what} is missing")))
    }
}

/// One value or an array of them, as lists in a policy may be written (S-111).
pub(crate) fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

pub(crate) fn unknown_field(name: &str, what: &str) -> Error {
    Error::new("unknown-field", format!("`{name}` is no member of {what}"))
}
