//! Dates as instants (S-511).

use super::{Decimal, Number};
use alloc::string::{String, ToString};
use core::cmp::Ordering;

/// The most digits before the point of a date given as seconds.
const SECONDS_DIGITS_MAX: usize = 18;
/// The most digits of the fraction of a second in the date-time form.
const FRACTION_DIGITS_MAX: usize = 9;

/// An instant that borrows the digits of its fraction: whole seconds since 1970, rounded down, and a fraction of a second from 0 up to 1.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    seconds: i64,
    /// Digits after the point, without trailing zeros.
    fraction: &'a str,
    /// The fraction is one minus that of the digits, which then are not empty: the text was that of a negative number.
    complement: bool,
}

impl<'a> Moment<'a> {
    /// Reads a date-time of the W3C profile (`YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.f]]` with `Z`, `±hh:mm` or nothing) or seconds since 1970
    /// as a decimal number. Four digits alone are seconds.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Moment<'a>> {
        Moment::parse_seconds(text).or_else(|| parse_date_time(text))
    }

    /// Reads seconds since 1970: optional sign, at most 18 digits, optional fraction of at most 64 digits. The form in which bundles store dates.
    #[must_use]
    pub fn parse_seconds(text: &'a str) -> Option<Moment<'a>> {
        let decimal = Decimal::parse_limited(text, SECONDS_DIGITS_MAX)?;
        let magnitude = if decimal.integer().is_empty() { 0 } else { decimal.integer().parse::<i64>().ok()? };
        let seconds = match (decimal.is_negative(), decimal.fraction().is_empty()) {
            (false, _) => magnitude,
            (true, true) => magnitude.checked_neg()?,
            (true, false) => magnitude.checked_neg()?.checked_sub(1)?,
        };
        let complement = decimal.is_negative() && !decimal.fraction().is_empty();
        Some(Moment { seconds, fraction: decimal.fraction(), complement })
    }

    /// The digits of the fraction.
    fn digits(&self) -> impl Iterator<Item = u8> {
        let count = self.fraction.len();
        let complement = self.complement;
        self.fraction.bytes().enumerate().map(move |(index, byte)| {
            let digit = byte.saturating_sub(b'0');
            // Ten's complement: the last digit, which is not zero, counts down from ten, all before it from nine.
            match (complement, index.saturating_add(1) == count) {
                (false, _) => digit,
                (true, false) => 9_u8.saturating_sub(digit),
                (true, true) => 10_u8.saturating_sub(digit),
            }
        })
    }
}

impl Ord for Moment<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Neither side has trailing zeros (the complement of a last digit from 1 to 9 is from 1 to 9), so digit lists compare as texts do.
        self.seconds.cmp(&other.seconds).then_with(|| self.digits().cmp(other.digits()))
    }
}

impl PartialOrd for Moment<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Moment<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Moment<'_> {}

/// What is left of a text while its fields are read.
struct Fields<'a> {
    rest: &'a str,
}

impl<'a> Fields<'a> {
    /// Takes this ASCII character.
    fn take(&mut self, character: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(character)?;
        Some(())
    }

    /// Takes exactly so many digits, whose value must be in the range.
    fn number(&mut self, digits: usize, least: i64, most: i64) -> Option<i64> {
        let (text, rest) = self.rest.split_at_checked(digits)?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        let value = text.parse::<i64>().ok()?;
        (least..=most).contains(&value).then_some(value)
    }

    /// Takes all digits that follow: one to nine.
    fn fraction(&mut self) -> Option<&'a str> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (text, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        (1..=FRACTION_DIGITS_MAX).contains(&count).then_some(text)
    }
}

/// Reads the date-time form.
fn parse_date_time(text: &str) -> Option<Moment<'_>> {
    let mut fields = Fields { rest: text };
    let year = fields.number(4, 1, 9999)?;
    fields.take('-')?;
    let month = fields.number(2, 1, 12)?;
    if fields.rest.is_empty() {
        return moment(days(year, month, 1)?, 0, "");
    }
    fields.take('-')?;
    let day = fields.number(2, 1, days_in_month(year, month))?;
    let days = days(year, month, day)?;
    if fields.rest.is_empty() {
        return moment(days, 0, "");
    }
    fields.take('T')?;
    let hour = fields.number(2, 0, 23)?;
    fields.take(':')?;
    let minute = fields.number(2, 0, 59)?;
    let mut second = 0;
    let mut fraction = "";
    if fields.take(':').is_some() {
        second = fields.number(2, 0, 59)?;
        if fields.take('.').is_some() {
            fraction = fields.fraction()?;
        }
    }
    let offset = offset_seconds(&mut fields)?;
    let local = seconds(hour, minute)?.checked_add(second)?;
    moment(days, local.checked_sub(offset)?, fraction)
}

/// Reads the end of a date-time: `Z`, an offset or nothing; seconds east of UTC.
fn offset_seconds(fields: &mut Fields<'_>) -> Option<i64> {
    if fields.rest.is_empty() || fields.rest == "Z" {
        return Some(0);
    }
    let east = fields.take('+').is_some();
    if !east {
        fields.take('-')?;
    }
    let hour = fields.number(2, 0, 23)?;
    fields.take(':')?;
    let minute = fields.number(2, 0, 59)?;
    if !fields.rest.is_empty() {
        return None;
    }
    let distance = seconds(hour, minute)?;
    if east { Some(distance) } else { distance.checked_neg() }
}

/// Seconds of hours and minutes.
fn seconds(hours: i64, minutes: i64) -> Option<i64> {
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)
}

/// The moment so many days and seconds after 1970 began.
fn moment(days: i64, seconds: i64, fraction: &str) -> Option<Moment<'_>> {
    let seconds = days.checked_mul(86_400)?.checked_add(seconds)?;
    Some(Moment { seconds, fraction: fraction.trim_end_matches('0'), complement: false })
}

/// The Gregorian calendar, also before it was in use.
fn is_leap(year: i64) -> bool {
    let divides = |divisor| year.checked_rem(divisor) == Some(0);
    divides(4) && (!divides(100) || divides(400))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to this day; `year` from 1.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    /// Days from 0001-01-01 to 1970-01-01.
    const EPOCH: i64 = 719_162;
    let past = year.checked_sub(1)?;
    let leap_days = past.checked_div(4)?.checked_sub(past.checked_div(100)?)?.checked_add(past.checked_div(400)?)?;
    let before = BEFORE_MONTH.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let in_year = before.checked_add(day)?.checked_sub(1)?.checked_add(i64::from(month > 2 && is_leap(year)))?;
    past.checked_mul(365)?.checked_add(leap_days)?.checked_add(in_year)?.checked_sub(EPOCH)
}

/// An instant in its normal form: seconds since 1970 as the text of a [`Number`]. Ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    seconds: Number,
}

impl Instant {
    /// Reads a text as [`Moment::parse`] does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Instant> {
        Moment::parse(text).map(|moment| Instant::from(&moment))
    }

    /// The normal form, for example `-0.5` for half a second before 1970 began. Equal instants have equal text; to compare two is to compare
    /// the numbers.
    #[must_use]
    pub fn text(&self) -> &str {
        self.seconds.text()
    }
}

impl From<&Moment<'_>> for Instant {
    fn from(moment: &Moment<'_>) -> Instant {
        let digits = |moment: &Moment<'_>| moment.digits().map(|digit| char::from(b'0'.saturating_add(digit))).collect::<String>();
        let fraction_is_zero = moment.fraction.is_empty();
        let seconds = if moment.seconds >= 0 {
            Number::from_parts(false, moment.seconds.to_string().trim_start_matches('0'), &digits(moment))
        } else if fraction_is_zero {
            Number::from_parts(true, &moment.seconds.unsigned_abs().to_string(), "")
        } else {
            // Seconds are rounded down, so that the distance to zero is one second less and the rest of the fraction.
            let whole = moment.seconds.unsigned_abs().saturating_sub(1).to_string();
            let mirrored = Moment { complement: !moment.complement, ..*moment };
            Number::from_parts(true, whole.trim_start_matches('0'), &digits(&mirrored))
        };
        Instant { seconds }
    }
}
