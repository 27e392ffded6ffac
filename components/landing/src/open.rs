//! Opening a share: at once, or, where it is protected, when a person has sent its form.

use std::time::Duration;

use edge::clock;
use edge::shares::Shares;
use edge::tokens::{self, Claims};
use links::Link;
use model::{Moment, Purpose};
use pages::{CodeField, Form, Notice};
use registry::{Attempt, Opening, Posting, Share, Turn};

use crate::again;
use crate::find::{Address, Found, MOST_MOMENTS, Protected, is_undecided};
use crate::refused::Refused;
use crate::settings::{self, Settings};
use crate::{Answer, Opened};

/// What a link shows. Programs that look into mail fetch it too: nothing is counted here.
pub async fn show(found: Found, address: &Address) -> Result<Answer, Refused> {
    let settings = settings::get().await?;
    match &found.protected {
        None => by_link(&settings, &found).await,
        Some(protected) => {
            let code = protected.entry.share.code.as_ref().map(|_| CodeField::Empty);
            form(&settings, &found, protected, address, code).map(Answer::Form)
        }
    }
}

/// What the form of a share leads to. A share without protection opens as it does by its link.
pub async fn open(found: Found, address: &Address, code: Option<&str>) -> Result<Answer, Refused> {
    let settings = settings::get().await?;
    let Some(protected) = &found.protected else {
        return by_link(&settings, &found).await;
    };
    // Whether there can be a viewer at all: no code is looked at, and no opening counted, in vain.
    let asked = form(&settings, &found, protected, address, None)?;
    let ask_again = |code| Ok(Answer::Form(Form { code: Some(code), ..asked.clone() }));
    match check(protected, code).await? {
        Checked::Right => {}
        Checked::Missing => return ask_again(CodeField::Missing),
        Checked::Wrong(0) => return Err(Notice::LastCodeWrong.into()),
        Checked::Wrong(left) => return ask_again(CodeField::Wrong(left)),
    }
    let Protected { shares, entry, posting } = protected;
    let turn = match posting {
        Some(posting) => again::begin(shares, posting).await?,
        None => Turn::Wait,
    };
    if turn == Turn::Again {
        let viewer = session(&settings, &found.claims, &entry.share).await?;
        return Ok(Answer::Viewer(viewer, Opened::Again));
    }
    // Whoever waited in vain is counted like one who opens by another form.
    let begun = posting.clone().map(|posting| Begun { posting, is_first: turn == Turn::First });
    match counted(&settings, &found.claims, protected).await {
        Ok(viewer) => Ok(Answer::Viewer(viewer, Opened::Anew(begun))),
        Err(refused) => {
            if let Some(begun) = begun {
                begun.end(shares).await;
            }
            Err(refused)
        }
    }
}

/// An opening by a form that was counted, and is not written down yet.
pub struct Begun {
    /// The form.
    pub posting: Posting,
    /// Whether others wait for it.
    is_first: bool,
}

impl Begun {
    /// When it is written down, or came to nothing. Should it fail, others wait for a while in vain.
    pub async fn end(self, shares: &Shares) {
        if self.is_first && shares.end_opening(&self.posting).await.is_err() {
            eprintln!("open failed reason=an opening that ended seems to be under way");
        }
    }
}

async fn by_link(settings: &Settings, found: &Found) -> Result<Answer, Refused> {
    let viewer = viewer(settings, &found.claims, &found.token).await?;
    Ok(Answer::Viewer(viewer, Opened::Anew(None)))
}

/// Counts an opening, and takes it back if it comes to nothing.
async fn counted(settings: &Settings, claims: &Claims, protected: &Protected) -> Result<Link, Refused> {
    let Protected { shares, entry, .. } = protected;
    if shares.open(&entry.share).await? == Opening::UsedUp {
        return Err(Notice::UsedUp.into());
    }
    let opened = session(settings, claims, &entry.share).await;
    if opened.is_err() && shares.not_opened(&entry.share).await.is_err() {
        eprintln!("open failed reason=an opening that came to nothing stays counted");
    }
    opened
}

/// What became of the code.
enum Checked {
    /// It was right, or none is asked for.
    Right,
    /// One is asked for, and none was sent.
    Missing,
    /// So many more are looked at.
    Wrong(u32),
}

/// Counts first and compares then: however many are sent at once, no more wrong ones are compared than the
/// share has attempts. While right ones of others take up these, it waits for a moment.
async fn check(protected: &Protected, code: Option<&str>) -> Result<Checked, Refused> {
    let Protected { shares, entry, .. } = protected;
    let (jti, Some(kept)) = (&entry.share.jti, &entry.share.code) else { return Ok(Checked::Right) };
    let Some(code) = code else { return Ok(Checked::Missing) };
    let mut moments = 0;
    while shares.attempt(jti, kept.attempts).await? == Attempt::Locked {
        if moments == MOST_MOMENTS || !is_undecided(shares, &entry.share).await? {
            return Err(Notice::Locked.into());
        }
        moments += 1;
        clock::moment().await;
    }
    match tokens::check_code(jti, code, &kept.hash).await {
        Ok(false) => {
            shares.wrong_code(jti).await?;
            let now = shares.entry(jti).await?;
            Ok(Checked::Wrong(now.and_then(|entry| entry.attempts_left()).unwrap_or(0)))
        }
        right_or_not_compared => {
            shares.right_code(jti).await?;
            right_or_not_compared?;
            Ok(Checked::Right)
        }
    }
}

/// The viewer's address with a token of its own, that ends soon and with the share.
async fn session(settings: &Settings, claims: &Claims, share: &Share) -> Result<Link, Refused> {
    let end = session_end(clock::now(), settings.session, share.expires);
    let session = Claims { purpose: Purpose::Session, expires: Some(end), ..Claims::brief(share) };
    viewer(settings, claims, &tokens::issue(&session).await?).await
}

fn session_end(now: Moment, session: Duration, share_end: Option<Moment>) -> Moment {
    let micros = i64::try_from(session.as_micros()).unwrap_or(i64::MAX);
    let end = Moment::from_unix_micros(now.unix_micros().saturating_add(micros));
    share_end.map_or(end, |share_end| share_end.min(end))
}

/// Instant links have no viewer of their own.
async fn viewer(settings: &Settings, claims: &Claims, token: &str) -> Result<Link, Refused> {
    settings.viewers.link(claims, token).await?.ok_or(Notice::Invalid.into())
}

fn form(
    settings: &Settings,
    found: &Found,
    protected: &Protected,
    address: &Address,
    code: Option<CodeField>,
) -> Result<Form, Refused> {
    let share = &protected.entry.share;
    Ok(Form {
        // A short link's page does not give the token away.
        token: matches!(address, Address::Token).then(|| found.token.clone()),
        code,
        counted: share.max_uses.is_some(),
        // Without random numbers, each time that it is posted counts.
        id: share.max_uses.and_then(|_| clock::new_id().ok()),
        until: share.expires,
        viewer: settings.viewers.policy_source(&found.claims)?.ok_or(Notice::Invalid)?,
    })
}
