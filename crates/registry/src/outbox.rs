//! What is to be sent elsewhere, until it is sent: at least once, in the order in which it came. Each
//! destination has a queue of its own: one that takes nothing keeps nothing from the other.

use model::Moment;
use serde::{Deserialize, Serialize};

use crate::{Account, Event, Registry, Store, StoreError, keys};

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// The audit repository.
    Audit,
    /// Who wants to know that a share was opened.
    Notify,
}

/// An event on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where to.
    pub to: Destination,
    /// What happened.
    pub event: Event,
}

impl Destination {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Audit, Self::Notify];

    /// The name of its queue in the keys: older versions had this one for both.
    pub(crate) const fn queue(self) -> &'static str {
        match self {
            Self::Audit => "outbox",
            Self::Notify => "notify",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    to: Destination,
    /// The event's own JSON, as a text: it is read by its own rules.
    event: String,
}

/// How long one sends before it is the next one's turn, in seconds.
const TURN_SECONDS: i64 = 10;

/// So long before that it begins nothing more, so that no two send the same.
const PAUSE_SECONDS: i64 = 2;

impl Message {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let kept = Kept { to: self.to, event: self.event.to_json() };
        // Two texts: there is nothing that JSON cannot say.
        serde_json::to_vec(&kept).unwrap_or_default()
    }

    fn from_json(json: &[u8]) -> Result<Self, StoreError> {
        let kept: Kept = serde_json::from_slice(json).map_err(|_| StoreError::NotUnderstood)?;
        Ok(Self { to: kept.to, event: Event::from_json(kept.event.as_bytes())? })
    }
}

impl<S: Store> Registry<S> {
    /// A number for a message, which is set after this: until then there is a gap.
    pub(crate) async fn outbox_number(&self, to: Destination) -> Result<i64, StoreError> {
        self.store().increment(&keys::queue(to.queue()), 1).await
    }

    /// After a message was set: who sends may have gone past its number before. Then it is still there, and
    /// takes another one.
    pub(crate) async fn not_passed(
        &self,
        to: Destination,
        mut n: i64,
        message: Vec<u8>,
    ) -> Result<(), StoreError> {
        let entry = |n| keys::queue_entry(to.queue(), n);
        while self.sent(to).await? >= n && self.store().get(&entry(n)).await?.is_some() {
            let next = self.outbox_number(to).await?;
            self.store().set(vec![(entry(next), message.clone())]).await?;
            self.store().delete(vec![entry(n)]).await?;
            n = next;
        }
        Ok(())
    }

    /// Gives another number to messages that were passed, and whose node ended before it saw that. All keys
    /// are looked at for it: for once an hour.
    pub async fn take_up_passed(&self, to: Destination) -> Result<(), StoreError> {
        let prefix = keys::queue_entry_prefix(to.queue());
        for key in self.store().keys(&prefix).await? {
            if let Some(n) = key[prefix.len()..].parse().ok()
                && let Some(message) = self.store().get(&key).await?
            {
                self.not_passed(to, n, message).await?;
            }
        }
        Ok(())
    }

    /// Until when the caller may begin to send there, in Unix seconds, if it is its turn: one caller in each
    /// slot of time is told so, on whatever node.
    pub async fn may_send(&self, to: Destination, now: Moment) -> Result<Option<i64>, StoreError> {
        let turn = |slot| keys::queue_turn(to.queue(), slot);
        let slot = now.unix_seconds().div_euclid(TURN_SECONDS);
        let until = (slot + 1) * TURN_SECONDS - PAUSE_SECONDS;
        if now.unix_seconds() >= until || self.store().increment(&turn(slot), 1).await? > 1 {
            return Ok(None);
        }
        // Turns that nobody asks for any more.
        self.store().delete((2..=4).map(|ago| turn(slot - ago)).collect()).await?;
        Ok(Some(until))
    }

    /// Whether there is anything to send there.
    pub async fn has_messages(&self, to: Destination) -> Result<bool, StoreError> {
        Ok(self.sent(to).await? < self.count(&keys::queue(to.queue())).await?)
    }

    /// The oldest message of a queue that is not sent, with its number. What has a number and is not there yet, or
    /// never will be, is passed, and this is said before the next one is sent: whoever sets a message looks
    /// afterwards whether it was passed ([`Self::not_passed`]), and here it is looked again whether it was
    /// set. One of the two sees the other. A message that is not understood is passed too: once an hour it
    /// takes another number ([`Self::take_up_passed`]), until a version sends it that understands it.
    /// In the audit repository's there may be one that goes elsewhere ([`Self::to_its_queue`]).
    pub async fn next_message(&self, to: Destination) -> Result<Option<(i64, Message)>, StoreError> {
        let sent = self.sent(to).await?;
        let last = self.count(&keys::queue(to.queue())).await?;
        let (message, passed) = self.first_message(to, sent + 1, last).await?;
        if passed == sent {
            return Ok(message);
        }
        self.set_sent(to, passed).await?;
        let (before, _) = self.first_message(to, sent + 1, passed).await?;
        Ok(before.or(message))
    }

    /// The first message of these numbers, and up to which number all are to be passed: to the one before it,
    /// or to the last that is not understood.
    async fn first_message(
        &self,
        to: Destination,
        first: i64,
        last: i64,
    ) -> Result<(Option<(i64, Message)>, i64), StoreError> {
        let mut passed = first - 1;
        for n in first..=last {
            match self.read(&keys::queue_entry(to.queue(), n), Message::from_json).await {
                Ok(Some(message)) => return Ok((Some((n, message)), n - 1)),
                Ok(None) => {}
                Err(StoreError::NotUnderstood) => passed = n,
                Err(error) => return Err(error),
            }
        }
        Ok((None, passed))
    }

    /// A message that an older version put into this queue goes into that of its destination. Should the node
    /// end in between, it is there twice.
    pub async fn to_its_queue(&self, from: Destination, n: i64, message: &Message) -> Result<(), StoreError> {
        let json = message.to_json();
        let next = self.outbox_number(message.to).await?;
        self.store().set(vec![(keys::queue_entry(message.to.queue(), next), json.clone())]).await?;
        self.not_passed(message.to, next, json).await?;
        self.mark_sent(from, n).await
    }

    /// All messages of the queue up to this number are sent.
    pub async fn mark_sent(&self, to: Destination, n: i64) -> Result<(), StoreError> {
        self.set_sent(to, n).await?;
        self.store().delete(vec![keys::queue_entry(to.queue(), n)]).await
    }

    async fn set_sent(&self, to: Destination, n: i64) -> Result<(), StoreError> {
        self.store().set(vec![(keys::queue_sent(to.queue()), n.to_string().into_bytes())]).await
    }

    async fn sent(&self, to: Destination) -> Result<i64, StoreError> {
        self.count(&keys::queue_sent(to.queue())).await
    }

    /// Keeps an event, if this is the first time in the hour that this was seen, by any node; whether it was.
    /// If it cannot be kept it was not seen.
    pub async fn record_once_an_hour(
        &self,
        what: &str,
        now: Moment,
        account: &Account,
    ) -> Result<bool, StoreError> {
        if !self.is_first_in_hour(what, now).await? {
            return Ok(false);
        }
        let recorded = self.record(account).await;
        if recorded.is_err() {
            // Should the store be away for this as well, this one event is missing.
            let _ = self.store().increment(&keys::seen(hour(now), what), -1).await;
        }
        recorded.map(|()| true)
    }

    /// Whether this was not seen in this hour yet, by any node.
    pub async fn is_first_in_hour(&self, what: &str, now: Moment) -> Result<bool, StoreError> {
        Ok(self.store().increment(&keys::seen(hour(now), what), 1).await? == 1)
    }

    /// Forgets what was seen in hours before the last one.
    pub async fn forget_seen(&self, now: Moment) -> Result<(), StoreError> {
        let prefix = format!("{}seen/", keys::PREFIX);
        let is_old = |key: &String| {
            let seen = key[prefix.len()..].split('/').next().and_then(|text| text.parse::<i64>().ok());
            seen.is_some_and(|seen| seen < hour(now) - 1)
        };
        let old: Vec<String> = self.store().keys(&prefix).await?.into_iter().filter(is_old).collect();
        for some in old.chunks(100) {
            self.store().delete(some.to_vec()).await?;
        }
        Ok(())
    }
}

/// Hours since the epoch.
pub(crate) fn hour(now: Moment) -> i64 {
    now.unix_seconds().div_euclid(3600)
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
