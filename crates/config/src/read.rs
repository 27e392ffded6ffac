//! The typed reading of each variable. An empty value is one that is not set; most take a blank one for that too.

use api::{
    auth::Users,
    profile::{UserProfile, UserProfiles},
    roles::Roles,
};
use links::{OhifDataSource, Root, ServiceUrl, ViewerRoots};

use crate::{ConfigError, anonymizer::flag};

/// The shortest key that signs, in bytes: as long as the digest (RFC 7518 §3.2).
pub const SHORTEST_SECRET_KEY: usize = 32;

/// The variables that [`viewer_roots`] reads.
pub const VIEWER_VARIABLES: [&str; 8] = [
    "public_orthanc_root",
    "public_anonymized_orthanc_root",
    "public_ohif_root",
    "public_anonymized_ohif_root",
    "ohif_data_source",
    "public_meddream_root",
    "meddream_token_service_url",
    "public_landing_root",
];

type Optional<T> = Result<Option<T>, ConfigError>;

/// `secret_key`: the key that signs, of [`SHORTEST_SECRET_KEY`] bytes at least. Without a ring it must be set.
pub fn secret_key(value: &str) -> Result<&[u8], ConfigError> {
    const NAME: &str = "secret_key";
    match value.len() {
        0 => Err(ConfigError::new(
            NAME,
            "expected a key of at least 32 bytes, which openssl rand -base64 48 makes; or, in secret_keys, \
             a ring of keys, which orthanc-share keys new makes",
        )),
        length if length < SHORTEST_SECRET_KEY => Err(ConfigError::new(
            NAME,
            "expected at least 32 bytes (RFC 7518 §3.2); make a key with: openssl rand -base64 48\n\
             To keep the links alive that were signed with the present key, set both:\n  \
             SECRET_KEY=<the new key>\n  \
             PREVIOUS_SECRET_KEYS=[\"<the present key>\"]",
        )),
        _ => Ok(value.as_bytes()),
    }
}

/// `previous_secret_keys`: keys that only verify, of any length but none.
pub fn previous_secret_keys(value: &str) -> Result<Vec<String>, ConfigError> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str::<Vec<String>>(value)
        .ok()
        .filter(|keys| keys.iter().all(|key| !key.is_empty()))
        .ok_or(ConfigError::new(
            "previous_secret_keys",
            r#"expected a JSON list of texts that are not empty, as in ["old-key"]"#,
        ))
}

/// `users`: who may create shares and ask for validations; not set, everyone may. Spaces alone are a mistake
/// rather than "not set": it would let everyone in.
pub fn users(value: &str) -> Optional<Users> {
    if value.is_empty() {
        return Ok(None);
    }
    Users::parse(value).map(Some).map_err(|error| ConfigError::new("users", error.to_string()))
}

/// `server_identifier`: the name of the standard server in its Authorization plugin.
pub fn server_identifier(value: &str) -> Optional<&str> {
    identifier("server_identifier", value)
}

/// `anonymized_server_identifier`: the name of the anonymized server in its Authorization plugin.
pub fn anonymized_server_identifier(value: &str) -> Optional<&str> {
    identifier("anonymized_server_identifier", value)
}

/// `public_orthanc_root`: the Orthanc of standard shares, as browsers reach it.
pub fn public_orthanc_root(value: &str) -> Optional<Root> {
    root("public_orthanc_root", value)
}

/// `public_anonymized_orthanc_root`: the Orthanc of anonymized shares, as browsers reach it.
pub fn public_anonymized_orthanc_root(value: &str) -> Optional<Root> {
    root("public_anonymized_orthanc_root", value)
}

/// `public_landing_root`: the landing page, as browsers reach it.
pub fn public_landing_root(value: &str) -> Optional<Root> {
    optional("public_landing_root", value, Root::parse_page)
}

/// `public_meddream_root`: MedDream, as browsers reach it.
pub fn public_meddream_root(value: &str) -> Optional<Root> {
    root("public_meddream_root", value)
}

/// `meddream_token_service_url`: the service that makes MedDream's tokens, as this application reaches it.
pub fn meddream_token_service_url(value: &str) -> Optional<ServiceUrl> {
    optional("meddream_token_service_url", value, ServiceUrl::parse)
}

/// `public_ohif_root`: OHIF, as browsers reach it.
pub fn public_ohif_root(value: &str) -> Optional<Root> {
    root("public_ohif_root", value)
}

/// `public_anonymized_ohif_root`: an OHIF that reads the anonymized server, as browsers reach it.
pub fn public_anonymized_ohif_root(value: &str) -> Optional<Root> {
    root("public_anonymized_ohif_root", value)
}

/// `ohif_data_source`: `dicom-web` where it is not set.
pub fn ohif_data_source(value: &str) -> Result<OhifDataSource, ConfigError> {
    if value.is_empty() {
        return Ok(OhifDataSource::default());
    }
    OhifDataSource::from_name(value.trim())
        .ok_or(ConfigError::new("ohif_data_source", "expected dicom-web or dicom-json"))
}

/// `dicomweb_find`: whether a `post` at the level of a study is decided as a `get`; not set, it is not.
pub fn dicomweb_find(value: &str) -> Result<bool, ConfigError> {
    flag("dicomweb_find", value)
}

/// `orthanc_root`: the Orthanc behind the anonymizer, as this application reaches it.
pub fn orthanc_root(value: &str) -> Optional<Root> {
    root("orthanc_root", value)
}

/// `anonymous_profile`: what a user without a token may do; not set, nothing.
pub fn anonymous_profile(value: &str) -> Result<UserProfile, ConfigError> {
    let profile = optional("anonymous_profile", value, UserProfile::parse)?;
    Ok(profile.unwrap_or_else(UserProfile::anonymous))
}

/// `user_profiles`: what the bearers of these tokens may do; not set, there are none.
pub fn user_profiles(value: &str) -> Result<UserProfiles, ConfigError> {
    let expected =
        |_| r#"expected JSON of profiles by token, as in {"token": {"name": "…", "permissions": ["view"]}}"#;
    let profiles = optional("user_profiles", value, |text| UserProfiles::parse(text).map_err(expected))?;
    Ok(profiles.unwrap_or_default())
}

/// `permissions`: the roles that `GET /settings/roles` answers; not set, there are none.
pub fn permissions(value: &str) -> Result<Roles, ConfigError> {
    optional("permissions", value, Roles::parse).map(Option::unwrap_or_default)
}

/// The viewers, from their [`VIEWER_VARIABLES`].
pub fn viewer_roots(lookup: impl Fn(&str) -> Option<String>) -> Result<ViewerRoots, ConfigError> {
    let value = |name| lookup(name).unwrap_or_default();
    Ok(ViewerRoots {
        orthanc: public_orthanc_root(&value("public_orthanc_root"))?,
        anonymized_orthanc: public_anonymized_orthanc_root(&value("public_anonymized_orthanc_root"))?,
        ohif: public_ohif_root(&value("public_ohif_root"))?,
        anonymized_ohif: public_anonymized_ohif_root(&value("public_anonymized_ohif_root"))?,
        ohif_data_source: ohif_data_source(&value("ohif_data_source"))?,
        meddream: public_meddream_root(&value("public_meddream_root"))?,
        meddream_token_service: meddream_token_service_url(&value("meddream_token_service_url"))?,
        landing: public_landing_root(&value("public_landing_root"))?,
    })
}

fn optional<T, E: ToString>(
    name: &'static str,
    value: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Optional<T> {
    if value.trim().is_empty() {
        return Ok(None);
    }
    read(value).map(Some).map_err(|error| ConfigError::new(name, error.to_string()))
}

fn root(name: &'static str, value: &str) -> Optional<Root> {
    optional(name, value, Root::parse)
}

fn identifier<'a>(name: &'static str, value: &'a str) -> Optional<&'a str> {
    optional(name, value, |_| {
        if value.contains(char::is_control) {
            Err(
                "expected the identifier of the server in its Authorization plugin, without control characters",
            )
        } else {
            Ok(value)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_key_is_refused_with_what_to_do() {
        assert!(secret_key(&"k".repeat(32)).is_ok());
        assert!(secret_key("").unwrap_err().to_string().contains("openssl rand -base64 48"));
        let error = secret_key("my-secret-key").unwrap_err().to_string();
        for part in ["32 bytes", "openssl rand -base64 48", "\n  SECRET_KEY=", "\n  PREVIOUS_SECRET_KEYS=["] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("my-secret-key"));
    }

    #[test]
    fn previous_keys_may_be_short_but_not_empty() {
        assert_eq!(previous_secret_keys("").unwrap(), Vec::<String>::new());
        assert_eq!(previous_secret_keys(r#"["a", "b"]"#).unwrap(), ["a", "b"]);
        for bad in ["a", r#"{"a":"b"}"#, r#"[""]"#, "[1]", "null"] {
            assert!(previous_secret_keys(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        assert_eq!(public_orthanc_root("").unwrap(), None);
        assert_eq!(public_orthanc_root("http://h/x").unwrap().unwrap().as_str(), "http://h/x/");
        assert_eq!(ohif_data_source("").unwrap(), OhifDataSource::DicomWeb);
        assert_eq!(ohif_data_source("dicom-json").unwrap(), OhifDataSource::DicomJson);
        assert!(ohif_data_source("dicom").is_err());
        assert!(users("").unwrap().is_none());
        assert_eq!(server_identifier("").unwrap(), None);
        assert_eq!(server_identifier("std").unwrap(), Some("std"));
        assert!(anonymous_profile("").unwrap().permissions.is_empty());
        assert!(permissions("").unwrap().roles.is_empty());
        assert!(user_profiles("").unwrap().of_token("x").is_none());
    }

    #[test]
    fn blank_users_do_not_let_everyone_in() {
        for blank in [" ", "\n", "\t \r\n", "\u{a0}"] {
            assert_eq!(users(blank).map(drop).unwrap_err().variable, "users", "{blank:?}");
        }
        assert!(users(" {\"a\": \"b\"}\n").unwrap().is_some());
    }

    #[test]
    fn the_viewers_are_read_together() {
        let lookup = |name: &str| (name == "public_ohif_root").then(|| "http://h/ohif".to_owned());
        let roots = viewer_roots(lookup).unwrap();
        assert!(roots.ohif.is_some() && roots.orthanc.is_none());
        let error = viewer_roots(|_| Some("s3cret".to_owned())).unwrap_err();
        assert_eq!(error.variable, "public_orthanc_root");
        assert!(!error.to_string().contains("s3cret"));
    }
}
