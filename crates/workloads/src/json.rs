//! A JSON tree that is written exactly as built.
//!
//! Numbers are text, so that `10.0`, `1e3` and integers beyond 64 bits reach the readers under test unchanged; members keep
//! their order and may repeat. Only writing is needed: every text is made here.

use std::fmt;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A string, unescaped.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object; members in the order of the text.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A string value.
    pub fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }

    /// An object with no members yet.
    pub fn object() -> Json {
        Json::Object(Vec::new())
    }

    /// An array of strings.
    pub fn texts<T: AsRef<str>>(texts: &[T]) -> Json {
        Json::List(texts.iter().map(|text| Json::text(text.as_ref())).collect())
    }

    /// The object with one more member at its end; anything but an object stays as it is.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Json) -> Json {
        if let Json::Object(members) = &mut self {
            members.push((name.into(), value));
        }
        self
    }

    /// [`Json::with`] for a member that may be absent.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<Json>) -> Json {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The first member of that name.
    pub fn member(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(member, _)| member == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The first member of that name, to change it.
    pub fn member_mut(&mut self, name: &str) -> Option<&mut Json> {
        match self {
            Json::Object(members) => members.iter_mut().find(|(member, _)| member == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string's text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => out.write_str("null"),
            Json::Bool(value) => write!(out, "{value}"),
            Json::Number(text) => out.write_str(text),
            Json::Text(text) => write_text(out, text),
            Json::List(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.write_str(",")?;
                    }
                    write!(out, "{item}")?;
                }
                out.write_str("]")
            }
            Json::Object(members) => {
                out.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.write_str(",")?;
                    }
                    write_text(out, name)?;
                    write!(out, ":{value}")?;
                }
                out.write_str("}")
            }
        }
    }
}

fn write_text(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            control if u32::from(control) < 0x20 => write!(out, "\\u{:04x}", u32::from(control))?,
            other => write!(out, "{other}")?,
        }
    }
    out.write_str("\"")
}

/// Whether a text is a JSON number, so that it may also be written without quotes.
pub fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_was_built() {
        let json = Json::object()
            .with("a\"", Json::Number("10.0".to_owned()))
            .with("b", Json::List(vec![Json::Bool(true), Json::Null, Json::text("x\n\\é")]));
        assert_eq!(json.to_string(), r#"{"a\"":10.0,"b":[true,null,"x\u000a\\é"]}"#);
    }

    #[test]
    fn numbers() {
        for text in ["0", "-0", "10", "10.50", "1e3", "1E+3", "9007199254740993"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "01", "+1", "1.", ".5", "1e", "--1", "0x1", "1.e3"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
