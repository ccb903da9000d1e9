//! Decimal numbers, compared exactly (S-510).

use alloc::string::String;
use core::cmp::Ordering;

/// The most digits that a number may have before, and after, its point.
const DIGITS_MAX: usize = 64;

/// A decimal number that borrows its digits. Equality and order are those of the values: `10`, `+010` and `10.0` are equal.
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'a> {
    /// Below zero; never set for zero.
    negative: bool,
    /// Digits before the point, without leading zeros.
    integer: &'a str,
    /// Digits after the point, without trailing zeros.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// Reads `[+-]?\d+(\.\d+)?` with at most 64 digits, counted as written, on either side of the point. Everything else, exponents included, is `None`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Decimal<'a>> {
        Decimal::parse_limited(text, DIGITS_MAX)
    }

    /// The same with another limit on the digits before the point.
    pub(super) fn parse_limited(text: &'a str, integer_digits_max: usize) -> Option<Decimal<'a>> {
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..)?),
            Some(b'+') => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (integer, fraction) = match digits.split_once('.') {
            Some((integer, fraction)) => (integer, Some(fraction)),
            None => (digits, None),
        };
        if !are_digits(integer, integer_digits_max) || fraction.is_some_and(|fraction| !are_digits(fraction, DIGITS_MAX)) {
            return None;
        }
        let integer = integer.trim_start_matches('0');
        let fraction = fraction.unwrap_or("").trim_end_matches('0');
        Some(Decimal { negative: negative && !(integer.is_empty() && fraction.is_empty()), integer, fraction })
    }

    /// Below zero.
    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    /// Digits before the point, without leading zeros.
    pub(super) fn integer(&self) -> &'a str {
        self.integer
    }

    /// Digits after the point, without trailing zeros.
    pub(super) fn fraction(&self) -> &'a str {
        self.fraction
    }

    /// The order of the absolute values.
    fn cmp_magnitude(&self, other: &Decimal<'_>) -> Ordering {
        // Without leading zeros the longer integer is the larger; without trailing zeros fractions compare as texts, a prefix being the smaller.
        self.integer
            .len()
            .cmp(&other.integer.len())
            .then_with(|| self.integer.cmp(other.integer))
            .then_with(|| self.fraction.cmp(other.fraction))
    }
}

/// One to `count_max` ASCII digits.
fn are_digits(text: &str, count_max: usize) -> bool {
    !text.is_empty() && text.len() <= count_max && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal<'_> {}

/// A decimal number in its normal form: no `+`, no leading or trailing zeros, at least one digit before the point, no `-0`. Ordered by value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    text: String,
}

impl Number {
    /// Reads a text as [`Decimal::parse`] does. Serves for the text of a JSON number too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Number> {
        Decimal::parse(text).map(|decimal| Number::from(&decimal))
    }

    /// The normal form, for example `-0.5`. Equal numbers have equal text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts a normal form together; the parts are those of a [`Decimal`].
    pub(super) fn from_parts(negative: bool, integer: &str, fraction: &str) -> Number {
        let mut text = String::new();
        if negative {
            text.push('-');
        }
        text.push_str(if integer.is_empty() { "0" } else { integer });
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(fraction);
        }
        Number { text }
    }
}

impl From<&Decimal<'_>> for Number {
    fn from(decimal: &Decimal<'_>) -> Number {
        Number::from_parts(decimal.negative, decimal.integer, decimal.fraction)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // INVARIANT: a normal form parses, so both sides are `Some`.
        Decimal::parse_limited(&self.text, usize::MAX).cmp(&Decimal::parse_limited(&other.text, usize::MAX))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
