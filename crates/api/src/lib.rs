//! The doors of the HTTP APIs: bytes in, typed requests out; typed answers in, JSON out.
//! Pure. The subtle thing: coercions, error locations and error types are those of the Python
//! service (pydantic 1), because its clients rely on them.

pub mod auth;
pub mod body;
pub mod changes;
mod coerce;
pub mod decode;
mod ending;
pub mod errors;
pub mod listing;
pub mod profile;
pub mod records;
pub mod roles;
pub mod shares;
pub mod terms;
pub mod tokens;
pub mod validate;

pub use errors::{ApiError, FieldError, FieldErrors, Loc, Problem};

/// The token without the scheme `Bearer ` (in any case) and the spaces around it; none if nothing is left.
pub fn strip_bearer(text: &str) -> Option<&str> {
    const SCHEME: &str = "Bearer";
    let text = text.trim();
    let token = match text.get(..SCHEME.len()) {
        Some(scheme) if scheme.eq_ignore_ascii_case(SCHEME) => {
            let rest = &text[SCHEME.len()..];
            // `Bearerless` is a token, `Bearer x` is not.
            if rest.is_empty() || rest.starts_with(char::is_whitespace) { rest.trim_start() } else { text }
        }
        _ => text,
    };
    (!token.is_empty()).then_some(token)
}

/// Compact JSON. The types of this crate have string keys and no serializer that fails, which are
/// the only errors of serde_json here.
fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod testing {
    //! Arbitrary JSON for the property tests of the parsers.
    use proptest::prelude::*;
    use serde_json::Value;

    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::from),
        ];
        let name = prop_oneof!["[a-z-]{0,12}", Just("dicom-uid".to_owned()), Just("level".to_owned())];
        leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(name.clone(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bearer_scheme_is_taken_off() {
        let cases = [
            ("a.b.c", Some("a.b.c")),
            ("Bearer a.b.c", Some("a.b.c")),
            ("  bearer   a.b.c ", Some("a.b.c")),
            ("Bearer\ta", Some("a")),
            ("Bearerless", Some("Bearerless")),
            ("Bearer", None),
            ("Bearer  ", None),
            ("", None),
            ("éééé", Some("éééé")),
        ];
        for (text, token) in cases {
            assert_eq!(strip_bearer(text), token, "{text:?}");
        }
    }
}
