//! Other terms for a share, or its end.

use api::{ApiError, Problem, changes, records};
use edge::clock;
use edge::request::Request;
use edge::response::{self, Response};
use edge::shares::store_failed;
use edge::tokens::Claims;
use registry::{Action, Entry, Revocation};

use crate::caller::{Caller, unknown};
use crate::create::{LARGEST_BODY, check, content_type, sign};

/// `PATCH /shares/{jti}`. Of two at the same moment the later one counts, as a whole.
pub async fn patch(jti: &str, request: Request, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let content_type = content_type(&request);
    let body = request.read_body(LARGEST_BODY).await?;
    let keeper = caller.keeper()?;
    let entry = keeper.shares.entry(jti).await.map_err(store_failed)?.ok_or_else(unknown)?;
    if entry.revocation.is_some() {
        return Err(Problem::new(409, "the share was revoked: make a new one").into());
    }
    let now = clock::now();
    let share = changes::changed(&entry.share, content_type.as_deref(), &body, now)?;
    if share != entry.share {
        check(&share, caller.settings)?;
        // One that was made before may still be given an earlier end.
        if share.resources != entry.share.resources {
            caller.settings.viewers.check_scope(&share)?;
        }
        // Whether it still fits into a token: its link is made again when it is shown.
        sign(&Claims::from(&share)).await?;
        let account = keeper.account(Action::Change, jti)?;
        keeper.shares.replace(&share, &account).await.map_err(store_failed)?;
        keeper.done(&account);
    }
    Ok(response::json(records::share_json(&Entry { share, ..entry }, now)))
}

/// `DELETE /shares/{jti}`: the first time counts, the next ones change nothing. Also where the share's terms are
/// not understood: nothing may open that cannot be shut.
pub async fn revoke(jti: &str, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let keeper = caller.keeper()?;
    if !keeper.shares.knows(jti).await.map_err(store_failed)? {
        return Err(unknown());
    }
    let revocation = Revocation { at: clock::now(), by: caller.user.clone() };
    let account = keeper.account(Action::Revoke, jti)?;
    let revoked = keeper.shares.revoke(jti, &revocation, &account, clock::moment).await;
    if revoked.map_err(store_failed)? {
        keeper.done(&account);
    }
    Ok(response::no_content())
}
