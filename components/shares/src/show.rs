//! The shares that are kept, and what happened to them.

use api::{ApiError, listing, records};
use edge::clock;
use edge::request::Request;
use edge::response::{self, Response};
use edge::shares::store_failed;
use edge::tokens::{Claims, Rejection};
use edge::viewer::NoViewer;
use links::LinkError;
use registry::Share;

use crate::caller::{Caller, unknown};
use crate::create::sign;

/// `GET /shares`
pub async fn list(request: &Request, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let (filter, part) = listing::shares(request.query())?;
    let now = clock::now();
    let list = caller.keeper()?.shares.list(&filter, now, part.before, part.limit);
    Ok(response::json(records::shares_json(&list.await.map_err(store_failed)?, now)))
}

/// `GET /shares/{jti}`
pub async fn share(jti: &str, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let entry = caller.keeper()?.shares.entry(jti).await.map_err(store_failed)?.ok_or_else(unknown)?;
    // The link of a share that was taken back opens nothing any more, ever.
    let url = if entry.revocation.is_some() { None } else { link(&entry.share, caller).await? };
    Ok(response::json(records::linked_share_json(&entry, clock::now(), url.as_deref())))
}

/// `GET /shares/{jti}/events`
pub async fn events(jti: &str, request: &Request, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let part = listing::events(request.query())?;
    let shares = &caller.keeper()?.shares;
    if !shares.knows(jti).await.map_err(store_failed)? {
        return Err(unknown());
    }
    let events = shares.history(jti, part.before, part.limit).await.map_err(store_failed)?;
    Ok(response::json(records::events_json(&events)))
}

/// The share's link, made again: neither it nor its token is kept. None where there is none, or none any
/// more, since the viewers are configured otherwise.
async fn link(share: &Share, caller: &Caller<'_>) -> Result<Option<String>, ApiError> {
    let (claims, viewers) = (Claims::from(share), &caller.settings.viewers);
    let mut link = viewers.share_link(&claims, &sign(&claims).await?).await;
    if let Err(NoViewer::Link(LinkError::TooLong)) = link {
        link = viewers.share_link(&claims, &sign(&Claims::brief(share)).await?).await;
    }
    match link {
        Ok(link) => Ok(link.map(String::from)),
        Err(NoViewer::Token(Rejection::Misconfigured)) => Err(edge::settings::Misconfigured.into()),
        Err(_) => Ok(None),
    }
}
