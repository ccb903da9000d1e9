//! Lines of a stream, in batches: as many whole lines as one read brings.
//!
//! A file comes in batches of a few megabytes, which are worth sharing out over threads; a pipe comes as its writer
//! writes, so that every line is answered before the next one is waited for. Memory is bounded by the buffer: a line that does not
//! fit in it is thrown away up to its end and reported as too long.

use std::io::{self, Read};
use std::ops::Range;

/// Bytes of the buffer.
const BUFFER_BYTES: usize = 4 << 20;

/// Whole lines of one read.
#[derive(Debug)]
pub(crate) struct Batch<'b> {
    /// Number of the first line, from 1.
    pub(crate) first: u64,
    bytes: &'b [u8],
    /// Where the lines are; `None` for one that was too long for the buffer.
    lines: Vec<Option<Range<usize>>>,
}

impl Batch<'_> {
    /// How many lines.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The bytes of all lines.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
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
    buffer: Vec<u8>,
    /// Bytes of the buffer that were handed out with the batch before.
    used: usize,
    /// Bytes of the buffer that hold something.
    filled: usize,
    /// Number of the next line, from 1.
    next: u64,
    /// The line that the stream stands in is too long and its bytes are thrown away.
    discarding: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of a stream.
    pub(crate) fn new(input: R) -> Self {
        Lines::with_buffer(input, BUFFER_BYTES)
    }

    fn with_buffer(input: R, bytes: usize) -> Self {
        Lines { input, buffer: vec![0; bytes], used: 0, filled: 0, next: 1, discarding: false, ended: false }
    }

    /// The next lines; `None` at the end. A last line without a line break is a line.
    pub(crate) fn next_batch(&mut self) -> io::Result<Option<Batch<'_>>> {
        self.buffer.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        // What is left of the batch before holds no line break, so only new bytes are searched.
        let whole = loop {
            if self.ended {
                return Ok(None);
            }
            if self.filled == self.buffer.len() {
                self.discarding = true;
                self.filled = 0;
            }
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let count = match self.input.read(room) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let before = self.filled;
            self.filled += count;
            if count == 0 {
                self.ended = true;
                if self.filled == 0 && !self.discarding {
                    return Ok(None);
                }
                break self.filled;
            }
            let new = self.buffer.get(before..self.filled).unwrap_or_default();
            if let Some(at) = new.iter().rposition(|byte| *byte == b'\n') {
                break before + at + 1;
            }
        };
        self.used = whole;
        let bytes = self.buffer.get(..whole).unwrap_or_default();
        let mut lines = Vec::with_capacity(bytes.len() / 256 + 1);
        let mut start = 0;
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        for end in ends {
            lines.push((!std::mem::take(&mut self.discarding)).then_some(start..end));
            start = end + 1;
        }
        if start < whole || (self.ended && self.discarding) {
            lines.push((!std::mem::take(&mut self.discarding)).then_some(start..whole));
        }
        let first = self.next;
        self.next += u64::try_from(lines.len()).unwrap_or(0);
        Ok(Some(Batch { first, bytes, lines }))
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
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
        let mut lines = Lines::with_buffer(Slow(text.as_bytes(), step), buffer);
        let mut all = Vec::new();
        while let Some(batch) = lines.next_batch().unwrap() {
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
