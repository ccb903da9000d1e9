//! The linear scan that cuts a world text into members and account slices, so that no parse ever holds a whole large world.
//!
//! A parsed tree takes about fifteen bytes of memory per byte of text; a world of a few hundred megabytes is therefore
//! parsed account by account. The scan knows strings and brackets and nothing else of JSON: it finds where the members of
//! the outermost object and the elements of its `accounts` array begin and end. It proves nothing. Every slice is parsed
//! strictly afterwards, and what lies between the slices is checked here to be exactly the punctuation of an object and
//! an array, so a text that passes both is JSON as a whole. Whatever looks odd gives `None`, and the caller parses the
//! text as a whole, which reports the error or, for unusual but legal spellings, succeeds.

use std::ops::Range;

/// A member of the outermost object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slice {
    /// The key with its quotes.
    pub(super) key: Range<usize>,
    /// The value.
    pub(super) value: Range<usize>,
    /// For a key written `accounts` with an array: the elements.
    pub(super) elements: Option<Vec<Range<usize>>>,
}

/// The members of the outermost object and the offset of its closing brace, or `None` if the text has to be parsed as a whole.
pub(super) fn cut(text: &str) -> Option<(Vec<Slice>, usize)> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    let (members, close) = scanner.object()?;
    scanner.space();
    (scanner.at == text.len()).then_some((members, close))
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Skips white space and takes `byte` if it is next.
    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn object(&mut self) -> Option<(Vec<Slice>, usize)> {
        let mut members = Vec::new();
        if !self.take(b'{') {
            return None;
        }
        if self.take(b'}') {
            return Some((members, self.at - 1));
        }
        loop {
            self.space();
            let key = self.string()?;
            if !self.take(b':') {
                return None;
            }
            self.space();
            let start = self.at;
            let is_accounts = self.bytes.get(key.clone()) == Some(b"\"accounts\"");
            let elements = if is_accounts && self.peek() == Some(b'[') { Some(self.elements()?) } else { None };
            if elements.is_none() {
                self.value()?;
            }
            members.push(Slice { key, value: start..self.at, elements });
            if !self.take(b',') {
                return self.take(b'}').then(|| (members, self.at - 1));
            }
        }
    }

    fn elements(&mut self) -> Option<Vec<Range<usize>>> {
        let mut elements = Vec::new();
        self.at += 1;
        if self.take(b']') {
            return Some(elements);
        }
        loop {
            self.space();
            elements.push(self.value()?);
            if !self.take(b',') {
                return self.take(b']').then_some(elements);
            }
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(start..self.at);
                }
                // The escaped byte is skipped unseen; it is never a quote that ends the string.
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    /// A value of any kind. Whether brackets match in kind is left to the parser.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek()? {
            b'"' => return self.string(),
            b'{' | b'[' => {}
            _ => return self.scalar(),
        }
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(start..self.at);
            }
        }
    }

    /// A number or a literal: everything up to punctuation or white space.
    fn scalar(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        while !matches!(self.peek(), None | Some(b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        (self.at > start).then_some(start..self.at)
    }
}
