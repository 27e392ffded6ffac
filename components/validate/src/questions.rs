//! The plugin's questions and their answers.

use api::ApiError;
use api::decode::{DecodeAnswer, DecodeError, DecodeRequest};
use api::profile::ProfileRequest;
use api::validate::{ValidateRequest, decision_json, is_download, presented_token};
use edge::log;
use edge::reading::Read;
use edge::request::Request;
use edge::response::{self, Response};
use edge::tokens::{self, Rejection};
use edge::viewer::NoViewer;
use model::{Level, Method, Purpose};

use crate::account;
use crate::settings::Settings;

/// A question holds a token, which has 1 MiB at most, and little else.
const LARGEST_BODY: usize = 3 << 19;

/// How long a refusal of what is no question may be cached, in seconds.
const NONSENSE_VALIDITY: u32 = 60;

/// May the bearer of the token do this? Refused is an answer, not an error.
///
/// DICOMweb 1.9 and newer finds what it reads by `POST /tools/find` inside Orthanc, and plugins since 0.6
/// ask about that as about any `post` to the study. Where the site says that nothing else can post
/// (`dicomweb_find`), it is decided as the reading that it is.
pub async fn validate(
    request: Request,
    settings: &Settings,
    user: Option<&str>,
) -> Result<Response, ApiError> {
    let headers = request.headers().clone();
    let body = request.read_body(LARGEST_BODY).await?;
    let asked = ValidateRequest::parse(headers.get("content-type").as_deref(), &body)?;
    let Some(question) = asked.question() else {
        log::refused("validate", "no-question", &headers);
        return Ok(response::json(decision_json(false, NONSENSE_VALIDITY)));
    };
    let presented = headers.get("token");
    let token = presented_token(presented.as_deref(), &asked);
    let is_find =
        question.method == Method::Post && question.target.is_some_and(|target| target.level == Level::Study);
    let method = if is_find && settings.dicomweb_find { Method::Get } else { question.method };
    let answer =
        tokens::authorize(token, question.server, method, question.target.cloned(), question.download).await;
    let read = Read { answer: &answer, token, target: question.target };
    let (granted, validity) = account::for_decision(&read, &headers, user).await;
    Ok(response::json(decision_json(granted, validity)))
}

/// For a reverse proxy that asks before it passes on what gives files to keep (nginx's `auth_request`): the
/// plugin's question does not say that it is about such a path. 204 if the share lets its resources be taken
/// away, or if the path is no such one, 403 if not. Which resource it is the plugin asks afterwards.
pub async fn download(request: &Request) -> Response {
    let headers = request.headers();
    let uri = headers.get("x-original-uri").unwrap_or_default();
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let (header, bearer) = (headers.get("token"), headers.get("authorization"));
    // The plugin tries every token that it finds, until one grants: so all that could must allow it.
    let mut refused = Some("no-token");
    for token in proxy::all_presented(header.as_deref(), bearer.as_deref(), query) {
        match tokens::inspect(&token).await {
            Ok(share) if share.download || !is_download(&uri) => refused = None,
            Ok(_) => {
                refused = Some("download-not-allowed");
                break;
            }
            Err(rejection) => refused = refused.and(Some(tokens::rejection_word(rejection))),
        }
    }
    if let Some(reason) = refused {
        log::refused("download", reason, headers);
    }
    response::with_body(if refused.is_some() { 403 } else { 204 }, "text/plain", "")
}

/// What a token is, and where it opens. 502 or 504 if that is MedDream and its token service fails.
pub async fn decode(request: Request, settings: &Settings) -> Result<Response, ApiError> {
    let content_type = request.header("content-type");
    let body = request.read_body(LARGEST_BODY).await?;
    let asked = DecodeRequest::parse(content_type.as_deref(), &body)?;
    let token = asked.token().unwrap_or_default();
    let share = match tokens::inspect(token).await {
        Ok(share) => share,
        Err(rejection) => {
            let token_type = match rejection {
                Rejection::Expired(_) => tokens::identify(token).await.map(|share| share.share_type),
                _ => None,
            };
            let error = match rejection {
                Rejection::Expired(_) => DecodeError::Expired,
                Rejection::Invalid | Rejection::Malformed => DecodeError::Invalid,
                Rejection::NotYetValid(_)
                | Rejection::Revoked
                | Rejection::Unknown
                | Rejection::Unavailable
                | Rejection::Misconfigured => DecodeError::Unknown,
            };
            let answer = DecodeAnswer { token_type, error: Some(error), ..DecodeAnswer::default() };
            return Ok(response::json(answer.to_json()));
        }
    };
    // Orthanc Explorer 2 sends the browser straight there; a landing page in between would come back here.
    // Only a share that the landing page itself opens leads there.
    let link = match share.purpose {
        Purpose::Opening => settings.viewers.share_link(&share, token).await,
        Purpose::Viewing | Purpose::Session => settings.viewers.link(&share, token).await,
    };
    let link = match link {
        Ok(link) => link.map(String::from),
        // It may open in a minute: that is no answer about the token.
        Err(NoViewer::Meddream(problem)) => return Err(problem.into()),
        Err(NoViewer::Link(_) | NoViewer::Token(_)) => None,
    };
    let answer = DecodeAnswer {
        token_type: Some(share.share_type),
        error: None,
        redirect_url: link.as_deref(),
        resources: if share.is_told() { &share.resources } else { &[] },
    };
    Ok(response::json(answer.to_json()))
}

/// What a user may do besides what shares grant. Everyone who is not configured is anonymous, the
/// bearer of a share's token too: what that opens is asked of `validate`.
pub async fn profile(request: Request, settings: &Settings) -> Result<Response, ApiError> {
    let content_type = request.header("content-type");
    let body = request.read_body(LARGEST_BODY).await?;
    let asked = ProfileRequest::parse(content_type.as_deref(), &body)?;
    let known = match (asked.token(), asked.user_id.as_deref()) {
        (Some(token), _) => settings.user_profiles.of_token(token),
        (None, Some(user_id)) => settings.user_profiles.of_user(user_id),
        (None, None) => None,
    };
    Ok(response::json(known.unwrap_or(&settings.anonymous_profile).to_json()))
}
