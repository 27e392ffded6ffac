//! The management page of shares, `/shares/ui/`: one page in seven languages, its style and scripts, and
//! links as QR codes. The page asks the JSON API for everything else.
//!
//! In: a path, the reader's language, where the viewers are. Out: HTML, files and their headers.
//!
//! The subtle thing: nothing of a request is shown by the server. The page is made of our own texts; what
//! the API tells of shares becomes text nodes in the browser, never HTML.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `route` | the paths below `/shares/ui` |
//! | `page` | the one template, `assets/page.html`, and what fills it |
//! | `texts` | all sentences: one file a language, to be read by a translator |
//! | `offer` | which viewers the form for a new share offers |
//! | `assets` | style and scripts, under an address that changes when they do |
//! | `headers` | the headers of all of them |
//! | `qr` | a link as a QR code |

mod assets;
mod headers;
mod offer;
mod page;
mod qr;
mod route;
#[cfg(test)]
mod style_tests;
mod texts;

pub use assets::{Asset, asset, version};
pub use headers::{ASSET_HEADERS, CONTENT_SECURITY_POLICY, HeaderPair, page_headers};
pub use offer::{Offer, offers};
pub use page::render;
pub use qr::{LONGEST_LINK, QrError, read_link, svg};
pub use route::Route;
