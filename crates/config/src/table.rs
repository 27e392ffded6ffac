//! The one table of variables: the host checks them by it at start, and the README shows it.

use crate::{ConfigError, anonymizer, read};

/// A variable of the application.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// In lower case, as in `spin.toml`; environments and secrets have it in upper case.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// What its value looks like.
    pub expected: &'static str,
    /// What holds where it is not set.
    pub default: &'static str,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// Whether a value is what is expected.
    pub check: fn(&str) -> Result<(), ConfigError>,
}

const FLAG: &str = "`true`, or `false`";
const URL: &str = "an `http` or `https` URL, with or without a slash at its end";

/// Every variable, in the order in which they are documented.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "secret_key",
        purpose: "signs the tokens",
        expected: "at least 32 bytes, as `openssl rand -base64 48` makes them",
        default: "none: it must be set",
        secret: true,
        check: |value| read::secret_key(value).map(drop),
    },
    Variable {
        name: "previous_secret_keys",
        purpose: "keys of earlier times: their links stay valid, new ones are not signed with them",
        expected: "a JSON list of texts of any length, as in `[\"old-key\"]`",
        default: "none",
        secret: true,
        check: |value| read::previous_secret_keys(value).map(drop),
    },
    Variable {
        name: "users",
        purpose: "who may create shares and ask for validations, by HTTP Basic",
        expected: "a JSON object of passwords by user name, as in `{\"user-1\": \"password-1\"}`",
        default: "everyone may",
        secret: true,
        check: |value| read::users(value).map(drop),
    },
    Variable {
        name: "public_orthanc_root",
        purpose: "where browsers find the Orthanc of standard shares, with its Osimis, Stone and VolView viewers",
        expected: URL,
        default: "no standard shares in these viewers",
        secret: false,
        check: |value| read::public_orthanc_root(value).map(drop),
    },
    Variable {
        name: "server_identifier",
        purpose: "the standard server's name in its Authorization plugin (`Identifier`)",
        expected: "text",
        default: "every server but the anonymized one is the standard one",
        secret: false,
        check: |value| read::server_identifier(value).map(drop),
    },
    Variable {
        name: "public_anonymized_orthanc_root",
        purpose: "where browsers find the Orthanc of anonymized shares",
        expected: URL,
        default: "no anonymized shares",
        secret: false,
        check: |value| read::public_anonymized_orthanc_root(value).map(drop),
    },
    Variable {
        name: "anonymized_server_identifier",
        purpose: "the anonymized server's name in its Authorization plugin (`Identifier`)",
        expected: "text, other than `server_identifier`",
        default: "anonymized shares open nothing",
        secret: false,
        check: |value| read::anonymized_server_identifier(value).map(drop),
    },
    Variable {
        name: "public_landing_root",
        purpose: "where browsers find the landing page of this application",
        expected: URL,
        default: "links lead to the viewer directly, without a page that says why one does not open",
        secret: false,
        check: |value| read::public_landing_root(value).map(drop),
    },
    Variable {
        name: "public_meddream_root",
        purpose: "where browsers find MedDream",
        expected: URL,
        default: "no shares in MedDream",
        secret: false,
        check: |value| read::public_meddream_root(value).map(drop),
    },
    Variable {
        name: "meddream_token_service_url",
        purpose: "where this application asks for MedDream's tokens",
        expected: "an `http` or `https` URL, as in `http://meddream-token-service:8088/v3/generate`",
        default: "no shares in MedDream",
        secret: false,
        check: |value| read::meddream_token_service_url(value).map(drop),
    },
    Variable {
        name: "meddream_token_service_origin",
        purpose: "scheme, host and port of `meddream_token_service_url`, for `allowed_outbound_hosts`",
        expected: "as in `http://meddream-token-service:8088`",
        default: "Spin lets no call to MedDream out; the embedded runtime fills it in",
        secret: false,
        check: |value| read::meddream_token_service_origin(value).map(drop),
    },
    Variable {
        name: "public_ohif_root",
        purpose: "where browsers find OHIF",
        expected: URL,
        default: "no shares in OHIF",
        secret: false,
        check: |value| read::public_ohif_root(value).map(drop),
    },
    Variable {
        name: "public_anonymized_ohif_root",
        purpose: "where browsers find an OHIF that reads the anonymized server",
        expected: URL,
        default: "",
        secret: false,
        check: |value| read::public_anonymized_ohif_root(value).map(drop),
    },
    Variable {
        name: "ohif_data_source",
        purpose: "how OHIF reads the studies",
        expected: "`dicom-web`, or `dicom-json` (one study for each share)",
        default: "`dicom-web`",
        secret: false,
        check: |value| read::ohif_data_source(value).map(drop),
    },
    Variable {
        name: "dicomweb_find",
        purpose: "lets shares open over DICOMweb 1.9 and newer, which reads through `POST /tools/find`; only for an \
                  Orthanc whose other POST routes are closed to viewers (docs/deploy.md)",
        expected: "`true` or `false`",
        default: "false",
        secret: false,
        check: |value| read::dicomweb_find(value).map(drop),
    },
    Variable {
        name: "orthanc_root",
        purpose: "where the anonymizer finds the Orthanc behind it",
        expected: URL,
        default: "no anonymizer",
        secret: false,
        check: |value| read::orthanc_root(value).map(drop),
    },
    Variable {
        name: "orthanc_origin",
        purpose: "scheme, host and port of `orthanc_root`, for `allowed_outbound_hosts`",
        expected: "as in `http://orthanc:8042`",
        default: "`http://localhost:8042`; the embedded runtime takes it from `orthanc_root`",
        secret: false,
        check: |value| anonymizer::orthanc_origin(value).map(drop),
    },
    Variable {
        name: "orthanc_username",
        purpose: "whom the anonymizer is for that Orthanc, by HTTP Basic",
        expected: "a name without colons",
        default: "it says no name: the share's token is passed on in any case",
        secret: false,
        check: |value| anonymizer::orthanc_username(value).map(drop),
    },
    Variable {
        name: "orthanc_password",
        purpose: "the password to that name",
        expected: "text",
        default: "an empty one",
        secret: true,
        check: |value| anonymizer::orthanc_password(value).map(drop),
    },
    Variable {
        name: "retain_uids",
        purpose: "anonymized shares: keeps UIDs (Retain UIDs Option of DICOM PS3.15 Annex E)",
        expected: FLAG,
        default: "`false`",
        secret: false,
        check: |value| anonymizer::flag("retain_uids", value).map(drop),
    },
    Variable {
        name: "retain_longitudinal",
        purpose: "anonymized shares: keeps dates and times (Retain Longitudinal Temporal Information)",
        expected: "`none`, `full`, or `modified`: moved by a number of days that is constant in one share",
        default: "`none`",
        secret: false,
        check: |value| anonymizer::retain_longitudinal(value).map(drop),
    },
    Variable {
        name: "retain_patient_characteristics",
        purpose: "anonymized shares: keeps age, sex, size and the like (Retain Patient Characteristics Option)",
        expected: FLAG,
        default: "`false`",
        secret: false,
        check: |value| anonymizer::flag("retain_patient_characteristics", value).map(drop),
    },
    Variable {
        name: "retain_device_identity",
        purpose: "anonymized shares: keeps what identifies the device (Retain Device Identity Option)",
        expected: FLAG,
        default: "`false`",
        secret: false,
        check: |value| anonymizer::flag("retain_device_identity", value).map(drop),
    },
    Variable {
        name: "retain_institution_identity",
        purpose: "anonymized shares: keeps what identifies the institution (Retain Institution Identity Option)",
        expected: FLAG,
        default: "`false`",
        secret: false,
        check: |value| anonymizer::flag("retain_institution_identity", value).map(drop),
    },
    Variable {
        name: "clean_descriptors",
        purpose: "anonymized shares: keeps the known words of descriptions (Clean Descriptors Option)",
        expected: FLAG,
        default: "`false`",
        secret: false,
        check: |value| anonymizer::flag("clean_descriptors", value).map(drop),
    },
    Variable {
        name: "anonymize_pixels",
        purpose: "anonymized shares: whether images may pass that usually have text in their pixels",
        expected: "`refuse`, or `allow`",
        default: "`refuse`",
        secret: false,
        check: |value| anonymizer::anonymize_pixels(value).map(drop),
    },
    Variable {
        name: "anonymize_pixels_modalities",
        purpose: "anonymized shares: such modalities besides US, SC, OT, XC, ES and IVUS",
        expected: "modalities with commas between, as in `DX,MG`",
        default: "no others",
        secret: false,
        check: |value| anonymizer::anonymize_pixels_modalities(value).map(drop),
    },
    Variable {
        name: "anonymous_profile",
        purpose: "what a user of Orthanc without a token may do",
        expected: "JSON, as in `{\"name\": \"Anonymous\", \"permissions\": [], \"authorized-labels\": []}`",
        default: "nothing",
        secret: false,
        check: |value| read::anonymous_profile(value).map(drop),
    },
    Variable {
        name: "user_profiles",
        purpose: "what the users of Orthanc who present these tokens may do",
        expected: "JSON of profiles by token, each as in `anonymous_profile`",
        default: "none",
        // The tokens are in it.
        secret: true,
        check: |value| read::user_profiles(value).map(drop),
    },
    Variable {
        name: "permissions",
        purpose: "the roles that Orthanc Explorer 2 shows",
        expected: "JSON, as in `{\"roles\": {\"doctor-role\": {\"permissions\": [\"view\"]}}}`",
        default: "none",
        secret: false,
        check: |value| read::permissions(value).map(drop),
    },
];

/// The names of all variables.
pub fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|variable| variable.name)
}

/// Whether the value is what the variable needs. A name that is not in the table is not ours to judge.
pub fn check(name: &str, value: &str) -> Result<(), ConfigError> {
    VARIABLES.iter().find(|variable| variable.name == name).map_or(Ok(()), |variable| (variable.check)(value))
}

/// The table for the README.
pub fn markdown_table() -> String {
    let mut table = String::from(
        "| variable | what it is for | what is expected | if not set |\n| --- | --- | --- | --- |\n",
    );
    for Variable { name, purpose, expected, default, secret, .. } in VARIABLES {
        let mark = if *secret { " (secret)" } else { "" };
        table.push_str(&format!("| `{name}`{mark} | {purpose} | {expected} | {default} |\n"));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_variable_stands_once_in_the_table() {
        let mut all: Vec<_> = names().collect();
        let table = markdown_table();
        for name in &all {
            assert_eq!(table.matches(&format!("| `{name}`")).count(), 1, "{name}");
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for name in read::VIEWER_VARIABLES {
            assert!(all.contains(&name), "{name}");
        }
        assert!(table.lines().all(|line| line.matches(" | ").count() == 3), "a cell has a bar");
    }

    #[test]
    fn only_the_key_must_be_set() {
        for name in names() {
            assert_eq!(check(name, "").is_ok(), name != "secret_key", "{name}");
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
