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
mod tests {
    use futures::executor::block_on;

    use super::Destination::{Audit, Notify};
    use super::*;
    use crate::{Account, Memory, event::tests::event};

    fn put(registry: &Registry<Memory>, second: i64, to: &[Destination]) {
        let account = Account { event: event(second), is_kept: false, to: to.to_vec() };
        block_on(registry.record(&account)).unwrap();
    }

    fn message(second: i64) -> Message {
        Message { to: Audit, event: event(second) }
    }

    /// The message of this number is there from now on; its node has yet to look whether it was passed.
    fn set(registry: &Registry<Memory>, n: i64) -> Vec<u8> {
        let json = message(n).to_json();
        block_on(registry.store().set(vec![(keys::queue_entry("outbox", n), json.clone())])).unwrap();
        json
    }

    fn seconds_of_all(registry: &Registry<Memory>) -> Vec<i64> {
        let mut seconds = Vec::new();
        while let Some((n, message)) = block_on(registry.next_message(Audit)).unwrap() {
            seconds.push(message.event.time.unix_seconds());
            block_on(registry.mark_sent(Audit, n)).unwrap();
        }
        seconds
    }

    #[test]
    fn messages_are_sent_in_order_and_once_each() {
        let registry = Registry::new(Memory::default());
        for queue in [Audit, Notify] {
            assert!(!block_on(registry.has_messages(queue)).unwrap());
        }
        put(&registry, 1, &[Audit]);
        put(&registry, 2, &[Audit, Notify]);
        put(&registry, 3, &[Notify]);
        // Nothing waits for the other queue, whichever is looked at first.
        for (queue, expected) in [(Notify, [2, 3]), (Audit, [1, 2])] {
            let mut sent = Vec::new();
            while let Some((n, message)) = block_on(registry.next_message(queue)).unwrap() {
                assert!(block_on(registry.has_messages(queue)).unwrap());
                // Until it is marked it is the next one.
                assert!(block_on(registry.next_message(queue)).unwrap().unwrap().1 == message);
                assert_eq!(message.to, queue);
                sent.push(message.event.time.unix_seconds());
                block_on(registry.mark_sent(queue, n)).unwrap();
            }
            assert_eq!(sent, expected);
            assert!(!block_on(registry.has_messages(queue)).unwrap());
        }
    }

    #[test]
    fn a_notification_in_the_queue_that_was_for_both_goes_into_its_own() {
        let registry = Registry::new(Memory::default());
        let notification = Message { to: Notify, ..message(1) };
        let n = block_on(registry.outbox_number(Audit)).unwrap();
        let entry = (keys::queue_entry("outbox", n), notification.to_json());
        block_on(registry.store().set(vec![entry])).unwrap();
        put(&registry, 2, &[Audit, Notify]);
        let (n, found) = block_on(registry.next_message(Audit)).unwrap().unwrap();
        assert!(found == notification);
        block_on(registry.to_its_queue(Audit, n, &found)).unwrap();
        assert_eq!(seconds_of_all(&registry), [2]);
        for expected in [2, 1] {
            let (n, found) = block_on(registry.next_message(Notify)).unwrap().unwrap();
            assert!(found == Message { to: Notify, ..message(expected) });
            block_on(registry.mark_sent(Notify, n)).unwrap();
        }
        assert!(!block_on(registry.has_messages(Notify)).unwrap());
    }

    #[test]
    fn a_message_whose_number_was_passed_takes_another() {
        let registry = Registry::new(Memory::default());
        // A node took the first number and ended; another passed it.
        block_on(registry.store().increment(&keys::queue("outbox"), 1)).unwrap();
        block_on(registry.mark_sent(Audit, 2)).unwrap();
        put(&registry, 7, &[Audit]);
        let (n, found) = block_on(registry.next_message(Audit)).unwrap().unwrap();
        assert!(n == 3 && found == message(7));
    }

    #[test]
    fn a_message_that_comes_while_a_later_one_is_sent_is_not_lost() {
        let with_second = || {
            let registry = Registry::new(Memory::default());
            block_on(registry.outbox_number(Audit)).unwrap();
            put(&registry, 2, &[Audit]);
            let (n, found) = block_on(registry.next_message(Audit)).unwrap().unwrap();
            assert!(n == 2 && found == message(2));
            registry
        };
        // Its node looks while the second is on its way.
        let registry = with_second();
        let json = set(&registry, 1);
        block_on(registry.not_passed(Audit, 1, json)).unwrap();
        block_on(registry.mark_sent(Audit, 2)).unwrap();
        assert_eq!(seconds_of_all(&registry), [1]);
        // Its node ends before it looks: another finds it.
        let registry = with_second();
        set(&registry, 1);
        block_on(registry.mark_sent(Audit, 2)).unwrap();
        assert_eq!(seconds_of_all(&registry), [0; 0]);
        block_on(registry.take_up_passed(Audit)).unwrap();
        assert_eq!(seconds_of_all(&registry), [1]);
        // Nobody finds it twice.
        block_on(registry.take_up_passed(Audit)).unwrap();
        assert_eq!(seconds_of_all(&registry), [0; 0]);
    }

    #[test]
    fn a_message_that_is_not_understood_waits_for_a_version_that_does() {
        let registry = Registry::new(Memory::default());
        let garble = |n| {
            let json = br#"{"v":2}"#.to_vec();
            block_on(registry.store().set(vec![(keys::queue_entry("outbox", n), json)])).unwrap();
        };
        for second in 1..=5 {
            put(&registry, second, &[Audit]);
        }
        for n in [1, 3, 5] {
            garble(n);
        }
        assert_eq!(seconds_of_all(&registry), [2, 4]);
        assert!(
            !block_on(registry.has_messages(Audit)).unwrap(),
            "nobody looks at the last one again and again"
        );
        // It takes another number, and what comes after it does not wait.
        block_on(registry.take_up_passed(Audit)).unwrap();
        put(&registry, 6, &[Audit]);
        assert_eq!(seconds_of_all(&registry), [6]);
        let is_entry =
            |key: &String| key.starts_with(&keys::queue_entry_prefix("outbox")) && !key.ends_with("sent");
        let waiting: Vec<_> = registry.store().all_keys().into_iter().filter(is_entry).collect();
        assert_eq!(waiting, [6, 7, 8].map(|n| keys::queue_entry("outbox", n)));
        set(&registry, 7);
        block_on(registry.take_up_passed(Audit)).unwrap();
        assert_eq!(seconds_of_all(&registry), [7]);
    }

    /// What comes in a gap before one that is not understood is seen by one of the two, as in any other.
    #[test]
    fn a_gap_before_a_message_that_is_not_understood_is_looked_at_again() {
        let registry = Registry::new(Memory::default());
        block_on(registry.outbox_number(Audit)).unwrap();
        put(&registry, 2, &[Audit]);
        block_on(registry.store().set(vec![(keys::queue_entry("outbox", 2), b"{}".to_vec())])).unwrap();
        assert!(block_on(registry.next_message(Audit)).unwrap().is_none());
        let json = set(&registry, 1);
        block_on(registry.not_passed(Audit, 1, json)).unwrap();
        assert_eq!(seconds_of_all(&registry), [1]);
    }

    #[test]
    fn one_sends_at_a_time() {
        let registry = Registry::new(Memory::default());
        let asked = |second| block_on(registry.may_send(Audit, Moment::from_unix_seconds(second))).unwrap();
        assert_eq!([1000, 1000, 1007].map(asked), [Some(1008), None, None]);
        // What is begun at the end of a turn would not be done when the next one begins.
        assert_eq!([1018, 1019, 1020, 1021].map(asked), [None, None, Some(1028), None]);
        assert_eq!([1037, 1037].map(asked), [Some(1038), None]);
        // The other queue has turns of its own.
        assert_eq!(block_on(registry.may_send(Notify, Moment::from_unix_seconds(1037))), Ok(Some(1038)));
        for second in 1040..1200 {
            asked(second);
        }
        assert!(registry.store().all_keys().len() <= 5, "old turns are forgotten");
    }

    #[test]
    fn what_could_not_be_kept_was_not_seen() {
        let registry = Registry::new(Memory::default());
        let now = Moment::from_unix_seconds(3600);
        let account = Account { event: event(1), is_kept: true, to: vec![] };
        let record = || block_on(registry.record_once_an_hour("a", now, &account));
        registry.store().set_down(true);
        assert_eq!(record(), Err(StoreError::Unavailable));
        registry.store().set_down(false);
        assert_eq!([record(), record()], [Ok(true), Ok(false)]);
        let history = block_on(registry.history("jti-1", None, 9)).unwrap();
        assert!(history.items == [event(1)]);
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
