//! What the anonymizer is configured with.

use std::rc::Rc;

use api::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::Longitudinal;
use deid::{Options, Profile};
use edge::settings::{Kept, Misconfigured, kept, variable};

/// The component's variables.
pub struct Settings {
    /// Where Orthanc is, with a slash at its end; none if there is no anonymizer.
    pub root: Option<String>,
    /// The header `Authorization` for that Orthanc.
    pub authorization: Option<String>,
    /// Which server the anonymized one is; without, no share opens.
    pub identifier: Option<String>,
    /// Where browsers find this proxy, with a slash at its end.
    pub public_root: String,
    /// What is done with each attribute.
    pub profile: Profile,
    /// Whether pixels may pass that may identify somebody.
    pub allows_pixels: bool,
    /// Modalities besides those of the profile whose pixels may identify somebody.
    pub modalities: Vec<String>,
}

impl Settings {
    /// Where Orthanc is.
    pub fn root(&self) -> Result<&str, Problem> {
        self.root.as_deref().ok_or_else(Problem::not_found)
    }
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

/// This instance's settings.
pub async fn get() -> Result<Rc<Settings>, Misconfigured> {
    kept(&SETTINGS, || async {
        let root = config::orthanc_root(&variable("orthanc_root").await?)?;
        let identifier = variable("anonymized_server_identifier").await?;
        let public =
            config::public_anonymized_orthanc_root(&variable("public_anonymized_orthanc_root").await?)?;
        let default_root = || format!("{}/", crate::MOUNT);
        Ok(Settings {
            root: root.map(|root| root.as_str().to_owned()),
            authorization: authorization().await?,
            identifier: config::anonymized_server_identifier(&identifier)?.map(str::to_owned),
            public_root: public.map_or_else(default_root, |root| root.as_str().to_owned()),
            profile: Profile::new(options().await?),
            allows_pixels: config::anonymize_pixels(&variable("anonymize_pixels").await?)?,
            modalities: config::anonymize_pixels_modalities(&variable("anonymize_pixels_modalities").await?)?,
        })
    })
    .await
}

async fn authorization() -> Result<Option<String>, Misconfigured> {
    let (username, password) = (variable("orthanc_username").await?, variable("orthanc_password").await?);
    let Some(username) = config::orthanc_username(&username)? else { return Ok(None) };
    let password = config::orthanc_password(&password)?;
    Ok(Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))))
}

async fn options() -> Result<Options, Misconfigured> {
    let longitudinal = config::retain_longitudinal(&variable("retain_longitudinal").await?)?;
    Ok(Options {
        retain_uids: flag("retain_uids").await?,
        longitudinal: match longitudinal {
            Longitudinal::None => deid::Longitudinal::Removed,
            Longitudinal::Full => deid::Longitudinal::FullDates,
            Longitudinal::Modified => deid::Longitudinal::ModifiedDates,
        },
        retain_patient_characteristics: flag("retain_patient_characteristics").await?,
        retain_device_identity: flag("retain_device_identity").await?,
        retain_institution_identity: flag("retain_institution_identity").await?,
        clean_descriptors: flag("clean_descriptors").await?,
    })
}

async fn flag(name: &'static str) -> Result<bool, Misconfigured> {
    Ok(config::flag(name, &variable(name).await?)?)
}
