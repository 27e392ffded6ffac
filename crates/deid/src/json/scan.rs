//! Where one JSON value ends, found in pieces: the state survives between chunks.
//! Only brackets and strings are looked at; what is kept is parsed again, strictly.

use crate::Error;

/// Deeper nesting inside of one value is refused; it is the number of bits of [`Scan::objects`].
const DEEPEST: u32 = 128;

/// The state of a scan that is under way.
#[derive(Debug, Default)]
pub(super) struct Scan {
    started: bool,
    string: bool,
    escaped: bool,
    depth: u32,
    /// The open brackets, innermost in the lowest bit: set for an object.
    objects: u128,
}

impl Scan {
    /// Goes on at the start of `bytes`. Where the value ends in them, if it does.
    pub fn run(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let rest = bytes.get(at..).unwrap_or_default();
                let Some(found) = rest.iter().position(|&b| b == b'"' || b == b'\\') else { return Ok(None) };
                at += found;
                if bytes.get(at) == Some(&b'\\') {
                    self.escaped = true;
                } else {
                    self.string = false;
                    if self.depth == 0 {
                        return Ok(Some(at + 1));
                    }
                }
                at += 1;
                continue;
            }
            match byte {
                b'"' => self.string = true,
                b'{' | b'[' => {
                    if self.depth == DEEPEST {
                        return Err(Error::TooDeep);
                    }
                    self.depth += 1;
                    self.objects = (self.objects << 1) | u128::from(byte == b'{');
                }
                // The end of a number or a word at the top belongs to what is around it.
                b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return if self.started { Ok(Some(at)) } else { Err(Error::Malformed) };
                }
                b'}' | b']' => {
                    if (self.objects & 1 == 1) != (byte == b'}') {
                        return Err(Error::Malformed);
                    }
                    self.depth -= 1;
                    self.objects >>= 1;
                    if self.depth == 0 {
                        return Ok(Some(at + 1));
                    }
                }
                _ => {}
            }
            self.started = true;
            at += 1;
        }
        Ok(None)
    }
}
