//! The pages that a person sees when a share's link cannot simply open: HTML that a patient can
//! read on a phone, in seven languages, without script and without anything fetched.
//!
//! In: a [`Notice`] (what happened), or a [`Form`] (what to ask before a share opens), and a
//! [`Language`]. Out: a [`Page`] with its status, its HTML and the headers that it must be sent with.
//!
//! The subtle thing: nothing of a request is ever shown. A page is made of our own texts and, for
//! a share that has not begun or has ended, of a date; so there is nothing to inject. The one thing that
//! comes back is a good token, hidden in the form that posts it again, and escaped.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `notice` | what can happen: status, icon and date of each notice |
//! | `form` | the page on which a share with a code, or with limited openings, is opened |
//! | `page` | the one template, with `page.css` |
//! | `texts` | all sentences: one file a language, to be read by a translator |
//! | `date` | a moment written out in a language |
//! | `language` | the languages, and the choice among them by `Accept-Language` |
//! | `headers` | the headers of pages and redirects |

mod date;
mod form;
mod headers;
mod language;
mod notice;
mod page;
#[cfg(test)]
mod style_tests;
mod texts;

pub use form::{CodeField, Form, render_form};
pub use headers::{CONTENT_SECURITY_POLICY, HeaderPair, REDIRECT_HEADERS};
pub use language::Language;
pub use notice::Notice;
pub use page::{Page, render};
