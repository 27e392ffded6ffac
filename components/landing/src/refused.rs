//! Why a link does not open: what the person is told, and the word for it on the log.

use edge::settings::Misconfigured;
use edge::shares::NoShares;
use edge::tokens::{self, Rejection};
use edge::viewer::NoViewer;
use links::LinkError;
use model::Moment;
use pages::Notice;
use registry::StoreError;

/// Why a link does not open.
pub enum Refused {
    /// Told as it is.
    Notice(Notice),
    /// The token's own reason.
    Token(Rejection),
    /// What the person can do nothing about: told as it is, and why in the log.
    Failed(Notice, String),
}

impl Refused {
    /// The reason as one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Token(rejection) => tokens::rejection_word(*rejection),
            Self::Notice(notice) | Self::Failed(notice, _) => match notice {
                Notice::MissingToken => "missing-token",
                Notice::NotFound => "not-found",
                Notice::MethodNotAllowed => "method-not-allowed",
                Notice::TooLong => "too-long",
                Notice::NotAForm => "not-a-form",
                Notice::Misconfigured => "misconfigured",
                Notice::Unavailable => "store-unavailable",
                Notice::ViewerUnavailable => "viewer-unavailable",
                Notice::ViewerTimeout => "viewer-timeout",
                Notice::Revoked => "revoked",
                Notice::Expired(_) => "expired",
                Notice::NotYetValid(_) => "not-yet-valid",
                Notice::UsedUp => "used-up",
                Notice::LastCodeWrong => "wrong-code",
                Notice::Locked => "locked",
                Notice::Invalid => "no-link",
            },
        }
    }

    /// For the person.
    pub fn notice(&self) -> Notice {
        match self {
            Self::Notice(notice) | Self::Failed(notice, _) => *notice,
            Self::Token(rejection) => match *rejection {
                Rejection::Invalid | Rejection::Malformed => Notice::Invalid,
                Rejection::NotYetValid(begin) => Notice::NotYetValid(begin.map(Moment::from)),
                Rejection::Expired(end) => Notice::Expired(end.map(Moment::from)),
                Rejection::Revoked | Rejection::Unknown => Notice::Revoked,
                Rejection::Unavailable => Notice::Unavailable,
                Rejection::Misconfigured => Notice::Misconfigured,
            },
        }
    }
}

impl From<Notice> for Refused {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::Token(rejection)
    }
}

impl From<Misconfigured> for Refused {
    fn from(_: Misconfigured) -> Self {
        Self::Notice(Notice::Misconfigured)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(Notice::Unavailable, error.to_string())
    }
}

impl From<NoShares> for Refused {
    fn from(error: NoShares) -> Self {
        match error {
            NoShares::Misconfigured(error) => error.into(),
            NoShares::Store(error) => error.into(),
        }
    }
}

impl From<NoViewer> for Refused {
    fn from(error: NoViewer) -> Self {
        match error {
            NoViewer::Token(rejection) => Self::Token(rejection),
            NoViewer::Link(error @ LinkError::NotConfigured { .. }) => {
                Self::Failed(Notice::Misconfigured, error.to_string())
            }
            // The share is one that this viewer never opens.
            NoViewer::Link(_) => Self::Notice(Notice::Invalid),
            NoViewer::Meddream(problem) => {
                let notice =
                    if problem.status == 504 { Notice::ViewerTimeout } else { Notice::ViewerUnavailable };
                Self::Failed(notice, problem.to_string())
            }
        }
    }
}
