//! `GET /welcome/`: as `components/landing`, for standard shares of viewers without a token service. A link that
//! does not open is answered by its status alone: the benchmark follows good links.

use std::time::SystemTime;

use api::{ApiError, Problem};
use http::{Request, Response};
use hyper::body::Incoming;
use links::Shared;
use model::Moment;
use pages::REDIRECT_HEADERS;

use crate::body::Body;
use crate::reply;
use crate::settings::Settings;

/// 307 to the viewer.
pub fn answer(request: &Request<Incoming>, settings: &Settings) -> Result<Response<Body>, ApiError> {
    let query = request.uri().query().unwrap_or_default();
    let token = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "token").last();
    let (_, token) = token.ok_or_else(|| Problem::bad_request("no token"))?;
    let refused = |_| Problem::new(403, "the link does not open");
    let now = Moment::from_clock(SystemTime::now());
    let claims = settings.tokens.verify(&token, now).map_err(refused)?;
    claims.check_standing(now).map_err(refused)?;
    if claims.anonymized {
        return Err(Problem::bad_request("the benchmark has standard shares only").into());
    }
    let shared = Shared {
        shape: claims.shape,
        share_type: claims.share_type,
        anonymized: false,
        resources: &claims.resources,
    };
    // Twice, as the component does: first whether there can be a link at all.
    let link = |token: &str| {
        let link = links::viewer_link(&settings.roots, &shared, token).ok().flatten();
        link.ok_or_else(|| Problem::new(403, "the link does not open"))
    };
    link("")?;
    let link = link(&token)?;
    let mut response = reply::with_body(307, "text/plain", "");
    for (name, value) in REDIRECT_HEADERS {
        reply::insert(&mut response, name, value);
    }
    reply::insert(&mut response, "location", link.as_str());
    Ok(response)
}
