//! The one table of variables: the host checks them by it at start, and a test that the README has them all.

use crate::{ConfigError, accounting, anonymizer, key_ring, lifecycle, origins::origin, read};

/// A variable of the application.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// In lower case, as in `spin.toml`; environments and secrets have it in upper case.
    pub name: &'static str,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// Whether a value is what is expected.
    pub check: fn(&str) -> Result<(), ConfigError>,
}

/// Every variable. What each is for, and what holds where it is not set, is in the README's table.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "secret_key",
        secret: true,
        // That one of the two is set is a question to both.
        check: |value| if value.is_empty() { Ok(()) } else { read::secret_key(value).map(drop) },
    },
    Variable { name: "secret_keys", secret: true, check: |value| key_ring::secret_keys(value).map(drop) },
    Variable {
        name: "previous_secret_keys",
        secret: true,
        check: |value| read::previous_secret_keys(value).map(drop),
    },
    Variable { name: "users", secret: true, check: |value| read::users(value).map(drop) },
    Variable {
        name: "public_orthanc_root",
        secret: false,
        check: |value| read::public_orthanc_root(value).map(drop),
    },
    Variable {
        name: "server_identifier",
        secret: false,
        check: |value| read::server_identifier(value).map(drop),
    },
    Variable {
        name: "public_anonymized_orthanc_root",
        secret: false,
        check: |value| read::public_anonymized_orthanc_root(value).map(drop),
    },
    Variable {
        name: "anonymized_server_identifier",
        secret: false,
        check: |value| read::anonymized_server_identifier(value).map(drop),
    },
    Variable {
        name: "public_landing_root",
        secret: false,
        check: |value| read::public_landing_root(value).map(drop),
    },
    Variable {
        name: "public_meddream_root",
        secret: false,
        check: |value| read::public_meddream_root(value).map(drop),
    },
    Variable {
        name: "meddream_token_service_url",
        // Its address may hold a key.
        secret: true,
        check: |value| read::meddream_token_service_url(value).map(drop),
    },
    Variable {
        name: "meddream_token_service_origin",
        secret: false,
        check: |value| origin("meddream_token_service_origin", value).map(drop),
    },
    Variable {
        name: "public_ohif_root",
        secret: false,
        check: |value| read::public_ohif_root(value).map(drop),
    },
    Variable {
        name: "public_anonymized_ohif_root",
        secret: false,
        check: |value| read::public_anonymized_ohif_root(value).map(drop),
    },
    Variable {
        name: "ohif_data_source",
        secret: false,
        check: |value| read::ohif_data_source(value).map(drop),
    },
    Variable { name: "dicomweb_find", secret: false, check: |value| read::dicomweb_find(value).map(drop) },
    Variable { name: "orthanc_root", secret: false, check: |value| read::orthanc_root(value).map(drop) },
    Variable {
        name: "orthanc_origin",
        secret: false,
        check: |value| origin("orthanc_origin", value).map(drop),
    },
    Variable {
        name: "orthanc_username",
        secret: false,
        check: |value| anonymizer::orthanc_username(value).map(drop),
    },
    Variable {
        name: "orthanc_password",
        secret: true,
        check: |value| anonymizer::orthanc_password(value).map(drop),
    },
    Variable {
        name: "retain_uids",
        secret: false,
        check: |value| anonymizer::flag("retain_uids", value).map(drop),
    },
    Variable {
        name: "retain_longitudinal",
        secret: false,
        check: |value| anonymizer::retain_longitudinal(value).map(drop),
    },
    Variable {
        name: "retain_patient_characteristics",
        secret: false,
        check: |value| anonymizer::flag("retain_patient_characteristics", value).map(drop),
    },
    Variable {
        name: "retain_device_identity",
        secret: false,
        check: |value| anonymizer::flag("retain_device_identity", value).map(drop),
    },
    Variable {
        name: "retain_institution_identity",
        secret: false,
        check: |value| anonymizer::flag("retain_institution_identity", value).map(drop),
    },
    Variable {
        name: "clean_descriptors",
        secret: false,
        check: |value| anonymizer::flag("clean_descriptors", value).map(drop),
    },
    Variable {
        name: "anonymize_pixels",
        secret: false,
        check: |value| anonymizer::anonymize_pixels(value).map(drop),
    },
    Variable {
        name: "anonymize_pixels_modalities",
        secret: false,
        check: |value| anonymizer::anonymize_pixels_modalities(value).map(drop),
    },
    Variable {
        name: "anonymous_profile",
        secret: false,
        check: |value| read::anonymous_profile(value).map(drop),
    },
    Variable {
        name: "user_profiles",
        // The tokens are in it.
        secret: true,
        check: |value| read::user_profiles(value).map(drop),
    },
    Variable { name: "share_store", secret: false, check: |value| lifecycle::share_store(value).map(drop) },
    Variable {
        name: "session_duration",
        secret: false,
        check: |value| lifecycle::session_duration(value).map(drop),
    },
    Variable {
        name: "code_attempts",
        secret: false,
        check: |value| lifecycle::code_attempts(value).map(drop),
    },
    Variable {
        name: "share_retention",
        secret: false,
        check: |value| lifecycle::share_retention(value).map(drop),
    },
    Variable {
        name: "audit_endpoint",
        secret: false,
        check: |value| accounting::audit_endpoint(value).map(drop),
    },
    Variable { name: "audit_origin", secret: false, check: |value| origin("audit_origin", value).map(drop) },
    Variable {
        name: "audit_authorization",
        secret: true,
        check: |value| accounting::audit_authorization(value).map(drop),
    },
    Variable {
        name: "notify_endpoint",
        // Its address may hold a key.
        secret: true,
        check: |value| accounting::notify_endpoint(value).map(drop),
    },
    Variable {
        name: "notify_origin",
        secret: false,
        check: |value| origin("notify_origin", value).map(drop),
    },
    Variable {
        name: "trusted_proxies",
        secret: false,
        check: |value| accounting::trusted_proxies(value).map(drop),
    },
    Variable { name: "permissions", secret: false, check: |value| read::permissions(value).map(drop) },
];

/// The names of all variables.
pub fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|variable| variable.name)
}

/// Whether the value is what the variable needs. A name that is not in the table is not ours to judge.
pub fn check(name: &str, value: &str) -> Result<(), ConfigError> {
    VARIABLES.iter().find(|variable| variable.name == name).map_or(Ok(()), |variable| (variable.check)(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_variable_stands_once_in_this_table_and_in_the_readmes() {
        let mut all: Vec<_> = names().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for name in read::VIEWER_VARIABLES {
            assert!(all.contains(&name), "{name}");
        }
        let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        let table = readme.split("\n## ").find(|section| section.starts_with("Variables\n")).unwrap();
        // The first two columns: in lower case, and as in the environment.
        let columns = |row: &str| -> Vec<String> { row.split('|').map(str::to_owned).collect() };
        let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).map(columns).collect();
        let has = |row: &[String], column: usize, name: &str| row[column].contains(&format!("`{name}`"));
        for Variable { name, secret, .. } in VARIABLES {
            let of_it: Vec<_> = rows.iter().filter(|row| has(row, 1, name)).collect();
            assert_eq!(of_it.len(), 1, "{name}");
            assert!(has(of_it[0], 2, &name.to_uppercase()), "{name}");
            assert_eq!(of_it[0][5].trim() != "no", *secret || *name == "orthanc_username", "{name}: secret");
        }
        let listed: usize = rows.iter().map(|row| row[1].matches('`').count() / 2).sum();
        assert_eq!(listed, count, "the README has a variable that there is not");
    }

    #[test]
    fn no_variable_must_be_set_by_itself() {
        for name in names() {
            assert_eq!(check(name, ""), Ok(()), "{name}");
        }
        assert!(check("of_another_application", "x").is_ok());
    }

    #[test]
    fn an_error_names_its_own_variable() {
        let is_text = |name: &&str| name.ends_with("identifier") || name.starts_with("orthanc_username");
        let is_text = |name: &&str| is_text(name) || *name == "orthanc_password";
        for name in names().filter(|name| !is_text(name)) {
            assert_eq!(check(name, "s3cret").unwrap_err().variable, name);
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_or_refused_without_showing_it(
            name in proptest::sample::select(names().collect::<Vec<_>>()),
            value in "(https?://)?\\PC*",
        ) {
            // A mark that no message has by chance.
            let value = format!("{value}qzx");
            if let Err(error) = check(name, &value) {
                prop_assert_eq!(error.variable, name);
                prop_assert!(!error.to_string().contains("qzx"));
            }
        }
    }
}
