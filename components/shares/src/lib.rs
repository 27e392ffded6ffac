//! Creates shares: takes a request, has it signed, makes the link.
//!
//! | route | what it does |
//! | --- | --- |
//! | `PUT /shares` | a share of studies ([`create::share`]) |
//! | `PUT /tokens/{type}` | the same for the newer API: resources of any level ([`create::token`]) |
//!
//! Both ask for HTTP Basic credentials where `users` is set. Requests and answers are typed in the crate
//! `api`, links in the crate `links`; the signature is the token component's.

mod create;
mod settings;

use api::{ApiError, Problem};
use edge::response::{self, Response};
use edge::{log, request};
use spin_sdk::http::Request;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: Request) -> Response {
    let headers = request.headers().clone();
    answer(request).await.unwrap_or_else(|error| {
        if error.status() >= 500 {
            log::failed("create", &error.to_string(), &headers);
        }
        response::error(error)
    })
}

async fn answer(request: Request) -> Result<Response, ApiError> {
    let path = request::route_path(&request).to_owned();
    let token_type = path.strip_prefix("/tokens/").filter(|rest| !rest.contains('/'));
    if path != "/shares" && token_type.is_none() {
        return Err(Problem::not_found().into());
    }
    if request.method() != http::Method::PUT {
        return Err(Problem::method_not_allowed("PUT").into());
    }
    let settings = settings::get().await?;
    if let Some(users) = &settings.users {
        // Before the body is looked at: a stranger learns nothing about it.
        users.check(request::header(request.headers(), "authorization"))?;
    }
    match token_type {
        Some(token_type) => create::token(token_type, request, &settings).await,
        None => create::share(request, &settings).await,
    }
}
