//! The management page of shares: sends the page and its files, and draws links as QR codes. What it lists
//! and changes, the page asks of the API (the component `shares`).
//!
//! | route | what it does |
//! | --- | --- |
//! | `GET /shares/ui/` | the page, in the reader's language |
//! | `GET /shares/ui` | 308 to it |
//! | `GET /shares/ui/assets/{version}/{file}` | its style and scripts |
//! | `POST /shares/ui/qr` | `{"link": …}` as an SVG |
//!
//! All ask for HTTP Basic credentials where `users` is set, and are 404 where there is no store: a share
//! has no life then. The page, its texts and its headers are in the crate `ui-page`.

mod settings;

use api::{ApiError, Problem};
use edge::log;
use edge::request::Request;
use edge::response::{self, Response};
use http::Method;
use pages::Language;
use settings::Settings;
use spin_sdk::wasip3::http::types;
use ui_page::{ASSET_HEADERS, HeaderPair, LONGEST_LINK, Route, page_headers};

/// What JSON needs around the longest link that can be drawn, with every character of it escaped.
const LONGEST_QR_BODY: usize = 6 * LONGEST_LINK + 64;

edge::serve!(handle);

async fn handle(request: Request) -> Result<types::Response, types::ErrorCode> {
    let headers = request.headers().clone();
    let response = answer(request).await.unwrap_or_else(|error| {
        if error.status() >= 500 {
            log::failed("ui", &error.to_string(), &headers);
        }
        let mut response = response::error(error);
        // A browser shows a refusal, too, as a page of this origin.
        insert(&mut response, &page_headers(Language::English));
        response
    });
    response.send()
}

async fn answer(request: Request) -> Result<Response, ApiError> {
    let settings = settings::get().await?;
    if !settings.has_store {
        return Err(Problem::not_found().into());
    }
    if let Some(users) = &settings.users {
        users.check(request.header("authorization").as_deref())?;
    }
    let path = request.path().to_owned();
    let route = Route::parse(&path).ok_or_else(Problem::not_found)?;
    let is_allowed = match route {
        Route::Qr => request.method() == Method::POST,
        _ => matches!(*request.method(), Method::GET | Method::HEAD),
    };
    if !is_allowed {
        return Err(Problem::method_not_allowed(route.methods()).into());
    }
    match route {
        Route::Page => Ok(page(&request, &settings)),
        Route::WithoutSlash => Ok(to_page()),
        Route::Qr => qr(request).await,
        Route::Asset { version, file } => asset(version, file),
    }
}

fn page(request: &Request, settings: &Settings) -> Response {
    let languages = request.headers().get_all("accept-language");
    let language = Language::negotiate(Some(&languages.join(",")));
    let html = ui_page::render(language, &settings.offers);
    let mut response = response::with_body(200, "text/html; charset=utf-8", html);
    insert(&mut response, &page_headers(language));
    response
}

/// Relative, so that it holds below whatever path a proxy puts in front.
fn to_page() -> Response {
    let mut response = response::with_body(308, "text/plain", "");
    insert(&mut response, &page_headers(Language::English));
    response::insert(&mut response, "location", "ui/");
    response
}

fn asset(version: &str, file: &str) -> Result<Response, ApiError> {
    let asset = ui_page::asset(version, file).ok_or_else(Problem::not_found)?;
    let mut response = response::with_body(200, asset.content_type, asset.body);
    insert(&mut response, &ASSET_HEADERS);
    Ok(response)
}

async fn qr(request: Request) -> Result<Response, ApiError> {
    let content_type = request.header("content-type");
    let body = request.read_body(LONGEST_QR_BODY).await?;
    let link = ui_page::read_link(content_type.as_deref(), &body)?;
    let mut response = response::with_body(200, "image/svg+xml", ui_page::svg(&link)?);
    insert(&mut response, &page_headers(Language::English));
    Ok(response)
}

fn insert(response: &mut Response, headers: &[HeaderPair]) {
    for (name, value) in headers {
        response::insert(response, name, value);
    }
}
