//! Clients that make and revoke shares without pause, and note what was acknowledged; and the check that
//! nothing of it was lost.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use journeys::endpoint::Endpoint;
use serde_json::json;

use crate::door::{Door, Made, STUDY};

/// Ends threads also when the test ends early.
pub struct Stop<'a>(pub &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How many clients there are.
const CLIENTS: usize = 4;

/// What was acknowledged, in order. Nothing is said here of a share whose revocation was sent and not yet
/// answered but that it was made.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    made: Vec<Made>,
    /// Those of them that nobody revokes.
    stay: Vec<Made>,
    revoked: Vec<Made>,
}

impl Noted {
    fn len(&self) -> usize {
        self.made.len() + self.revoked.len()
    }

    /// What came after these.
    fn since(&self, earlier: &Self) -> Self {
        Self {
            made: self.made[earlier.made.len()..].to_vec(),
            stay: self.stay[earlier.stay.len()..].to_vec(),
            revoked: self.revoked[earlier.revoked.len()..].to_vec(),
        }
    }
}

/// While clients work through `front`, ends something and starts it again, `rounds` times; after each the
/// doors must know all that was acknowledged. All that was, in the end.
pub fn under_load(front: &Door, doors: &[Door], rounds: usize, mut end: impl FnMut(usize)) -> Noted {
    let (noted, stop) = (Mutex::new(Noted::default()), AtomicBool::new(false));
    let now = || noted.lock().expect("no poison").clone();
    let count = || noted.lock().expect("no poison").len();
    let wait_for = |enough: usize| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while count() < enough {
            assert!(Instant::now() < deadline, "{} of {enough} are acknowledged", count());
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    // Clients wait while this is held: a check takes the longer the more there is.
    let checking = RwLock::new(());
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..CLIENTS {
            scope.spawn(|| work(front, &noted, &checking, &stop));
        }
        let mut checked = Noted::default();
        for round in 0..rounds {
            // Somewhere else in the work each time.
            wait_for(count() + 10 + 3 * round);
            end(round);
            // They go on by themselves.
            wait_for(count() + 5);
            let _checking = checking.write().expect("no poison");
            let known = now();
            check(doors, &known, &known.since(&checked));
            checked = known;
        }
    });
    let all = now();
    check(doors, &all, &all);
    all
}

/// One client. Every other share is revoked at once, and again until that is acknowledged.
fn work(front: &Door, noted: &Mutex<Noted>, checking: &RwLock<()>, stop: &AtomicBool) {
    let note = |add: &dyn Fn(&mut Noted)| add(&mut noted.lock().expect("no poison"));
    let mut stays = false;
    while !stop.load(Ordering::Relaxed) {
        let _working = checking.read();
        let Some(made) = front.try_create(&json!({})) else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        stays = !stays;
        note(&|noted| {
            noted.made.push(made.clone());
            noted.stay.extend(stays.then(|| made.clone()));
        });
        if stays {
            continue;
        }
        loop {
            if front.try_revoke(&made.jti) {
                note(&|noted| noted.revoked.push(made.clone()));
                break;
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// All are listed as what they are, and these open or do not, on one door or another.
fn check(doors: &[Door], all: &Noted, these: &Noted) {
    for door in doors {
        let states = door.list();
        for made in &all.made {
            assert!(states.contains_key(&made.jti), "an acknowledged share is lost");
        }
        for (shares, state) in [(&all.stay, "active"), (&all.revoked, "revoked")] {
            for made in shares {
                assert_eq!(states[&made.jti], state);
            }
        }
    }
    for (shares, granted, status) in [(&these.stay, true, 307), (&these.revoked, false, 410)] {
        for (made, door) in shares.iter().zip(doors.iter().cycle()) {
            assert_eq!(door.look(&made.token).status, status);
            assert_eq!(door.validate(&made.token, STUDY).0, granted);
        }
    }
}

/// Waits until the audit repository was told of each share that it was made, and of each revocation: at least
/// once. Panics after a minute.
pub fn assert_told(endpoint: &Endpoint, door: &Door, noted: &Noted) {
    let expected: BTreeSet<(String, String)> = [("Create", &noted.made), ("Delete", &noted.revoked)]
        .into_iter()
        .flat_map(|(action, shares)| shares.iter().map(move |made| (action.to_owned(), made.jti.clone())))
        .collect();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let told: BTreeSet<_> = endpoint.taken().iter().map(|taken| event(&taken.body)).collect();
        let missing: Vec<_> = expected.difference(&told).collect();
        if missing.is_empty() {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{} of {} were not told: {missing:?}",
            missing.len(),
            expected.len()
        );
        // What waits is sent behind an answer, whatever it is about.
        door.validate("no-token", STUDY);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The pattern of IHE BALP that an AuditEvent follows, and the share that it is about, if it is about one.
fn event(body: &serde_json::Value) -> (String, String) {
    let pattern = body["meta"]["profile"][0].as_str().and_then(|url| url.rsplit('.').next());
    let share = body["entity"][0]["what"]["identifier"]["value"].as_str();
    (pattern.unwrap_or_default().to_owned(), share.unwrap_or_default().to_owned())
}
