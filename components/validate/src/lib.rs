//! Answers Orthanc's Authorization plugin: may the bearer of this token see this resource?
//!
//! | route | what it does |
//! | --- | --- |
//! | `POST /shares/validate` | a question of plugins up to 0.4.1 ([`questions::validate`]) |
//! | `POST /tokens/validate` | the same of newer ones |
//! | `GET /shares/validate/download` | a reverse proxy's question: may this be taken away ([`questions::download`]) |
//! | `POST /tokens/decode` | what a token is, for Orthanc Explorer 2 ([`questions::decode`]) |
//! | `POST /user/get-profile` | what a user may do besides ([`questions::profile`]) |
//! | `GET /settings/roles` | the configured roles |
//!
//! All but the third ask for HTTP Basic credentials where `users` is set: there the bearer's own
//! `Authorization` is looked at. A decision is the token component's alone.
//! The plugin follows no redirect and caches what it is told: no route redirects, no validity is 0.

mod account;
mod questions;
mod settings;

use api::{ApiError, Problem};
use edge::log;
use edge::request::Request;
use edge::response::{self, Response};
use http::Method;
use spin_sdk::wasip3::http::types;

use crate::settings::Settings;

edge::serve!(handle);

async fn handle(request: Request) -> Result<types::Response, types::ErrorCode> {
    let headers = request.headers().clone();
    let response = answer(request).await.unwrap_or_else(|error| {
        if error.status() >= 500 {
            log::failed("validate", &error.to_string(), &headers);
        }
        response::error(error)
    });
    response.send()
}

async fn answer(request: Request) -> Result<Response, ApiError> {
    let route = Route::parse(request.route_path()).ok_or_else(Problem::not_found)?;
    if *request.method() != route.method() {
        return Err(Problem::method_not_allowed(route.allow()).into());
    }
    let settings = settings::get().await?;
    let user = match &settings.users {
        _ if matches!(route, Route::Download) => None,
        Some(users) => Some(users.check(request.header("authorization").as_deref())?.to_owned()),
        None => None,
    };
    route.answer(request, &settings, user.as_deref()).await
}

#[derive(Clone, Copy)]
enum Route {
    Validate,
    Download,
    Decode,
    Profile,
    Roles,
}

impl Route {
    fn parse(path: &str) -> Option<Self> {
        match path {
            "/shares/validate" | "/tokens/validate" => Some(Self::Validate),
            "/shares/validate/download" => Some(Self::Download),
            "/tokens/decode" => Some(Self::Decode),
            "/user/get-profile" => Some(Self::Profile),
            "/settings/roles" => Some(Self::Roles),
            _ => None,
        }
    }

    fn method(self) -> Method {
        match self {
            Self::Validate | Self::Decode | Self::Profile => Method::POST,
            Self::Roles | Self::Download => Method::GET,
        }
    }

    fn allow(self) -> &'static str {
        match self {
            Self::Validate | Self::Decode | Self::Profile => "POST",
            Self::Roles | Self::Download => "GET",
        }
    }

    async fn answer(
        self,
        request: Request,
        settings: &Settings,
        user: Option<&str>,
    ) -> Result<Response, ApiError> {
        match self {
            Self::Validate => questions::validate(request, settings, user).await,
            Self::Download => Ok(questions::download(&request).await),
            Self::Decode => questions::decode(request, settings).await,
            Self::Profile => questions::profile(request, settings).await,
            Self::Roles => Ok(response::json(settings.roles.to_json())),
        }
    }
}
