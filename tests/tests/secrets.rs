//! Docker's secrets, on the embedded runtime: a value that cannot be read is never taken for one that is not set.
//! Without `users` everybody may share.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use journeys::http::send_json;
use journeys::{App, skipped_under_spin};
use serde_json::json;

const USERS: &str = r#"{"alice": "wonderland"}"#;
const ALICE: (&str, &str) = ("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==");

/// A folder that a program sees as /run/secrets.
struct Secrets {
    above: tempfile::TempDir,
    script: String,
}

impl Secrets {
    /// None where a program cannot be given a /run of its own.
    fn new() -> Option<Self> {
        if skipped_under_spin() {
            return None;
        }
        let private = ["-rm", "mount", "-t", "tmpfs", "none", "/run"];
        if !Command::new("unshare").args(private).status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no mount namespace here, so that /run/secrets cannot be tried");
            return None;
        }
        let above = tempfile::tempdir().expect("a temporary directory");
        let folder = above.path().join("secrets");
        let script =
            format!("mount -t tmpfs none /run && ln -s {} /run/secrets && exec \"$@\"", folder.display());
        std::fs::create_dir(folder).expect("the folder");
        Some(Self { above, script })
    }

    fn wrapper(&self) -> [&str; 6] {
        ["unshare", "-rm", "sh", "-c", &self.script, "sh"]
    }

    fn folder(&self) -> PathBuf {
        self.above.path().join("secrets")
    }

    fn users(&self) -> PathBuf {
        self.folder().join("USERS")
    }

    fn write(&self, users: &str) {
        std::fs::write(self.users(), users).expect("the secret");
    }

    /// Takes the folder away with all that is in it.
    fn clear(&self) {
        let folder = self.folder();
        let _ = std::fs::remove_dir_all(&folder).or_else(|_| std::fs::remove_file(&folder));
    }
}

/// What it is, and how it is put in the place of the secret.
type Put = (&'static str, fn(&Path));

/// What may stand in the place of the secret, or of the folder.
const INSTEAD: [Put; 7] = [
    ("a link that leads nowhere", |users| symlink("../nowhere", users).expect("a link")),
    ("a link to itself", |users| symlink("USERS", users).expect("a link")),
    ("a folder", |users| std::fs::create_dir(users).expect("a folder")),
    ("a link to a folder", |users| symlink("..", users).expect("a link")),
    ("a pipe", |users| {
        assert!(Command::new("mkfifo").arg(users).status().is_ok_and(|status| status.success()));
    }),
    ("no text", |users| std::fs::write(users, [0xff, 0xfe]).expect("a file")),
    ("a file in the place of the folder", |users| {
        let folder = users.parent().expect("the folder");
        std::fs::remove_dir(folder).and_then(|()| std::fs::write(folder, "")).expect("a file");
    }),
];

#[test]
fn a_secret_that_cannot_be_read_stops_the_start_and_is_named() {
    let Some(secrets) = Secrets::new() else { return };
    for (what, put) in INSTEAD {
        put(&secrets.users());
        let said = App::refused_start_by(&secrets.wrapper(), &[], &[]);
        assert!(said.contains("/run/secrets/") && !said.contains("Serving"), "{what}: {said}");
        // With a file in the place of the folder it is the first variable.
        let variable = if said.contains("USERS") { "users: " } else { "Error: " };
        assert!(said.contains(variable), "{what}: {said}");
        secrets.clear();
        std::fs::create_dir(secrets.folder()).expect("the folder");
    }
    // The folder is a link that leads nowhere.
    secrets.clear();
    let said = App::refused_start_by(&secrets.wrapper(), &[], &[]);
    assert!(said.contains("/run/secrets/"), "{said}");
    // An empty one has no secrets.
    std::fs::create_dir(secrets.folder()).expect("the folder");
    assert_eq!(shared(&App::start_by(&secrets.wrapper(), &[], &[]), &[]), 200);
}

#[test]
fn a_secret_that_is_gone_after_the_start_opens_nothing() {
    let Some(secrets) = Secrets::new() else { return };
    for watch in [true, false] {
        secrets.write(USERS);
        let app = App::start_by(&secrets.wrapper(), &[], if watch { &["--watch"] } else { &[] });
        let becomes = |what: &str, then: &str, change: &dyn Fn()| {
            let said = app.log().matches(then).count();
            change();
            if !watch {
                app.hang_up();
            }
            let deadline = Instant::now() + Duration::from_secs(20);
            while app.log().matches(then).count() == said {
                assert!(Instant::now() < deadline, "{what}: nothing was said:\n{}", app.log());
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        assert_eq!((shared(&app, &[]), shared(&app, &[ALICE])), (401, 200));
        let gone: Put = ("gone", |_| ());
        for (what, put) in INSTEAD.into_iter().chain([gone]) {
            becomes(what, "stays as it is", &|| {
                std::fs::remove_file(secrets.users()).expect("the secret is taken away");
                put(&secrets.users());
            });
            assert_eq!((shared(&app, &[]), shared(&app, &[ALICE])), (401, 200), "{what}");
            becomes(what, r#""route":"/...""#, &|| {
                secrets.clear();
                std::fs::create_dir(secrets.folder()).expect("the folder");
                secrets.write(USERS);
            });
        }
        assert!(app.log().contains("/run/secrets/USERS is gone"), "{}", app.log());
        // What takes its place is taken.
        becomes("another", r#""route":"/...""#, &|| secrets.write(r#"{"bob": "builder"}"#));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(shared(&app, &[ALICE]), 401);
    }
}

/// The status of an attempt to share.
fn shared(app: &App, headers: &[(&str, &str)]) -> u16 {
    let share =
        json!({"studies": [{"dicom-uid": "1.2", "orthanc-id": "a"}], "type": "osimis-viewer-publication"});
    send_json("PUT", &app.url("/shares"), headers, &share).status
}
