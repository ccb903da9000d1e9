//! The linear scan in front of the parse.
//!
//! Reads each byte once and refuses what the grammar leaves to it: nesting beyond the limit (before the parser calls
//! itself that deep) and raw control characters in strings. It does not judge anything else: brackets that do not
//! match, or a string without an end, are for the grammar to find.

use super::Limits;
use crate::diag::{Code, Diagnostic, FileId, Span};

/// Checks `text`, which stands at `base` of the file. True if a string in it has an escape.
///
/// # Errors
/// `limit-exceeded` at the bracket that nests too deeply, `json-syntax` at a control character in a string or at a byte
/// order mark.
pub(super) fn scan(file: FileId, text: &str, base: usize, limits: &Limits) -> Result<bool, Diagnostic> {
    if text.starts_with('\u{feff}') {
        let span = Span::new(file, base, base + '\u{feff}'.len_utf8());
        return Err(Diagnostic::new(Code::JsonSyntax, span, "the text begins with a byte order mark")
            .with_help("save the file as UTF-8 without one"));
    }
    let deepest = limits.nesting.min(Limits::NESTING_MAX);
    let bytes = text.as_bytes();
    let (mut depth, mut escapes) = (0usize, false);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while let Some(&inner) = bytes.get(at) {
                    match inner {
                        b'"' => break,
                        // What is escaped is no end of the string; a control character is refused even there.
                        b'\\' if bytes.get(at + 1).is_some_and(|escaped| *escaped >= b' ') => {
                            escapes = true;
                            at += 2;
                        }
                        0..=0x1f => return Err(control_character(file, base + at, inner)),
                        _ => at += 1,
                    }
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > deepest {
                    let span = Span::new(file, base + at, base + at + 1);
                    return Err(Diagnostic::new(
                        Code::LimitExceeded,
                        span,
                        format!("objects and arrays nest deeper than {deepest} levels"),
                    ));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(escapes)
}

fn control_character(file: FileId, at: usize, byte: u8) -> Diagnostic {
    let (name, escape) = match byte {
        b'\n' => ("a line break".to_owned(), "\\n".to_owned()),
        b'\r' => ("a carriage return".to_owned(), "\\r".to_owned()),
        b'\t' => ("a tab".to_owned(), "\\t".to_owned()),
        _ => (format!("the control character U+{byte:04X}"), format!("\\u{byte:04x}")),
    };
    Diagnostic::new(Code::JsonSyntax, Span::new(file, at, at + 1), format!("{name} within a string"))
        .with_help(format!("write it as `{escape}`, or close the string before it"))
}
