//! Matching of text against a pattern with `*` and `?`.
//!
//! A pattern is a list of tokens, not a string, because text that was substituted for a variable is literal even where
//! it holds a `*` (S-606): after substitution a string could no longer tell the two apart. `*` stands for zero or more
//! characters and `?` for exactly one, a character being a Unicode scalar value, line breaks included (S-202, S-303,
//! S-509).

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token {
    /// This very character.
    Char(char),
    /// `*`: zero or more characters.
    AnyText,
    /// `?`: exactly one character.
    AnyChar,
}

/// The tokens of a pattern in which `*` and `?` are wildcards.
pub(crate) fn tokens(pattern: &str) -> Vec<Token> {
    let token = |character| match character {
        '*' => Token::AnyText,
        '?' => Token::AnyChar,
        other => Token::Char(other),
    };
    pattern.chars().map(token).collect()
}

/// Whether the pattern matches the whole text.
///
/// After a mismatch only the last `*` needs another try: whatever an earlier one could still take, the last one can
/// take as well. So two positions are enough, and the work is at most the product of the two lengths.
pub(crate) fn matches(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut position) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while let Some(&character) = text.get(position) {
        match pattern.get(at) {
            Some(Token::AnyText) => {
                last_star = Some((at + 1, position));
                at += 1;
                continue;
            }
            Some(Token::AnyChar) => {
                at += 1;
                position += 1;
                continue;
            }
            Some(&Token::Char(wanted)) if wanted == character => {
                at += 1;
                position += 1;
                continue;
            }
            _ => {}
        }
        // The last star takes one character more, and everything after it is tried again.
        let Some((after_star, taken)) = last_star else {
            return false;
        };
        last_star = Some((after_star, taken + 1));
        at = after_star;
        position = taken + 1;
    }
    pattern.iter().skip(at).all(|token| *token == Token::AnyText)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        matches(&tokens(pattern), text)
    }

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("?", "e\u{301}", false),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("*ab*ab", "abab", true),
            ("*ab*ab", "aab", false),
            ("*a?c", "aabcabc", true),
            ("a*b?c*", "a-b-b1c", true),
            ("*", "line\nbreak", true),
            ("*?*?", "x", false),
            ("*?*?", "xy", true),
            ("b*/private/*", "bx/a/b/private/x", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} on {text}");
        }
    }

    /// The definition of a wildcard, by recursion.
    fn plain(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => plain(rest, text),
            (Some(('*', rest)), Some((_, later))) => plain(rest, text) || plain(pattern, later),
            (Some((wanted, rest)), Some((got, later))) => (*wanted == '?' || wanted == got) && plain(rest, later),
            _ => false,
        }
    }

    fn words(alphabet: &[char], length_max: usize) -> Vec<Vec<char>> {
        let mut all = vec![Vec::new()];
        let mut last = all.clone();
        for _ in 0..length_max {
            last = last.iter().flat_map(|word| alphabet.iter().map(move |&next| word.iter().copied().chain([next]).collect())).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn every_short_pattern_agrees_with_the_definition() {
        let texts = words(&['a', 'b'], 5);
        for pattern in words(&['a', 'b', '*', '?'], 4) {
            let pattern_text: String = pattern.iter().collect();
            for text in &texts {
                let expected = plain(&pattern, text);
                let text: String = text.iter().collect();
                assert_eq!(glob(&pattern_text, &text), expected, "{pattern_text} on {text}");
            }
        }
    }
}
