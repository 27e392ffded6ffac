//! `PATCH /shares/{jti}`: new terms for a share that is kept; its link stays the same.
//! What is not given stays; null means none. A field that is not known is refused: a slip of the pen would
//! leave a share as it was while its maker believes that it changed.

use model::{Level, Method, Moment, Resource, Shape};
use registry::Share;

use crate::{
    body::parse_object,
    coerce::{self, Fields},
    ending::expiration_date,
    errors::FieldErrors,
    shares::MOST_RESOURCES,
    terms::{self, VALUE, check_order},
    tokens::token_resource,
};

/// Everything that can be changed.
const FIELDS: &[&str] =
    &["expiration-date", "not-before", "label", "studies", "resources", "methods", "download", "max-uses"];

/// The share as a body wants it, by the rules of its creation.
pub fn changed(
    share: &Share,
    content_type: Option<&str>,
    body: &[u8],
    now: Moment,
) -> Result<Share, FieldErrors> {
    let object = parse_object(content_type, body)?;
    let mut errors = FieldErrors::default();
    let mut fields = Fields::of_body(&object, &mut errors);
    let is_given = |fields: &Fields<'_>, name| fields.raw(name).is_some();
    let mut new = share.clone();

    if is_given(&fields, "expiration-date") {
        new.expires = expiration_date(&mut fields, now);
    }
    if is_given(&fields, "not-before") {
        new.not_before = fields.optional("not-before", coerce::moment);
    }
    // Of an order that is wrong, the field that was given is to blame.
    if let Some(name) = ["not-before", "expiration-date"].into_iter().find(|name| is_given(&fields, name)) {
        check_order(&mut fields, name, new.not_before, new.expires);
    }
    if is_given(&fields, "label") {
        new.label = fields.optional("label", terms::label).flatten();
    }
    if let Some(resources) = scope(&mut fields, share.shape) {
        new.resources = resources;
    }
    if is_given(&fields, "methods") {
        new.methods = methods(&mut fields).unwrap_or_default();
    }
    if is_given(&fields, "download") {
        new.download = terms::flag(&mut fields, "download").unwrap_or_default();
    }
    if is_given(&fields, "max-uses") {
        new.max_uses = fields.optional("max-uses", terms::max_uses);
        // The link that is out already opens the viewer, or only the landing page: that is written in it.
        if new.is_protected() != share.is_protected() {
            let msg = match share.is_protected() {
                true => "the link of this share counts its openings: give a number",
                false => "the link of this share does not count its openings: make a new share",
            };
            fields.refuse("max-uses", msg, VALUE);
        }
    }
    fields.refuse_others(FIELDS);
    if errors.detail.is_empty() { Ok(new) } else { Err(errors) }
}

/// What is shared, if it is given: under the name that the share was made with.
fn scope(fields: &mut Fields<'_>, shape: Shape) -> Option<Vec<Resource>> {
    let (own, other, msg) = match shape {
        Shape::Studies => ("studies", "resources", "this share is one of 'studies'"),
        Shape::Resources => ("resources", "studies", "this share is one of 'resources'"),
    };
    if fields.raw(other).is_some() {
        fields.refuse(other, msg, VALUE);
    }
    fields.raw(own)?;
    Some(match shape {
        Shape::Studies => fields.objects(own, MOST_RESOURCES, |study| study.resource(Level::Study)),
        Shape::Resources => fields
            .objects(own, MOST_RESOURCES, token_resource)
            .into_iter()
            .map(|item| item.resource)
            .collect(),
    })
}

fn methods(fields: &mut Fields<'_>) -> Option<Vec<Method>> {
    // Not null: there is no share without a method.
    fields.required("methods", |_| Ok(()))?;
    terms::methods(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::share;
    use proptest::prelude::*;
    use registry::Code;
    use serde_json::{Value, json};

    fn at(second: i64) -> Moment {
        Moment::from_unix_seconds(second)
    }

    /// The share's own end is at 2000.
    fn change(share: &Share, body: &Value) -> Result<Share, FieldErrors> {
        changed(share, None, body.to_string().as_bytes(), at(1000))
    }

    fn series() -> Share {
        Share { shape: Shape::Resources, ..share() }
    }

    #[test]
    fn what_is_given_changes_and_the_rest_stays() {
        let long = || Share { label: Some("old".into()), not_before: Some(at(1500)), ..share() };
        let two = vec![Resource::study(Some("1.2".into()), None), Resource::study(None, Some("a-b".into()))];
        let cases: [(Value, Share); 13] = [
            (json!({}), long()),
            (json!([]), long()),
            (json!({"label": "new"}), Share { label: Some("new".into()), ..long() }),
            (json!({"label": null}), Share { label: None, ..long() }),
            (json!({"label": ""}), Share { label: None, ..long() }),
            (json!({"expiration-date": null}), Share { expires: None, ..long() }),
            (json!({"expiration_date": 3000}), Share { expires: Some(at(3000)), ..long() }),
            (json!({"not-before": null}), Share { not_before: None, ..long() }),
            (
                json!({"not-before": 2500, "expiration-date": 3000}),
                Share { not_before: Some(at(2500)), expires: Some(at(3000)), ..long() },
            ),
            (
                json!({"studies": [{"dicom-uid": "1.2"}, {"orthanc_id": "a-b"}]}),
                Share { resources: two, ..long() },
            ),
            (json!({"methods": ["put", "put"]}), Share { methods: vec![Method::Put], ..long() }),
            (json!({"download": "no"}), Share { download: false, ..long() }),
            (json!({"max-uses": null}), long()),
        ];
        for (body, expected) in cases {
            assert!(change(&long(), &body).unwrap() == expected, "{body}");
        }
        let level = json!({"resources": [{"dicom-uid": "P 1", "level": "patient", "url": "/x"}]});
        let patient = Resource { level: Level::Patient, dicom_uid: Some("P 1".into()), orthanc_id: None };
        assert!(change(&series(), &level).unwrap().resources == [patient]);
        // One that has ended may be given a new end.
        let ended = Share { expires: Some(at(500)), ..share() };
        assert!(change(&ended, &json!({"expiration-date": 2000})).unwrap() == share());
    }

    #[test]
    fn openings_are_counted_where_the_link_says_so_and_nowhere_else() {
        let code = Some(Code { hash: String::new(), attempts: 3 });
        let limited = Share { max_uses: Some(2), ..share() };
        let coded = Share { code, ..share() };
        let both = Share { max_uses: Some(2), ..coded.clone() };
        let new = |share: &Share, uses: Value| change(share, &json!({"max-uses": uses}));
        assert_eq!(new(&limited, json!(9)).unwrap().max_uses, Some(9));
        assert_eq!(new(&coded, json!(9)).unwrap().max_uses, Some(9));
        assert_eq!(new(&both, Value::Null).unwrap().max_uses, None);
        for (share, uses) in [(&share(), json!(1)), (&limited, Value::Null)] {
            assert!(new(share, uses).unwrap_err().to_json().contains(r#"["body","max-uses"]"#));
        }
    }

    #[test]
    fn each_bad_field_is_named() {
        let early = Share { not_before: Some(at(1500)), ..share() };
        let cases = [
            (&early, json!({"expiration-date": 1000}), "expiration-date"),
            (&early, json!({"expiration-date": 1500}), "expiration-date"),
            (&early, json!({"expiration-date": "soon"}), "expiration-date"),
            (&early, json!({"not-before": 2000}), "not-before"),
            (&early, json!({"not-before": 3000, "expiration-date": 2500}), "not-before"),
            (&early, json!({"label": "a\u{7}"}), "label"),
            (&early, json!({"studies": []}), "studies"),
            (&early, json!({"studies": null}), "studies"),
            (&early, json!({"resources": [{"dicom-uid": "1.2", "level": "study"}]}), "resources"),
            (&series(), json!({"studies": [{"dicom-uid": "1.2"}]}), "studies"),
            (&series(), json!({"resources": null}), "resources"),
            (&early, json!({"methods": []}), "methods"),
            (&early, json!({"methods": null}), "methods"),
            (&early, json!({"download": null}), "download"),
            (&early, json!({"max-uses": 0}), "max-uses"),
            (&early, json!({"exspiration-date": null}), "exspiration-date"),
            (&early, json!({"type": "viewer-instant-link"}), "type"),
            (&early, json!({"password": "12345"}), "password"),
            (&early, json!({"jti": "x"}), "jti"),
        ];
        for (share, body, field) in cases {
            let errors = change(share, &body).unwrap_err();
            assert_eq!(crate::to_json(&errors.detail[0].loc), format!(r#"["body","{field}"]"#), "{body}");
            assert!(!errors.to_json().contains("12345"), "{body}");
        }
        let many: Value = (0..100).map(|i| (format!("{}{i}", "x".repeat(100)), json!(1))).collect();
        let errors = change(&early, &many).unwrap_err();
        assert_eq!(errors.detail.len(), 10);
        assert!(errors.to_json().len() < 2000);
    }

    proptest! {
        #[test]
        fn any_change_is_made_or_refused(
            field in proptest::sample::select(FIELDS),
            value in crate::testing::any_json(),
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            for share in [share(), series()] {
                let _ = changed(&share, None, &bytes, at(1000));
                let _ = change(&share, &value);
                if let Ok(new) = change(&share, &json!({field: value})) {
                    prop_assert!(!new.resources.is_empty() && !new.methods.is_empty());
                }
            }
        }
    }
}
