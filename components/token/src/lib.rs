//! The only holder of the secret key: signs or encrypts tokens, verifies them, and decides what they open.
//! It exports `orthanc-share:token/tokens`; the HTTP components are composed with it (spin.toml).
//!
//! What a token is, and the decision, is in the pure crate `token-core`; here are the clock,
//! the random bytes, the configuration ([`setup`]) and the translation of the interface's words ([`convert`]).

mod convert;
mod setup;

use std::time::SystemTime;

use model::Moment;
use token_core::{Access, DEFAULT_VALIDITY_CAP, IV_BYTES, Rejection};

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
        let setup = setup::get().await?;
        Ok(token_core::sign(&setup.keys.signing, &claims.into(), now(), random()?)?)
    }

    async fn inspect(token: String) -> Result<wit::Claims, wit::Rejection> {
        let setup = setup::get().await?;
        let claims = token_core::verify(&setup.keys, &token, now())?;
        claims.check_time(now()).map_err(|rejection| match rejection {
            // Told to the person with the link: it is the holder's own share.
            Rejection::NotYetValid => wit::Rejection::NotYetValid(claims.not_before.map(Into::into)),
            Rejection::Expired => wit::Rejection::Expired(claims.expires.map(Into::into)),
            other => other.into(),
        })?;
        Ok(claims.into())
    }

    async fn pseudonym_key(token: String) -> Result<Vec<u8>, wit::Rejection> {
        let setup = setup::get().await?;
        let claims = token_core::verify(&setup.keys, &token, now())?;
        claims.check_time(now())?;
        Ok(token_core::pseudonym_key(&setup.keys, &token, now())?.to_vec())
    }

    async fn authorize(token: Option<String>, access: wit::Access) -> wit::Decision {
        let setup = match setup::get().await {
            Ok(setup) => setup,
            Err(rejection) => return wit::Decision::Refused((wit::Refusal::Token(rejection.into()), 1)),
        };
        let target = access.target.map(Into::into);
        let question = Access {
            server: access.server.as_deref(),
            method: access.method.into(),
            target: target.as_ref(),
        };
        let token = token.unwrap_or_default();
        token_core::authorize(&setup.keys, &token, &setup.servers, &question, now(), DEFAULT_VALIDITY_CAP)
            .into()
    }
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
