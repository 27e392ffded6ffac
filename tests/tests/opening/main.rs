//! Opening shares that ask for a code or count their openings, and short links: as a person's browser does,
//! and as many programs at once do; on SQLite and on Redis alike.

mod codes;
mod counting;
mod forms;
mod sessions;
mod short_links;

use std::sync::Barrier;
use std::time::{SystemTime, UNIX_EPOCH};

use journeys::App;
use journeys::http::{Answer, get, send, send_json};
use journeys::store::Store;
use serde_json::{Value, json};

/// The same journeys on either store.
macro_rules! on_both_stores {
    ($($name:ident)+) => {
        mod on_sqlite { $( #[test] fn $name() { super::$name(journeys::store::Store::sqlite()) } )+ }
        mod on_redis { $( #[test] fn $name() { super::$name(journeys::store::Store::redis()) } )+ }
    };
}
pub(crate) use on_both_stores;

pub const CODE: &str = "Blue-Whale 7";
pub const VIEWER: &str =
    "http://localhost/shares/stone-webviewer/index.html?study=1.2.3&selectedStudies=1.2.3&token=";
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A running application, and the store that it keeps shares in.
pub struct Life {
    pub app: App,
    pub store: Store,
}

/// A share that was made.
pub struct Made {
    pub jti: String,
    pub token: String,
    /// The short link's path, if it has one.
    pub short: Option<String>,
}

impl Life {
    /// With the standard variables, changed by these.
    pub fn start(store: Store, changes: &[(&str, &str)]) -> Self {
        let variables = [&[("share_store", "default")], changes].concat();
        let arguments = store.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self { app: App::start_with(&variables, &arguments), store }
    }

    /// A Stone share of one study, changed by these fields.
    pub fn create(&self, changes: &Value) -> Made {
        let mut share = json!({
            "id": "of-mr-doe",
            "studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111"}],
            "type": "stone-viewer-publication",
        });
        for (name, value) in changes.as_object().expect("an object") {
            share[name] = value.clone();
        }
        let answer = send_json("PUT", &self.app.url("/shares"), &[], &share);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let made = answer.json();
        let text = |name: &str| made[name].as_str().map(str::to_owned);
        let short = text("short-url")
            .map(|url| url.strip_prefix("http://localhost").expect("below the landing's root").to_owned());
        Made { jti: text("jti").expect("a jti"), token: text("token").expect("a token"), short }
    }

    pub fn get(&self, path: &str) -> Answer {
        get(&self.app.url(path), &[])
    }

    pub fn look(&self, made: &Made) -> Answer {
        self.get(&format!("/welcome/?token={}", made.token))
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        send("POST", &self.app.url(path), &[FORM], form(fields).as_bytes())
    }

    /// Sends the form of the share's own link, with this code if there is one.
    pub fn open(&self, made: &Made, code: Option<&str>) -> Answer {
        self.open_by(made, code, None)
    }

    /// The same with what tells the form from others, if it has that.
    pub fn open_by(&self, made: &Made, code: Option<&str>, id: Option<&str>) -> Answer {
        let fields = [("token", Some(made.token.as_str())), ("code", code), ("form", id)];
        let fields: Vec<_> = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.post("/welcome/", &fields)
    }

    /// Sends these forms all at once: the statuses.
    pub fn open_at_once(&self, made: &Made, codes: &[Option<&str>]) -> Vec<u16> {
        let forms: Vec<_> = codes.iter().map(|code| (*code, None)).collect();
        self.open_by_at_once(made, &forms).iter().map(|answer| answer.status).collect()
    }

    /// The same with the code and the id of each form: the answers.
    pub fn open_by_at_once(&self, made: &Made, forms: &[(Option<&str>, Option<&str>)]) -> Vec<Answer> {
        let barrier = Barrier::new(forms.len());
        std::thread::scope(|scope| {
            let threads: Vec<_> = forms
                .iter()
                .map(|(code, id)| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        self.open_by(made, *code, *id)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        })
    }

    /// `GET /shares/{jti}`.
    pub fn show(&self, made: &Made) -> Value {
        let answer = self.get(&format!("/shares/{}", made.jti));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub fn patch(&self, made: &Made, changes: &Value) {
        let answer = send_json("PATCH", &self.app.url(&format!("/shares/{}", made.jti)), &[], changes);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    pub fn revoke(&self, made: &Made) {
        let answer = send("DELETE", &self.app.url(&format!("/shares/{}", made.jti)), &[], b"");
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// What the plugin is told of the share's study with this token.
    pub fn is_granted(&self, token: &str) -> bool {
        let question = json!({"level": "study", "method": "get", "dicom-uid": "1.2.3",
            "orthanc-id": "aaaa-1111", "server-id": "standard-server-id",
            "token-key": "token", "token-value": token});
        let answer = send_json("POST", &self.app.url("/tokens/validate"), &[], &question);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["granted"].as_bool().expect("a decision")
    }
}

/// The token that a viewer was opened with.
pub fn session(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_guarded(answer);
    let location = answer.header("location").expect("a location");
    let token = location.strip_prefix(VIEWER).unwrap_or_else(|| panic!("it led to {location}"));
    token.to_owned()
}

/// A page without a script, without anything from elsewhere, and without anything of the share; `true`
/// if it has the form.
pub fn assert_page(answer: &Answer, status: u16) -> bool {
    assert_eq!(answer.status, status, "{}", answer.text());
    let page = answer.text();
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for part in ["<script", "http://", "https://", "src=", "@import", "of-mr-doe", "1.2.3", "aaaa-1111"] {
        assert!(!page.contains(part), "the page has {part}: {page}");
    }
    assert_eq!(answer.header("location"), None);
    assert_guarded(answer);
    page.contains("<form method=\"post\"")
}

/// The address, and the form, hold a token: it must not leak by referrer, cache, frame or search engine.
fn assert_guarded(answer: &Answer) {
    for (name, wanted) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
    ] {
        let value = answer.header(name).unwrap_or_default();
        assert!(value.contains(wanted), "{} {name}: {value:?} has no {wanted}", answer.status);
    }
    assert_eq!(answer.header("set-cookie"), None);
}

/// As a browser writes a form, but for spaces, which may be either.
fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// So many seconds from now, as Unix seconds, which the API takes for dates.
pub fn from_now(seconds: f64) -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64() + seconds
}
