//! A share with a code in a real browser: a person types a wrong one, reads what is wrong, types the right one
//! and is in the viewer, which is on another site. By keyboard alone, on a phone in the dark and on a desktop
//! in the light; what the window shows is kept in `target/screenshots/`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use journeys::App;
use journeys::browser::Browser;
use journeys::http::send_json;
use serde_json::{Value, json};

const CODE: &str = "Blue-Whale 7";

/// A viewer for these tests: a page at every address, on a site of its own. It remembers what it was asked.
struct Viewer {
    root: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Viewer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let root = format!("http://{}/shares/", listener.local_addr().expect("its address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = heard.clone();
                // A browser opens connections that it then does not use.
                std::thread::spawn(move || answer(stream, &heard));
            }
        });
        Self { root, asked }
    }
}

fn answer(stream: TcpStream, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    heard.lock().expect("nobody panics with it").push(head);
    let page = "<!DOCTYPE html><html lang=\"en\"><title>The viewer</title><p>images</p>";
    let length = page.len();
    let headers = format!("Content-Type: text/html\r\nContent-Length: {length}\r\nConnection: close");
    write!(stream.get_mut(), "HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{page}")
}

/// The application, its viewer, and a window.
struct Window {
    app: App,
    viewer: Viewer,
    browser: Browser,
    name: String,
}

impl Window {
    fn start((width, height): (u32, u32), scheme: &str, language: &str) -> Self {
        let viewer = Viewer::start();
        let app = App::start(&[("share_store", "default"), ("public_orthanc_root", &viewer.root)]);
        let browser = Browser::start(width, height, language);
        browser.prefer("prefers-color-scheme", scheme);
        Self { app, viewer, browser, name: format!("opening-{width}-{scheme}-{language}") }
    }

    /// Opens the link, or the short link, of a new Stone share with these fields.
    fn open_share(&self, fields: &Value) -> String {
        let mut share = json!({"studies": [{"dicom-uid": "1.2.3"}], "type": "stone-viewer-publication"});
        for (name, value) in fields.as_object().expect("an object") {
            share[name] = value.clone();
        }
        let made = send_json("PUT", &self.app.url("/shares"), &[], &share);
        assert_eq!(made.status, 200, "{}", made.text());
        let url = made.json()["url"].as_str().expect("a link").to_owned();
        let link = self.app.url(url.strip_prefix("http://localhost").expect("the landing's root"));
        self.browser.open(&link);
        link
    }

    /// What is on the page can be read, and nothing of it is wider than the window. Keeps a picture.
    fn assert_fits(&self, stage: &str) {
        self.browser.screenshot(&format!("{}-{stage}", self.name));
        let fits = "document.documentElement.scrollWidth <= window.innerWidth";
        assert_eq!(self.browser.evaluate(fits), true, "{} at {stage}", self.name);
        let sizes = "[...document.querySelectorAll('p, label, input, button')]
            .every(it => parseFloat(getComputedStyle(it).fontSize) >= 15)";
        assert_eq!(self.browser.evaluate(sizes), true, "{} at {stage}", self.name);
        // Large enough for a finger: WCAG 2.2 §2.5.5.
        let reach = "[...document.querySelectorAll('input:not([type=hidden]), button')]
            .every(it => it.getBoundingClientRect().height >= 44)";
        assert_eq!(self.browser.evaluate(reach), true, "{} at {stage}", self.name);
    }

    fn has_focus(&self, selector: &str) {
        self.browser.wait_for(&format!("document.activeElement.matches({selector:?})"));
        // Where there is no outline, it has a width all the same.
        let seen = "(style => style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2)(
            getComputedStyle(document.activeElement))";
        assert_eq!(self.browser.evaluate(seen), true, "no outline of {selector} in {}", self.name);
    }

    /// The browser is in the viewer, which was not told where it came from.
    fn assert_in_viewer(&self) {
        self.browser.wait_for("document.title === 'The viewer'");
        let address = self.browser.address();
        let stone = format!("{}stone-webviewer/index.html?study=1.2.3&", self.viewer.root);
        assert!(address.starts_with(&stone), "{address}");
        assert_eq!(self.browser.evaluate("document.referrer"), "");
        let asked = self.viewer.asked.lock().expect("nobody panics with it");
        let head = asked.iter().find(|head| head.contains("/stone-webviewer/")).expect("a request");
        assert!(head.starts_with("GET "), "{head}");
        for header in ["referer:", "cookie:"] {
            assert!(!head.to_lowercase().contains(header), "{head}");
        }
        assert!(!head.contains("Whale"), "{head}");
    }
}

const WINDOWS: [((u32, u32), &str, &str); 2] = [((375, 667), "dark", "de"), ((1280, 800), "light", "en")];

#[test]
fn a_person_corrects_a_wrong_code_and_is_in_the_viewer() {
    for ((size, scheme, language), left) in
        WINDOWS.into_iter().zip(["Verbleibende Versuche: 9.", "Attempts left: 9."])
    {
        let window = Window::start(size, scheme, language);
        let browser = &window.browser;
        window.open_share(&json!({"password": CODE, "expiration-date": "2099-07-07T11:00:00+02:00"}));
        assert_eq!(browser.evaluate("document.documentElement.lang"), language);
        // The field is named, and has the focus: a person can type at once.
        window.has_focus("#code");
        assert_eq!(browser.evaluate("document.activeElement.labels[0].textContent"), "Code");
        window.assert_fits("asked");

        browser.type_text("wrong");
        browser.press("Enter");
        browser.wait_for("!!document.getElementById('problem')");
        window.has_focus("#code[aria-invalid=true][aria-describedby=problem]");
        let problem = browser.evaluate("document.getElementById('problem').innerText");
        let is_seen = "document.getElementById('problem').getBoundingClientRect().bottom <= innerHeight";
        assert_eq!(browser.evaluate(is_seen), true, "{}: nothing need be scrolled", window.name);
        assert!(problem.as_str().is_some_and(|text| text.ends_with(left)), "{problem}");
        assert_eq!(browser.evaluate("document.activeElement.value"), "", "the code is not shown again");
        // Neither the token nor a code is in the address any more.
        assert!(!browser.address().contains("eyJ"), "{}", browser.address());
        window.assert_fits("wrong");

        browser.type_text(CODE);
        browser.press("Tab");
        window.has_focus("button");
        browser.press("Enter");
        window.assert_in_viewer();
    }
}

#[test]
fn a_short_link_asks_for_the_code_without_showing_the_token() {
    let window = Window::start((375, 667), "light", "fr");
    let browser = &window.browser;
    let link = window.open_share(&json!({"pin": "4711", "max-uses": 1, "short-link": true}));
    assert!(link.contains("/welcome/s/"), "{link}");
    let document = "document.documentElement.outerHTML.includes('eyJ')";
    assert_eq!(browser.evaluate(document), false);
    window.has_focus("#code");
    window.assert_fits("short");
    browser.type_text("4712");
    browser.press("Enter");
    browser.wait_for("!!document.getElementById('problem')");
    assert_eq!(browser.evaluate(document), false);
    assert_eq!(browser.address(), link);
    window.has_focus("#code[aria-invalid=true]");
    browser.type_text("4711");
    browser.press("Enter");
    window.assert_in_viewer();
}

#[test]
fn a_link_that_opens_once_says_so_before_and_after() {
    let window = Window::start((1280, 800), "dark", "nl");
    let browser = &window.browser;
    let link = window.open_share(&json!({"max-uses": 1}));
    window.assert_fits("counted");
    // Looking at the page again counts nothing.
    browser.open(&link);
    assert_eq!(browser.evaluate("!!document.querySelector('.note')"), true);
    browser.press("Tab");
    window.has_focus("button");
    browser.press("Enter");
    window.assert_in_viewer();
    browser.open(&link);
    assert_eq!(browser.requests().pop().expect("a request").status, Some(410));
    assert_eq!(browser.evaluate("!!document.querySelector('form')"), false);
    window.assert_fits("used-up");
}

/// The second click drops the answer to the first one, and with it the first session.
#[test]
fn a_person_who_clicks_twice_is_in_the_viewer() {
    let window = Window::start((375, 667), "light", "en");
    let browser = &window.browser;
    for wait in [0, 1, 5, 20, 50] {
        let link = window.open_share(&json!({"max-uses": 1}));
        let twice = format!(
            "[100, 100 + {wait}].forEach(at =>
                setTimeout(() => document.querySelector('button').click(), at))"
        );
        browser.evaluate(&twice);
        // Nothing can be asked of a page that is just being left.
        std::thread::sleep(Duration::from_millis(800));
        window.assert_in_viewer();
        browser.open(&link);
        assert_eq!(browser.requests().pop().expect("a request").status, Some(410));
    }
}

/// As on a phone with large letters: WCAG 2.2 §1.4.10 asks for 320, magnified once more by the reader.
#[test]
fn no_page_scrolls_sideways_in_a_very_narrow_window() {
    for language in ["en", "de", "fr", "es", "it", "nl", "pt"] {
        let window = Window::start((195, 422), "light", language);
        let assert_fits = |stage: &str| {
            window.browser.screenshot(&format!("{}-{stage}", window.name));
            // Not `innerWidth`, which grows with what is too wide.
            let width = window.browser.evaluate("document.documentElement.scrollWidth");
            assert_eq!(width, 195, "{} at {stage}", window.name);
        };
        window.open_share(&json!({"password": CODE, "expiration-date": "2099-07-07T11:00:00+02:00"}));
        assert_fits("asked");
        window.open_share(&json!({"not-before": "2098-12-07T11:00:00+02:00"}));
        assert_fits("too-early");
        window.browser.open(&window.app.url("/welcome/?token=none"));
        assert_fits("wrong-link");
    }
}
