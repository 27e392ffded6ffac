//! A form that is posted again: by an impatient second click, which drops the answer to the first one, or by a
//! phone that tries again. It is the same opening, and gets another session, which is not counted.
//!
//! What counts an opening leaves a mark with it, never before it, and in one step with the account of it
//! ([`Registry::record_opened`]). So whoever finds the mark repeats an opening that was counted and written
//! down. One at a time opens by a form ([`Registry::begin_opening`]); others wait for its mark. If a node ends
//! in between, there is no mark, and the next one is counted.

use std::fmt;
use std::ops::Range;

use model::Moment;

use crate::outbox::hour;
use crate::{Account, Registry, Store, StoreError, hash_of, keys};

/// How long a form may be posted again, in seconds.
const AGAIN_SECONDS: i64 = 120;

/// 128 random bits in lower-case hexadecimal: what one form is told from all others by. Who knows it gets
/// sessions for a while: it is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct FormId(String);

/// A form of a share, posted at a moment. Of the form there is only a hash, which is what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    hash: String,
    at: Moment,
}

/// What to do with a form that was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is the first: its opening is to be counted.
    First,
    /// By this form the share was opened just now.
    Again,
    /// Another opens by this form right now.
    Wait,
}

impl FormId {
    /// One that a client sent; none if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// This form of this share, posted now.
    pub fn posted(&self, jti: &str, now: Moment) -> Posting {
        Posting { hash: hash_of(&["form", jti, &self.0]), at: now }
    }
}

impl fmt::Debug for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormId(…)")
    }
}

impl Posting {
    /// The hour, and the one before it if what may be repeated can have begun in that one.
    fn hours(&self) -> Range<i64> {
        self.hours_before().start..hour(self.at) + 1
    }

    fn hours_before(&self) -> Range<i64> {
        let begin = Moment::from_unix_seconds(self.at.unix_seconds() - AGAIN_SECONDS);
        hour(begin)..hour(self.at)
    }

    fn opening(&self) -> String {
        keys::opening(hour(self.at), &self.hash)
    }
}

impl<S: Store> Registry<S> {
    /// Before an opening is counted. Who is told [`Turn::First`] calls [`Self::end_opening`] when the opening
    /// is written down, or came to nothing.
    pub async fn begin_opening(&self, posting: &Posting) -> Result<Turn, StoreError> {
        let openings = self.store().increment(&posting.opening(), 1).await?;
        let turn = self.turn_of(posting, openings).await;
        if turn != Ok(Turn::First) {
            self.end_opening(posting).await?;
        }
        turn
    }

    /// Who counted itself as this one of the hour's. Whoever was the first in between left its mark before it
    /// ended.
    async fn turn_of(&self, posting: &Posting, openings: i64) -> Result<Turn, StoreError> {
        let is_first = openings == 1 && self.openings(posting, posting.hours_before()).await? == 0;
        let mark = self.mark(posting).await?;
        Ok(mark.unwrap_or(if is_first { Turn::First } else { Turn::Wait }))
    }

    /// After [`Turn::First`]: the next one need not wait any more.
    pub async fn end_opening(&self, posting: &Posting) -> Result<(), StoreError> {
        self.store().increment(&posting.opening(), -1).await.map(drop)
    }

    /// The same for a share that has no openings left, where nobody can be the first: it is only looked, and
    /// nothing is kept, whatever is posted.
    pub async fn turn(&self, posting: &Posting) -> Result<Turn, StoreError> {
        // In this order: who opens leaves its mark before it ends.
        let openings = self.openings(posting, posting.hours()).await?;
        let mark = self.mark(posting).await?;
        Ok(mark.unwrap_or(if openings > 0 { Turn::Wait } else { Turn::First }))
    }

    /// Keeps the account of an opening that was counted, and that it was opened by this form.
    pub async fn record_opened(&self, posting: &Posting, account: &Account) -> Result<(), StoreError> {
        let key = keys::opened(hour(posting.at), &posting.hash);
        let at = posting.at.unix_seconds().to_string();
        self.keep(vec![(key, at.into_bytes())], account).await
    }

    /// How many open by this form right now, of those who began in these hours.
    async fn openings(&self, posting: &Posting, hours: Range<i64>) -> Result<i64, StoreError> {
        let mut openings = 0;
        for hour in hours {
            openings += self.count(&keys::opening(hour, &posting.hash)).await?;
        }
        Ok(openings)
    }

    async fn mark(&self, posting: &Posting) -> Result<Option<Turn>, StoreError> {
        for hour in posting.hours() {
            let opened = self.count(&keys::opened(hour, &posting.hash)).await?;
            if posting.at.unix_seconds() - opened < AGAIN_SECONDS {
                return Ok(Some(Turn::Again));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::event::tests::event;
    use crate::{Destination, Memory};

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn posted(second: i64) -> Posting {
        FormId::parse(ID).unwrap().posted("a", Moment::from_unix_seconds(second))
    }

    fn begin(registry: &Registry<Memory>, posting: &Posting) -> Turn {
        block_on(registry.begin_opening(posting)).unwrap()
    }

    fn look(registry: &Registry<Memory>, posting: &Posting) -> Turn {
        block_on(registry.turn(posting)).unwrap()
    }

    fn record(registry: &Registry<Memory>, posting: &Posting) -> Result<(), StoreError> {
        let account = Account { event: event(1), is_kept: true, to: vec![Destination::Audit] };
        block_on(registry.record_opened(posting, &account))
    }

    fn end(registry: &Registry<Memory>, posting: &Posting) {
        block_on(registry.end_opening(posting)).unwrap();
    }

    #[test]
    fn what_is_no_id_of_a_form_is_none() {
        assert!(FormId::parse(ID).is_some());
        let too_long = format!("{ID}0");
        for odd in ["", &ID[1..], &too_long, &ID.to_uppercase(), &ID.replace('0', "é"), &ID.replace('0', " ")]
        {
            assert_eq!(FormId::parse(odd), None, "{odd}");
        }
        assert!(!format!("{:?} {:?}", FormId::parse(ID), posted(1)).contains(ID));
    }

    #[test]
    fn a_form_is_first_once_and_then_again_for_two_minutes() {
        // The second one is at the end of an hour.
        for second in [5000, 7199] {
            let registry = Registry::new(Memory::default());
            assert_eq!(begin(&registry, &posted(second)), Turn::First);
            assert_eq!(begin(&registry, &posted(second)), Turn::Wait);
            assert_eq!(begin(&registry, &posted(second + 1)), Turn::Wait);
            assert_eq!(look(&registry, &posted(second + 1)), Turn::Wait);
            record(&registry, &posted(second)).unwrap();
            end(&registry, &posted(second));
            for later in [0, 1, 60, 119] {
                assert_eq!(begin(&registry, &posted(second + later)), Turn::Again, "{later}");
                assert_eq!(look(&registry, &posted(second + later)), Turn::Again, "{later}");
            }
            for later in [120, 121, 3600, 100_000] {
                assert_eq!(look(&registry, &posted(second + later)), Turn::First, "{later}");
                assert_eq!(begin(&registry, &posted(second + later)), Turn::First, "{later}");
                end(&registry, &posted(second + later));
            }
            assert_eq!(block_on(registry.history("jti-1", None, 9)).unwrap().items.len(), 1);
        }
    }

    #[test]
    fn another_form_and_another_share_are_not_it() {
        let registry = Registry::new(Memory::default());
        begin(&registry, &posted(5000));
        record(&registry, &posted(5000)).unwrap();
        let now = Moment::from_unix_seconds(5001);
        for (id, jti) in [(ID, "b"), (&*ID.replace('0', "1"), "a")] {
            let other = FormId::parse(id).unwrap().posted(jti, now);
            assert_eq!((look(&registry, &other), begin(&registry, &other)), (Turn::First, Turn::First));
        }
    }

    #[test]
    fn an_opening_that_came_to_nothing_leaves_no_mark() {
        let registry = Registry::new(Memory::default());
        assert_eq!(begin(&registry, &posted(5000)), Turn::First);
        end(&registry, &posted(5000));
        assert_eq!(look(&registry, &posted(5001)), Turn::First);
        assert_eq!(begin(&registry, &posted(5001)), Turn::First);
        // Nor does one that cannot be written down.
        registry.store().set_down_after(2);
        assert_eq!(record(&registry, &posted(5001)), Err(StoreError::Unavailable));
        registry.store().set_down(false);
        end(&registry, &posted(5001));
        assert_eq!(begin(&registry, &posted(5002)), Turn::First);
    }

    #[test]
    fn what_is_kept_hides_the_id_and_is_forgotten() {
        let registry = Registry::new(Memory::default());
        begin(&registry, &posted(7199));
        record(&registry, &posted(7199)).unwrap();
        let kept = || {
            let keys = registry.store().all_keys();
            keys.into_iter().filter(|key| key.contains("/seen/")).collect::<Vec<_>>()
        };
        assert_eq!(kept(), [keys::opened(1, &posted(0).hash), keys::opening(1, &posted(0).hash)]);
        assert!(!kept().iter().any(|key| key.contains(ID)));
        // To look keeps nothing.
        look(&registry, &posted(90_000));
        block_on(registry.forget_seen(Moment::from_unix_seconds(2 * 3600 + 120))).unwrap();
        assert_eq!(kept().len(), 2);
        assert_eq!(look(&registry, &posted(7200 + 118)), Turn::Again);
        block_on(registry.forget_seen(Moment::from_unix_seconds(3 * 3600))).unwrap();
        assert_eq!(kept(), [""; 0]);
    }
}
