//! A DICOM resource named by one or both of its identifiers.

use std::fmt;

use crate::Level;

/// A patient, study, series or instance, named by at least one identifier.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Resource {
    /// Where in the hierarchy it stands.
    pub level: Level,
    /// Its DICOM identifier: PatientID, or the UID of the study, series or instance.
    pub dicom_uid: Option<String>,
    /// Orthanc's identifier: five groups of eight hexadecimal digits.
    pub orthanc_id: Option<String>,
}

impl Resource {
    /// A study named by what is known of it.
    pub fn study(dicom_uid: Option<String>, orthanc_id: Option<String>) -> Self {
        Self { level: Level::Study, dicom_uid, orthanc_id }
    }

    /// Whether both can be the same resource, and surely are: same level, equal in at least one
    /// identifier that both know, different in none.
    pub fn agrees_with(&self, other: &Resource) -> bool {
        let uid = compare(self.dicom_uid.as_deref(), other.dicom_uid.as_deref());
        let id = compare(self.orthanc_id.as_deref(), other.orthanc_id.as_deref());
        self.level == other.level
            && (uid == Some(true) || id == Some(true))
            && uid != Some(false)
            && id != Some(false)
    }
}

/// Its level, and which identifiers it has: what they are belongs to a patient.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("level", &self.level)
            .field("has_dicom_uid", &self.dicom_uid.is_some())
            .field("has_orthanc_id", &self.orthanc_id.is_some())
            .finish()
    }
}

/// `None` when one side does not know the identifier; an empty one counts as unknown.
fn compare(a: Option<&str>, b: Option<&str>) -> Option<bool> {
    match (a, b) {
        (Some(a), Some(b)) if !a.is_empty() && !b.is_empty() => Some(a == b),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(uid: &str, id: &str) -> Resource {
        let some = |s: &str| (s != "-").then(|| s.to_owned());
        Resource::study(some(uid), some(id))
    }

    #[test]
    fn agreement_needs_one_match_and_no_contradiction() {
        // (shared, asked, agrees); "-" is an identifier that is not given.
        let cases = [
            (("1.2", "a"), ("1.2", "a"), true),
            (("1.2", "-"), ("1.2", "a"), true),
            (("-", "a"), ("1.2", "a"), true),
            (("1.2", "a"), ("1.2", "b"), false),
            (("1.2", "a"), ("1.3", "a"), false),
            (("1.2", "-"), ("-", "a"), false),
            (("-", "-"), ("-", "-"), false),
            (("", ""), ("", ""), false),
            (("", "a"), ("1.2", "a"), true),
        ];
        for ((su, si), (qu, qi), agrees) in cases {
            assert_eq!(study(su, si).agrees_with(&study(qu, qi)), agrees, "{su} {si} / {qu} {qi}");
        }
    }

    #[test]
    fn identifiers_are_not_shown() {
        let patient = Resource { level: Level::Patient, ..study("DOE^JOHN-1970", "-") };
        let shown = format!("{patient:?}");
        assert_eq!(shown, "Resource { level: Patient, has_dicom_uid: true, has_orthanc_id: false }");
    }

    #[test]
    fn levels_never_mix() {
        let series = Resource { level: Level::Series, ..study("1.2", "a") };
        assert!(!study("1.2", "a").agrees_with(&series));
    }
}
