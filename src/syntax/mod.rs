//! From policy text to typed documents.
//!
//! Input: the text of one JSON value, a whole file or a part of a world. Output: a [`policy::Document`], or the errors
//! that refuse the text; warnings in either case.
//!
//! A text goes through three steps. A linear scan bounds what the parser may meet; the grammar `json.pest` turns the text
//! into tokens and [`Tree`] into an arena of spanned values; [`parse_policy`] checks that tree against the language
//! (S-101 to S-116, S-201 to S-204, S-301 to S-313, S-402, S-410, S-412, S-505 to S-524, S-601 to S-609) and types it.
//! Patterns and `${…}` are read by `pattern.pest`, operator names by `operator.pest`.
//!
//! Invariants: reading is linear in the text and never recurses deeper than [`Limits::nesting`]; spans are those of the
//! file; a document comes out if and only if no error was reported; errors come in the order of the text (S-116). This
//! module alone uses pest, and nothing in it depends on which actions, keys, services or regions exist.

mod check;
mod condition;
mod document;
mod elements;
mod escape;
mod explain;
mod limits;
mod operator;
mod pattern;
mod pointer;
pub mod policy;
mod principal;
mod scan;
#[cfg(test)]
mod tests;
mod tree;

pub use document::{parse_policy, quota_characters};
pub use limits::Limits;
pub use pointer::{pointer_at, pointers_at};
pub use tree::{Items, Kind, Member, Members, Node, Tree, duplicate_keys};

use crate::diag::{Code, Diagnostic, FileId, Sources, Span};
use policy::{Document, PolicyType};

/// Adds a file as it was read from disk. Bytes that are not UTF-8 are an error at the first of them; the file is there all
/// the same, with replacement characters, so that the place can be shown.
pub fn add_file(sources: &mut Sources, name: String, bytes: Vec<u8>, named_at: Option<Span>) -> (FileId, Option<Diagnostic>) {
    match String::from_utf8(bytes) {
        Ok(text) => (sources.add(name, text, named_at), None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let file = sources.add(name, String::from_utf8_lossy(error.as_bytes()).into_owned(), named_at);
            let span = Span::new(file, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            (file, Some(Diagnostic::new(Code::JsonSyntax, span, "the text is not UTF-8").with_help("save the file as UTF-8")))
        }
    }
}

/// Reads a file that holds one policy document and nothing else: its syntax, then its content as [`parse_policy`].
pub fn parse_policy_text(
    sources: &Sources,
    file: FileId,
    policy_type: PolicyType,
    limits: &Limits,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Document> {
    let text = sources.file(file).text();
    if text.len() > limits.document_bytes {
        let message = format!("a policy of {} bytes, {} are allowed", text.len(), limits.document_bytes);
        diagnostics.push(Diagnostic::new(Code::LimitExceeded, Span::new(file, 0, 0), message));
        return None;
    }
    match Tree::parse(file, text, 0..text.len(), limits) {
        Ok(tree) => parse_policy(tree.root(), policy_type, limits, diagnostics),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}
