//! One share: from the request's body to token and link.

use api::shares::{ShareAnswer, ShareRequest};
use api::tokens::{TokenAnswer, TokenRequest};
use api::{ApiError, Problem};
use edge::response::{self, Response};
use edge::tokens::{self, Claims, Rejection};
use edge::viewer::NoViewer;
use edge::{clock, meddream, request};
use model::{Method, Purpose, Shape, ShareType};
use spin_sdk::http::Request;

use crate::settings::Settings;

/// What fits into a token, of 1 MiB at most, does not need more.
const LARGEST_BODY: usize = 2 << 20;

/// `PUT /shares`: a share of studies.
pub async fn share(request: Request, settings: &Settings) -> Result<Response, ApiError> {
    let content_type = content_type(&request);
    let body = request::read_body(request, LARGEST_BODY).await?;
    let share = ShareRequest::parse(content_type.as_deref(), &body, clock::now())?;
    let issued = issue(
        settings,
        Claims {
            jti: Some(clock::new_id()?),
            id: share.id.clone(),
            shape: Shape::Studies,
            share_type: share.share_type,
            resources: share.studies.clone(),
            anonymized: share.anonymized,
            methods: vec![Method::Get],
            not_before: None,
            expires: share.expiration_date,
            download: true,
            purpose: Purpose::Viewing,
            registered: false,
        },
    )
    .await?;
    let answer = ShareAnswer { request: &share, token: &issued.token, url: issued.url.as_deref() };
    Ok(response::json(answer.to_json()))
}

/// `PUT /tokens/{type}`: a share of resources of any level.
pub async fn token(token_type: &str, request: Request, settings: &Settings) -> Result<Response, ApiError> {
    let content_type = content_type(&request);
    let body = request::read_body(request, LARGEST_BODY).await?;
    let token = TokenRequest::parse(token_type, content_type.as_deref(), &body, clock::now())?;
    let issued = issue(
        settings,
        Claims {
            jti: Some(clock::new_id()?),
            id: token.id.clone(),
            shape: Shape::Resources,
            share_type: token.share_type,
            resources: token.shared(),
            anonymized: token.anonymized,
            methods: vec![Method::Get],
            not_before: None,
            expires: token.expiration_date,
            download: true,
            purpose: Purpose::Viewing,
            registered: false,
        },
    )
    .await?;
    let answer = TokenAnswer { request: &token, token: &issued.token, url: issued.url.as_deref() };
    Ok(response::json(answer.to_json()))
}

fn content_type(request: &Request) -> Option<String> {
    request::header(request.headers(), "content-type").map(str::to_owned)
}

struct Issued {
    token: String,
    url: Option<String>,
}

async fn issue(settings: &Settings, share: Claims) -> Result<Issued, ApiError> {
    if share.anonymized && !settings.has_anonymized_server {
        let detail = "anonymized shares are not available: set the variable anonymized_server_identifier";
        return Err(Problem::bad_request(detail).into());
    }
    let roots = &settings.viewers.roots;
    // Whether there can be a link does not depend on the token: nothing is signed or fetched in vain.
    links::share_link(roots, &share.shared(), "").map_err(|error| Problem::bad_request(error.to_string()))?;
    let token = match (share.share_type, &roots.meddream_token_service) {
        (ShareType::MeddreamInstantLink, Some(service)) => {
            meddream::fresh_token(service, share.share_type, &share.resources).await?
        }
        _ => sign(&share).await?,
    };
    let url = settings.viewers.share_link(&share, &token).await.map_err(no_link)?.map(String::from);
    Ok(Issued { token, url })
}

fn no_link(error: NoViewer) -> ApiError {
    match error {
        NoViewer::Link(error) => Problem::bad_request(error.to_string()).into(),
        NoViewer::Meddream(problem) => problem.into(),
        // Of the token that was made just now: the configuration changed in between.
        NoViewer::Token(_) => edge::settings::Misconfigured.into(),
    }
}

async fn sign(share: &Claims) -> Result<String, ApiError> {
    tokens::issue(share).await.map_err(|rejection| {
        let problem = match rejection {
            Rejection::Misconfigured => edge::settings::Misconfigured.into(),
            // What passed the door and makes no token all the same is too much for one.
            _ => Problem::bad_request("the share does not fit into one token: share fewer resources"),
        };
        problem.into()
    })
}
