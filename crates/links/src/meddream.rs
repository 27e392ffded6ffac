//! The exchange with MedDream's token service: what it is asked, and what of its answer is a token.
//! The subtle thing: its error pages are text as well, and must never be handed out as a token.

use model::{Resource, ShareType};
use serde::Serialize;

use crate::{LinkError, viewer::Studies};

/// The longest token that is believed, in bytes.
const LONGEST_TOKEN: usize = 4096;

/// The answer is no token. It does not say what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the MedDream token service did not answer with a token")]
pub struct NoMeddreamToken;

/// The body of `POST {meddream_token_service_url}`: one item for each study, in the storage that
/// MedDream's configuration calls `Orthanc`.
pub fn meddream_request(share_type: ShareType, resources: &[Resource]) -> Result<String, LinkError> {
    #[derive(Serialize)]
    struct Request<'a> {
        items: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    struct Item<'a> {
        studies: Study<'a>,
    }
    #[derive(Serialize)]
    struct Study<'a> {
        study: &'a str,
        storage: &'static str,
    }
    let uids = Studies { share_type, resources }.dicom_uids()?;
    let items = uids.into_iter().map(|study| Item { studies: Study { study, storage: "Orthanc" } }).collect();
    // Neither a key that is no text nor a failing serializer is in there: it cannot fail.
    Ok(serde_json::to_string(&Request { items }).unwrap_or_default())
}

/// The token in an answer: a single word of the characters of Base64, Base64url and UUIDs.
pub fn read_meddream_token(status: u16, body: &[u8]) -> Result<String, NoMeddreamToken> {
    let token = body.trim_ascii();
    let is_token = (200..300).contains(&status)
        && (1..=LONGEST_TOKEN).contains(&token.len())
        && token.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte));
    match std::str::from_utf8(token) {
        Ok(token) if is_token => Ok(token.to_owned()),
        _ => Err(NoMeddreamToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_study_is_an_item() {
        let study = |uid: &str| Resource::study(Some(uid.to_owned()), None);
        assert_eq!(
            meddream_request(ShareType::MeddreamInstantLink, &[study("1.2"), study("1.3")]).unwrap(),
            concat!(
                r#"{"items":[{"studies":{"study":"1.2","storage":"Orthanc"}},"#,
                r#"{"studies":{"study":"1.3","storage":"Orthanc"}}]}"#
            )
        );
        let without = Resource::study(None, Some("aa".into()));
        let error = meddream_request(ShareType::MeddreamInstantLink, &[without]).unwrap_err();
        assert!(error.to_string().contains("dicom-uid"));
    }

    #[test]
    fn only_a_token_is_a_token() {
        for body in ["meddream-token-XYZ", "aGVsbG8=.x_y~z\n", " 3f2504e0-4f89-11d3 \r\n"] {
            assert_eq!(read_meddream_token(200, body.as_bytes()).as_deref(), Ok(body.trim()));
        }
        let long = "a".repeat(LONGEST_TOKEN + 1);
        for body in ["", " \n", "<html>boom & bust</html>", "two words", r#"{"error":"x"}"#, "é", &long] {
            assert_eq!(read_meddream_token(200, body.as_bytes()), Err(NoMeddreamToken), "{body}");
        }
        for status in [0, 199, 302, 404, 500] {
            assert!(read_meddream_token(status, b"meddream-token-XYZ").is_err(), "{status}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(status in any::<u16>(), body in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(token) = read_meddream_token(status, &body) {
                prop_assert!(!token.is_empty() && !token.contains(['<', ' ', '&']));
            }
        }
    }
}
