//! The typed values of the Numeric, Date, Bool and Binary operators.
//!
//! Each function reads text and gives `None` where the text is not of the type: in a policy that is an error (S-524), in
//! a request a value that equals nothing (S-525). Numbers are compared digit by digit and never as floating point
//! (S-510); an instant is a number of seconds, so both date forms compare freely (S-511).

use std::cmp::Ordering;

/// A decimal number in its shortest form, so that equal numbers are equal values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// The digits before the point, without leading zeros.
    whole: String,
    /// The digits after the point, without trailing zeros.
    fraction: String,
}

impl Decimal {
    /// Decimal text with at most so many digits before and after the point.
    fn read(text: &str, whole_digits_max: usize, fraction_digits_max: usize) -> Option<Decimal> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (digits(whole)?, digits(fraction)?),
            None => (digits(unsigned)?, ""),
        };
        if whole.len() > whole_digits_max || fraction.len() > fraction_digits_max {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_string();
        let fraction = fraction.trim_end_matches('0').to_string();
        // Minus zero is zero.
        let negative = text.starts_with('-') && !(whole.is_empty() && fraction.is_empty());
        Some(Decimal { negative, whole, fraction })
    }

    pub(crate) fn compare(&self, other: &Decimal) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
        }
    }

    /// Without leading zeros the longer whole part is the larger one; a fraction compares like words in a dictionary.
    fn compare_size(&self, other: &Decimal) -> Ordering {
        let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(&other.whole));
        whole.then_with(|| self.fraction.cmp(&other.fraction))
    }
}

/// The text, if it is one or more ASCII digits.
fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// A number (S-510).
pub(crate) fn number(text: &str) -> Option<Decimal> {
    Decimal::read(text, 64, 64)
}

/// An instant, as seconds since 1970 (S-511). Four digits alone are seconds, not a year, so the seconds come first.
pub(crate) fn instant(text: &str) -> Option<Decimal> {
    Decimal::read(text, 18, 64).or_else(|| calendar_instant(text))
}

fn calendar_instant(text: &str) -> Option<Decimal> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut fields = date.split('-');
    let year = field(fields.next()?, 4, 1, 9999)?;
    let month = field(fields.next()?, 2, 1, 12)?;
    let day = match fields.next() {
        Some(day) => field(day, 2, 1, days_in_month(year, month))?,
        None if time.is_none() => 1,
        None => return None,
    };
    if fields.next().is_some() {
        return None;
    }
    let (seconds, nanoseconds) = time.map_or(Some((0, 0)), time_of_day)?;
    let nanoseconds = (days_since_1970(year, month, day) * 86_400 + seconds) * 1_000_000_000 + nanoseconds;
    let (sign, size) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.abs());
    let decimal = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
    Decimal::read(&decimal, 18, 9)
}

/// A field of exactly so many digits and within bounds.
fn field(text: &str, width: usize, least: i128, most: i128) -> Option<i128> {
    let value: i128 = digits(text).filter(|text| text.len() == width)?.parse().ok()?;
    (least..=most).contains(&value).then_some(value)
}

/// `hh:mm[:ss[.f]]` with an optional offset, as seconds and nanoseconds since midnight UTC.
fn time_of_day(text: &str) -> Option<(i128, i128)> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut fields = clock.split(':');
    let hour = field(fields.next()?, 2, 0, 23)?;
    let minute = field(fields.next()?, 2, 0, 59)?;
    let (second, nanoseconds) = match fields.next() {
        Some(seconds) => match seconds.split_once('.') {
            Some((second, fraction)) => (second, nanoseconds(fraction)?),
            None => (seconds, 0),
        },
        None => ("00", 0),
    };
    if fields.next().is_some() {
        return None;
    }
    let seconds = hour * 3_600 + minute * 60 + field(second, 2, 0, 59)?;
    Some((seconds - offset_seconds(offset)?, nanoseconds))
}

/// One to nine digits after the point of a second.
fn nanoseconds(fraction: &str) -> Option<i128> {
    digits(fraction).filter(|fraction| fraction.len() <= 9)?;
    format!("{fraction:0<9}").parse().ok()
}

/// Nothing, `Z`, or `±hh:mm` up to 23:59. Local time is ahead of UTC where the sign is `+`.
fn offset_seconds(text: &str) -> Option<i128> {
    if text.is_empty() || text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    Some(sign * (field(hours, 2, 0, 23)? * 3_600 + field(minutes, 2, 0, 59)? * 60))
}

fn is_leap(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i128, month: i128, day: i128) -> i128 {
    let past_years = year - 1;
    let before_year = past_years * 365 + past_years / 4 - past_years / 100 + past_years / 400;
    let before_month: i128 = (1..month).map(|earlier| days_in_month(year, earlier)).sum();
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    before_year + before_month + day - 1 - 719_162
}

/// `true` or `false` in any letter case (S-512, S-516).
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

/// The bytes of padded base64 whose unused bits are zero (S-513).
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let symbols = text.trim_end_matches('=');
    let padding = text.len() - symbols.len();
    // One symbol alone holds no whole byte; two need two signs of padding, three need one, four need none.
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let (mut bits, mut bit_count) = (0u32, 0);
    for symbol in symbols.bytes() {
        let six = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        bit_count += 6;
        if bit_count >= 8 {
            bit_count -= 8;
            bytes.push(u8::try_from(bits >> bit_count).ok()?);
            bits &= (1 << bit_count) - 1;
        }
    }
    (bits == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(left: &str, right: &str) -> Option<Ordering> {
        Some(number(left)?.compare(&number(right)?))
    }

    #[test]
    fn numbers_are_exact() {
        for (left, right, expected) in [
            ("10", "10.0", Ordering::Equal),
            ("010", "+10", Ordering::Equal),
            ("-0", "0.00", Ordering::Equal),
            ("9", "10", Ordering::Less),
            ("-9", "-10", Ordering::Greater),
            ("-1", "1", Ordering::Less),
            ("1.05", "1.5", Ordering::Less),
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("0.1", "0.10000000000000000001", Ordering::Less),
        ] {
            assert_eq!(order(left, right), Some(expected), "{left} {right}");
            assert_eq!(order(right, left), Some(expected.reverse()), "{right} {left}");
        }
    }

    #[test]
    fn what_is_no_number() {
        let long = "1".repeat(65);
        for text in ["", "+", ".5", "5.", "1e3", "1E3", " 1", "0x1", "1_0", "--1", "١", &long, &format!("0.{long}")] {
            assert_eq!(number(text), None, "{text}");
        }
        assert!(number(&"1".repeat(64)).is_some());
    }

    #[test]
    fn dates_denote_instants() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", "0"),
            ("1970-01", "0"),
            ("1970-01-02", "86400"),
            ("1970-01-01T00:00", "0"),
            ("1969-12-31T23:59:59.5Z", "-0.5"),
            ("2026-01-01T00:00:00.250+01:00", "1767222000.25"),
            ("2025-12-31T23:59:00-00:01", "1767225600"),
            ("2000-02-29T12:00:00Z", "951825600"),
            ("0001-01-01", "-62135596800"),
            ("2024", "2024.000"),
            ("-1.5", "-1.50"),
            ("+7", "7"),
        ] {
            assert_eq!(instant(text), Decimal::read(seconds, 64, 64), "{text}");
            assert!(instant(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "0000-01-01",
            "2023-02-29",
            "1900-02-29",
            "2023-13-01",
            "2023-00-01",
            "2023-01-00",
            "2023-1-01",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:00:60Z",
            "2023-01-01T00",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00.1234567890Z",
            "2023-01-01T00:00:00+24:00",
            "2023-01-01T00:00:00+0100",
            "2023-01-01t00:00:00Z",
            "2023-01-01T00:00:00z",
            "2023-01-01Z",
            "2023-01T00:00Z",
            "2023-01-01T00:00:00ZZ",
            "2023-01-01 00:00:00",
            "2023-01-01T00:00:00:00Z",
            "1234567890123456789",
            "1e9",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn base64_is_strict() {
        assert_eq!(base64(""), Some(vec![]));
        assert_eq!(base64("Zg=="), Some(b"f".to_vec()));
        assert_eq!(base64("Zm8="), Some(b"fo".to_vec()));
        assert_eq!(base64("Zm9v"), Some(b"foo".to_vec()));
        assert_eq!(base64("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
        for text in ["Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v=", "Zm 9", "Zm9-", "Zg==Zg=="] {
            assert_eq!(base64(text), None, "{text}");
        }
    }
}
