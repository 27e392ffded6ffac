//! The patience that a form needs which is posted again while its first opening is under way.

use std::time::Duration;

use edge::shares::Shares;
use registry::{Posting, StoreError, Turn};

/// How often it is looked whether the first one has opened.
const LOOKS: u32 = 10;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Before an opening is counted; [`Turn::Wait`] if the first one takes too long, or has ended in between.
pub async fn begin(shares: &Shares, posting: &Posting) -> Result<Turn, StoreError> {
    patiently(async || shares.begin_opening(posting).await).await
}

/// Where no openings are left: [`Turn::Again`] if the last one was by this form, just now.
pub async fn find(shares: &Shares, posting: &Posting) -> Result<Turn, StoreError> {
    patiently(async || shares.turn(posting).await).await
}

async fn patiently(look: impl AsyncFn() -> Result<Turn, StoreError>) -> Result<Turn, StoreError> {
    for _ in 0..LOOKS {
        match look().await? {
            Turn::Wait => spin_sdk::time::sleep(PAUSE).await,
            turn => return Ok(turn),
        }
    }
    look().await
}
