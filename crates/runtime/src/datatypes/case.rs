//! Simple case folding: one character becomes one character (S-508).

use alloc::string::String;

/// The version of the Unicode data that [`fold_char`] follows: that of the crate `unicode-case-mapping`.
pub const UNICODE_VERSION: (u64, u64, u64) = unicode_case_mapping::UNICODE_VERSION;

/// The simple case folding of a character, which is the character itself for most. The data is that of [`UNICODE_VERSION`] (16.0.0 at writing).
#[must_use]
pub fn fold_char(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    unicode_case_mapping::case_folded(character).and_then(|code| char::from_u32(code.get())).unwrap_or(character)
}

/// The text with every character folded. Folding a folded text changes nothing.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// Whether the texts are equal after folding. Allocates nothing.
#[must_use]
pub fn equal_folded(left: &str, right: &str) -> bool {
    left.chars().map(fold_char).eq(right.chars().map(fold_char))
}

/// Whether folding leaves the text as it is.
#[must_use]
pub fn is_folded(text: &str) -> bool {
    text.chars().all(|character| fold_char(character) == character)
}
