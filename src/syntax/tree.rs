//! The spanned tree of one JSON value.
//!
//! An arena in the order of the text: a container comes before what it holds, an object holds key, value, key, value.
//! Strings without escapes are slices of the text. A [`Node`] is a reference into the arena and as cheap to copy.
//!
//! Invariants: `next` of an entry lies behind it and behind everything it holds, and within the arena or at its end; an
//! object holds an even number of entries of which the even ones are strings.

use super::escape::unescape;
use super::{Limits, explain, scan};
use crate::diag::{Code, Diagnostic, FileId, Span, quoted};
use pest::{Parser, Token};
use std::collections::HashMap;
use std::ops::Range;

mod grammar {
    #![allow(missing_docs, reason = "generated; the rules are documented in the grammar")]

    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/json.pest"]
    pub(super) struct JsonParser;
}

use grammar::{JsonParser, Rule};

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The kind with its article, for messages.
    pub fn describe(self) -> &'static str {
        match self {
            Kind::Null => "`null`",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        }
    }
}

#[derive(Debug, Clone)]
struct Entry {
    start: u32,
    end: u32,
    /// Index of the entry behind this one and all that it holds.
    next: u32,
    /// Containers: the number of values that it holds directly, keys included. Strings: 0, or 1 + index into `unescaped`.
    extra: u32,
    kind: Kind,
}

/// The tree of one JSON value in a text.
#[derive(Debug)]
pub struct Tree<'s> {
    file: FileId,
    text: &'s str,
    entries: Vec<Entry>,
    unescaped: Vec<Box<str>>,
}

impl<'s> Tree<'s> {
    /// Reads the one JSON value in `range` of `text`, white space around it allowed. Spans count from the start of `text`.
    ///
    /// # Errors
    /// `json-syntax` at the first byte that cannot be read on, `limit-exceeded` at what is too deep, long or many.
    /// Duplicate keys are not errors here: see [`duplicate_keys`].
    pub fn parse(file: FileId, text: &'s str, range: Range<usize>, limits: &Limits) -> Result<Tree<'s>, Diagnostic> {
        let base = range.start;
        let Some(part) = text.get(range) else {
            return Err(Diagnostic::new(Code::JsonSyntax, Span::new(file, text.len(), text.len()), "there is no text here"));
        };
        if u32::try_from(base + part.len()).is_err() {
            return Err(Diagnostic::new(Code::LimitExceeded, Span::new(file, base, base), "the text is longer than 4 GiB"));
        }
        let escapes = scan::scan(file, part, base, limits)?;
        let pairs = JsonParser::parse(Rule::text, part).map_err(|error| {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            explain::syntax_error(file, part, base, at)
        })?;
        let mut tree = Tree { file, text, entries: Vec::with_capacity(part.len() / 24 + 4), unescaped: Vec::new() };
        tree.fill(pairs.tokens(), part, base, escapes, limits)?;
        Ok(tree)
    }

    /// One pass over the parser's tokens.
    fn fill<'i>(
        &mut self,
        tokens: impl Iterator<Item = Token<'i, Rule>>,
        part: &'i str,
        base: usize,
        escapes: bool,
        limits: &Limits,
    ) -> Result<(), Diagnostic> {
        let offset = |at: usize| u32::try_from(base + at).unwrap_or(u32::MAX);
        let mut open: Vec<usize> = Vec::new();
        for token in tokens {
            match token {
                Token::Start { rule, pos } => {
                    let kind = match rule {
                        Rule::string => Kind::String,
                        Rule::object => Kind::Object,
                        Rule::array => Kind::Array,
                        Rule::number => Kind::Number,
                        Rule::true_ | Rule::false_ => Kind::Bool,
                        Rule::null_ => Kind::Null,
                        _ => continue,
                    };
                    if let Some(holder) = open.last().and_then(|index| self.entries.get_mut(*index)) {
                        holder.extra += 1;
                    }
                    if matches!(kind, Kind::Object | Kind::Array) {
                        open.push(self.entries.len());
                    }
                    self.entries.push(Entry { start: offset(pos.pos()), end: 0, next: 0, extra: 0, kind });
                }
                Token::End { rule, pos } => {
                    let index = match rule {
                        Rule::object | Rule::array => open.pop(),
                        Rule::EOI => continue,
                        _ => self.entries.len().checked_sub(1),
                    };
                    let count = self.entries.len();
                    let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) else { continue };
                    entry.end = offset(pos.pos());
                    entry.next = u32::try_from(count).unwrap_or(u32::MAX);
                    let span = Span { file: self.file, start: entry.start, end: entry.end };
                    if entry.kind == Kind::Object && entry.extra as usize / 2 > limits.object_keys {
                        let message = format!("an object with more than {} members", limits.object_keys);
                        return Err(Diagnostic::new(Code::LimitExceeded, Span { end: span.start + 1, ..span }, message));
                    }
                    if entry.kind == Kind::String {
                        let raw =
                            part.get(span.start as usize - base + 1..(span.end as usize - base).saturating_sub(1)).unwrap_or_default();
                        let mut bytes = raw.len();
                        if escapes && raw.as_bytes().contains(&b'\\') {
                            let text = unescape(raw).map_err(|error| {
                                let at = span.start as usize + 1 + error.at;
                                Diagnostic::new(Code::JsonSyntax, Span::new(self.file, at, at + error.len), error.message)
                            })?;
                            bytes = text.len();
                            self.unescaped.push(text.into_boxed_str());
                            entry.extra = u32::try_from(self.unescaped.len()).unwrap_or(0);
                        }
                        if bytes > limits.string_bytes {
                            let message = format!("a string of {bytes} bytes, {} are allowed", limits.string_bytes);
                            return Err(Diagnostic::new(Code::LimitExceeded, Span { end: span.start + 1, ..span }, message));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The value.
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }

    /// The file that spans name.
    pub fn file(&self) -> FileId {
        self.file
    }
}

/// A value of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    index: u32,
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member<'t> {
    /// The key, escapes resolved.
    pub key: &'t str,
    /// The key in the text, with its quotes.
    pub key_span: Span,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    const NOTHING: &'static Entry = &Entry { start: 0, end: 0, next: 0, extra: 0, kind: Kind::Null };

    #[inline]
    fn entry(self) -> &'t Entry {
        self.tree.entries.get(self.index as usize).unwrap_or(Self::NOTHING)
    }

    /// The kind of the value.
    #[inline]
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// The value in the text, with its quotes or brackets.
    #[inline]
    pub fn span(self) -> Span {
        let entry = self.entry();
        Span { file: self.tree.file, start: entry.start, end: entry.end }
    }

    /// The value as it is written.
    pub fn source(self) -> &'t str {
        self.tree.text.get(self.span().range()).unwrap_or_default()
    }

    /// The whole text that the tree was read from.
    pub fn text(self) -> &'t str {
        self.tree.text
    }

    /// A string's text, escapes resolved.
    #[inline]
    pub fn as_str(self) -> Option<&'t str> {
        let entry = self.entry();
        if entry.kind != Kind::String {
            return None;
        }
        match entry.extra.checked_sub(1) {
            Some(index) => self.tree.unescaped.get(index as usize).map(|text| &**text),
            None => self.tree.text.get(entry.start as usize + 1..(entry.end as usize).saturating_sub(1)),
        }
    }

    /// True for a string that is written with escapes, so that offsets in it are not offsets in the text.
    pub fn has_escapes(self) -> bool {
        self.kind() == Kind::String && self.entry().extra != 0
    }

    /// A boolean's value.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.source() == "true")
    }

    /// A number's text.
    pub fn number_text(self) -> Option<&'t str> {
        (self.kind() == Kind::Number).then(|| self.source())
    }

    /// The elements of an array; none for any other kind.
    #[inline]
    pub fn items(self) -> Items<'t> {
        let entry = self.entry();
        let end = if entry.kind == Kind::Array { entry.next } else { 0 };
        Items { tree: self.tree, at: self.index + 1, end }
    }

    /// The members of an object in the order of the text; none for any other kind.
    #[inline]
    pub fn members(self) -> Members<'t> {
        let entry = self.entry();
        let end = if entry.kind == Kind::Object { entry.next } else { 0 };
        Members { inner: Items { tree: self.tree, at: self.index + 1, end } }
    }

    /// The first member with a key.
    pub fn member(self, key: &str) -> Option<Node<'t>> {
        self.members().find(|member| member.key == key).map(|member| member.value)
    }

    /// The number of elements or members; 0 for scalars.
    pub fn len(self) -> usize {
        let entry = self.entry();
        match entry.kind {
            Kind::Array => entry.extra as usize,
            Kind::Object => entry.extra as usize / 2,
            _ => 0,
        }
    }

    /// True without elements or members.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The closing brace or bracket; the last byte of a scalar.
    pub fn close_span(self) -> Span {
        let span = self.span();
        Span { start: span.end.saturating_sub(1), ..span }
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Items<'t> {
    tree: &'t Tree<'t>,
    at: u32,
    end: u32,
}

impl<'t> Iterator for Items<'t> {
    type Item = Node<'t>;

    #[inline]
    fn next(&mut self) -> Option<Node<'t>> {
        if self.at >= self.end {
            return None;
        }
        let node = Node { tree: self.tree, index: self.at };
        self.at = node.entry().next.max(self.at + 1);
        Some(node)
    }
}

/// The members of an object.
#[derive(Debug, Clone)]
pub struct Members<'t> {
    inner: Items<'t>,
}

impl<'t> Iterator for Members<'t> {
    type Item = Member<'t>;

    #[inline]
    fn next(&mut self) -> Option<Member<'t>> {
        let key = self.inner.next()?;
        let value = self.inner.next()?;
        Some(Member { key: key.as_str().unwrap_or_default(), key_span: key.span(), value })
    }
}

/// Objects with up to this many members are compared pair by pair, which beats a table.
const MEMBERS_COMPARED_PAIRWISE: usize = 12;

/// Reports every key that an object at or below `node` holds twice (S-103), at its second place, with the first as label.
pub fn duplicate_keys(node: Node<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut index = node.index;
    let end = node.entry().next;
    while index < end {
        let object = Node { tree: node.tree, index };
        index += 1;
        if object.kind() == Kind::Object {
            duplicates_of(object, diagnostics);
        }
    }
}

fn duplicates_of(object: Node<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let report = |member: Member<'_>, first: Span| {
        Diagnostic::new(Code::DuplicateKey, member.key_span, format!("the member {} stands twice in one object", quoted(member.key)))
            .with_label(first, "first here")
    };
    if object.len() <= MEMBERS_COMPARED_PAIRWISE {
        for (position, member) in object.members().enumerate() {
            if let Some(first) = object.members().take(position).find(|earlier| earlier.key == member.key) {
                diagnostics.push(report(member, first.key_span));
            }
        }
    } else {
        let mut seen = HashMap::with_capacity(object.len());
        for member in object.members() {
            if let Some(first) = seen.get(member.key) {
                diagnostics.push(report(member, *first));
            } else {
                seen.insert(member.key, member.key_span);
            }
        }
    }
}
