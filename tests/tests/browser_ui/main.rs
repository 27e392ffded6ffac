//! The management page in a real browser, by keyboard alone: make a share, copy its link, read its history,
//! take it back. On a phone in the dark and on a desktop in the light; what the window shows is kept in
//! `target/screenshots/`.

mod failures;

use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::App;
use journeys::browser::Browser;
use journeys::http::{Answer, get, send};
use serde_json::Value;

const USERS: &str = r#"{"dr-martin": "a good password"}"#;
const STUDY: &str = "1.2.840.113619.2.55.3.604688119.971";
const PAGE: &str = "/shares/ui/";

fn start() -> App {
    App::start(&[("share_store", "default"), ("users", USERS)])
}

fn authorization() -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode("dr-martin:a good password")))
}

/// A page that is open in a window of this size.
struct Window {
    browser: Browser,
    name: String,
}

impl Window {
    fn open(app: &App, (width, height): (u32, u32), scheme: &str, language: &str) -> Self {
        let browser = Browser::start(width, height, language);
        browser.prefer("prefers-color-scheme", scheme);
        browser.open(&format!("http://dr-martin:a%20good%20password@{}{PAGE}", app.address()));
        browser.wait_for("/[0-9]|[.]$/.test(document.getElementById('list-status').textContent)");
        Self { browser, name: format!("ui-{width}-{scheme}-{language}") }
    }

    fn evaluate(&self, expression: &str) -> Value {
        self.browser.evaluate(expression)
    }

    fn wait_for(&self, expression: &str) {
        self.browser.wait_for(expression);
    }

    /// Presses the tabulator until this has the focus; whatever has it on the way can be seen to have it.
    fn tab_to(&self, selector: &str) {
        let has_focus = format!("document.activeElement.matches({selector:?})");
        for _ in 0..40 {
            if self.evaluate(&has_focus) == true {
                return;
            }
            self.browser.press("Tab");
            let seen = "document.activeElement === document.body
                || parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2";
            assert_eq!(self.evaluate(seen), true, "no outline on the way to {selector} in {}", self.name);
        }
        panic!("{selector} is out of the keyboard's reach in {}", self.name);
    }

    fn press(&self, selector: &str) {
        self.tab_to(selector);
        self.browser.press("Enter");
    }

    fn fill(&self, selector: &str, text: &str) {
        self.tab_to(selector);
        self.browser.type_text(text);
    }

    /// Nothing is wider than the window: neither the page nor the dialog that is open. Keeps a picture.
    fn assert_fits(&self, stage: &str) {
        self.browser.screenshot(&format!("{}-{stage}", self.name));
        let wide = "[document.documentElement, ...document.querySelectorAll('dialog[open]')]
            .filter(it => it.scrollWidth > it.clientWidth || it.clientWidth > window.innerWidth)
            .map(it => `${it.tagName} ${it.id} ${it.scrollWidth}`).join()";
        assert_eq!(self.evaluate(wide), "", "{} at {stage}", self.name);
    }

    fn text(&self, expression: &str) -> String {
        self.evaluate(expression).as_str().unwrap_or_default().to_owned()
    }
}

/// The share's link as the person outside opens it; it names another port than the test's.
fn opened(app: &App, link: &str) -> Answer {
    let (_, rest) = link.split_once("/welcome/").expect("a link to the landing page");
    get(&app.url(&format!("/welcome/{rest}")), &[])
}

#[test]
fn a_share_is_made_watched_and_taken_back_by_keyboard() {
    let app = start();
    for (size, scheme) in [((360, 740), "dark"), ((1280, 900), "light")] {
        let window = Window::open(&app, size, scheme, "en");
        let own_id = format!("order-{}-{}", size.0, std::process::id());
        window.assert_fits("list");

        // Make it; what the API refuses is said beside the field, which gets the focus.
        window.press("#new");
        window.wait_for("document.activeElement.id === 'studies'");
        window.browser.type_text(STUDY);
        window.fill("#label", "Second opinion");
        window.press("#create summary");
        window.fill("#max-uses", "0");
        window.fill("#own-id", &own_id);
        window.press("#create-form [type=submit]");
        window.wait_for("document.activeElement.id === 'max-uses'");
        let described = "document.getElementById(document.activeElement.getAttribute('aria-describedby')
            .split(' ')[0]).textContent";
        assert!(
            window.text(described).starts_with("Please check this field: "),
            "{}",
            window.text(described)
        );
        window.assert_fits("refused");
        // Without a limit: a limited share asks before it opens.
        window.evaluate("document.activeElement.value = ''");
        window.press("#create-form [type=submit]");

        // Its link, in the clipboard and as a QR code.
        window.wait_for("document.activeElement.id === 'copy'");
        assert_eq!(window.text("document.getElementById('details-title').textContent"), "The link is ready");
        window.browser.press("Enter");
        window.wait_for("document.getElementById('copy').textContent === 'Copied'");
        window.press("#qr-toggle");
        window.wait_for("document.querySelector('#qr img')?.naturalWidth > 0");
        window.assert_fits("link");
        let link = window.text("document.getElementById('link').value");
        assert_eq!(opened(&app, &link).status, 307, "{}", window.name);

        // What happened so far.
        window.press("#history summary");
        window.wait_for("document.querySelectorAll('#events li').length >= 2");
        let actions = "[...document.querySelectorAll('#events li')].map(it => it.dataset.action).join()";
        assert_eq!(window.text(actions), "open,create", "newest first");
        assert!(window.text("document.getElementById('events').innerText").contains("dr-martin"));
        window.assert_fits("history");

        // Taken back: Escape keeps it, and keeps the dialog below open.
        window.press("#revoke");
        window.wait_for("document.getElementById('confirm').open");
        assert_eq!(window.evaluate("document.activeElement.matches('#confirm [data-close]')"), true);
        window.assert_fits("confirm");
        window.browser.press("Escape");
        window.wait_for("!document.getElementById('confirm').open");
        assert_eq!(window.evaluate("document.getElementById('details').open"), true);
        assert_eq!(window.evaluate("document.activeElement.id"), "revoke");
        window.browser.press("Enter");
        window.wait_for("document.getElementById('confirm').open");
        window.press("#confirm-revoke");
        window.wait_for("document.querySelector('#details-badges [data-state=revoked]') !== null");
        window.wait_for("document.querySelector('#events li')?.dataset.action === 'revoke'");
        assert_eq!(window.evaluate("document.getElementById('link').value"), "");
        assert_eq!(window.text("document.getElementById('details-title').textContent"), "Second opinion");
        window.assert_fits("revoked");
        assert_eq!(opened(&app, &link).status, 410, "{}", window.name);

        // Back in the list, where the share is found by its id and by its study.
        window.browser.press("Escape");
        window.wait_for("!document.getElementById('details').open");
        assert_ne!(window.evaluate("document.activeElement.tagName"), "BODY");
        window.evaluate("document.activeElement.blur()");
        for query in [&own_id[..], STUDY] {
            window.tab_to("#query");
            window.evaluate("document.activeElement.select()");
            window.browser.type_text(query);
            window.browser.press("Enter");
            let found = format!("document.getElementById('rows').innerText.includes({own_id:?})");
            window.wait_for(&found);
            let state = "document.querySelector('#rows tr .badge').dataset.state";
            assert_eq!(window.text(state), "revoked", "{query}");
        }
        window.assert_fits("found");

        // Nothing of it was told to anybody else, and no link stands in an address.
        let own = app.url("/shares");
        for request in window.browser.requests() {
            let is_ours = request.url.replace("dr-martin:a%20good%20password@", "").starts_with(&own);
            assert!(is_ours || request.url.starts_with("data:"), "{}", request.url);
            assert!(!request.url.contains("token"), "{}", request.url);
        }
        assert!(!app.log().contains(link.rsplit('=').next().expect("a token")), "a token in the log");
    }
}

#[test]
fn the_end_and_the_label_of_a_share_change_while_its_link_stays() {
    let app = start();
    let body = format!(
        r#"{{"studies": [{{"dicom-uid": {STUDY:?}}}], "type": "stone-viewer-publication", "id": "change-{}"}}"#,
        std::process::id()
    );
    let (name, value) = authorization();
    let headers = [(name, value.as_str()), ("content-type", "application/json")];
    let made = send("PUT", &app.url("/shares"), &headers, body.as_bytes()).json();
    let jti = made["jti"].as_str().expect("a share with a life");

    let window = Window::open(&app, (360, 740), "light", "de");
    assert_eq!(window.evaluate("document.documentElement.lang"), "de");
    window.press(&format!("[data-jti={jti:?}] button"));
    window.wait_for("!document.getElementById('details-body').hidden");
    // It is signed anew, so that its text is another; both open.
    let again = window.text("document.getElementById('link').value");
    window.press("#change summary");
    window.fill("#change-label", "Zweitmeinung");
    window.tab_to("#change-endless");
    window.browser.press(" ");
    window.evaluate("document.getElementById('change-end').value = '2099-12-31T12:00'");
    window.press("#change-form [type=submit]");
    window.wait_for("document.getElementById('details-title').textContent === 'Zweitmeinung'");
    window.assert_fits("changed");

    let share = get(&app.url(&format!("/shares/{jti}")), &[(name, &value)]).json();
    assert_eq!(share["label"], "Zweitmeinung");
    assert!(share["expiration-date"].as_str().is_some_and(|end| end.starts_with("2099-12-31T")), "{share}");
    for link in [made["url"].as_str().expect("a link"), &again] {
        assert_eq!(opened(&app, link).status, 307);
    }
}

#[test]
fn the_page_is_for_users_only_and_carries_strict_headers() {
    let app = start();
    let (name, value) = authorization();
    let signed_in = [(name, value.as_str())];
    let page = get(&app.url(PAGE), &signed_in);
    assert_eq!(page.status, 200);
    let text = page.text();
    let style = text.split("href=\"assets/").nth(1).and_then(|it| it.split('"').next()).expect("a style");
    let asset = app.url(&format!("{PAGE}assets/{style}"));

    for path in [app.url(PAGE), app.url("/shares/ui"), app.url("/shares/ui/qr"), asset.clone()] {
        let stranger = get(&path, &[]);
        assert_eq!(stranger.status, 401, "{path}");
        assert_eq!(stranger.header("www-authenticate"), Some("Basic"), "{path}");
    }
    let strict = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                  img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
    for (answer, cache) in
        [(page, "no-store"), (get(&asset, &signed_in), "private, max-age=31536000, immutable")]
    {
        assert_eq!(answer.header("content-security-policy"), Some(strict));
        assert_eq!(answer.header("cache-control"), Some(cache));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }

    let link = br#"{"link": "http://localhost/welcome/?token=qzx.qzx.qzx"}"#;
    let qr = |headers: &[(&str, &str)], body: &[u8]| send("POST", &app.url("/shares/ui/qr"), headers, body);
    let json = [(name, value.as_str()), ("content-type", "application/json")];
    let form = [(name, value.as_str()), ("content-type", "text/plain")];
    assert_eq!(qr(&json[1..], link).status, 401);
    let drawn = qr(&json, link);
    assert_eq!((drawn.status, drawn.header("content-type")), (200, Some("image/svg+xml")));
    // What a form of another site could send.
    assert_eq!(qr(&form, link).status, 415);
    assert_eq!(qr(&json, b"{}").status, 422);
    assert_eq!(get(&app.url("/shares/ui/qr"), &signed_in).header("allow"), Some("POST"));
    assert_eq!(get(&app.url("/shares/ui/assets/0/page.css"), &signed_in).status, 404);
    assert_eq!(get(&app.url("/shares/ui/nothing"), &signed_in).status, 404);
    assert!(!app.log().contains("qzx"), "a link in the log");
}

#[test]
fn without_a_store_there_is_no_page() {
    let app = App::start(&[("users", USERS)]);
    let (name, value) = authorization();
    for path in [PAGE, "/shares/ui", "/shares/ui/qr", "/shares/ui/assets/0/page.css"] {
        let answer = get(&app.url(path), &[(name, &value)]);
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (404, Some("Not Found")), "{path}");
    }
}
