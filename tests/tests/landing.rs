//! What a person's browser opens: on to the viewer with a good link, else a page that says in
//! plain words, in the reader's language, what is wrong.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use journeys::http::{Answer, get, send, send_json};
use journeys::meddream::{self, Behaviour, MedDream};
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::{App, SECRET_KEY, token};
use serde_json::{Value, json};

const PATHS: &[&str] = &["/welcome/", "/welcome", "/share-landing/", "/share-landing"];
const VIEWER: &str = "http://localhost/shares/osimis-viewer/app/index.html";

/// A token of a standard Osimis share of these studies, with these claims changed.
fn signed(changes: &Value) -> String {
    let mut claims = json!({
        "id": "of-mr-doe",
        "studies": [{"dicom_uid": "1.2.3", "orthanc_id": "aaaa"}],
        "anonymized": false,
        "type": "osimis-viewer-publication",
        "expiration_date": "2099-01-01T00:00:00+00:00",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    token::sign(SECRET_KEY, &claims)
}

fn expired() -> String {
    signed(&json!({"expiration_date": "2020-01-01T00:00:00+00:00"}))
}

fn open(app: &App, token: &str) -> Answer {
    get(&app.url(&format!("/welcome/?token={token}")), &[])
}

fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let content_type = answer.header("content-type").unwrap_or_default().to_lowercase();
    assert_eq!(content_type, "text/html; charset=utf-8");
    assert_eq!(answer.header("location"), None);
    let page = answer.text();
    assert!(page.trim_start().to_lowercase().starts_with("<!doctype html>"), "{page}");
    for part in ["<html lang=\"", "<title>", "<h1", "name=\"viewport\"", "color-scheme"] {
        assert!(page.contains(part), "the page has no {part}: {page}");
    }
    // No script, nothing from elsewhere, nothing of the token.
    for part in ["<script", "javascript:", "http://", "https://", "src=", "@import", "eyJ", "of-mr-doe"] {
        assert!(!page.contains(part), "the page has {part}: {page}");
    }
    assert_guarded(answer);
}

/// The token is in the address: it must not leak by referrer, cache, frame or search engine.
fn assert_guarded(answer: &Answer) {
    let headers = [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
    ];
    for (name, wanted) in headers {
        let value = answer.header(name).unwrap_or_default();
        assert!(value.contains(wanted), "{} {name}: {value:?} has no {wanted}", answer.status);
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for part in ["unsafe-eval", "script-src *", "script-src 'unsafe-inline'", "default-src *"] {
        assert!(!policy.contains(part), "{policy}");
    }
    assert_eq!(answer.header("set-cookie"), None);
}

#[test]
fn a_link_that_was_just_made_leads_to_the_viewer() {
    let app = App::start(&[]);
    let one = json!([{"orthanc-id": "aaaa", "dicom-uid": "1.2.3"}]);
    let two = json!([{"orthanc-id": "aaaa"}, {"orthanc-id": "bbbb"}]);
    let anonymous = VIEWER.replace("/shares/", "/anon-shares/");
    let cases = [
        (json!({"studies": one, "anonymized": false}), format!("{VIEWER}?study=aaaa&token=")),
        (json!({"studies": one, "anonymized": true}), format!("{anonymous}?study=aaaa&token=")),
        (
            json!({"studies": two, "anonymized": false}),
            format!("{VIEWER}?pickableStudyIds=aaaa,bbbb&selectedStudyIds=aaaa,bbbb&token="),
        ),
    ];
    for (mut request, viewer) in cases {
        request["type"] = json!("osimis-viewer-publication");
        let share = send_json("PUT", &app.url("/shares"), &[], &request).json();
        let link = share["url"].as_str().expect("a link");
        let path = link.strip_prefix("http://localhost").expect("the configured root");
        let answer = get(&app.url(path), &[]);
        assert_eq!(answer.status, 307, "{request}: {}", answer.text());
        let location = answer.header("location").expect("a location").replace("%2C", ",");
        assert_eq!(location, format!("{viewer}{}", share["token"].as_str().expect("a token")));
        assert_guarded(&answer);
    }
    assert_log_keeps_secrets(&app, &[]);
}

#[test]
fn the_page_is_served_at_both_names_with_and_without_a_slash() {
    let app = App::start(&[]);
    let good = signed(&json!({}));
    for path in PATHS {
        let answer = get(&app.url(&format!("{path}?token={good}")), &[]);
        assert_eq!(answer.status, 307, "{path}: {}", answer.text());
        assert_eq!(answer.header("location"), Some(format!("{VIEWER}?study=aaaa&token={good}").as_str()));
        // What mail programs and trackers append does not matter.
        let answer = get(&app.url(&format!("{path}?utm_source=mail&token={good}&fbclid=x")), &[]);
        assert_eq!(answer.status, 307, "{path}: {}", answer.text());
        for (query, status) in [
            ("", 400),
            ("?", 400),
            ("?token=", 400),
            ("?Token=x", 400),
            ("?token=x", 403),
            ("?token=%00%ff", 403),
            (&format!("?token={}", expired()), 410),
        ] {
            // Written as they stand: an HTTP library would tidy them.
            let target = format!("{path}{query}");
            let mut connection = journeys::raw::Connection::open(app.address());
            connection.say(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
            let answer = connection.answer().unwrap_or_else(|| panic!("{target}: no answer"));
            assert_page(&answer, status);
        }
    }
    assert_log_keeps_secrets(&app, &["utm_source"]);
}

#[test]
fn each_fault_has_a_page_of_its_own_in_the_readers_language() {
    let app = App::start(&[]);
    let cases = [
        ("fr", "fr"),
        ("de", "de"),
        ("nl", "nl"),
        ("es", "es"),
        ("it", "it"),
        ("pt", "pt"),
        ("en", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("pt-BR,pt;q=0.9", "pt"),
        ("nl;q=0.1, it;q=0.9, *;q=0.5", "it"),
        ("ja, de;q=0.5", "de"),
        ("DE-at", "de"),
        ("fr;q=0, es;q=0.2", "es"),
        ("ja", "en"),
        ("*", "en"),
        ("", "en"),
        (";;,,q=,fr;q=x", "en"),
    ];
    let faults = [(400, String::new()), (403, "x".to_owned()), (410, expired())];
    let mut seen = HashSet::new();
    for (status, token) in &faults {
        for (accepted, language) in cases {
            let url = app.url(&format!("/welcome/?token={token}"));
            let answer = get(&url, &[("accept-language", accepted)]);
            assert_page(&answer, *status);
            let page = answer.text();
            // A quality value that cannot be read may count as one or as none.
            if !accepted.contains("q=x") {
                assert!(page.contains(&format!("<html lang=\"{language}")), "{accepted:?}: {page}");
            }
            if accepted == language {
                assert!(seen.insert(page), "{status} in {language} reads like another page");
            }
        }
    }
    assert_eq!(seen.len(), faults.len() * 7);
    let without = get(&app.url("/welcome/"), &[]);
    assert!(without.text().contains("<html lang=\"en"));
}

#[test]
fn other_methods_and_routes_are_answered_with_a_page() {
    let app = App::start(&[]);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in PATHS {
            let answer = send(method, &app.url(path), &[], b"");
            assert_page(&answer, 405);
            assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"), "{method} {path}");
        }
    }
    for path in PATHS {
        // What is posted must be a form; of which there is more in the journeys of opening.
        assert_page(&send("POST", &app.url(path), &[], b""), 415);
    }
    for path in ["/welcome/xyz", "/share-landing/a/b", "/welcome/..%2fshares", "/welcome//", "/welcome/s/"] {
        assert_page(&get(&app.url(path), &[]), 404);
    }
}

#[test]
fn whatever_a_share_says_the_redirect_stays_below_the_viewers_root() {
    let app = App::start(&[]);
    let hostile = [
        "../../../evil",
        "//evil.example/",
        "https://evil.example/",
        "\\\\evil.example\\",
        "@evil.example",
        "a&token=other&x=",
        "a#fragment",
        "a?b",
        "a%26token%3Dx",
        "\r\nSet-Cookie: a=b\r\n",
        "\u{0}",
        "<script>",
        "\u{202e}é漢",
        "a b",
        ";",
    ];
    for id in hostile {
        let one = json!([{"orthanc_id": id}]);
        let two = json!([{"orthanc_id": "aaaa"}, {"orthanc_id": id}]);
        for (studies, names) in
            [(one, &["study", "token"][..]), (two, &["pickableStudyIds", "selectedStudyIds", "token"])]
        {
            let token = signed(&json!({"studies": studies}));
            let answer = open(&app, &token);
            if answer.status != 307 {
                assert_page(&answer, 403);
                continue;
            }
            let location = answer.header("location").expect("a location");
            let query = location.strip_prefix(VIEWER).and_then(|rest| rest.strip_prefix('?'));
            let query = query.unwrap_or_else(|| panic!("{id:?} led to {location}"));
            let found: Vec<_> = query.split('&').map(|pair| pair.split('=').next().unwrap_or("")).collect();
            assert_eq!(found, names, "{id:?} led to {location}");
            assert!(query.ends_with(&format!("token={token}")), "{id:?} led to {location}");
            let clean = query.bytes().all(|b| b.is_ascii_graphic() && !b"#<>\"\\?".contains(&b));
            assert!(clean, "{id:?} led to {location}");
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
}

#[test]
fn a_share_of_the_oldest_shape_still_opens() {
    let app = App::start(&[]);
    let claims = json!({
        "id": "toto",
        "dicom_uid": "1.2",
        "orthanc_id": "aaaa",
        "type": "osimis-viewer-publication",
        "expiration_date": "2099-07-07T11:00:00+00:00",
    });
    let token = token::sign(SECRET_KEY, &claims);
    let answer = open(&app, &token);
    assert_eq!(answer.status, 307, "{}", answer.text());
    assert_eq!(answer.header("location"), Some(format!("{VIEWER}?study=aaaa&token={token}").as_str()));
}

#[test]
fn a_share_whose_viewer_is_not_configured_any_more_gets_a_page() {
    let app = App::start(&[("public_anonymized_orthanc_root", ""), ("public_orthanc_root", "")]);
    let shares = [
        json!({}),
        json!({"anonymized": true}),
        json!({"type": "meddream-viewer-publication"}),
        json!({"type": "osimis-viewer-publication", "studies": [{"dicom_uid": "1.2"}]}),
    ];
    for changes in shares {
        let answer = open(&app, &signed(&changes));
        assert!(answer.status >= 400, "{changes}: {:?}", answer.header("location"));
        assert_page(&answer, answer.status);
    }
    app.assert_logs("set the variable public_orthanc_root");
}

#[test]
fn a_meddream_publication_opens_with_a_fresh_instant_link() {
    let meddream = MedDream::start(Behaviour::Well);
    let app = App::start(&[
        ("meddream_token_service_url", &meddream.url()),
        ("meddream_token_service_origin", &meddream.origin()),
        ("public_meddream_root", "http://localhost/meddream/"),
    ]);
    let request = json!({"studies": [{"dicom-uid": "1.2.3"}], "type": "meddream-viewer-publication"});
    let share = send_json("PUT", &app.url("/shares"), &[], &request);
    assert_eq!(share.status, 200, "{}", share.text());
    assert!(meddream.asked().is_empty(), "MedDream is asked only when the link is opened");
    let token = share.json()["token"].as_str().expect("a token").to_owned();
    for opened in 1..=2 {
        let answer = open(&app, &token);
        assert_eq!(answer.status, 307, "{}", answer.text());
        let link = format!("http://localhost/meddream/?token={}", meddream::TOKEN);
        assert_eq!(answer.header("location"), Some(link.as_str()));
        assert_guarded(&answer);
        assert_eq!(meddream.asked().len(), opened);
        assert!(meddream.asked()[opened - 1]["items"].to_string().contains("\"1.2.3\""));
    }
    let ended =
        signed(&json!({"type": "meddream-viewer-publication", "expiration_date": "2020-01-01T00:00:00Z"}));
    assert_page(&open(&app, &ended), 410);
    assert_eq!(meddream.asked().len(), 2, "an expired share asks nothing of MedDream");
    assert_log_keeps_secrets(&app, &[meddream::TOKEN, "1.2.3"]);
}

#[test]
fn a_meddream_that_misbehaves_gives_a_page_with_502_or_504() {
    let meddream = MedDream::start(Behaviour::Well);
    let app = App::start(&[
        ("meddream_token_service_url", &meddream.url()),
        ("meddream_token_service_origin", &meddream.origin()),
        ("public_meddream_root", "http://localhost/meddream/"),
    ]);
    let token = signed(&json!({"type": "meddream-viewer-publication"}));
    let cases = [
        (Behaviour::Fails, &[502][..]),
        (Behaviour::AnswersAPage, &[502]),
        (Behaviour::AnswersNothing, &[502]),
        (Behaviour::Drops, &[502]),
        (Behaviour::StopsHalfway, &[502]),
        (Behaviour::Redirects, &[502]),
        (Behaviour::NeverEnds, &[502]),
        (Behaviour::Hangs, &[502, 504]),
        (Behaviour::After(Duration::from_secs(6)), &[502, 504]),
    ];
    for (behaviour, statuses) in cases {
        meddream.behave(behaviour);
        let started = Instant::now();
        let answer = open(&app, &token);
        assert!(statuses.contains(&answer.status), "{behaviour:?}: {} {}", answer.status, answer.text());
        assert_page(&answer, answer.status);
        assert!(!answer.text().contains("boom"), "MedDream's own page is not passed on");
        assert!(started.elapsed() < Duration::from_secs(9), "{behaviour:?} took {:?}", started.elapsed());
    }
    // Who runs the service learns which of its parts failed, and how.
    for why in
        ["the MedDream token service gave no token", "the MedDream token service did not answer within"]
    {
        app.assert_logs(why);
    }
    assert_log_keeps_secrets(&app, &["boom"]);
}
