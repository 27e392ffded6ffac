//! Creates shares: takes a request, has it signed, makes the link. Where shares are kept (`share_store`),
//! also shows, changes and revokes them.
//!
//! | route | what it does |
//! | --- | --- |
//! | `PUT /shares` | a share of studies ([`create::share`]) |
//! | `PUT /tokens/{type}` | the same for the newer API: resources of any level ([`create::token`]) |
//! | `GET /shares?study=&id=&state=&limit=&after=` | the shares that are kept ([`show::list`]) |
//! | `GET /shares/{jti}` | one of them, with its link ([`show::share`]) |
//! | `GET /shares/{jti}/events` | what happened to it ([`show::events`]) |
//! | `PATCH /shares/{jti}` | other terms; the link stays the same ([`change::patch`]) |
//! | `DELETE /shares/{jti}` | takes it back ([`change::revoke`]) |
//!
//! All ask for HTTP Basic credentials where `users` is set. Requests and answers are typed in the crate
//! `api`, links in the crate `links`; the signature is the token component's; what is kept, and how, is in
//! the crate `registry`. Without a store only the first two exist.

mod caller;
mod change;
mod create;
mod settings;
mod show;

use api::{ApiError, Problem};
use edge::log;
use edge::request::Request;
use edge::response::{self, Response};
use http::Method;
use spin_sdk::wasip3::http::types;

use crate::caller::Caller;

edge::serve!(handle);

async fn handle(request: Request) -> Result<types::Response, types::ErrorCode> {
    let headers = request.headers().clone();
    let asked = Route::of(request.route_path()).map_or("share", |route| route.action(request.method()));
    let response = answer(request).await.unwrap_or_else(|error| {
        if error.status() >= 500 {
            log::failed(asked, &error.to_string(), &headers);
        }
        response::error(error)
    });
    response.send()
}

/// What is asked for, by the path alone.
enum Route<'a> {
    Shares,
    Token(&'a str),
    Share(&'a str),
    Events(&'a str),
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Option<Self> {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["", "shares"] => Some(Self::Shares),
            ["", "tokens", token_type] => Some(Self::Token(token_type)),
            ["", "shares", jti] => Some(Self::Share(jti)),
            ["", "shares", jti, "events"] => Some(Self::Events(jti)),
            _ => None,
        }
    }

    /// What is asked for, as one word for the log.
    fn action(&self, method: &Method) -> &'static str {
        match (self, method) {
            (Self::Token(_), _) | (Self::Shares, &Method::PUT) => "create",
            (Self::Shares, _) => "list",
            (Self::Share(_), &Method::DELETE) => "revoke",
            (Self::Share(_), &Method::PATCH) => "change",
            (Self::Share(_), _) => "show",
            (Self::Events(_), _) => "events",
        }
    }

    /// The methods that it has; none if it does not exist without a store.
    fn methods(&self, has_store: bool) -> Option<&'static str> {
        match (self, has_store) {
            (Self::Shares, false) | (Self::Token(_), _) => Some("PUT"),
            (Self::Shares, true) => Some("GET, HEAD, PUT"),
            (Self::Share(_), true) => Some("DELETE, GET, HEAD, PATCH"),
            (Self::Events(_), true) => Some("GET, HEAD"),
            (Self::Share(_) | Self::Events(_), false) => None,
        }
    }
}

async fn answer(request: Request) -> Result<Response, ApiError> {
    let path = request.route_path().to_owned();
    let route = Route::of(&path).ok_or_else(Problem::not_found)?;
    let settings = settings::get().await?;
    let methods = route.methods(settings.has_store).ok_or_else(Problem::not_found)?;
    let method = request.method().clone();
    if !methods.split(", ").any(|known| known == method.as_str()) {
        return Err(Problem::method_not_allowed(methods).into());
    }
    // Before the body is looked at: a stranger learns nothing about it.
    let caller = Caller::of(&request, &settings).await?;
    match (route, method) {
        (Route::Token(token_type), _) => create::token(token_type, request, &caller).await,
        (Route::Shares, Method::PUT) => create::share(request, &caller).await,
        (Route::Shares, _) => show::list(&request, &caller).await,
        (Route::Share(jti), Method::DELETE) => change::revoke(jti, &caller).await,
        (Route::Share(jti), Method::PATCH) => change::patch(jti, request, &caller).await,
        (Route::Share(jti), _) => show::share(jti, &caller).await,
        (Route::Events(jti), _) => show::events(jti, &request, &caller).await,
    }
}
