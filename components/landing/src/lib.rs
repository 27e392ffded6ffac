//! What a person's browser opens: checks the link and sends the browser on to the viewer, asks for what the
//! share wants first, or says in plain words why not.
//!
//! | route | what it does |
//! | --- | --- |
//! | `GET /welcome/?token=…` | 307 to the viewer, a form if the share is protected, or a page ([`find`]) |
//! | `POST /welcome/` | opens a protected share by its form: 303 to the viewer ([`open`]) |
//! | `GET, POST /welcome/s/{handle}` | the same for a short link |
//! | `/share-landing/…` | the same, under the name of the existing service |
//!
//! The pages, their languages and their headers are in the crate `pages`; links in the crate `links`; what
//! is known of protected shares in the crate `registry`.
//!
//! A form asks for nothing that guards against requests forged by other sites: no cookie and no password
//! of a browser opens anything here, only the link itself does, and who can send that has it.

mod account;
mod again;
mod find;
mod open;
mod posted;
mod refused;
mod settings;

use edge::request::{Headers, Request};
use edge::response::{self, Response};
use http::Method;
use links::Link;
use pages::{Form, Language, Notice, Page, REDIRECT_HEADERS};
use spin_sdk::wasip3::http::types;

use crate::find::Address;
use crate::open::Begun;
use crate::refused::Refused;

/// What a link leads to.
enum Answer {
    /// The viewer.
    Viewer(Link, Opened),
    /// What is asked before.
    Form(Form),
}

/// What an opening is.
enum Opened {
    /// One more, to be written down; by a form that may be posted again, if there is one.
    Anew(Option<Begun>),
    /// One that was written down when its form was posted first.
    Again,
}

edge::serve!(handle);

async fn handle(request: Request) -> Result<types::Response, types::ErrorCode> {
    let headers = request.headers().clone();
    // Who posts a form is to get the viewer, not to post it there (RFC 9110 §15.4.4).
    let redirect_status = if *request.method() == Method::POST { 303 } else { 307 };
    let mut jti = None;
    let answer = answer(request, &mut jti).await;
    let answer = account::for_opening(answer, jti.as_deref(), &headers).await;
    let language = language(&headers);
    let response = match answer {
        Ok(Answer::Viewer(link, _)) => redirect(&link, redirect_status),
        Ok(Answer::Form(form)) => page(pages::render_form(&form, language)),
        Err(refused) => {
            let notice = refused.notice();
            let mut response = page(pages::render(&notice, language));
            if notice == Notice::MethodNotAllowed {
                response::insert(&mut response, "allow", "GET, HEAD, POST");
            }
            response
        }
    };
    response.send()
}

/// The share's own identifier is noted as soon as it is known, whatever becomes of the request.
async fn answer(request: Request, jti: &mut Option<String>) -> Result<Answer, Refused> {
    let address = Address::of(request.route_path()).ok_or(Notice::NotFound)?;
    match *request.method() {
        Method::GET | Method::HEAD => {
            let share = find::by_link(&address, &request, jti).await?;
            open::show(share, &address).await
        }
        Method::POST => {
            let posted = posted::read(request).await?;
            let share = find::by_form(&address, &posted, jti).await?;
            open::open(share, &address, posted.code()).await
        }
        _ => Err(Notice::MethodNotAllowed.into()),
    }
}

/// `links` makes every link below a configured viewer root: this goes nowhere else.
fn redirect(link: &Link, status: u16) -> Response {
    let mut response = response::with_body(status, "text/plain", "");
    for (name, value) in REDIRECT_HEADERS {
        response::insert(&mut response, name, value);
    }
    response::insert(&mut response, "location", link.as_str());
    response
}

fn page(page: Page) -> Response {
    let mut response = response::with_body(page.status, "text/html; charset=utf-8", page.html.clone());
    for (name, value) in page.headers() {
        response::insert(&mut response, name, value);
    }
    response
}

fn language(headers: &Headers) -> Language {
    Language::negotiate(Some(&headers.get_all("accept-language").join(",")))
}
