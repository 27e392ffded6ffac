//! The variables of accounting: where events are sent, and whose word counts about addresses.

use audit::Proxies;
use links::ServiceUrl;

use crate::ConfigError;

/// `audit_endpoint`: where AuditEvents are posted; none where it is not set.
pub fn audit_endpoint(value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    url("audit_endpoint", value)
}

/// `notify_endpoint`: where it is posted that a share with `notify` was opened.
pub fn notify_endpoint(value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    url("notify_endpoint", value)
}

/// `audit_authorization`: what the audit repository wants in `Authorization`, such as `Bearer …`.
pub fn audit_authorization(value: &str) -> Result<Option<&str>, ConfigError> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    let is_header = value.contains(' ') && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let expected = "expected a scheme and credentials, as in Bearer abc";
    is_header.then_some(Some(value)).ok_or(ConfigError::new("audit_authorization", expected))
}

/// `trusted_proxies`: those whose `X-Forwarded-For` counts; nobody's where it is not set.
pub fn trusted_proxies(value: &str) -> Result<Proxies, ConfigError> {
    let expected = "expected IP addresses and networks with commas, as in 127.0.0.1, 10.0.0.0/8";
    Proxies::parse(value).map_err(|_| ConfigError::new("trusted_proxies", expected))
}

fn url(name: &'static str, value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    if value.trim().is_empty() {
        return Ok(None);
    }
    ServiceUrl::parse(value).map(Some).map_err(|error| ConfigError::new(name, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_one_header_and_never_shown() {
        assert_eq!(audit_authorization(""), Ok(None));
        assert_eq!(audit_authorization("Bearer abc\n"), Ok(Some("Bearer abc")));
        for bad in ["abc", "Bearer a\u{7}b", "Bearer é"] {
            let error = audit_authorization(bad).unwrap_err();
            assert!(!error.to_string().contains("a\u{7}b") && !error.to_string().contains('é'));
        }
        assert!(trusted_proxies("127.0.0.1").is_ok() && trusted_proxies("proxy").is_err());
    }
}
