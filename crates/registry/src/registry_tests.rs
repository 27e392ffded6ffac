use futures::executor::block_on;

use super::*;
use crate::share::tests::share;
use crate::{Account, Code, Event, Memory, event::tests::event};

fn at(second: i64) -> Moment {
    Moment::from_unix_seconds(second)
}

/// For what is not about the account.
fn unaccounted() -> Account {
    Account { event: event(1), is_kept: false, to: vec![] }
}

/// Where nobody else is at work.
async fn no_moment() {}

/// In the history of this share.
fn account(jti: &str, second: i64) -> Account {
    Account { event: Event { jti: Some(jti.to_owned()), ..event(second) }, is_kept: true, to: vec![] }
}

/// A registry with shares of these names, made in this order.
fn with(shares: &[Share]) -> Registry<Memory> {
    let registry = Registry::new(Memory::default());
    for share in shares {
        block_on(registry.add(share, &unaccounted())).unwrap();
    }
    registry
}

fn names(page: &Page<Entry>) -> Vec<&str> {
    page.items.iter().map(|entry| entry.share.jti.as_str()).collect()
}

#[test]
fn a_list_is_read_in_parts_the_newest_first() {
    let registry = with(&["a", "b", "c", "d", "e"].map(share));
    let page = |before| block_on(registry.list(&Filter::default(), at(1500), before, 2)).unwrap();
    let first = page(None);
    assert_eq!(names(&first), ["e", "d"]);
    // One that is made in between changes nothing of the next part.
    block_on(registry.add(&share("f"), &unaccounted())).unwrap();
    let second = page(first.next);
    assert_eq!(names(&second), ["c", "b"]);
    let third = page(second.next);
    assert_eq!((names(&third), third.next), (vec!["a"], None));
    for before in [i64::MIN, -1, 0, 1] {
        assert_eq!(names(&page(Some(before))), [""; 0], "{before}");
    }
    assert_eq!(names(&page(Some(i64::MAX))), ["f", "e"]);
}

#[test]
fn a_list_of_few_among_many_leads_on() {
    let seldom = Share { id: Some("seldom".into()), ..share("seldom") };
    let registry = with(&[seldom]);
    for _ in 0..MOST_LOOKED_AT + 10 {
        block_on(registry.add(&share("often"), &unaccounted())).unwrap();
    }
    let filter = Filter { id: Some("seldom".into()), ..Filter::default() };
    let page = |before| block_on(registry.list(&filter, at(1500), before, 10)).unwrap();
    let first = page(None);
    assert_eq!((names(&first), first.next), (vec![], Some(12)));
    let second = page(first.next);
    assert_eq!((names(&second), second.next), (vec!["seldom"], None));
}

#[test]
fn a_list_holds_what_is_asked_for() {
    let other = Share {
        id: None,
        expires: None,
        resources: vec![model::Resource::study(None, Some("x".into()))],
        ..share("b")
    };
    let registry = with(&[share("a"), other, share("c")]);
    block_on(registry.revoke("c", &Revocation { at: at(1), by: None }, &unaccounted(), no_moment)).unwrap();
    let listed = |filter: Filter| {
        let page = block_on(registry.list(&filter, at(2500), None, 10)).unwrap();
        names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(listed(Filter { study: some("1.2.3"), ..Filter::default() }), ["c", "a"]);
    assert_eq!(listed(Filter { study: some("x"), ..Filter::default() }), ["b"]);
    assert_eq!(listed(Filter { id: some("demo"), ..Filter::default() }), ["c", "a"]);
    assert_eq!(listed(Filter { state: Some(State::Active), ..Filter::default() }), ["b"]);
    assert_eq!(listed(Filter { state: Some(State::Revoked), id: some("demo"), ..Filter::default() }), ["c"]);
    assert_eq!(listed(Filter { state: Some(State::Locked), ..Filter::default() }), [""; 0]);
}

#[test]
fn a_share_is_taken_back_once_and_stays_so() {
    let registry = with(&[share("a")]);
    let first = Revocation { at: at(1), by: Some("alice".into()) };
    assert!(block_on(registry.revoke("a", &first, &unaccounted(), no_moment)).unwrap());
    assert!(
        !block_on(registry.revoke("a", &Revocation { at: at(2), by: None }, &unaccounted(), no_moment))
            .unwrap()
    );
    // New terms do not bring it back, whoever wrote them and whenever they read the old ones.
    block_on(registry.replace(&Share { expires: None, ..share("a") }, &unaccounted())).unwrap();
    let entry = block_on(registry.entry("a")).unwrap().unwrap();
    assert!(entry.revocation == Some(first));
    assert_eq!(entry.state(at(1500)), State::Revoked);
}

#[test]
fn of_those_who_take_a_share_back_at_once_the_first_counts() {
    let by = |name: &str| Revocation { at: at(1), by: Some(name.into()) };
    let times = |registry: &Registry<Memory>| -> Vec<Moment> {
        let history = block_on(registry.history("a", None, 9)).unwrap();
        history.items.iter().map(|event| event.time).collect()
    };
    // The other has counted, and sets it while this one waits.
    let registry = with(&[share("a")]);
    block_on(registry.store().increment(&keys::revoking("a"), 1)).unwrap();
    let moments = std::cell::Cell::new(0);
    let meanwhile = async || {
        moments.set(moments.get() + 1);
        if moments.get() == 3 {
            let set = vec![(keys::revoked("a"), by("alice").to_json())];
            registry.keep(set, &account("a", 1)).await.unwrap();
        }
    };
    assert_eq!(block_on(registry.revoke("a", &by("bob"), &account("a", 2), meanwhile)), Ok(false));
    assert_eq!(moments.get(), 3);
    assert_eq!(block_on(registry.revocation("a")), Ok(Some(by("alice"))));
    assert_eq!(times(&registry), [at(1)]);
    // The other's node has ended.
    let registry = with(&[share("a")]);
    block_on(registry.store().increment(&keys::revoking("a"), 1)).unwrap();
    let revoke = |name, second| block_on(registry.revoke("a", &by(name), &account("a", second), no_moment));
    assert_eq!([revoke("bob", 2), revoke("carol", 3)], [Ok(true), Ok(false)]);
    assert_eq!(block_on(registry.revocation("a")), Ok(Some(by("bob"))));
    assert_eq!(times(&registry), [at(2)]);
}

#[test]
fn openings_and_wrong_codes_end_at_their_number() {
    let limited =
        Share { max_uses: Some(2), code: Some(Code { hash: "h".into(), attempts: 3 }), ..share("a") };
    let registry = with(std::slice::from_ref(&limited));
    let open = || block_on(registry.open(&limited)).unwrap();
    assert_eq!(
        [open(), open(), open(), open()],
        [Opening::Counted, Opening::Counted, Opening::UsedUp, Opening::UsedUp]
    );
    // One that came to nothing may be had again.
    block_on(registry.not_opened(&limited)).unwrap();
    assert_eq!([open(), open()], [Opening::Counted, Opening::UsedUp]);

    let attempt = || block_on(registry.attempt("a", 3)).unwrap();
    assert_eq!(attempt(), Attempt::Reserved);
    block_on(registry.right_code("a")).unwrap();
    let all = [attempt(), attempt(), attempt(), attempt(), attempt()];
    assert_eq!(
        all,
        [Attempt::Reserved, Attempt::Reserved, Attempt::Reserved, Attempt::Locked, Attempt::Locked]
    );
    let entry = block_on(registry.entry("a")).unwrap().unwrap();
    assert_eq!((entry.uses, entry.wrong_codes, entry.attempts_left()), (2, 3, Some(0)));

    // Those that are being looked at may be right; what was compared is decided.
    let may_unlock = || block_on(registry.may_unlock("a", 3)).unwrap();
    for _ in 0..2 {
        block_on(registry.wrong_code("a")).unwrap();
        assert!(may_unlock());
    }
    block_on(registry.right_code("a")).unwrap();
    assert_eq!([attempt(), attempt()], [Attempt::Reserved, Attempt::Locked]);
    block_on(registry.wrong_code("a")).unwrap();
    assert!(!may_unlock());
}

#[test]
fn a_short_link_finds_its_share_and_the_store_does_not_tell_it() {
    let handle = Handle::from_random([7; 16]);
    let registry = with(&[Share { handle: Some(handle.hash()), ..share("a") }]);
    assert_eq!(block_on(registry.by_handle(&handle)).unwrap().unwrap().jti, "a");
    assert!(block_on(registry.by_handle(&Handle::from_random([8; 16]))).unwrap().is_none());
    let store = registry.store();
    for key in store.all_keys() {
        let value = block_on(store.get(&key)).unwrap().unwrap();
        let shown = format!("{key} {}", String::from_utf8_lossy(&value));
        assert!(!shown.contains(handle.as_str()), "{shown}");
    }
}

#[test]
fn a_history_is_read_in_parts_the_newest_first() {
    let registry = with(&[share("a")]);
    for second in 1..=3 {
        block_on(registry.record(&account("a", second))).unwrap();
    }
    let page = block_on(registry.history("a", None, 2)).unwrap();
    assert_eq!(page.items.iter().map(|event| event.time).collect::<Vec<_>>(), [at(3), at(2)]);
    let rest = block_on(registry.history("a", page.next, 2)).unwrap();
    assert_eq!((rest.items.len(), rest.items[0].time, rest.next), (1, at(1), None));
    assert!(block_on(registry.history("b", None, 2)).unwrap().items.is_empty());
}

#[test]
fn what_ended_is_forgotten_wholly_and_the_rest_stays() {
    let handle = Some("ab".to_owned());
    let endless = Share { expires: None, ..share("endless") };
    let registry = with(&[endless, Share { handle, max_uses: Some(1), ..share("ended") }, share("later")]);
    let ended = block_on(registry.share("ended")).unwrap().unwrap();
    block_on(registry.open(&ended)).unwrap();
    block_on(registry.attempt("ended", 3)).unwrap();
    block_on(registry.wrong_code("ended")).unwrap();
    block_on(registry.revoke("ended", &Revocation { at: at(1), by: None }, &unaccounted(), no_moment))
        .unwrap();
    block_on(registry.record(&account("ended", 1))).unwrap();
    let later = Share { expires: Some(at(9000)), ..share("later") };
    block_on(registry.replace(&later, &unaccounted())).unwrap();

    assert_eq!(block_on(registry.sweep(at(2000), 10)).unwrap(), 0);
    assert_eq!(block_on(registry.sweep(at(2001), 10)).unwrap(), 1);
    let keys = registry.store().all_keys();
    let left: Vec<_> = keys.iter().filter_map(|key| key.strip_prefix(keys::PREFIX)).collect();
    assert_eq!(left, ["index", "index/1", "index/3", "share/endless", "share/later", "sweep"]);
    assert_eq!(
        names(&block_on(registry.list(&Filter::default(), at(1500), None, 9)).unwrap()),
        ["later", "endless"]
    );
}

#[test]
fn a_sweep_goes_round() {
    let shares = ["a", "b", "c", "d", "e"].map(share);
    let registry = with(&shares);
    let swept: Vec<_> = (0..4).map(|_| block_on(registry.sweep(at(3000), 2)).unwrap()).collect();
    assert_eq!(swept, [2, 2, 1, 0]);
}

#[test]
fn a_store_that_is_down_is_an_error_and_no_share() {
    let registry = with(&[share("a")]);
    registry.store().set_down(true);
    assert_eq!(block_on(registry.share("a")), Err(StoreError::Unavailable));
    assert_eq!(block_on(registry.attempt("a", 3)), Err(StoreError::Unavailable));
    assert_eq!(block_on(registry.share("not/a/jti")), Ok(None));
}

#[test]
fn what_is_done_and_the_account_of_it_are_one() {
    let registry = with(&[share("a")]);
    let revocation = Revocation { at: at(1), by: None };
    let account = Account { to: vec![crate::Destination::Audit], ..account("a", 7) };
    registry.store().set_down_after(3);
    // It is the first, and the numbers of both are taken; then the store is away.
    assert_eq!(
        block_on(registry.revoke("a", &revocation, &account, no_moment)),
        Err(StoreError::Unavailable)
    );
    registry.store().set_down(false);
    assert_eq!(block_on(registry.revocation("a")), Ok(None));
    assert!(block_on(registry.revoke("a", &revocation, &account, no_moment)).unwrap());
    assert!(!block_on(registry.revoke("a", &revocation, &account, no_moment)).unwrap());
    let history = block_on(registry.history("a", None, 9)).unwrap().items;
    assert!(history.len() == 1 && history[0] == account.event);
    assert!(
        block_on(registry.next_message(crate::Destination::Audit)).unwrap().unwrap().1.event == account.event
    );
}

/// From now on this version does not understand what stands under this key; what stood there.
fn garble(registry: &Registry<Memory>, key: String) -> Vec<u8> {
    let before = block_on(registry.store().get(&key)).unwrap().unwrap();
    block_on(registry.store().set(vec![(key, br#"{"v":2}"#.to_vec())])).unwrap();
    before
}

#[test]
fn what_is_not_understood_is_an_error_for_who_asks_for_it() {
    let handle = Handle::from_random([7; 16]);
    let coded = Share { max_uses: Some(1), handle: Some(handle.hash()), ..share("a") };
    let with_all = || {
        let registry = with(std::slice::from_ref(&coded));
        block_on(registry.open(&coded)).unwrap();
        block_on(registry.revoke("a", &Revocation { at: at(1), by: None }, &unaccounted(), no_moment))
            .unwrap();
        registry
    };
    for key in [keys::share("a"), keys::revoked("a"), keys::uses("a")] {
        let registry = with_all();
        garble(&registry, key.clone());
        assert_eq!(block_on(registry.entry("a")), Err(StoreError::NotUnderstood), "{key}");
        // What is told by the key alone is known all the same.
        assert_eq!(block_on(registry.knows("a")), Ok(true), "{key}");
        assert_eq!(block_on(registry.is_revoked("a")), Ok(true), "{key}");
    }
    for key in [keys::handle(&handle.hash()), keys::share("a")] {
        let registry = with_all();
        garble(&registry, key.clone());
        assert_eq!(block_on(registry.by_handle(&handle)), Err(StoreError::NotUnderstood), "{key}");
    }
    assert_eq!(block_on(with_all().knows("b")), Ok(false));
    assert_eq!(block_on(with_all().is_revoked("a/b")), Ok(false));
}

#[test]
fn a_list_and_a_history_go_on_without_what_is_not_understood() {
    let list = |registry: &Registry<Memory>| {
        let page = block_on(registry.list(&Filter::default(), at(1500), None, 2)).unwrap();
        names(&page).join(" ")
    };
    for (key, left) in
        [(keys::share("b"), "c a"), (keys::index_entry(3), "b a"), (keys::index_entry(1), "c b")]
    {
        let registry = with(&["a", "b", "c"].map(share));
        garble(&registry, key.clone());
        assert_eq!(list(&registry), left, "{key}");
    }
    let registry = with(&[share("a")]);
    for second in 1..=3 {
        block_on(registry.record(&account("a", second))).unwrap();
    }
    garble(&registry, keys::history_entry("a", 2));
    let history = block_on(registry.history("a", None, 2)).unwrap();
    assert_eq!(history.items.iter().map(|event| event.time).collect::<Vec<_>>(), [at(3), at(1)]);
    assert_eq!(history.next, None);
}

#[test]
fn a_share_that_is_not_understood_can_be_taken_back() {
    let registry = with(&[share("a")]);
    let terms = garble(&registry, keys::share("a"));
    let revoke =
        || block_on(registry.revoke("a", &Revocation { at: at(1), by: None }, &account("a", 7), no_moment));
    assert_eq!([revoke(), revoke()], [Ok(true), Ok(false)]);
    assert_eq!(block_on(registry.history("a", None, 9)).unwrap().items.len(), 1);
    // It stays so for a version that understands it, and where that of its end is not understood either.
    block_on(registry.store().set(vec![(keys::share("a"), terms)])).unwrap();
    assert_eq!(block_on(registry.entry("a")).unwrap().unwrap().state(at(1500)), State::Revoked);
    garble(&registry, keys::revoked("a"));
    assert_eq!(revoke(), Ok(false));
}

#[test]
fn a_sweep_leaves_what_is_not_understood_and_goes_on() {
    let shares = ["a", "b", "c", "d"].map(share);
    let registry = with(&shares);
    block_on(registry.record(&account("c", 1))).unwrap();
    let terms = garble(&registry, keys::share("a"));
    garble(&registry, keys::index_entry(2));
    garble(&registry, keys::history("c"));
    assert_eq!(block_on(registry.sweep(at(3000), 4)), Ok(1));
    assert_eq!(block_on(registry.knows("d")), Ok(false));
    for jti in ["a", "b", "c"] {
        assert_eq!(block_on(registry.knows(jti)), Ok(true), "{jti}");
    }
    block_on(registry.store().set(vec![(keys::share("a"), terms)])).unwrap();
    assert_eq!(block_on(registry.sweep(at(3000), 4)), Ok(1));
}
