//! The files of the viewers themselves, which are the same for everybody: they need no token.

use std::fmt;

use crate::path::Path;

/// A file below one of the [`FOLDERS`], or one of the [`FILES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticFile(String);

/// What Orthanc's viewer plugins serve under these names is the viewer, never what it shows.
const FOLDERS: [&[&str]; 5] = [
    &["osimis-viewer", "app"],
    &["osimis-viewer", "languages"],
    &["stone-webviewer"],
    &["ohif"],
    &["volview"],
];

const FILES: [&[&str]; 1] = [&["osimis-viewer", "config.js"]];

/// The kinds of files that a viewer consists of. A name without any is a page of the viewer's own.
const KINDS: [&str; 24] = [
    "html",
    "js",
    "mjs",
    "css",
    "json",
    "map",
    "png",
    "svg",
    "jpg",
    "jpeg",
    "gif",
    "ico",
    "webp",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "wasm",
    "txt",
    "data",
    "webmanifest",
    "xml",
    "bin",
];

impl StaticFile {
    pub(crate) fn parse(path: &Path) -> Option<Self> {
        let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
        if FILES.contains(&segments.as_slice()) {
            return (!path.ends_with_slash).then(|| Self(segments.join("/")));
        }
        let folder = FOLDERS.iter().find(|folder| segments.starts_with(folder))?;
        let name = segments.get(folder.len()..)?.last();
        let is_known = name.is_none_or(|name| {
            name.rsplit_once('.').is_none_or(|(_, kind)| KINDS.contains(&kind.to_ascii_lowercase().as_str()))
        });
        // The folder itself needs its slash: pages have links that are relative to it.
        let fits = is_known && (name.is_some() || path.ends_with_slash);
        fits.then(|| Self(format!("{}{}", segments.join("/"), if path.ends_with_slash { "/" } else { "" })))
    }
}

impl fmt::Display for StaticFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
