//! A share's link in a real browser: Chromium opens it, OHIF draws the study, and nothing else opens.
//! What the window shows is kept in `target/screenshots/`.

use std::time::{Duration, Instant};

use demo::{Demo, Stored, Viewer};
use journeys::browser::{Browser, Request};
use journeys::whole::Whole;
use journeys::{SECRET_KEY, token};
use serde_json::{Value, json};

/// The largest canvas that the viewer draws an image on. OHIF copies what WebGL drew onto it.
const CANVAS: &str = "[...document.querySelectorAll('canvas.cornerstone-canvas')]
    .sort((a, b) => b.width * b.height - a.width * a.height)[0]";

/// True once that canvas has something else than one colour.
fn is_drawn() -> String {
    format!(
        "(() => {{ const canvas = {CANVAS};
            if (!canvas || !canvas.width) return false;
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            let least = 255, most = 0;
            for (let i = 0; i < data.length; i += 4) {{
                least = Math.min(least, data[i]); most = Math.max(most, data[i]);
            }}
            return most - least > 100; }})()"
    )
}

/// Grey values along both diagonals of the image, which is a square in the middle of the canvas.
fn diagonals(browser: &Browser) -> (Vec<i64>, Vec<i64>) {
    let answer = browser.evaluate(&format!(
        "(() => {{ const canvas = {CANVAS};
            const side = Math.min(canvas.width, canvas.height);
            const [left, top] = [(canvas.width - side) / 2, (canvas.height - side) / 2];
            const grey = (x, y) => canvas.getContext('2d')
                .getImageData(Math.round(left + x * side), Math.round(top + y * side), 1, 1).data[0];
            const at = [...Array(17).keys()].map(i => 0.1 + i * 0.05);
            return JSON.stringify([at.map(t => grey(t, t)), at.map(t => grey(t, 1 - t))]); }})()"
    ));
    serde_json::from_str(answer.as_str().expect("a text")).expect("two lists of numbers")
}

/// The test pattern grows from one corner to the other, and is level across.
fn is_the_pattern((along, across): &(Vec<i64>, Vec<i64>)) -> bool {
    let grows = along.windows(2).all(|pair| pair[1] >= pair[0] - 3);
    let level = across.iter().max().unwrap_or(&0) - across.iter().min().unwrap_or(&0);
    grows && along[0] < 20 && along[16] > 120 && along[16] - along[8] > 50 && level < 25 && across[8] > 30
}

/// A token of this study with these claims changed, as the application writes it.
fn signed(stored: &Stored, changes: &Value) -> String {
    let mut claims = json!({
        "id": "browser",
        "studies": [{"dicom_uid": stored.study.study_uid, "orthanc_id": stored.orthanc_id}],
        "anonymized": false,
        "type": "ohif-viewer-publication",
        "expiration_date": "2099-01-01T00:00:00+00:00",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    token::sign(SECRET_KEY, &claims)
}

/// Opens the link, follows it into the viewer, and waits for the first image.
fn open_in_ohif(browser: &Browser, demo: &Demo, link: &str) {
    browser.open(link);
    let viewer = demo.url("/ohif/viewer?");
    browser.wait_for(&format!("location.href.startsWith({viewer:?})"));
    browser.wait_for(&is_drawn());
    skip_tour(browser);
}

/// OHIF shows newcomers around; the tour comes a moment after the image.
fn skip_tour(browser: &Browser) {
    let skip = "[...document.querySelectorAll('button')].find(it => it.textContent.trim() === 'Skip all')";
    for _ in 0..15 {
        if browser.evaluate(&format!("(() => {{ const it = {skip}; it?.click(); return !!it }})()")) == true {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn dicom_web(browser: &Browser) -> Vec<Request> {
    browser.requests().into_iter().filter(|request| request.url.contains("/shares/dicom-web/")).collect()
}

#[test]
fn a_link_leads_to_ohif_which_draws_the_shared_study() {
    let whole = Whole::start();
    let demo = &whole.demo;
    let pattern = demo.studies().last().expect("the study with the test pattern");
    let link = demo.share(pattern, Viewer::Ohif).expect("a share");
    let token = link.rsplit('=').next().expect("a token");

    let browser = Browser::start(1280, 800, "en");
    open_in_ohif(&browser, demo, &link);
    browser.screenshot("ohif-test-pattern");

    // When the window's parts find their places, OHIF draws the image again, on a canvas that is empty first.
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut drawn = diagonals(&browser);
    while !is_the_pattern(&drawn) {
        assert!(Instant::now() < deadline, "another picture: {drawn:?}");
        std::thread::sleep(Duration::from_millis(200));
        drawn = diagonals(&browser);
    }

    let bearer = format!("Bearer {token}");
    let requests = dicom_web(&browser);
    assert!(requests.iter().any(|it| it.url.contains("/frames/1")), "{requests:?}");
    assert!(requests.iter().any(|it| it.url.contains("00100020=")), "no search for priors: {requests:?}");
    for request in &requests {
        assert_eq!(request.authorization.as_deref(), Some(bearer.as_str()), "{}", request.url);
        assert!(request.status.is_none_or(|status| status == 200), "{request:?}");
        assert!(!request.url.contains(token), "a token in an address: {}", request.url);
    }
    assert!(!browser.address().contains(token), "OHIF takes the token out of the address bar");
    assert_eq!(browser.evaluate("self.crossOriginIsolated"), true);
}

#[test]
fn another_study_typed_into_the_address_is_refused() {
    let whole = Whole::start();
    let demo = &whole.demo;
    let [shared, other, ..] = demo.studies() else { panic!("the demo has two studies of one patient") };
    let link = demo.share(shared, Viewer::Ohif).expect("a share");
    let token = link.rsplit('=').next().expect("a token");

    let browser = Browser::start(1280, 800, "en");
    open_in_ohif(&browser, demo, &link);
    // Thumbnails and the text around the image come a moment later.
    browser.wait_for("document.querySelectorAll('[data-cy=\"study-browser-thumbnail\"] img').length >= 2");
    // The reader leafs through the slices.
    browser.press_arrow_down(11);
    browser.wait_for("document.body.innerText.includes('(12/24)')");
    std::thread::sleep(Duration::from_secs(1));
    browser.screenshot("ohif-chest");
    // The patient's other study is in Orthanc, but not in the list of what can be opened.
    assert!(!browser.evaluate("document.body.innerText").to_string().contains("CT head"));

    let before = dicom_web(&browser).len();
    let uid = &other.study.study_uid;
    browser.open(&demo.url(&format!("/ohif/viewer?StudyInstanceUIDs={uid}&token={token}")));
    let deadline = Instant::now() + Duration::from_secs(30);
    let refused = |it: &Request| it.url.contains(uid.as_str()) && it.status == Some(403);
    while !dicom_web(&browser)[before..].iter().any(refused) {
        assert!(Instant::now() < deadline, "not refused: {:?}", &dicom_web(&browser)[before..]);
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(Duration::from_secs(2));
    browser.screenshot("ohif-refused");
    assert_ne!(browser.evaluate(&is_drawn()), true, "an image is drawn");
    for request in &dicom_web(&browser)[before..] {
        let opened = request.url.contains(uid.as_str()) && request.status == Some(200);
        assert!(!opened, "{request:?}");
    }
}

#[test]
fn a_link_that_opens_nothing_says_so_on_a_phone_and_on_a_desktop() {
    let whole = Whole::start();
    let demo = &whole.demo;
    let stored = &demo.studies()[0];
    let expired = signed(stored, &json!({"expiration_date": "2020-01-01T00:00:00+00:00"}));
    let cases = [("expired", expired.as_str(), 410), ("invalid", "not-a-token", 403)];
    for (window, width, height) in [("phone", 375, 667), ("desktop", 1280, 800)] {
        for language in ["en", "de"] {
            let browser = Browser::start(width, height, language);
            let mut headings = Vec::new();
            for (case, token, status) in cases {
                browser.open(&demo.url(&format!("/welcome/?token={token}")));
                let page = browser.requests().pop().expect("a request");
                let name = format!("landing-{case}-{window}-{language}");
                browser.screenshot(&name);
                assert_eq!(page.status, Some(status), "{name}: {}", page.url);
                assert_eq!(browser.evaluate("document.documentElement.lang"), language, "{name}");
                // Nothing to scroll sideways, and letters that can be read at arm's length.
                let fits = "document.documentElement.scrollWidth <= window.innerWidth";
                assert_eq!(browser.evaluate(fits), true, "{name}");
                assert_eq!(browser.evaluate("window.innerWidth"), width, "{name}");
                let size = "parseFloat(getComputedStyle(document.querySelector('p')).fontSize)";
                assert!(browser.evaluate(size).as_f64() >= Some(15.0), "{name}");
                headings.push(browser.evaluate("document.querySelector('h1').innerText"));
            }
            assert_ne!(headings[0], headings[1], "{window} {language}");
        }
    }
}
