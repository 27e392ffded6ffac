//! A moment written out in a language, with its offset from UTC: the reader may sit elsewhere.

use jiff::{SignedDuration, civil::DateTime};
use model::Moment;

use crate::texts::Texts;

/// For people: `7 July 2030, 11:00 (UTC+02:00)`, in the language's own form.
pub(crate) fn for_people(moment: Moment, texts: &Texts) -> String {
    let (local, offset) = local(moment);
    let day = if local.day() == 1 { texts.first_day.to_owned() } else { local.day().to_string() };
    let month = usize::try_from(local.month() - 1).ok().and_then(|month| texts.months.get(month));
    let date = texts
        .date
        .replace("{day}", &day)
        .replace("{month}", month.copied().unwrap_or_default())
        .replace("{year}", &local.year().to_string())
        .replace("{hour}", &format!("{:02}", local.hour()))
        .replace("{minute}", &format!("{:02}", local.minute()));
    let sign = if offset < 0 { '\u{2212}' } else { '+' };
    match offset.abs() {
        0 => format!("{date} (UTC)"),
        offset => format!("{date} (UTC{sign}{:02}:{:02})", offset / 60, offset % 60),
    }
}

/// For the `datetime` attribute: `2030-07-07T11:00+02:00`.
pub(crate) fn for_machines(moment: Moment) -> String {
    let (local, offset) = local(moment);
    let sign = if offset < 0 { '-' } else { '+' };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}{sign}{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        offset.abs() / 60,
        offset.abs() % 60,
    )
}

/// The calendar date at the moment's own offset, in minutes; in UTC where the calendar ends.
fn local(moment: Moment) -> (DateTime, i16) {
    let at = |offset: i16| {
        let micros = moment.unix_micros() + i64::from(offset) * 60_000_000;
        let local = EPOCH.checked_add(SignedDuration::from_micros(micros)).ok()?;
        (local.year() >= 1).then_some((local, offset))
    };
    // A moment lies within the years 1 to 9999, so UTC always fits.
    at(moment.offset_minutes()).or_else(|| at(0)).unwrap_or((EPOCH, 0))
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use proptest::prelude::*;

    fn written(text: &str, language: Language) -> String {
        for_people(Moment::parse(text).unwrap(), Texts::of(language))
    }

    #[test]
    fn each_language_has_its_own_form() {
        let cases = [
            (Language::English, "7 July 2030, 09:05 (UTC+02:00)", "1 January 2031, 23:00 (UTC)"),
            (Language::French, "7 juillet 2030 à 09 h 05 (UTC+02:00)", "1er janvier 2031 à 23 h 00 (UTC)"),
            (Language::German, "7. Juli 2030, 09:05 Uhr (UTC+02:00)", "1. Januar 2031, 23:00 Uhr (UTC)"),
            (Language::Dutch, "7 juli 2030, 09:05 uur (UTC+02:00)", "1 januari 2031, 23:00 uur (UTC)"),
            (Language::Spanish, "7 de julio de 2030, 09:05 (UTC+02:00)", "1 de enero de 2031, 23:00 (UTC)"),
            (Language::Italian, "7 luglio 2030, ore 09:05 (UTC+02:00)", "1º gennaio 2031, ore 23:00 (UTC)"),
            (
                Language::Portuguese,
                "7 de julho de 2030, 09:05 (UTC+02:00)",
                "1 de janeiro de 2031, 23:00 (UTC)",
            ),
        ];
        for (language, summer, new_year) in cases {
            let plain = |text: String| text.replace('\u{a0}', " ");
            assert_eq!(plain(written("2030-07-07T09:05:59+02:00", language)), summer);
            assert_eq!(plain(written("2031-01-01T23:00:00Z", language)), new_year);
        }
    }

    #[test]
    fn offsets_and_the_ends_of_the_calendar_are_shown() {
        let cases = [
            ("2030-07-07T09:05:00-0530", "2030-07-07T09:05-05:30", "7 July 2030, 09:05 (UTC\u{2212}05:30)"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59+00:00", "31 December 9999, 23:59 (UTC)"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00+00:00", "1 January 1, 00:00 (UTC)"),
        ];
        for (text, machine, people) in cases {
            assert_eq!(for_machines(Moment::parse(text).unwrap()), machine);
            assert_eq!(written(text, Language::English), people);
        }
        let past_the_end = Moment::from_unix_micros(i64::MAX).with_offset_minutes(60);
        assert_eq!(for_machines(past_the_end), "9999-12-31T23:59+00:00");
        let before_the_start = Moment::from_unix_micros(i64::MIN).with_offset_minutes(-60);
        assert_eq!(for_machines(before_the_start), "0001-01-01T00:00+00:00");
    }

    proptest! {
        #[test]
        fn any_moment_is_the_same_for_machines(micros: i64, offset: i16) {
            let moment = Moment::from_unix_micros(micros).with_offset_minutes(offset);
            let minutes = moment.unix_micros().div_euclid(60_000_000);
            let read = Moment::parse(&for_machines(moment)).unwrap();
            prop_assert_eq!(read.unix_micros(), minutes * 60_000_000);
        }
    }
}
