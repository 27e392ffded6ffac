//! The viewers that can be there, and the type of share that opens each.
//! OHIF always is; Debian packages neither Stone nor the Osimis viewer, so these two only if somebody added them.

use crate::orthanc;

/// A viewer that the demo can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// From npm, served by nginx.
    Ohif,
    /// A plugin of Orthanc.
    Stone,
    /// A plugin of Orthanc.
    Osimis,
}

impl Viewer {
    /// All that are installed here.
    pub fn installed() -> Vec<Self> {
        let is_there = |viewer: &Self| viewer.plugin().is_none_or(orthanc::has_plugin);
        [Self::Ohif, Self::Stone, Self::Osimis].into_iter().filter(is_there).collect()
    }

    /// The file of the plugin that serves it.
    pub fn plugin(self) -> Option<&'static str> {
        match self {
            Self::Ohif => None,
            Self::Stone => Some("libStoneWebViewer.so"),
            Self::Osimis => Some("libOsimisWebViewer.so"),
        }
    }

    /// The type of share that leads to it.
    pub fn share_type(self) -> &'static str {
        match self {
            Self::Ohif => "ohif-viewer-publication",
            Self::Stone => "stone-viewer-publication",
            Self::Osimis => "osimis-viewer-publication",
        }
    }

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ohif => "OHIF",
            Self::Stone => "Stone Web viewer",
            Self::Osimis => "Osimis Web viewer",
        }
    }
}
