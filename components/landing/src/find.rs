//! From a link or a form to the share: one that is valid now, and may still be opened.

use std::rc::Rc;

use edge::clock;
use edge::request::Request;
use edge::shares::{self, Shares};
use edge::tokens::{self, Claims, Rejection};
use model::Purpose;
use pages::Notice;
use registry::{Entry, FormId, Handle, Posting, Share, State, StoreError, Turn};

use crate::again;
use crate::posted::Posted;
use crate::refused::Refused;

/// What the path says.
pub enum Address {
    /// The share's token is in the query, or in the form.
    Token,
    /// A short link.
    Handle(Handle),
}

/// How many moments one waits while codes of others are looked at, which lock a share until they are right.
pub const MOST_MOMENTS: usize = 10;

/// A share that may be opened.
pub struct Found {
    /// What it grants now.
    pub claims: Claims,
    /// That of its link.
    pub token: String,
    /// Where it is protected, what the store knows of it.
    pub protected: Option<Protected>,
}

/// A share that asks for a code, or counts its openings.
pub struct Protected {
    /// The registry that it is in.
    pub shares: Rc<Shares>,
    /// What it knows of the share.
    pub entry: Entry,
    /// The form of a counted share that was posted.
    pub posting: Option<Posting>,
}

impl Address {
    /// None for a path that no page has. What cannot be a handle is not looked up.
    pub fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/welcome").or_else(|| path.strip_prefix("/share-landing"))?;
        match rest {
            "" => Some(Self::Token),
            _ => Handle::parse(rest.strip_prefix("/s/")?).map(Self::Handle),
        }
    }
}

/// The share of this link; where `token` stands several times in the query, the last counts.
pub async fn by_link(
    address: &Address,
    request: &Request,
    jti: &mut Option<String>,
) -> Result<Found, Refused> {
    match address {
        Address::Handle(handle) => by_handle(handle, None, jti).await,
        Address::Token => {
            let token = url::form_urlencoded::parse(request.query().as_bytes())
                .filter(|(name, _)| name == "token")
                .last();
            match token {
                Some((_, token)) if !token.is_empty() => by_token(token.into_owned(), None, jti).await,
                _ => Err(Notice::MissingToken.into()),
            }
        }
    }
}

/// The share of this form.
pub async fn by_form(address: &Address, posted: &Posted, jti: &mut Option<String>) -> Result<Found, Refused> {
    let form = posted.form();
    match (address, posted.token()) {
        (Address::Handle(handle), _) => by_handle(handle, form.as_ref(), jti).await,
        (Address::Token, Some(token)) => by_token(token.to_owned(), form.as_ref(), jti).await,
        (Address::Token, None) => Err(Notice::MissingToken.into()),
    }
}

/// A short link that is none, or none any more, is a page that does not exist. Handles have too many bits
/// for how long that takes to tell anything.
async fn by_handle(
    handle: &Handle,
    form: Option<&FormId>,
    jti: &mut Option<String>,
) -> Result<Found, Refused> {
    let shares = shares::registry().await?.ok_or(Notice::NotFound)?;
    let share = shares.by_handle(handle).await?.ok_or(Notice::NotFound)?;
    jti.replace(share.jti.clone());
    // From here on it is the link with this token: it is valid, or refused, for the same reasons.
    by_token(tokens::issue(&Claims::brief(&share)).await?, form, jti).await
}

async fn by_token(token: String, form: Option<&FormId>, jti: &mut Option<String>) -> Result<Found, Refused> {
    let claims = match tokens::inspect(&token).await {
        Ok(claims) => claims,
        Err(rejection) => {
            *jti = tokens::identify(&token).await.and_then(|share| share.jti);
            return Err(rejection.into());
        }
    };
    jti.clone_from(&claims.jti);
    let protected = match (claims.purpose, &claims.jti) {
        (Purpose::Opening, Some(jti)) => Some(Protected::find(jti, form).await?),
        // Nobody here signs such a token.
        (Purpose::Opening, None) => return Err(Rejection::Malformed.into()),
        (Purpose::Viewing | Purpose::Session, _) => None,
    };
    Ok(Found { claims, token, protected })
}

impl Protected {
    /// Fails if the share is not to be opened now.
    async fn find(jti: &str, form: Option<&FormId>) -> Result<Self, Refused> {
        let shares = shares::registry().await?.ok_or(Notice::Unavailable)?;
        let mut entry = shares.entry(jti).await?.ok_or(Rejection::Unknown)?;
        for _ in 0..MOST_MOMENTS {
            if entry.state(clock::now()) != State::Locked || !is_undecided(&shares, &entry.share).await? {
                break;
            }
            clock::moment().await;
            entry = shares.entry(jti).await?.ok_or(Rejection::Unknown)?;
        }
        let now = clock::now();
        let posting = form.filter(|_| entry.share.max_uses.is_some()).map(|form| form.posted(jti, now));
        let mut state = entry.state(now);
        if state == State::UsedUp
            && let Some(posting) = &posting
        {
            let turn = again::find(&shares, posting).await?;
            // The first one may have come to nothing: then its opening was given back.
            entry = shares.entry(jti).await?.ok_or(Rejection::Unknown)?;
            state = match turn {
                Turn::Again => entry.state_but_for_uses(now),
                Turn::First | Turn::Wait => entry.state(now),
            };
        }
        let notice = match state {
            State::Active => return Ok(Self { shares, entry, posting }),
            State::Revoked => Notice::Revoked,
            State::Expired => Notice::Expired(entry.share.expires),
            State::UsedUp => Notice::UsedUp,
            State::Locked => Notice::Locked,
            State::Upcoming => Notice::NotYetValid(entry.share.not_before),
        };
        Err(notice.into())
    }
}

/// Whether a share that is locked may open again in a moment.
pub async fn is_undecided(shares: &Shares, share: &Share) -> Result<bool, StoreError> {
    match &share.code {
        Some(code) => shares.may_unlock(&share.jti, code.attempts).await,
        None => Ok(false),
    }
}
