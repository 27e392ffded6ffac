//! Shares that ask for a code.

use std::collections::BTreeMap;

use journeys::secrecy::assert_log_keeps_secrets;
use serde_json::json;

use crate::{CODE, Life, Store, assert_page, on_both_stores, session};

on_both_stores! {
    the_right_code_opens_the_share
    after_the_last_attempt_a_share_is_locked
    right_codes_at_once_lock_nobody_out
    wrong_codes_at_once_do_not_pass_the_limit
    wrong_codes_at_once_do_not_help_the_right_one_past_the_limit
}

fn the_right_code_opens_the_share(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"password": CODE}));
    let page = life.look(&made);
    assert!(assert_page(&page, 200));
    for part in ["autocomplete=\"one-time-code\"", "name=\"code\"", "<label for=\"code\">"] {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(page.text().contains(&format!("name=\"token\" value=\"{}\"", made.token)));
    assert!(!page.text().contains("aria-invalid=\"true\""), "nothing is wrong yet");

    // What is not sent is not wrong.
    for code in [None, Some(""), Some("  \t")] {
        let page = life.open(&made, code);
        assert!(assert_page(&page, 403) && page.text().contains("Please enter the code."), "{code:?}");
    }
    assert_eq!(life.show(&made)["attempts-left"], 10);

    let wrong =
        ["blue-whale 7", "Blue-Whale 77", "Blue-Whale7", "Blue–Whale 7", "\"><script>alert(1)</script>"];
    for (nth, code) in wrong.iter().enumerate() {
        let page = life.open(&made, Some(code));
        assert!(assert_page(&page, 403), "{code}");
        let left = format!("Attempts left: {}.", 9 - nth);
        assert!(page.text().contains(&left), "{code}: {}", page.text());
        assert!(
            page.text().contains("aria-describedby=\"problem\"") && !page.text().contains(code),
            "{code}"
        );
    }
    // The right one does not count, whatever white space came along with it.
    for code in [CODE, " Blue-Whale 7\r\n"] {
        session(&life.open(&made, Some(code)));
    }
    let now = life.show(&made);
    assert_eq!((&now["attempts-left"], &now["state"]), (&json!(5), &json!("active")));
    assert_log_keeps_secrets(&life.app, &[CODE, "Whale"]);
    let kept = life.store.bytes();
    assert!(!kept.windows(5).any(|it| it == b"Whale"), "neither the code nor a wrong one is kept");
}

fn after_the_last_attempt_a_share_is_locked(store: Store) {
    let life = Life::start(store, &[("code_attempts", "3")]);
    let made = life.create(&json!({"password": CODE}));
    let other = life.create(&json!({"password": CODE}));
    assert!(assert_page(&life.open(&made, Some("wrong")), 403));
    assert!(assert_page(&life.open(&made, Some("wrong")), 403));
    let last = life.open(&made, Some("wrong"));
    assert!(!assert_page(&last, 403), "there is nothing more to try: {}", last.text());
    for code in [Some("wrong"), Some(CODE), None] {
        assert!(!assert_page(&life.open(&made, code), 423), "{code:?}");
    }
    assert!(!assert_page(&life.look(&made), 423));
    let now = life.show(&made);
    assert_eq!((&now["state"], &now["attempts-left"]), (&json!("locked"), &json!(0)));
    // Another share with the same code has attempts of its own.
    session(&life.open(&other, Some(CODE)));
}

fn right_codes_at_once_lock_nobody_out(store: Store) {
    let life = Life::start(store, &[]);
    for wrong in [0, 5] {
        let made = life.create(&json!({"password": CODE}));
        for _ in 0..wrong {
            assert!(assert_page(&life.open(&made, Some("wrong")), 403));
        }
        let statuses = count(&life.open_at_once(&made, &[Some(CODE); 40]));
        assert_eq!(statuses, BTreeMap::from([(303, 40)]), "{wrong}");
        assert_eq!(life.show(&made)["attempts-left"], 10 - wrong);
    }
    assert!(!life.app.log().contains("\"locked\""), "nobody is told of a share that was locked");
}

fn wrong_codes_at_once_do_not_pass_the_limit(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"password": CODE}));
    let statuses = count(&life.open_at_once(&made, &[Some("wrong"); 64]));
    assert_eq!(statuses, BTreeMap::from([(403, 10), (423, 54)]));
    assert_eq!(life.show(&made)["attempts-left"], 0);
    assert_page(&life.open(&made, Some(CODE)), 423);
}

fn wrong_codes_at_once_do_not_help_the_right_one_past_the_limit(store: Store) {
    let life = Life::start(store, &[]);
    for place in [0, 32, 64] {
        let made = life.create(&json!({"password": CODE}));
        let mut codes = vec![Some("wrong"); 64];
        codes.insert(place, Some(CODE));
        let statuses = life.open_at_once(&made, &codes);
        assert!(matches!(statuses[place], 303 | 423), "{statuses:?}");
        let mut wrong = statuses;
        wrong.remove(place);
        let wrong = count(&wrong);
        assert!(wrong.keys().all(|status| matches!(status, 403 | 423)), "{wrong:?}");
        let compared = wrong[&403];
        assert!((9..=10).contains(&compared), "{wrong:?}");
        assert_eq!(life.show(&made)["attempts-left"], 10 - compared);
    }
}

fn count(statuses: &[u16]) -> BTreeMap<u16, usize> {
    let mut counted = BTreeMap::new();
    for status in statuses {
        *counted.entry(*status).or_default() += 1;
    }
    counted
}
