//! Debian's Chromium without a window, driven by its DevTools protocol: a new profile for each [`Browser`].
//! WebGL is drawn by software (SwiftShader), so that OHIF shows images on a machine without a GPU.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Network, Page};
use headless_chrome::{LaunchOptions, Tab};
use serde_json::Value;

use crate::repository;

const PROGRAMS: &[&str] = &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGUMENTS: &[&str] = &[
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--disable-component-update",
];

/// A running Chromium with one tab; dropping it ends the process and removes its profile.
pub struct Browser {
    // The tab lives as long as the browser does.
    _browser: headless_chrome::Browser,
    tab: Arc<Tab>,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A request that the page sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// The header `Authorization` that a script of the page gave it.
    pub authorization: Option<String>,
    /// The answer's status, once it came.
    pub status: Option<u32>,
    id: String,
}

impl Browser {
    /// Whether a Chromium is installed.
    pub fn available() -> bool {
        program().is_some()
    }

    /// Starts with a window of this size in CSS pixels and this language (`de`).
    pub fn start(width: u32, height: u32, language: &str) -> Self {
        let language_argument = format!("--accept-lang={language}");
        let arguments = ARGUMENTS.iter().copied().chain([language_argument.as_str()]);
        let options = LaunchOptions {
            path: program(),
            headless: true,
            // Chromium does not start its sandbox for root, as which CI runs.
            sandbox: false,
            enable_gpu: true,
            window_size: Some((width, height)),
            args: arguments.map(OsStr::new).collect(),
            // The protocol's connection is closed after this long without an event.
            idle_browser_timeout: Duration::from_secs(120),
            ..LaunchOptions::default()
        };
        let browser = headless_chrome::Browser::new(options).expect("Chromium starts");
        let tab = browser.new_tab().expect("a tab");
        tab.set_default_timeout(Duration::from_secs(30));
        let requests = watch(&tab);
        tab.call_method(Emulation::SetDeviceMetricsOverride {
            width,
            height,
            device_scale_factor: 1.0,
            mobile: width < 600,
            scale: None,
            screen_width: None,
            screen_height: None,
            position_x: None,
            position_y: None,
            dont_set_visible_size: None,
            screen_orientation: None,
            viewport: None,
            display_feature: None,
            device_posture: None,
        })
        .expect("a size");
        Self { _browser: browser, tab, requests }
    }

    /// Opens the address and waits until the page and what it redirects to is loaded.
    pub fn open(&self, url: &str) {
        self.tab.navigate_to(url).and_then(|tab| tab.wait_until_navigated()).expect("the page is loaded");
    }

    /// What the address bar shows.
    pub fn address(&self) -> String {
        text(&self.evaluate("location.href"))
    }

    /// The value of an expression in the page, which may be a promise of JSON.
    pub fn evaluate(&self, expression: &str) -> Value {
        let result = self.tab.evaluate(expression, true);
        result.unwrap_or_else(|e| panic!("{expression}: {e}")).value.unwrap_or_default()
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

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no listener panics").clone()
    }

    /// Keeps what the window shows as `target/screenshots/{name}.png`.
    pub fn screenshot(&self, name: &str) {
        let format = Page::CaptureScreenshotFormatOption::Png;
        let picture = self.tab.capture_screenshot(format, None, None, true).expect("a screenshot");
        let folder = repository().join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("the folder of screenshots");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("the screenshot is kept");
    }
}

fn program() -> Option<PathBuf> {
    PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Notes the tab's requests as the browser reports them.
fn watch(tab: &Tab) -> Arc<Mutex<Vec<Request>>> {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let noted = requests.clone();
    let listener = move |event: &Event| {
        let mut requests: std::sync::MutexGuard<'_, Vec<Request>> = noted.lock().expect("no listener panics");
        match event {
            Event::NetworkRequestWillBeSent(sent) => {
                let headers = sent.params.request.headers.0.as_ref();
                let authorization = headers.and_then(|headers| {
                    let (_, value) = headers
                        .as_object()?
                        .iter()
                        .find(|(name, _)| name.to_lowercase() == "authorization")?;
                    Some(value.as_str()?.to_owned())
                });
                let url = sent.params.request.url.clone();
                requests.push(Request {
                    url,
                    authorization,
                    status: None,
                    id: sent.params.request_id.clone(),
                });
            }
            Event::NetworkResponseReceived(received) => {
                let id = &received.params.request_id;
                if let Some(request) = requests.iter_mut().rev().find(|request| request.id == *id) {
                    request.status = Some(received.params.response.status);
                }
            }
            _ => {}
        }
    };
    tab.add_event_listener(Arc::new(listener)).expect("a listener");
    tab.call_method(Network::Enable {
        max_total_buffer_size: None,
        max_resource_buffer_size: None,
        max_post_data_size: None,
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    })
    .expect("the browser reports its requests");
    requests
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
