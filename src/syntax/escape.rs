//! Escapes in JSON strings.

/// Why a string cannot be read, and where in it (bytes from the start of what was given).
pub(super) struct EscapeError {
    /// Offset of the escape.
    pub(super) at: usize,
    /// Bytes of the escape.
    pub(super) len: usize,
    /// The message.
    pub(super) message: &'static str,
}

/// The text that `raw`, the inside of a string which the grammar accepted, stands for.
///
/// # Errors
/// At a surrogate without its partner: it is no character, and a reader that replaced it would make two texts equal.
pub(super) fn unescape(raw: &str) -> Result<String, EscapeError> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        let offset = raw.len() - escape.len();
        let (character, len) = match escape.as_bytes().get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => unicode(escape).ok_or(EscapeError {
                at: offset,
                len: 6,
                message: "a surrogate escape without its partner is no character",
            })?,
            Some(other) => (char::from(*other), 2),
            None => return Err(EscapeError { at: offset, len: 1, message: "an escape without its character" }),
        };
        text.push(character);
        rest = escape.get(len..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(text)
}

/// The character of `\uXXXX`, or of two of them that are a surrogate pair, and the bytes that it took.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = escape.get(at..).filter(|text| text.starts_with("\\u")).and_then(|text| text.get(2..6))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let high = unit(0)?;
    if let Some(character) = char::from_u32(high) {
        return Some((character, 6));
    }
    let low = unit(6)?;
    if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low) {
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).map(|character| (character, 12))
    } else {
        None
    }
}
