//! A decision, written down where shares are kept: what cannot be accounted for is not granted.

use edge::log;
use edge::reading::{self, Read};
use edge::tokens::{self, Answer, Decision};
use http::HeaderMap;
use model::Resource;

/// What was decided, on what.
pub struct Decided<'a> {
    /// The token component's answer.
    pub answer: &'a Answer,
    /// The token, as it was presented.
    pub token: Option<&'a str>,
    /// What was asked for.
    pub target: Option<&'a Resource>,
}

/// How long a refusal may be kept that has to do with the store, in seconds: it may answer again any moment.
const WITHOUT_STORE: u32 = 1;

/// Whether it is granted in the end, and for how many seconds the answer may be kept.
pub async fn for_decision(decided: &Decided<'_>, headers: &HeaderMap, user: Option<&str>) -> (bool, u32) {
    let (granted, validity, refused) = match decided.answer.decision {
        Decision::Granted(validity) => (true, validity, None),
        Decision::Refused((refusal, validity)) => (false, validity, Some(tokens::reason(refusal))),
    };
    let read = Read { answer: decided.answer, token: decided.token, target: decided.target, refused };
    match reading::account_for(&read, headers, user).await {
        Ok(true) => (granted, validity),
        // Shares are not kept: a refusal is a line on the log.
        Ok(false) => {
            if let Some(reason) = refused {
                log::refused("validate", reason, headers);
            }
            (granted, validity)
        }
        Err(reason) => {
            log::refused("validate", refused.unwrap_or(reason), headers);
            (false, WITHOUT_STORE)
        }
    }
}
