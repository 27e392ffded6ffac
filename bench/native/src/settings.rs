//! The application's variables, checked by the same crate as in the components, and read once for each thread.
//! One that is not given is empty, as the manifest's defaults are.

use std::collections::HashMap;

use anyhow::Context;
use api::auth::Users;
use deid::{Options, Profile};
use hyper_util::client::legacy::connect::HttpConnector;
use links::ViewerRoots;
use token_core::{Key, KeyRing, Remembered, Servers};

use crate::anonymizer::MOUNT;
use crate::upstream::{self, Client};

/// Names and values.
pub type Variables = HashMap<String, String>;

/// What all handlers need.
pub struct Settings {
    pub tokens: Remembered,
    pub servers: Servers,
    pub users: Option<Users>,
    pub roots: ViewerRoots,
    pub dicomweb_find: bool,
    /// Of the anonymizer: where Orthanc is, with a slash at its end.
    pub orthanc: Option<String>,
    pub public_root: String,
    pub profile: Profile,
    pub allows_pixels: bool,
    pub modalities: Vec<String>,
    pub client: Client,
}

impl Settings {
    /// From these variables.
    pub fn read(variables: &Variables) -> anyhow::Result<Self> {
        let value = |name: &str| variables.get(name).map(String::as_str).unwrap_or_default();
        let signing = Key::new(config::secret_key(value("secret_key"))?).context("secret_key")?;
        let servers = Servers {
            standard: config::server_identifier(value("server_identifier"))?.map(str::to_owned),
            anonymized: config::anonymized_server_identifier(value("anonymized_server_identifier"))?
                .map(str::to_owned),
        };
        let public = config::public_anonymized_orthanc_root(value("public_anonymized_orthanc_root"))?;
        let roots = config::viewer_roots(|name| Some(value(name).to_owned()))?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            tokens: Remembered::new(KeyRing::new(signing)),
            servers,
            users: config::users(value("users"))?,
            roots,
            dicomweb_find: config::dicomweb_find(value("dicomweb_find"))?,
            orthanc: config::orthanc_root(value("orthanc_root"))?.map(|root| root.as_str().to_owned()),
            public_root: public.map_or_else(|| format!("{MOUNT}/"), |root| root.as_str().to_owned()),
            profile: Profile::new(Options::default()),
            allows_pixels: config::anonymize_pixels(value("anonymize_pixels"))?,
            modalities: config::anonymize_pixels_modalities(value("anonymize_pixels_modalities"))?,
            client: upstream::client(connector),
        })
    }
}
