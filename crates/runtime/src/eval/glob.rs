//! Matching a text against the pieces of a pattern (S-202, S-303, S-509, S-602 to S-610).
//!
//! The slow way is to write the pattern out, variables and all, and to try every split of the text at every star. Two facts make it cheap. A star
//! that matches longer than needed never helps a later piece, so only the last star seen is ever taken up again; this is O(text x pattern). And
//! a variable's value is literal text (S-606), so it is compared where it stands and nothing is built.
//!
//! A variable that is unresolved makes the whole pattern match nothing (S-607). Every piece must match for the answer to be true, so
//! it is enough to give up on reaching it.

use super::query::{Query, Variable};
use crate::datatypes::fold_char;
use crate::error::Fault;
use crate::format::{PieceKind, PieceRecord};

/// Bytes of the character at the start of a text, which is UTF-8.
fn char_len(text: &[u8]) -> usize {
    match text.first() {
        None => 0,
        Some(0..=0x7f) => 1,
        Some(0x80..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..) => 4,
    }
}

/// The text after its first character; `None` for the empty text.
fn skip_char(text: &[u8]) -> Option<&[u8]> {
    if text.is_empty() { None } else { text.get(char_len(text)..) }
}

/// What a piece demands at a place of the text.
enum Demand<'q> {
    /// These bytes.
    Bytes(&'q [u8]),
    AnyChar,
    Star,
    /// Nothing can match (S-607).
    Unresolved,
}

fn demand<'q>(query: &Query<'q>, piece: &PieceRecord) -> Result<Demand<'q>, Fault> {
    Ok(match PieceKind::from_number(piece.kind.get()).ok_or(Fault::Corrupt)? {
        PieceKind::Literal => Demand::Bytes(query.views.text(piece.a)?),
        PieceKind::AnyChar => Demand::AnyChar,
        PieceKind::Star => Demand::Star,
        PieceKind::Variable => match query.variable(piece.a, piece.b)? {
            Variable::Text(text) => Demand::Bytes(text),
            Variable::Unresolved => Demand::Unresolved,
            Variable::Any => Demand::Star,
        },
    })
}

/// Whether the whole text matches. Case-sensitive.
pub(super) fn matches(query: &Query<'_>, pieces: &[PieceRecord], text: &[u8]) -> Result<bool, Fault> {
    let mut pieces = pieces;
    let mut rest = text;
    // The pieces after the last star, and the text at which they were last tried.
    let mut star: Option<(&[PieceRecord], &[u8])> = None;
    loop {
        let mismatch = match pieces.split_first() {
            None => !rest.is_empty(),
            Some((piece, after)) => {
                let next = match demand(query, piece)? {
                    Demand::Bytes(bytes) => rest.strip_prefix(bytes),
                    Demand::AnyChar => skip_char(rest),
                    Demand::Unresolved => return Ok(false),
                    Demand::Star => {
                        if after.is_empty() {
                            return Ok(true);
                        }
                        star = Some((after, rest));
                        Some(rest)
                    }
                };
                match next {
                    Some(next) => {
                        rest = next;
                        pieces = after;
                        false
                    }
                    None => true,
                }
            }
        };
        if mismatch {
            let Some((after, tried)) = star else { return Ok(false) };
            let Some(longer) = skip_char(tried) else { return Ok(false) };
            star = Some((after, longer));
            rest = longer;
            pieces = after;
        } else if pieces.is_empty() && rest.is_empty() {
            return Ok(true);
        }
    }
}

/// Whether the text equals the pieces, none of which is a star, when both are folded: ignoring ASCII case, or by simple case folding (S-508).
pub(super) fn equals_folded(query: &Query<'_>, pieces: &[PieceRecord], text: &str, fold: Folding) -> Result<bool, Fault> {
    let fold = match fold {
        Folding::Ascii => |character: char| character.to_ascii_lowercase(),
        Folding::Simple => fold_char,
    };
    let mut characters = text.chars();
    for piece in pieces {
        match demand(query, piece)? {
            Demand::Bytes(bytes) => {
                let literal = core::str::from_utf8(bytes).map_err(|_| Fault::Corrupt)?;
                if !literal.chars().all(|wanted| characters.next().is_some_and(|character| fold(character) == fold(wanted))) {
                    return Ok(false);
                }
            }
            Demand::AnyChar => {
                if characters.next().is_none() {
                    return Ok(false);
                }
            }
            // There are no stars here (verified), so it is a variable that may stand for any text: what follows is not looked at.
            Demand::Star => return Ok(true),
            Demand::Unresolved => return Ok(false),
        }
    }
    Ok(characters.next().is_none())
}

/// How letter case is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// ASCII letters only.
    Ascii,
    /// Every character, by simple case folding.
    Simple,
}
