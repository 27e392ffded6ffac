//! What is in the store, and what happens without it.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use journeys::is_spin;
use journeys::secrecy::assert_log_keeps_secrets;
use serde_json::json;

use crate::{Life, Store, from_now, on_both_stores, refusal, share, text, within};
use journeys::store::REDIS_PASSWORD;

on_both_stores! {
    nothing_in_the_store_opens_a_share
    what_was_kept_is_there_after_a_start
}

fn nothing_in_the_store_opens_a_share(store: Store) {
    let life = Life::start(store, &[]);
    let code = "correct-horse-battery";
    let mut secrets = vec![code.to_owned(), BASE64_STANDARD.encode(code)];
    let mut last = String::new();
    for changes in [
        json!({"id": "mark-1"}),
        json!({"anonymized": true, "expiration-date": from_now(3600.0)}),
        json!({"password": code}),
        json!({"pin": code, "max-uses": 1, "short-link": true, "label": "L"}),
        json!({"short-link": true, "type": "osimis-viewer-publication"}),
        json!({"type": "viewer-instant-link"}),
    ] {
        let made = life.create(&changes);
        last = text(&made["jti"]);
        let token = text(&made["token"]);
        // Each part of a token, and so the token in whatever form it was kept.
        secrets.extend(token.split('.').filter(|part| part.len() > 20).skip(1).map(str::to_owned));
        if let Some(handle) = made["short-url"].as_str().and_then(|link| link.split("/s/").nth(1)) {
            secrets.extend([handle.to_owned(), BASE64_STANDARD_NO_PAD.encode(handle)]);
        }
        life.open(&token);
        life.validate(&token, &json!({}));
        life.show(&last);
    }
    life.patch(&last, &json!({"label": "new"}));
    life.delete(&last);
    let kept = life.store.bytes();
    let contains = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains("mark-1") && contains(&last), "the shares are there");
    assert!(secrets.len() > 12, "{}", secrets.len());
    for secret in secrets {
        assert!(!contains(&secret), "the store holds {secret}");
    }
}

fn what_was_kept_is_there_after_a_start(store: Store) {
    let life = Life::start(store, &[]);
    let made = life.create(&json!({"label": "kept", "expiration-date": from_now(3600.0)}));
    let [gone] = life.create_all([json!({})]);
    let jti = text(&made["jti"]);
    assert_eq!(life.delete(&gone).status, 204);
    let before = life.show(&jti);
    let Life { app, store, .. } = life;
    drop(app);
    let life = Life::start(store, &[]);
    let after = life.show(&jti);
    assert_eq!((&after["label"], &after["created"]), (&before["label"], &before["created"]));
    assert_eq!(life.show(&gone)["state"], "revoked");
    assert!(life.validate(&text(&made["token"]), &json!({})).0);
}

/// A newer version wrote it, say, and was taken back.
#[test]
fn what_is_not_understood_opens_nothing_and_stops_nothing() {
    let life = Life::start(Store::redis(), &[]);
    let [other] = life.create_all([json!({})]);
    let made = life.create(&json!({"short-link": true}));
    let (jti, token) = (text(&made["jti"]), text(&made["token"]));
    let short = text(&made["short-url"]).replace("http://localhost", "");
    life.store.put(&format!("share/{jti}"), r#"{"v":2}"#);

    let list = life.get("/shares");
    assert_eq!(list.status, 200, "{}", list.text());
    let listed: Vec<_> =
        list.json()["shares"].as_array().expect("a list").iter().map(|it| text(&it["jti"])).collect();
    assert_eq!(listed, [other]);
    life.app.assert_logs(&format!("store failed reason=not-understood key=orthanc-share/1/share/{jti}"));
    let why = "the store holds something that this version does not understand";
    for (word, answer) in
        [("show", life.get(&format!("/shares/{jti}"))), ("change", life.patch(&jti, &json!({"label": "L"})))]
    {
        assert_eq!(refusal(&answer, 500), why);
        life.app.assert_logs(&format!("{word} failed reason=500: {why} "));
    }
    assert!(!life.validate(&token, &json!({})).0);
    for path in [format!("/welcome/?token={token}"), short.clone()] {
        assert_eq!(journeys::http::get(&life.app.url(&path), &[]).status, 503, "{path}");
    }
    life.app.assert_logs(&format!("open failed reason={why} "));

    assert_eq!(life.delete(&jti).status, 204);
    assert_eq!(life.delete(&jti).status, 204);
    assert_eq!(life.open(&token), 410);
    assert!(life.history(&jti).iter().any(|(action, _)| action == "revoke"));
    within(std::time::Duration::from_secs(5), || !life.validate(&token, &json!({})).0);
    assert_eq!(refusal(&life.get(&format!("/shares/{jti}")), 500), why);
}

#[test]
fn without_the_store_nothing_is_given_and_nothing_granted() {
    let mut life = Life::start(Store::redis(), &[]);
    let made = life.create(&json!({"short-link": true}));
    let (jti, token) = (text(&made["jti"]), text(&made["token"]));
    let short = text(&made["short-url"]).replace("http://localhost", "");
    assert!(life.validate(&token, &json!({})).0);
    life.store.as_redis().kill();

    for answer in [
        life.put(&share(&json!({}))),
        life.put_token("viewer-instant-link", &json!({"resources": [{"orthanc-id": "a", "level": "study"}]})),
        life.get("/shares"),
        life.get(&format!("/shares/{jti}")),
        life.get(&format!("/shares/{jti}/events")),
        life.patch(&jti, &json!({"label": "L"})),
        life.delete(&jti),
    ] {
        let refused = refusal(&answer, 503);
        assert!(refused.contains("store") && !answer.text().contains("eyJ"), "{refused}");
    }
    for word in ["create", "list", "show", "events", "change", "revoke"] {
        life.app.assert_logs(&format!("{word} failed reason=503: the store of shares does not answer"));
    }
    // What was just granted may be for a second more; then nothing is, and is asked again at once.
    within(std::time::Duration::from_secs(5), || life.validate(&token, &json!({})) == (false, 1));
    let status = life.open(&token);
    assert!(status >= 500, "{status}");
    // Why it does not open is told, though that cannot be written down.
    assert_eq!(journeys::http::get(&life.app.url(&short), &[]).status, 503);
    life.app.assert_logs("open failed reason=the store is not available ");
    if is_spin() {
        // When it looks for the store again is Spin's own.
        return;
    }

    life.store.as_redis().restart();
    within(std::time::Duration::from_secs(15), || life.validate(&token, &json!({})).0);
    assert_eq!(life.open(&token), 307);
    assert_eq!(life.show(&jti)["state"], "active");
    assert_eq!(life.delete(&jti).status, 204);
    assert_eq!(life.open(&token), 410);
    assert_log_keeps_secrets(&life.app, &[REDIS_PASSWORD]);
}

#[test]
fn nothing_is_acknowledged_that_goes_into_a_file_which_was_removed() {
    if is_spin() {
        return eprintln!("SKIPPED: Spin writes to a file that nobody finds any more");
    }
    let life = Life::start(Store::sqlite(), &[]);
    let file = life.store.file();
    let aside = file.with_extension("aside");
    let [kept] = life.create_all([json!({})]);
    std::fs::rename(&file, &aside).expect("the file is moved away");
    refusal(&life.put(&share(&json!({}))), 503);
    refusal(&life.delete(&kept), 503);
    life.app.assert_logs("was removed or replaced");
    // Another one in its place is not the one that was opened.
    std::fs::copy(&aside, &file).expect("a copy");
    refusal(&life.put(&share(&json!({}))), 503);
    std::fs::rename(&aside, &file).expect("it is put back");
    let [later] = life.create_all([json!({})]);
    let Life { app, store, .. } = life;
    drop(app);
    let life = Life::start(store, &[]);
    assert_eq!(
        (&life.show(&kept)["state"], &life.show(&later)["state"]),
        (&json!("active"), &json!("active"))
    );
}
