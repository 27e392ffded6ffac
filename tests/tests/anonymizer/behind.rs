//! The Orthanc behind the proxy: what it is asked, and what becomes of each wrong answer.

use std::time::{Duration, Instant};

use journeys::http;
use journeys::upstream::{self, Scripted};
use serde_json::json;

use crate::{MOUNT, Scene, app, get, metadata_path, text};

#[test]
fn orthanc_is_asked_with_its_own_credentials_and_nothing_of_the_client() {
    let scene = Scene::start();
    let url = scene.app.url(&format!("{MOUNT}{}", scene.study));
    let sent = [
        ("authorization", &*format!("Bearer {}", scene.token)),
        ("cookie", "c=1"),
        ("x-forwarded-for", "1.2.3.4"),
        ("accept", "x/y"),
        ("accept-encoding", "gzip"),
        ("if-none-match", "\"x\""),
        ("range", "bytes=0-1"),
    ];
    assert_eq!(http::get(&url, &sent).status, 200);
    let asked = scene.upstream.asked();
    let asked = asked.last().expect("a request");
    assert_eq!(asked.line, format!("GET /pacs/studies/{}", upstream::STUDY));
    assert_eq!(asked.header("token"), Some(scene.token.as_str()));
    assert_eq!(asked.header("authorization"), Some("Basic cHJveHk6cDp3"));
    let names: Vec<&str> = asked.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().all(|name| ["host", "token", "authorization"].contains(name)), "{names:?}");

    // Each instance remembers the names of the share: from its second request on it asks only for what it
    // answers with. Which instance a connection comes to is the host's choice.
    let asks = std::iter::repeat_with(|| {
        let before = scene.upstream.asked().len();
        assert_eq!(scene.get(&scene.study).status, 200);
        scene.upstream.asked().len() - before
    });
    let asks: Vec<usize> = asks.take(20).collect();
    assert_eq!(asks.last(), Some(&1), "{asks:?}");
    let cores = std::thread::available_parallelism().expect("a number of cores").get();
    assert!(asks.iter().filter(|asks| **asks > 1).count() < cores, "{asks:?}");
}

#[test]
fn the_token_comes_in_one_of_three_places_and_goes_on_in_a_header() {
    let scene = Scene::start();
    let token = scene.token.as_str();
    let bearer = format!("Bearer {token}");
    let argument = format!("?token={token}");
    for (headers, query, status) in [
        (&[("token", token)][..], "", 200),
        (&[("token", &*bearer)], "", 200),
        (&[("authorization", &*bearer)], "", 200),
        (&[("authorization", "Basic eDp5")], &*argument, 200),
        (&[], &argument, 200),
        (&[("token", "")], &argument, 200),
        // The first that is there counts.
        (&[("token", "other")], &argument, 403),
        (&[("authorization", "Bearer other")], &argument, 403),
        (&[("authorization", token)], "", 403),
        (&[], "?token=", 403),
        (&[], "", 403),
    ] {
        let before = scene.upstream.asked().len();
        let answer = http::get(&scene.app.url(&format!("{MOUNT}{}{query}", scene.study)), headers);
        assert_eq!(answer.status, status, "{headers:?} {query}");
        let asked = &scene.upstream.asked()[before..];
        assert_eq!(asked.is_empty(), status == 403, "{headers:?} {query}");
        assert!(asked.iter().all(|asked| !asked.line.contains("token")), "{asked:?}");
        assert!(asked.iter().all(|asked| asked.header("token") == Some(token)), "{asked:?}");
    }
}

#[test]
fn the_osimis_viewer_gets_its_series_and_images() {
    let scene = Scene::start();
    let series = &scene.get(&format!("{}/series", scene.study)).json()[0];
    let (series, instance) = (text(&series["ID"]), text(&series["Instances"][0]));
    let info = json!({"TagsSubset": {"Modality": "CT", "PatientName": "ZQMARK", "Rows": "4"}, "ZQMARK": 1});
    let answer = json!({
        "id": upstream::SERIES,
        "contentType": "image/png",
        "instances": [[upstream::INSTANCE, 0, 1]],
        "instancesInfos": {upstream::INSTANCE: info},
        "middleInstanceInfos": info,
        "study": {"ID": upstream::STUDY, "PatientMainDicomTags": {"PatientName": "ZQMARK"}},
        "ZQMARK": "ZQMARK",
    });
    scene.upstream.script(&format!("/osimis-viewer/series/{}", upstream::SERIES), Scripted::json(&answer));
    let shown = scene.get(&format!("/osimis-viewer/series/{series}")).json();
    assert_eq!((&shown["id"], &shown["instances"][0][0]), (&json!(series), &json!(instance)));
    assert_eq!(shown["instancesInfos"][&instance]["TagsSubset"]["Rows"], "4");

    let image = format!("/osimis-viewer/images/{}/0/high-quality", upstream::INSTANCE);
    let headers = [("Content-Type", "image/jpeg"), ("Set-Cookie", "ZQMARK"), ("Content-Location", "ZQMARK")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    scene.upstream.script(&image, Scripted::Answer(200, headers, b"JPEGDATA".to_vec()));
    let path = format!("/osimis-viewer/images/{instance}/0/high-quality");
    let shown = scene.get(&path);
    assert_eq!((shown.status, shown.text().as_str()), (200, "JPEGDATA"));
    assert_eq!(
        (shown.header("content-type"), shown.header("content-length")),
        (Some("image/jpeg"), Some("8"))
    );
    let url = scene.app.url(&format!("{MOUNT}{path}"));
    let head = http::send("HEAD", &url, &[("token", &scene.token)], b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("8"), 0));
    scene.upstream.script(&image, Scripted::of(200, "text/html", "ZQMARK"));
    assert_eq!(scene.get(&path).status, 502);
}

#[test]
fn a_viewers_own_files_need_no_token_and_bring_no_headers() {
    let scene = Scene::start();
    let headers =
        ["Content-Type: text/html; charset=utf-8", "Set-Cookie: ZQMARK=1", "ETag: ZQMARK", "Server: ZQMARK"];
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|header| header.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let page = Scripted::Answer(200, headers, b"<html>viewer</html>".to_vec());
    scene.upstream.script("/stone-webviewer/index.html", page);
    let answer = get(&scene.app, "", "/stone-webviewer/index.html?study=1.2&token=x");
    assert_eq!((answer.status, answer.text().as_str()), (200, "<html>viewer</html>"));
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.headers.iter().all(|(_, value)| !value.contains("ZQMARK")), "{:?}", answer.headers);
    let asked = scene.upstream.asked();
    let asked = asked.last().expect("a request");
    assert_eq!(asked.line, "GET /pacs/stone-webviewer/index.html");
    assert_eq!(asked.header("token"), None);
    scene.upstream.script("/stone-webviewer/x.js", Scripted::of(200, "application/dicom", "ZQMARK"));
    assert_eq!(get(&scene.app, "", "/stone-webviewer/x.js").status, 502);
}

#[test]
fn what_orthanc_answers_wrongly_is_an_error_with_nothing_of_it() {
    let scene = Scene::start();
    // The names are remembered before the path misbehaves.
    assert_eq!(scene.get(&scene.study).status, 200);
    let path = format!("/studies/{}/series", upstream::STUDY);
    let osimis = format!("/osimis-viewer/studies/{}", upstream::STUDY);
    for (scripted, status) in [
        (Scripted::of(401, "text/html", "ZQMARK"), 403),
        (Scripted::of(403, "application/json", "{\"ZQMARK\":1}"), 403),
        (Scripted::of(404, "text/html", "ZQMARK"), 404),
        (Scripted::of(503, "text/html", "ZQMARK"), 503),
        (Scripted::of(500, "text/html", "ZQMARK"), 502),
        (Scripted::of(302, "text/html", "ZQMARK"), 502),
        (Scripted::of(206, "application/json", "{}"), 502),
        (Scripted::of(200, "text/html", "ZQMARK"), 502),
        (Scripted::of(200, "", "{\"ID\":\"ZQMARK\"}"), 502),
        (Scripted::of(200, "application/json", "ZQMARK"), 502),
        (Scripted::of(200, "application/json", "{\"PatientName\":\"ZQMARK\""), 502),
        (Scripted::of(200, "application/json", ""), 502),
        (Scripted::of(200, "application/json", "\"ZQMARK\""), 502),
        (Scripted::StopsHalfway("application/json".to_owned(), b"{\"ID\":\"ZQMARK\"".to_vec()), 502),
        (Scripted::Drops, 502),
    ] {
        scene.upstream.script(&osimis, scripted.clone());
        let answer = scene.get(&osimis);
        assert_eq!(answer.status, status, "{scripted:?}: {}", answer.text());
        assert!(answer.json()["detail"].is_string(), "{scripted:?}");
    }
    // What a name is looked up in, too.
    let scene = Scene::start();
    scene.upstream.script(&path, Scripted::json(&json!([{"ID": "ZQMARK"}])));
    assert_eq!(scene.get(&format!("/series/{}", upstream::SERIES)).status, 502);
    // Fields that nobody knows do not pass, whatever the shape.
    let odd = json!({"ID": upstream::STUDY, "ZQMARK": "ZQMARK", "MainDicomTags": {"Unknown": "ZQMARK", "StudyDescription": "ZQMARK"}});
    scene.upstream.script(&osimis, Scripted::json(&odd));
    assert_eq!(scene.get(&osimis).status, 200);
}

#[test]
fn a_long_answer_needs_no_more_memory_than_a_short_one() {
    // In bytes: an instance of the component with room for its code's data and a few answers.
    let scene = Scene::start_with(&["--max-instance-memory", "16777216"]);
    let attribute = |number: u32| format!(r#""0018{number:04X}":{{"vr":"LO","Value":["some text"]}}"#);
    let attributes: Vec<String> = (0x1000..0x1040).map(attribute).collect();
    let number = r#""00200013":{"vr":"IS","Value":[7]}"#;
    let element = format!("{{{},{number}}}", attributes.join(",")).into_bytes();
    let path = metadata_path();
    for megabytes in [1, 40] {
        let count = megabytes * 1_000_000 / element.len();
        let answer = Scripted::Repeats("application/dicom+json".to_owned(), element.clone(), count);
        scene.upstream.script(&path, answer);
        let answer = get(&scene.app, &scene.token, &path).text();
        assert_eq!(answer.matches(number).count(), count, "{megabytes} MB");
        assert!(answer.ends_with("}]"), "{megabytes} MB");
    }
}

#[test]
fn an_answer_that_breaks_off_does_not_look_whole() {
    let scene = Scene::start();
    let path = metadata_path();
    let element = r#"{"00200013":{"vr":"IS","Value":[7]}},"#;
    for (count, ends_in) in [(10_000, ""), (10_000, "ZQMARK")] {
        let body = format!("[{}{ends_in}", element.repeat(count)).into_bytes();
        scene.upstream.script(
            &path,
            match ends_in {
                "" => Scripted::StopsHalfway("application/dicom+json".to_owned(), body),
                _ => Scripted::of(200, "application/dicom+json", body),
            },
        );
        let mut connection = journeys::raw::Connection::open(scene.app.address());
        let token = &scene.token;
        connection.say(format!("GET {MOUNT}{path} HTTP/1.1\r\nHost: x\r\ntoken: {token}\r\n\r\n"));
        assert!(connection.answer().is_none(), "it looks whole: {ends_in}");
    }
}

#[test]
fn a_slow_orthanc_is_given_up_after_ten_seconds_and_delays_nobody_else() {
    let scene = Scene::start();
    scene.upstream.script("/system", Scripted::Hangs);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| scene.get("/system").status);
        while begun.elapsed() < Duration::from_secs(2) {
            assert_eq!(scene.get(&scene.study).status, 200);
        }
        assert_eq!(slow.join().expect("the thread of the request"), 504);
    });
    assert!((9..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let nobody = app("http://127.0.0.1:1/", "http://127.0.0.1:1", &[]);
    let dead = get(&nobody, &scene.token, "/system");
    assert_eq!(dead.status, 502, "{}", dead.text());
}

/// Whether another study has the UID is asked first: without an answer nothing is searched, where there is one to get.
#[test]
fn a_search_needs_to_know_whose_the_uid_is() {
    let scene = Scene::start();
    let found = json!([{"0020000D": {"vr": "UI", "Value": [upstream::STUDY_UID]}}]).to_string();
    let found = || Scripted::of(200, "application/dicom+json", found.clone());
    scene.upstream.script("/dicom-web/studies", found());
    let lookup = |status, body: &str| {
        scene.upstream.script("/tools/lookup", Scripted::of(status, "application/json", body.to_owned()));
    };
    for (status, body, expected) in [(500, "", 502), (200, "nonsense", 502), (403, "", 200), (404, "", 200)] {
        // What is known is kept: each time another instance's, or none yet.
        lookup(status, body);
        let answer = scene.get("/dicom-web/studies");
        assert_eq!(answer.status, expected, "{status} {body}: {}", answer.text());
    }
}
