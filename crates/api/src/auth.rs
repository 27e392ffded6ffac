//! HTTP Basic against the configured users, in constant time.
//! Credentials are compared as digests of equal length, with those of every user, so that the time
//! of an answer does not tell which of them were nearly right.

use std::collections::BTreeMap;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// Who may ask, from the variable `users`.
#[derive(Clone)]
pub struct Users {
    users: Vec<User>,
}

#[derive(Clone)]
struct User {
    name: String,
    /// Of `name:password`; a name has no colon.
    digest: [u8; 32],
}

/// The text is no set of users. It does not say what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsers {
    /// Not JSON, or other JSON.
    #[error("expected a JSON object of user names and passwords, as in {{\"user-1\": \"password-1\"}}")]
    NotAnObjectOfTexts,
    /// Nobody could ever ask.
    #[error("expected at least one user; to let everyone in, leave the variable unset")]
    NoUser,
    /// HTTP Basic cannot carry it (RFC 7617 §2).
    #[error("expected user names that are not empty and have no colon and no control characters")]
    BadName,
    /// That would be no password.
    #[error("expected passwords that are not empty and have no control characters")]
    BadPassword,
}

/// Why nobody was recognised; the texts are those that existing clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No credentials, or another scheme than Basic.
    #[error("Not authenticated")]
    NotAuthenticated,
    /// No such user, or another password.
    #[error("Incorrect username or password.")]
    Incorrect,
    /// Not Base64 of `user:password`, or not ASCII (and of no user).
    #[error("Invalid authentication credentials")]
    Invalid,
}

/// Padding may be left out, as some clients do.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Users {
    /// Reads the variable `users`: a JSON object of passwords by user name.
    pub fn parse(json: &str) -> Result<Self, InvalidUsers> {
        let passwords: BTreeMap<String, String> =
            serde_json::from_str(json).map_err(|_| InvalidUsers::NotAnObjectOfTexts)?;
        if passwords.is_empty() {
            return Err(InvalidUsers::NoUser);
        }
        let mut users = Vec::with_capacity(passwords.len());
        for (name, password) in passwords {
            if name.is_empty() || name.contains(':') || name.contains(char::is_control) {
                return Err(InvalidUsers::BadName);
            }
            if password.is_empty() || password.contains(char::is_control) {
                return Err(InvalidUsers::BadPassword);
            }
            let digest = digest(format!("{name}:{password}").as_bytes());
            users.push(User { name, digest });
        }
        Ok(Self { users })
    }

    /// The name of the user whom the header `Authorization` proves.
    pub fn check(&self, authorization: Option<&str>) -> Result<&str, AuthError> {
        let (scheme, credentials) = authorization
            .map(str::trim)
            .and_then(|header| header.split_once(' '))
            .ok_or(AuthError::NotAuthenticated)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(AuthError::NotAuthenticated);
        }
        let credentials = BASE64.decode(credentials.trim()).map_err(|_| AuthError::Invalid)?;
        if !credentials.contains(&b':') {
            return Err(AuthError::Invalid);
        }
        let digest = digest(&credentials);

        let mut found = Choice::from(0);
        let mut index = 0_u64;
        for (i, user) in self.users.iter().enumerate() {
            let is_user = user.digest.ct_eq(&digest);
            index.conditional_assign(&(i as u64), is_user);
            found |= is_user;
        }
        match usize::try_from(index).ok().and_then(|index| self.users.get(index)) {
            Some(user) if bool::from(found) => Ok(&user.name),
            // A site may configure passwords in UTF-8; else the existing service says this of them.
            _ if !credentials.is_ascii() => Err(AuthError::Invalid),
            _ => Err(AuthError::Incorrect),
        }
    }
}

/// Only how many there are.
impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Users({})", self.users.len())
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn users() -> Users {
        Users::parse(r#"{"share-user": "share-password", "b": "p:w", "rené": "motdepassé"}"#).unwrap()
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", BASE64.encode(credentials))
    }

    #[test]
    fn the_right_password_names_the_user() {
        let users = users();
        let lower = basic("share-user:share-password").replace("Basic", "basic");
        let cases = [
            (basic("share-user:share-password"), "share-user"),
            (lower, "share-user"),
            (basic("b:p:w"), "b"),
            (basic("rené:motdepassé"), "rené"),
            ("Basic  YjpwOnc".to_owned(), "b"),
        ];
        for (header, name) in cases {
            assert_eq!(users.check(Some(&header)), Ok(name), "{header}");
        }
    }

    #[test]
    fn refusals_have_the_recorded_messages() {
        let users = users();
        let cases = [
            (None, "Not authenticated"),
            (Some(String::new()), "Not authenticated"),
            (Some("Bearer abc".to_owned()), "Not authenticated"),
            (Some("Basic".to_owned()), "Not authenticated"),
            (Some(basic("share-user:wrong")), "Incorrect username or password."),
            (Some(basic("share-user:p:w")), "Incorrect username or password."),
            (Some(basic("nobody:share-password")), "Incorrect username or password."),
            (Some(basic(":")), "Incorrect username or password."),
            (Some(basic("no colon")), "Invalid authentication credentials"),
            (Some("Basic !!!".to_owned()), "Invalid authentication credentials"),
            (Some("Basic w6k6eA==".to_owned()), "Invalid authentication credentials"),
        ];
        for (header, message) in cases {
            let error = users.check(header.as_deref()).unwrap_err();
            assert_eq!(error.to_string(), message, "{header:?}");
        }
    }

    #[test]
    fn a_wrong_configuration_is_refused_without_showing_it() {
        let cases = [
            ("", InvalidUsers::NotAnObjectOfTexts),
            ("null", InvalidUsers::NotAnObjectOfTexts),
            (r#"["s3cret"]"#, InvalidUsers::NotAnObjectOfTexts),
            (r#"{"s3cret": 3}"#, InvalidUsers::NotAnObjectOfTexts),
            ("s3cret:s3cret", InvalidUsers::NotAnObjectOfTexts),
            ("{}", InvalidUsers::NoUser),
            (r#"{"": "s3cret"}"#, InvalidUsers::BadName),
            (r#"{"s3:cret": "s3cret"}"#, InvalidUsers::BadName),
            (r#"{"s3cret": ""}"#, InvalidUsers::BadPassword),
        ];
        for (json, expected) in cases {
            let error = Users::parse(json).unwrap_err();
            assert_eq!(error, expected, "{json}");
            assert!(!error.to_string().contains("s3cret"));
        }
        assert_eq!(format!("{:?}", users()), "Users(3)");
    }

    proptest! {
        #[test]
        fn any_header_is_refused_or_proves_a_user(header in "\\PC*", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let users = users();
            prop_assert!(users.check(Some(&header)).is_err());
            let basic = format!("Basic {}", BASE64.encode(bytes));
            prop_assert!(users.check(Some(&basic)).is_err());
        }

        #[test]
        fn any_configuration_is_read_or_refused(text in "\\PC*", value in crate::testing::any_json()) {
            let _ = Users::parse(&text);
            let _ = Users::parse(&value.to_string());
        }
    }
}
