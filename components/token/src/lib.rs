//! The only holder of the secret key: signs or encrypts tokens, verifies them, and decides what they open.
//! It exports `orthanc-share:token/tokens`; the HTTP components are composed with it (spin.toml).
//!
//! What a token is, and the decision, is in the pure crate `token-core`; here are the clock, the random
//! bytes, the configuration ([`setup`]), what the store says of a share ([`standing`]), and the translation
//! of the interface's words ([`convert`]).

mod convert;
mod setup;
mod standing;

use std::rc::Rc;
use std::time::SystemTime;

use model::Moment;
use token_core::{Access, Claims, Decision, IV_BYTES, Rejection};

use crate::setup::Setup;
use crate::standing::Freshness;

use bindings::exports::orthanc_share::token::tokens::{self as wit, Guest};

mod bindings {
    #![allow(missing_docs, unsafe_code)]
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit",
        world: "token",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        generate_all,
    });
    export!(Component with_types_in self);
    use super::Component;
}

struct Component;

impl Guest for Component {
    async fn issue(claims: wit::Claims) -> Result<String, wit::Rejection> {
        let setup = setup::to_issue().await?;
        Ok(token_core::sign(&setup.tokens.keys().signing, &claims.into(), now(), random()?)?)
    }

    async fn inspect(token: String) -> Result<wit::Claims, wit::Rejection> {
        let setup = setup::get().await?;
        Ok(valid(&setup, &token).await?.as_ref().clone().into())
    }

    async fn identify(token: String) -> Option<wit::Identity> {
        let setup = setup::get().await.ok()?;
        let claims = setup.tokens.verify(&token, now()).ok()?;
        Some(wit::Identity { jti: claims.jti.clone(), share_type: claims.share_type.into() })
    }

    async fn pseudonym_key(token: String) -> Result<Vec<u8>, wit::Rejection> {
        let setup = setup::get().await?;
        let claims = standing::known(&setup, setup.tokens.verify(&token, now())?, Freshness::Recent).await?;
        claims.check_standing(now())?;
        Ok(setup.tokens.pseudonym_key(&token, now())?.to_vec())
    }

    async fn authorize(token: Option<String>, access: wit::Access) -> wit::Answer {
        let setup = match setup::get().await {
            Ok(setup) => setup,
            Err(rejection) => return refused(rejection, 1),
        };
        let claims = match examined(&setup, token, &access, now()) {
            Ok(claims) => claims,
            Err(rejection) => return refused(rejection, standing::validity_cap(false)),
        };
        let known = standing::known(&setup, claims.clone(), Freshness::Recent).await;
        decided(&setup, &claims, known, access, now())
    }

    fn authorize_at_once(token: Option<String>, access: wit::Access) -> Option<wit::Answer> {
        let (setup, now) = (setup::known()?, now());
        let claims = match examined(&setup, token, &access, now) {
            Ok(claims) => claims,
            Err(rejection) => return Some(refused(rejection, standing::validity_cap(false))),
        };
        let known = standing::known_at_once(claims.clone(), now)?;
        Some(decided(&setup, &claims, known, access, now))
    }

    async fn hash_code(jti: String, code: String) -> Result<String, wit::Rejection> {
        let setup = setup::get().await?;
        Ok(token_core::hash_code(&setup.tokens.keys().signing, &jti, &code))
    }

    async fn check_code(jti: String, code: String, kept: String) -> Result<bool, wit::Rejection> {
        let setup = setup::get().await?;
        Ok(token_core::check_code(setup.tokens.keys(), &jti, &code, &kept))
    }
}

/// The claims of a token that is valid now, by what the store says now. The moment of a share that has not
/// begun or has ended is told to the person with the link: it is the holder's own share.
async fn valid(setup: &Setup, token: &str) -> Result<Rc<Claims>, wit::Rejection> {
    let claims = setup.tokens.verify(token, now())?;
    let claims = standing::known(setup, claims, Freshness::Now).await?;
    // Whoever holds the link of a share that was taken back is told so, not when it was to begin or end.
    if claims.revoked {
        return Err(wit::Rejection::Revoked);
    }
    claims.check_standing(now()).map_err(|rejection| match rejection {
        Rejection::NotYetValid => wit::Rejection::NotYetValid(claims.not_before.map(Into::into)),
        Rejection::Expired => wit::Rejection::Expired(claims.expires.map(Into::into)),
        other => other.into(),
    })?;
    Ok(claims)
}

/// What the token of an access says, whatever the store says of its share. No token is an invalid one.
fn examined(
    setup: &Setup,
    token: Option<String>,
    access: &wit::Access,
    now: Moment,
) -> Result<Rc<Claims>, Rejection> {
    let target = access.target.clone().map(Into::into);
    setup.tokens.examine(&token.unwrap_or_default(), target.as_ref(), now)
}

/// The answer to an access by the bearer of a token with these claims, of which this is `known` now.
fn decided(
    setup: &Setup,
    claims: &Claims,
    known: Result<Rc<Claims>, Rejection>,
    access: wit::Access,
    now: Moment,
) -> wit::Answer {
    let target = access.target.map(Into::into);
    let question = Access {
        server: access.server.as_deref(),
        method: access.method.into(),
        target: target.as_ref(),
        download: access.download,
    };
    let cap = standing::validity_cap(claims.registered);
    let decision = match known {
        Ok(known) => token_core::decide(&known, &setup.servers, &question, now, cap),
        // The store may answer again any moment.
        Err(reason @ Rejection::Unavailable) => Decision::Refused { reason: reason.into(), validity: 1 },
        Err(reason) => Decision::Refused { reason: reason.into(), validity: cap },
    };
    wit::Answer { decision: decision.into(), jti: claims.jti.clone(), registered: claims.registered }
}

fn refused(rejection: Rejection, validity: u32) -> wit::Answer {
    let decision = Decision::Refused { reason: rejection.into(), validity };
    wit::Answer { decision: decision.into(), jti: None, registered: false }
}

/// New bytes for the encryption of one token. Without them nothing is issued.
fn random() -> Result<[u8; IV_BYTES], Rejection> {
    let mut bytes = [0; IV_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| {
        eprintln!("token misconfigured the host gives no random bytes");
        Rejection::Misconfigured
    })?;
    Ok(bytes)
}

fn now() -> Moment {
    Moment::from_clock(SystemTime::now())
}
