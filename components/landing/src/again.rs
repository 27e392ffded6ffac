//! The patience that a form needs which is posted again while its first opening is under way.

use edge::clock;
use edge::shares::Shares;
use registry::{Posting, StoreError, Turn};

/// How often it is looked, a moment apart, whether the first one has opened: it may ask MedDream for a token.
const LOOKS: u32 = 20;

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
            Turn::Wait => clock::moment().await,
            turn => return Ok(turn),
        }
    }
    look().await
}
