//! An anonymized share's link in a real browser: OHIF draws the study, and nothing that Chromium receives or
//! shows on the way names the patient, or the study as the hospital knows it.

use std::time::{Duration, Instant};

use demo::{Demo, Stored, Viewer};
use journeys::browser::{Browser, Request};
use journeys::http::get;
use journeys::whole::Whole;
use serde_json::{Value, json};

/// The largest canvas that the viewer draws an image on.
const CANVAS: &str = "[...document.querySelectorAll('canvas.cornerstone-canvas')]
    .sort((a, b) => b.width * b.height - a.width * a.height)[0]";

/// What identifies the study in every picture of the test pattern, in lower case, besides its own identifiers:
/// as `demo-setup/local/src/dicom.rs` writes it, and as a viewer writes dates.
const MARKS: [&str; 11] = [
    "example^alex",
    "example street",
    "demo-0002",
    "19700101",
    "20240229",
    "acc-0001",
    "sanatorium",
    "referrer",
    "formerly",
    "test pattern",
    "axial 1",
];

/// The same as a viewer writes it.
const SHOWN: [&str; 8] =
    ["example", "alex", "1970-01-01", "jan-1970", "1970-jan", "2024-02-29", "feb-2024", "2024-feb"];

/// Grey values down a diagonal of the image, which is a square in the middle of the canvas; none before it is
/// drawn.
fn diagonal(browser: &Browser) -> Vec<i64> {
    let answer = browser.evaluate(&format!(
        "(() => {{ const canvas = {CANVAS};
            if (!canvas || !canvas.width) return [];
            const side = Math.min(canvas.width, canvas.height);
            const [left, top] = [(canvas.width - side) / 2, (canvas.height - side) / 2];
            const grey = (x, y) => canvas.getContext('2d')
                .getImageData(Math.round(left + x * side), Math.round(top + y * side), 1, 1).data[0];
            return [...Array(17).keys()].map(i => 0.1 + i * 0.05).map(t => grey(t, t)); }})()"
    ));
    answer.as_array().expect("a list").iter().filter_map(Value::as_i64).collect()
}

/// The ids of the study and of all that is in it, as Orthanc and DICOM know them.
fn identifiers(demo: &Demo, stored: &Stored) -> Vec<String> {
    let link = demo.share(stored, Viewer::Ohif).expect("a share that is not anonymized");
    let bearer = format!("Bearer {}", link.rsplit('=').next().expect("a token"));
    let read = |level: &str, id: &str| {
        let answer = get(&demo.url(&format!("/shares/{level}/{id}")), &[("authorization", &bearer)]);
        assert_eq!(answer.status, 200, "{level}: {}", answer.text());
        answer.json()
    };
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    // All that is looked for is there to be found.
    let metadata = read("dicom-web/studies", &format!("{}/metadata", stored.study.study_uid));
    let metadata = metadata.to_string().to_lowercase();
    for mark in MARKS {
        assert!(metadata.contains(mark), "{mark}: {metadata}");
    }
    let study = read("studies", &stored.orthanc_id);
    // Every UID in it begins with the study's.
    let mut found = vec![stored.study.study_uid.clone(), stored.orthanc_id.clone()];
    found.push(text(&study["ParentPatient"]));
    for series in study["Series"].as_array().expect("a list") {
        found.push(text(series));
        let instances = read("series", &text(series))["Instances"].clone();
        found.extend(instances.as_array().expect("a list").iter().map(text));
    }
    found
}

/// Presses what has this text: the end of OHIF's tour for newcomers, and what opens its line about the patient.
fn press(text: &str) -> String {
    format!(
        "(() => {{ const it = [...document.querySelectorAll('button, span, div')]
            .filter(it => it.textContent.trim() === {text:?}).pop();
            it?.click(); return !!it }})()"
    )
}

/// The requests to the proxy, once each has its whole answer and no other came for a second.
fn to_proxy(browser: &Browser) -> Vec<Request> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut before = 0;
    loop {
        let requests = browser.requests();
        let requests: Vec<_> = requests.into_iter().filter(|it| it.url.contains("/anon-shares/")).collect();
        if requests.len() == before && requests.iter().all(|request| request.has_ended) {
            return requests;
        }
        let open: Vec<_> = requests.iter().filter(|request| !request.has_ended).collect();
        assert!(Instant::now() < deadline, "no end: {open:?}");
        before = requests.len();
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn an_anonymized_link_leads_to_ohif_which_shows_the_images_and_nobody() {
    let whole = Whole::start();
    let demo = &whole.demo;
    let pattern = demo.studies().last().expect("the study with the test pattern");
    let marks: Vec<String> =
        MARKS.iter().chain(&SHOWN).map(|mark| (*mark).to_owned()).chain(identifiers(demo, pattern)).collect();
    let unmarked = |what: &str, seen: &[u8]| {
        let seen = seen.to_ascii_lowercase();
        for mark in &marks {
            if let Some(at) = seen.windows(mark.len()).position(|part| part == mark.as_bytes()) {
                let around = &seen[at.saturating_sub(80)..(at + 80).min(seen.len())];
                panic!("{what} shows {mark}: …{}…", String::from_utf8_lossy(around));
            }
        }
    };
    let link = demo.share_anonymized(pattern, Viewer::Ohif).expect("an anonymized share");
    let token = link.rsplit('=').next().expect("a token");
    assert_eq!(token.split('.').count(), 5, "the token is encrypted");

    let browser = Browser::start(1280, 800, "en");
    browser.open(&link);
    let viewer = demo.url("/anon-ohif/viewer?StudyInstanceUIDs=2.25.");
    browser.wait_for(&format!("location.href.startsWith({viewer:?})"));
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut along = diagonal(&browser);
    while along.iter().max() == along.iter().min() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(200));
        along = diagonal(&browser);
    }
    browser.wait_for("document.querySelectorAll('[data-cy=\"study-browser-thumbnail\"] img').length >= 1");
    let requests = to_proxy(&browser);
    for button in ["Skip all", "Patient"] {
        browser.wait_for(&press(button));
    }
    browser.wait_for("document.body.innerText.includes('Anonymized')");
    browser.screenshot("ohif-anonymized");

    // The pattern grows from one corner to the other.
    assert!(along.len() == 17 && along.windows(2).all(|pair| pair[1] >= pair[0] - 3), "{along:?}");
    assert!(along[0] < 20 && along[16] > 120 && along[16] - along[8] > 50, "{along:?}");

    let bearer = format!("Bearer {token}");
    for part in ["/frames/1", "/metadata", "00100020="] {
        assert!(requests.iter().any(|request| request.url.contains(part)), "{part}: {requests:?}");
    }
    for request in &requests {
        let Request { url, headers, .. } = request;
        assert!(url.starts_with(&demo.url("/anon-shares/dicom-web/")), "{url}");
        assert_eq!((request.authorization.as_deref(), request.status), (Some(&*bearer), Some(200)), "{url}");
        assert!(!url.contains(token), "a token in an address: {url}");
        unmarked(&format!("a header of {url}"), headers.as_bytes());
        // What Chromium did not keep is asked for once more.
        let body = browser.body(request).unwrap_or_else(|| get(url, &[("authorization", &bearer)]).body);
        assert!(!body.is_empty(), "{url}");
        unmarked(&format!("the body of {url}"), &body);
    }
    for request in browser.requests() {
        unmarked("an address", request.url.as_bytes());
        assert!(!request.url.contains("/shares/dicom-web"), "around the proxy: {}", request.url);
    }
    unmarked("the address bar", browser.address().as_bytes());
    assert!(!browser.address().contains(token), "OHIF takes the token out of the address bar");
    let page = browser.evaluate("document.title + document.documentElement.outerHTML");
    unmarked("the page", page.as_str().expect("a text").as_bytes());
    let shown = browser.evaluate("document.body.innerText");
    assert!(shown.as_str().is_some_and(|text| text.contains("(1/5)")), "{shown}");

    // What the viewer must not know opens nothing either.
    let uid = &pattern.study.study_uid;
    for (path, status) in [
        (format!("/anon-shares/dicom-web/studies/{uid}/metadata"), 404),
        (format!("/anon-shares/studies/{}", pattern.orthanc_id), 404),
        (format!("/shares/dicom-web/studies/{uid}/metadata"), 403),
        (format!("/shares/studies/{}", pattern.orthanc_id), 403),
    ] {
        assert_eq!(get(&demo.url(&path), &[("authorization", &bearer)]).status, status, "{path}");
    }
    let search = get(
        &demo.url(&format!("/anon-shares/dicom-web/studies?StudyInstanceUID={uid}")),
        &[("authorization", &bearer)],
    );
    assert_eq!((search.status, search.json()), (200, json!([])));
}
