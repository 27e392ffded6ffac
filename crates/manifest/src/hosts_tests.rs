//! Cases of allowed hosts: what an entry allows, what it does not, and what is no entry.
//! Each was read off Spin's own rules (crates/outbound-networking-config at 4.1).

use proptest::prelude::*;

use super::*;

#[test]
fn an_entry_allows_what_spin_allows() {
    for (entry, scheme, host, port, allowed) in [
        ("http://localhost:8042", "http", "localhost", Some(8042), true),
        ("http://localhost:8042", "http", "127.0.0.1", Some(8042), false),
        ("http://127.0.0.1:8042", "http", "localhost", Some(8042), false),
        ("http://localhost:8042", "https", "localhost", Some(8042), false),
        ("http://localhost:8042", "http", "localhost", None, false),
        // Default ports.
        ("https://example.com", "https", "example.com", None, true),
        ("https://example.com", "https", "example.com", Some(443), true),
        ("https://example.com/", "https", "example.com", None, true),
        ("https://example.com:", "https", "example.com", None, true),
        ("https://example.com:8443/", "https", "example.com", Some(8443), true),
        ("https://example.com", "https", "example.com", Some(444), false),
        ("redis://cache", "redis", "cache", Some(6379), true),
        ("*://example.com:443", "https", "example.com", None, true),
        (" http://example.com ", "http", "example.com", None, true),
        // Names are compared as hosts: case does not count, the scheme's case does.
        ("http://EXAMPLE.com", "http", "example.com", None, true),
        ("HTTP://example.com:80", "http", "example.com", None, false),
        // Wildcards.
        ("*://*:*", "ftp", "anything", Some(1), true),
        ("*://*:*", "foo", "anything", None, true),
        ("http://*", "http", "10.1.2.3", None, true),
        ("http://*", "http", "10.1.2.3", Some(81), false),
        ("http://*.example.com", "http", "a.b.example.com", None, true),
        ("http://*.example.com", "http", "example.com", None, false),
        ("http://*.example.com", "http", "myexample.com", None, false),
        ("http://*.example.com", "http", "10.0.0.1", None, false),
        // Ranges do not include their end.
        ("http://a:8000..8002", "http", "a", Some(8000), true),
        ("http://a:8000..8002", "http", "a", Some(8001), true),
        ("http://a:8000..8002", "http", "a", Some(8002), false),
        // Addresses and networks.
        ("http://[::1]:8001", "http", "[::1]", Some(8001), true),
        ("http://[::1]", "http", "[::1]", None, true),
        ("http://[::1]", "http", "[::2]", None, false),
        ("*://127.0.0.1/24:80", "http", "127.0.0.77", None, true),
        ("*://127.0.0.1/24:80", "http", "127.0.1.1", None, false),
        ("*://127.0.0.1/24:80", "http", "localhost", None, false),
        ("http://0.0.0.0/0", "http", "8.8.8.8", None, true),
        ("http://0.0.0.0/0", "http", "[::1]", None, false),
        ("http://10.0.0.1/32", "http", "10.0.0.2", None, false),
        ("http://2001:db8::/32", "http", "[2001:db8:abcd::1]", None, true),
        ("http://2001:db8::/32:443", "http", "[2001:db9::1]", Some(443), false),
        ("http://::/0", "http", "[2001:db9::1]", None, true),
        // Itself is reached by relative URLs only.
        ("http://self", "http", "self", None, false),
        ("http://example.com", "http", "exa mple", None, false),
        ("http://example.com", "http", "", None, false),
    ] {
        let hosts = AllowedHosts::parse(&[entry]).unwrap_or_else(|e| panic!("{entry}: {e}"));
        assert_eq!(hosts.allows(scheme, host, port), allowed, "{entry} for {scheme} {host} {port:?}");
    }
}

#[test]
fn nothing_is_allowed_by_default() {
    assert!(!AllowedHosts::default().allows("http", "localhost", None));
    assert!(!AllowedHosts::default().allows_self("http"));
}

#[test]
fn relative_requests_need_self_or_any_host() {
    for (entry, allowed) in [
        ("http://self", true),
        ("http://self.alt", true),
        ("*://*:*", true),
        ("https://self", false),
        ("http://a", false),
    ] {
        assert_eq!(AllowedHosts::parse(&[entry]).unwrap().allows_self("http"), allowed, "{entry}");
    }
}

#[test]
fn what_is_no_entry_is_refused() {
    use HostError::{Host, List, NoPort, NoScheme, Path, Port, Scheme, ServiceChaining, Wildcard};
    for (entry, error) in [
        ("", NoScheme),
        ("*", NoScheme),
        ("localhost:8042", NoScheme),
        ("insecure:allow-all", NoScheme),
        ("ht-tp://example.com:80", Scheme),
        ("://example.com", NoPort),
        ("*://example.com", NoPort),
        ("ftp://example.com", NoPort),
        ("http://example.com:http", Port),
        ("http://example.com:8080..70000", Port),
        ("http://example.com:8080..", Port),
        ("http://user:pass@example.com", Port),
        ("http://example.com/api", Path),
        ("http://example.com/api/", Path),
        ("http://example.com:80/api", Path),
        ("http://127.0.0.0/24/p", Path),
        ("http://127.0.0.0/33", Path),
        ("http://a.*.com", Wildcard),
        ("http://*.*.com", Wildcard),
        ("http://*.127.0.0.1", Wildcard),
        ("http://*.", Host),
        ("http://", Host),
        ("http://exa[mple.com", Host),
        ("http://example%.com", Host),
        ("http://[::1]::80", Host),
        ("http://{a,b}", List),
        ("{http,https}://a:80", List),
        ("http://a:{80,81}", List),
        ("http://other.spin.internal", ServiceChaining),
        ("http://*.spin.internal", ServiceChaining),
    ] {
        assert_eq!(AllowedHosts::parse(&[entry]), Err(error), "{entry:?}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(entry in "\\PC{0,40}", near in "[a-z*]{0,5}(://)?[a-z0-9.:/*{}\\[\\]]{0,24}", host in "\\PC{0,20}") {
        for entry in [entry, near] {
            if let Ok(hosts) = AllowedHosts::parse(&[entry]) {
                let _ = hosts.allows("http", &host, Some(1));
            }
        }
    }
}
