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
pub use share::share_link;
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
