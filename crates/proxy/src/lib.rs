//! The de-identifying proxy without its I/O: which requests there are, what is asked of Orthanc for each,
//! what may come back, and how the parts of an answer are rewritten.
//!
//! In: a path, a query and headers of a client. Out: a [`Route`] with its [`Args`], and with the real ids of
//! shared resources ([`Study`], [`Series`], [`Instance`]) an [`Upstream`] path. The subtle thing: ids that a
//! client sends ([`OrthancId`], [`Uid`] in a route) are pseudonyms, and never get into an [`Upstream`]; it is
//! made only of ids that Orthanc itself listed.

mod accept;
mod args;
mod bulk;
mod content;
mod ids;
mod items;
mod listing;
mod multipart;
mod names;
mod path;
mod route;
#[cfg(test)]
mod route_tests;
mod search;
mod statics;
mod token;
mod upstream;

pub use accept::{frames_accept, picture_accept, wants_one_file};
pub use args::{Args, BadQuery};
pub use bulk::{BulkPath, bulk_uri};
pub use content::{
    Multipart, is_dicom, is_dicom_json, is_json, multipart, osimis_picture, picture, static_file,
};
pub use ids::{FrameList, OrthancId, Uid};
pub use items::{Items, MAX_ITEM_BYTES};
pub use listing::{
    Instance, MOST_STUDIES, Series, Study, UnexpectedShape, only_studies, read_facts, read_instances,
    read_lookup, read_series, read_study, read_study_id,
};
pub use multipart::{BadMultipart, Rewriter};
pub use names::{Names, share_key};
pub use route::{
    InstanceView, Level, Picture, Place, Quality, Route, SearchScope, SeriesView, StudyView, WadoView,
};
pub use search::Search;
pub use statics::StaticFile;
pub use token::{all_presented, presented};
pub use upstream::Upstream;
