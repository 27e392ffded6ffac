//! What a person's browser opens: checks the token and sends the browser on to the viewer, or says in
//! plain words why not.
//!
//! | route | what it does |
//! | --- | --- |
//! | `GET /welcome/?token=…` | 307 to the viewer, or a page ([`open`]) |
//! | `GET /share-landing/?token=…` | the same, under the name of the existing service |
//!
//! The pages, their languages and their headers are in the crate `pages`; links in the crate `links`.

mod open;
mod settings;

use edge::request;
use edge::response::{self, Response};
use http::Method;
use links::Link;
use pages::{Language, Notice, REDIRECT_HEADERS};
use spin_sdk::http::Request;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: Request) -> Response {
    match answer(&request).await {
        Ok(link) => redirect(&link),
        Err(refused) => {
            refused.log(request.headers());
            page(&refused.into_notice(), &request)
        }
    }
}

async fn answer(request: &Request) -> Result<Link, open::Refused> {
    if !matches!(request::route_path(request), "/welcome" | "/share-landing") {
        return Err(open::Refused::Notice(Notice::NotFound));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(open::Refused::Notice(Notice::MethodNotAllowed));
    }
    open::link(request.uri().query().unwrap_or_default()).await
}

/// `links` makes every link below a configured viewer root: this goes nowhere else.
fn redirect(link: &Link) -> Response {
    let mut response = response::with_body(307, "text/plain", "");
    for (name, value) in REDIRECT_HEADERS {
        response::insert(&mut response, name, value);
    }
    response::insert(&mut response, "location", link.as_str());
    response
}

fn page(notice: &Notice, request: &Request) -> Response {
    let languages: Vec<&str> = request
        .headers()
        .get_all("accept-language")
        .iter()
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        .collect();
    let page = pages::render(notice, Language::negotiate(Some(&languages.join(","))));
    let headers = page.headers();
    let mut response = response::with_body(page.status, "text/html; charset=utf-8", page.html);
    for (name, value) in headers {
        response::insert(&mut response, name, value);
    }
    if *notice == Notice::MethodNotAllowed {
        response::insert(&mut response, "allow", "GET, HEAD");
    }
    response
}
