//! Deflated data sets (PS3.5 §A.5): inflated piece by piece, so that a small file that grows without
//! end takes no more memory than another.

use flate2::{Decompress, FlushDecompress, Status};

use crate::Error;

/// How much is inflated at a time.
const PIECE: usize = 16 << 10;

/// A deflated stream (RFC 1951, without the header of zlib) that is under way.
pub(super) struct Inflate {
    stream: Decompress,
    ended: bool,
    new: bool,
}

impl Inflate {
    pub fn new() -> Self {
        Inflate { stream: Decompress::new(false), ended: false, new: true }
    }

    /// Nothing was fed yet.
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// The stream said that it is at its end; what follows is padding.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Takes the next bytes, and gives each piece of what they inflate to.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        mut piece: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.new = false;
        let mut buffer = vec![0; PIECE];
        while !self.ended {
            let (taken, given) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.decompress(bytes, &mut buffer, FlushDecompress::None);
            self.ended = status.map_err(|_| Error::Malformed)? == Status::StreamEnd;
            // Both are at most the length of a slice.
            let taken = (self.stream.total_in() - taken) as usize;
            let given = (self.stream.total_out() - given) as usize;
            bytes = bytes.get(taken..).unwrap_or_default();
            piece(buffer.get(..given).unwrap_or_default())?;
            if taken == 0 && given == 0 {
                break;
            }
        }
        Ok(())
    }
}
