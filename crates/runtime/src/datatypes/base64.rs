//! Base64 texts (S-513).

/// Whether the text is base64 as RFC 4648 section 4 has it: padded, no other characters, unused bits zero. Each byte string has exactly one such
/// text, so equal texts are equal bytes. The empty text is that of no bytes.
#[must_use]
pub fn base64_is_canonical(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(4) {
        return false;
    }
    let (body, unused_bits) = match bytes {
        [] => return true,
        [body @ .., b'=', b'='] => (body, 4),
        [body @ .., b'='] => (body, 2),
        body => (body, 0),
    };
    let mut last = 0;
    for byte in body {
        let Some(value) = sextet(*byte) else { return false };
        last = value;
    }
    // A group of four holds two or three characters before its padding, and `body` is then never empty.
    last.trailing_zeros() >= unused_bits
}

/// The six bits that a character stands for.
fn sextet(byte: u8) -> Option<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    ALPHABET.iter().position(|character| *character == byte).and_then(|position| u8::try_from(position).ok())
}
