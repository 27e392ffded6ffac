//! The management page in a real browser, by keyboard alone: make a share, copy its link, read its history,
//! take it back. On a phone in the dark and on a desktop in the light; what the window shows is kept in
//! `target/screenshots/`.

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

/// Makes a share with this label and gives its `jti`.
fn share(app: &App, label: &str) -> String {
    let body = serde_json::json!({
        "studies": [{"dicom-uid": STUDY}],
        "type": "stone-viewer-publication",
        "id": format!("ui-{}", std::process::id()),
        "label": label,
    });
    let (name, value) = authorization();
    let headers = [(name, value.as_str()), ("content-type", "application/json")];
    let made = send("PUT", &app.url("/shares"), &headers, body.to_string().as_bytes()).json();
    made["jti"].as_str().expect("a share with a life").to_owned()
}

impl Window {
    /// From now on this stands in for the service's answers to a method at addresses that end so: an expression
    /// of the page with a promise, in which `pass()` asks the service.
    fn answer(&self, method: &str, end: &str, answer: &str) {
        self.evaluate(&format!(
            "(() => {{ const real = window.fetch; window.fetch = (url, init) => {{
                const pass = () => real(url, init);
                return init.method === {method:?} && new URL(url).pathname.endsWith({end:?}) ? {answer} : pass();
            }}; }})()"
        ));
    }

    fn open_share(&self, jti: &str) {
        self.press(&format!("[data-jti={jti:?}] button"));
        self.wait_for(
            "document.getElementById('details-title').textContent !== ''
            && !document.getElementById('details-body').hidden",
        );
    }

    fn ask_to_revoke(&self) {
        self.press("#revoke");
        self.wait_for("document.getElementById('confirm').open");
    }
}

const REFUSED: &str = "Promise.resolve(new Response('', {status: 503}))";

#[test]
fn what_is_wrong_with_a_new_share_is_seen() {
    let app = start();
    for size in [(360, 740), (1280, 500)] {
        let window = Window::open(&app, size, "light", "en");
        window.press("#new");
        window.wait_for("document.activeElement.id === 'studies'");
        window.browser.type_text("Study UID: 1.2.840.1");
        window.press("#create summary");
        window.press("#create-form [type=submit]");
        window.wait_for("document.activeElement.id === 'studies'");
        assert_eq!(
            window.text("document.getElementById('studies-error').textContent"),
            "“Study” is neither a study UID nor an Orthanc ID."
        );
        let long = format!("1.{}", "2".repeat(63));
        window.evaluate(&format!("document.getElementById('studies').value = '{long}'"));
        window.press("#create-form [type=submit]");
        window.wait_for("document.getElementById('studies-error')?.textContent.startsWith('“1.2')");
        window.evaluate(&format!("document.getElementById('studies').value = '{STUDY}'"));

        // What stands above the form is not behind the title bar.
        window.answer("PUT", "/shares", REFUSED);
        window.press("#create-form [type=submit]");
        window.wait_for("document.activeElement.matches('#create [data-problem]')");
        let seen = "[0.1, 0.9].every(part => {
            const box = document.activeElement.getBoundingClientRect();
            const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height * part);
            return document.activeElement.contains(at);
        })";
        window.assert_fits("problem");
        assert_eq!(window.evaluate(seen), true, "{}", window.name);
    }
}

#[test]
fn a_link_that_was_made_is_shown_whatever_fails_after_it() {
    let app = start();
    let window = Window::open(&app, (360, 740), "light", "en");
    window.answer("GET", "", &format!("new URL(url).pathname.endsWith('/shares') ? pass() : {REFUSED}"));
    window.press("#new");
    window.wait_for("document.activeElement.id === 'studies'");
    window.browser.type_text(STUDY);
    window.press("#create-form [type=submit]");
    window.wait_for("!document.querySelector('#details [data-problem]').hidden");
    window.assert_fits("unread");
    assert_eq!(window.evaluate("document.activeElement.id"), "copy");
    assert_eq!(window.text("document.querySelector('#details [data-status]').textContent"), "");
    assert_eq!(window.evaluate("document.getElementById('link').checkVisibility()"), true);
    assert_eq!(opened(&app, &window.text("document.getElementById('link').value")).status, 307);
}

#[test]
fn each_revocation_is_reported_where_it_was_asked_for() {
    let app = start();
    let [first, second, third] = ["First", "Second", "Third"].map(|label| share(&app, label));
    let window = Window::open(&app, (1280, 900), "light", "en");
    let held = "new Promise(done => { window.release = done; })";
    window.answer("DELETE", &first, &format!("{held}.then(pass)"));
    window.answer("DELETE", &second, &format!("{held}.then(() => {REFUSED})"));

    // The question stays until it is done.
    window.open_share(&first);
    window.ask_to_revoke();
    window.press("#confirm-revoke");
    window.wait_for("Boolean(window.release)");
    window.browser.press("Escape");
    window.browser.press("Escape");
    assert_eq!(window.evaluate("document.getElementById('confirm').open"), true);
    assert_eq!(window.evaluate("document.querySelector('#confirm [data-close]').disabled"), true);
    window.evaluate("window.release()");
    window.wait_for("document.querySelector('#details-badges [data-state=revoked]') !== null");
    window.wait_for("!document.getElementById('confirm').open");
    window.browser.press("Escape");
    window.wait_for("!document.getElementById('details').open");

    // A browser closes it all the same, and its answer comes while another share's is asked.
    window.evaluate("window.release = null");
    window.open_share(&second);
    window.ask_to_revoke();
    window.press("#confirm-revoke");
    window.wait_for("Boolean(window.release)");
    window.evaluate("['confirm', 'details'].forEach(id => document.getElementById(id).close())");
    window.wait_for("!document.getElementById('details').open");
    window.open_share(&third);
    window.ask_to_revoke();
    window.evaluate("window.release()");
    window.wait_for("document.getElementById('list-problem').textContent.startsWith('Second: ')");
    assert_eq!(window.evaluate("document.getElementById('confirm').open"), true);
    assert_eq!(window.evaluate("document.querySelector('#confirm [data-problem]').hidden"), true);
    window.press("#confirm-revoke");
    window.wait_for("document.querySelector('#details-badges [data-state=revoked]') !== null");
    assert_eq!(window.text("document.getElementById('details-title').textContent"), "Third");

    let (name, value) = authorization();
    for (jti, state) in [(first, "revoked"), (second, "active"), (third, "revoked")] {
        assert_eq!(get(&app.url(&format!("/shares/{jti}")), &[(name, &value)]).json()["state"], state);
    }
}

#[test]
fn a_share_that_was_revoked_elsewhere_is_shown_so_when_it_is_changed() {
    let app = start();
    let jti = share(&app, "Before");
    let window = Window::open(&app, (360, 740), "dark", "en");
    window.open_share(&jti);
    let (name, value) = authorization();
    assert!(send("DELETE", &app.url(&format!("/shares/{jti}")), &[(name, &value)], b"").status < 300);
    window.press("#change summary");
    window.fill("#change-label", "After");
    window.press("#change-form [type=submit]");
    window.wait_for("document.querySelector('#details-badges [data-state=revoked]') !== null");
    window.wait_for("document.activeElement.matches('#details > [data-problem]')");
    window.assert_fits("overtaken");
    assert_eq!(window.evaluate("document.getElementById('copy').checkVisibility()"), false);
    assert_eq!(
        window.text(&format!("document.querySelector('[data-jti={jti:?}] .badge').dataset.state")),
        "revoked"
    );
}

#[test]
fn rows_of_an_old_search_do_not_stand_under_one_that_failed() {
    let app = start();
    let jti = share(&app, "Found");
    let window = Window::open(&app, (360, 740), "light", "en");
    assert_eq!(window.evaluate(&format!("document.querySelector('[data-jti={jti:?}]') !== null")), true);
    window.answer("GET", "/shares", &format!("window.fails ? {REFUSED} : pass()"));
    window.evaluate("window.fails = true");
    window.fill("#query", "something else");
    window.browser.press("Enter");
    window.wait_for("!document.getElementById('list-problem').hidden");
    assert_eq!(window.evaluate("document.getElementById('rows').children.length"), 0);
    assert_eq!(window.evaluate("document.getElementById('shares').hidden"), true);
    assert_eq!(window.evaluate("document.getElementById('more').hidden"), true);
    window.evaluate("window.fails = false");
    window.press("#list-problem button");
    window.wait_for("document.getElementById('list-status').textContent === 'No share matches this search.'");
    assert_eq!(window.evaluate("document.activeElement.id"), "list-status");
}

#[test]
fn a_long_label_leaves_room_for_the_share() {
    let app = start();
    let jti = share(&app, &"Verylong".repeat(25));
    for size in [(360, 640), (1280, 500)] {
        let window = Window::open(&app, size, "light", "en");
        window.open_share(&jti);
        window.assert_fits("long");
        let bar = window.evaluate("document.querySelector('#details .bar').offsetHeight");
        assert!(bar.as_f64().is_some_and(|height| height < 130.0), "{bar} in {}", window.name);
        window.tab_to("#qr-toggle");
        let seen = "(() => { const box = document.activeElement.getBoundingClientRect();
            return document.elementFromPoint(box.x + 9, box.y + 9) === document.activeElement; })()";
        assert_eq!(window.evaluate(seen), true, "{}", window.name);
    }
}
