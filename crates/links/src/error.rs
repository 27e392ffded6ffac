//! Why a share has no link: what its creator, or the one who configures the service, can change.

use model::{Level, ShareType};

/// Why a share has no link. The caller can do something about each of them (status 400).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing is configured for it.
    #[error("'{share_type}' is not available: set the variable {variable}")]
    NotConfigured {
        /// What was asked for.
        share_type: ShareType,
        /// What to set.
        variable: &'static str,
    },
    /// There is one root only for it, and that is not the anonymized one.
    #[error("'{0}' is not available for anonymized shares")]
    NotAnonymized(ShareType),
    /// Viewers open studies.
    #[error("'{share_type}' opens studies, but resource {index} is a {level}")]
    NotAStudy {
        /// What was asked for.
        share_type: ShareType,
        /// Which resource, from 0.
        index: usize,
        /// What it is instead.
        level: Level,
    },
    /// The viewer finds studies by the other identifier.
    #[error("'{share_type}' needs the {identifier} of every study, but study {index} has none")]
    MissingIdentifier {
        /// What was asked for.
        share_type: ShareType,
        /// `dicom-uid` or `orthanc-id`.
        identifier: &'static str,
        /// Which study, from 0.
        index: usize,
    },
    /// It is no identifier of Orthanc's, and might lead the viewer elsewhere.
    #[error("'{share_type}' needs orthanc-ids of letters, digits and '-', unlike that of study {index}")]
    OddIdentifier {
        /// What was asked for.
        share_type: ShareType,
        /// Which study, from 0.
        index: usize,
    },
    /// The viewer opens a single one.
    #[error("'{0}' opens one study at a time with ohif_data_source dicom-json")]
    OneStudyOnly(ShareType),
    /// The link would have more than [`LONGEST_LINK`](crate::LONGEST_LINK) bytes, and open nowhere.
    #[error("a link to so many studies is too long for browsers and servers: share fewer studies")]
    TooLong,
}
