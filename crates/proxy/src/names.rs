//! The names of one share: what a viewer sees in place of real ids and UIDs.

use deid::ShareKey;

use crate::ids::{OrthancId, Uid};

/// Makes a share's names. There is no way back but to compare.
#[derive(Clone, Debug)]
pub struct Names {
    key: ShareKey,
    retain_uids: bool,
}

impl Names {
    /// With the key of the share's de-identification, and whether its UIDs stay (Retain UIDs Option).
    pub fn new(key: ShareKey, retain_uids: bool) -> Self {
        Self { key, retain_uids }
    }

    /// What stands for the UID.
    pub fn uid(&self, real: &Uid) -> String {
        if self.retain_uids { real.as_str().to_owned() } else { self.key.uid(real.as_str()) }
    }

    /// What stands for the id.
    pub fn orthanc_id(&self, real: &OrthancId) -> String {
        self.key.orthanc_id(real.as_str())
    }

    /// Whether a viewer that says this means that one.
    pub fn is_uid(&self, shown: &Uid, real: &Uid) -> bool {
        self.uid(real) == shown.as_str()
    }

    /// Whether a viewer that says this means that one.
    pub fn is_id(&self, shown: &OrthancId, real: &OrthancId) -> bool {
        self.orthanc_id(real) == shown.as_str()
    }
}
