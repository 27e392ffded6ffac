//! New values for old ones, one value of an attribute at a time, in no carrier's notation.
//! Whatever is written here is ASCII, so that every Specific Character Set can carry it.

use dicom_core::VR;
use jiff::{Span, civil::Date};

use crate::{Action, Engine, Plain, words};

/// What stands for a person, a thing or a text (D).
pub const DUMMY: &str = "Anonymized";

/// What is written in place of an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum New {
    /// Nothing, not even the attribute.
    Nothing,
    /// No value.
    Empty,
    /// Text, of one value or of several.
    Text(Vec<String>),
    /// A number: zero.
    Zero,
    /// Two bytes of zero, or as many as the VR's unit needs.
    Bytes,
    /// One empty item.
    Item,
}

impl New {
    /// What a plain action leaves of an attribute of this VR.
    pub(crate) fn plain(action: Plain, vr: VR) -> New {
        match action {
            Plain::Remove => New::Nothing,
            // The replacement of what is not known has to come from its value.
            Plain::Zero | Plain::Uid => New::Empty,
            Plain::Dummy => dummy(vr),
        }
    }

    /// What replaces an attribute whose values, as text, are these; `None` is a value that is not text.
    /// Not for [`Action::Keep`], which copies.
    pub(crate) fn of(engine: &Engine, action: Action, vr: VR, values: Option<&[&str]>) -> New {
        let plain = match action {
            Action::Keep | Action::Remove => return New::Nothing,
            Action::Zero => return New::Empty,
            Action::Dummy => return dummy(vr),
            Action::Uid => Plain::Uid,
            Action::ShiftDate(plain) | Action::Clean(plain) => plain,
        };
        let Some(values) = values else { return New::plain(plain, vr) };
        if values.iter().all(|value| value.trim_matches([' ', '\0']).is_empty()) {
            return New::Empty;
        }
        let each = |value: &&str| match action {
            Action::Uid => Some(engine.key.uid(value)),
            Action::ShiftDate(_) => shift(value, vr, engine.key.date_shift_days()),
            _ => Some(words::clean(value)),
        };
        match values.iter().map(each).collect::<Option<Vec<_>>>() {
            Some(new) if new.iter().any(|value| !value.is_empty()) => New::Text(new),
            _ => New::plain(plain, vr),
        }
    }
}

/// A dummy value that is valid for the VR (PS3.5 §6.2).
fn dummy(vr: VR) -> New {
    let text = match vr {
        VR::DA => "19000101",
        VR::TM => "000000",
        VR::DT => "19000101000000",
        VR::AS => "000Y",
        VR::AE | VR::CS => "ANONYMIZED",
        VR::IS | VR::DS => "0",
        VR::UI => "2.25.0",
        VR::UR => "about:blank",
        VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT => DUMMY,
        VR::SQ => return New::Item,
        VR::FL | VR::FD | VR::SL | VR::SS | VR::UL | VR::US | VR::SV | VR::UV => return New::Zero,
        _ => return New::Bytes,
    };
    New::Text(vec![text.to_owned()])
}

/// The date, time or moment, moved by whole days; none if it is not well-formed.
pub(crate) fn shift(value: &str, vr: VR, days: i32) -> Option<String> {
    let value = value.trim_matches([' ', '\0']);
    if value.is_empty() {
        return Some(String::new());
    }
    match vr {
        // The old form with dots (PS3.5 §6.2, note on ACR-NEMA) becomes today's.
        VR::DA if value.len() == 10 => {
            let &[y0, y1, y2, y3, b'.', m0, m1, b'.', d0, d1] = value.as_bytes() else { return None };
            moved(&[y0, y1, y2, y3, m0, m1, d0, d1], days)
        }
        VR::DA => moved(value.as_bytes().try_into().ok()?, days),
        // A whole number of days does not move the time of day.
        VR::TM => is_time(value).then(|| value.to_owned()),
        VR::DT => {
            // Less than a day's precision cannot be moved by days.
            let (date, rest) = value.as_bytes().split_first_chunk::<8>()?;
            let rest = std::str::from_utf8(rest).ok()?;
            let (time, zone) = match rest.find(['+', '-']) {
                Some(at) => rest.split_at_checked(at)?,
                None => (rest, ""),
            };
            let zone_fits =
                zone.is_empty() || (zone.len() == 5 && zone.bytes().skip(1).all(|b| b.is_ascii_digit()));
            if !zone_fits || !(time.is_empty() || is_time(time)) {
                return None;
            }
            Some(moved(date, days)? + time + zone)
        }
        _ => None,
    }
}

fn moved(date: &[u8; 8], days: i32) -> Option<String> {
    if !date.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0i16, |n, d| n * 10 + i16::from(d - b'0'));
    let [y, m, d] = [number(&date[..4]), number(&date[4..6]), number(&date[6..])];
    let date = Date::new(y, m as i8, d as i8).ok()?.checked_add(Span::new().try_days(days).ok()?).ok()?;
    // A year of less than four digits is no DA.
    (date.year() >= 1).then(|| format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()))
}

/// HH[MM[SS[.F…]]], digits only.
fn is_time(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    matches!(whole.len(), 2 | 4 | 6)
        && (fraction == "0" || whole.len() == 6)
        && (1..=6).contains(&fraction.len())
        && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_move_and_malformed_ones_do_not_pass() {
        for (vr, value, moved) in [
            (VR::DA, "20240301", Some("20240229")),
            (VR::DA, "2024.03.01", Some("20240229")),
            (VR::DA, "20240230", None),
            (VR::DA, "DOE^JOHN", None),
            (VR::DA, "", Some("")),
            (VR::TM, "101112.123456", Some("101112.123456")),
            (VR::TM, "10", Some("10")),
            (VR::TM, "10:11:12", None),
            (VR::TM, "JOHN", None),
            (VR::DT, "20240101", Some("20231231")),
            (VR::DT, "20240101120000.5+0100", Some("20231231120000.5+0100")),
            (VR::DT, "2024", None),
            (VR::DT, "20240101DOE", None),
            (VR::DT, "20240101+DOE^", None),
            (VR::DA, "00010101", None),
            (VR::DA, "2024010é", None),
            (VR::LO, "20240101", None),
        ] {
            assert_eq!(shift(value, vr, -1).as_deref(), moved, "{vr:?} {value}");
        }
    }
}
