//! What can keep a link from opening, and how a page tells of it: status, icon, date, sentences.

use model::Moment;

use crate::page::Icon;
use crate::texts::{Message, Texts};

/// Why the person sees a page instead of the images.
///
/// A new state is a variant here, its lines in the four `match`es below, and a message in each
/// file of `texts/`; the compiler names every place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The link holds no token. 400.
    MissingToken,
    /// The token is none of ours, or its claims are no share's. 403.
    Invalid,
    /// The share has not begun; it will at this moment, if known. 403.
    NotYetValid(Option<Moment>),
    /// The share has ended, at this moment, if known. 410.
    Expired(Option<Moment>),
    /// The share was taken back. 410.
    Revoked,
    /// It was opened as often as it may be. 410.
    UsedUp,
    /// The last code that is looked at was wrong. 403, as for every wrong code.
    LastCodeWrong,
    /// Too many wrong codes were sent. 423.
    Locked,
    /// The viewer, or the service that makes its links, fails. 502.
    ViewerUnavailable,
    /// The viewer, or the service that makes its links, does not answer in time. 504.
    ViewerTimeout,
    /// What is known of the share cannot be looked up right now. 503.
    Unavailable,
    /// The application's own configuration is wrong. 500.
    Misconfigured,
    /// No page has this address. 404.
    NotFound,
    /// Pages are read with GET and HEAD, and answered with POST. 405; the caller adds `Allow`.
    MethodNotAllowed,
    /// What was posted is longer than any form of ours. 413.
    TooLong,
    /// What was posted is no form. 415.
    NotAForm,
}

impl Notice {
    /// Every notice, those with a date both with and without it: for tests and previews.
    pub fn all(date: Moment) -> [Self; 18] {
        [
            Self::MissingToken,
            Self::Invalid,
            Self::NotYetValid(None),
            Self::NotYetValid(Some(date)),
            Self::Expired(None),
            Self::Expired(Some(date)),
            Self::Revoked,
            Self::UsedUp,
            Self::LastCodeWrong,
            Self::Locked,
            Self::ViewerUnavailable,
            Self::ViewerTimeout,
            Self::Unavailable,
            Self::Misconfigured,
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::TooLong,
            Self::NotAForm,
        ]
    }

    /// The HTTP status of its page.
    pub const fn status(&self) -> u16 {
        match self {
            Self::MissingToken => 400,
            Self::Invalid | Self::NotYetValid(_) | Self::LastCodeWrong => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Expired(_) | Self::Revoked | Self::UsedUp => 410,
            Self::TooLong => 413,
            Self::NotAForm => 415,
            Self::Locked => 423,
            Self::Misconfigured => 500,
            Self::ViewerUnavailable => 502,
            Self::Unavailable => 503,
            Self::ViewerTimeout => 504,
        }
    }

    pub(crate) const fn icon(&self) -> Icon {
        match self {
            Self::MissingToken
            | Self::Invalid
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLong
            | Self::NotAForm => Icon::BrokenLink,
            Self::NotYetValid(_) | Self::Expired(_) => Icon::Clock,
            Self::Revoked | Self::UsedUp => Icon::Closed,
            Self::LastCodeWrong | Self::Locked => Icon::Lock,
            Self::ViewerUnavailable | Self::ViewerTimeout | Self::Unavailable | Self::Misconfigured => {
                Icon::Trouble
            }
        }
    }

    pub(crate) fn message<'a>(&self, texts: &'a Texts) -> &'a Message {
        match self {
            Self::MissingToken => &texts.missing_token,
            Self::Invalid => &texts.invalid,
            Self::NotYetValid(_) => &texts.not_yet_valid,
            Self::Expired(_) => &texts.expired,
            Self::Revoked => &texts.revoked,
            Self::UsedUp => &texts.used_up,
            Self::LastCodeWrong | Self::Locked => &texts.locked,
            Self::ViewerUnavailable => &texts.viewer_unavailable,
            Self::ViewerTimeout => &texts.viewer_timeout,
            Self::Unavailable => &texts.unavailable,
            Self::Misconfigured => &texts.misconfigured,
            Self::NotFound => &texts.not_found,
            Self::MethodNotAllowed | Self::TooLong | Self::NotAForm => &texts.method_not_allowed,
        }
    }

    /// The date to show, and what it is.
    pub(crate) fn date<'a>(&self, texts: &'a Texts) -> Option<(&'a str, Moment)> {
        match *self {
            Self::NotYetValid(date) => Some((texts.valid_from, date?)),
            Self::Expired(date) => Some((texts.valid_until, date?)),
            _ => None,
        }
    }
}
