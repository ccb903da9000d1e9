//! What is wrong with a text that the JSON grammar refuses.
//!
//! The parser reports where a *rule* began that failed; an author wants the character at which reading stopped, and what
//! could have stood there. So a refused text is walked once more, with an explicit stack instead of recursion. The
//! grammar alone decides what is accepted; the tests hold the two to the same verdict on every text they meet.

use crate::diag::{Code, Diagnostic, FileId, Span, quoted};

/// What the walk expects next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    ElementOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
    End,
}

struct Walk<'t> {
    text: &'t str,
    at: usize,
    open: Vec<(u8, usize)>,
}

/// What stopped the walk: the place, its length, the message, and the opening bracket that is still open.
pub(super) struct Stop {
    pub(super) at: usize,
    len: usize,
    message: String,
    open: Option<usize>,
    help: Option<&'static str>,
}

/// The diagnostic for a text that the grammar refused. `fallback` is the parser's own place.
pub(super) fn syntax_error(file: FileId, text: &str, base: usize, fallback: usize) -> Diagnostic {
    let stop = walk(text).unwrap_or(Stop { at: fallback, len: 0, message: "this is not JSON".to_owned(), open: None, help: None });
    let span = Span::new(file, base + stop.at, base + stop.at + stop.len);
    let mut diagnostic = Diagnostic::new(Code::JsonSyntax, span, stop.message);
    diagnostic.help = stop.help.map(str::to_owned);
    if let Some(open) = stop.open {
        diagnostic = diagnostic.with_label(Span::new(file, base + open, base + open + 1), "opened here");
    }
    diagnostic
}

/// Where reading stops; `None` for a text that is JSON.
pub(super) fn walk(text: &str) -> Option<Stop> {
    let mut walk = Walk { text, at: 0, open: Vec::new() };
    let mut expect = Expect::Value;
    loop {
        walk.space();
        let Some(byte) = walk.peek() else {
            return if matches!(expect, Expect::End) { None } else { Some(walk.ended(expect)) };
        };
        expect = match (expect, byte) {
            (Expect::ElementOrEnd, b']') | (Expect::KeyOrEnd, b'}') => walk.close(),
            (Expect::CommaOrEnd, b'}' | b']') if walk.open.last().is_some_and(|(bracket, _)| *bracket == byte) => walk.close(),
            (Expect::CommaOrEnd, b',') => {
                walk.at += 1;
                if walk.open.last().is_some_and(|(bracket, _)| *bracket == b'}') { Expect::Key } else { Expect::Value }
            }
            (Expect::Colon, b':') => {
                walk.at += 1;
                Expect::Value
            }
            (Expect::Key | Expect::KeyOrEnd, b'"') => match walk.string() {
                Some(stop) => return Some(stop),
                None => Expect::Colon,
            },
            (Expect::Value | Expect::ElementOrEnd, b'{' | b'[') => {
                walk.open.push((if byte == b'{' { b'}' } else { b']' }, walk.at));
                walk.at += 1;
                if byte == b'{' { Expect::KeyOrEnd } else { Expect::ElementOrEnd }
            }
            (Expect::Value | Expect::ElementOrEnd, b'"') => match walk.string() {
                Some(stop) => return Some(stop),
                None => walk.after(),
            },
            (Expect::Value | Expect::ElementOrEnd, b'-' | b'0'..=b'9') => match walk.number() {
                Some(stop) => return Some(stop),
                None => walk.after(),
            },
            (Expect::Value | Expect::ElementOrEnd, b't' | b'f' | b'n') if walk.word() => walk.after(),
            _ => return Some(walk.unexpected(expect)),
        };
    }
}

impl Walk<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn after(&self) -> Expect {
        if self.open.is_empty() { Expect::End } else { Expect::CommaOrEnd }
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        self.open.pop();
        self.after()
    }

    fn string(&mut self) -> Option<Stop> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    let message = "this string has no closing quote".to_owned();
                    return Some(Stop { at: start, len: 1, message, open: None, help: None });
                }
                Some(b'"') => {
                    self.at += 1;
                    return None;
                }
                Some(b'\\') => {
                    let escape = self.text.as_bytes().get(self.at + 1).copied();
                    let hexadecimal =
                        self.text.as_bytes().get(self.at + 2..self.at + 6).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                    match escape {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
                        Some(b'u') if hexadecimal => self.at += 6,
                        _ => {
                            let help = "a backslash itself is written `\\\\`, any character `\\u` and four hexadecimal digits";
                            let len = 1 + self.character_at(self.at + 1).map_or(0, char::len_utf8);
                            return Some(Stop { at: self.at, len, message: "an unknown escape".to_owned(), open: None, help: Some(help) });
                        }
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Option<Stop> {
        let start = self.at;
        let digits = |walk: &mut Self| {
            let from = walk.at;
            while matches!(walk.peek(), Some(b'0'..=b'9')) {
                walk.at += 1;
            }
            walk.at > from
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let mut good = if self.peek() == Some(b'0') {
            self.at += 1;
            !matches!(self.peek(), Some(b'0'..=b'9'))
        } else {
            digits(self)
        };
        if good && self.peek() == Some(b'.') {
            self.at += 1;
            good = digits(self);
        }
        if good && matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            good = digits(self);
        }
        if good {
            return None;
        }
        let len = (self.at - start).max(1);
        let help = Some("no leading zeros, and digits on both sides of a point");
        Some(Stop { at: start, len, message: "this is no JSON number".to_owned(), open: None, help })
    }

    fn word(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word));
        self.at += word.map_or(0, str::len);
        word.is_some()
    }

    fn character_at(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }

    fn wanted(&self, expect: Expect) -> &'static str {
        match expect {
            Expect::Value => "a value",
            Expect::ElementOrEnd => "a value or `]`",
            Expect::KeyOrEnd => "a key in double quotes or `}`",
            Expect::Key => "a key in double quotes",
            Expect::Colon => "`:` behind the key",
            Expect::CommaOrEnd if self.open.last().is_some_and(|(bracket, _)| *bracket == b'}') => "`,` or `}`",
            Expect::CommaOrEnd => "`,` or `]`",
            Expect::End => "nothing more",
        }
    }

    fn ended(&self, expect: Expect) -> Stop {
        let message = format!("the text ends where {} is expected", self.wanted(expect));
        Stop { at: self.text.len(), len: 0, message, open: self.open.last().map(|(_, at)| *at), help: None }
    }

    fn unexpected(&self, expect: Expect) -> Stop {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(40).map(char::len_utf8).sum();
        let len = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
        let found = rest.get(..len).unwrap_or_default();
        let message = match expect {
            Expect::End => format!("{} behind the end of the JSON value", quoted(found)),
            _ => format!("expected {}, found {}", self.wanted(expect), quoted(found)),
        };
        let help = match (expect, rest.as_bytes().first()) {
            (Expect::Key, Some(b'}')) | (Expect::Value, Some(b']')) => Some("JSON allows no comma behind the last one"),
            (_, Some(b'/' | b'#')) => Some("JSON has no comments"),
            (_, Some(b'\'')) => Some("JSON strings stand in double quotes"),
            (Expect::CommaOrEnd, Some(b'"')) => Some("is a comma missing in front of it?"),
            _ => None,
        };
        Stop { at: self.at, len, message, open: None, help }
    }
}
