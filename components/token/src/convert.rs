//! The interface's words into those of the crates, and back. Each is one match: a word that one side
//! gains does not compile until the other side has it.

use token_core::{Claims, Decision, Refusal, Rejection};

use crate::wit;

// Levels, methods, shapes, types, resources and moments, as on the interface's other side.
model::wit_words!(wit);

/// The bare word, without the moment that it could carry.
impl From<Rejection> for wit::Rejection {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Invalid => Self::Invalid,
            Rejection::Malformed => Self::Malformed,
            Rejection::NotYetValid => Self::NotYetValid(None),
            Rejection::Expired => Self::Expired(None),
            Rejection::Revoked => Self::Revoked,
            Rejection::Unknown => Self::Unknown,
            Rejection::Unavailable => Self::Unavailable,
            Rejection::Misconfigured => Self::Misconfigured,
        }
    }
}

impl From<wit::Claims> for Claims {
    fn from(claims: wit::Claims) -> Self {
        Self {
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
            // Nobody asks for a token of a share that was taken back.
            revoked: false,
        }
    }
}

impl From<Claims> for wit::Claims {
    fn from(claims: Claims) -> Self {
        Self {
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
        }
    }
}

impl From<Decision> for wit::Decision {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Granted { validity } => Self::Granted(validity),
            Decision::Refused { reason, validity } => Self::Refused((reason.into(), validity)),
        }
    }
}

impl From<Refusal> for wit::Refusal {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Token(rejection) => Self::Token(rejection.into()),
            Refusal::WrongServer => Self::WrongServer,
            Refusal::NotOpened => Self::NotOpened,
            Refusal::MethodNotAllowed => Self::MethodNotAllowed,
            Refusal::DownloadNotAllowed => Self::DownloadNotAllowed,
            Refusal::NotAResource => Self::NotAResource,
            Refusal::NotShared => Self::NotShared,
        }
    }
}
