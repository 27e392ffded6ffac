//! `GET /settings/roles`: the configured roles, as the plugin and Orthanc Explorer 2 show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::to_json;

/// Roles and what they may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Roles {
    /// By name.
    pub roles: BTreeMap<String, Role>,
    /// The labels that may be given to resources; empty means any.
    #[serde(default, alias = "available_labels")]
    pub available_labels: Vec<String>,
}

/// What a role may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Role {
    /// Labels whose resources it may see; `*` is all of them.
    #[serde(default, alias = "authorized_labels")]
    pub authorized_labels: Vec<String>,
    /// Such as `view` or `upload`.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// The text is no set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected JSON as in {{\"roles\": {{\"doctor-role\": {{\"permissions\": [\"view\"], \"authorized-labels\": [\"*\"]}}}}, \"available-labels\": []}}"
)]
pub struct InvalidRoles;

impl Roles {
    /// Reads the variable `permissions`.
    pub fn parse(json: &str) -> Result<Self, InvalidRoles> {
        serde_json::from_str(json).map_err(|_| InvalidRoles)
    }

    /// `{"roles":{…},"available-labels":[…]}`
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn roles_are_read_and_written() {
        let text = r#"{"roles":{"doctor":{"authorized-labels":["*"],"permissions":["view"]}},"available-labels":[]}"#;
        assert_eq!(Roles::parse(text).unwrap().to_json(), text);
        // The successor reads both spellings from its file.
        assert_eq!(
            Roles::parse(&text.replace("d-labels", "d_labels").replace("e-labels", "e_labels")),
            Roles::parse(text)
        );
        assert_eq!(Roles::default().to_json(), r#"{"roles":{},"available-labels":[]}"#);
        for bad in ["", "{}", "[]", r#"{"roles":[]}"#, r#"{"roles":{"a":3}}"#] {
            assert!(Roles::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(value in crate::testing::any_json()) {
            let _ = Roles::parse(&value.to_string());
        }
    }
}
