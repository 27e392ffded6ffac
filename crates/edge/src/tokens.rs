//! The token component, as the HTTP components see it: they ask, it answers. What is secret stays there.

use links::Shared;
use model::{Method, Moment, Purpose, Resource, Shape, ShareType};
use registry::Share;

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
pub use wit::{Answer, Decision, Refusal, Rejection};

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
    /// What may be done with it.
    pub methods: Vec<Method>,
    /// Its beginning, if it does not begin at once.
    pub not_before: Option<Moment>,
    /// Its end, if it has one.
    pub expires: Option<Moment>,
    /// Whether it may be taken away as files.
    pub download: bool,
    /// What the token is for.
    pub purpose: Purpose,
    /// Whether the store knows the share.
    pub registered: bool,
}

impl From<&Share> for Claims {
    /// Those of the link to a share that the store knows.
    fn from(share: &Share) -> Self {
        Self {
            jti: Some(share.jti.clone()),
            id: share.id.clone(),
            shape: share.shape,
            share_type: share.share_type,
            resources: share.resources.clone(),
            anonymized: share.anonymized,
            methods: share.methods.clone(),
            not_before: share.not_before,
            expires: share.expires,
            download: share.download,
            purpose: if share.is_protected() { Purpose::Opening } else { Purpose::Viewing },
            registered: true,
        }
    }
}

impl Claims {
    /// Those of a share that the store knows, for a token that goes into an address. The store has the last
    /// word on what is shared: the first resource stands for all, so that a long list fits.
    pub fn brief(share: &Share) -> Self {
        let mut claims = Self::from(share);
        claims.resources.truncate(1);
        claims
    }

    /// Whether the bearer may know the ids of what is shared. To the Authorization plugin (since 0.9.3) they
    /// are more: it lets the bearer find these studies, on whatever server it is, and asks nobody. So they are
    /// those of a token that reads, from the standard server.
    pub fn is_told(&self) -> bool {
        !self.anonymized && self.purpose != Purpose::Opening
    }

    /// What its link is made from.
    pub fn shared(&self) -> Shared<'_> {
        self.shared_as(&self.resources)
    }

    /// The same, with the resources as a viewer knows them.
    pub fn shared_as<'a>(&self, resources: &'a [Resource]) -> Shared<'a> {
        Shared { shape: self.shape, share_type: self.share_type, anonymized: self.anonymized, resources }
    }
}

/// Signs a share.
pub async fn issue(claims: &Claims) -> Result<String, Rejection> {
    wit::issue(wit::Claims {
        jti: claims.jti.clone(),
        id: claims.id.clone(),
        shape: claims.shape.into(),
        share_type: claims.share_type.into(),
        resources: claims.resources.iter().cloned().map(Into::into).collect(),
        anonymized: claims.anonymized,
        methods: claims.methods.iter().copied().map(Into::into).collect(),
        not_before: claims.not_before.map(Into::into),
        expires: claims.expires.map(Into::into),
        download: claims.download,
        purpose: claims.purpose.into(),
        registered: claims.registered,
    })
    .await
}

/// The claims of a token that is valid now, by what the store says now.
pub async fn inspect(token: &str) -> Result<Claims, Rejection> {
    let claims = wit::inspect(token.to_owned()).await?;
    Ok(Claims {
        jti: claims.jti,
        id: claims.id,
        shape: claims.shape.into(),
        share_type: claims.share_type.into(),
        resources: claims.resources.into_iter().map(Into::into).collect(),
        anonymized: claims.anonymized,
        methods: claims.methods.into_iter().map(Into::into).collect(),
        not_before: claims.not_before.map(Into::into),
        expires: claims.expires.map(Into::into),
        download: claims.download,
        purpose: claims.purpose.into(),
        registered: claims.registered,
    })
}

/// Which share a token of ours is of, whether it is valid now or not.
pub struct Identity {
    /// The share's own identifier; absent in tokens of other services.
    pub jti: Option<String>,
    /// What it opens with.
    pub share_type: ShareType,
}

/// See [`Identity`]; none if it is no token of ours.
pub async fn identify(token: &str) -> Option<Identity> {
    let identity = wit::identify(token.to_owned()).await?;
    Some(Identity { jti: identity.jti, share_type: identity.share_type.into() })
}

/// What to keep of a share's code; see wit/token.wit.
pub async fn hash_code(jti: &str, code: &str) -> Result<String, Rejection> {
    wit::hash_code(jti.to_owned(), code.to_owned()).await
}

/// Whether this is the share's code.
pub async fn check_code(jti: &str, code: &str, kept: &str) -> Result<bool, Rejection> {
    wit::check_code(jti.to_owned(), code.to_owned(), kept.to_owned()).await
}

/// The key of an anonymized share's pseudonyms; see wit/token.wit.
pub async fn pseudonym_key(token: &str) -> Result<Vec<u8>, Rejection> {
    wit::pseudonym_key(token.to_owned()).await
}

/// The same for a share whose token is not valid now, or not yet kept. The key depends on the share's own
/// identifier and on the secret key alone: that of a token without times, which nobody gets, is the same.
pub async fn pseudonym_key_of(share: &Claims) -> Result<Vec<u8>, Rejection> {
    let timeless = Claims {
        not_before: None,
        expires: None,
        purpose: Purpose::Viewing,
        registered: false,
        ..share.clone()
    };
    pseudonym_key(&issue(&timeless).await?).await
}

/// Whether the bearer of the token may do this now. A missing token opens nothing, nor does a missing
/// target: that is how the plugin's level `system` is asked.
pub async fn authorize(
    token: Option<&str>,
    server: Option<&str>,
    method: Method,
    target: Option<Resource>,
    download: bool,
) -> Answer {
    let access = wit::Access {
        server: server.map(str::to_owned),
        method: method.into(),
        target: target.map(Into::into),
        download,
    };
    match wit::authorize_at_once(token, &access) {
        Some(answer) => answer,
        None => wit::authorize(token.map(str::to_owned), access).await,
    }
}

/// The reason as one word, for the log.
pub fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Token(rejection) => rejection_word(rejection),
        Refusal::WrongServer => "wrong-server",
        Refusal::NotOpened => "not-opened",
        Refusal::MethodNotAllowed => "method-not-allowed",
        Refusal::DownloadNotAllowed => "download-not-allowed",
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
        Rejection::Unknown => "unknown-share",
        Rejection::Unavailable => "store-unavailable",
        Rejection::Misconfigured => "misconfigured",
    }
}

// Levels, methods, shapes, types, resources and moments, as on the interface's other side.
model::wit_words!(wit);
