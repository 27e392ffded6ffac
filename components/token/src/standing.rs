//! What the store says of a share now: asked for every share that it should know, and kept for a moment,
//! since a viewer asks hundreds of times for one share.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use model::Moment;
use registry::Registry;
use store::KeyValue;
use token_core::{Claims, DEFAULT_VALIDITY_CAP, Registered, Rejection};

use crate::now;
use crate::setup::Setup;

/// How old an answer of the store may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It is asked for now: a link that was taken back does not open any more.
    Now,
    /// [`KEPT_SECONDS`]: on the path of every image.
    Recent,
}

/// How long an answer of the store is kept.
const KEPT_SECONDS: u32 = 1;

/// How many shares are kept at most. An instance lives for a hundred requests or so.
const MOST_KEPT: usize = 256;

/// How long a decision may be kept: for a share that may be taken back, what the store said may be older
/// by [`KEPT_SECONDS`] than the decision, and both together are no more than the cap.
pub fn validity_cap(registered: bool) -> u32 {
    if registered { DEFAULT_VALIDITY_CAP - KEPT_SECONDS } else { DEFAULT_VALIDITY_CAP }
}

/// What the store said, and when; none if it does not know the share.
#[derive(Clone)]
struct Kept {
    share: Option<Rc<Registered>>,
    asked: Moment,
}

thread_local! {
    /// The open store: one for the instance.
    static REGISTRY: OnceCell<Rc<Registry<KeyValue>>> = const { OnceCell::new() };
    /// What the store said of shares a moment ago: of shares, not of requests.
    static KEPT: RefCell<HashMap<String, Kept>> = RefCell::new(HashMap::new());
}

/// The claims as the store has them now. Fails closed: without the store, a share that it should know
/// opens nothing.
pub async fn known(setup: &Setup, claims: Rc<Claims>, freshness: Freshness) -> Result<Rc<Claims>, Rejection> {
    if !claims.registered {
        return Ok(claims);
    }
    let jti = claims.jti.as_deref().ok_or(Rejection::Malformed)?;
    let recent = (freshness == Freshness::Recent).then(|| kept(jti, now())).flatten();
    let share = match recent {
        Some(share) => share,
        None => ask(setup, jti).await?,
    };
    claims.as_registered(share.as_deref()).map(Rc::new)
}

/// The same as far as this instance knows it already, with [`Freshness::Recent`].
pub fn known_at_once(claims: Rc<Claims>, now: Moment) -> Option<Result<Rc<Claims>, Rejection>> {
    if !claims.registered {
        return Some(Ok(claims));
    }
    let share = kept(claims.jti.as_deref()?, now)?;
    Some(claims.as_registered(share.as_deref()).map(Rc::new))
}

fn kept(jti: &str, now: Moment) -> Option<Option<Rc<Registered>>> {
    let oldest = now.unix_micros() - i64::from(KEPT_SECONDS) * 1_000_000;
    KEPT.with_borrow(|all| {
        let kept = all.get(jti).filter(|kept| kept.asked.unix_micros() > oldest)?;
        Some(kept.share.clone())
    })
}

async fn ask(setup: &Setup, jti: &str) -> Result<Option<Rc<Registered>>, Rejection> {
    // Before the store is asked: what changes meanwhile counts as newer.
    let asked = now();
    let registry = registry(setup).await?;
    let revoked = registry.is_revoked(jti).await.map_err(|_| Rejection::Unavailable)?;
    // What is not understood grants nothing either: the registry logs which share that is.
    let unavailable = |_| if revoked { Rejection::Revoked } else { Rejection::Unavailable };
    let share = registry.share(jti).await.map_err(unavailable)?.map(|share| {
        Rc::new(Registered {
            resources: share.resources,
            methods: share.methods,
            download: share.download,
            not_before: share.not_before,
            expires: share.expires,
            revoked,
        })
    });
    KEPT.with_borrow_mut(|all| {
        if all.len() >= MOST_KEPT {
            all.clear();
        }
        all.insert(jti.to_owned(), Kept { share: share.clone(), asked });
    });
    Ok(share)
}

async fn registry(setup: &Setup) -> Result<Rc<Registry<KeyValue>>, Rejection> {
    if let Some(registry) = REGISTRY.with(|registry| registry.get().cloned()) {
        return Ok(registry);
    }
    let Some(label) = &setup.share_store else {
        eprintln!("token misconfigured share_store: a token of a registered share needs it");
        return Err(Rejection::Unavailable);
    };
    let opened = KeyValue::open(label).await.map_err(|_| Rejection::Unavailable)?;
    Ok(REGISTRY.with(|registry| registry.get_or_init(|| Rc::new(Registry::new(opened))).clone()))
}
