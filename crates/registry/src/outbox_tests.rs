//! Tests of `outbox.rs`: in its order, at least once, whoever comes in between.

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
    assert!(!block_on(registry.has_messages(Audit)).unwrap(), "nobody looks at the last one again and again");
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
    let first =
        |what, second| block_on(registry.is_first_in_hour(what, Moment::from_unix_seconds(second))).unwrap();
    assert!(first("a", 3600) && !first("a", 7199) && first("b", 7199) && first("a", 7200));
    let later = Moment::from_unix_seconds(3 * 3600);
    block_on(registry.forget_seen(later)).unwrap();
    assert_eq!(registry.store().all_keys(), [keys::seen(2, "a")]);
}
