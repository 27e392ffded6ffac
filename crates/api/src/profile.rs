//! `POST /user/get-profile`: what a user of Orthanc may do, from configuration.
//! The subtle thing: `validity` is never 0, which the plugin would cache for ever.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{body::parse_object, coerce, coerce::Fields, errors::FieldErrors, strip_bearer, to_json};

/// Whose profile is asked for: of the bearer of a token, of a user by name, or of nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileRequest {
    /// The server that asks.
    pub server: Option<String>,
    /// The name of the header or GET argument that the token came in; `""` is none.
    pub token_key: Option<String>,
    token_value: Option<String>,
    /// The user, when Orthanc asks for a name to show.
    pub user_id: Option<String>,
}

impl ProfileRequest {
    /// Reads a body; every field may be absent, null or empty.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, FieldErrors> {
        let object = parse_object(content_type, body)?;
        let mut errors = FieldErrors::default();
        let mut fields = Fields::of_body(&object, &mut errors);
        let mut text = |name| fields.optional(name, coerce::text).filter(|text| !text.is_empty());
        let request = Self {
            server: text("server-id").or_else(|| text("identifier")),
            token_key: text("token-key"),
            token_value: text("token-value"),
            user_id: text("user-id"),
        };
        if errors.detail.is_empty() { Ok(request) } else { Err(errors) }
    }

    /// The token, without `Bearer `; none of an anonymous user.
    pub fn token(&self) -> Option<&str> {
        self.token_value.as_deref().and_then(strip_bearer)
    }
}

/// Without the token and the user.
impl std::fmt::Debug for ProfileRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileRequest")
            .field("has_token", &self.token_value.is_some())
            .finish_non_exhaustive()
    }
}

/// What a user is called and may do, in the plugin's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct UserProfile {
    /// To show.
    pub name: String,
    /// The user's identifier, if there is one.
    #[serde(default, alias = "user_id")]
    pub user_id: Option<String>,
    /// Such as `view` or `upload`.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Labels whose resources the user may see; `*` is all of them.
    #[serde(default, alias = "authorized_labels")]
    pub authorized_labels: Vec<String>,
    /// The user's groups.
    #[serde(default, deserialize_with = "groups")]
    pub groups: Vec<String>,
    /// For how many seconds the plugin may keep this: 1 to 2³¹−1.
    #[serde(default = "default_validity", deserialize_with = "validity")]
    pub validity: u32,
}

fn default_validity() -> u32 {
    60
}

/// null is none: the successor's model of a profile allows it for groups, and for no other list.
fn groups<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// 0 becomes 1: profiles written for the successor of the Python service may have it.
fn validity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(u32::deserialize(deserializer)?.clamp(1, i32::MAX.unsigned_abs()))
}

/// The text is no profile, or no object of profiles. It does not say what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected JSON as in {{\"name\": \"…\", \"permissions\": [\"view\"], \"authorized-labels\": [\"*\"], \"validity\": 60}}"
)]
pub struct InvalidProfile;

impl UserProfile {
    /// Who has no token: may do nothing, unless configured otherwise.
    pub fn anonymous() -> Self {
        Self {
            name: "Anonymous".to_owned(),
            user_id: None,
            permissions: Vec::new(),
            authorized_labels: Vec::new(),
            groups: Vec::new(),
            validity: default_validity(),
        }
    }

    /// Reads the variable `anonymous_profile`.
    pub fn parse(json: &str) -> Result<Self, InvalidProfile> {
        serde_json::from_str(json).map_err(|_| InvalidProfile)
    }

    /// `{"name":…,"user-id":…,"permissions":[…],"authorized-labels":[…],"groups":[…],"validity":…}`
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// Profiles of users, each under the token that the user presents.
#[derive(Clone, Default)]
pub struct UserProfiles {
    /// Only digests of the tokens are kept: they are compared in constant time, and cannot leak.
    profiles: Vec<([u8; 32], UserProfile)>,
}

impl UserProfiles {
    /// Reads the variable `user_profiles`: an object of profiles by token.
    pub fn parse(json: &str) -> Result<Self, InvalidProfile> {
        let by_token: std::collections::BTreeMap<String, UserProfile> =
            serde_json::from_str(json).map_err(|_| InvalidProfile)?;
        let profiles = by_token
            .into_iter()
            .map(|(token, profile)| {
                let token = strip_bearer(&token).ok_or(InvalidProfile)?;
                Ok((Sha256::digest(token).into(), profile))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { profiles })
    }

    /// The profile of the bearer of this token (without `Bearer `).
    pub fn of_token(&self, token: &str) -> Option<&UserProfile> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        // Every entry is compared, so that the time tells nothing.
        self.profiles.iter().fold(
            None,
            |found, (known, profile)| {
                if bool::from(known.ct_eq(&digest)) { Some(profile) } else { found }
            },
        )
    }

    /// The profile of the user with this `user-id`.
    pub fn of_user(&self, user_id: &str) -> Option<&UserProfile> {
        self.profiles
            .iter()
            .map(|(_, profile)| profile)
            .find(|profile| profile.user_id.as_deref() == Some(user_id))
    }
}

/// Only how many there are.
impl std::fmt::Debug for UserProfiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserProfiles({})", self.profiles.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_of_the_plugin_are_read() {
        let parse = |body: &str| ProfileRequest::parse(None, body.as_bytes()).unwrap();
        let anonymous = parse(r#"{"server-id":"std","token-key":"","token-value":""}"#);
        assert_eq!((anonymous.token(), anonymous.token_key.as_deref()), (None, None));
        assert_eq!(anonymous.server.as_deref(), Some("std"));
        let bearer = parse(r#"{"server-id":"std","token-key":"Authorization","token-value":"Bearer a.b"}"#);
        assert_eq!(bearer.token(), Some("a.b"));
        assert_eq!(parse(r#"{"user-id":"u1"}"#).user_id.as_deref(), Some("u1"));
        assert!(ProfileRequest::parse(None, br#"{"user-id":{}}"#).is_err());
    }

    #[test]
    fn profiles_have_what_the_plugin_needs() {
        let profile =
            UserProfile::parse(r#"{"name":"Anonymous","permissions":["upload"],"validity":0}"#).unwrap();
        assert_eq!(
            profile.to_json(),
            concat!(
                r#"{"name":"Anonymous","user-id":null,"permissions":["upload"],"#,
                r#""authorized-labels":[],"groups":[],"validity":1}"#
            )
        );
        assert_eq!(UserProfile::parse(r#"{"name":"a"}"#).unwrap().validity, 60);
        let theirs = r#"{"name":"a","user_id":"b","authorized_labels":["*"],"groups":null,"validity":60}"#;
        let theirs = UserProfile::parse(theirs).unwrap();
        assert_eq!((theirs.user_id.as_deref(), theirs.authorized_labels), (Some("b"), vec!["*".to_owned()]));
        assert!(theirs.groups.is_empty());
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"a","validity":-1}"#,
            r#"{"name":"a","permissions":"x"}"#,
        ] {
            assert!(UserProfile::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn users_are_found_by_token_or_by_name() {
        let profiles = UserProfiles::parse(
            r#"{"tok-1":{"name":"A","user-id":"a"},"Bearer tok-2":{"name":"B","user-id":"b"}}"#,
        )
        .unwrap();
        assert_eq!(profiles.of_token("tok-1").unwrap().name, "A");
        assert_eq!(profiles.of_token("tok-2").unwrap().name, "B");
        assert_eq!(profiles.of_user("b").unwrap().name, "B");
        assert!(profiles.of_token("").is_none() && profiles.of_user("c").is_none());
        assert!(!format!("{profiles:?}").contains("tok"));
        assert!(UserProfiles::parse(r#"{"":{"name":"A"}}"#).is_err());
        assert!(!UserProfiles::parse(r#"{"tok-1":3}"#).unwrap_err().to_string().contains("tok-1"));
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
            value in crate::testing::any_json(),
        ) {
            let _ = ProfileRequest::parse(None, &bytes);
            let text = value.to_string();
            let _ = ProfileRequest::parse(None, text.as_bytes());
            let _ = UserProfile::parse(&text);
            let _ = UserProfiles::parse(&text);
        }
    }
}
