//! What the variables say together: contradictions stop the start, gaps are warned about.

use std::borrow::Cow;

use crate::{ConfigError, SecretKey, keys, origins, read, table::VARIABLES};

/// Something that works, but perhaps not as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The variable to look at.
    pub variable: &'static str,
    /// What follows, and what to do.
    pub text: Cow<'static, str>,
}

/// Checks every variable by itself and all of them together.
///
/// Fails with everything that must be corrected; else says what to be warned about.
pub fn check_all(lookup: impl Fn(&str) -> Option<String>) -> Result<Vec<Warning>, Vec<ConfigError>> {
    let value = |name: &str| lookup(name).unwrap_or_default();
    let mut errors: Vec<ConfigError> =
        VARIABLES.iter().filter_map(|variable| (variable.check)(&value(variable.name)).err()).collect();
    let is_of_keys = |error: &ConfigError| error.variable.contains("secret_key");
    let keys = keys(&lookup);
    match keys {
        // What is wrong with one of them was said.
        Err(error) if !errors.iter().any(is_of_keys) => errors.insert(0, error),
        _ => {}
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let (standard, anonymized) = (value("server_identifier"), value("anonymized_server_identifier"));
    if !standard.is_empty() && standard == anonymized {
        return Err(vec![ConfigError::new(
            "anonymized_server_identifier",
            "expected another text than server_identifier: a share must tell the two servers apart",
        )]);
    }
    origins::check(&lookup).map_err(|error| vec![error])?;
    warnings(&lookup).map_err(|error| vec![error])
}

fn warnings(lookup: &impl Fn(&str) -> Option<String>) -> Result<Vec<Warning>, ConfigError> {
    let roots = read::viewer_roots(lookup)?;
    let value = |name: &str| lookup(name).unwrap_or_default();
    let is_set = |name: &str| !value(name).trim().is_empty();
    let has_orthanc = roots.orthanc.is_some() || roots.anonymized_orthanc.is_some();
    let has_ohif = roots.ohif.is_some() || roots.anonymized_ohif.is_some();
    let has_viewer = has_orthanc || has_ohif || roots.meddream.is_some();
    let previous = keys(lookup)?.verifying;
    let (named, nameless): (Vec<_>, Vec<_>) =
        previous.iter().filter(|key| key.is_short()).partition(|key| key.kid.is_some());

    let all = [
        (
            read::users(&value("users"))?.is_none(),
            "users",
            "not set: whoever reaches this service can create shares",
        ),
        (
            !nameless.is_empty(),
            "previous_secret_keys",
            "has keys under 32 bytes, which can be guessed: remove them when their links have ended",
        ),
        (
            !has_viewer,
            "public_orthanc_root",
            "not set, and no other viewer is: only viewer- and download-instant-link can be shared",
        ),
        (
            roots.anonymized_orthanc.is_some() && value("anonymized_server_identifier").is_empty(),
            "anonymized_server_identifier",
            "not set, but public_anonymized_orthanc_root is: anonymized shares will open nothing",
        ),
        (
            !value("orthanc_root").is_empty() && value("anonymized_server_identifier").is_empty(),
            "anonymized_server_identifier",
            "not set, but orthanc_root is: the anonymizer will refuse every share",
        ),
        (
            roots.anonymized_orthanc.is_some() && value("server_identifier").is_empty(),
            "server_identifier",
            "not set, but there is an anonymized server: standard shares open on every server but that one",
        ),
        (
            roots.meddream.is_some() && roots.meddream_token_service.is_none(),
            "meddream_token_service_url",
            "not set, but public_meddream_root is: nothing can be shared in MedDream",
        ),
        (
            roots.meddream.is_none() && roots.meddream_token_service.is_some(),
            "public_meddream_root",
            "not set, but meddream_token_service_url is: nothing can be shared in MedDream",
        ),
        (
            has_viewer && roots.landing.is_none(),
            "public_landing_root",
            "not set: people are not told why a link does not open",
        ),
        (
            roots.meddream.is_some() && roots.landing.is_none(),
            "public_landing_root",
            "not set: meddream-viewer-publication is not available",
        ),
        (
            is_set("audit_endpoint") && !is_set("share_store"),
            "audit_endpoint",
            "has no effect without share_store: nothing is sent",
        ),
        (
            is_set("notify_endpoint") && !is_set("share_store"),
            "notify_endpoint",
            "has no effect without share_store: nothing is sent",
        ),
        (
            !value("orthanc_password").is_empty() && value("orthanc_username").is_empty(),
            "orthanc_password",
            "has no effect without orthanc_username",
        ),
    ];
    let short = named.into_iter().filter_map(SecretKey::warning);
    let holds = |(holds, variable, text): (bool, _, &'static str)| {
        holds.then_some(Warning { variable, text: text.into() })
    };
    Ok(all.into_iter().filter_map(holds).chain(short).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[(&str, &str)]) -> Result<Vec<Warning>, Vec<ConfigError>> {
        let key = ("secret_key", "0123456789abcdef0123456789abcdef");
        check_all(|name| {
            let given = values.iter().chain([&key]).find(|(known, _)| *known == name);
            given.map(|(_, value)| (*value).to_owned())
        })
    }

    fn warned(values: &[(&str, &str)]) -> Vec<&'static str> {
        check(values).unwrap().iter().map(|warning| warning.variable).collect()
    }

    #[test]
    fn a_whole_configuration_has_no_warning() {
        let whole = [
            ("users", r#"{"a":"b"}"#),
            ("public_orthanc_root", "http://h/shares"),
            ("server_identifier", "std"),
            ("public_anonymized_orthanc_root", "http://h/anon"),
            ("anonymized_server_identifier", "anon"),
            ("public_landing_root", "http://h/welcome"),
            ("public_meddream_root", "http://h/meddream"),
            ("meddream_token_service_url", "http://m:8088/v3/generate"),
        ];
        assert_eq!(check(&whole), Ok(vec![]));
        for (missing, (name, _)) in
            whole.iter().enumerate().filter(|(_, (name, _))| *name != "public_orthanc_root")
        {
            let mut rest = whole.to_vec();
            rest.remove(missing);
            let expected = match *name {
                "public_anonymized_orthanc_root" => vec![],
                // Of the reason and of MedDream.
                "public_landing_root" => vec!["public_landing_root"; 2],
                name => vec![name],
            };
            assert_eq!(warned(&rest), expected, "without {name}");
        }
    }

    #[test]
    fn gaps_are_warned_about() {
        assert_eq!(warned(&[]), ["users", "public_orthanc_root"]);
        assert_eq!(
            warned(&[("public_anonymized_ohif_root", "http://h/ohif")]),
            ["users", "public_landing_root"]
        );
        let idle = ["audit_endpoint", "notify_endpoint"].map(|name| (name, "http://h/x"));
        let idle = [idle[0], idle[1], ("orthanc_password", "p")];
        let without_effect = warned(&idle);
        assert!(idle.iter().all(|(name, _)| without_effect.contains(name)), "{without_effect:?}");
        assert_eq!(warned(&[idle[0], ("share_store", "default")]), ["users", "public_orthanc_root"]);
        let short = [("previous_secret_keys", r#"["short"]"#)];
        assert!(warned(&short).contains(&"previous_secret_keys"));
        let ring = r#"{"new": {"key": "0123456789abcdef0123456789abcdef", "status": "active"},
                       "old": {"key": "short", "status": "previous", "until": "2030-01-01"}}"#;
        let warnings = check(&[("secret_keys", ring)]).unwrap();
        let of_ring: Vec<_> = warnings.iter().filter(|warning| warning.variable == "secret_keys").collect();
        assert!(
            of_ring.len() == 1 && of_ring[0].text.contains("old") && !of_ring[0].text.contains("short\"")
        );
    }

    #[test]
    fn contradictions_and_bad_values_stop_the_start() {
        let same = [("server_identifier", "x"), ("anonymized_server_identifier", "x")];
        assert_eq!(check(&same).unwrap_err()[0].variable, "anonymized_server_identifier");
        let apart = [("orthanc_root", "http://o:8042/a/"), ("orthanc_origin", "http://p:8042")];
        assert_eq!(check(&apart).unwrap_err()[0].variable, "orthanc_origin");
        let bad = check_all(|name| Some(if name == "users" { "[]" } else { "" }.to_owned())).unwrap_err();
        let named: Vec<_> = bad.iter().map(|error| error.variable).collect();
        assert_eq!(named, ["secret_key", "users"]);
    }
}
