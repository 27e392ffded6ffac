//! Cuts an array of JSON objects into its elements while it streams by: one is held at a time.

/// One element is at most that large: a data set of a search, not of metadata.
pub const MAX_ITEM_BYTES: usize = 16 << 20;

/// Takes an array in chunks, gives out each element. What it is fed comes from the de-identifier, and is
/// well-formed.
#[derive(Debug, Default)]
pub struct Items {
    held: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Items {
    /// Takes the next chunk; `each` gets every element that is whole. False if an element is too large, or
    /// it is no array: nothing more may be fed then.
    pub fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(&[u8])) -> bool {
        for &byte in chunk {
            let was = self.depth;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' if self.depth == 0 => return false,
                b']' | b'}' => self.depth -= 1,
                _ => {}
            }
            if was >= 2 || self.depth >= 2 {
                self.held.push(byte);
            }
            if was == 2 && self.depth == 1 {
                each(&self.held);
                self.held.clear();
            }
            if self.held.len() > MAX_ITEM_BYTES {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_come_whole_whatever_the_chunks() {
        let array = br#" [ {"a":"]}\"","b":[{}]} , {} ,{"c":{"d":[1,2]}}]"#;
        for size in 1..array.len() {
            let (mut items, mut found) = (Items::default(), Vec::new());
            for chunk in array.chunks(size) {
                assert!(items.feed(chunk, |item| found.push(String::from_utf8(item.to_vec()).unwrap())));
            }
            assert_eq!(found, [r#"{"a":"]}\"","b":[{}]}"#, "{}", r#"{"c":{"d":[1,2]}}"#]);
        }
        let mut none = 0;
        assert!(Items::default().feed(b"[]", |_| none += 1) && none == 0);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Items::default().feed(&bytes, |_| {});
        }
    }
}
