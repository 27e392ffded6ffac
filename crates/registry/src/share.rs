//! A share's terms as they are kept: all that its token says, and what only the store knows.

use std::fmt;

use model::{Level, Method, Moment, Resource, Shape, ShareType};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// A share. What may be changed later is its label, beginning, end, scope and number of openings.
#[derive(Clone, PartialEq, Eq)]
pub struct Share {
    /// Its own identifier, unique.
    pub jti: String,
    /// The caller's name for it.
    pub id: Option<String>,
    /// A line for people.
    pub label: Option<String>,
    /// Which API it was made with.
    pub shape: Shape,
    /// What it opens with.
    pub share_type: ShareType,
    /// What is shared.
    pub resources: Vec<Resource>,
    /// Whether it is for the anonymized server only.
    pub anonymized: bool,
    /// What may be done with the resources.
    pub methods: Vec<Method>,
    /// Whether they may be taken away as files.
    pub download: bool,
    /// When it was made.
    pub created: Moment,
    /// The user who made it, if users are configured.
    pub created_by: Option<String>,
    /// Its beginning, if it does not begin at once.
    pub not_before: Option<Moment>,
    /// Its end; none means that it has none.
    pub expires: Option<Moment>,
    /// How often it opens; none means as often as one likes.
    pub max_uses: Option<u32>,
    /// The code that it asks for.
    pub code: Option<Code>,
    /// Whether its maker is told when it is opened.
    pub notify: bool,
    /// The hash of its short link's handle, if it has one.
    pub handle: Option<String>,
}

/// What is kept of a code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Its keyed hash, made and compared by the token component.
    pub hash: String,
    /// How many wrong ones are looked at in the share's whole life.
    pub attempts: u32,
}

/// That a share was taken back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When.
    #[serde(with = "crate::times")]
    pub at: Moment,
    /// By which user, if users are configured.
    pub by: Option<String>,
}

impl Share {
    /// Whether its link opens nothing but the landing page: it asks for a code, or counts its openings.
    pub fn is_protected(&self) -> bool {
        self.code.is_some() || self.max_uses.is_some()
    }

    /// As it is kept.
    pub fn to_json(&self) -> Vec<u8> {
        let kept = Kept {
            jti: self.jti.clone(),
            id: self.id.clone(),
            label: self.label.clone(),
            shape: shape_name(self.shape).to_owned(),
            share_type: self.share_type.name().to_owned(),
            resources: self.resources.iter().map(KeptResource::from).collect(),
            anonymized: self.anonymized,
            methods: self.methods.iter().map(|method| method.name().to_owned()).collect(),
            download: self.download,
            created: self.created,
            created_by: self.created_by.clone(),
            not_before: self.not_before,
            expires: self.expires,
            max_uses: self.max_uses,
            code: self.code.clone(),
            notify: self.notify,
            handle: self.handle.clone(),
        };
        // Plain texts, numbers and lists: there is nothing that JSON cannot say.
        serde_json::to_vec(&kept).unwrap_or_default()
    }

    /// From what is kept.
    pub fn from_json(json: &[u8]) -> Result<Self, StoreError> {
        let kept: Kept = serde_json::from_slice(json).map_err(|_| StoreError::NotUnderstood)?;
        kept.read().ok_or(StoreError::NotUnderstood)
    }
}

impl Revocation {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // A time and a name: there is nothing that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn from_json(json: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(json).map_err(|_| StoreError::NotUnderstood)
    }
}

/// Without what may be a person's: names, labels, identifiers.
impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share")
            .field("jti", &self.jti)
            .field("share_type", &self.share_type)
            .field("resources", &self.resources.len())
            .field("anonymized", &self.anonymized)
            .field("not_before", &self.not_before)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The JSON under `share/{jti}`. A field that a later version adds has a default, or a new version of the
/// layout; one that is not known here is ignored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kept {
    jti: String,
    id: Option<String>,
    label: Option<String>,
    shape: String,
    #[serde(rename = "type")]
    share_type: String,
    resources: Vec<KeptResource>,
    anonymized: bool,
    methods: Vec<String>,
    download: bool,
    #[serde(with = "crate::times")]
    created: Moment,
    created_by: Option<String>,
    #[serde(with = "crate::times::optional")]
    not_before: Option<Moment>,
    #[serde(with = "crate::times::optional")]
    expires: Option<Moment>,
    max_uses: Option<u32>,
    code: Option<Code>,
    notify: bool,
    handle: Option<String>,
}

/// Here and in events.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct KeptResource {
    level: String,
    dicom_uid: Option<String>,
    orthanc_id: Option<String>,
}

impl Kept {
    fn read(self) -> Option<Share> {
        let resources: Vec<Resource> =
            self.resources.into_iter().map(KeptResource::read).collect::<Option<_>>()?;
        let methods = self.methods.iter().map(|name| Method::from_name(name)).collect::<Option<Vec<_>>>()?;
        if resources.is_empty() || methods.is_empty() {
            return None;
        }
        Some(Share {
            jti: self.jti,
            id: self.id,
            label: self.label,
            shape: [Shape::Studies, Shape::Resources].into_iter().find(|it| shape_name(*it) == self.shape)?,
            share_type: ShareType::from_name(&self.share_type)?,
            resources,
            anonymized: self.anonymized,
            methods,
            download: self.download,
            created: self.created,
            created_by: self.created_by,
            not_before: self.not_before,
            expires: self.expires,
            max_uses: self.max_uses,
            code: self.code,
            notify: self.notify,
            handle: self.handle,
        })
    }
}

impl From<&Resource> for KeptResource {
    fn from(resource: &Resource) -> Self {
        let Resource { level, dicom_uid, orthanc_id } = resource;
        Self { level: level.name().to_owned(), dicom_uid: dicom_uid.clone(), orthanc_id: orthanc_id.clone() }
    }
}

impl KeptResource {
    pub(crate) fn read(self) -> Option<Resource> {
        let level = Level::from_name(&self.level)?;
        Some(Resource { level, dicom_uid: self.dicom_uid, orthanc_id: self.orthanc_id })
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Studies => "studies",
        Shape::Resources => "resources",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A share of one study from 1000 to 2000 seconds after the epoch.
    pub(crate) fn share(jti: &str) -> Share {
        Share {
            jti: jti.into(),
            id: Some("demo".into()),
            label: Some("For Dr Example".into()),
            shape: Shape::Studies,
            share_type: ShareType::StoneViewerPublication,
            resources: vec![Resource::study(Some("1.2.3".into()), Some("9cba1037".into()))],
            anonymized: false,
            methods: vec![Method::Get],
            download: true,
            created: Moment::from_unix_seconds(900),
            created_by: Some("alice".into()),
            not_before: Some(Moment::from_unix_seconds(1000)),
            expires: Some(Moment::from_unix_seconds(2000).with_offset_minutes(120)),
            max_uses: None,
            code: None,
            notify: false,
            handle: None,
        }
    }

    #[test]
    fn a_share_reads_back_as_it_was_kept() {
        let all = Share {
            shape: Shape::Resources,
            max_uses: Some(3),
            code: Some(Code { hash: "h".into(), attempts: 10 }),
            notify: true,
            handle: Some("ab".into()),
            methods: vec![Method::Get, Method::Put],
            ..share("a")
        };
        let none =
            Share { id: None, label: None, not_before: None, expires: None, created_by: None, ..share("b") };
        for share in [share("a"), all, none] {
            let read = Share::from_json(&share.to_json()).unwrap();
            assert!(read == share, "{read:?}");
            assert_eq!(read.expires.map(|end| end.to_string()), share.expires.map(|end| end.to_string()));
        }
    }

    #[test]
    fn debug_shows_nobody() {
        let shown = format!("{:?}", share("jti-1"));
        for secret in ["demo", "Example", "1.2.3", "9cba", "alice"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_share_without_resource_or_method_is_none() {
        for bad in [Share { resources: vec![], ..share("a") }, Share { methods: vec![], ..share("a") }] {
            assert!(Share::from_json(&bad.to_json()).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Share::from_json(&bytes);
        }
    }
}
