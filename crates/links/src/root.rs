//! The addresses that a site configures: viewer roots, and the service that makes MedDream's tokens.

use std::fmt;

use url::Url;

/// Where a viewer, a landing page or an Orthanc is reached by browsers: `http` or `https`, and a path
/// that ends with a slash, or names a page.
#[derive(Clone, PartialEq, Eq)]
pub struct Root(Url);

/// The address of a service that this application calls: `http` or `https`, with any path and query.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceUrl(Url);

/// The text is no such address. It does not say what the text was: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoot {
    /// Not absolute, or of another scheme.
    #[error("expected an http or https URL such as https://pacs.example.org/shares/")]
    NotHttp,
    /// Links would carry the password to everyone.
    #[error("expected a URL without a user and a password")]
    UserInfo,
    /// A token could not be added to it.
    #[error("expected a URL without a query (?…) and a fragment (#…)")]
    QueryOrFragment,
}

impl Root {
    /// Reads an address; a slash at its end is added if it is not there.
    pub fn parse(text: &str) -> Result<Self, InvalidRoot> {
        let mut root = Self::parse_page(text)?;
        if !root.0.path().ends_with('/') {
            let path = format!("{}/", root.0.path());
            root.0.set_path(&path);
        }
        Ok(root)
    }

    /// The same for a landing page, to which only a query is added: one that is a file stays as it is, like
    /// `…/ui/app/token-landing.html` of Orthanc Explorer 2.
    pub fn parse_page(text: &str) -> Result<Self, InvalidRoot> {
        let mut url = parse_http(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidRoot::QueryOrFragment);
        }
        if !url.path().ends_with('/') && !url.path().ends_with(".html") {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The address; what is added to it comes below it, or is a query.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl ServiceUrl {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, InvalidRoot> {
        let url = parse_http(text)?;
        if url.fragment().is_some() {
            return Err(InvalidRoot::QueryOrFragment);
        }
        Ok(Self(url))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its scheme, host and port, as in `http://localhost:8088`; a port that is the scheme's own is left out.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

fn parse_http(text: &str) -> Result<Url, InvalidRoot> {
    let text = text.trim();
    // What `Url` would repair in silence is a mistake here: `http:x`, `http:\\x`, a line break.
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if !text.contains("://") || text.contains(is_odd) {
        return Err(InvalidRoot::NotHttp);
    }
    let url = Url::parse(text).map_err(|_| InvalidRoot::NotHttp)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(InvalidRoot::NotHttp);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidRoot::UserInfo);
    }
    Ok(url)
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({self})")
    }
}

/// Without the address: its query may hold a key.
impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn roots_end_with_a_slash() {
        let cases = [
            ("http://localhost", "http://localhost/"),
            ("http://localhost/shares", "http://localhost/shares/"),
            ("http://localhost/shares/", "http://localhost/shares/"),
            (" https://PACS.example.org:8443/a/b \n", "https://pacs.example.org:8443/a/b/"),
            ("http://[::1]:8042/x", "http://[::1]:8042/x/"),
            ("http://h/a/../b", "http://h/b/"),
        ];
        for (text, expected) in cases {
            assert_eq!(Root::parse(text).unwrap().as_str(), expected);
            assert_eq!(Root::parse_page(text).unwrap().as_str(), expected);
        }
        let page = "http://h/ui/app/token-landing.html";
        assert_eq!(Root::parse_page(page).unwrap().as_str(), page);
        assert_eq!(Root::parse(page).unwrap().as_str(), "http://h/ui/app/token-landing.html/");
    }

    #[test]
    fn what_is_no_root_is_refused() {
        use InvalidRoot::*;
        let cases = [
            ("", NotHttp),
            ("localhost/shares", NotHttp),
            ("/shares/", NotHttp),
            ("ftp://h/", NotHttp),
            ("javascript://h/%0aalert(1)", NotHttp),
            ("http:h", NotHttp),
            ("http://", NotHttp),
            ("http://h\\x", NotHttp),
            ("http://h/a\nb", NotHttp),
            ("http://u:p@h/", UserInfo),
            ("http://u@h/", UserInfo),
            ("http://h/?a=b", QueryOrFragment),
            ("http://h/#a", QueryOrFragment),
        ];
        for (text, expected) in cases {
            assert_eq!(Root::parse(text), Err(expected), "{text}");
        }
        assert!(ServiceUrl::parse("http://127.0.0.1:8201/v3/generate?key=x").is_ok());
        assert!(ServiceUrl::parse("http://u:p@h/").is_err());
        assert_eq!(ServiceUrl::parse("http://h:8201/v3?x").unwrap().origin(), "http://h:8201");
        assert_eq!(ServiceUrl::parse("https://H:443/v3").unwrap().origin(), "https://h");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(https?://)?\\PC*") {
            if let Ok(root) = Root::parse(&text) {
                prop_assert!(root.as_str().ends_with('/'));
                prop_assert_eq!(Root::parse(root.as_str()), Ok(root));
            }
            let _ = ServiceUrl::parse(&text);
        }
    }
}
