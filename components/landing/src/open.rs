//! From the link's query to the viewer's address.

use edge::log;
use edge::tokens::{self, Rejection};
use edge::viewer::NoViewer;
use http::HeaderMap;
use links::{Link, LinkError};
use model::Moment;
use pages::Notice;

use crate::settings;

/// Why a link does not open: what the person is told, and what is logged.
pub enum Refused {
    /// Told as it is.
    Notice(Notice),
    /// The token's own reason.
    Token(Rejection),
    /// What the person can do nothing about: told as it is, and why in the log.
    Failed(Notice, String),
}

impl Refused {
    /// One line.
    pub fn log(&self, headers: &HeaderMap) {
        let word = match self {
            Self::Failed(_, why) => return log::failed("open", why, headers),
            Self::Token(rejection) => tokens::rejection_word(*rejection),
            Self::Notice(notice) => match notice {
                Notice::MissingToken => "missing-token",
                Notice::NotFound => "not-found",
                Notice::MethodNotAllowed => "method-not-allowed",
                Notice::Misconfigured => "misconfigured",
                _ => "no-link",
            },
        };
        log::refused("open", word, headers);
    }

    /// For the person.
    pub fn into_notice(self) -> Notice {
        match self {
            Self::Notice(notice) | Self::Failed(notice, _) => notice,
            Self::Token(rejection) => match rejection {
                Rejection::Invalid | Rejection::Malformed => Notice::Invalid,
                Rejection::NotYetValid(begin) => Notice::NotYetValid(begin.map(Moment::from)),
                Rejection::Expired(end) => Notice::Expired(end.map(Moment::from)),
                Rejection::Revoked | Rejection::Unknown => Notice::Revoked,
                Rejection::Unavailable => Notice::Misconfigured,
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
    match error {
        NoViewer::Token(rejection) => Refused::Token(rejection),
        NoViewer::Link(error @ LinkError::NotConfigured { .. }) => {
            Refused::Failed(Notice::Misconfigured, error.to_string())
        }
        // The share is one that this viewer never opens.
        NoViewer::Link(_) => Refused::Notice(Notice::Invalid),
        NoViewer::Meddream(problem) => {
            let notice =
                if problem.status == 504 { Notice::ViewerTimeout } else { Notice::ViewerUnavailable };
            Refused::Failed(notice, problem.to_string())
        }
    }
}
