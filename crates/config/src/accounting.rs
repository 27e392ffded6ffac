//! The variables of accounting: where events are sent, and whose word counts about addresses.

use audit::Proxies;
use links::ServiceUrl;

use crate::ConfigError;
use crate::anonymizer::orthanc_origin_of;

/// Variables with an address, and that of its scheme, host and port: what a component may call must be
/// named without a path (`allowed_outbound_hosts`). The embedded runtime fills the second in.
pub const ORIGINS: [(&str, &str); 4] = [
    ("meddream_token_service_url", "meddream_token_service_origin"),
    ("orthanc_root", "orthanc_origin"),
    ("audit_endpoint", "audit_origin"),
    ("notify_endpoint", "notify_origin"),
];

/// What Spin has for an origin that is not set, since it wants a valid one.
const UNSET_ORIGIN: &str = "http://localhost:1";

/// The origin of the address in a variable of [`ORIGINS`]; none where it has none, or a wrong one.
pub fn origin_of(variable: &str, value: &str) -> Option<String> {
    match variable {
        "orthanc_root" => orthanc_origin_of(value),
        _ => ServiceUrl::parse(value).ok().map(|url| url.origin()),
    }
}

/// `audit_endpoint`: where AuditEvents are posted; none where it is not set.
pub fn audit_endpoint(value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    url("audit_endpoint", value)
}

/// `notify_endpoint`: where it is posted that a share with `notify` was opened.
pub fn notify_endpoint(value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    url("notify_endpoint", value)
}

/// `audit_origin`: scheme, host and port of `audit_endpoint`.
pub fn audit_origin(value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    origin("audit_origin", value)
}

/// `notify_origin`: scheme, host and port of `notify_endpoint`.
pub fn notify_origin(value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    origin("notify_origin", value)
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

fn origin(name: &'static str, value: &str) -> Result<Option<ServiceUrl>, ConfigError> {
    if value.trim() == UNSET_ORIGIN {
        return Ok(None);
    }
    let origin = url(name, value)?;
    let has_more = |url: &ServiceUrl| url.as_str().trim_end_matches('/') != url.origin();
    if origin.as_ref().is_some_and(has_more) {
        let expected = "expected scheme, host and port only, as in https://audit.example.org:443";
        return Err(ConfigError::new(name, expected));
    }
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path_and_follows_from_the_address() {
        assert_eq!(audit_origin("http://localhost:1").map(|it| it.is_some()), Ok(false));
        assert_eq!(audit_origin("https://a:8443").map(|it| it.is_some()), Ok(true));
        assert!(notify_origin("https://a/x").is_err());
        assert_eq!(
            origin_of("audit_endpoint", "https://a:8443/fhir/AuditEvent").as_deref(),
            Some("https://a:8443")
        );
        assert_eq!(
            origin_of("orthanc_root", "http://orthanc:8042/x").as_deref(),
            Some("http://orthanc:8042")
        );
        assert_eq!(origin_of("audit_endpoint", "nonsense"), None);
    }

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
