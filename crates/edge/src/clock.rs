//! What a pure function cannot have: the time, and numbers that nobody can guess.

use std::time::{Duration, SystemTime};

use api::Problem;
use model::Moment;

/// How long a moment is.
const MOMENT: Duration = Duration::from_millis(50);

/// Now.
pub fn now() -> Moment {
    Moment::from_clock(SystemTime::now())
}

/// A new identifier of 128 random bits, in hexadecimal.
pub fn new_id() -> Result<String, Problem> {
    random().map(|bytes| format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// 128 random bits.
pub fn random() -> Result<[u8; 16], Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Problem::new(500, "no random numbers"))?;
    Ok(bytes)
}

/// A moment, in which another request, on whatever node, does what it has begun.
pub async fn moment() {
    spin_sdk::time::sleep(MOMENT).await;
}
