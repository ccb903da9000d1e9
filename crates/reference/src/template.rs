//! Policy text that may hold wildcards and variables.
//!
//! Input: a string of a policy, and whether variables (S-601, S-603) and wildcards count in it. Output: pieces that can
//! be cut at colons without looking into a variable (S-302), and that become tokens of a pattern once the context of a
//! request is known (S-604 to S-610). A piece that stays unresolved makes the whole text match nothing (S-607), so
//! `expand` then gives `None`.

use crate::context::Context;
use crate::glob::Token;
use crate::value::Error;

/// A character, a wildcard or a variable of a policy text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Token(Token),
    Variable { name: String, default: Option<String> },
}

/// Which special forms a text has.
#[derive(Clone, Copy)]
pub(crate) struct Special {
    /// `${…}` is a variable: only under `Version` `2012-10-17` (S-601).
    pub(crate) variables: bool,
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
}

pub(crate) const STAR: Piece = Piece::Token(Token::AnyText);
const COLON: Piece = Piece::Token(Token::Char(':'));

/// Reads a policy text.
pub(crate) fn read(text: &str, special: Special) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if special.variables
            && let Some(inside) = rest.strip_prefix("${")
        {
            let (variable, after) =
                read_variable(inside).ok_or_else(|| Error::new("variable-syntax", format!("`{text}` holds a malformed variable")))?;
            pieces.push(variable);
            rest = after;
            continue;
        }
        pieces.push(Piece::Token(match character {
            '*' if special.wildcards => Token::AnyText,
            '?' if special.wildcards => Token::AnyChar,
            other => Token::Char(other),
        }));
        rest = rest.strip_prefix(character).unwrap_or_default();
    }
    Ok(pieces)
}

/// `name}` or `name, 'default'}` and what follows it (S-603).
fn read_variable(inside: &str) -> Option<(Piece, &str)> {
    let not_in_name = |c: char| c.is_whitespace() || matches!(c, ',' | '\'' | '"' | '{' | '}' | '$');
    // `${$}` is the one name that holds a dollar sign (S-604).
    let name_length = if inside.starts_with("$}") { 1 } else { inside.find(not_in_name)? };
    let (name, rest) = inside.split_at(name_length);
    if name.is_empty() {
        return None;
    }
    let name = name.to_ascii_lowercase();
    if let Some(after) = rest.strip_prefix('}') {
        return Some((Piece::Variable { name, default: None }, after));
    }
    let (default, after) = rest.strip_prefix(", '")?.split_once('\'')?;
    let default = Some(default.to_string());
    Some((Piece::Variable { name, default }, after.strip_prefix('}')?))
}

/// Cuts at the first five colons that stand outside variables (S-302).
pub(crate) fn cut(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    pieces.splitn(6, |piece| *piece == COLON).map(<[Piece]>::to_vec).collect()
}

/// The tokens under this context, or `None` where a variable is unresolved (S-607).
pub(crate) fn expand(pieces: &[Piece], context: &Context) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Token(token) => tokens.push(*token),
            // What is inserted is literal text (S-606), so it becomes characters only.
            Piece::Variable { name, default } => {
                tokens.extend(resolve(name, default.as_deref(), context)?.chars().map(Token::Char));
            }
        }
    }
    Some(tokens)
}

/// The text as it stands after substitution, for operators that know no wildcards.
pub(crate) fn expand_to_text(pieces: &[Piece], context: &Context) -> Option<String> {
    let character = |token| match token {
        Token::Char(character) => character,
        Token::AnyText => '*',
        Token::AnyChar => '?',
    };
    Some(expand(pieces, context)?.into_iter().map(character).collect())
}

fn resolve<'a>(name: &'a str, default: Option<&'a str>, context: &'a Context) -> Option<&'a str> {
    // S-604 knows these without a default only; `${*, 'x'}` is a key of that name (S-603).
    if default.is_none() && matches!(name, "*" | "?" | "$") {
        return Some(name);
    }
    // Missing, multivalued and empty are all unresolved; a default, even an empty one, replaces them (S-608, S-609).
    match context.single(name) {
        Some(text) if !text.is_empty() => Some(text),
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Result<Vec<Piece>, Error> {
        read(text, Special { variables: true, wildcards: true })
    }

    #[test]
    fn malformed_variables_are_refused() {
        for text in ["${", "${}", "${a b}", "${a", "${a,'x'}", "${a, 'x}", "${a, 'x'", "${a{b}", "${$a}"] {
            assert_eq!(pieces(text).err().map(|error| error.code), Some("variable-syntax"), "{text}");
        }
    }

    #[test]
    fn colons_inside_a_variable_do_not_cut() -> Result<(), Error> {
        assert_eq!(cut(&pieces("arn:${aws:x, 'a:b}'}:c")?).len(), 3);
        assert_eq!(cut(&pieces("a:b:c:d:e:f:g")?).len(), 6);
        Ok(())
    }

    #[test]
    fn substitution_is_literal() -> Result<(), Error> {
        let context = Context::of(&[("k", "a*")]);
        let tokens = expand(&pieces("${K}*${*}${$}${none, 'd'}$x")?, &context);
        let expected: Vec<Token> = "a*".chars().map(Token::Char).chain([Token::AnyText]).chain("*$d$x".chars().map(Token::Char)).collect();
        assert_eq!(tokens, Some(expected));
        assert_eq!(expand(&pieces("x${none}")?, &context), None);
        Ok(())
    }
}
