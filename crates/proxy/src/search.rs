//! A search of QIDO-RS. It is answered among the shared studies, and decided by what the viewer gets to see:
//! a value is compared with the de-identified one, so that no question confirms anything about a patient.

use deid::{Action, Profile};
use dicom_core::{Tag, VR, dictionary::DataDictionary};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use serde_json::Value;

use crate::args::BadQuery;

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// At most that many matches.
    pub limit: Option<usize>,
    /// Without the first ones.
    pub offset: usize,
    fields: Vec<Tag>,
    all_fields: bool,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    tag: Tag,
    vr: VR,
    value: String,
}

/// Counts of what the patient has in all, shared or not.
const OF_ALL_THE_PATIENT: [Tag; 3] = [
    tags::NUMBER_OF_PATIENT_RELATED_STUDIES,
    tags::NUMBER_OF_PATIENT_RELATED_SERIES,
    tags::NUMBER_OF_PATIENT_RELATED_INSTANCES,
];

/// So many fields and filters at most.
const MAX_TAGS: usize = 128;

impl Search {
    /// Takes an argument of the query.
    pub(crate) fn argument(&mut self, name: &str, value: &str) -> Result<(), BadQuery> {
        match name {
            "limit" => self.limit = Some(number(value)?),
            "offset" => self.offset = number(value)?,
            "fuzzymatching" if matches!(value, "true" | "false") => {}
            "fuzzymatching" => return Err(BadQuery::BadValue),
            "includefield" => {
                for field in value.split(',') {
                    // A field that is not known, or lies in a sequence, has no value here either way.
                    match attribute(field) {
                        _ if field == "all" => self.all_fields = true,
                        Some((tag, _)) if !self.fields.contains(&tag) => self.fields.push(tag),
                        _ => {}
                    }
                }
            }
            _ => {
                let (tag, vr) = attribute(name).ok_or(BadQuery::NotAllowed)?;
                self.filters.push(Filter { tag, vr, value: value.to_owned() });
            }
        }
        if self.fields.len() + self.filters.len() > MAX_TAGS { Err(BadQuery::BadValue) } else { Ok(()) }
    }

    /// What Orthanc is asked to answer with: what the viewer wants and what is compared, but nothing that
    /// does not come through.
    pub fn arguments(&self, profile: &Profile) -> Vec<(&'static str, String)> {
        let mut fields: Vec<Tag> = self.fields.clone();
        fields.extend(self.filters.iter().map(|filter| filter.tag));
        fields.sort_unstable();
        fields.dedup();
        let wanted = fields
            .into_iter()
            .filter(|tag| profile.action(*tag) != Action::Remove && !OF_ALL_THE_PATIENT.contains(tag));
        let wanted = wanted.map(|Tag(group, element)| format!("{group:04X}{element:04X}"));
        wanted.chain(self.all_fields.then(|| "all".to_owned())).map(|field| ("includefield", field)).collect()
    }

    /// Whether a study with this UID, as the viewer sees it, can be a match.
    pub fn may_match_study(&self, uid: &str) -> bool {
        self.may_match(tags::STUDY_INSTANCE_UID, uid)
    }

    /// Whether a series with this UID, as the viewer sees it, can be a match.
    pub fn may_match_series(&self, uid: &str) -> bool {
        self.may_match(tags::SERIES_INSTANCE_UID, uid)
    }

    /// Whether the search names series.
    pub fn names_series(&self) -> bool {
        self.filters.iter().any(|filter| filter.tag == tags::SERIES_INSTANCE_UID && !filter.is_universal())
    }

    fn may_match(&self, tag: Tag, uid: &str) -> bool {
        self.filters.iter().filter(|filter| filter.tag == tag).all(|filter| filter.matches_text(uid))
    }

    /// Whether a de-identified item of DICOM JSON is a match.
    pub fn matches(&self, item: &[u8]) -> bool {
        if self.filters.iter().all(Filter::is_universal) {
            return true;
        }
        let Ok(item) = serde_json::from_slice::<Value>(item) else { return false };
        self.filters.iter().all(|filter| filter.matches(&item))
    }
}

impl Filter {
    fn is_universal(&self) -> bool {
        self.value.is_empty() || self.value.bytes().all(|b| b == b'*')
    }

    fn matches(&self, item: &Value) -> bool {
        if self.is_universal() {
            return true;
        }
        let Tag(group, element) = self.tag;
        let values =
            item.get(format!("{group:04X}{element:04X}")).and_then(|attribute| attribute.get("Value"));
        let values = values.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        values.iter().any(|value| match value {
            Value::String(text) => self.matches_text(text),
            Value::Number(number) => self.matches_text(&number.to_string()),
            Value::Object(name) => {
                name.values().filter_map(Value::as_str).any(|part| self.matches_text(part))
            }
            _ => false,
        })
    }

    /// PS3.4 §C.2.2.2: lists of UIDs, ranges, wildcards; a single value otherwise.
    fn matches_text(&self, text: &str) -> bool {
        if self.is_universal() {
            return true;
        }
        match self.vr {
            VR::UI => self.value.split([',', '\\']).any(|uid| uid.trim() == text),
            VR::DA | VR::TM | VR::DT if self.value.contains('-') => {
                let (from, to) = self.value.split_once('-').unwrap_or_default();
                // What is shorter than the value is its beginning.
                text >= from && (to.is_empty() || text <= to || text.starts_with(to))
            }
            _ => wildcard(&self.value.to_lowercase(), &text.to_lowercase()),
        }
    }
}

/// `*` for any text, `?` for one character. In time proportional to the product of both lengths.
fn wildcard(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Whether the pattern so far matches the first n characters.
    let mut matches: Vec<bool> = (0..=text.len()).map(|n| n == 0).collect();
    for sign in pattern.chars() {
        let mut next = Vec::with_capacity(matches.len());
        for n in 0..matches.len() {
            let before = n.checked_sub(1);
            let stands = |at: usize| matches.get(at).copied().unwrap_or(false);
            next.push(if sign == '*' {
                stands(n) || before.is_some_and(|at| next.get(at).copied().unwrap_or(false))
            } else {
                before.is_some_and(|at| stands(at) && (sign == '?' || text.get(at) == Some(&sign)))
            });
        }
        matches = next;
    }
    matches.last().copied().unwrap_or(false)
}

fn number(value: &str) -> Result<usize, BadQuery> {
    let digits = (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten().ok_or(BadQuery::BadValue)
}

/// An attribute by its tag (`00100020`) or keyword, with the VR of the dictionary.
fn attribute(name: &str) -> Option<(Tag, VR)> {
    let entry = if name.len() == 8 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        let number = u32::from_str_radix(name, 16).ok()?;
        StandardDataDictionary.by_tag(Tag((number >> 16) as u16, (number & 0xFFFF) as u16))?
    } else {
        StandardDataDictionary.by_name(name)?
    };
    Some((entry.tag.inner(), entry.vr.relaxed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = r#"{"00080020":{"vr":"DA","Value":["20240229"]},
        "00080061":{"vr":"CS","Value":["CT","MR"]},"00080090":{"vr":"PN"},
        "00100010":{"vr":"PN","Value":[{"Alphabetic":"Anonymized"}]},
        "00100020":{"vr":"LO","Value":["Anonymized"]},
        "0020000D":{"vr":"UI","Value":["2.25.1"]},"00201208":{"vr":"IS","Value":[3]}}"#;

    fn search(query: &str) -> Search {
        let mut search = Search::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            search.argument(&name, &value).expect("an argument");
        }
        search
    }

    #[test]
    fn matches_what_the_viewer_sees() {
        for (query, matches) in [
            ("", true),
            ("PatientID=", true),
            ("PatientID=*", true),
            ("00100020=Anonymized", true),
            ("PatientID=anonymized", true),
            ("PatientID=PAT-0001", false),
            ("PatientID=Anon?mi*", true),
            ("PatientName=*Doe*", false),
            ("00100010=Anonymized", true),
            ("ReferringPhysicianName=House", false),
            ("StudyInstanceUID=2.25.1", true),
            ("StudyInstanceUID=2.25.2,2.25.1", true),
            ("StudyInstanceUID=2.25.2", false),
            ("StudyInstanceUID=2.25.*", false),
            ("ModalitiesInStudy=MR", true),
            ("ModalitiesInStudy=US", false),
            ("NumberOfStudyRelatedInstances=3", true),
            ("StudyDate=20240101-20241231", true),
            ("StudyDate=-20231231", false),
            ("StudyDate=20240229-", true),
            ("StudyDate=20240229", true),
            ("AccessionNumber=1", false),
        ] {
            assert_eq!(search(query).matches(ITEM.as_bytes()), matches, "{query}");
        }
        assert!(!search("PatientID=x").matches(b"{") && search("").matches(b"{"));
        assert!(search("StudyInstanceUID=2.25.1").may_match_study("2.25.1"));
        assert!(!search("StudyInstanceUID=2.25.1").may_match_study("2.25.2"));
        assert!(search("PatientID=x").may_match_study("2.25.2"));
    }

    #[test]
    fn orthanc_is_asked_for_nothing_that_does_not_come_through() {
        let profile = Profile::new(deid::Options::default());
        let query = "includefield=00201200,NumberOfPatientRelatedSeries,00080060,StudyDescription,PatientAddress,00091001,x,all&PatientName=Doe";
        let fields: Vec<String> = search(query).arguments(&profile).into_iter().map(|(_, tag)| tag).collect();
        assert!(fields.contains(&"00080060".to_owned()) && fields.contains(&"all".to_owned()), "{fields:?}");
        assert!(fields.iter().all(|field| !field.starts_with("0020120")), "{fields:?}");
        assert!(!fields.contains(&"00101040".to_owned()) && fields.iter().all(|f| !f.contains("Doe")));
    }

    #[test]
    fn wildcards() {
        for (pattern, text, matches) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("a*c", "abbc", true),
            ("a*c", "ab", false),
            ("**a", "bca", true),
            ("a?", "aé", true),
        ] {
            assert_eq!(wildcard(pattern, text), matches, "{pattern} {text}");
        }
    }
}
