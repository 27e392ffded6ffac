//! Accounting for what viewers read: asked for by Orthanc's Authorization plugin, or through the proxy.

use model::Resource;
use registry::Action;

use crate::audit::{Audit, Happened};
use crate::request::Headers;
use crate::shares;
use crate::tokens::{self, Answer, Decision, Refusal, Rejection};

/// That somebody reads, or wants to, as it was decided.
pub struct Read<'a> {
    /// The token component's answer.
    pub answer: &'a Answer,
    /// The token, as it was presented.
    pub token: Option<&'a str>,
    /// What was asked for.
    pub target: Option<&'a Resource>,
}

impl Read<'_> {
    /// Why it was refused, if it was.
    pub fn refused(&self) -> Option<&'static str> {
        match self.answer.decision {
            Decision::Granted(_) => None,
            Decision::Refused((refusal, _)) => Some(tokens::reason(refusal)),
        }
    }
}

/// Accounts for it where shares are kept; whether they are. If it fails, what cannot be accounted for is not
/// to be granted: the reason for the log is the error.
pub async fn account_for(
    read: &Read<'_>,
    headers: &Headers,
    user: Option<&str>,
) -> Result<bool, &'static str> {
    let unavailable = "store-unavailable";
    let Some(shares) = shares::registry().await.map_err(|_| unavailable)? else { return Ok(false) };
    let audit = Audit::load().await.map_err(|_| "misconfigured")?;
    // Of what is no token of ours there are as many as somebody likes to make up: it is one.
    let is_ours = !matches!(
        read.answer.decision,
        Decision::Refused((Refusal::Token(Rejection::Invalid | Rejection::Malformed), _))
    );
    let happened = Happened {
        jti: read.answer.jti.as_deref(),
        is_kept: read.answer.registered,
        action: Action::Validate,
        refused: read.refused(),
        resource: read.target.filter(|_| is_ours),
    };
    let token = read.token.filter(|_| is_ours).unwrap_or_default();
    let caller = audit.caller(headers, user);
    audit.record_once_an_hour(&shares, &caller, token, &happened).await.map_err(|_| unavailable)?;
    audit.send_later(shares);
    Ok(true)
}
