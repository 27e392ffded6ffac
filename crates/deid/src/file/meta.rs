//! The preamble and the file meta information (PS3.10 §7.1): read, and written anew. What a sender,
//! a receiver or a vendor put there (AE titles, private information) does not come through.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    header::{DEFLATED, EXPLICIT, Encoding, UNDEFINED},
    value::put,
};
use crate::{Error, ShareKey};

/// The preamble, zeroed in what we write: a site may keep anything in it.
const PREAMBLE: usize = 128;

/// More is no file meta information.
const MAX_META_BYTES: usize = 64 << 10;

/// This implementation (PS3.7 D.3.3.2): a UUID of our own.
const IMPLEMENTATION_CLASS_UID: &str = "2.25.279160273718450982331506287301746119285";
const IMPLEMENTATION_VERSION_NAME: &str = "ORTHANC-SHARE";

/// What the file meta information says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    pub encoding: Encoding,
    transfer_syntax: String,
    /// What follows is deflated. We write it inflated, and say so.
    pub deflated: bool,
    pub sop_class: String,
    sop_instance: String,
}

impl Meta {
    /// Reads preamble and group 2 from the start of a file. How many bytes they take; none if more
    /// is needed to say.
    pub fn read(bytes: &[u8]) -> Result<Option<(Meta, usize)>, Error> {
        let Some(prefix) = bytes.get(PREAMBLE..PREAMBLE + 4) else { return Ok(None) };
        let mut at = match prefix {
            b"DICM" => PREAMBLE + 4,
            // Some files begin with group 2.
            _ if bytes.starts_with(&[2, 0]) => 0,
            _ => return Err(Error::Malformed),
        };
        let [mut syntax, mut class, mut instance] = [None, None, None];
        loop {
            // Group 2 ends where another begins: its own length is often wrong.
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(group) = rest.first_chunk::<2>() else { return Ok(None) };
            if u16::from_le_bytes(*group) != 0x0002 {
                break;
            }
            let Some(header) = EXPLICIT.read(rest)? else { return Ok(None) };
            if header.length == UNDEFINED || header.length as usize > MAX_META_BYTES || at > MAX_META_BYTES {
                return Err(Error::Malformed);
            }
            let end = header.size + header.length as usize;
            let Some(value) = rest.get(header.size..end) else { return Ok(None) };
            let text = || String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
            match header.tag {
                tags::TRANSFER_SYNTAX_UID => syntax = Some(text()),
                tags::MEDIA_STORAGE_SOP_CLASS_UID => class = Some(text()),
                tags::MEDIA_STORAGE_SOP_INSTANCE_UID => instance = Some(text()),
                _ => {}
            }
            at += end;
        }
        let transfer_syntax = syntax.ok_or(Error::TransferSyntax)?;
        let encoding = Encoding::of(&transfer_syntax)?;
        let deflated = transfer_syntax == DEFLATED;
        let transfer_syntax = if deflated { "1.2.840.10008.1.2.1".to_owned() } else { transfer_syntax };
        // A class may be a vendor's; what is no UID at all does not pass.
        let sop_class = class.filter(|class| is_uid(class)).unwrap_or_default();
        let sop_instance = instance.unwrap_or_default();
        Ok(Some((Meta { encoding, transfer_syntax, deflated, sop_class, sop_instance }, at)))
    }

    /// Writes preamble and group 2.
    pub fn write(&self, key: &ShareKey, retain_uids: bool, out: &mut Vec<u8>) {
        out.extend([0; PREAMBLE]);
        out.extend(b"DICM");
        let mut group = Vec::new();
        EXPLICIT.write(tags::FILE_META_INFORMATION_VERSION, VR::OB, 2, &mut group);
        group.extend([0, 1]);
        let instance = match retain_uids && is_uid(&self.sop_instance) {
            true => self.sop_instance.clone(),
            false => key.uid(&self.sop_instance),
        };
        let mut element = |tag: Tag, vr, text: &str| {
            if !text.is_empty() {
                put(EXPLICIT, tag, vr, text.as_bytes(), &mut group);
            }
        };
        element(tags::MEDIA_STORAGE_SOP_CLASS_UID, VR::UI, &self.sop_class);
        element(tags::MEDIA_STORAGE_SOP_INSTANCE_UID, VR::UI, &instance);
        element(tags::TRANSFER_SYNTAX_UID, VR::UI, &self.transfer_syntax);
        element(tags::IMPLEMENTATION_CLASS_UID, VR::UI, IMPLEMENTATION_CLASS_UID);
        element(tags::IMPLEMENTATION_VERSION_NAME, VR::SH, IMPLEMENTATION_VERSION_NAME);
        EXPLICIT.write(tags::FILE_META_INFORMATION_GROUP_LENGTH, VR::UL, 4, out);
        EXPLICIT.put_u32(group.len() as u32, out);
        out.extend(group);
    }
}

fn is_uid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}
