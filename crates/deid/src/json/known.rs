//! What was decided on a key, for the next time that it comes: a document has the same hundred keys in each of
//! its data sets, and the dictionary and the table take longer than all the rest.

use dicom_core::Tag;

use super::form::Form;
use crate::{Rule, bytes};

/// As many keys have a place.
const SLOTS: usize = 512;
/// So many of the places are taken before all are given up: the way to each stays short.
const MOST: usize = 384;

/// What is done with an attribute, and what of it is written each time.
pub(super) struct Decided {
    pub tag: Tag,
    pub rule: Rule,
    /// Without a need for the value all that is written; otherwise the key with its colon.
    pub text: Box<[u8]>,
}

struct Slot {
    form: Form,
    key: Box<[u8]>,
    decided: Decided,
}

/// Decisions by key.
#[derive(Default)]
pub(super) struct Known {
    /// None before the first decision.
    slots: Vec<Option<Slot>>,
    taken: usize,
}

impl Known {
    /// Where the decision on this key is; made now if it is none that was made before. None if there is none.
    pub fn find(
        &mut self,
        form: Form,
        key: &[u8],
        decide: impl FnOnce() -> Option<Decided>,
    ) -> Option<usize> {
        let at = self.place(form, key);
        if self.get(at).is_some() {
            return Some(at);
        }
        let slot = Slot { form, key: key.into(), decided: decide()? };
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        if self.taken == MOST {
            // Begins anew: with all places taken, the way to a key that is not there would have no end.
            self.slots.clear();
            self.slots.resize_with(SLOTS, || None);
            self.taken = 0;
        }
        let at = self.place(form, &slot.key);
        self.taken += 1;
        *self.slots.get_mut(at)? = Some(slot);
        Some(at)
    }

    /// Where the decision on this key is, or would be.
    #[inline(never)] // By itself it has registers enough, in WebAssembly too.
    fn place(&self, form: Form, key: &[u8]) -> usize {
        let mut at = home(key);
        while let Some(Some(slot)) = self.slots.get(at) {
            if slot.form == form && bytes::equal(&slot.key, key) {
                break;
            }
            at = (at + 1) % SLOTS;
        }
        at
    }

    /// The decision that [`Known::find`] found there.
    pub fn get(&self, at: usize) -> Option<&Decided> {
        self.slots.get(at)?.as_ref().map(|slot| &slot.decided)
    }
}

fn home(key: &[u8]) -> usize {
    (bytes::hash(key) >> (64 - SLOTS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Profile};

    #[test]
    fn a_decision_stays_that_of_its_key_however_many_there_are() {
        let profile = Profile::new(Options::default());
        let mut known = Known::default();
        for round in 0..3 {
            for number in 0..10_000_u16 {
                let tag = Tag(8, number);
                let form = if number % 2 == 0 { Form::Dicom } else { Form::Full };
                let key = format!("{number:04}");
                let decide = || Some(Decided { tag, rule: profile.rule(tag), text: [].into() });
                let at = known.find(form, key.as_bytes(), decide).unwrap();
                assert_eq!(known.get(at).unwrap().tag, tag, "round {round}");
                let at = known.find(form, key.as_bytes(), || None).unwrap();
                assert_eq!(known.get(at).unwrap().tag, tag, "round {round}");
            }
            assert!(known.find(Form::Simple, b"0000", || None).is_none());
        }
    }
}
