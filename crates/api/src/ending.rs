//! When a share ends: `expiration-date`, else now and `validity-duration`. A date wins.

use model::Moment;
use serde_json::Value;

use crate::coerce::{self, Fields};
use crate::terms::VALUE;

/// What may stand in `validity-duration`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duration {
    /// Seconds from 1 up, that end within the calendar.
    Sensible,
    /// Plugins send an uninitialised one to `PUT /tokens`: beside a date it may be anything, and without one
    /// what goes past the calendar ends with it.
    Any,
}

/// The end, and the duration as it was given. What is wrong is recorded.
pub(crate) fn read(fields: &mut Fields<'_>, now: Moment, which: Duration) -> (Option<Moment>, Option<u64>) {
    const NAME: &str = "validity-duration";
    let date = expiration_date(fields, now);
    let has_date = fields.raw("expiration-date").is_some_and(|date| *date != Value::Null);
    if which == Duration::Any && has_date {
        return (date, fields.raw(NAME).and_then(|value| coerce::seconds(value).ok()));
    }
    let Some(seconds) = fields.optional(NAME, coerce::seconds) else { return (date, None) };
    let end = after(now, seconds);
    if seconds == 0 {
        fields.refuse(NAME, "the share would have expired already", VALUE);
    } else if which == Duration::Sensible && end.is_none() {
        fields.refuse(NAME, "the share would end after the year 9999", VALUE);
    }
    let last = Moment::from_unix_micros(i64::MAX);
    (if has_date { date } else { Some(end.unwrap_or(last)) }, Some(seconds))
}

/// An end that is already over is refused: its link would never have worked.
pub(crate) fn expiration_date(fields: &mut Fields<'_>, now: Moment) -> Option<Moment> {
    let moment = fields.optional("expiration-date", coerce::moment)?;
    if moment <= now {
        fields.refuse("expiration-date", "the share would have expired already", VALUE);
        return None;
    }
    Some(moment)
}

/// This many seconds from now, if that is within the calendar.
fn after(now: Moment, seconds: u64) -> Option<Moment> {
    let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
    let end = now.unix_micros().checked_add(micros)?;
    let moment = Moment::from_unix_micros(end);
    (moment.unix_micros() == end).then_some(moment)
}
