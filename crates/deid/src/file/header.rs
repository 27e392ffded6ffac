//! Headers of data elements and items (PS3.5 §7), in the three encodings that a data set can have.

use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::StandardDataDictionary;

use crate::Error;

/// The length that says: up to a delimiter.
pub(super) const UNDEFINED: u32 = u32::MAX;

/// How a data set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    pub explicit: bool,
    pub big_endian: bool,
}

pub(super) const IMPLICIT: Encoding = Encoding { explicit: false, big_endian: false };
pub(super) const EXPLICIT: Encoding = Encoding { explicit: true, big_endian: false };
const EXPLICIT_BIG: Encoding = Encoding { explicit: true, big_endian: true };

/// Deflated Explicit VR Little Endian (PS3.5 §A.5).
pub(super) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

/// A header: the VR of an item or delimiter is of no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub tag: Tag,
    pub vr: VR,
    /// Of the value, in bytes, or [`UNDEFINED`].
    pub length: u32,
    /// Of the header itself.
    pub size: usize,
}

impl Encoding {
    /// The encoding of a transfer syntax; pixels are not looked into, so that every encapsulated one is
    /// good. Refused: private syntaxes, of which nobody knows what they are, and deflated JPIP, whose
    /// pixels are behind a link that the profile removes.
    pub fn of(transfer_syntax: &str) -> Result<Encoding, Error> {
        match transfer_syntax {
            "1.2.840.10008.1.2" => Ok(IMPLICIT),
            "1.2.840.10008.1.2.1" | DEFLATED => Ok(EXPLICIT),
            "1.2.840.10008.1.2.2" => Ok(EXPLICIT_BIG),
            "1.2.840.10008.1.2.4.95" | "1.2.840.10008.1.2.4.205" => Err(Error::TransferSyntax),
            other
                if other.starts_with("1.2.840.10008.1.2.") && crate::key::is_well_known(other.as_bytes()) =>
            {
                Ok(EXPLICIT)
            }
            _ => Err(Error::TransferSyntax),
        }
    }

    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// The header at the start of `bytes`; none if they are too few.
    pub fn read(self, bytes: &[u8]) -> Result<Option<Header>, Error> {
        let Some((&[a, b, c, d, e, f, g, h], rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
        let tag = Tag(self.u16([a, b]), self.u16([c, d]));
        let long = self.u32([e, f, g, h]);
        // Items and delimiters have no VR in any encoding.
        if tag.0 == 0xFFFE {
            return Ok(Some(Header { tag, vr: VR::UN, length: long, size: 8 }));
        }
        if !self.explicit {
            return Ok(Some(Header { tag, vr: vr_of(tag), length: long, size: 8 }));
        }
        let Some(vr) = VR::from_binary([e, f]) else { return Err(Error::Malformed) };
        if !is_long(vr) {
            return Ok(Some(Header { tag, vr, length: u32::from(self.u16([g, h])), size: 8 }));
        }
        let Some(&length) = rest.first_chunk::<4>() else { return Ok(None) };
        Ok(Some(Header { tag, vr, length: self.u32(length), size: 12 }))
    }

    /// Writes a header. The length of a value that has to fit into 16 bits is the caller's care.
    pub fn write(self, tag: Tag, vr: VR, length: u32, out: &mut Vec<u8>) {
        self.put_u16(tag.0, out);
        self.put_u16(tag.1, out);
        if !self.explicit || tag.0 == 0xFFFE {
            return self.put_u32(length, out);
        }
        out.extend(vr.to_bytes());
        if is_long(vr) {
            out.extend([0, 0]);
            self.put_u32(length, out);
        } else {
            self.put_u16(length as u16, out);
        }
    }

    fn put_u16(self, number: u16, out: &mut Vec<u8>) {
        out.extend(if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() });
    }

    pub fn put_u32(self, number: u32, out: &mut Vec<u8>) {
        out.extend(if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() });
    }
}

/// VRs with a length of 32 bits (PS3.5 Table 7.1-1).
pub(super) fn is_long(vr: VR) -> bool {
    use VR::*;
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

/// The VR of the dictionary, where the file has none.
pub(super) fn vr_of(tag: Tag) -> VR {
    if tag.0 & 1 == 1 {
        return VR::UN;
    }
    StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr.relaxed())
}
