//! A component that misbehaves on demand, for the tests of the runtime; and a hello for its benchmark.
//!
//! | path | what it does |
//! | --- | --- |
//! | `/hello` | answers `hello` |
//! | `/echo` | answers the request's headers, a line each, and its body |
//! | `/variable/{name}` | answers the variable, or 500 with the error |
//! | `/fetch` | asks the URL of the header `x-url`; answers its status and body, or the error |
//! | `/kv/{operation}/{store}/{key}` | asks a store ([`store`]) |
//! | `/instance` | answers which instance this is, and how many requests it has taken; waits the milliseconds of `x-wait` before, and says `x-say` on standard output |
//! | `/loop` | never ends, in wasm |
//! | `/sleep` | waits for an hour |
//! | `/memory` | takes memory until there is none |
//! | `/panic` | panics |

mod store;

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use spin_sdk::http::{Request, Response, send};
use spin_sdk::http_service;

type Answer = Response<Full<Bytes>>;

#[http_service]
async fn handle(request: Request) -> Answer {
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/hello" => answer(200, "hello"),
        "/echo" => echo(request).await,
        "/fetch" => fetch(&request).await,
        "/instance" => instance(&request).await,
        "/loop" => spin_for_ever(),
        "/sleep" => {
            spin_sdk::time::sleep(Duration::from_secs(3600)).await;
            answer(200, "good morning")
        }
        "/memory" => eat_memory(),
        "/panic" => panic!("as the test asked"),
        _ => match (path.strip_prefix("/variable/"), path.strip_prefix("/kv/")) {
            (Some(name), _) => variable(name).await,
            (None, Some(rest)) => store::handle(rest, request).await,
            (None, None) => answer(404, "no such page"),
        },
    }
}

thread_local! {
    /// When this instance took its first request, in nanoseconds, and how many there were.
    static TAKEN: Cell<Option<(u128, u32)>> = const { Cell::new(None) };
}

async fn instance(request: &Request) -> Answer {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let (born, count) = TAKEN.get().unwrap_or_else(|| (now(), 0));
    TAKEN.set(Some((born, count + 1)));
    if let Some(words) = request.headers().get("x-say").and_then(|words| words.to_str().ok()) {
        println!("{words}");
    }
    let wait = request.headers().get("x-wait").and_then(|wait| wait.to_str().ok()?.parse().ok());
    if let Some(wait) = wait {
        spin_sdk::time::sleep(Duration::from_millis(wait)).await;
    }
    answer(200, format!("{born} {}", count + 1))
}

fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

async fn echo(request: Request) -> Answer {
    let mut text = String::new();
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&format!("{} {}\n\n", request.method(), request.uri()));
    match request.into_body().collect().await {
        Ok(body) => answer(200, [text.into_bytes(), body.to_bytes().to_vec()].concat()),
        Err(error) => answer(400, error.to_string()),
    }
}

async fn variable(name: &str) -> Answer {
    match spin_sdk::variables::get(name).await {
        Ok(value) => answer(200, value),
        Err(error) => answer(500, error.to_string()),
    }
}

async fn fetch(request: &Request) -> Answer {
    let url = request.headers().get("x-url").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let Ok(outgoing) = http::Request::get(url).body(Full::new(Bytes::new())) else {
        return answer(400, "x-url is no URL");
    };
    match send(outgoing).await {
        Ok(response) => {
            let status = response.status().as_u16();
            match response.into_body().collect().await {
                Ok(body) => answer(200, format!("{status} {}", String::from_utf8_lossy(&body.to_bytes()))),
                Err(error) => answer(502, error.to_string()),
            }
        }
        Err(error) => answer(502, error.to_string()),
    }
}

fn spin_for_ever() -> Answer {
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}

fn eat_memory() -> Answer {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(std::hint::black_box(vec![1; 1024 * 1024]));
    }
}
