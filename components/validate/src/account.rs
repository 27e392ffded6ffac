//! A decision, written down where shares are kept: what cannot be accounted for is not granted.

use edge::log;
use edge::reading::{self, Read};
use edge::request::Headers;
use edge::tokens::Decision;

/// How long a refusal may be kept that has to do with the store, in seconds: it may answer again any moment.
const WITHOUT_STORE: u32 = 1;

/// Whether it is granted in the end, and for how many seconds the answer may be kept.
pub async fn for_decision(read: &Read<'_>, headers: &Headers, user: Option<&str>) -> (bool, u32) {
    let (granted, validity) = match read.answer.decision {
        Decision::Granted(validity) => (true, validity),
        Decision::Refused((_, validity)) => (false, validity),
    };
    match reading::account_for(read, headers, user).await {
        Ok(true) => (granted, validity),
        // Shares are not kept: a refusal is a line on the log.
        Ok(false) => {
            if let Some(reason) = read.refused() {
                log::refused("validate", reason, headers);
            }
            (granted, validity)
        }
        Err(reason) => {
            log::refused("validate", read.refused().unwrap_or(reason), headers);
            (false, WITHOUT_STORE)
        }
    }
}
