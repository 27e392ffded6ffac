//! A share with all that the store knows of it, and the state that it is in.

use model::{Moment, Resource};

use crate::{Revocation, Share};

/// A share, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its terms.
    pub share: Share,
    /// That it was taken back.
    pub revocation: Option<Revocation>,
    /// How often it was opened. Only protected shares are counted.
    pub uses: u32,
    /// How many wrong codes were sent.
    pub wrong_codes: u32,
}

/// What a share is right now. The first of these that holds, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It was taken back.
    Revoked,
    /// It has ended.
    Expired,
    /// It was opened as often as it may be.
    UsedUp,
    /// Too many wrong codes were sent: it opens no more.
    Locked,
    /// It has not begun.
    Upcoming,
    /// It opens.
    Active,
}

impl State {
    /// Every state.
    pub const ALL: &'static [State] =
        &[Self::Upcoming, Self::Active, Self::Expired, Self::UsedUp, Self::Locked, Self::Revoked];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::UsedUp => "used-up",
            Self::Locked => "locked",
            Self::Upcoming => "upcoming",
            Self::Active => "active",
        }
    }
}

impl Entry {
    /// What it is at this moment.
    pub fn state(&self, now: Moment) -> State {
        let share = &self.share;
        if self.revocation.is_some() {
            State::Revoked
        } else if share.expires.is_some_and(|end| now >= end) {
            State::Expired
        } else if share.max_uses.is_some_and(|most| self.uses >= most) {
            State::UsedUp
        } else if self.attempts_left() == Some(0) {
            State::Locked
        } else if share.not_before.is_some_and(|begin| now < begin) {
            State::Upcoming
        } else {
            State::Active
        }
    }

    /// What it would be at this moment if it opened as often as one likes.
    pub fn state_but_for_uses(&self, now: Moment) -> State {
        Self { share: Share { max_uses: None, ..self.share.clone() }, ..self.clone() }.state(now)
    }

    /// How many more wrong codes are looked at; none where no code is asked for.
    pub fn attempts_left(&self) -> Option<u32> {
        self.share.code.as_ref().map(|code| code.attempts.saturating_sub(self.wrong_codes))
    }

    /// Whether a resource of it has this identifier, DICOM's or Orthanc's.
    pub fn names(&self, identifier: &str) -> bool {
        let is = |known: &Option<String>| known.as_deref() == Some(identifier);
        self.share
            .resources
            .iter()
            .any(|Resource { dicom_uid, orthanc_id, .. }| is(dicom_uid) || is(orthanc_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, share::tests::share};

    #[test]
    fn a_state_is_the_gravest_that_holds() {
        let at = Moment::from_unix_seconds;
        let code = Some(Code { hash: String::new(), attempts: 3 });
        let entry = |uses, wrong_codes| Entry {
            share: Share { max_uses: Some(2), code: code.clone(), ..share("a") },
            revocation: None,
            uses,
            wrong_codes,
        };
        let revoked = Entry { revocation: Some(Revocation { at: at(1), by: None }), ..entry(2, 3) };
        let cases = [
            (entry(0, 0), 999, State::Upcoming),
            (entry(0, 0), 1000, State::Active),
            (entry(1, 2), 1999, State::Active),
            (entry(2, 3), 1500, State::UsedUp),
            (entry(1, 3), 1500, State::Locked),
            (entry(1, 3), 500, State::Locked),
            (entry(2, 3), 2000, State::Expired),
            (revoked, 3000, State::Revoked),
        ];
        for (entry, now, expected) in cases {
            assert_eq!(entry.state(at(now)), expected, "{} {now}", entry.uses);
            if expected != State::UsedUp {
                assert_eq!(entry.state_but_for_uses(at(now)), expected, "{} {now}", entry.uses);
            }
        }
        for (wrong_codes, now, expected) in
            [(0, 1500, State::Active), (3, 1500, State::Locked), (0, 999, State::Upcoming)]
        {
            assert_eq!(entry(2, wrong_codes).state(at(now)), State::UsedUp);
            assert_eq!(entry(2, wrong_codes).state_but_for_uses(at(now)), expected);
        }
        assert_eq!(entry(0, 1).attempts_left(), Some(2));
        assert!(entry(0, 0).names("1.2.3") && entry(0, 0).names("9cba1037") && !entry(0, 0).names("1.2"));
    }
}
