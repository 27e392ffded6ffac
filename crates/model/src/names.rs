//! The closed lists of words that travel on the wire: levels, methods, share types.

/// Declares an enum whose variants have one spelling on the wire.
macro_rules! wire_names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order in which error messages list them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The spelling on the wire and in tokens.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The value with exactly this spelling, if there is one.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

wire_names! {
    /// A level of the DICOM hierarchy. The plugin's `system` is not one: it is no DICOM resource.
    Level {
        /// A patient; its DICOM identifier is the PatientID.
        Patient = "patient",
        /// A study; its DICOM identifier is the StudyInstanceUID.
        Study = "study",
        /// A series; its DICOM identifier is the SeriesInstanceUID.
        Series = "series",
        /// An instance; its DICOM identifier is the SOPInstanceUID.
        Instance = "instance",
    }
}

wire_names! {
    /// The method of the viewer's request, as the Authorization plugin spells it.
    /// (It reports HEAD and OPTIONS as `get`.)
    Method {
        /// Reading.
        Get = "get",
        /// Creating, or an action such as anonymize.
        Post = "post",
        /// Replacing, such as metadata.
        Put = "put",
        /// Deleting.
        Delete = "delete",
    }
}

wire_names! {
    /// What a share opens with, and for how long its link is meant to live.
    ShareType {
        /// The Osimis viewer, through a link that is kept.
        OsimisViewerPublication = "osimis-viewer-publication",
        /// MedDream, through a link that is opened right away.
        MeddreamInstantLink = "meddream-instant-link",
        /// MedDream, through a link that is kept.
        MeddreamViewerPublication = "meddream-viewer-publication",
        /// The Stone viewer, through a link that is kept.
        StoneViewerPublication = "stone-viewer-publication",
        /// OHIF, through a link that is kept.
        OhifViewerPublication = "ohif-viewer-publication",
        /// VolView, through a link that is kept.
        VolviewViewerPublication = "volview-viewer-publication",
        /// A token for a viewer that the caller opens itself, right away.
        ViewerInstantLink = "viewer-instant-link",
        /// A token for a download that the caller starts itself, right away.
        DownloadInstantLink = "download-instant-link",
    }
}

wire_names! {
    /// What a token of a share is for.
    Purpose {
        /// Whoever holds it reads with it: the link is the key.
        Viewing = "viewing",
        /// It opens the landing page and nothing else: the share asks for a code, or counts its openings.
        Opening = "opening",
        /// Handed out by the landing page for a while, when a share of the kind before was opened.
        Session = "session",
    }
}

/// Which of the two APIs a share was made with. It decides the names of the token's claims, and the form
/// of MedDream's link: whoever reads either next gets what they always got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// `studies[]`, of `PUT /shares`. The oldest form, one study at the top level, reads as this.
    Studies,
    /// `resources[]`, of `PUT /tokens/{type}`.
    Resources,
}

/// The longest `jti` of a share.
const LONGEST_JTI: usize = 64;

/// Whether this can be the `jti` of a share of ours, under which it is kept and asked for: letters, digits, `-`
/// and `_`, so that it may be part of a key and of an address.
pub fn is_jti(jti: &str) -> bool {
    (1..=LONGEST_JTI).contains(&jti.len())
        && jti.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for level in Level::ALL {
            assert_eq!(Level::from_name(level.name()), Some(*level));
        }
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.name()), Some(*method));
        }
        for share_type in ShareType::ALL {
            assert_eq!(ShareType::from_name(share_type.name()), Some(*share_type));
        }
        assert_eq!(Level::from_name("system"), None);
        assert_eq!(Level::from_name("Study"), None);
    }

    #[test]
    fn a_jti_has_nothing_that_a_key_or_an_address_would_read() {
        let (longest, longer) = ("a".repeat(64), "a".repeat(65));
        for (jti, good) in [
            ("0a-_Z", true),
            (&longest, true),
            (&longer, false),
            ("", false),
            ("a/b", false),
            ("é", false),
            ("a\n", false),
        ] {
            assert_eq!(is_jti(jti), good, "{jti}");
        }
    }
}
