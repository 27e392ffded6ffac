//! The response headers of the pages, and of the redirect to a viewer: the address of both holds a
//! token, so neither may be stored, indexed, framed or named to the next site.

use crate::Language;

/// A header's name, in lower case as HTTP/2 and `http::HeaderName::from_static` want it, and value.
pub type HeaderPair = (&'static str, &'static str);

/// Nothing is loaded, posted or framed; the one inline style is named by its hash
/// (CSP Level 3 §6.7.3.3), which a test computes again from `page.css`.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-PCyd83h7oRMyitQplzBcZtHo23x6ZQyAthDwWrOc/Y8='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a redirect to a viewer carries besides its `Location`. `Referrer-Policy` on a redirect
/// holds for the request that follows it, so the viewer's site never sees the link.
pub const REDIRECT_HEADERS: [HeaderPair; 5] = [
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
];

/// The policy of a page whose form is posted to its own address, and answered with a redirect to this
/// source: Chromium and Safari stop a redirect that the policy does not name (<https://github.com/w3c/webappsec-csp/issues/8>).
pub(crate) fn form_policy(viewer: &str) -> String {
    // A source has no space in it; what has would be several, or another directive.
    let viewer = if viewer.contains([' ', ';', ',']) { "" } else { viewer };
    CONTENT_SECURITY_POLICY.replace("form-action 'none'", format!("form-action 'self' {viewer}").trim_end())
}

/// All headers of a page in this language, whatever its status (a 405 needs its `Allow` besides).
pub(crate) fn headers(language: Language, policy: &str) -> [(&'static str, &str); 8] {
    let [referrer, cache, _, sniffing, robots] = REDIRECT_HEADERS;
    [
        ("content-type", "text/html; charset=utf-8"),
        ("content-language", language.tag()),
        ("vary", "accept-language"),
        referrer,
        cache,
        ("content-security-policy", policy),
        sniffing,
        robots,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::STYLE;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};

    #[test]
    fn the_policy_names_the_style_that_is_sent() {
        let source = format!("style-src 'sha256-{}';", STANDARD.encode(Sha256::digest(STYLE)));
        assert!(CONTENT_SECURITY_POLICY.contains(&source), "page.css changed: write {source}");
    }

    #[test]
    fn a_form_may_be_posted_here_and_answered_there() {
        let policy = form_policy("https://pacs.example.org:8443");
        assert!(policy.contains("; form-action 'self' https://pacs.example.org:8443; "), "{policy}");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        for odd in ["", "a b", "a; script-src *", "a,b"] {
            assert!(form_policy(odd).contains("; form-action 'self'; frame-ancestors"), "{odd}");
        }
    }

    #[test]
    fn names_are_lower_case_and_once() {
        let pairs = headers(Language::French, CONTENT_SECURITY_POLICY);
        for (i, (name, value)) in pairs.iter().enumerate() {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}: {value}");
            assert!(pairs[..i].iter().all(|(other, _)| other != name), "{name} twice");
        }
        assert!(pairs.contains(&("content-language", "fr")));
        assert!(REDIRECT_HEADERS.iter().all(|pair| pairs.contains(pair)));
    }
}
