//! The holder of a link to an anonymized share: a token, and the names that it knows the studies by.

use std::time::SystemTime;

use anyhow::Result;
use model::{Moment, Resource};
use paths::inputs;
use proxy::{Names, OrthancId, Uid};
use token_core::{Claims, Key, KeyRing};

use crate::request;

/// A token with its share's names.
pub struct Bearer {
    /// An encrypted one.
    pub token: String,
    names: Names,
}

impl Bearer {
    /// Of a share of this study alone.
    pub fn of(study: &Resource) -> Result<Self> {
        // What is remembered of a share is found by its identifier: each study's is another.
        let jti = study.orthanc_id.clone();
        let claims = Claims { jti, resources: vec![study.clone()], ..inputs::claims(1, true) };
        let token = request::token(&claims)?;
        let keys = KeyRing::new(Key::new(inputs::SECRET.as_bytes())?);
        let key = token_core::pseudonym_key(&keys, &token, Moment::from_clock(SystemTime::now()))?;
        Ok(Self { token, names: Names::new(proxy::share_key(&key), false) })
    }

    /// What stands for the UID; nothing for what is none.
    pub fn uid(&self, uid: Option<&str>) -> String {
        uid.and_then(Uid::parse).map(|uid| self.names.uid(&uid)).unwrap_or_default()
    }

    /// What stands for Orthanc's id; nothing for what is none.
    pub fn id(&self, id: &str) -> String {
        OrthancId::parse(id).map(|id| self.names.orthanc_id(&id)).unwrap_or_default()
    }
}
