//! What a person sees when something does not work: the service is slow or fails, somebody else was faster.

use journeys::App;
use journeys::http::{get, send};

use crate::{STUDY, Window, authorization, opened, start};

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
