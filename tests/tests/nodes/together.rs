//! Two nodes behind nginx: what one does, the other knows; and what must not happen twice does not, however
//! the requests are spread.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Cluster;
use crate::door::{Door, STUDY};
use crate::load::Stop;

/// An answer to the plugin: when it was asked, on which node, and what was said.
struct Told {
    asked: Instant,
    node: usize,
    granted: bool,
    validity: u64,
}

/// Asks each node without pause whether the token opens the study, from before this is done, until a while
/// after. When it was done, and what was answered.
fn ask_meanwhile(
    doors: &[Door; 2],
    token: &str,
    study: (&str, &str),
    act: impl FnOnce(),
) -> (Instant, Vec<Told>) {
    let (told, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let done = std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for (node, door) in doors.iter().enumerate() {
            let (told, stop) = (&told, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let (granted, validity) = door.validate(token, study);
                    told.lock().expect("no poison").push(Told { asked, node, granted, validity });
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        act();
        let done = Instant::now();
        std::thread::sleep(Duration::from_millis(1500));
        done
    });
    (done, told.into_inner().expect("no poison"))
}

/// What a node was told is a second old at most; and the plugin keeps an answer for no more than its validity,
/// so that after 60 seconds nobody reads any more.
fn assert_refused_within_the_cap(done: Instant, told: &[Told]) {
    for node in [0, 1] {
        let of_node = || told.iter().filter(|told| told.node == node);
        let before = of_node().filter(|told| told.asked < done).collect::<Vec<_>>();
        assert!(before.iter().any(|told| told.granted), "it was never granted");
        let after = |told: &&Told| told.asked > done + Duration::from_secs(1);
        let after = of_node().filter(after).collect::<Vec<_>>();
        assert!(!after.is_empty(), "nothing was asked after the second");
        assert!(after.iter().all(|told| !told.granted), "node {node} grants after a second");
    }
    let longest = told.iter().filter(|told| told.granted).map(|told| told.validity).max();
    assert!(longest.is_some_and(|validity| (1..=59).contains(&validity)), "{longest:?}");
}

#[test]
fn what_is_made_on_one_node_opens_on_the_other() {
    let cluster = Cluster::start(&[]);
    let [one, other] = cluster.doors();
    for (one, other) in [(&one, &other), (&other, &one)] {
        let made = one.create(&json!({"label": "L"}));
        assert_eq!(other.look(&made.token).status, 307);
        assert!(other.validate(&made.token, STUDY).0);
        assert_eq!(other.show(&made.jti)["label"], "L");
        assert_eq!(other.list().get(&made.jti).map(String::as_str), Some("active"));

        // What was opened on one is read on the other, and counted once for both.
        let made = one.create(&json!({"max-uses": 1, "password": "a-code"}));
        assert_eq!(other.open(&made.token, Some("wrong")).status, 403);
        let opened = other.open(&made.token, Some("a-code"));
        assert_eq!(opened.status, 303, "{}", opened.text());
        let session =
            opened.header("location").and_then(|link| link.split("token=").nth(1)).expect("a token");
        assert!(one.validate(session, STUDY).0);
        assert_eq!(one.open(&made.token, Some("a-code")).status, 410);
        let shown = one.show(&made.jti);
        assert_eq!((&shown["uses"], &shown["attempts-left"]), (&json!(1), &json!(9)));
    }
    // nginx asks both.
    let front = cluster.front();
    let asked = (0..4).map(|_| front.get("/shares").header("x-node").expect("a node").to_owned());
    assert_eq!(asked.collect::<std::collections::BTreeSet<_>>().len(), 2);
}

#[test]
fn a_revocation_on_one_node_is_refused_by_the_other() {
    let cluster = Cluster::start(&[]);
    let doors = cluster.doors();
    // The share's own token, and the one that a viewer was opened with.
    let plain = doors[1].create(&json!({}));
    let limited = doors[1].create(&json!({"max-uses": 1}));
    let opened = doors[1].open(&limited.token, None);
    let session = opened.header("location").and_then(|link| link.split("token=").nth(1)).expect("a token");
    for (jti, token) in [(&plain.jti, plain.token.as_str()), (&limited.jti, session)] {
        let (done, told) = ask_meanwhile(&doors, token, STUDY, || {
            assert_eq!(doors[0].look(token).status, 307);
            assert_eq!(doors[1].look(token).status, 307);
            assert_eq!(doors[0].revoke(jti), 204);
            // The landing pages ask the store each time.
            for door in doors.iter().rev().chain(&doors) {
                assert_eq!(door.look(token).status, 410);
            }
        });
        assert_refused_within_the_cap(done, &told);
        assert_eq!(doors[1].show(jti)["state"], "revoked");
        assert_eq!(doors[1].revoke(jti), 204, "again, on the other node");
        assert_eq!(doors[1].patch(jti, &json!({"label": "x"})), 409);
    }
}

#[test]
fn a_change_on_one_node_holds_on_the_other() {
    const INSTEAD: (&str, &str) = ("4.5.6", "bbbb-2222");
    let cluster = Cluster::start(&[]);
    let doors = cluster.doors();
    let made = doors[1].create(&json!({}));
    let leads_to = |door: &Door| door.look(&made.token).header("location").expect("a viewer").to_owned();
    let (done, told) = ask_meanwhile(&doors, &made.token, STUDY, || {
        let studies = json!([{"dicom-uid": INSTEAD.0, "orthanc-id": INSTEAD.1}]);
        assert_eq!(doors[0].patch(&made.jti, &json!({"studies": studies})), 200);
        for door in doors.iter().rev() {
            assert!(leads_to(door).contains(INSTEAD.0));
        }
    });
    assert_refused_within_the_cap(done, &told);
    for door in &doors {
        assert!(door.validate(&made.token, INSTEAD).0);
    }
    // A part of a list is the same from any of them.
    let more: Vec<_> = (0..3).map(|nth| doors[nth % 2].create(&json!({})).jti).collect();
    let names = |door: &Door| door.list().into_keys().collect::<Vec<_>>();
    assert_eq!(names(&doors[0]), names(&doors[1]));
    assert!(more.iter().all(|jti| names(&doors[0]).contains(jti)));
}

/// The statuses of 64 forms at once through nginx, in which each node had its part.
fn open_64(cluster: &Cluster, token: &str, code: Option<&str>) -> BTreeMap<String, usize> {
    let [statuses, nodes] = cluster.front().open_at_once(token, code, 64);
    assert!(nodes.len() == 2 && nodes.values().all(|count| *count >= 16), "{nodes:?}");
    statuses
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.map(|(status, count)| (status.to_owned(), count)).into()
}

#[test]
fn wrong_codes_at_once_over_both_nodes_do_not_pass_the_limit() {
    let cluster = Cluster::start(&[("code_attempts", "7")]);
    let made = cluster.front().create(&json!({"password": "a-code"}));
    assert_eq!(open_64(&cluster, &made.token, Some("wrong")), counts([("403", 7), ("423", 57)]));
    for door in cluster.doors() {
        assert_eq!(door.open(&made.token, Some("a-code")).status, 423);
        assert_eq!(door.show(&made.jti)["state"], "locked");
        assert_eq!(door.show(&made.jti)["attempts-left"], 0);
    }
}

#[test]
fn openings_at_once_over_both_nodes_open_once() {
    let cluster = Cluster::start(&[]);
    for most in [1, 5] {
        let made = cluster.front().create(&json!({"max-uses": most}));
        let statuses = open_64(&cluster, &made.token, None);
        assert_eq!(statuses, counts([("303", most), ("410", 64 - most)]));
        for door in cluster.doors() {
            assert_eq!(door.look(&made.token).status, 410);
            assert_eq!(door.show(&made.jti)["uses"], Value::from(most));
        }
    }
}
