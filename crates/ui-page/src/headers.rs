//! The headers of the page and its files. The page shows links, which are keys to studies: nothing of
//! another origin is loaded, run, framed or told where the reader came from.

use pages::Language;

/// A header's name, in lower case, and value.
pub type HeaderPair = (&'static str, &'static str);

/// Only this origin's own files, API and pictures drawn into the page (`data:`, the QR code).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// What a file of the page carries. Its address changes with its content; `private`, since it is behind
/// the same password as the page.
pub const ASSET_HEADERS: [HeaderPair; 5] = [
    ("cache-control", "private, max-age=31536000, immutable"),
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// What the page, the redirect to it and a QR code carry; the language only counts for the page.
pub const fn page_headers(language: Language) -> [HeaderPair; 9] {
    [
        ("cache-control", "no-store"),
        ("content-language", language.tag()),
        ("vary", "accept-language"),
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-robots-tag", "noindex"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_once() {
        for pairs in [&page_headers(Language::German)[..], &ASSET_HEADERS[..]] {
            for (i, (name, value)) in pairs.iter().enumerate() {
                assert_eq!(*name, name.to_ascii_lowercase());
                assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}: {value}");
                assert!(pairs[..i].iter().all(|(other, _)| other != name), "{name} twice");
            }
        }
        assert!(page_headers(Language::German).contains(&("content-language", "de")));
    }

    #[test]
    fn the_policy_starts_from_nothing() {
        assert!(CONTENT_SECURITY_POLICY.starts_with("default-src 'none'; "));
        for word in ["unsafe", "http", "*", "\n", "  "] {
            assert!(!CONTENT_SECURITY_POLICY.contains(word), "{word}");
        }
    }
}
