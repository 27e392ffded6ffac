//! Dates and times as a person writes and reads them: local, unless they say otherwise.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};

const EXPECTED: &str = "expected a date such as 2027-01-31, or a date and time such as 2027-01-31T18:00";

/// The end that is meant: a date alone is the last day.
pub fn end(text: &str) -> Result<Timestamp, String> {
    read(text, true, TimeZone::system())
}

/// The beginning that is meant: a date alone is the first day.
pub fn beginning(text: &str) -> Result<Timestamp, String> {
    read(text, false, TimeZone::system())
}

fn read(text: &str, is_end: bool, zone: TimeZone) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let local = if text.len() == "2027-01-31".len() {
        let date: Date = text.parse().map_err(|_| EXPECTED)?;
        let day = if is_end { date.tomorrow().map_err(|_| EXPECTED)? } else { date };
        day.to_datetime(jiff::civil::Time::midnight())
    } else {
        text.parse::<DateTime>().map_err(|_| EXPECTED)?
    };
    // A time that the clocks leave out is read as the one after the gap, as everywhere.
    let zoned = local.to_zoned(zone).map_err(|_| EXPECTED)?;
    Ok(zoned.timestamp())
}

/// This many days after that instant, to the second.
pub fn after_days(from: Timestamp, days: u32) -> Timestamp {
    let later =
        from.saturating_add(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MAX);
    later.round(Unit::Second).unwrap_or(later)
}

/// An instant of an answer in local time, to the minute; a text that is none stays what it is.
pub fn local(text: &str) -> String {
    local_in(text, TimeZone::system())
}

fn local_in(text: &str, zone: TimeZone) -> String {
    match text.parse::<Timestamp>() {
        Ok(instant) => instant.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::offset;
    use proptest::prelude::*;

    fn east() -> TimeZone {
        TimeZone::fixed(offset(2))
    }

    #[test]
    fn a_time_without_an_offset_is_local() {
        for (text, is_end, expected) in [
            ("2027-01-31", true, "2027-01-31T22:00:00Z"),
            ("2027-01-31", false, "2027-01-30T22:00:00Z"),
            ("2027-01-31T18:00", true, "2027-01-31T16:00:00Z"),
            ("2027-01-31 18:00:30", false, "2027-01-31T16:00:30Z"),
            ("2027-01-31T18:00:00Z", true, "2027-01-31T18:00:00Z"),
            ("2027-01-31T18:00:00-05:00", true, "2027-01-31T23:00:00Z"),
        ] {
            assert_eq!(read(text, is_end, east()).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "tomorrow", "2027-02-30", "2027-1-31", "31.01.2027", "9999-12-31", "é027-01-31"] {
            assert!(read(text, true, east()).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_are_shown_in_local_time() {
        assert_eq!(local_in("2030-07-07T11:00:59.5+00:00", east()), "2030-07-07 13:00");
        assert_eq!(local_in("soon", east()), "soon");
    }

    #[test]
    fn days_are_counted_from_now() {
        let now: Timestamp = "2026-11-22T10:00:00.4Z".parse().unwrap();
        assert_eq!(after_days(now, 7).to_string(), "2026-11-29T10:00:00Z");
        assert!(after_days(Timestamp::MAX, u32::MAX) <= Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*", is_end: bool) {
            let _ = read(&text, is_end, east());
            let _ = local_in(&text, east());
        }
    }
}
