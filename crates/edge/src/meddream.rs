//! Asks MedDream's token service for a token of its own: it is good for some minutes, and opens the
//! studies that it was asked for.

use std::time::Duration;

use api::Problem;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use links::{ServiceUrl, meddream_request, read_meddream_token};
use model::{Resource, ShareType};
use spin_sdk::http::send;

/// From the request to the last byte of the answer.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A token is a line; a page of HTML need not be read to its end.
const MAX_ANSWER: usize = 64 * 1024;

/// A fresh token of MedDream's for these studies. Fails with 400 if a study has no dicom-uid, 502 if the
/// service fails or answers anything but a token, 504 if it takes too long.
pub async fn fresh_token(
    service: &ServiceUrl,
    share_type: ShareType,
    resources: &[Resource],
) -> Result<String, Problem> {
    let body =
        meddream_request(share_type, resources).map_err(|error| Problem::bad_request(error.to_string()))?;
    let asked = ask(service, body);
    let timer = spin_sdk::time::sleep(TIME_LIMIT);
    match futures::future::select(std::pin::pin!(asked), std::pin::pin!(timer)).await {
        futures::future::Either::Left((answer, _)) => answer,
        futures::future::Either::Right(_) => {
            Err(Problem::gateway_timeout("the MedDream token service did not answer within 5 seconds"))
        }
    }
}

async fn ask(service: &ServiceUrl, body: String) -> Result<String, Problem> {
    let unreachable = || Problem::bad_gateway("the MedDream token service cannot be reached");
    let no_token = || Problem::bad_gateway("the MedDream token service gave no token");
    let request = http::Request::post(service.as_str())
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| unreachable())?;
    let response = send(request).await.map_err(|_| unreachable())?;
    let status = response.status().as_u16();
    let answer = Limited::new(response.into_body(), MAX_ANSWER).collect().await.map_err(|_| no_token())?;
    read_meddream_token(status, &answer.to_bytes()).map_err(|_| no_token())
}
