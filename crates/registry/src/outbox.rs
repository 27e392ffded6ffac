//! What is to be sent elsewhere, until it is sent: at least once, in the order in which it came.

use model::Moment;
use serde::{Deserialize, Serialize};

use crate::{Event, Registry, Store, StoreError, counted, keys};

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

#[derive(Serialize, Deserialize)]
struct Kept {
    to: Destination,
    /// The event's own JSON, as a text: it is read by its own rules.
    event: String,
}

/// How long one sends before it is the next one's turn, in seconds.
const TURN_SECONDS: i64 = 10;

impl<S: Store> Registry<S> {
    /// Keeps messages until they are sent.
    pub async fn put_in_outbox(&self, messages: &[Message]) -> Result<(), StoreError> {
        for message in messages {
            let kept = Kept { to: message.to, event: message.event.to_json() };
            // Two texts: there is nothing that JSON cannot say.
            let json = serde_json::to_vec(&kept).unwrap_or_default();
            loop {
                let n = self.store().increment(&keys::outbox(), 1).await?;
                self.store().set(vec![(keys::outbox_entry(n), json.clone())]).await?;
                // Who sends may have gone past the number before its message was there: then it is still
                // there, and takes another number.
                if self.sent().await? < n || self.store().get(&keys::outbox_entry(n)).await?.is_none() {
                    break;
                }
                self.store().delete(vec![keys::outbox_entry(n)]).await?;
            }
        }
        Ok(())
    }

    /// Whether it is the caller's turn to send: one caller in each slot of time is told so, on whatever node.
    pub async fn may_send(&self, now: Moment) -> Result<bool, StoreError> {
        let slot = now.unix_seconds().div_euclid(TURN_SECONDS);
        if self.store().increment(&keys::outbox_turn(slot), 1).await? > 1 {
            return Ok(false);
        }
        // Turns that nobody asks for any more.
        self.store().delete((2..=4).map(|ago| keys::outbox_turn(slot - ago)).collect()).await?;
        Ok(true)
    }

    /// Whether there is anything to send.
    pub async fn has_messages(&self) -> Result<bool, StoreError> {
        Ok(self.sent().await? < counted(self.store().get(&keys::outbox()).await?.as_deref())?)
    }

    /// The oldest message that is not sent, with its number.
    pub async fn next_message(&self) -> Result<Option<(i64, Message)>, StoreError> {
        let last = counted(self.store().get(&keys::outbox()).await?.as_deref())?;
        for n in self.sent().await? + 1..=last {
            let Some(json) = self.store().get(&keys::outbox_entry(n)).await? else { continue };
            let kept: Kept = serde_json::from_slice(&json).map_err(|_| StoreError::NotUnderstood)?;
            return Ok(Some((n, Message { to: kept.to, event: Event::from_json(kept.event.as_bytes())? })));
        }
        Ok(None)
    }

    /// All messages up to this number are sent.
    pub async fn mark_sent(&self, n: i64) -> Result<(), StoreError> {
        self.store().set(vec![(keys::outbox_sent(), n.to_string().into_bytes())]).await?;
        self.store().delete(vec![keys::outbox_entry(n)]).await
    }

    async fn sent(&self) -> Result<i64, StoreError> {
        counted(self.store().get(&keys::outbox_sent()).await?.as_deref())
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
fn hour(now: Moment) -> i64 {
    now.unix_seconds().div_euclid(3600)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::{Memory, event::tests::event};

    fn message(second: i64) -> Message {
        Message { to: Destination::Audit, event: event(second) }
    }

    #[test]
    fn messages_are_sent_in_order_and_once_each() {
        let registry = Registry::new(Memory::default());
        assert!(!block_on(registry.has_messages()).unwrap());
        block_on(registry.put_in_outbox(&[message(1), message(2)])).unwrap();
        block_on(registry.put_in_outbox(&[Message { to: Destination::Notify, ..message(3) }])).unwrap();
        let mut sent = Vec::new();
        while let Some((n, message)) = block_on(registry.next_message()).unwrap() {
            assert!(block_on(registry.has_messages()).unwrap());
            // Until it is marked it is the next one.
            assert!(block_on(registry.next_message()).unwrap().unwrap().1 == message);
            sent.push((message.to, message.event.time.unix_seconds()));
            block_on(registry.mark_sent(n)).unwrap();
        }
        assert_eq!(sent, [(Destination::Audit, 1), (Destination::Audit, 2), (Destination::Notify, 3)]);
        assert!(!block_on(registry.has_messages()).unwrap());
    }

    #[test]
    fn a_message_whose_number_was_passed_takes_another() {
        let registry = Registry::new(Memory::default());
        // A node took the first number and ended; another passed it.
        block_on(registry.store().increment(&keys::outbox(), 1)).unwrap();
        block_on(registry.mark_sent(2)).unwrap();
        block_on(registry.put_in_outbox(&[message(7)])).unwrap();
        let (n, found) = block_on(registry.next_message()).unwrap().unwrap();
        assert!(n == 3 && found == message(7));
    }

    #[test]
    fn one_sends_at_a_time() {
        let registry = Registry::new(Memory::default());
        let asked = |second| block_on(registry.may_send(Moment::from_unix_seconds(second))).unwrap();
        assert_eq!([1000, 1000, 1009, 1010, 1011].map(asked), [true, false, false, true, false]);
        for second in 1020..1200 {
            asked(second);
        }
        assert!(registry.store().all_keys().len() <= 4, "old turns are forgotten");
    }

    #[test]
    fn what_was_seen_is_new_again_in_the_next_hour() {
        let registry = Registry::new(Memory::default());
        let first = |what, second| {
            block_on(registry.is_first_in_hour(what, Moment::from_unix_seconds(second))).unwrap()
        };
        assert!(first("a", 3600) && !first("a", 7199) && first("b", 7199) && first("a", 7200));
        let later = Moment::from_unix_seconds(3 * 3600);
        block_on(registry.forget_seen(later)).unwrap();
        assert_eq!(registry.store().all_keys(), [keys::seen(2, "a")]);
    }
}
