//! The paths below `/shares/ui`. The page names its parts by relative addresses, so that it also works
//! below a path that a reverse proxy puts in front.

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `/shares/ui/`
    Page,
    /// `/shares/ui`: its relative addresses would lead elsewhere, so it goes to `/shares/ui/`.
    WithoutSlash,
    /// `/shares/ui/qr`
    Qr,
    /// `/shares/ui/assets/{version}/{file}`
    Asset {
        /// Which build of the assets.
        version: &'a str,
        /// A file's name.
        file: &'a str,
    },
}

impl<'a> Route<'a> {
    /// The route of a path; `None` is a 404.
    pub fn parse(path: &'a str) -> Option<Self> {
        match path.strip_prefix("/shares/ui")? {
            "" => Some(Self::WithoutSlash),
            "/" => Some(Self::Page),
            "/qr" => Some(Self::Qr),
            rest => {
                let (version, file) = rest.strip_prefix("/assets/")?.split_once('/')?;
                Some(Self::Asset { version, file })
            }
        }
    }

    /// The methods that it answers, as in `Allow`.
    pub const fn methods(self) -> &'static str {
        match self {
            Self::Qr => "POST",
            _ => "GET, HEAD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_routes_or_nothing() {
        let asset = |version, file| Some(Route::Asset { version, file });
        let cases = [
            ("/shares/ui/", Some(Route::Page)),
            ("/shares/ui", Some(Route::WithoutSlash)),
            ("/shares/ui/qr", Some(Route::Qr)),
            ("/shares/ui/qr/", None),
            ("/shares/ui/assets/0123/main.js", asset("0123", "main.js")),
            ("/shares/ui/assets/0123/../x", asset("0123", "../x")),
            ("/shares/ui/assets/main.js", None),
            ("/shares/ui/index.html", None),
            ("/shares/ui//", None),
            ("/shares/uix", None),
            ("/shares", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(Route::parse(path), expected, "{path}");
        }
        assert_eq!(Route::Qr.methods(), "POST");
        assert_eq!(Route::Page.methods(), "GET, HEAD");
    }

    proptest! {
        #[test]
        fn any_path_is_read(path in "(/shares/ui)?(/assets/)?\\PC*") {
            if let Some(Route::Asset { version, file }) = Route::parse(&path) {
                // No file has such a name unless it is one of the list.
                prop_assert!(crate::asset(version, file).is_none() || version == crate::version());
            }
        }
    }
}
