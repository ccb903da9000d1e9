//! Lines of a stream, in batches: as many whole lines as one read brings.
//!
//! A file comes in batches of a few hundred lines, which stay in a processor's own cache from reading to writing; a pipe comes as its writer
//! writes, so that every line is answered before the next one is waited for. Memory is bounded by the batch: a line that does not
//! fit in it is thrown away up to its end and reported as too long.

use std::io::{self, Read};
use std::ops::Range;

/// Bytes of a batch: twice the longest line that anything answers.
const BATCH_BYTES: usize = 128 << 10;

/// Whole lines of one read, with the memory in which they stand. A batch that is filled again keeps its memory.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Number of the first line, from 1.
    pub(crate) first: u64,
    bytes: Vec<u8>,
    /// Bytes of all lines.
    size: usize,
    /// Where the lines are; `None` for one that was too long for the batch.
    lines: Vec<Option<Range<usize>>>,
}

impl Batch {
    /// How many lines.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The bytes of all lines.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The bytes of a line without its line break; `None` for one that was too long.
    pub(crate) fn line(&self, index: usize) -> Option<&[u8]> {
        self.bytes.get(self.lines.get(index)?.clone()?)
    }
}

/// A stream, cut into lines.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    /// Bytes of each batch.
    room: usize,
    /// What was read and holds no line break yet.
    rest: Vec<u8>,
    /// Number of the next line, from 1.
    next: u64,
    /// The line that the stream stands in is too long and its bytes are thrown away.
    discarding: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of a stream.
    pub(crate) fn new(input: R) -> Self {
        Lines::with_room(input, BATCH_BYTES)
    }

    fn with_room(input: R, room: usize) -> Self {
        Lines { input, room, rest: Vec::new(), next: 1, discarding: false, ended: false }
    }

    /// Fills a batch with the next lines; false at the end. A last line without a line break is a line.
    pub(crate) fn fill(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.bytes.resize(self.room, 0);
        let mut filled = self.rest.len();
        batch.bytes.get_mut(..filled).unwrap_or_default().copy_from_slice(&self.rest);
        self.rest.clear();
        // What was left of the batch before holds no line break, so only new bytes are searched.
        let whole = loop {
            if self.ended {
                return Ok(false);
            }
            if filled == self.room {
                self.discarding = true;
                filled = 0;
            }
            let count = match self.input.read(batch.bytes.get_mut(filled..).unwrap_or_default()) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let before = filled;
            filled += count;
            if count == 0 {
                self.ended = true;
                if filled == 0 && !self.discarding {
                    return Ok(false);
                }
                break filled;
            }
            let new = batch.bytes.get(before..filled).unwrap_or_default();
            if let Some(at) = memchr::memrchr(b'\n', new) {
                break before + at + 1;
            }
        };
        self.rest.extend_from_slice(batch.bytes.get(whole..filled).unwrap_or_default());
        batch.size = whole;
        batch.lines.clear();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', batch.bytes.get(..whole).unwrap_or_default()) {
            batch.lines.push((!std::mem::take(&mut self.discarding)).then_some(start..end));
            start = end + 1;
        }
        if start < whole || (self.ended && self.discarding) {
            batch.lines.push((!std::mem::take(&mut self.discarding)).then_some(start..whole));
        }
        batch.first = self.next;
        self.next += u64::try_from(batch.lines.len()).unwrap_or(0);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Lines};
    use std::io::Read;

    /// Gives the bytes a few at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn all(text: &str, step: usize, buffer: usize) -> Vec<Option<String>> {
        let mut lines = Lines::with_room(Slow(text.as_bytes(), step), buffer);
        let mut all = Vec::new();
        // Filled again and again, as the command does.
        let mut batch = Batch::default();
        while lines.fill(&mut batch).unwrap() {
            assert_eq!(batch.first, all.len() as u64 + 1);
            for index in 0..batch.len() {
                all.push(batch.line(index).map(|line| String::from_utf8(line.to_vec()).unwrap()));
            }
        }
        all
    }

    #[test]
    fn every_line_comes_once_whatever_the_reads() {
        for step in 1..12 {
            for buffer in [6, 7, 64] {
                let lines = all("one\n\ntwo\nthree", step, buffer);
                assert_eq!(lines, ["one", "", "two", "three"].map(|line| Some(line.to_owned())), "step {step}, buffer {buffer}");
            }
        }
    }

    #[test]
    fn a_line_too_long_is_one_line_too_long() {
        for step in 1..12 {
            assert_eq!(all("ab\n0123456789\ncd\n", step, 6), [Some("ab".to_owned()), None, Some("cd".to_owned())], "step {step}");
            assert_eq!(all("ab\n0123456789", step, 6), [Some("ab".to_owned()), None], "step {step}");
        }
    }

    #[test]
    fn nothing_is_no_line() {
        assert!(all("", 1, 8).is_empty());
        assert_eq!(all("\n", 1, 8), [Some(String::new())]);
    }
}
