//! The options of PS3.15 Annex E that a site can choose, by the standard's names.
//! What is not offered (safe private, structured content, graphics, pixels) is never applied.

use crate::table::options as cell;

/// What may stay. The default is the Basic Profile without any option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Retain UIDs Option.
    pub retain_uids: bool,
    /// Retain Longitudinal Temporal Information: with full dates, with modified dates, or not.
    pub longitudinal: Longitudinal,
    /// Retain Patient Characteristics Option.
    pub retain_patient_characteristics: bool,
    /// Retain Device Identity Option.
    pub retain_device_identity: bool,
    /// Retain Institution Identity Option.
    pub retain_institution_identity: bool,
    /// Clean Descriptors Option.
    pub clean_descriptors: bool,
}

/// What becomes of dates and times. One choice and not two options: both at once contradict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Longitudinal {
    /// They go.
    #[default]
    Removed,
    /// They stay: Retain Longitudinal Temporal Information with Full Dates Option.
    FullDates,
    /// They move by a number of days that is constant in one share: … with Modified Dates Option.
    ModifiedDates,
}

impl Options {
    /// The table's cells that these options make count.
    pub(crate) fn cells(self) -> u32 {
        let chosen = [
            (self.retain_uids, cell::UIDS_K),
            (self.retain_device_identity, cell::DEVICE_K | cell::DEVICE_C),
            (self.retain_institution_identity, cell::INSTITUTION_K),
            (self.retain_patient_characteristics, cell::PATIENT_K | cell::PATIENT_C),
            (self.longitudinal == Longitudinal::FullDates, cell::FULL_DATES_K),
            (self.longitudinal == Longitudinal::ModifiedDates, cell::MODIFIED_DATES_C),
            (self.clean_descriptors, cell::DESCRIPTORS_C),
        ];
        chosen.iter().filter(|(on, _)| *on).fold(0, |cells, (_, cell)| cells | cell)
    }

    /// The codes of CID 7050 that say what was done, each with its meaning; 113100 is always first.
    pub fn codes(self) -> Vec<(&'static str, &'static str)> {
        let mut codes = vec![("113100", "Basic Application Confidentiality Profile")];
        if self.clean_descriptors {
            codes.push(("113105", "Clean Descriptors Option"));
        }
        match self.longitudinal {
            Longitudinal::Removed => {}
            Longitudinal::FullDates => {
                codes.push(("113106", "Retain Longitudinal Temporal Information Full Dates Option"));
            }
            Longitudinal::ModifiedDates => {
                codes.push(("113107", "Retain Longitudinal Temporal Information Modified Dates Option"));
            }
        }
        if self.retain_patient_characteristics {
            codes.push(("113108", "Retain Patient Characteristics Option"));
        }
        if self.retain_device_identity {
            codes.push(("113109", "Retain Device Identity Option"));
        }
        if self.retain_uids {
            codes.push(("113110", "Retain UIDs Option"));
        }
        if self.retain_institution_identity {
            codes.push(("113112", "Retain Institution Identity Option"));
        }
        codes
    }
}

impl Longitudinal {
    /// The value of Longitudinal Temporal Information Modified (0028,0303).
    pub fn modified(self) -> &'static str {
        match self {
            Longitudinal::Removed => "REMOVED",
            Longitudinal::FullDates => "UNMODIFIED",
            Longitudinal::ModifiedDates => "MODIFIED",
        }
    }
}
