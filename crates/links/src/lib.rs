//! Viewer roots and the links below them: where a share's token is taken to.
//! Pure. The subtle thing: a [`Link`] can only be made below a configured [`Root`], so that a
//! redirect to it never leaves what the site configured, whatever a share's identifiers are.

mod encode;
mod error;
mod meddream;
mod root;
mod share;
mod viewer;

pub use error::LinkError;
pub use meddream::{NoMeddreamToken, meddream_request, read_meddream_token};
pub use root::{InvalidRoot, Root, ServiceUrl};
pub use share::{share_link, short_link};
pub use viewer::{OhifDataSource, Shared, ViewerRoots, viewer_link};

/// The longest link, in bytes. Both runtimes refuse a longer address with 414: the crate `http`, which they
/// read requests with, takes 65,534 bytes. What is left is for the path of a proxy in front.
pub const LONGEST_LINK: usize = 60_000;

/// A link below a configured root. It holds a token: it is neither logged nor shown in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// Below the root: `relative` has no `..` and does not begin with a slash, and what a caller
    /// gave of it is percent-encoded.
    fn below(root: &Root, relative: &str) -> Result<Self, LinkError> {
        let link = format!("{root}{relative}");
        if link.len() > LONGEST_LINK { Err(LinkError::TooLong) } else { Ok(Self(link)) }
    }

    /// The absolute URL, ASCII only.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its scheme, host and port as a source of a Content Security Policy, which knows no IPv6 address
    /// (CSP Level 3 §2.3.1, `host-char`): of such a one it is the scheme alone.
    pub fn policy_source(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return String::new() };
        match rest.split(['/', '?']).next() {
            Some(authority) if !authority.starts_with('[') => format!("{scheme}://{authority}"),
            _ => format!("{scheme}:"),
        }
    }
}

impl From<Link> for String {
    fn from(link: Link) -> String {
        link.0
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_of_a_link_is_a_source_of_a_policy() {
        for (root, source) in [
            ("http://localhost/shares/", "http://localhost"),
            ("https://PACS.example.org:8443/a/", "https://pacs.example.org:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://[2001:db8::1]:8443/a/", "https:"),
            // A line break or a space would end the header or the source.
            ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ] {
            let link = Link::below(&Root::parse(root).unwrap(), "viewer?study=a&token=b").unwrap();
            assert_eq!(link.policy_source(), source);
        }
    }
}
