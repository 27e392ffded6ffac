//! An instant with the UTC offset that it was written with, as clients send and read it.
//! The subtle thing: the grammar is the one that existing clients rely on (ISO 8601 in several
//! spellings, Unix seconds or milliseconds), wider than RFC 3339.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, civil::DateTime, tz::Offset};

/// An instant, in microseconds, and the offset to show it with.
///
/// Ordering and equality are those of the instant; the offset is only for display.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Microseconds since 1970-01-01T00:00:00Z, within the years 0001 to 9999.
    unix_micros: i64,
    /// Minutes east of UTC, within ±24 h.
    offset_minutes: i16,
}

/// The text or number is no date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid datetime format")]
pub struct InvalidMoment;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
const MIN_MICROS: i64 = -62_135_596_800_000_000;
const MAX_MICROS: i64 = 253_402_300_799_999_999;

/// A number above this is milliseconds, else seconds (the rule of the existing service).
const LARGEST_SECONDS: f64 = 2e10;

impl Moment {
    /// The instant this many microseconds after 1970, shown in UTC; clamped to the years 0001 to 9999.
    pub fn from_unix_micros(micros: i64) -> Self {
        Self { unix_micros: micros.clamp(MIN_MICROS, MAX_MICROS), offset_minutes: 0 }
    }

    /// The instant this many seconds after 1970, shown in UTC; clamped to the years 0001 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self::from_unix_micros(seconds.saturating_mul(1_000_000))
    }

    /// The instant of a clock, shown in UTC. One before 1970 is the end of time: what such a clock is asked
    /// about has ended, and no share is valid for ever.
    pub fn from_clock(time: SystemTime) -> Self {
        let since_1970 = time.duration_since(UNIX_EPOCH);
        Self::from_unix_micros(
            since_1970.map_or(i64::MAX, |time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The same instant, shown with another offset (minutes east of UTC).
    pub fn with_offset_minutes(self, offset_minutes: i16) -> Self {
        Self { offset_minutes: offset_minutes.clamp(-1439, 1439), ..self }
    }

    /// A JSON number: Unix seconds, or milliseconds when it is above 2·10¹⁰.
    /// Numbers out of range clamp to the first or last moment; only NaN is refused.
    pub fn from_number(number: f64) -> Result<Self, InvalidMoment> {
        if number.is_nan() {
            return Err(InvalidMoment);
        }
        let seconds = if number.abs() > LARGEST_SECONDS { number / 1000.0 } else { number };
        // `as` saturates, so that 1e30 becomes the last moment.
        Ok(Self::from_unix_micros((seconds * 1e6).round() as i64))
    }

    /// `YYYY-MM-DD[T ]HH:MM[:SS[.ffffff]][Z|±HH[[:]MM]]`, or a number as text.
    /// Without an offset it is taken as UTC.
    pub fn parse(text: &str) -> Result<Self, InvalidMoment> {
        if let Ok(number) = text.parse::<f64>()
            && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
        {
            return Self::from_number(number);
        }
        parse_iso(text).ok_or(InvalidMoment)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn unix_micros(self) -> i64 {
        self.unix_micros
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.unix_micros.div_euclid(1_000_000)
    }

    /// Minutes east of UTC that it is shown with.
    pub fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }
}

/// ISO 8601 as Python's `isoformat` writes it: `2030-07-07T11:00:00+00:00`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = epoch() + SignedDuration::from_micros(self.local_micros());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second(),
        )?;
        let micros = local.subsec_nanosecond() / 1000;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        let offset = self.shown_offset();
        let sign = if offset < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
    }
}

impl Moment {
    /// Near the ends of the calendar the offset may not fit: there UTC is shown.
    fn shown_offset(self) -> i16 {
        let local = self.unix_micros + i64::from(self.offset_minutes) * 60_000_000;
        if (MIN_MICROS..=MAX_MICROS).contains(&local) { self.offset_minutes } else { 0 }
    }

    fn local_micros(self) -> i64 {
        self.unix_micros + i64::from(self.shown_offset()) * 60_000_000
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.unix_micros == other.unix_micros
    }
}
impl Eq for Moment {}
impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Moment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.unix_micros.cmp(&other.unix_micros)
    }
}

fn epoch() -> DateTime {
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
}

fn parse_iso(text: &str) -> Option<Moment> {
    let mut rest = Cursor(text.as_bytes());
    let year = rest.digits(4, 4)?;
    rest.one_of(b"-")?;
    let month = rest.digits(1, 2)?;
    rest.one_of(b"-")?;
    let day = rest.digits(1, 2)?;
    rest.one_of(b"T ")?;
    let hour = rest.digits(1, 2)?;
    rest.one_of(b":")?;
    let minute = rest.digits(1, 2)?;
    let (second, nanos) = if rest.one_of(b":").is_some() {
        let second = rest.digits(1, 2)?;
        (second, if rest.one_of(b".").is_some() { rest.micros()? * 1000 } else { 0 })
    } else {
        (0, 0)
    };
    let offset_minutes = rest.offset()?;
    if !rest.0.is_empty() || year == 0 {
        return None;
    }
    let part = |n: i32| i8::try_from(n).ok();
    let local = DateTime::new(
        i16::try_from(year).ok()?,
        part(month)?,
        part(day)?,
        part(hour)?,
        part(minute)?,
        part(second)?,
        nanos,
    )
    .ok()?;
    let seconds = i32::from(offset_minutes) * 60;
    Offset::from_seconds(seconds).ok()?;
    let utc_micros = local.duration_since(epoch()).as_micros() - i128::from(seconds) * 1_000_000;
    let moment = Moment::from_unix_micros(i64::try_from(utc_micros).ok()?);
    Some(moment.with_offset_minutes(offset_minutes))
}

/// What is left of the text; each method takes a piece off its front.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn digits(&mut self, at_least: usize, at_most: usize) -> Option<i32> {
        let count = self.0.iter().take(at_most).take_while(|b| b.is_ascii_digit()).count();
        if count < at_least {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(digits.iter().fold(0, |n, d| n * 10 + i32::from(d - b'0')))
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Up to six digits count, six more are read and dropped.
    fn micros(&mut self) -> Option<i32> {
        let before = self.0.len();
        let value = self.digits(1, 6)?;
        let scale = 6 - (before - self.0.len());
        let _ = self.digits(0, 6);
        Some(value * 10_i32.pow(u32::try_from(scale).ok()?))
    }

    /// `Z`, `±HH`, `±HHMM`, `±HH:MM`, or nothing (UTC); in minutes.
    fn offset(&mut self) -> Option<i16> {
        let sign = match self.one_of(b"Zz+-") {
            None | Some(b'Z' | b'z') => return Some(0),
            Some(b'-') => -1,
            Some(_) => 1,
        };
        let hours = self.digits(2, 2)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.one_of(b":");
            self.digits(2, 2)?
        };
        let total = hours * 60 + minutes;
        (minutes < 60 && total < 1440).then(|| i16::try_from(sign * total).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_spellings_of_existing_clients_are_read() {
        let cases = [
            ("2030-07-07T11:00:00Z", "2030-07-07T11:00:00+00:00"),
            ("2030-07-07 11:00:00Z", "2030-07-07T11:00:00+00:00"),
            ("2030-07-07T11:00Z", "2030-07-07T11:00:00+00:00"),
            ("2030-07-07T11:00:00", "2030-07-07T11:00:00+00:00"),
            ("2030-07-07T11:00:00+02:00", "2030-07-07T11:00:00+02:00"),
            ("2030-07-07T11:00:00-0530", "2030-07-07T11:00:00-05:30"),
            ("2030-07-07T11:00:00+02", "2030-07-07T11:00:00+02:00"),
            ("2030-07-07T11:00:00.5Z", "2030-07-07T11:00:00.500000+00:00"),
            ("2030-07-07T11:00:00.123456789Z", "2030-07-07T11:00:00.123456+00:00"),
            ("1900000000", "2030-03-17T17:46:40+00:00"),
            ("1900000000000", "2030-03-17T17:46:40+00:00"),
            ("1900000000.5", "2030-03-17T17:46:40.500000+00:00"),
            ("1e30", "9999-12-31T23:59:59.999999+00:00"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
        ];
        for (text, shown) in cases {
            assert_eq!(Moment::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "not-a-date",
            "2030-13-40T00:00:00Z",
            "2030-02-30T00:00:00Z",
            "2030-07-07",
            "inf",
            "nan",
            "2030-07-07T25:00:00Z",
            "2030-07-07T11:00:00+99:00",
            "2030-07-07T11:00:00Zjunk",
            "0000-01-01T00:00:00Z",
            "2030-07-07T11:00:00+2",
            "2030-07-07T11:00:00.Z",
            "２030-07-07T11:00:00Z",
        ] {
            assert_eq!(Moment::parse(text), Err(InvalidMoment), "{text}");
        }
        assert!(Moment::from_number(f64::NAN).is_err());
    }

    #[test]
    fn a_clock_that_is_wrong_ends_every_share() {
        let at = |micros| UNIX_EPOCH + std::time::Duration::from_micros(micros);
        assert_eq!(Moment::from_clock(at(1_900_000_000_000_001)).unix_micros(), 1_900_000_000_000_001);
        let before_1970 = UNIX_EPOCH - std::time::Duration::from_secs(1);
        assert_eq!(Moment::from_clock(before_1970), Moment::from_unix_micros(MAX_MICROS));
    }

    #[test]
    fn moments_compare_by_instant() {
        let a = Moment::parse("2030-07-07T11:00:00+02:00").unwrap();
        let b = Moment::parse("2030-07-07T09:00:00Z").unwrap();
        assert_eq!(a, b);
        assert!(a < Moment::parse("2030-07-07T11:00:00Z").unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Moment::parse(&text);
        }

        #[test]
        fn what_is_shown_reads_back(micros in MIN_MICROS..=MAX_MICROS, offset in -1439_i16..=1439) {
            let moment = Moment::from_unix_micros(micros).with_offset_minutes(offset);
            let shown = moment.to_string();
            prop_assert_eq!(Moment::parse(&shown).unwrap().unix_micros(), micros);
            prop_assert_eq!(Moment::parse(&shown).unwrap().to_string(), shown);
        }
    }
}
