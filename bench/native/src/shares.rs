//! `PUT /shares`: as `components/shares/src/create.rs`, for standard shares of viewers without a token service.
//! Others are refused: the benchmark has none.

use std::time::SystemTime;

use api::shares::{ShareAnswer, ShareRequest};
use api::{ApiError, Problem};
use http::{Request, Response};
use hyper::body::Incoming;
use links::Shared;
use model::{Method, Moment, Purpose, Shape};
use token_core::{Claims, IV_BYTES};

use crate::body::Body;
use crate::reply::{self, header, read_body};
use crate::settings::Settings;

const LARGEST_BODY: usize = 2 << 20;

/// A share of studies.
pub async fn answer(request: Request<Incoming>, settings: &Settings) -> Result<Response<Body>, ApiError> {
    if let Some(users) = &settings.users {
        users.check(header(request.headers(), "authorization"))?;
    }
    let content_type = header(request.headers(), "content-type").map(str::to_owned);
    let body = read_body(request, LARGEST_BODY).await?;
    let now = Moment::from_clock(SystemTime::now());
    let share = ShareRequest::parse(content_type.as_deref(), &body, now)?;
    if share.anonymized {
        return Err(Problem::bad_request("the benchmark has standard shares only").into());
    }
    let claims = Claims {
        jti: Some(format!("{:032x}", u128::from_be_bytes(random()?))),
        id: share.id.clone(),
        shape: Shape::Studies,
        share_type: share.share_type,
        resources: share.studies.clone(),
        anonymized: false,
        methods: vec![Method::Get],
        not_before: None,
        expires: share.expiration_date,
        download: true,
        purpose: Purpose::Viewing,
        registered: false,
        revoked: false,
    };
    let shared = Shared {
        shape: Shape::Studies,
        share_type: share.share_type,
        anonymized: false,
        resources: &share.studies,
    };
    // Twice, as the component does: first whether there can be a link at all.
    let link = |token: &str| {
        links::share_link(&settings.roots, &shared, token)
            .map_err(|error| Problem::bad_request(error.to_string()))
    };
    link("")?;
    let token = token_core::sign(&settings.tokens.keys().signing, &claims, now, random::<IV_BYTES>()?)
        .map_err(|_| Problem::bad_request("the share does not fit into one token"))?;
    let url = link(&token)?.map(String::from);
    let answer = ShareAnswer { request: &share, token: &token, url: url.as_deref() };
    Ok(reply::json(answer.to_json()))
}

fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Problem::new(500, "no random numbers"))?;
    Ok(bytes)
}
