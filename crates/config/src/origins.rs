//! Scheme, host and port of addresses that this application calls: what a component may call must be named
//! without a path (`allowed_outbound_hosts`). The embedded runtime fills them in; under Spin they are set.

use links::ServiceUrl;

use crate::ConfigError;

/// Variables with an address, and that of its origin.
pub const ORIGINS: [(&str, &str); 4] = [
    ("meddream_token_service_url", "meddream_token_service_origin"),
    ("orthanc_root", "orthanc_origin"),
    ("audit_endpoint", "audit_origin"),
    ("notify_endpoint", "notify_origin"),
];

/// What `spin.toml` has for an origin that is not set, since Spin wants a valid one.
const UNSET: &str = "http://localhost:1";

/// The origin of an address; none where there is none, or a wrong one.
pub fn origin_of(address: &str) -> Option<String> {
    ServiceUrl::parse(address).ok().map(|url| url.origin())
}

/// An origin, in the variable of this name; none where it is not set.
pub fn origin(name: &'static str, value: &str) -> Result<Option<String>, ConfigError> {
    if value.trim().is_empty() || value.trim() == UNSET {
        return Ok(None);
    }
    let url = ServiceUrl::parse(value).ok();
    let origin = url.filter(|url| url.as_str().trim_end_matches('/') == url.origin());
    let expected = "expected scheme, host and port only, as in https://orthanc.example.org:8042";
    origin.map(|url| Some(url.origin())).ok_or(ConfigError::new(name, expected))
}

/// Fails where an origin is not that of its address: what is sent there would be blocked.
pub(crate) fn check(lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    let value = |name| lookup(name).unwrap_or_default();
    for (address, name) in ORIGINS {
        if let (Some(given), Some(needed)) = (origin(name, &value(name))?, origin_of(&value(address)))
            && given != needed
        {
            return Err(ConfigError::new(name, format!("expected scheme, host and port of {address}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path_and_is_that_of_its_address() {
        assert_eq!(origin("audit_origin", ""), Ok(None));
        assert_eq!(origin("audit_origin", "http://localhost:1"), Ok(None));
        assert_eq!(origin("audit_origin", "https://a:8443/"), Ok(Some("https://a:8443".to_owned())));
        for bad in ["https://a/x", "a:8443", "nonsense"] {
            assert_eq!(origin("notify_origin", bad).unwrap_err().variable, "notify_origin", "{bad}");
        }
        assert_eq!(origin_of("https://a:8443/fhir/AuditEvent").as_deref(), Some("https://a:8443"));
        assert_eq!(origin_of("http://orthanc:8042/x/").as_deref(), Some("http://orthanc:8042"));
        assert_eq!([origin_of("nonsense"), origin_of("")], [None, None]);
    }

    #[test]
    fn each_origin_is_compared_with_its_address() {
        for (address, name) in ORIGINS {
            let with = |origin: &'static str| {
                move |asked: &str| match asked {
                    asked if asked == address => Some("https://a:8443/path".to_owned()),
                    asked if asked == name => Some(origin.to_owned()),
                    _ => None,
                }
            };
            assert_eq!(check(with("https://a:8443")), Ok(()), "{name}");
            assert_eq!(check(with("")), Ok(()), "{name}");
            let error = check(with("https://b:8443")).unwrap_err();
            assert!(error.variable == name && error.to_string().contains(address), "{error}");
        }
    }
}
