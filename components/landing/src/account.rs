//! What became of a link, written down where shares are kept, and on the log in any case: never where the
//! browser was sent, which has a token in it.

use std::rc::Rc;

use edge::audit::{Audit, Happened};
use edge::log;
use edge::request::Headers;
use edge::shares::{self, Shares};
use pages::CodeField;
use registry::{Action, Posting, StoreError};

use crate::open::Begun;
use crate::refused::Refused;
use crate::{Answer, Opened};

/// The answer, or another if it cannot be accounted for. `jti` is the share's own identifier, as far as it
/// got to be known.
pub async fn for_opening(
    mut answer: Result<Answer, Refused>,
    jti: Option<&str>,
    headers: &Headers,
) -> Result<Answer, Refused> {
    let mut begun = None;
    let refused = match &mut answer {
        Ok(Answer::Viewer(_, Opened::Anew(form))) => {
            begun = form.take();
            None
        }
        Ok(Answer::Viewer(_, Opened::Again)) => return answer,
        Ok(Answer::Form(form)) => match form.code {
            Some(CodeField::Wrong(_)) => Some("wrong-code"),
            // Neither opened nor refused: the person is asked.
            Some(CodeField::Empty | CodeField::Missing) | None => return answer,
        },
        Err(refused) => Some(refused.word()),
    };
    if let Err(Refused::Failed(_, why)) = &answer {
        log::failed("open", why, headers);
    }
    match write_down(jti, refused, begun, headers).await {
        Ok(true) => {}
        // Shares are not kept.
        Ok(false) => {
            if let Some(reason) = refused {
                log::refused("open", reason, headers);
            }
        }
        Err(failed) => {
            log::refused("open", refused.unwrap_or(failed.word()), headers);
            return answer.and(Err(failed));
        }
    }
    answer
}

/// Whether there was a store to write it into.
async fn write_down(
    jti: Option<&str>,
    refused: Option<&'static str>,
    begun: Option<Begun>,
    headers: &Headers,
) -> Result<bool, Refused> {
    let Some(shares) = shares::registry().await? else { return Ok(false) };
    let posting = begun.as_ref().map(|begun| &begun.posting);
    let written = write_into(&shares, jti, refused, posting, headers).await;
    if let Some(begun) = begun {
        begun.end(&shares).await;
    }
    written?.send_later(shares);
    Ok(true)
}

async fn write_into(
    shares: &Shares,
    jti: Option<&str>,
    refused: Option<&'static str>,
    posting: Option<&Posting>,
    headers: &Headers,
) -> Result<Rc<Audit>, Refused> {
    let audit = Audit::load().await?;
    let share = match jti {
        Some(jti) => shares.share(jti).await?,
        None => None,
    };
    let caller = audit.caller(headers, None);
    let happened = Happened { jti, is_kept: share.is_some(), action: Action::Open, refused, resource: None };
    let written: Result<(), StoreError> = match refused {
        // Each counts: openings, and codes, of which there is a limit.
        None | Some("wrong-code") => {
            let notify = refused.is_none() && share.is_some_and(|share| share.notify);
            match posting {
                Some(posting) => audit.record_opened(shares, &caller, &happened, notify, posting).await,
                None => audit.record(shares, &caller, &happened, notify).await,
            }
        }
        // Links that do not open may be tried as often as somebody likes.
        Some(_) => {
            let of_what = jti.unwrap_or("no share");
            audit.record_once_an_hour(shares, &caller, of_what, &happened).await
        }
    };
    written?;
    Ok(audit)
}
