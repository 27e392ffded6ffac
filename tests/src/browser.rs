//! Debian's Chromium without a window, with a new profile for each [`Browser`], as a person uses it.
//! WebGL is drawn by software (SwiftShader), so that OHIF shows images on a machine without a GPU.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::devtools::{self, DevTools};
use crate::repository;

const ARGUMENTS: &[&str] = &[
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--force-color-profile=srgb",
];

/// A running Chromium with one tab; dropping it ends the process and removes its profile.
pub struct Browser {
    tools: RefCell<DevTools>,
    requests: RefCell<Vec<Request>>,
}

/// A request that the page sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// The header `Authorization` that a script of the page gave it.
    pub authorization: Option<String>,
    /// The answer's status, once it came.
    pub status: Option<u64>,
    /// The answer's headers, a line each.
    pub headers: String,
    /// Whether the answer came to its end, or the page would not read on.
    pub has_ended: bool,
    has_body: bool,
    id: Value,
}

impl Browser {
    /// Whether a Chromium is installed.
    pub fn available() -> bool {
        devtools::program().is_some()
    }

    /// Starts with a window of this size in CSS pixels and this language (`de`).
    pub fn start(width: u32, height: u32, language: &str) -> Self {
        let (language, size) =
            (format!("--accept-lang={language}"), format!("--window-size={width},{height}"));
        let mut tools = DevTools::start(&[ARGUMENTS, &[&language, &size]].concat());
        for domain in ["Page.enable", "Network.enable"] {
            tools.call(domain, &json!({}));
        }
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        tools.call("Emulation.setDeviceMetricsOverride", &screen);
        // As a window does that is in front: what has the focus is drawn so.
        tools.call("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}));
        Self { tools: RefCell::new(tools), requests: RefCell::default() }
    }

    /// Opens the address and waits until the page and what it redirects to is loaded.
    pub fn open(&self, url: &str) {
        // Events of the page before, such as its own end of loading, are none of this one's.
        self.note_requests();
        let mut tools = self.tools.borrow_mut();
        let opened = tools.call("Page.navigate", &json!({"url": url}));
        assert_eq!(opened["errorText"], Value::Null, "{url}");
        tools.wait_for_event("Page.loadEventFired");
    }

    /// What the address bar shows.
    pub fn address(&self) -> String {
        text(&self.evaluate("location.href"))
    }

    /// The value of an expression in the page.
    pub fn evaluate(&self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.tools.borrow_mut().call("Runtime.evaluate", &params);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].clone()
    }

    /// Waits until the expression is true; panics with the page's text if it is not within a minute.
    pub fn wait_for(&self, expression: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.evaluate(expression) != Value::Bool(true) {
            if Instant::now() > deadline {
                self.screenshot("failure");
                panic!("never true: {expression}\n{}", text(&self.evaluate("document.body.innerText")));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Presses the key with the arrow downwards that many times, a moment apart.
    pub fn press_arrow_down(&self, times: usize) {
        for _ in 0..times {
            self.press("ArrowDown");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Presses a key of these: the tabulator, return, escape, space, and the arrow downwards.
    pub fn press(&self, key: &str) {
        let (code, number, written) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Escape" => ("Escape", 27, ""),
            " " => ("Space", 32, " "),
            "ArrowDown" => ("ArrowDown", 40, ""),
            key => panic!("no key {key:?}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number});
            if kind == "keyDown" && !written.is_empty() {
                event["text"] = json!(written);
            }
            self.tools.borrow_mut().call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Writes into the field that has the focus.
    pub fn type_text(&self, text: &str) {
        self.tools.borrow_mut().call("Input.insertText", &json!({"text": text}));
    }

    /// Lets the reader prefer something of the media queries, such as `prefers-color-scheme: dark`.
    pub fn prefer(&self, feature: &str, value: &str) {
        let features = json!({"features": [{"name": feature, "value": value}]});
        self.tools.borrow_mut().call("Emulation.setEmulatedMedia", &features);
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.note_requests();
        self.requests.borrow().clone()
    }

    /// The body of the answer to a request of the page that is open. Chromium has none where the page would not
    /// read on: OHIF ends the connection as soon as a frame is complete.
    pub fn body(&self, request: &Request) -> Option<Vec<u8>> {
        if !request.has_body {
            return None;
        }
        let params = json!({"requestId": request.id});
        let answer = self.tools.borrow_mut().call("Network.getResponseBody", &params);
        let body = text(&answer["body"]);
        if answer["base64Encoded"] == true {
            return Some(STANDARD.decode(body).expect("a body in base64"));
        }
        Some(body.into_bytes())
    }

    /// Keeps what the window shows as `target/screenshots/{name}.png`.
    pub fn screenshot(&self, name: &str) {
        let answer = self.tools.borrow_mut().call("Page.captureScreenshot", &json!({"format": "png"}));
        let picture = STANDARD.decode(text(&answer["data"])).expect("a picture in base64");
        let folder = repository().join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("the folder of screenshots");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("the screenshot is kept");
    }

    fn note_requests(&self) {
        // A command brings the events before its answer with it.
        self.evaluate("0");
        let mut requests = self.requests.borrow_mut();
        for event in self.tools.borrow_mut().take_events() {
            let params = &event["params"];
            match event["method"].as_str() {
                Some("Network.requestWillBeSent") => requests.push(Request::of(params)),
                Some("Network.responseReceived") => {
                    let sent = requests.iter_mut().rev().find(|request| request.id == params["requestId"]);
                    if let Some(request) = sent {
                        request.status = params["response"]["status"].as_u64();
                        let headers = params["response"]["headers"].as_object().into_iter().flatten();
                        request.headers =
                            headers.map(|(name, value)| format!("{name}: {}\n", text(value))).collect();
                    }
                }
                Some(end @ ("Network.loadingFinished" | "Network.loadingFailed")) => {
                    let sent = requests.iter_mut().rev().find(|request| request.id == params["requestId"]);
                    if let Some(request) = sent {
                        request.has_ended = true;
                        request.has_body = end == "Network.loadingFinished";
                    }
                }
                _ => {}
            }
        }
    }
}

impl Request {
    fn of(params: &Value) -> Self {
        let request = &params["request"];
        let headers = request["headers"].as_object();
        let authorization = headers
            .and_then(|headers| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")));
        Self {
            url: text(&request["url"]),
            authorization: authorization.map(|(_, value)| text(value)),
            status: None,
            headers: String::new(),
            has_ended: false,
            has_body: false,
            id: params["requestId"].clone(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
