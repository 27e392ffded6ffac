//! `POST /shares/validate`: as `components/validate/src/questions.rs`, with the decision called directly.

use std::time::SystemTime;

use api::ApiError;
use api::validate::{ValidateRequest, decision_json, presented_token};
use http::{Request, Response};
use hyper::body::Incoming;
use model::{Level, Method, Moment};
use token_core::{Access, DEFAULT_VALIDITY_CAP, Decision};

use crate::body::Body;
use crate::reply::{self, header, read_body};
use crate::settings::Settings;

const LARGEST_BODY: usize = 3 << 19;
const NONSENSE_VALIDITY: u32 = 60;

/// May the bearer of the token do this?
pub async fn answer(request: Request<Incoming>, settings: &Settings) -> Result<Response<Body>, ApiError> {
    if let Some(users) = &settings.users {
        users.check(header(request.headers(), "authorization"))?;
    }
    let headers = request.headers().clone();
    let body = read_body(request, LARGEST_BODY).await?;
    let asked = ValidateRequest::parse(header(&headers, "content-type"), &body)?;
    let Some(question) = asked.question() else {
        println!("validate refused reason=no-question");
        return Ok(reply::json(decision_json(false, NONSENSE_VALIDITY)));
    };
    let token = presented_token(header(&headers, "token"), &asked);
    let is_find =
        question.method == Method::Post && question.target.is_some_and(|target| target.level == Level::Study);
    let method = if is_find && settings.dicomweb_find { Method::Get } else { question.method };
    let access = Access { server: question.server, method, target: question.target, download: false };
    let decision = settings.tokens.authorize(
        token.unwrap_or_default(),
        &settings.servers,
        &access,
        Moment::from_clock(SystemTime::now()),
        DEFAULT_VALIDITY_CAP,
    );
    let (granted, validity) = match decision {
        Decision::Granted { validity } => (true, validity),
        Decision::Refused { reason, validity } => {
            println!("validate refused reason={reason}");
            (false, validity)
        }
    };
    Ok(reply::json(decision_json(granted, validity)))
}
