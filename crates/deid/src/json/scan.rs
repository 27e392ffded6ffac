//! Where one JSON value ends, found in pieces: the state survives between chunks.
//! Only brackets and strings are looked at; what is kept is parsed again, strictly.

use crate::{
    Error,
    bytes::{bracket_until, plain_until},
};

/// The state of a scan that is under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    started: bool,
    string: bool,
    escaped: bool,
    depth: u32,
    /// The open brackets by their depth, 64 to a word: set for an object. Deeper nesting is refused.
    objects: [u64; 2],
}

impl Scan {
    /// Goes on at the start of `bytes`. Where the value ends in them, if it does.
    #[inline(never)] // By itself it has registers enough, in WebAssembly too.
    pub fn run(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        let mut at = 0;
        if self.string {
            match self.string_end(bytes, 0) {
                None => return Ok(None),
                Some(end) if self.depth == 0 => return Ok(Some(end)),
                Some(end) => at = end,
            }
        }
        loop {
            if self.depth > 0 {
                at = bracket_until(bytes, at);
            }
            let Some(&byte) = bytes.get(at) else { return Ok(None) };
            match byte {
                b'"' => {
                    self.started = true;
                    match self.string_end(bytes, at + 1) {
                        None => return Ok(None),
                        Some(end) if self.depth == 0 => return Ok(Some(end)),
                        Some(end) => at = end,
                    }
                    continue;
                }
                b'{' | b'[' => self.open(byte == b'{')?,
                // The end of a number or a word at the top belongs to what is around it.
                b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return if self.started { Ok(Some(at)) } else { Err(Error::Malformed) };
                }
                b'}' | b']' => {
                    self.close(byte == b'}')?;
                    if self.depth == 0 {
                        return Ok(Some(at + 1));
                    }
                }
                _ => {}
            }
            self.started = true;
            at += 1;
        }
    }

    /// In a string: where it is behind its second quote.
    #[inline(always)] // Of a call of so many arguments, WebAssembly's compiler has some wait for the memory.
    fn string_end(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        if self.escaped && at < bytes.len() {
            self.escaped = false;
            at += 1;
        }
        self.string = true;
        loop {
            at = plain_until(bytes, at);
            match bytes.get(at)? {
                b'"' => {
                    self.string = false;
                    return Some(at + 1);
                }
                b'\\' if at + 1 == bytes.len() => {
                    self.escaped = true;
                    return None;
                }
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    fn open(&mut self, is_object: bool) -> Result<(), Error> {
        let bit = 1 << (self.depth % 64);
        let word = self.objects.get_mut(self.depth as usize / 64).ok_or(Error::TooDeep)?;
        *word = if is_object { *word | bit } else { *word & !bit };
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self, is_object: bool) -> Result<(), Error> {
        let depth = self.depth.checked_sub(1).ok_or(Error::Malformed)?;
        let word = self.objects.get(depth as usize / 64).ok_or(Error::Malformed)?;
        if (word >> (depth % 64) & 1 == 1) != is_object {
            return Err(Error::Malformed);
        }
        self.depth = depth;
        Ok(())
    }
}
