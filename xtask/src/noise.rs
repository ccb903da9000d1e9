//! Random patterns and values over small alphabets, for the matchers of atoms.

use crate::dice::Dice;
use crate::generate::values::Kind;

fn of(dice: &Dice, alphabet: &[&str], longest: usize) -> String {
    (0..dice.between(0, longest)).map(|_| dice.word(alphabet)).collect()
}

/// A glob over few characters, so that its middle parts occur often and overlap.
pub fn glob(dice: &Dice, longest: usize) -> String {
    of(dice, &["a", "a", "a", "b", "b", "*", "*", "?", "é", "/"], longest)
}

/// Text over the same characters.
pub fn text(dice: &Dice, longest: usize) -> String {
    of(dice, &["a", "a", "a", "b", "b", "é", "/", "a", "b", ":"], longest)
}

/// A resource pattern: mostly a glob behind a fixed head, sometimes noise in the other parts, too.
pub fn resource_pattern(dice: &Dice) -> String {
    let rest = match dice.below(8) {
        0 => glob(dice, 4) + dice.word(&["${x:v}", "${x:v, 'a'}", "${x:none}", "${*}", "${?}", "${x:none, 'a*'}"]) + &glob(dice, 3),
        1 => format!("{}:{}", glob(dice, 4), glob(dice, 4)),
        _ => glob(dice, 9),
    };
    match dice.below(5) {
        0 => {
            let part = || of(dice, &["a", "w", "s", "*", "?", "3"], 4);
            format!("arn:{}:{}:{}:{}:{rest}", part(), part(), part(), part())
        }
        1 => dice.word(&["*", "arn:aws:s3:::*", "arn:*", "arn:aws:*:b*", "arn:*:s3:*", "arn:aws:s3:::", "arn:aws:s?:*:*:a*"]).to_owned(),
        _ => format!("arn:aws:s3:::{rest}"),
    }
}

/// An action pattern of two non-empty halves.
pub fn action_pattern(dice: &Dice) -> String {
    let half = |longest: usize| {
        let made = of(dice, &["a", "b", "A", "B", "ab", "*", "?", "c"], longest);
        if made.is_empty() { "a".to_owned() } else { made }
    };
    if dice.percent(5) { "*".to_owned() } else { format!("{}:{}", half(3), half(7)) }
}

/// The text with every variable replaced, by the value that requests give most or by nothing.
pub fn without_variables(dice: &Dice, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        out.push_str(if matches!(name, "*" | "?") { name } else { dice.word(&["a", "ab", "*", "", "a*"]) });
        rest = after;
    }
    out + rest
}

/// A policy value that the operator accepts.
pub fn policy_value(dice: &Dice, kind: Kind) -> crate::json::Json {
    crate::json::Json::Text(match kind {
        Kind::Text => text(dice, 3),
        Kind::Pattern => glob(dice, 10),
        Kind::Number => number(dice),
        Kind::Date => date(dice),
        Kind::Bool | Kind::Presence => dice.word(&["true", "false"]).to_owned(),
        Kind::Binary => base64(dice),
        Kind::Address => network(dice),
        Kind::Arn => match dice.below(4) {
            0 => {
                let part = || of(dice, &["a", "w", "s", "*", "?", "3"], 4);
                format!("{}:{}:{}:{}:{}:{}", part(), part(), part(), part(), part(), glob(dice, 6))
            }
            1 => format!("arn:aws:{}", of(dice, &["s3", "*", ":", "a"], 4)),
            _ => format!("arn:aws:s3:::{}", glob(dice, 8)),
        },
    })
}

/// A request value of the type, or nearly.
pub fn request_text(dice: &Dice, kind: Kind) -> String {
    let made = match kind {
        Kind::Text => text(dice, 3),
        Kind::Pattern | Kind::Presence => text(dice, 12),
        Kind::Number => number(dice),
        Kind::Date => date(dice),
        Kind::Bool => dice.word(&["true", "false", "TRUE", "no"]).to_owned(),
        Kind::Binary => base64(dice),
        Kind::Address => address(dice),
        Kind::Arn => match dice.below(3) {
            0 => of(dice, &["arn", "aws", ":", ":", "s3", "a"], 9),
            _ => format!("arn:aws:s3:::{}", text(dice, 9)),
        },
    };
    if dice.percent(12) { crate::generate::glob::near_miss(dice, &made) } else { made }
}

fn digits(dice: &Dice, first: usize, last: usize) -> String {
    (0..dice.between(first, last)).map(|_| dice.word(&["0", "0", "0", "1", "9", "5"])).collect()
}

fn number(dice: &Dice) -> String {
    let last = if dice.percent(10) { 64 } else { 4 };
    let whole = digits(dice, 1, last);
    let sign = dice.word(&["", "", "-", "+"]);
    match dice.below(2) {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{}", digits(dice, 1, last)),
    }
}

fn date(dice: &Dice) -> String {
    if dice.percent(30) {
        let last = if dice.percent(20) { 18 } else { 10 };
        let fraction = if dice.percent(30) { format!(".{}", digits(dice, 1, 10)) } else { String::new() };
        return format!("{}{}{fraction}", dice.word(&["", "", "-", "+"]), digits(dice, 1, last));
    }
    let year = dice.word(&["0001", "1600", "1900", "1969", "1970", "1999", "2000", "2020", "2021", "2100", "9999"]);
    let month = dice.between(1, 12);
    let leap = matches!(year, "1600" | "2000" | "2020");
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = *dice.pick(&[1, days, dice.between(1, days)]);
    let [hour, minute, second] = [23, 59, 59].map(|most| *dice.pick(&[0, most, dice.between(0, most)]));
    let offset = match dice.below(4) {
        0 => "Z".to_owned(),
        1 => String::new(),
        _ => format!("{}{:02}:{:02}", dice.word(&["+", "-"]), dice.pick(&[0, 1, 5, 14, 23]), dice.pick(&[0, 30, 59])),
    };
    let fraction = if dice.percent(30) { format!(".{}", digits(dice, 1, 9)) } else { String::new() };
    match dice.below(6) {
        // Four digits alone are seconds, not a year (S-511).
        0 => year.to_owned(),
        1 => format!("{year}-{month:02}"),
        2 => format!("{year}-{month:02}-{day:02}"),
        3 => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}{offset}"),
        _ => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}"),
    }
}

fn base64(dice: &Dice) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = (0..dice.between(0, 5)).map(|_| *dice.pick(&[0, 1, 255, 250, b'a'])).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at)) & 63;
            out.push(if at <= chunk.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    out
}

fn octets(dice: &Dice) -> String {
    [(); 4].map(|()| dice.word(&["0", "1", "10", "127", "128", "192", "255"])).join(".")
}

fn address(dice: &Dice) -> String {
    if dice.percent(50) {
        return octets(dice);
    }
    let mut groups: Vec<String> =
        (0..8).map(|_| dice.word(&["0", "0", "0", "ffff", "1", "2001", "db8", "8000", "FFFF", "00a0"]).to_owned()).collect();
    if dice.percent(30) {
        // An IPv4-mapped address, or nearly.
        for group in groups.iter_mut().take(5) {
            "0".clone_into(group);
        }
        dice.word(&["ffff", "FFFF", "fffe"]).clone_into(&mut groups[5]);
        if dice.percent(60) {
            return format!("{}:{}", groups[..6].join(":"), octets(dice));
        }
    }
    if dice.percent(50) {
        let from = dice.below(8);
        let to = dice.between(from + 1, 8);
        if groups[from..to].iter().all(|group| group == "0") || dice.percent(30) {
            return format!("{}::{}", groups[..from].join(":"), groups[to..].join(":"));
        }
    }
    groups.join(":")
}

fn network(dice: &Dice) -> String {
    let host = address(dice);
    if dice.percent(30) {
        return host;
    }
    let most = if host.contains(':') { 128 } else { 32 };
    let prefix = if dice.percent(50) {
        dice.between(0, most)
    } else {
        *dice.pick(&[0, 1, 8, 24, 31, 32.min(most), most, most - 1, 96.min(most), 97.min(most), 95.min(most)])
    };
    format!("{host}/{prefix}")
}
