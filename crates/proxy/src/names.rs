//! The names of one share: what a viewer sees in place of real ids and UIDs.

use deid::ShareKey;

use crate::ids::{OrthancId, Uid};

/// Makes a share's names. There is no way back but to compare.
#[derive(Clone, Debug)]
pub struct Names {
    key: ShareKey,
    retain_uids: bool,
}

/// The key of a share's de-identification from what the token component gives for the share. Links, which
/// name studies to viewers, need the same key as the proxy.
pub fn share_key(pseudonym_key: &[u8]) -> ShareKey {
    // The token component has already bound it to the share.
    ShareKey::derive(pseudonym_key, "")
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
}
