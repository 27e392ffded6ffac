//! The de-identifying proxy: reads from Orthanc for the viewers of anonymized shares. What leaves it is
//! de-identified by the profile of DICOM PS3.15 Annex E, or it does not leave.
//!
//! | route, below `/anon-shares` | what it answers |
//! | --- | --- |
//! | `/osimis-viewer/{app,languages}/…`, `/osimis-viewer/config.js`, `/stone-webviewer/…`, `/ohif/…`, `/volview/…` | the viewers' own files; no token |
//! | `/system`, `/patients/{id}`, `/studies/{id}[/series]`, `/series/{id}[/study,/instances]`, `/osimis-viewer/{studies,series}/{id}`, `/instances/{id}/{tags,simplified-tags}` | Orthanc's JSON ([`answer`]) |
//! | `/instances/{id}[/frames/{n}]/{preview,rendered,image-…}`, `/osimis-viewer/images/{id}/{n}/{quality}` | pictures, if their pixels may pass ([`pixels`]) |
//! | `/dicom-web/studies…`: QIDO-RS | matches among the shared studies ([`search`]) |
//! | `/dicom-web/studies/…`: WADO-RS metadata, frames, bulk data, rendered | DICOM JSON, and pixels |
//! | `/dicom-web/studies/…`: WADO-RS retrieval | DICOM files, one after the other ([`retrieve`]) |
//!
//! The list is `proxy::Route`; everything else is 404. A request with a token goes through [`caller`] first,
//! and names resources by the share's pseudonyms, which [`share`] looks up among the shared studies.

mod answer;
mod caller;
mod memory;
mod orthanc;
mod pixels;
mod relay;
mod retrieve;
mod search;
mod settings;
mod share;
mod source;

use api::Problem;
use edge::request::Request;
use edge::{log, response};
use http::Method;
use proxy::{Args, BadQuery, Route};
use spin_sdk::wasip3::http::types;

/// Where the manifest mounts this component.
const MOUNT: &str = "/anon-shares";

edge::serve!(handle);

async fn handle(request: Request) -> Result<types::Response, types::ErrorCode> {
    let headers = request.headers().clone();
    let is_head = *request.method() == Method::HEAD;
    let response = match answer(&request).await {
        Ok(response) => response,
        Err(problem) => {
            if problem.status >= 500 {
                log::failed("anonymizer", &problem.to_string(), &headers);
            }
            response::error(problem).send()?
        }
    };
    Ok(if is_head { relay::head_of(&response) } else { response })
}

async fn answer(request: &Request) -> Result<types::Response, Problem> {
    let path = request.path().strip_prefix(MOUNT).ok_or_else(Problem::not_found)?;
    let route = Route::parse(path).ok_or_else(Problem::not_found)?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::method_not_allowed("GET, HEAD"));
    }
    let query = request.query();
    let args = Args::parse(&route, query).map_err(|error| match error {
        BadQuery::NotAllowed => Problem::new(403, error.to_string()),
        BadQuery::BadValue => Problem::bad_request(error.to_string()),
    })?;
    let settings = settings::get().await?;
    let accept = request.header("accept");
    match route {
        Route::Static(file) => answer::static_file(&settings, &file).await,
        route => {
            let share = caller::share(settings, request.headers(), query).await?;
            answer::of_share(share, route, args, accept.as_deref()).await
        }
    }
}
