//! A decision, written down where shares are kept: what cannot be accounted for is not granted.

use edge::audit::{self, Audit, Happened};
use edge::tokens::{self, Answer, Decision, Refusal, Rejection};
use edge::{log, shares};
use http::HeaderMap;
use model::Resource;
use registry::Action;

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
    match write_down(decided, refused, headers, user).await {
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

/// Whether there was a store to write it into.
async fn write_down(
    decided: &Decided<'_>,
    refused: Option<&str>,
    headers: &HeaderMap,
    user: Option<&str>,
) -> Result<bool, &'static str> {
    let unavailable = "store-unavailable";
    let Some(shares) = shares::registry().await.map_err(|_| unavailable)? else { return Ok(false) };
    let audit = Audit::load().await.map_err(|_| "misconfigured")?;
    let caller = audit.caller(headers, user);
    // Of what is no token of ours there are as many as somebody likes to make up: it is one.
    let is_ours = !matches!(
        decided.answer.decision,
        Decision::Refused((Refusal::Token(Rejection::Invalid | Rejection::Malformed), _))
    );
    let happened = Happened {
        jti: decided.answer.jti.as_deref(),
        is_kept: decided.answer.registered,
        action: Action::Validate,
        refused,
        resource: decided.target.filter(|_| is_ours),
    };
    let token = decided.token.filter(|_| is_ours).unwrap_or_default();
    if audit.record_once_an_hour(&shares, &caller, token, &happened).await.map_err(|_| unavailable)? {
        audit::sweep(&shares).await.map_err(|_| unavailable)?;
    }
    audit.send_later(shares);
    Ok(true)
}
