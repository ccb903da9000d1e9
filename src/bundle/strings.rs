//! Strings and their symbols.

use portcullis_runtime::format::{StringRecord, U32};
use std::collections::HashMap;

/// Gives texts their symbols.
pub(super) trait Symbols {
    /// The symbol of a text.
    fn symbol(&mut self, text: &str) -> u32;
    /// Where the text lies in the string bytes.
    fn offset(&self, symbol: u32) -> u32;
}

/// The first run: remembers every text and answers 0.
#[derive(Default)]
pub(super) struct Collector {
    symbols: HashMap<Box<str>, u32>,
}

impl Symbols for Collector {
    fn symbol(&mut self, text: &str) -> u32 {
        if !self.symbols.contains_key(text) {
            self.symbols.insert(text.into(), 0);
        }
        0
    }

    fn offset(&self, _: u32) -> u32 {
        0
    }
}

/// The second run: every text with its number in byte order.
pub(super) struct StringTable {
    symbols: HashMap<Box<str>, u32>,
    pub(super) bytes: Vec<u8>,
    pub(super) records: Vec<StringRecord>,
    /// A text that the first run did not see: a defect of the encoder, which the caller turns into an error.
    pub(super) missed: bool,
}

impl StringTable {
    /// The table of all collected texts; `None` when their bytes or their number pass 32 bits.
    pub(super) fn new(collector: Collector) -> Option<StringTable> {
        let mut symbols = collector.symbols;
        let mut texts: Vec<(&Box<str>, &mut u32)> = symbols.iter_mut().collect();
        texts.sort_unstable_by_key(|(text, _)| *text);
        let mut bytes = Vec::new();
        let mut records = Vec::with_capacity(texts.len());
        for (text, number) in texts {
            let offset = u32::try_from(bytes.len()).ok()?;
            let length = u32::try_from(text.len()).ok()?;
            offset.checked_add(length)?;
            bytes.extend_from_slice(text.as_bytes());
            *number = u32::try_from(records.len()).ok().filter(|symbol| *symbol < u32::MAX)?;
            records.push(StringRecord { offset: U32::new(offset), length: U32::new(length) });
        }
        Some(StringTable { symbols, bytes, records, missed: false })
    }

    /// The text with this symbol.
    pub(super) fn text(&self, symbol: u32) -> Option<&[u8]> {
        let record = self.records.get(symbol as usize)?;
        let offset = record.offset.get() as usize;
        self.bytes.get(offset..offset.checked_add(record.length.get() as usize)?)
    }
}

impl Symbols for StringTable {
    fn symbol(&mut self, text: &str) -> u32 {
        match self.symbols.get(text) {
            Some(&symbol) => symbol,
            None => {
                self.missed = true;
                0
            }
        }
    }

    fn offset(&self, symbol: u32) -> u32 {
        self.records.get(symbol as usize).map_or(0, |record| record.offset.get())
    }
}
