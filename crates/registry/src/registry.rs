//! The registry: shares in a store, and the rules that hold however many nodes work on it at once.

use model::{Moment, is_jti};

use crate::{Account, Entry, Event, Handle, Revocation, Share, State, Store, StoreError, counted, keys};

/// How many shares one part of a list is chosen from.
const MOST_LOOKED_AT: i64 = 2000;

/// How many moments one waits for another who takes the same share back.
const MOST_MOMENTS: usize = 10;

/// Shares in a store.
#[derive(Debug)]
pub struct Registry<S> {
    store: S,
}

/// What became of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is one of those that the share has.
    Counted,
    /// There are none left.
    UsedUp,
}

/// What became of a code that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It may be compared, and counts as a wrong one until [`Registry::right_code`].
    Reserved,
    /// It is not compared: too many wrong ones were sent, or are being looked at ([`Registry::may_unlock`]).
    Locked,
}

/// Which shares to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of its resources has this identifier.
    pub study: Option<String>,
    /// The caller's name for it.
    pub id: Option<String>,
    /// What it is now.
    pub state: Option<State>,
}

impl Filter {
    fn lets_through(&self, entry: &Entry, now: Moment) -> bool {
        self.study.as_deref().is_none_or(|study| entry.names(study))
            && self.id.as_ref().is_none_or(|id| entry.share.id.as_ref() == Some(id))
            && self.state.is_none_or(|state| entry.state(now) == state)
    }
}

/// A part of a list, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// Where the next part begins, if there is one: what `before` is then.
    pub next: Option<i64>,
}

impl<S: Store> Registry<S> {
    /// The shares in this store.
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// The store, for what is kept beside the shares.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Keeps a new share, with the account of it. If it fails, the share is not there at all, or its token was
    /// given to nobody.
    pub async fn add(&self, share: &Share, account: &Account) -> Result<(), StoreError> {
        let n = self.store.increment(&keys::index(), 1).await?;
        let jti = share.jti.clone().into_bytes();
        let mut values = vec![(keys::share(&share.jti), share.to_json()), (keys::index_entry(n), jti)];
        if let Some(hash) = &share.handle {
            values.push((keys::handle(hash), share.jti.clone().into_bytes()));
        }
        self.keep(values, account).await
    }

    /// Puts changed terms in the place of the old ones, with the account of it.
    pub async fn replace(&self, share: &Share, account: &Account) -> Result<(), StoreError> {
        self.keep(vec![(keys::share(&share.jti), share.to_json())], account).await
    }

    /// Whether there is such a share, be its terms understood or not.
    pub async fn knows(&self, jti: &str) -> Result<bool, StoreError> {
        Ok(is_jti(jti) && self.store.get(&keys::share(jti)).await?.is_some())
    }

    /// A share's terms.
    pub async fn share(&self, jti: &str) -> Result<Option<Share>, StoreError> {
        if !is_jti(jti) {
            return Ok(None);
        }
        self.read(&keys::share(jti), Share::from_json).await
    }

    /// Whether it was taken back, be it understood when and by whom or not.
    pub async fn is_revoked(&self, jti: &str) -> Result<bool, StoreError> {
        Ok(is_jti(jti) && self.store.get(&keys::revoked(jti)).await?.is_some())
    }

    /// That it was taken back, if it was.
    pub async fn revocation(&self, jti: &str) -> Result<Option<Revocation>, StoreError> {
        if !is_jti(jti) {
            return Ok(None);
        }
        self.read(&keys::revoked(jti), Revocation::from_json).await
    }

    /// A share and all that is known of it.
    pub async fn entry(&self, jti: &str) -> Result<Option<Entry>, StoreError> {
        let Some(share) = self.share(jti).await? else { return Ok(None) };
        let revocation = self.revocation(jti).await?;
        let uses = if share.is_protected() { self.count(&keys::uses(jti)).await? } else { 0 };
        let wrong_codes = if share.code.is_some() { self.count(&keys::attempts(jti)).await? } else { 0 };
        Ok(Some(Entry { share, revocation, uses: small(uses), wrong_codes: small(wrong_codes) }))
    }

    /// The share of a short link.
    pub async fn by_handle(&self, handle: &Handle) -> Result<Option<Share>, StoreError> {
        let Some(jti) = self.read(&keys::handle(&handle.hash()), jti).await? else { return Ok(None) };
        self.share(&jti).await
    }

    /// Takes a share back, for ever, with the account of it; the first time counts. Whether it was not taken
    /// back before. Its terms need not be understood for it. Of several at once one does it, and the others
    /// wait some moments for that, so that theirs is done too when they are told so; if it does not come, the
    /// node of the first has ended, and they do it all the same.
    pub async fn revoke(
        &self,
        jti: &str,
        revocation: &Revocation,
        account: &Account,
        moment: impl AsyncFn(),
    ) -> Result<bool, StoreError> {
        if self.is_revoked(jti).await? {
            return Ok(false);
        }
        if self.store.increment(&keys::revoking(jti), 1).await? > 1 {
            for _ in 0..MOST_MOMENTS {
                moment().await;
                if self.is_revoked(jti).await? {
                    return Ok(false);
                }
            }
        }
        self.keep(vec![(keys::revoked(jti), revocation.to_json())], account).await?;
        Ok(true)
    }

    /// Counts an opening, if there is one left. However many come at once, no more than that are counted.
    pub async fn open(&self, share: &Share) -> Result<Opening, StoreError> {
        let key = keys::uses(&share.jti);
        let count = self.store.increment(&key, 1).await?;
        if share.max_uses.is_some_and(|most| count > i64::from(most)) {
            self.store.increment(&key, -1).await?;
            return Ok(Opening::UsedUp);
        }
        Ok(Opening::Counted)
    }

    /// Takes an opening back that came to nothing.
    pub async fn not_opened(&self, share: &Share) -> Result<(), StoreError> {
        self.store.increment(&keys::uses(&share.jti), -1).await.map(drop)
    }

    /// Before a code is compared: counts it as a wrong one. However many come at once, and whichever node
    /// ends in between, no more wrong ones are compared than the share has attempts.
    pub async fn attempt(&self, jti: &str, attempts: u32) -> Result<Attempt, StoreError> {
        let key = keys::attempts(jti);
        // Who asks again and again counts nothing, and so locks nobody else out.
        if self.count(&key).await? >= i64::from(attempts) {
            return Ok(Attempt::Locked);
        }
        if self.store.increment(&key, 1).await? > i64::from(attempts) {
            self.store.increment(&key, -1).await?;
            return Ok(Attempt::Locked);
        }
        Ok(Attempt::Reserved)
    }

    /// The code was right: it does not count as a wrong one.
    pub async fn right_code(&self, jti: &str) -> Result<(), StoreError> {
        self.store.increment(&keys::attempts(jti), -1).await.map(drop)
    }

    /// The code was wrong, and goes on counting as one.
    pub async fn wrong_code(&self, jti: &str) -> Result<(), StoreError> {
        self.store.increment(&keys::wrong(jti), 1).await.map(drop)
    }

    /// Whether some of the codes that count as wrong may turn out to be right: they are being looked at. They
    /// stay so where a node ended meanwhile, or an older version compared them.
    pub async fn may_unlock(&self, jti: &str, attempts: u32) -> Result<bool, StoreError> {
        Ok(self.count(&keys::wrong(jti)).await? < i64::from(attempts))
    }

    /// Shares, the newest first, older than the one of this number. Where few are let through, the part is
    /// shorter, even empty, and leads on: no answer takes as long as there are shares. One that is not
    /// understood is left out.
    pub async fn list(
        &self,
        filter: &Filter,
        now: Moment,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<Entry>, StoreError> {
        let mut n = self.begin(&keys::index(), before).await?;
        let last = n.saturating_sub(MOST_LOOKED_AT);
        let mut page = Page { items: Vec::new(), next: None };
        while n > 0 {
            if n == last {
                page.next = Some(n + 1);
                break;
            }
            if let Some(jti) = understood(self.indexed(n).await)?
                && let Some(entry) = understood(self.entry(&jti).await)?
                && filter.lets_through(&entry, now)
            {
                if page.items.len() == limit {
                    page.next = Some(n + 1);
                    break;
                }
                page.items.push(entry);
            }
            n -= 1;
        }
        Ok(page)
    }

    /// A share's history, the newest first, older than the event of this number. One that is not understood
    /// is left out.
    pub async fn history(
        &self,
        jti: &str,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<Event>, StoreError> {
        let mut page = Page { items: Vec::new(), next: None };
        if !is_jti(jti) {
            return Ok(page);
        }
        let mut n = self.begin(&keys::history(jti), before).await?;
        while n > 0 {
            // A number without an event is one of a node that ended in between.
            let event = self.read(&keys::history_entry(jti, n), Event::from_json).await;
            if let Some(event) = understood(event)? {
                if page.items.len() == limit {
                    page.next = Some(n + 1);
                    break;
                }
                page.items.push(event);
            }
            n -= 1;
        }
        Ok(page)
    }

    /// Looks at so many entries of the index, going round it from where the last look ended, and forgets
    /// what ended before this moment, and no token of it is valid any more. How many it forgot. What is not
    /// understood stays, for a version that does understand it.
    pub async fn sweep(&self, ended_before: Moment, entries: usize) -> Result<usize, StoreError> {
        let count = self.count(&keys::index()).await?;
        let entries = (entries as i64).min(count);
        let mut forgotten = 0;
        // Other nodes look at other entries.
        let begin =
            if entries > 0 { self.store.increment(&keys::sweep(), entries).await? - entries } else { 0 };
        for n in begin..begin + entries {
            let n = n.rem_euclid(count) + 1;
            let Some(jti) = understood(self.indexed(n).await)? else { continue };
            if let Some(share) = understood(self.share(&jti).await)?
                && share.expires.is_some_and(|end| end < ended_before)
                && understood(self.forget(n, &share).await.map(Some))?.is_some()
            {
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// All of it in one step: nothing is left of a share without its revocation.
    async fn forget(&self, n: i64, share: &Share) -> Result<(), StoreError> {
        let jti = &share.jti;
        let events = self.count(&keys::history(jti)).await?;
        let mut gone: Vec<String> = (1..=events).map(|n| keys::history_entry(jti, n)).collect();
        gone.extend([keys::share(jti), keys::index_entry(n), keys::revoked(jti), keys::revoking(jti)]);
        gone.extend([keys::history(jti), keys::uses(jti), keys::attempts(jti), keys::wrong(jti)]);
        gone.extend(share.handle.as_deref().map(keys::handle));
        self.store.delete(gone).await
    }

    async fn indexed(&self, n: i64) -> Result<Option<String>, StoreError> {
        self.read(&keys::index_entry(n), jti).await
    }

    /// The number of the first item of a page.
    async fn begin(&self, counter: &str, before: Option<i64>) -> Result<i64, StoreError> {
        let count = self.count(counter).await?;
        Ok(before.map_or(count, |before| count.min(before.saturating_sub(1))))
    }

    /// The value of a counter, which begins with 0.
    pub(crate) async fn count(&self, counter: &str) -> Result<i64, StoreError> {
        let count = self.read(counter, |value| counted(Some(value))).await?;
        Ok(count.unwrap_or_default())
    }

    /// What stands under a key, if anything does. Of what is not understood the log names the key: in our keys
    /// there are only ids and hashes that we made, and numbers.
    pub(crate) async fn read<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let value = self.store.get(key).await?.map(|value| parse(&value)).transpose();
        if value.is_err() {
            eprintln!("store failed reason=not-understood key={key}");
        }
        value
    }
}

/// For who goes through many: what is not understood is passed over, as if it were not there.
fn understood<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::NotUnderstood) => Ok(None),
        read => read,
    }
}

/// The name of a share, as it is kept.
fn jti(value: &[u8]) -> Result<String, StoreError> {
    let jti = std::str::from_utf8(value).ok().filter(|jti| is_jti(jti));
    jti.map(str::to_owned).ok_or(StoreError::NotUnderstood)
}

/// Counters of openings are signed in the store, and never really below 0 or so high.
fn small(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
