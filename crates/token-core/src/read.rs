//! The JSON of a token to claims, in every shape that one of the Python services ever wrote.
//! Texts are borrowed from the payload, and only what the caller wants of the resources is copied.

use std::borrow::Cow;

use model::{Level, Method, Moment, Purpose, Resource, ShareType};
use serde::{Deserialize, Deserializer};

use crate::{Claims, Rejection, jws::is_object, jws::present};
use model::Shape;

/// The claims in a payload whose signature is good, with those resources that `keep` wants.
///
/// A resource without identifier or with an unknown level is left out, so that a link with one
/// flaw still opens the rest; if none is left the token is [`Rejection::Malformed`], as it is for
/// everything else that no service writes.
pub(crate) fn claims(payload: &[u8], keep: impl Fn(&Shared<'_>) -> bool) -> Result<Claims, Rejection> {
    try_claims(payload, keep).ok_or(Rejection::Malformed)
}

fn try_claims(json: &[u8], keep: impl Fn(&Shared<'_>) -> bool) -> Option<Claims> {
    if !is_object(json) {
        return None;
    }
    let payload: Payload<'_> = serde_json::from_slice(json).ok()?;
    if payload.aud {
        return None;
    }
    let (shape, shared) = match (payload.studies, payload.resources) {
        (Some(studies), None) => (Shape::Studies, as_studies(studies)),
        (None, Some(resources)) => (Shape::Resources, resources),
        (None, None) => {
            let only = Shared { dicom_uid: payload.dicom_uid, orthanc_id: payload.orthanc_id, level: None };
            (Shape::Studies, as_studies(vec![only]))
        }
        (Some(_), Some(_)) => return None,
    };
    let mut usable = shared.iter().filter(|shared| shared.is_usable()).peekable();
    usable.peek()?;
    let resources = usable.filter(|shared| keep(shared)).filter_map(Shared::resource).collect();

    let expiration_date = match payload.expiration_date {
        Some(text) => Some(Moment::parse(&text.0).ok()?),
        None => None,
    };
    Some(Claims {
        jti: payload.jti.map(Text::into_string),
        id: payload.id.map(Text::into_string),
        shape,
        share_type: ShareType::from_name(&payload.share_type)?,
        resources,
        anonymized: payload.anonymized,
        methods: methods(payload.methods)?,
        not_before: payload.nbf.map(numeric_date),
        expires: earlier(expiration_date, payload.exp.map(numeric_date)),
        download: payload.download.unwrap_or(true),
        purpose: purpose(payload.purpose)?,
        registered: payload.registered,
        revoked: false,
    })
}

/// What any of the services may have written; of what only one writes, the rest say nothing.
/// They write names with `_`, and read them with `-` too, as in the bodies of requests: somebody's own script
/// may have signed these.
/// `validity_duration` is not among it: its service turns a duration into `expiration_date`
/// before it signs (app.py, `create_token`), and reads only the date.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    studies: Option<Vec<Shared<'a>>>,
    #[serde(borrow)]
    resources: Option<Vec<Shared<'a>>>,
    /// The oldest shape, until October 2022: one study, without a list around it.
    #[serde(borrow, alias = "dicom-uid")]
    dicom_uid: Option<Text<'a>>,
    #[serde(borrow, alias = "orthanc-id")]
    orthanc_id: Option<Text<'a>>,
    #[serde(default)]
    anonymized: bool,
    #[serde(borrow, rename = "type")]
    share_type: Cow<'a, str>,
    #[serde(borrow, alias = "expiration-date")]
    expiration_date: Option<Text<'a>>,
    #[serde(borrow)]
    jti: Option<Text<'a>>,
    #[serde(borrow)]
    methods: Option<Vec<Text<'a>>>,
    download: Option<bool>,
    #[serde(borrow)]
    purpose: Option<Text<'a>>,
    #[serde(default)]
    registered: bool,
    #[serde(default, deserialize_with = "number")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    nbf: Option<f64>,
    /// Must be a number, but may lie in the future: the services of the time accepted that.
    #[serde(default, rename = "iat", deserialize_with = "number")]
    _iat: Option<f64>,
    /// A token for somebody else: the services never named themselves an audience.
    #[serde(default, deserialize_with = "present")]
    aud: bool,
}

/// A text that is borrowed where JSON needs no unescaping. (Serde does not borrow a
/// `Cow` inside an `Option` by itself.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    fn into_string(self) -> String {
        self.0.into_owned()
    }
}

/// One entry of `studies[]` or `resources[]`.
#[derive(Deserialize)]
pub(crate) struct Shared<'a> {
    #[serde(borrow, alias = "dicom-uid")]
    dicom_uid: Option<Text<'a>>,
    #[serde(borrow, alias = "orthanc-id")]
    orthanc_id: Option<Text<'a>>,
    #[serde(borrow)]
    level: Option<Text<'a>>,
}

impl Shared<'_> {
    /// Whether it can be what is asked for: a first, cheap look that lets everything through
    /// which [`Resource::agrees_with`] may then grant.
    pub(crate) fn may_be(&self, target: Option<&Resource>) -> bool {
        let same = |ours: &Option<Text<'_>>, asked: &Option<String>| {
            known(ours).is_some_and(|ours| Some(ours) == asked.as_deref())
        };
        target.is_some_and(|target| {
            same(&self.dicom_uid, &target.dicom_uid) || same(&self.orthanc_id, &target.orthanc_id)
        })
    }

    fn is_usable(&self) -> bool {
        self.known_level().is_some()
            && (known(&self.dicom_uid).is_some() || known(&self.orthanc_id).is_some())
    }

    fn resource(&self) -> Option<Resource> {
        Some(Resource {
            level: self.known_level()?,
            dicom_uid: known(&self.dicom_uid).map(str::to_owned),
            orthanc_id: known(&self.orthanc_id).map(str::to_owned),
        })
    }

    fn known_level(&self) -> Option<Level> {
        Level::from_name(known(&self.level)?)
    }
}

/// Entries of `studies[]` have no level, since they are all studies.
fn as_studies(mut entries: Vec<Shared<'_>>) -> Vec<Shared<'_>> {
    for entry in &mut entries {
        entry.level = Some(Text(Cow::Borrowed(Level::Study.name())));
    }
    entries
}

/// An empty text counts as none.
fn known<'a>(text: &'a Option<Text<'_>>) -> Option<&'a str> {
    text.as_ref().map(|text| &*text.0).filter(|text| !text.is_empty())
}

/// Only reading, unless the token says more. A list in which nothing is understood is no list.
fn methods(names: Option<Vec<Text<'_>>>) -> Option<Vec<Method>> {
    let Some(names) = names else { return Some(vec![Method::Get]) };
    let listed = |method: &&Method| names.iter().any(|name| name.0 == method.name());
    let methods: Vec<_> = Method::ALL.iter().filter(listed).copied().collect();
    (!methods.is_empty()).then_some(methods)
}

/// Viewing, unless the token says less. One that is not understood may mean less still: it is refused.
fn purpose(name: Option<Text<'_>>) -> Option<Purpose> {
    name.map_or(Some(Purpose::Viewing), |name| Purpose::from_name(&name.0))
}

/// A NumericDate of RFC 7519 §2 as PyJWT reads it: whole seconds, a fraction cut off. (It is not
/// [`Moment::from_number`], which takes large numbers for milliseconds.)
fn numeric_date(seconds: f64) -> Moment {
    // `as` saturates, so that 1e30 becomes the last moment.
    Moment::from_unix_seconds(seconds as i64)
}

/// The earlier of the two ends. When they are the same instant, the one with the offset stays.
fn earlier(date: Option<Moment>, exp: Option<Moment>) -> Option<Moment> {
    match (date, exp) {
        (Some(date), Some(exp)) => Some(date.min(exp)),
        (date, exp) => date.or(exp),
    }
}

/// A number and nothing else: null is no date, and must not stand for "never".
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    f64::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
