//! The life of a share over the JSON API: created, listed, changed, revoked, forgotten; on SQLite and on
//! Redis alike. Opening a protected share is a person's: see the landing's own journeys.

mod changing;
mod creating;
mod keeping;
mod listing;
mod revoking;
mod stateless;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

pub const STONE: &str = "stone-viewer-publication";
pub const USERS: &str = r#"{"alice": "wonderland", "bob": "builder"}"#;
/// alice:wonderland, bob:builder
pub const ALICE: (&str, &str) = ("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==");
pub const BOB: (&str, &str) = ("authorization", "Basic Ym9iOmJ1aWxkZXI=");

/// A running application and the store that it keeps shares in.
pub struct Life {
    pub app: App,
    pub store: Store,
    headers: Vec<(&'static str, &'static str)>,
}

impl Life {
    /// With the standard variables, changed by these.
    pub fn start(store: Store, changes: &[(&str, &str)]) -> Self {
        let variables = [&[("share_store", "default")], changes].concat();
        let arguments = store.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let app = App::start_with(&variables, &arguments);
        Self { app, store, headers: vec![] }
    }

    /// With users, of whom this one asks.
    pub fn of(store: Store, user: (&'static str, &'static str), changes: &[(&str, &str)]) -> Self {
        let life = Self::start(store, &[&[("users", USERS)], changes].concat());
        Self { headers: vec![user], ..life }
    }

    pub fn put(&self, body: &Value) -> Answer {
        send_json("PUT", &self.app.url("/shares"), &self.headers, body)
    }

    pub fn put_token(&self, token_type: &str, body: &Value) -> Answer {
        send_json("PUT", &self.app.url(&format!("/tokens/{token_type}")), &self.headers, body)
    }

    /// A Stone share of one study, changed by these fields: the answer, which must be good.
    pub fn create(&self, changes: &Value) -> Value {
        let answer = self.put(&share(changes));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The names of shares with these fields, in order.
    pub fn create_all<const N: usize>(&self, changes: [Value; N]) -> [String; N] {
        changes.map(|changes| text(&self.create(&changes)["jti"]))
    }

    pub fn get(&self, path: &str) -> Answer {
        get(&self.app.url(path), &self.headers)
    }

    /// `GET /shares/{jti}`, which must be good.
    pub fn show(&self, jti: &str) -> Value {
        let answer = self.get(&format!("/shares/{jti}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub fn patch(&self, jti: &str, changes: &Value) -> Answer {
        send_json("PATCH", &self.app.url(&format!("/shares/{jti}")), &self.headers, changes)
    }

    pub fn delete(&self, jti: &str) -> Answer {
        send("DELETE", &self.app.url(&format!("/shares/{jti}")), &self.headers, b"")
    }

    /// Whether the plugin's question for this study is granted, and for how long the answer holds.
    pub fn validate(&self, token: &str, changes: &Value) -> (bool, u64) {
        validate(&self.app, &self.headers, token, changes)
    }

    /// The status of the landing page for this token.
    pub fn open(&self, token: &str) -> u16 {
        get(&self.app.url(&format!("/welcome/?token={token}")), &[]).status
    }

    /// Each action of a share's history, the newest first, with its user.
    pub fn history(&self, jti: &str) -> Vec<(String, Value)> {
        let answer = self.get(&format!("/shares/{jti}/events"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let events = answer.json()["events"].as_array().expect("a list").clone();
        events.into_iter().map(|event| (text(&event["action"]), event["user"].clone())).collect()
    }
}

/// A Stone share of one study, changed by these fields; a null removes one.
pub fn share(changes: &Value) -> Value {
    let mut share = json!({"studies": [{"dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111"}], "type": STONE});
    let fields = share.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    share
}

pub fn validate(app: &App, headers: &[(&str, &str)], token: &str, changes: &Value) -> (bool, u64) {
    let mut question = json!({"level": "study", "method": "get", "dicom-uid": "1.2.3", "orthanc-id": "aaaa-1111",
        "server-id": "standard-server-id", "token-key": "token", "token-value": token});
    for (name, value) in changes.as_object().expect("an object") {
        question[name] = value.clone();
    }
    let answer = send_json("POST", &app.url("/tokens/validate"), headers, &question);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    (answer["granted"].as_bool().expect("a decision"), answer["validity"].as_u64().expect("seconds"))
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The field that a 422 is about.
pub fn blamed(answer: &Answer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.text());
    text(answer.json()["detail"][0]["loc"].as_array().expect("a way").last().expect("a field"))
}

/// The sentence of a refusal with this status.
pub fn refusal(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    text(&answer.json()["detail"])
}

/// Waits until it holds; what the token component knows of a share is at most a second old.
pub fn within(limit: Duration, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < limit, "it does not hold after {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// So many seconds from now, as Unix seconds, which the API takes for dates.
pub fn from_now(seconds: f64) -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64() + seconds
}
