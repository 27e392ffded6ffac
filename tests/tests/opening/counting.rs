//! Shares that open a limited number of times.

use std::collections::HashSet;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use journeys::http::{Answer, get, send};
use journeys::meddream::{Behaviour, MedDream};
use journeys::secrecy::assert_log_keeps_secrets;
use serde_json::json;

use crate::{CODE, FORM, Life, Made, Store, assert_page, from_now, on_both_stores, session};

on_both_stores! {
    a_look_counts_nothing
    a_share_opens_as_often_as_it_may
    openings_at_once_do_not_pass_the_limit
    an_opening_that_comes_to_nothing_is_given_back
    a_form_that_is_posted_twice_opens_once
    a_form_that_is_posted_at_once_opens_once
    a_form_opens_again_for_who_left_before_the_answer
    only_the_form_that_opened_opens_again
    a_form_opens_again_only_with_the_code_and_while_the_share_is_good
    a_share_that_is_used_up_stays_so_whatever_is_posted_at_once
    a_form_whose_opening_came_to_nothing_is_counted_again
}

fn uses(life: &Life, made: &Made) -> u64 {
    life.show(made)["uses"].as_u64().expect("a number")
}

fn a_look_counts_nothing(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"max-uses": 1}));
    let link = life.app.url(&format!("/welcome/?token={}", made.token));
    for _ in 0..5 {
        let page = get(&link, &[]);
        assert!(assert_page(&page, 200));
        assert!(!page.text().contains("name=\"code\""), "no code is asked for");
        let head = send("HEAD", &link, &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-type"), Some("text/html; charset=utf-8"));
    }
    assert_eq!(uses(&life, &made), 0);
    session(&life.open(&made, None));
    assert_eq!(uses(&life, &made), 1);
}

fn a_share_opens_as_often_as_it_may(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"max-uses": 3, "password": CODE}));
    let mut sessions = HashSet::new();
    for nth in 1..=3 {
        // A wrong code opens nothing.
        assert!(assert_page(&life.open(&made, Some("wrong")), 403));
        sessions.insert(session(&life.open(&made, Some(CODE))));
        assert_eq!(uses(&life, &made), nth);
    }
    for answer in [life.look(&made), life.open(&made, Some(CODE)), life.open(&made, Some("wrong"))] {
        assert!(!assert_page(&answer, 410));
        assert!(answer.text().contains("already been used"), "{}", answer.text());
    }
    let now = life.show(&made);
    assert_eq!(
        (&now["state"], &now["uses"], &now["attempts-left"]),
        (&json!("used-up"), &json!(3), &json!(7))
    );
    for token in sessions {
        assert!(life.is_granted(&token), "who opened it goes on reading");
    }
    // Its maker lets it open once more: the link is the same.
    life.patch(&made, &json!({"max-uses": 4}));
    session(&life.open(&made, Some(CODE)));
    assert_page(&life.look(&made), 410);
}

fn openings_at_once_do_not_pass_the_limit(store: Store) {
    let life = Life::start(store, &[]);
    for (most, code) in [(1, None), (1, Some(CODE)), (5, None)] {
        let made = life.create(&json!({"max-uses": most, "password": code}));
        // With a code, no more than its attempts are looked at in one moment: these many are always.
        let at_once = if code.is_some() { 10 } else { 64 };
        let statuses = life.open_at_once(&made, &vec![code; at_once]);
        let opened = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(opened, most, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 303 | 410)), "{statuses:?}");
        assert_eq!(uses(&life, &made), most as u64);
        assert_page(&life.look(&made), 410);
    }
}

/// With a MedDream whose token service fails: links to it come to nothing.
fn with_failing_meddream(store: Store) -> (Life, MedDream) {
    let meddream = MedDream::start(Behaviour::Fails);
    let variables = [
        ("meddream_token_service_url", &*meddream.url()),
        ("meddream_token_service_origin", &meddream.origin()),
        ("public_meddream_root", "http://localhost/meddream/"),
    ];
    (Life::start(store, &variables), meddream)
}

fn an_opening_that_comes_to_nothing_is_given_back(store: Store) {
    let (life, meddream) = with_failing_meddream(store);
    let made = life.create(&json!({"type": "meddream-viewer-publication", "max-uses": 1}));
    assert!(assert_page(&life.look(&made), 200));
    assert!(meddream.asked().is_empty(), "a look asks nothing of MedDream");
    assert_page(&life.open(&made, None), 502);
    assert_eq!(uses(&life, &made), 0);
    meddream.behave(Behaviour::Well);
    let answer = life.open(&made, None);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").is_some_and(|it| it.starts_with("http://localhost/meddream/?token=")));
    assert_eq!(uses(&life, &made), 1);
    assert_page(&life.open(&made, None), 410);
}

/// What tells this form from others.
fn id_of(page: &Answer) -> String {
    let page = page.text();
    let (_, id) = page.split_once("name=\"form\" value=\"").expect("an id");
    let id = id.split('"').next().expect("its end").to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    id
}

/// How often the share's history says that it was opened.
fn openings(life: &Life, made: &Made) -> usize {
    let events = life.get(&format!("/shares/{}/events", made.jti)).json();
    let events = events["events"].as_array().expect("events").clone();
    events.iter().filter(|event| event["action"] == "open" && event["outcome"] == "success").count()
}

fn a_form_that_is_posted_twice_opens_once(store: Store) {
    let life = Life::start(store, &[]);
    for code in [None, Some(CODE)] {
        let made = life.create(&json!({"max-uses": 1, "password": code, "short-link": true}));
        let short = made.short.as_deref().expect("a short link");
        let id = id_of(&life.get(short));
        let mut fields = vec![("form", id.as_str())];
        fields.extend(code.map(|code| ("code", code)));
        let sessions: Vec<_> = (0..3)
            .map(|_| session(&life.post(short, &fields)))
            .chain([session(&life.open_by(&made, code, Some(&id)))])
            .collect();
        for token in sessions {
            assert!(life.is_granted(&token));
        }
        assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1));
        assert_page(&life.look(&made), 410);
        assert_log_keeps_secrets(&life.app, &[&id]);
        let kept = life.store.bytes();
        assert!(!kept.windows(id.len()).any(|it| it == id.as_bytes()), "the id is not kept");
    }
    // Where there is more than one opening, a form takes one all the same.
    let made = life.create(&json!({"max-uses": 2}));
    for nth in 1..=2 {
        let id = id_of(&life.look(&made));
        for _ in 0..2 {
            session(&life.open_by(&made, None, Some(&id)));
            assert_eq!((uses(&life, &made), openings(&life, &made)), (nth, nth as usize));
        }
    }
    assert_page(&life.look(&made), 410);
    // What does not count has nothing to tell its forms apart.
    let made = life.create(&json!({"password": CODE}));
    assert!(!life.look(&made).text().contains("name=\"form\""));
}

fn a_form_that_is_posted_at_once_opens_once(store: Store) {
    let life = Life::start(store, &[]);
    for (most, code) in [(1, None), (1, Some(CODE)), (3, None)] {
        let made = life.create(&json!({"max-uses": most, "password": code}));
        let id = id_of(&life.look(&made));
        for answer in life.open_by_at_once(&made, &[(code, Some(id.as_str())); 4]) {
            assert!(life.is_granted(&session(&answer)));
        }
        assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1), "{most} {code:?}");
    }
}

fn only_the_form_that_opened_opens_again(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"max-uses": 1}));
    let other = life.create(&json!({"max-uses": 1}));
    let [id, unused, of_other] = [&made, &made, &other].map(|made| id_of(&life.look(made)));
    session(&life.open_by(&other, None, Some(&of_other)));
    session(&life.open_by(&made, None, Some(&id)));
    let odd = [format!("{id}0"), id[1..].to_owned(), id.to_uppercase() + "g", "a".repeat(9000)];
    let ids = [&unused, &of_other, "", "*"].into_iter().chain(odd.iter().map(String::as_str));
    for id in ids.map(Some).chain([None]) {
        assert_page(&life.open_by(&made, None, id), 410);
    }
    session(&life.open_by(&made, None, Some(&id)));
    assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1));
    // A form that is odd opens as one without an id: each time counts.
    let made = life.create(&json!({"max-uses": 2}));
    for status in [303, 303, 410] {
        assert_eq!(life.open_by(&made, None, Some("odd")).status, status);
    }
}

fn a_form_opens_again_only_with_the_code_and_while_the_share_is_good(store: Store) {
    let life = Life::start(store, &[("code_attempts", "2")]);
    let opened = || {
        let made = life.create(&json!({"max-uses": 1, "password": CODE}));
        let id = id_of(&life.look(&made));
        assert!(assert_page(&life.open_by(&made, None, Some(&id)), 403));
        session(&life.open_by(&made, Some(CODE), Some(&id)));
        (made, id)
    };
    let (made, id) = opened();
    assert!(assert_page(&life.open_by(&made, None, Some(&id)), 403));
    assert!(assert_page(&life.open_by(&made, Some("wrong"), Some(&id)), 403));
    session(&life.open_by(&made, Some(CODE), Some(&id)));
    assert!(!assert_page(&life.open_by(&made, Some("wrong"), Some(&id)), 403));
    assert_page(&life.open_by(&made, Some(CODE), Some(&id)), 423);
    assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1));

    let (made, id) = opened();
    life.revoke(&made);
    assert!(life.open_by(&made, Some(CODE), Some(&id)).text().contains("withdrawn"));
    let (made, id) = opened();
    life.patch(&made, &json!({"expiration-date": from_now(1.0)}));
    std::thread::sleep(Duration::from_millis(1500));
    assert!(life.open_by(&made, Some(CODE), Some(&id)).text().contains("expired"));
}

fn a_share_that_is_used_up_stays_so_whatever_is_posted_at_once(store: Store) {
    let life = Life::start(store, &[]);
    // Used up before: nothing opens, and nothing more is kept than of any refusal.
    let made = life.create(&json!({"max-uses": 1}));
    let ids: Vec<_> = (0..4).map(|_| id_of(&life.look(&made))).collect();
    session(&life.open(&made, None));
    let forms: Vec<_> = ids.iter().chain(&ids).map(|id| (None, Some(id.as_str()))).collect();
    for answer in life.open_by_at_once(&made, &forms) {
        assert_page(&answer, 410);
    }
    assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1));
    // Of several forms at once one opens, each time that it is posted.
    let made = life.create(&json!({"max-uses": 1}));
    let answers = life.open_by_at_once(&made, &forms);
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let opened: Vec<_> = (0..4).filter(|nth| statuses[*nth] == 303 || statuses[nth + 4] == 303).collect();
    assert_eq!(opened.len(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 6, "{statuses:?}");
    assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1));
}

fn a_form_whose_opening_came_to_nothing_is_counted_again(store: Store) {
    let (life, meddream) = with_failing_meddream(store);
    let made = life.create(&json!({"type": "meddream-viewer-publication", "max-uses": 1}));
    let id = id_of(&life.look(&made));
    for answer in life.open_by_at_once(&made, &[(None, Some(id.as_str())); 2]) {
        assert_page(&answer, 502);
    }
    assert_page(&life.open_by(&made, None, Some(&id)), 502);
    assert_eq!((uses(&life, &made), openings(&life, &made)), (0, 0));
    // The second one waits for the first.
    meddream.behave(Behaviour::After(Duration::from_millis(400)));
    for answer in life.open_by_at_once(&made, &[(None, Some(id.as_str())); 2]) {
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1));
}

fn a_form_opens_again_for_who_left_before_the_answer(store: Store) {
    let life = Life::start(store, &[]);
    let url = life.app.url("");
    let host = url.trim_start_matches("http://");
    for wait in [0, 0, 1, 2, 3, 4, 6, 8, 12] {
        let made = life.create(&json!({"max-uses": 1}));
        let id = id_of(&life.look(&made));
        let body = format!("token={}&form={id}", made.token);
        let mut left = TcpStream::connect(host).expect("a connection");
        let head = format!("POST /welcome/ HTTP/1.1\r\nHost: {host}\r\n{}: {}", FORM.0, FORM.1);
        let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        left.write_all(request.as_bytes()).expect("it is sent");
        std::thread::sleep(Duration::from_millis(wait));
        drop(left);
        session(&life.open_by(&made, None, Some(&id)));
        assert_eq!((uses(&life, &made), openings(&life, &made)), (1, 1), "{wait} ms");
    }
}
