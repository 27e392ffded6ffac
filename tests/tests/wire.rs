//! Replays every recorded exchange of the real Authorization plugin, old and new, against the running
//! application: the same kind of answer, in a form that the plugin reads.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use journeys::http::{Answer, send_json};
use journeys::raw::Connection;
use journeys::secrecy::assert_log_keeps_secrets;
use journeys::wire::{self, Exchange, STUDY, exchanges};
use journeys::{App, SECRET_KEY, is_spin, token};
use serde_json::{Value, json};

/// As the recorded service was configured.
fn start() -> App {
    App::start(&[
        ("users", wire::USERS),
        ("anonymous_profile", r#"{"name": "Anonymous", "permissions": ["upload"], "authorized-labels": []}"#),
    ])
}

/// The claims of a share of the recorded study, as the service of that time wrote them.
fn claims(id: &str) -> Value {
    json!({
        "id": id,
        "studies": [{"dicom_uid": STUDY.0, "orthanc_id": STUDY.1}],
        "anonymized": false,
        "type": "osimis-viewer-publication",
        "expiration_date": null,
    })
}

/// A token of exactly this length, so that a request is as long as it was recorded.
fn token_of_length(length: usize) -> String {
    let tokens = (0..200).map(|count| token::sign(SECRET_KEY, &claims(&"x".repeat(count))));
    tokens.into_iter().find(|token| token.len() == length).expect("a token of this length")
}

/// Tokens of that study from everyone who makes some: both routes of this application, and both services before.
fn tokens(app: &App) -> Vec<String> {
    let (uid, id) = STUDY;
    let user = ("authorization", "Basic c2hhcmUtdXNlcjpzaGFyZS1wYXNzd29yZA==");
    let requests = [
        (
            "/shares",
            json!({"studies": [{"dicom-uid": uid, "orthanc-id": id}], "type": "stone-viewer-publication"}),
        ),
        (
            "/tokens/stone-viewer-publication",
            json!({"resources": [{"dicom-uid": uid, "orthanc-id": id, "level": "study"}]}),
        ),
    ];
    let ours = requests.map(|(path, body)| {
        let answer = send_json("PUT", &app.url(path), &[user], &body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()["token"].as_str().expect("a token").to_owned()
    });
    let successor = json!({
        "id": null,
        "resources": [{"dicom_uid": uid, "orthanc_id": id, "url": null, "level": "study"}],
        "type": "ohif-viewer-publication",
        "expiration_date": "2099-01-01T00:00:00.123456+00:00",
        "validity_duration": null,
    });
    let theirs = [claims("demo-1"), successor].map(|claims| token::sign(SECRET_KEY, &claims));
    ours.into_iter().chain(theirs).collect()
}

/// The same kind of answer as recorded, read as the plugin reads it.
fn assert_as_recorded(exchange: &Exchange, answer: &Answer) {
    let name = &exchange.name;
    if exchange.path() == "/user/get-profile" {
        let profile = wire::profile(answer);
        for field in ["name", "permissions", "authorized-labels", "groups", "user-id"] {
            assert_eq!(profile[field], exchange.answer[field], "{name}: {field}");
        }
    } else {
        assert_eq!(json!(wire::granted(answer)), exchange.answer["granted"], "{name}");
        assert!(wire::readable(answer)["validity"].as_u64() <= Some(60), "{name}: {}", answer.text());
    }
}

fn answer(app: &App, request: &[u8]) -> Answer {
    let mut connection = Connection::open(app.address());
    assert!(connection.say(request), "the server reads");
    connection.answer().expect("a whole answer")
}

#[test]
fn every_recorded_request_is_answered_as_recorded() {
    let app = start();
    let exchanges = exchanges();
    assert_eq!(exchanges.len(), 27);
    for exchange in &exchanges {
        let token = exchange.token_length().map(token_of_length).unwrap_or_default();
        assert_eq!(exchange.body(&token).len(), exchange.size, "{}: not as it was recorded", exchange.name);
        assert_as_recorded(exchange, &answer(&app, &exchange.request(&token)));
    }
    // Both answers were recorded, of both generations.
    for (path, granted) in [("/shares/validate", 1), ("/tokens/validate", 3)] {
        let asked = || exchanges.iter().filter(|exchange| exchange.path() == path);
        assert_eq!(asked().filter(|exchange| exchange.answer["granted"] == true).count(), granted, "{path}");
        assert!(asked().any(|exchange| exchange.answer["granted"] == false), "{path}");
    }
    assert_log_keeps_secrets(&app, &["share-password", STUDY.0, STUDY.1]);
}

#[test]
fn whoever_made_the_token_the_plugin_is_answered_alike() {
    let app = start();
    for token in tokens(&app) {
        for exchange in exchanges() {
            assert_as_recorded(&exchange, &answer(&app, &exchange.request(&token)));
        }
    }
}

#[test]
fn a_slash_at_the_end_is_no_redirect() {
    let app = start();
    let token = token_of_length(361);
    for exchange in exchanges() {
        assert_as_recorded(&exchange, &answer(&app, &exchange.request_with(&token, "/", "")));
    }
}

#[test]
fn the_answer_is_whole_and_the_connection_ends_when_the_plugin_wants_it_to() {
    let app = start();
    let token = token_of_length(361);
    for exchange in exchanges() {
        let closing = exchange.request_with(&token, "", "Connection: close\r\n");
        let started = Instant::now();
        assert_as_recorded(&exchange, &wire::exchange(app.address(), &closing, false));
        // The plugin would wait for ten seconds, and each request of the viewer with it.
        assert!(started.elapsed() < Duration::from_secs(5), "{}: {:?}", exchange.name, started.elapsed());
        // Or it only stops writing after its request, which Spin takes for a client that has left.
        if !is_spin() {
            assert_as_recorded(&exchange, &wire::exchange(app.address(), &exchange.request(&token), true));
        }
    }
}

#[test]
fn a_request_may_arrive_in_any_pieces() {
    let app = start();
    let token = token_of_length(407);
    let exchanges = exchanges();
    let pick = |name: &str| exchanges.iter().find(|exchange| exchange.name == name).expect("it was recorded");
    for exchange in [pick("0.4.1-demo-config #0"), pick("0.11.4-all-levels #7"), pick("0.11.4-all-levels #2")]
    {
        let request = exchange.request(&token);
        let head = request.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        for cuts in
            [vec![head], vec![head + 1], vec![head + 4, head + 6], vec![5, head - 2, request.len() - 3]]
        {
            let mut connection = Connection::open(app.address());
            let mut sent = 0;
            for cut in cuts.into_iter().chain([request.len()]) {
                assert!(connection.say(&request[sent..cut]), "the server reads");
                std::thread::sleep(Duration::from_millis(15));
                sent = cut;
            }
            assert_as_recorded(exchange, &connection.answer().expect("a whole answer"));
        }
    }
}

#[test]
fn ten_requests_of_a_viewer_at_once_are_ten_answers() {
    let app = start();
    let token = token_of_length(407);
    let exchanges = exchanges();
    std::thread::scope(|scope| {
        for thread in 0..10 {
            let (app, token, exchanges) = (&app, &token, &exchanges);
            scope.spawn(move || {
                for exchange in exchanges.iter().cycle().skip(thread).take(exchanges.len()) {
                    assert_as_recorded(exchange, &answer(app, &exchange.request(token)));
                }
            });
        }
    });
}

#[test]
fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    // What libcurl does with bodies over 1024 bytes where its user does not forbid it: a share of many studies.
    let app = start();
    let long = token::sign(SECRET_KEY, &claims(&"x".repeat(1000)));
    let exchanges = exchanges();
    for name in ["0.4.1-demo-config #0", "0.11.4-all-levels #7"] {
        let exchange = exchanges.iter().find(|exchange| exchange.name == name).expect("it was recorded");
        let request = exchange.request_with(&long, "", "Connection: close\r\nExpect: 100-continue\r\n");
        let head = request.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let mut stream = TcpStream::connect(app.address()).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a read limit");
        stream.write_all(&request[..head]).expect("the server reads");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).expect("the server says something");
        assert_eq!(go_on, *b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(&request[head..]).expect("the server reads");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the server ends the connection after its answer");
        assert_as_recorded(exchange, &wire::whole(&rest));
    }
}

#[test]
fn a_recorded_request_without_its_password_is_refused() {
    let app = start();
    let token = token_of_length(361);
    for exchange in exchanges() {
        let request = String::from_utf8(exchange.request(&token)).expect("text");
        let without = request.replace("Authorization: Basic c2hhcmUtdXNlcjpzaGFyZS1wYXNzd29yZA==\r\n", "");
        assert_ne!(request, without);
        let answer = answer(&app, without.as_bytes());
        assert_eq!(answer.status, 401, "{}: {}", exchange.name, answer.text());
        assert_eq!(answer.header("www-authenticate"), Some("Basic"), "{}", exchange.name);
        assert!(!answer.text().contains("granted"), "{}", answer.text());
    }
}
