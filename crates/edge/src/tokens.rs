//! The token component, as the HTTP components see it: they ask, it answers. What is secret stays there.

use links::Shared;
use model::{Method, Moment, Resource, Shape, ShareType};

mod bindings {
    #![allow(missing_docs, unsafe_code)]
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit",
        world: "token-user",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

use bindings::orthanc_share::token::tokens as wit;
pub use wit::{Decision, Refusal, Rejection};

/// What a share grants; see `claims` in wit/token.wit.
#[derive(Clone)]
pub struct Claims {
    /// The share's own identifier; absent in tokens of other services.
    pub jti: Option<String>,
    /// The caller's name for the share.
    pub id: Option<String>,
    /// Which API's names the token uses.
    pub shape: Shape,
    /// What it opens with.
    pub share_type: ShareType,
    /// What is shared.
    pub resources: Vec<Resource>,
    /// Whether it is for the anonymized server only.
    pub anonymized: bool,
    /// Its end, if it has one.
    pub expires: Option<Moment>,
}

impl Claims {
    /// What its link is made from.
    pub fn shared(&self) -> Shared<'_> {
        self.shared_as(&self.resources)
    }

    /// The same, with the resources as a viewer knows them.
    pub fn shared_as<'a>(&self, resources: &'a [Resource]) -> Shared<'a> {
        Shared { shape: self.shape, share_type: self.share_type, anonymized: self.anonymized, resources }
    }
}

/// Signs a share that allows reading, from now on.
pub async fn issue(claims: &Claims) -> Result<String, Rejection> {
    wit::issue(wit::Claims {
        jti: claims.jti.clone(),
        id: claims.id.clone(),
        shape: claims.shape.into(),
        share_type: claims.share_type.into(),
        resources: claims.resources.iter().cloned().map(Into::into).collect(),
        anonymized: claims.anonymized,
        methods: vec![wit::Method::Get],
        not_before: None,
        expires: claims.expires.map(Into::into),
    })
    .await
}

/// The claims of a token that is valid now.
pub async fn inspect(token: &str) -> Result<Claims, Rejection> {
    let claims = wit::inspect(token.to_owned()).await?;
    Ok(Claims {
        jti: claims.jti,
        id: claims.id,
        shape: claims.shape.into(),
        share_type: claims.share_type.into(),
        resources: claims.resources.into_iter().map(Into::into).collect(),
        anonymized: claims.anonymized,
        expires: claims.expires.map(Into::into),
    })
}

/// The key of an anonymized share's pseudonyms; see wit/token.wit.
pub async fn pseudonym_key(token: &str) -> Result<Vec<u8>, Rejection> {
    wit::pseudonym_key(token.to_owned()).await
}

/// Whether the bearer of the token may do this now. A missing token opens nothing, nor does a missing
/// target: that is how the plugin's level `system` is asked.
pub async fn authorize(
    token: Option<&str>,
    server: Option<&str>,
    method: Method,
    target: Option<Resource>,
) -> Decision {
    let access = wit::Access {
        server: server.map(str::to_owned),
        method: method.into(),
        target: target.map(Into::into),
    };
    wit::authorize(token.map(str::to_owned), access).await
}

/// The reason as one word, for the log.
pub fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Token(rejection) => rejection_word(rejection),
        Refusal::WrongServer => "wrong-server",
        Refusal::MethodNotAllowed => "method-not-allowed",
        Refusal::NotAResource => "not-a-resource",
        Refusal::NotShared => "not-shared",
    }
}

/// The rejection as one word, for the log.
pub fn rejection_word(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::Invalid => "invalid",
        Rejection::Malformed => "malformed",
        Rejection::NotYetValid(_) => "not-yet-valid",
        Rejection::Expired(_) => "expired",
        Rejection::Revoked => "revoked",
        Rejection::Misconfigured => "misconfigured",
    }
}

// Levels, methods, shapes, types, resources and moments, as on the interface's other side.
model::wit_words!(wit);
