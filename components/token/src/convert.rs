//! The interface's words into those of the crates, and back. Each is one match: a word that one side
//! gains does not compile until the other side has it.

use model::{Level, Method, Moment, Resource, Shape, ShareType};
use token_core::{Claims, Decision, Refusal, Rejection};

use crate::wit;

/// Enums whose variants have the same names on both sides.
macro_rules! same_words {
    ($($ours:ident = $theirs:ident { $($variant:ident),+ })+) => { $(
        impl From<$ours> for wit::$theirs {
            fn from(value: $ours) -> Self {
                match value { $($ours::$variant => Self::$variant,)+ }
            }
        }
        impl From<wit::$theirs> for $ours {
            fn from(value: wit::$theirs) -> Self {
                match value { $(wit::$theirs::$variant => Self::$variant,)+ }
            }
        }
    )+ };
}

same_words! {
    Level = Level { Patient, Study, Series, Instance }
    Method = Method { Get, Post, Put, Delete }
    Shape = Shape { Studies, Resources }
    ShareType = ShareType {
        OsimisViewerPublication, MeddreamInstantLink, MeddreamViewerPublication, StoneViewerPublication,
        OhifViewerPublication, VolviewViewerPublication, ViewerInstantLink, DownloadInstantLink
    }
}

impl From<wit::Resource> for Resource {
    fn from(resource: wit::Resource) -> Self {
        Self { level: resource.level.into(), dicom_uid: resource.dicom_uid, orthanc_id: resource.orthanc_id }
    }
}

impl From<Resource> for wit::Resource {
    fn from(resource: Resource) -> Self {
        Self { level: resource.level.into(), dicom_uid: resource.dicom_uid, orthanc_id: resource.orthanc_id }
    }
}

/// The bare word, without the moment that it could carry.
impl From<Rejection> for wit::Rejection {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Invalid => Self::Invalid,
            Rejection::Malformed => Self::Malformed,
            Rejection::NotYetValid => Self::NotYetValid(None),
            Rejection::Expired => Self::Expired(None),
            Rejection::Revoked => Self::Revoked,
            Rejection::Misconfigured => Self::Misconfigured,
        }
    }
}

fn moment(moment: wit::Moment) -> Moment {
    Moment::from_unix_micros(moment.unix_micros).with_offset_minutes(moment.offset_minutes)
}

pub fn wit_moment(moment: Moment) -> wit::Moment {
    wit::Moment { unix_micros: moment.unix_micros(), offset_minutes: moment.offset_minutes() }
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
            not_before: claims.not_before.map(moment),
            expires: claims.expires.map(moment),
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
            not_before: claims.not_before.map(wit_moment),
            expires: claims.expires.map(wit_moment),
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
            Refusal::MethodNotAllowed => Self::MethodNotAllowed,
            Refusal::NotAResource => Self::NotAResource,
            Refusal::NotShared => Self::NotShared,
        }
    }
}
