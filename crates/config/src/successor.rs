//! Moving in from the successor of the Python service: names that it uses otherwise, and what of it
//! is not served here.

/// Its names and ours, in lower case.
pub const ALIASES: &[(&str, &str)] = &[("server_id", "server_identifier")];

/// Its variables that nothing here reads, in upper case, and what happens instead.
pub const UNSERVED: &[(&str, &str)] = &[
    ("ENABLE_KEYCLOAK", "users are not looked up in Keycloak: profiles come from user_profiles"),
    ("KEYCLOAK_URI", "Keycloak is not asked: profiles come from user_profiles"),
    ("KEYCLOAK_ADMIN_URI", "Keycloak is not asked: roles come from permissions"),
    ("KEYCLOAK_CLIENT_SECRET", "Keycloak is not asked: roles come from permissions"),
    ("ENABLE_KEYCLOAK_API_KEYS", "API keys are not looked up in Keycloak: list them in user_profiles"),
    ("ENABLE_EMAILS", "no mail is sent: the caller gets the link and sends it"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    #[test]
    fn what_is_promised_instead_exists() {
        for (_, ours) in ALIASES {
            assert!(names().any(|name| name == *ours), "{ours}");
        }
        for (theirs, _) in UNSERVED {
            assert!(names().all(|name| name != theirs.to_ascii_lowercase()), "{theirs}");
        }
    }
}
