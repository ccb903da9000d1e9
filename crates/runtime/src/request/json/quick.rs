//! The reader of requests without an error: one pass over the text, each string looked at once.
//!
//! It gives up (`None`) on whatever could be an error: text that is no JSON, an unknown or repeated member, a value of the wrong kind, anything beyond a limit. Which error it
//! is, and which counts, is for [`careful`](super::careful) to say.
//!
//! INVARIANT: what this reads, `careful` reads equally. Nesting is bounded by the shapes that are read; below session documents, where any JSON may stand, it is counted.

use super::careful::{Text, nesting};
use super::{JsonCaller, JsonRequest, JsonValue, Members};
use crate::request::check;
use crate::request::limits::{CONTEXT_KEYS_MAX, NESTING_MAX, REQUEST_BYTES_MAX};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use serde_json::value::RawValue;

/// Context keys for which there is room at once.
const CONTEXT_KEYS: usize = 16;

/// Reads a request that holds no error.
pub(super) fn read(text: &str) -> Option<JsonRequest<'_>> {
    if text.len() > REQUEST_BYTES_MAX {
        return None;
    }
    let mut members = Members::default();
    let mut position = 0;
    let mut cursor = Cursor { text, at: 0 };
    cursor.members(|cursor, name| {
        match name {
            "principal" => {
                fill(&mut members.principal, cursor.principal()?)?;
                members.principal_at = position;
            }
            "action" => {
                let action = cursor.string()?;
                check::action(action.as_bytes()).ok()?;
                fill(&mut members.action, action)?;
            }
            "resource" => {
                let resource = cursor.string()?;
                check::resource(&resource).ok()?;
                fill(&mut members.resource, resource)?;
            }
            "resource_account" => {
                let account = cursor.string()?;
                check::resource_account(&account).ok()?;
                fill(&mut members.resource_account, account)?;
            }
            "context" => fill(&mut members.context, cursor.context()?)?,
            "session" => {
                fill(&mut members.session, cursor.session()?)?;
                members.session_at = position;
            }
            _ => return None,
        }
        position = position.saturating_add(1);
        Some(())
    })?;
    cursor.end()?;
    let principal = members.principal.take()?;
    members.action.as_ref()?;
    let form = check::caller(principal.caller()).ok()?;
    if members.session.as_ref().is_some_and(|documents| !documents.is_empty()) && (!form.takes_session() || nesting(text) > NESTING_MAX) {
        return None;
    }
    Some(JsonRequest { principal, members, error: None })
}

/// Fills a member that must not be filled yet.
fn fill<T>(member: &mut Option<T>, value: T) -> Option<()> {
    match member.replace(value) {
        None => Some(()),
        Some(_) => None,
    }
}

/// A place in the text.
#[derive(Debug)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space; stays before it.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.step();
        }
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Goes past this byte, which must be the next.
    fn take(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            return None;
        }
        self.step();
        Some(())
    }

    /// Nothing but white space may be left.
    fn end(&mut self) -> Option<()> {
        match self.peek() {
            None => Some(()),
            Some(_) => None,
        }
    }

    /// Whether another element follows: past the comma, or past the closing byte.
    fn goes_on(&mut self, close: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.step();
        match byte {
            b',' => Some(true),
            _ if byte == close => Some(false),
            _ => None,
        }
    }

    /// Whether an array or object is empty; then past its end.
    fn is_empty(&mut self, close: u8) -> Option<bool> {
        let is_empty = self.peek()? == close;
        if is_empty {
            self.step();
        }
        Some(is_empty)
    }

    /// Reads an object whose names have no escapes.
    fn members(&mut self, mut read: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.is_empty(b'}')? {
            return Some(());
        }
        loop {
            let Cow::Borrowed(name) = self.string()? else { return None };
            self.take(b':')?;
            read(self, name)?;
            if !self.goes_on(b'}')? {
                return Some(());
            }
        }
    }

    /// Reads an array.
    fn elements(&mut self, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.is_empty(b']')? {
            return Some(());
        }
        loop {
            read(self)?;
            if !self.goes_on(b']')? {
                return Some(());
            }
        }
    }

    /// A string; borrowed, if it has no escapes.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.take(b'"')?;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            self.at = self.at.checked_add(plain_length(self.rest()))?;
            match self.rest() {
                [b'"', ..] => break,
                // Whatever is escaped, it does not end the string.
                [b'\\', _, ..] => {
                    has_escapes = true;
                    self.at = self.at.checked_add(2)?;
                }
                _ => return None,
            }
        }
        let end = self.at;
        self.step();
        if has_escapes {
            let quoted = self.text.get(start.checked_sub(1)?..self.at)?;
            return serde_json::from_str::<Text<'a>>(quoted).ok().map(|Text(text)| text);
        }
        self.text.get(start..end).map(Cow::Borrowed)
    }

    /// A string, number or boolean, as text (S-112, S-526).
    fn scalar(&mut self) -> Option<Cow<'a, str>> {
        let first = self.peek()?;
        let text = if first == b'"' {
            self.string()?
        } else {
            let rest = self.rest();
            let length = match first {
                b't' if rest.starts_with(b"true") => 4,
                b'f' if rest.starts_with(b"false") => 5,
                _ => number_length(rest)?,
            };
            let start = self.at;
            self.at = self.at.checked_add(length)?;
            Cow::Borrowed(self.text.get(start..self.at)?)
        };
        check::value(&text).ok().map(|()| text)
    }

    fn principal(&mut self) -> Option<JsonCaller<'a>> {
        if self.peek()? == b'"' {
            return Some(match self.string()? {
                text if text == "*" => JsonCaller::Anonymous,
                text => JsonCaller::Arn(text),
            });
        }
        let mut caller = None;
        self.members(|cursor, name| {
            let text = cursor.string()?;
            let read = match name {
                "Service" => JsonCaller::Service(text),
                "Federated" => JsonCaller::Federated(text),
                "CanonicalUser" => JsonCaller::CanonicalUser(text),
                _ => return None,
            };
            fill(&mut caller, read)
        })?;
        caller
    }

    fn context(&mut self) -> Option<Vec<(Cow<'a, str>, JsonValue<'a>)>> {
        self.take(b'{')?;
        let mut context: Vec<(Cow<'a, str>, JsonValue<'a>)> = Vec::new();
        if self.is_empty(b'}')? {
            return Some(context);
        }
        context.reserve(CONTEXT_KEYS);
        loop {
            let key = self.string()?;
            // At most 512 keys, so comparing each with all before it stays cheap.
            if context.len() >= CONTEXT_KEYS_MAX || context.iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(&key)) {
                return None;
            }
            self.take(b':')?;
            let value = if self.peek()? == b'[' {
                let mut elements = Vec::new();
                self.elements(|cursor| {
                    elements.push(cursor.scalar()?);
                    Some(())
                })?;
                check::elements(elements.len()).ok()?;
                JsonValue::Many(elements)
            } else {
                JsonValue::One(self.scalar()?)
            };
            context.push((key, value));
            if !self.goes_on(b'}')? {
                return Some(context);
            }
        }
    }

    /// The texts of the session's documents.
    fn session(&mut self) -> Option<Vec<&'a str>> {
        let mut documents = None;
        self.members(|cursor, name| {
            if name != "policies" {
                return None;
            }
            let mut texts = Vec::new();
            cursor.elements(|cursor| {
                texts.push(cursor.any()?);
                Some(())
            })?;
            fill(&mut documents, texts)
        })?;
        Some(documents.unwrap_or_default())
    }

    /// The text of any value.
    fn any(&mut self) -> Option<&'a str> {
        let mut values = serde_json::Deserializer::from_str(self.text.get(self.at..)?).into_iter::<&'a RawValue>();
        let value = values.next()?.ok()?;
        self.at = self.at.checked_add(values.byte_offset())?;
        Some(value.get())
    }
}

/// How many bytes of a string stand before its end, an escape, or a control character, which no string may hold.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let mut length = 0_usize;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The high bit of each byte that is zero in `differences`, and of some above the first such byte: only the first counts.
        let zeros = |differences: u64| differences.wrapping_sub(ONES) & !differences;
        let quotes = zeros(word ^ (ONES.wrapping_mul(b'"' as u64)));
        let escapes = zeros(word ^ (ONES.wrapping_mul(b'\\' as u64)));
        let controls = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word;
        let found = (quotes | escapes | controls) & HIGH;
        if found != 0 {
            return length.saturating_add((found.trailing_zeros() / 8) as usize);
        }
        length = length.saturating_add(8);
    }
    let tail = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
    length.saturating_add(tail)
}

/// The length of the number that the text begins with.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let digits = text.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 { from.checked_add(digits) } else { None }
    };
    let mut at = usize::from(text.first() == Some(&b'-'));
    at = if text.get(at) == Some(&b'0') { at.checked_add(1)? } else { digits(at)? };
    if text.get(at) == Some(&b'.') {
        at = digits(at.checked_add(1)?)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at = at.checked_add(1)?;
        if let Some(b'+' | b'-') = text.get(at) {
            at = at.checked_add(1)?;
        }
        at = digits(at)?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::{plain_length, read};
    use crate::request::json::careful;

    const ROLE: &str = "arn:aws:sts::111111111111:assumed-role/app/s1";

    /// Requests of every shape, without and with an error.
    fn texts() -> Vec<String> {
        let with = |members: &str| format!(r#"{{"principal":"{ROLE}","action":"s3:GetObject"{members}}}"#);
        vec![
            with(r#","resource":"arn:aws:s3:::b/k","resource_account":"222222222222""#),
            with(r#","context":{"aws:SourceIp":"192.0.2.1","a":-1.50e+3,"b":true,"c":false,"d":["x",2,true],"e":[],"é":"ü"}"#),
            with(r#","resource":"arn:aws:s3:::b\/\u00e9\ud83d\ude00\"k","context":{"\u0061":"\\","A":"\n"}"#),
            with(r#","session":{"policies":[{"Statement":[]},"arn:aws:iam::aws:policy/P", "a"]},"context":{}"#),
            with(r#","session":{"policies":[]}"#),
            with(r#","session":{}"#),
            with(r#","action":"s3:GetObject""#),
            with(r#","context":{"a":null}"#),
            r#" { "action" : "a:b" , "principal" : { "Service" : "s" } , "context" : { "k" : [ 1 , 2 ] } } "#.to_owned(),
            r#"{"action":"a:b","principal":"*"}"#.to_owned(),
            r#"{"principal":{"CanonicalUser":"c","Federated":"f"},"action":"a:b","session":{"policies":[{}]}}"#.to_owned(),
            String::new(),
        ]
    }

    /// True if the quick reader reads the text, and then as the careful one does.
    fn agrees(text: &str) -> bool {
        match read(text) {
            Some(quick) => {
                assert_eq!(careful::read(text).ok().as_ref(), Some(&quick), "{text}");
                true
            }
            None => false,
        }
    }

    #[test]
    fn what_it_reads_is_read_equally() {
        let bytes = "\"\\{}[]:,0-.eu1aA* \u{1}é";
        let (mut tried, mut taken) = (0, 0);
        let mut check = |text: &str| {
            tried += 1;
            taken += usize::from(agrees(text));
        };
        for text in texts() {
            check(&text);
            for (at, removed) in text.char_indices() {
                let (before, behind) = (&text[..at], &text[at + removed.len_utf8()..]);
                check(before);
                check(&format!("{before}{behind}"));
                check(&format!("{before}{removed}{removed}{behind}"));
                for other in bytes.chars() {
                    check(&format!("{before}{other}{behind}"));
                    check(&format!("{before}{other}{removed}{behind}"));
                }
            }
        }
        assert!(taken > 5_000 && tried > 2 * taken, "{taken} of {tried}");
    }

    #[test]
    fn requests_without_an_error_are_read() {
        let read: Vec<bool> = texts().iter().map(|text| agrees(text)).collect();
        assert_eq!(read, [true, true, false, true, true, true, false, false, true, true, false, false]);
        // The third differs in the case of a key alone.
        assert!(agrees(&texts()[2].replace("\"A\"", "\"B\"")));
    }

    #[test]
    fn limits_are_the_same() {
        let action = r#"{"principal":"*","action":"a:b""#;
        let of_size = |size: usize| format!(r#"{action},"context":{{"k":"{}"}}}}"#, "x".repeat(size));
        assert!(agrees(&of_size(8 * 1024)) && !agrees(&of_size(8 * 1024 + 1)));
        let of_elements = |count: usize| format!(r#"{action},"context":{{"k":[{}0]}}}}"#, "1,".repeat(count - 1));
        assert!(agrees(&of_elements(1024)) && !agrees(&of_elements(1025)));
        let of_keys = |count: usize| {
            let keys: Vec<String> = (0..count).map(|key| format!("\"{key}\":0")).collect();
            format!(r#"{action},"context":{{{}}}}}"#, keys.join(","))
        };
        assert!(agrees(&of_keys(512)) && !agrees(&of_keys(513)));
        let nested = |depth: usize| {
            let document = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"principal":"{ROLE}","action":"a:b","session":{{"policies":[{{"a":{document}}}]}}}}"#)
        };
        assert!(agrees(&nested(28)) && !agrees(&nested(29)));
        let length = |spaces: usize| format!("{action}}}{}", " ".repeat(spaces));
        let full = 64 * 1024 - length(0).len();
        assert!(agrees(&length(full)) && !agrees(&length(full + 1)));
    }

    #[test]
    fn the_end_of_plain_text_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let special = matches!(byte, b'"' | b'\\' | 0..0x20);
            for at in 0..20 {
                for before in [b'a', b'!', b'[', 0x7f, 0x80, 0xff, b' '] {
                    let mut text = vec![before; 20];
                    text[at] = byte;
                    assert_eq!(plain_length(&text), if special { at } else { 20 }, "{byte} at {at} behind {before}");
                }
            }
        }
    }
}
