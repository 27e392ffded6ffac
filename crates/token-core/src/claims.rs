//! What a token says: a share, what it opens, for which server, which methods and until when.
//! The same record as `claims` of the interface `orthanc-share:token`.

use std::fmt;

use model::{Method, Moment, Resource, Shape, ShareType};

use crate::Rejection;

/// What a share grants, to whom and until when.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// The share's own identifier, unique; absent in tokens of other services.
    pub jti: Option<String>,
    /// The caller's name for the share.
    pub id: Option<String>,
    /// The names that the token uses.
    pub shape: Shape,
    /// What the share opens with.
    pub share_type: ShareType,
    /// What is shared: at least one, each with at least one identifier.
    pub resources: Vec<Resource>,
    /// Whether it is for the anonymized server only.
    pub anonymized: bool,
    /// What may be done with the resources: at least one, in general only reading.
    pub methods: Vec<Method>,
    /// The first moment of the share; none if it has begun. A token keeps whole seconds of it,
    /// rounded up, and shows it in UTC.
    pub not_before: Option<Moment>,
    /// The end of the share: at this moment it opens nothing any more. None means that it has none.
    pub expires: Option<Moment>,
}

impl Claims {
    /// Whether the share has begun and not ended: [`Rejection::NotYetValid`],
    /// [`Rejection::Expired`], asked in this order.
    pub fn check_time(&self, now: Moment) -> Result<(), Rejection> {
        if self.not_before.is_some_and(|begin| now < begin) {
            Err(Rejection::NotYetValid)
        } else if self.expires.is_some_and(|end| now >= end) {
            Err(Rejection::Expired)
        } else {
            Ok(())
        }
    }
}

/// Without the identifiers: a PatientID and a share's name may be a person's.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("jti", &self.jti)
            .field("shape", &self.shape)
            .field("share_type", &self.share_type)
            .field("resources", &self.resources.len())
            .field("anonymized", &self.anonymized)
            .field("methods", &self.methods)
            .field("not_before", &self.not_before)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Whether an identifier says anything: an empty one counts as unknown.
pub(crate) fn is_known(identifier: &Option<String>) -> bool {
    identifier.as_deref().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A share of one study without end.
    pub(crate) fn share() -> Claims {
        Claims {
            jti: Some("jti-1".into()),
            id: Some("demo-1".into()),
            shape: Shape::Studies,
            share_type: ShareType::StoneViewerPublication,
            resources: vec![Resource::study(Some("1.2.3".into()), Some("9cba1037-869dc4fb".into()))],
            anonymized: false,
            methods: vec![Method::Get],
            not_before: None,
            expires: None,
        }
    }

    #[test]
    fn a_share_lasts_from_its_beginning_to_just_before_its_end() {
        let at = |text: &str| Some(Moment::parse(text).unwrap());
        let (begin, end) = (at("2030-01-01T00:00:00Z"), at("2030-01-02T00:00:00.5+01:00"));
        let claims = Claims { not_before: begin, expires: end, ..share() };
        let cases = [
            ("2029-12-31T23:59:59.999999Z", Err(Rejection::NotYetValid)),
            ("2030-01-01T00:00:00Z", Ok(())),
            ("2030-01-01T23:00:00Z", Ok(())),
            ("2030-01-01T23:00:00.499999Z", Ok(())),
            ("2030-01-01T23:00:00.5Z", Err(Rejection::Expired)),
            ("2040-01-01T00:00:00Z", Err(Rejection::Expired)),
        ];
        for (now, expected) in cases {
            assert_eq!(claims.check_time(Moment::parse(now).unwrap()), expected, "{now}");
        }
        assert_eq!(share().check_time(Moment::from_unix_seconds(i64::MAX)), Ok(()));
    }

    #[test]
    fn debug_shows_nobody() {
        let shown = format!("{:?}", share());
        assert!(!shown.contains("demo-1") && !shown.contains("1.2.3") && !shown.contains("9cba"));
    }
}
