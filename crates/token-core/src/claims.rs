//! What a token says: a share, what it opens, for which server, which methods and until when.
//! The same record as `claims` of the interface `orthanc-share:token`.

use std::fmt;

use model::{Method, Moment, Purpose, Resource, Shape, ShareType};

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
    /// Whether the resources may be taken away as files.
    pub download: bool,
    /// What the token is for.
    pub purpose: Purpose,
    /// Whether the store knows the share, and has the last word on it: see [`Claims::as_registered`].
    pub registered: bool,
    /// Whether the share was taken back. No token says so: the store does.
    pub revoked: bool,
}

/// What the store says of a share now.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    /// What is shared.
    pub resources: Vec<Resource>,
    /// What may be done with it.
    pub methods: Vec<Method>,
    /// Whether it may be taken away as files.
    pub download: bool,
    /// Its beginning, if that lies or lay ahead.
    pub not_before: Option<Moment>,
    /// Its end, if it has one.
    pub expires: Option<Moment>,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl Claims {
    /// The same with what the store says of the share now, so that a link stays the same when its share
    /// changes. A session ends when it was to end, or with its share.
    ///
    /// [`Rejection::Unknown`] if the store should know the share and does not.
    pub fn as_registered(&self, share: Option<&Registered>) -> Result<Self, Rejection> {
        if !self.registered {
            return Ok(self.clone());
        }
        let share = share.ok_or(Rejection::Unknown)?;
        let expires = match self.purpose {
            Purpose::Session => [self.expires, share.expires].into_iter().flatten().min(),
            Purpose::Viewing | Purpose::Opening => share.expires,
        };
        Ok(Self {
            resources: share.resources.clone(),
            methods: share.methods.clone(),
            download: share.download,
            not_before: share.not_before,
            expires,
            revoked: share.revoked,
            jti: self.jti.clone(),
            id: self.id.clone(),
            ..*self
        })
    }

    /// Whether the share has begun, not ended, and not been taken back: [`Rejection::NotYetValid`],
    /// [`Rejection::Expired`], [`Rejection::Revoked`], asked in this order.
    pub fn check_standing(&self, now: Moment) -> Result<(), Rejection> {
        if self.not_before.is_some_and(|begin| now < begin) {
            Err(Rejection::NotYetValid)
        } else if self.expires.is_some_and(|end| now >= end) {
            Err(Rejection::Expired)
        } else if self.revoked {
            Err(Rejection::Revoked)
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
            .field("purpose", &self.purpose)
            .field("registered", &self.registered)
            .field("revoked", &self.revoked)
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
            download: true,
            purpose: Purpose::Viewing,
            registered: false,
            revoked: false,
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
            assert_eq!(claims.check_standing(Moment::parse(now).unwrap()), expected, "{now}");
        }
        assert_eq!(share().check_standing(Moment::from_unix_seconds(i64::MAX)), Ok(()));
    }

    #[test]
    fn the_store_has_the_last_word_on_a_registered_share() {
        let end = |second| Some(Moment::from_unix_seconds(second));
        let stored = Registered {
            resources: vec![Resource::study(Some("4.5.6".into()), None)],
            methods: vec![Method::Get, Method::Put],
            download: false,
            not_before: end(10),
            expires: end(2000),
            revoked: true,
        };
        let token = Claims { expires: end(1000), registered: true, ..share() };
        let now = token.as_registered(Some(&stored)).unwrap();
        assert_eq!((now.resources, now.methods), (stored.resources.clone(), stored.methods.clone()));
        assert_eq!((now.expires, now.not_before, now.download), (end(2000), end(10), false));
        assert!(now.revoked);
        // What the store should know and does not is lost, not free.
        assert_eq!(token.as_registered(None).err(), Some(Rejection::Unknown));
        // What it need not know is as the token says.
        assert_eq!(share().as_registered(Some(&stored)).unwrap(), share());

        // (the session's end, the share's, the earlier)
        for (session, share_end, expected) in
            [(1000, Some(2000), 1000), (1000, Some(500), 500), (1000, None, 1000)]
        {
            let token = Claims { purpose: Purpose::Session, expires: end(session), ..token.clone() };
            let stored = Registered { expires: share_end.and_then(end), ..stored.clone() };
            assert_eq!(token.as_registered(Some(&stored)).unwrap().expires, end(expected));
        }
    }

    #[test]
    fn a_revoked_share_is_expired_first_and_revoked_then() {
        let revoked = Claims { revoked: true, ..share() };
        let now = Moment::from_unix_seconds(100);
        assert_eq!(revoked.check_standing(now), Err(Rejection::Revoked));
        let ended = Claims { expires: Some(now), ..revoked };
        assert_eq!(ended.check_standing(now), Err(Rejection::Expired));
    }

    #[test]
    fn debug_shows_nobody() {
        let shown = format!("{:?}", share());
        assert!(!shown.contains("demo-1") && !shown.contains("1.2.3") && !shown.contains("9cba"));
    }
}
