//! Values of condition operators: what policies hold, what requests give, and how a value is moved a little.
//!
//! The pools are small on purpose, so that values collide, and lean towards the borders of the rules: equal values in other
//! writing, neighbours on both sides of a bound, and request values that are not of the operator's type (S-525).

use crate::dice::Dice;
use crate::generate::glob;
use crate::json::{Json, is_number};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How an operator reads its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text compared whole.
    Text,
    /// Text with wildcards in the policy's value.
    Pattern,
    /// Decimal numbers.
    Number,
    /// Instants.
    Date,
    /// `true` and `false`.
    Bool,
    /// Base64.
    Binary,
    /// Addresses and networks.
    Address,
    /// ARNs with wildcards.
    Arn,
    /// `Null`: the policy's value is `true` or `false`, the request's any.
    Presence,
}

const TEXTS: &[&str] = &[
    "a",
    "A",
    "ab",
    "aB",
    "abc",
    "b",
    "",
    "é",
    "É",
    "ß",
    "ss",
    "a*",
    "*",
    "a?c",
    "a/c",
    "x:y",
    "K",
    "\u{212a}",
    "\u{17f}",
    "σ",
    "ς",
    "Σ",
    "red",
    "Red",
    "10",
    "true",
    " a",
    "e\u{301}",
    "😀",
    "${",
    "line\nbreak",
    "İ",
    "i̇",
    "ǆ",
    "ǅ",
];
const PATTERNS: &[&str] = &[
    "a*", "*b", "a*c", "?", "??", "*", "**", "a**c", "*a*b*", "a?c", "", "a", "ab", "?*", "*?", "a*b*c", "*/*", "é*", "*é", "?d", "*ab*ab",
    "R*d", "*red", "a*?c", "x:*", "*\n*",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "+0",
    "10",
    "010",
    "10.0",
    "10.00",
    "9.9999999",
    "10.0000001",
    "9007199254740992",
    "9007199254740993",
    "-5",
    "-5.0",
    "0.1",
    "0.10",
    "00.1",
    "100",
    "-10",
    "9",
    "11",
    "1",
    "18446744073709551616",
    "0.00000000000000000001",
    "1234567890123456789012345678901234567890123456789012345678901234",
    "1234567890123456789012345678901234567890123456789012345678901233.5",
    "0.1234567890123456789012345678901234567890123456789012345678901234",
];
const NOT_NUMBERS: &[&str] = &[
    "1e1",
    "1E+2",
    "",
    " 10",
    "10 ",
    "ten",
    "0x10",
    ".5",
    "5.",
    "+",
    "-",
    "1,000",
    "١٠",
    "--1",
    "10.0.0",
    "12345678901234567890123456789012345678901234567890123456789012345",
    "0.12345678901234567890123456789012345678901234567890123456789012345",
];
/// Each line is one instant in several forms; the lines are in the order of time.
const DATES: &[&[&str]] = &[
    &["-1", "1969-12-31T23:59:59Z", "-1.0", "1969-12-31T23:59:59.0Z"],
    &["0", "1970", "1970-01-01", "1970-01-01T00:00:00Z", "-0", "+0", "0.000"],
    &["2020", "1970-01-01T00:33:40Z", "02020"],
    &["951782400", "2000-02-29", "2000-02-29T00:00Z"],
    &["1577836799.999999999", "2019-12-31T23:59:59.999999999Z"],
    &[
        "1577836800",
        "2020-01-01",
        "2020-01",
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00Z",
        "2020-01-01T01:00:00+01:00",
        "2019-12-31T23:30:00-00:30",
        "2020-01-01T00:00:00.000Z",
        "1577836800.0",
        "+1577836800",
        "2020-01-01T00:00:00",
        "2020-01-01T23:59+23:59",
    ],
    &["1577836800.000000001", "2020-01-01T00:00:00.000000001Z"],
    &["1577836801", "2020-01-01T00:00:01Z"],
    &["253402300799", "9999-12-31T23:59:59Z"],
    &["999999999999999999"],
];
const NOT_DATES: &[&str] = &[
    "",
    "2020-13-01",
    "2021-02-29",
    "2020-01-01T24:00:00Z",
    "2020-01-01T23:59:60Z",
    "0000-01-01",
    "2020-1-1",
    "2020-01-01 00:00:00Z",
    "20200101T000000Z",
    "2020-01-01T00:00:00.Z",
    "2020-01-01T00:00:00+24:00",
    "2020-01-01T00Z",
    "2020-01-01Z",
    "now",
    "1e9",
    "1000000000000000000",
    "2020-01-01T00:00:00z",
    "2020-01-01t00:00:00Z",
    "2020-01-01T00:00:00.1234567890Z",
    "2020-00-01",
    "2020-01-00",
    "1900-02-29",
];
const BOOLS: &[&str] = &["true", "false", "TRUE", "False", "tRuE"];
const NOT_BOOLS: &[&str] = &["yes", "1", "0", "", "true ", "truе"];
const BINARIES: &[&str] = &["YQ==", "YWI=", "YWJj", "AAAA", "//8=", "+/8=", "AA==", "YWJjZA==", ""];
const NOT_BINARIES: &[&str] = &["YQ", "YR==", "YQ=", "Y Q=", "_-8=", "=", "YWJ=", "YQ==\n", "YQ==YQ=="];
const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "10.1.2.3",
    "10.1.2.3/32",
    "10.9.9.9/8",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "2001:DB8:0::1",
    "2001:db8::1",
    "::ffff:10.0.0.0/104",
    "::ffff:0:0/96",
    "::ffff:0:0/95",
    "::ffff:10.1.2.3",
    "::ffff:0a01:0203/127",
    "192.168.0.0/23",
    "192.168.1.7/31",
    "2001:db8::/127",
    "fe80::/10",
    "255.255.255.255",
    "::",
    "2001:db8::1:2:3/64",
    "::1.2.3.4",
    "10.1.2.2/31",
];
const ADDRESSES: &[&str] = &[
    "9.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "11.0.0.0",
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "::ffff:0a01:0203",
    "2001:db8::1",
    "2001:DB8:0:0::1",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
    "::",
    "::1",
    "192.168.1.7",
    "192.168.2.0",
    "255.255.255.255",
    "::fffe:10.1.2.3",
    "::10.1.2.3",
];
const NOT_ADDRESSES: &[&str] = &[
    "10.0.0.0/8",
    "10.1.2.3/32",
    "010.1.2.3",
    "10.1.2",
    "10.1.2.3.4",
    "fe80::1%1",
    "",
    "::1::",
    "1:2:3:4:5:6:7:8:9",
    "10.1.2.256",
    "localhost",
    " 10.1.2.3",
    "12345::1",
    "::ffff:10.1.2.03",
    "[::1]",
    "1:2:3:4:5:6:7::8:9",
];
const ARN_PATTERNS: &[&str] = &[
    "*",
    "**",
    "arn:aws:s3:*",
    "arn:aws:s3:::b/*",
    "arn:aws:sns:*:*:topic/*",
    "arn:aws:sns:us-east-1:111111111111:topic/a",
    "arn:aws:s3",
    "arn:*",
    "arn:aws:iam::111111111111:role/*",
    "arn:aws:iam::*:user/alice",
    "arn:aws:*:us-*:111111111111:*",
    "arn:aws:sns:us-east-?:*:t*a",
    "abc",
    "a*",
    "",
    "arn:aws:sns:*:topic",
    "*:*:*:*:*:*",
    "arn:aws:iam::111111111111:*/app",
    "arn:aws*:iam::111111111111:role/app",
    "arn:aws:sqs:us-east-1:111111111111:q:x",
    "?rn:aws:sqs:us-east-1:111111111111:*",
    "arn:aws:s3:::b",
    "arn:aws:iam:**:role/app",
];
const NOT_ARNS: &[&str] =
    &["", "abc", "arn:aws:s3", "arn:aws:s3:::", "::::::", "arn:aws:s3::b", "*", "arn:aws:sns:us-east-1:111111111111:", "ARN:aws:s3:::b"];

/// A policy value that the operator accepts.
pub fn policy_value(dice: &Dice, kind: Kind, own: &[String]) -> Json {
    // The key's own values make text operators meet what the world derives.
    if matches!(kind, Kind::Text | Kind::Pattern | Kind::Arn) && !own.is_empty() && dice.percent(65) {
        let value = dice.text(own);
        return Json::Text(if kind != Kind::Text && !value.contains("${") && dice.percent(45) { glob::widen(dice, &value) } else { value });
    }
    match kind {
        Kind::Text => Json::Text(dice.text(TEXTS).replace("${", "$")),
        Kind::Pattern => Json::Text(dice.text(if dice.percent(50) { PATTERNS } else { TEXTS }).replace("${", "$")),
        Kind::Number => number_or_text(dice, NUMBERS),
        Kind::Date => {
            let line = *dice.pick(DATES);
            number_or_text(dice, line)
        }
        Kind::Bool | Kind::Presence => boolean_or_text(dice, BOOLS),
        Kind::Binary => Json::Text(dice.text(BINARIES)),
        Kind::Address => Json::Text(dice.text(NETWORKS)),
        Kind::Arn => Json::Text(dice.text(ARN_PATTERNS)),
    }
}

fn number_or_text(dice: &Dice, pool: &[&str]) -> Json {
    let text = dice.text(pool);
    if is_number(&text) && dice.percent(35) { Json::Number(text) } else { Json::Text(text) }
}

fn boolean_or_text(dice: &Dice, pool: &[&str]) -> Json {
    let text = dice.text(pool);
    match text.as_str() {
        "true" | "false" if dice.percent(60) => Json::Bool(text == "true"),
        _ => Json::Text(text),
    }
}

/// A request value by itself: of the type, of no type, or plain text.
pub fn request_value(dice: &Dice, kind: Kind, own: &[String]) -> Json {
    if !own.is_empty() && dice.percent(45) {
        return Json::Text(dice.text(own));
    }
    let wrong = dice.percent(25);
    let pool = match kind {
        Kind::Text | Kind::Pattern | Kind::Presence => TEXTS,
        Kind::Number if wrong => NOT_NUMBERS,
        Kind::Number => NUMBERS,
        Kind::Date if wrong => NOT_DATES,
        Kind::Date => dice.pick(DATES),
        Kind::Bool if wrong => NOT_BOOLS,
        Kind::Bool => BOOLS,
        Kind::Binary if wrong => NOT_BINARIES,
        Kind::Binary => BINARIES,
        Kind::Address if wrong => NOT_ADDRESSES,
        Kind::Address => ADDRESSES,
        Kind::Arn if wrong => NOT_ARNS,
        Kind::Arn => {
            let pattern = dice.text(ARN_PATTERNS);
            return Json::Text(glob::instance(dice, &pattern));
        }
    };
    unquote(dice, dice.text(pool))
}

/// Writes numbers and booleans without quotes now and then: for the rules they are the same text (S-526).
fn unquote(dice: &Dice, text: String) -> Json {
    match text.as_str() {
        "true" | "false" if dice.percent(60) => Json::Bool(text == "true"),
        _ if is_number(&text) && dice.percent(35) => Json::Number(text),
        _ => Json::Text(text),
    }
}

/// A request value made from a policy value: equal, equal in other writing, just beside it, or something else.
pub fn answer(dice: &Dice, kind: Kind, policy: &str, own: &[String]) -> Json {
    match dice.weighted(&[50, 14, 12, 10, 10, 4]) {
        0 => {
            let same = inside(dice, kind, policy);
            unquote(dice, same)
        }
        1 => {
            let equal = respelled(dice, kind, policy);
            unquote(dice, equal)
        }
        2 => {
            let beside = neighbour(dice, kind, policy);
            unquote(dice, beside)
        }
        3 => {
            let base = inside(dice, kind, policy);
            Json::Text(glob::near_miss(dice, &base))
        }
        4 => request_value(dice, kind, own),
        _ => {
            let other = *dice.pick(&[Kind::Text, Kind::Number, Kind::Date, Kind::Bool, Kind::Binary, Kind::Address, Kind::Arn]);
            request_value(dice, other, own)
        }
    }
}

fn inside(dice: &Dice, kind: Kind, policy: &str) -> String {
    match kind {
        Kind::Pattern | Kind::Arn => glob::instance(dice, policy),
        Kind::Address => network_members(policy).map_or_else(|| policy.to_owned(), |members| dice.text(&members[..2])),
        _ => policy.to_owned(),
    }
}

fn respelled(dice: &Dice, kind: Kind, policy: &str) -> String {
    match kind {
        Kind::Text | Kind::Pattern => glob::other_case(dice, policy),
        Kind::Number if policy.contains('.') => format!("{policy}0"),
        Kind::Number => match dice.below(3) {
            0 => format!("{policy}.0"),
            1 if policy.starts_with(|first: char| first.is_ascii_digit()) => format!("+{policy}"),
            _ => match policy.strip_prefix('-') {
                Some(rest) => format!("-0{rest}"),
                None => format!("0{}", policy.trim_start_matches('+')),
            },
        },
        Kind::Date => match DATES.iter().find(|line| line.contains(&policy)) {
            Some(line) => dice.text(line),
            None => policy.to_owned(),
        },
        Kind::Bool | Kind::Presence => glob::other_case(dice, policy),
        Kind::Address => match inside(dice, kind, policy).parse::<IpAddr>() {
            Ok(IpAddr::V4(v4)) if dice.percent(60) => format!("::FFFF:{v4}"),
            Ok(IpAddr::V4(v4)) => {
                let [a, b, c, d] = v4.octets();
                format!("0:0:0:0:0:ffff:{:x}:{:04X}", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
            }
            Ok(IpAddr::V6(v6)) => v6.segments().map(|segment| format!("{segment:04X}")).join(":"),
            Err(_) => policy.to_owned(),
        },
        Kind::Binary | Kind::Arn => inside(dice, kind, policy),
    }
}

fn neighbour(dice: &Dice, kind: Kind, policy: &str) -> String {
    match kind {
        Kind::Number => match policy.parse::<i128>() {
            Ok(number) => (if dice.percent(50) { number.saturating_add(1) } else { number.saturating_sub(1) }).to_string(),
            Err(_) => match policy.chars().next_back() {
                Some('9') => format!("{}8", &policy[..policy.len() - 1]),
                Some(_) => format!("{}9", &policy[..policy.len() - 1]),
                None => "1".to_owned(),
            },
        },
        Kind::Date => {
            let at = DATES.iter().position(|line| line.contains(&policy)).unwrap_or(0);
            let to = if dice.percent(50) { at + 1 } else { at.saturating_sub(1) };
            dice.text(DATES[to.min(DATES.len() - 1)])
        }
        Kind::Address => network_members(policy).map_or_else(|| policy.to_owned(), |members| dice.text(&members[2..])),
        Kind::Bool | Kind::Presence => (if policy.eq_ignore_ascii_case("true") { "false" } else { "true" }).to_owned(),
        Kind::Binary => dice.text(BINARIES),
        Kind::Text | Kind::Pattern | Kind::Arn => {
            let base = inside(dice, kind, policy);
            glob::near_miss(dice, &base)
        }
    }
}

/// First and last address of a network, then the ones just outside it.
fn network_members(policy: &str) -> Option<[String; 4]> {
    let (host, prefix) = match policy.split_once('/') {
        Some((host, prefix)) => (host, prefix.parse::<u32>().ok()),
        None => (policy, None),
    };
    match host.parse().ok()? {
        IpAddr::V4(v4) => {
            let free = 32 - prefix.unwrap_or(32).min(32);
            let mask = u32::MAX.checked_shl(free).unwrap_or(0);
            let first = u32::from(v4) & mask;
            let last = first | !mask;
            let text = |bits: u32| Ipv4Addr::from(bits).to_string();
            Some([text(first), text(last), text(first.wrapping_sub(1)), text(last.wrapping_add(1))])
        }
        IpAddr::V6(v6) => {
            let free = 128 - prefix.unwrap_or(128).min(128);
            let mask = u128::MAX.checked_shl(free).unwrap_or(0);
            let first = u128::from(v6) & mask;
            let last = first | !mask;
            let text = |bits: u128| Ipv6Addr::from(bits).to_string();
            Some([text(first), text(last), text(first.wrapping_sub(1)), text(last.wrapping_add(1))])
        }
    }
}
