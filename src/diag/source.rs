//! The texts that diagnostics point into.
//!
//! [`Sources`] owns every file that was read, in the order of reading. A file remembers the place that named it, so the
//! files form a forest whose roots were given by the user, and "first in the text" (S-116) is a walk over that forest:
//! what a file holds stands where the file is named.

use super::Diagnostic;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place in a file: bytes `start..end`, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span of bytes `start..end` of a file. Offsets beyond 4 GiB, which no limit lets in, are cut to the largest.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: cut(start), end: cut(end) }
    }

    /// The bytes of the span as a range of offsets.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people count: both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The character within the line.
    pub column: u32,
}

/// Bytes between two counts of characters.
const CHARACTER_BLOCK: usize = 1024;

/// One text.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    text: Arc<str>,
    named_at: Option<Span>,
    line_starts: OnceLock<Vec<u32>>,
    /// Characters before each block of [`CHARACTER_BLOCK`] bytes; built on first use.
    character_counts: OnceLock<Vec<usize>>,
}

impl SourceFile {
    fn new(name: String, text: Arc<str>, named_at: Option<Span>) -> SourceFile {
        SourceFile { name, text, named_at, line_starts: OnceLock::new(), character_counts: OnceLock::new() }
    }

    /// The name to show, usually the path as the user or the naming file wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The value in another file that named this one; `None` for a file given by the user.
    pub fn named_at(&self) -> Option<Span> {
        self.named_at
    }

    /// Offsets at which lines start; built on first use.
    pub(super) fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// Index of the line that holds the offset, and the offset at which it starts.
    pub(super) fn line_at(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        (line, starts.get(line).map_or(0, |start| *start as usize))
    }

    /// Characters before an offset. Counted once for each block, so that places in one long line (a world without line breaks) stay cheap.
    fn characters_before(&self, offset: usize) -> usize {
        let count = |block: &[u8]| block.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let blocks = self.character_counts.get_or_init(|| {
            let mut total = 0usize;
            let sums = self.text.as_bytes().chunks(CHARACTER_BLOCK).map(|block| {
                total += count(block);
                total
            });
            std::iter::once(0).chain(sums).collect()
        });
        let block = offset / CHARACTER_BLOCK;
        let rest = self.text.as_bytes().get(block * CHARACTER_BLOCK..offset).map_or(0, count);
        blocks.get(block).copied().unwrap_or(0) + rest
    }

    /// The range of a line by its index, without its line break.
    pub(super) fn line_range(&self, line: usize) -> Range<usize> {
        let starts = self.line_starts();
        let start = starts.get(line).map_or(self.text.len(), |start| *start as usize);
        let end = starts.get(line + 1).map_or(self.text.len(), |next| *next as usize);
        let content = self.text.get(start..end).unwrap_or_default();
        let content = content.strip_suffix('\n').unwrap_or(content);
        let content = content.strip_suffix('\r').unwrap_or(content);
        start..start + content.len()
    }

    /// The nearest character boundary at or before an offset.
    pub(super) fn floor(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

/// All texts of one run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No texts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text. `named_at` is the value in an earlier file that named it.
    pub fn add(&mut self, name: String, text: impl Into<Arc<str>>, named_at: Option<Span>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name, text.into(), named_at));
        id
    }

    /// A file. An id of other `Sources` gives an empty file without a name.
    pub fn file(&self, id: FileId) -> &SourceFile {
        static NOWHERE: OnceLock<SourceFile> = OnceLock::new();
        let nowhere = || NOWHERE.get_or_init(|| SourceFile::new(String::new(), Arc::from(""), None));
        self.files.get(id.0 as usize).unwrap_or_else(nowhere)
    }

    /// The number of files; their ids are `0..len`.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True without files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text of a span; empty if the span is none of the file.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text().get(span.range()).unwrap_or_default()
    }

    /// Line and column of an offset. An offset inside a character counts as its start, one behind the text as its end.
    pub fn line_column(&self, file: FileId, offset: u32) -> LineColumn {
        let file = self.file(file);
        let offset = file.floor(offset as usize);
        let (line, start) = file.line_at(offset);
        let column = file.characters_before(offset).saturating_sub(file.characters_before(start));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        LineColumn { line: count(line), column: count(column) }
    }

    /// Sorts diagnostics as the text stands (S-116): by the start of their spans, where the content of a file counts at
    /// the place that names the file. Stable: what starts at one place keeps its order.
    pub fn sort(&self, diagnostics: &mut [Diagnostic]) {
        diagnostics.sort_by_cached_key(|diagnostic| self.chain(diagnostic.span));
    }

    /// The places from the outermost file down to the span: a root file by its id, then offsets. A file that stands at a
    /// place comes behind what the naming file itself reports there, because the shorter chain sorts first.
    fn chain(&self, span: Span) -> Vec<u32> {
        let mut chain = vec![span.start];
        let mut file = span.file;
        // A file is named by an earlier one; the bound keeps a malformed forest from looping.
        for _ in 0..self.files.len() {
            match self.file(file).named_at() {
                Some(place) => {
                    chain.push(place.start);
                    file = place.file;
                }
                None => break,
            }
        }
        chain.push(file.0);
        chain.reverse();
        chain
    }
}
