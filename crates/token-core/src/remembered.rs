//! Tokens that were found good a moment ago: a viewer asks hundreds of times with one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use model::{Moment, Resource};

use crate::{
    Access, Claims, Decision, KeyRing, Rejection, Servers, decide, examine, open, pseudonym_key, pseudonym_of,
};

/// Bytes of tokens that are remembered at most; their claims take some times as many.
const MOST_BYTES: usize = 1 << 19;

/// Tokens that are remembered at most.
const MOST_TOKENS: usize = 32;

/// The claims of tokens that keys of one ring made, as long as it remembers them: whether the key still holds
/// is asked anew every time, what the clock says of the share is asked of the claims.
///
/// A token is found by a hash under a key of this memory's own, so that how long it takes to find none tells
/// nobody how much of a good one a guess has in common with it.
pub struct Remembered {
    keys: KeyRing,
    hasher: RandomState,
    good: RefCell<VecDeque<Good>>,
}

struct Good {
    hash: u64,
    token: Box<str>,
    /// Its place in the ring.
    key: usize,
    claims: Rc<Claims>,
}

impl Remembered {
    /// Nothing is remembered yet.
    pub fn new(keys: KeyRing) -> Self {
        Self { keys, hasher: RandomState::new(), good: RefCell::default() }
    }

    /// The keys that made the tokens.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// As [`verify`](crate::verify).
    pub fn verify(&self, token: &str, now: Moment) -> Result<Rc<Claims>, Rejection> {
        self.find(token, now).map(|(claims, _)| claims)
    }

    /// As [`verify`](crate::verify), but of a token that is too long to be remembered there are only those of the
    /// resources that the question can be about: a share may hold thousands.
    pub fn examine(
        &self,
        token: &str,
        target: Option<&Resource>,
        now: Moment,
    ) -> Result<Rc<Claims>, Rejection> {
        if token.len() > MOST_BYTES {
            return examine(&self.keys, token, target, now).map(Rc::new);
        }
        self.verify(token, now)
    }

    /// [`Remembered::examine`] and [`decide`]: whether the bearer of the token may do this now.
    pub fn authorize(
        &self,
        token: &str,
        servers: &Servers,
        access: &Access<'_>,
        now: Moment,
        cap: u32,
    ) -> Decision {
        match self.examine(token, access.target, now) {
            Ok(claims) => decide(&claims, servers, access, now, cap),
            Err(rejection) => Decision::Refused { reason: rejection.into(), validity: cap.max(1) },
        }
    }

    /// As [`pseudonym_key`].
    pub fn pseudonym_key(&self, token: &str, now: Moment) -> Result<[u8; 32], Rejection> {
        let (claims, key) = self.find(token, now)?;
        match (&claims.jti, self.keys.iter().nth(key)) {
            (Some(jti), Some(key)) if claims.anonymized => Ok(pseudonym_of(key, jti.as_bytes())),
            _ => pseudonym_key(&self.keys, token, now),
        }
    }

    fn look_up(&self, hash: u64, token: &str, now: Moment) -> Option<Result<(Rc<Claims>, usize), Rejection>> {
        let is_it = |good: &&Good| good.hash == hash && equal(good.token.as_bytes(), token.as_bytes());
        let good = self.good.borrow();
        let good = good.iter().find(is_it)?;
        let holds = self.keys.iter().nth(good.key).is_some_and(|key| key.holds(now));
        Some(if holds { Ok((good.claims.clone(), good.key)) } else { Err(Rejection::Invalid) })
    }

    /// The claims, and the key's place.
    fn find(&self, token: &str, now: Moment) -> Result<(Rc<Claims>, usize), Rejection> {
        let hash = self.hasher.hash_one(token);
        if let Some(found) = self.look_up(hash, token, now) {
            return found;
        }
        let opened = open(&self.keys, token, now)?;
        let claims = Rc::new(opened.claims(|_| true)?);
        let key = self.keys.iter().position(|key| std::ptr::eq(key, opened.key)).unwrap_or(usize::MAX);
        if token.len() <= MOST_BYTES {
            self.remember(Good { hash, token: token.into(), key, claims: claims.clone() });
        }
        Ok((claims, key))
    }

    /// The oldest make room.
    fn remember(&self, new: Good) {
        let mut good = self.good.borrow_mut();
        let mut bytes: usize = good.iter().map(|good| good.token.len()).sum();
        while good.len() >= MOST_TOKENS || bytes + new.token.len() > MOST_BYTES {
            let Some(oldest) = good.pop_front() else { break };
            bytes -= oldest.token.len();
        }
        good.push_back(new);
    }
}

/// `==`, which compares byte by byte in WebAssembly.
fn equal(one: &[u8], other: &[u8]) -> bool {
    let ((one, one_rest), (other, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let differ = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*one) != u64::from_ne_bytes(*other);
    one.len() == other.len() && !one.iter().zip(other).any(differ) && one_rest == other_rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IV_BYTES, Key, sign, verify};

    fn moment(seconds: i64) -> Moment {
        Moment::from_unix_seconds(seconds)
    }

    fn key(secret: u8) -> Key {
        Key::new(&[secret; 32]).unwrap()
    }

    fn claims(jti: &str, anonymized: bool, studies: usize) -> Claims {
        let resource = |number: usize| Resource {
            level: model::Level::Study,
            orthanc_id: Some(format!("{jti}-{number}")),
            dicom_uid: None,
        };
        Claims {
            jti: Some(jti.to_owned()),
            id: None,
            shape: model::Shape::Resources,
            share_type: model::ShareType::ALL[0],
            resources: (0..studies).map(resource).collect(),
            anonymized,
            methods: vec![model::Method::Get],
            not_before: None,
            expires: None,
            download: true,
            purpose: model::Purpose::Viewing,
            registered: false,
            revoked: false,
        }
    }

    fn token(key: &Key, claims: &Claims) -> String {
        sign(key, claims, moment(1_000), [1; IV_BYTES]).unwrap()
    }

    fn remembered(memory: &Remembered) -> usize {
        memory.good.borrow().len()
    }

    #[test]
    fn it_answers_the_second_time_as_the_first_and_as_without_a_memory() {
        let memory = Remembered::new(KeyRing::new(key(1)));
        for anonymized in [false, true] {
            let token = token(&key(1), &claims("a", anonymized, 3));
            for now in [moment(1_000), moment(2_000), moment(2_000)] {
                let alone = verify(memory.keys(), &token, now).unwrap();
                assert!(*memory.verify(&token, now).unwrap() == alone);
                assert!(*memory.examine(&token, None, now).unwrap() == alone);
                assert_eq!(memory.pseudonym_key(&token, now), pseudonym_key(memory.keys(), &token, now));
            }
        }
        assert_eq!(remembered(&memory), 2);
    }

    #[test]
    fn what_was_refused_is_refused_again_and_not_remembered() {
        let memory = Remembered::new(KeyRing::new(key(1)));
        let good = token(&key(1), &claims("a", false, 1));
        memory.verify(&good, moment(1_000)).unwrap();
        let other = token(&key(2), &claims("a", false, 1));
        let cut = &good[..good.len() - 1];
        for bad in [&*other, cut, "", "a.b.c"] {
            for _ in 0..2 {
                assert_eq!(memory.verify(bad, moment(1_000)).unwrap_err(), Rejection::Invalid);
            }
        }
        assert_eq!(remembered(&memory), 1);
    }

    #[test]
    fn a_token_is_forgotten_by_nobody_but_refused_when_its_key_has_ended() {
        let keys = KeyRing { signing: key(1), verifying: vec![key(2).until(moment(2_000))] };
        let memory = Remembered::new(keys);
        let old = token(&key(2), &claims("a", true, 1));
        memory.verify(&old, moment(1_999)).unwrap();
        assert_eq!(memory.verify(&old, moment(2_000)).unwrap_err(), Rejection::Invalid);
        assert_eq!(memory.pseudonym_key(&old, moment(2_000)).unwrap_err(), Rejection::Invalid);
        memory.verify(&old, moment(1_999)).unwrap();
    }

    #[test]
    fn texts_are_equal_or_not_at_every_byte() {
        let text = b"0123456789abcdefghi".as_slice();
        for length in 0..text.len() {
            let one = &text[..length];
            assert!(equal(one, one));
            assert!(!equal(one, &text[..=length]));
            for at in 0..length {
                let mut other = one.to_vec();
                other[at] ^= 1;
                assert!(!equal(one, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn it_remembers_so_many_tokens_and_so_many_bytes() {
        let memory = Remembered::new(KeyRing::new(key(1)));
        for number in 0..2 * MOST_TOKENS {
            let token = token(&key(1), &claims(&number.to_string(), false, 1));
            memory.verify(&token, moment(1_000)).unwrap();
        }
        assert_eq!(remembered(&memory), MOST_TOKENS);
        let long = token(&key(1), &claims("long", false, 4_000));
        assert!((MOST_BYTES / 2..MOST_BYTES).contains(&long.len()), "{}", long.len());
        memory.verify(&long, moment(1_000)).unwrap();
        let bytes =
            |memory: &Remembered| memory.good.borrow().iter().map(|good| good.token.len()).sum::<usize>();
        assert!(bytes(&memory) <= MOST_BYTES);
        let other = token(&key(1), &claims("other", false, 4_000));
        memory.verify(&other, moment(1_000)).unwrap();
        assert!(bytes(&memory) <= MOST_BYTES);
        let longest = token(&key(1), &claims("longest", false, 8_000));
        assert!(longest.len() > MOST_BYTES);
        let before = remembered(&memory);
        let target = Resource {
            orthanc_id: Some("longest-7".to_owned()),
            ..claims("", false, 1).resources[0].clone()
        };
        assert_eq!(memory.examine(&longest, Some(&target), moment(1_000)).unwrap().resources.len(), 1);
        assert_eq!(memory.verify(&longest, moment(1_000)).unwrap().resources.len(), 8_000);
        assert_eq!(remembered(&memory), before);
    }
}
