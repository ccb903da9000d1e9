//! Moving between texts and patterns: widening a text to a pattern, instances of a pattern, near misses.

use crate::dice::Dice;

/// What stands for a `*` of an instance.
const STAR_FILLERS: &[&str] = &["", "a", "x/y", "/", ":", "b:c", "é", "ab", "z", "*", "key", "log"];
/// What stands for a `?`; the last ones are near misses.
const ONE_FILLERS: &[&str] = &["a", "b", "é", "/", "1", "?", "", "aa"];

/// A pattern that matches the text, or nearly does.
pub fn widen(dice: &Dice, text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let cut = |at: usize| characters[..at].iter().collect::<String>();
    let rest = |at: usize| characters[at..].iter().collect::<String>();
    let at = dice.below(characters.len() + 1);
    match dice.below(6) {
        0 | 1 => cut(at) + "*",
        2 => "*".to_owned() + &rest(at),
        3 => {
            let to = dice.between(at, characters.len());
            cut(at) + "*" + &rest(to)
        }
        4 if at < characters.len() => cut(at) + "?" + &rest(at + 1),
        _ => {
            let from = dice.between(at, characters.len());
            let to = dice.between(from, characters.len());
            cut(at) + "*" + &characters[at..from].iter().collect::<String>() + "*" + &rest(to)
        }
    }
}

/// A text that the pattern matches, or, by some fillers, just does not. Variables must be gone before.
pub fn instance(dice: &Dice, pattern: &str) -> String {
    let mut text = String::new();
    for character in pattern.chars() {
        match character {
            '*' => text.push_str(&dice.text(STAR_FILLERS)),
            '?' => text.push_str(&dice.text(ONE_FILLERS)),
            other => text.push(other),
        }
    }
    text
}

/// The text with one character changed, added or dropped.
pub fn near_miss(dice: &Dice, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = dice.below(characters.len());
    let other = *dice.pick(&['a', 'b', '/', ':', '*', '?', 'é', '0', 'Z', ' ']);
    match dice.below(3) {
        0 if !characters.is_empty() => characters[at] = other,
        1 if !characters.is_empty() => {
            characters.remove(at);
        }
        _ => {
            let at = dice.below(characters.len() + 1);
            characters.insert(at, other);
        }
    }
    characters.into_iter().collect()
}

/// The text with the letter case of some characters turned.
pub fn other_case(dice: &Dice, text: &str) -> String {
    let turn = dice.below(3);
    text.chars()
        .map(|character| {
            let upper = match turn {
                0 => true,
                1 => false,
                _ => dice.percent(50),
            };
            let turned: Vec<char> = if upper { character.to_uppercase().collect() } else { character.to_lowercase().collect() };
            // Only one-to-one pairs, as simple folding has them; the pools hold the others.
            if turned.len() == 1 { turned[0] } else { character }
        })
        .collect()
}

/// The text with the case of ASCII letters turned, for names that compare so.
pub fn other_ascii_case(dice: &Dice, text: &str) -> String {
    match dice.below(3) {
        0 => text.to_ascii_uppercase(),
        1 => text.to_ascii_lowercase(),
        _ => text.chars().map(|character| if dice.percent(30) { swap_ascii(character) } else { character }).collect(),
    }
}

fn swap_ascii(character: char) -> char {
    if character.is_ascii_uppercase() { character.to_ascii_lowercase() } else { character.to_ascii_uppercase() }
}
