//! Who asks: the bearer of a token of an anonymized share that is live. The decision on each study is the
//! token component's, on every request.

use std::rc::Rc;

use api::Problem;
use deid::Engine;
use edge::request::Headers;
use edge::{log, tokens};
use proxy::Names;

use crate::memory;
use crate::orthanc::Orthanc;
use crate::settings::Settings;
use crate::share::Share;

/// The share of a request's token.
pub async fn share(settings: Rc<Settings>, headers: &Headers, query: &str) -> Result<Share, Problem> {
    let refused = |reason: &str| {
        log::refused("anonymizer", reason, headers);
        Problem::new(403, "the token does not open this")
    };
    let token = headers.get("token");
    let authorization = headers.get("authorization");
    let token = proxy::presented(token.as_deref(), authorization.as_deref(), query)
        .ok_or_else(|| refused("no-token"))?;
    let claims =
        tokens::inspect(&token).await.map_err(|rejection| refused(tokens::rejection_word(rejection)))?;
    if !claims.anonymized {
        return Err(refused("not-anonymized"));
    }
    let Some(server) = settings.identifier.clone() else { return Err(refused("no-anonymized-server")) };
    let pseudonym_key = tokens::pseudonym_key(&token)
        .await
        .map_err(|rejection| refused(tokens::rejection_word(rejection)))?;
    let key = memory::share_key(&pseudonym_key);
    let names = Names::new(key.clone(), settings.profile.options().retain_uids);
    let engine = std::sync::Arc::new(Engine { profile: settings.profile.clone(), key });
    let orthanc = Orthanc::new(settings.clone(), Some(&token));
    let share = Share {
        settings,
        orthanc,
        names,
        engine,
        key: pseudonym_key,
        server,
        token,
        resources: claims.resources,
        headers: headers.clone(),
    };
    share.must_be_open().await?;
    Ok(share)
}
