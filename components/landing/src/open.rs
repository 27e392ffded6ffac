//! From the link's query to the viewer's address.

use edge::tokens::{self, Rejection};
use edge::viewer::NoViewer;
use links::{Link, LinkError};
use model::Moment;
use pages::Notice;

use crate::settings;

/// Why a link does not open: what the person is told, and for the log the word for it.
pub enum Refused {
    /// Told as it is.
    Notice(Notice),
    /// The token's own reason.
    Token(Rejection),
}

impl Refused {
    /// For the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Token(rejection) => tokens::rejection_word(*rejection),
            Self::Notice(notice) => match notice {
                Notice::MissingToken => "missing-token",
                Notice::NotFound => "not-found",
                Notice::MethodNotAllowed => "method-not-allowed",
                Notice::ViewerUnavailable | Notice::ViewerTimeout => "viewer-unavailable",
                Notice::Misconfigured => "misconfigured",
                _ => "no-link",
            },
        }
    }

    /// For the person.
    pub fn into_notice(self) -> Notice {
        match self {
            Self::Notice(notice) => notice,
            Self::Token(rejection) => match rejection {
                Rejection::Invalid | Rejection::Malformed => Notice::Invalid,
                Rejection::NotYetValid(begin) => Notice::NotYetValid(begin.map(Moment::from)),
                Rejection::Expired(end) => Notice::Expired(end.map(Moment::from)),
                Rejection::Revoked => Notice::Revoked,
                Rejection::Misconfigured => Notice::Misconfigured,
            },
        }
    }
}

/// The viewer's address for the token in this query; where it stands several times, the last counts.
pub async fn link(query: &str) -> Result<Link, Refused> {
    let token = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "token").last();
    let Some((_, token)) = token.filter(|(_, token)| !token.is_empty()) else {
        return Err(Refused::Notice(Notice::MissingToken));
    };
    let viewers = settings::get().await.map_err(|_| Refused::Notice(Notice::Misconfigured))?;
    let share = tokens::inspect(&token).await.map_err(Refused::Token)?;
    let link = viewers.link(&share, &token).await.map_err(no_link)?;
    // Instant links have no viewer of their own.
    link.ok_or(Refused::Notice(Notice::Invalid))
}

fn no_link(error: NoViewer) -> Refused {
    Refused::Notice(match error {
        NoViewer::Token(rejection) => return Refused::Token(rejection),
        NoViewer::Link(LinkError::NotConfigured { .. }) => Notice::Misconfigured,
        // The share is one that this viewer never opens.
        NoViewer::Link(_) => Notice::Invalid,
        NoViewer::Meddream(problem) if problem.status == 504 => Notice::ViewerTimeout,
        NoViewer::Meddream(_) => Notice::ViewerUnavailable,
    })
}
