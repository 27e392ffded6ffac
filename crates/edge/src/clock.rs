//! What a pure function cannot have: the time, and numbers that nobody can guess.

use std::time::{SystemTime, UNIX_EPOCH};

use api::Problem;
use model::Moment;

/// Now. A clock before 1970 counts as the end of time, when every share has ended.
pub fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    Moment::from_unix_micros(
        since_1970.map_or(i64::MAX, |time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX)),
    )
}

/// A new identifier of 128 random bits, in hexadecimal.
pub fn new_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Problem::new(500, "no random numbers"))?;
    Ok(u128::from_be_bytes(bytes)).map(|number| format!("{number:032x}"))
}
