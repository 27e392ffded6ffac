//! The domain's words into those of `wit/token.wit` and back, for the components on both sides of it.
//! wit-bindgen makes types of its own in each component, so that only a macro can say this once.

/// `From` in both directions between [`Level`](crate::Level), [`Method`](crate::Method),
/// [`Purpose`](crate::Purpose), [`Shape`](crate::Shape), [`ShareType`](crate::ShareType), [`Resource`](crate::Resource) and
/// [`Moment`](crate::Moment), and the types of the same names in this module of the caller's.
///
/// Each list of words is one match: a word that one side gains does not compile until the other has it.
#[macro_export]
macro_rules! wit_words {
    ($wit:ident) => {
        $crate::wit_words! { $wit
            Level { Patient, Study, Series, Instance }
            Method { Get, Post, Put, Delete }
            Purpose { Viewing, Opening, Session }
            Shape { Studies, Resources }
            ShareType {
                OsimisViewerPublication, MeddreamInstantLink, MeddreamViewerPublication, StoneViewerPublication,
                OhifViewerPublication, VolviewViewerPublication, ViewerInstantLink, DownloadInstantLink
            }
        }

        impl From<$wit::Resource> for $crate::Resource {
            fn from(resource: $wit::Resource) -> Self {
                let $wit::Resource { level, dicom_uid, orthanc_id } = resource;
                Self { level: level.into(), dicom_uid, orthanc_id }
            }
        }
        impl From<$crate::Resource> for $wit::Resource {
            fn from(resource: $crate::Resource) -> Self {
                let $crate::Resource { level, dicom_uid, orthanc_id } = resource;
                Self { level: level.into(), dicom_uid, orthanc_id }
            }
        }

        impl From<$wit::Moment> for $crate::Moment {
            fn from(moment: $wit::Moment) -> Self {
                Self::from_unix_micros(moment.unix_micros).with_offset_minutes(moment.offset_minutes)
            }
        }
        impl From<$crate::Moment> for $wit::Moment {
            fn from(moment: $crate::Moment) -> Self {
                Self { unix_micros: moment.unix_micros(), offset_minutes: moment.offset_minutes() }
            }
        }
    };
    ($wit:ident $($name:ident { $($word:ident),+ })+) => { $(
        impl From<$crate::$name> for $wit::$name {
            fn from(value: $crate::$name) -> Self {
                match value { $($crate::$name::$word => Self::$word,)+ }
            }
        }
        impl From<$wit::$name> for $crate::$name {
            fn from(value: $wit::$name) -> Self {
                match value { $($wit::$name::$word => Self::$word,)+ }
            }
        }
    )+ };
}
