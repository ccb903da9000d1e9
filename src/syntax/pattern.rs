//! Patterns and templates, cut into pieces (`pattern.pest`).
//!
//! Input: the text of an action, a resource or a condition value. Output: [`Piece`]s, in normal form (no empty literal,
//! no two literals and no two stars side by side), for ARNs part by part. `${*}`, `${?}` and `${$}` come out as literals
//! (S-604), names folded (S-605).
//!
//! The only way in which a text with variables can fail is a malformed `${` (S-603): everything else is a character.

use super::policy::Piece;
use crate::diag::quoted;
use pest::{Parser, Token};
use std::ops::Range;

mod grammar {
    #![allow(missing_docs, reason = "generated; the rules are documented in the grammar")]

    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/pattern.pest"]
    pub(super) struct PatternParser;
}

use grammar::{PatternParser, Rule};

/// A text cut into pieces, and what its author wrote of wildcards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The pieces.
    pub(super) pieces: Vec<Piece>,
    /// True if a `${…}` stands in it, be it a variable or an escape.
    pub(super) has_variable: bool,
}

impl Part {
    /// True if the part ends in a wildcard star (S-304).
    pub(super) fn ends_in_star(&self) -> bool {
        matches!(self.pieces.last(), Some(Piece::Star))
    }

    fn literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Literal(text.to_owned()));
        }
    }
}

/// A whole pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The parts at its colons; one for what is not cut.
    pub(super) parts: Vec<Part>,
    /// How many wildcards are written in it, repeated stars included.
    pub(super) wildcards: usize,
}

impl Pattern {
    /// The pieces of a pattern that is not cut.
    pub(super) fn into_pieces(self) -> Vec<Piece> {
        self.parts.into_iter().next().unwrap_or_default().pieces
    }
}

/// A malformed variable: where it stands in the text, and the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VariableError {
    pub(super) range: Range<usize>,
    pub(super) message: String,
}

/// An action pattern: one part (no colon) or two. `None` with more than one colon (S-204).
pub(super) fn action(text: &str) -> Option<Pattern> {
    read(Rule::action, text)
}

/// An ARN pattern: up to six parts. `variables` says whether `${…}` is one (S-601).
pub(super) fn arn(text: &str, variables: bool) -> Result<Pattern, VariableError> {
    with_variables(if variables { Rule::arn } else { Rule::arn_2008 }, text)
}

/// A text with wildcards.
pub(super) fn glob(text: &str, variables: bool) -> Result<Pattern, VariableError> {
    with_variables(if variables { Rule::glob } else { Rule::glob_2008 }, text)
}

/// A text without wildcards; its pieces are literals and variables.
pub(super) fn text(text: &str, variables: bool) -> Result<Vec<Piece>, VariableError> {
    if variables && text.contains("${") {
        return with_variables(Rule::text, text).map(Pattern::into_pieces);
    }
    Ok(if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text.to_owned())] })
}

/// The variables of a well-formed text as they are written, `${…}`; the escapes of S-604 are none.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(rest.find("${")?..)?;
            let end = PatternParser::parse(Rule::variable_first, rest).ok()?.as_str().len();
            let (variable, after) = rest.split_at_checked(end.max(1))?;
            rest = after;
            if !matches!(variable, "${*}" | "${?}" | "${$}") {
                return Some(variable);
            }
        }
    })
}

fn with_variables(rule: Rule, text: &str) -> Result<Pattern, VariableError> {
    read(rule, text).ok_or_else(|| malformed(text))
}

fn read(rule: Rule, text: &str) -> Option<Pattern> {
    let pairs = PatternParser::parse(rule, text).ok()?;
    let (mut parts, mut part, mut wildcards) = (Vec::new(), Part::default(), 0);
    // What the variable at hand is made of, until its end commits it.
    let (mut start, mut name, mut default) = (0, "", None);
    for token in pairs.tokens() {
        let (rule, end) = match token {
            Token::Start { pos, .. } => {
                start = pos.pos();
                continue;
            }
            Token::End { rule, pos } => (rule, pos.pos()),
        };
        match rule {
            Rule::star => {
                wildcards += 1;
                if !part.ends_in_star() {
                    part.pieces.push(Piece::Star);
                }
            }
            Rule::any_char => {
                wildcards += 1;
                part.pieces.push(Piece::AnyChar);
            }
            Rule::half_text | Rule::part_text | Rule::rest_text | Rule::rest_text_2008 | Rule::text_text => {
                part.literal(text.get(start..end).unwrap_or_default());
            }
            Rule::name | Rule::dollar => name = text.get(start..end).unwrap_or_default(),
            Rule::default_text => default = text.get(start..end).map(str::to_owned),
            Rule::variable => {
                part.has_variable = true;
                match (name, default.take()) {
                    ("*" | "?" | "$", None) => part.literal(name),
                    (name, default) => part.pieces.push(Piece::Variable { key: name.to_ascii_lowercase(), default }),
                }
            }
            Rule::half | Rule::part | Rule::rest | Rule::part_2008 | Rule::rest_2008 | Rule::text => parts.push(std::mem::take(&mut part)),
            _ => {}
        }
    }
    Some(Pattern { parts, wildcards })
}

/// The first malformed variable of a text that was refused.
fn malformed(text: &str) -> VariableError {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("${")).map(|found| from + found) {
        let rest = text.get(at..).unwrap_or_default();
        match PatternParser::parse(Rule::variable_first, rest) {
            Ok(pairs) => from = at + pairs.as_str().len().max(2),
            Err(_) => {
                let close = rest.find('}').map(|close| close + 1);
                let variable = rest.get(..close.unwrap_or(rest.len())).unwrap_or_default();
                let message = if close.is_none() {
                    "a variable without its closing brace".to_owned()
                } else if variable == "${}" {
                    "a variable without a name".to_owned()
                } else {
                    format!("{} is no variable", quoted(variable))
                };
                return VariableError { range: at..at + variable.len(), message };
            }
        }
    }
    VariableError { range: 0..text.len(), message: "a malformed variable".to_owned() }
}
