//! What must never be written to a log: the key, a token, a password, a query string.
//! Every journey that carries one ends with this check.

use crate::app::{App, SECRET_KEY};

/// Panics when the log of the application holds the key, anything that looks like a token of any
/// service, a query string with a token, or one of these further secrets.
pub fn assert_log_keeps_secrets(app: &App, secrets: &[&str]) {
    let log = app.log();
    // A compact JWS begins with the base64url of `{"`; the host logs nothing else that does.
    for secret in [SECRET_KEY, "eyJ", "token="].iter().chain(secrets) {
        let found = log.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "the log holds `{secret}`: {found:?}");
    }
}
