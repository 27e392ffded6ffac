//! What happened to a share: never its token, its code or its link.

use std::fmt;

use model::{Moment, Resource};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::share::KeptResource;

/// What was done, or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The share was made.
    Create,
    /// Its link was opened.
    Open,
    /// The Authorization plugin, or the proxy, asked for a resource.
    Validate,
    /// Its terms were changed.
    Change,
    /// It was taken back.
    Revoke,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Refused,
}

/// One event.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Its own identifier, unique: an event that is sent twice is known by it.
    pub id: String,
    /// When.
    pub time: Moment,
    /// The share, where the token was ours and named one.
    pub jti: Option<String>,
    /// What was done.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused: a word of ours.
    pub reason: Option<String>,
    /// The user who did it, where users are configured.
    pub user: Option<String>,
    /// The address that it came from, as far as it can be known.
    pub address: Option<String>,
    /// What was asked for.
    pub resource: Option<Resource>,
}

impl Event {
    /// As JSON: on the log, in the store and in answers alike.
    pub fn to_json(&self) -> String {
        let kept = Kept {
            id: self.id.clone(),
            time: self.time,
            jti: self.jti.clone(),
            action: self.action,
            outcome: self.outcome,
            reason: self.reason.clone(),
            user: self.user.clone(),
            address: self.address.clone(),
            resource: self.resource.as_ref().map(KeptResource::from),
        };
        // Plain texts: there is nothing that JSON cannot say.
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// From its JSON.
    pub fn from_json(json: &[u8]) -> Result<Self, StoreError> {
        let kept: Kept = serde_json::from_slice(json).map_err(|_| StoreError::NotUnderstood)?;
        let resource = match kept.resource {
            Some(resource) => Some(resource.read().ok_or(StoreError::NotUnderstood)?),
            None => None,
        };
        Ok(Self {
            id: kept.id,
            time: kept.time,
            jti: kept.jti,
            action: kept.action,
            outcome: kept.outcome,
            reason: kept.reason,
            user: kept.user,
            address: kept.address,
            resource,
        })
    }
}

/// Without who and what.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("time", &self.time)
            .field("jti", &self.jti)
            .field("action", &self.action)
            .field("outcome", &self.outcome)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    id: String,
    #[serde(with = "crate::times")]
    time: Moment,
    jti: Option<String>,
    action: Action,
    outcome: Outcome,
    reason: Option<String>,
    user: Option<String>,
    address: Option<String>,
    resource: Option<KeptResource>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn event(second: i64) -> Event {
        Event {
            id: format!("event-{second}"),
            time: Moment::from_unix_seconds(second),
            jti: Some("jti-1".into()),
            action: Action::Open,
            outcome: Outcome::Refused,
            reason: Some("expired".into()),
            user: None,
            address: Some("192.0.2.1".into()),
            resource: Some(Resource::study(Some("1.2.3".into()), None)),
        }
    }

    #[test]
    fn an_event_is_json_and_reads_back() {
        let event = event(1_700_000_000);
        assert_eq!(
            event.to_json(),
            concat!(
                r#"{"id":"event-1700000000","time":"2023-11-14T22:13:20+00:00","jti":"jti-1","action":"open","outcome":"refused","#,
                r#""reason":"expired","user":null,"address":"192.0.2.1","#,
                r#""resource":{"level":"study","dicom-uid":"1.2.3","orthanc-id":null}}"#
            )
        );
        assert!(Event::from_json(event.to_json().as_bytes()).unwrap() == event);
        assert!(Event::from_json(b"{}").is_err());
    }
}
