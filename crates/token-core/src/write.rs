//! Claims to the JSON of a token, with the names and the order of the Python services' models.
//! To these come `jti`, `iat`, `exp` and, where needed, `nbf` and `methods`; never `aud`, which
//! makes PyJWT refuse the token there.

use model::{Level, Method, Moment, Purpose, Resource};
use serde::Serialize;

use crate::{Claims, Rejection, claims::is_known};
use model::Shape;

/// The payload for these claims, issued at `now`.
pub(crate) fn payload(claims: &Claims, now: Moment) -> Result<Vec<u8>, Rejection> {
    let ours = ours(claims, now)?;
    let id = claims.id.as_deref();
    let share_type = claims.share_type.name();
    let expiration_date = claims.expires.map(|end| end.to_string());
    let json = match claims.shape {
        Shape::Studies => serde_json::to_vec(&StudiesPayload {
            id,
            studies: claims.resources.iter().map(study).collect::<Option<_>>().ok_or(Rejection::Malformed)?,
            anonymized: claims.anonymized,
            share_type,
            expiration_date,
            ours,
        }),
        Shape::Resources => serde_json::to_vec(&ResourcesPayload {
            id,
            resources: claims.resources.iter().map(resource).collect(),
            share_type,
            expiration_date,
            validity_duration: None,
            anonymized: claims.anonymized,
            ours,
        }),
    };
    json.map_err(|_| Rejection::Malformed)
}

/// As the model `ShareRequest` of orthanc-share.
#[derive(Serialize)]
struct StudiesPayload<'a> {
    id: Option<&'a str>,
    studies: Vec<Ids<'a>>,
    anonymized: bool,
    #[serde(rename = "type")]
    share_type: &'static str,
    expiration_date: Option<String>,
    #[serde(flatten)]
    ours: Ours<'a>,
}

/// As the model `TokenCreationRequest` of orthanc-auth-service.
#[derive(Serialize)]
struct ResourcesPayload<'a> {
    id: Option<&'a str>,
    resources: Vec<LevelledIds<'a>>,
    #[serde(rename = "type")]
    share_type: &'static str,
    expiration_date: Option<String>,
    /// That service turns a duration into an expiration date before it signs.
    validity_duration: Option<u32>,
    /// That service knows no anonymized share: the marker is ours, and it ignores it.
    #[serde(skip_serializing_if = "is_false")]
    anonymized: bool,
    #[serde(flatten)]
    ours: Ours<'a>,
}

#[derive(Serialize)]
struct Ids<'a> {
    dicom_uid: Option<&'a str>,
    orthanc_id: Option<&'a str>,
}

#[derive(Serialize)]
struct LevelledIds<'a> {
    dicom_uid: Option<&'a str>,
    orthanc_id: Option<&'a str>,
    url: Option<&'a str>,
    level: &'static str,
}

/// What neither service writes; both ignore what they do not know.
#[derive(Serialize)]
struct Ours<'a> {
    jti: &'a str,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    download: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    registered: bool,
}

/// Also checks that the claims make a share at all.
fn ours(claims: &Claims, now: Moment) -> Result<Ours<'_>, Rejection> {
    let jti = claims.jti.as_deref().filter(|jti| !jti.is_empty()).ok_or(Rejection::Malformed)?;
    let has_identifier = |r: &Resource| is_known(&r.dicom_uid) || is_known(&r.orthanc_id);
    if claims.resources.is_empty()
        || !claims.resources.iter().all(has_identifier)
        || claims.methods.is_empty()
    {
        return Err(Rejection::Malformed);
    }
    Ok(Ours {
        jti,
        // PyJWT reads these three as whole seconds. It refuses an `iat` in the future: rounded down.
        iat: now.unix_seconds(),
        // Rounded up: `expiration_date` keeps the exact end, and every reader, here and there,
        // ends the share at the earlier of the two.
        exp: claims.expires.map(seconds_rounded_up),
        // Rounded up: never begins early.
        nbf: claims.not_before.map(seconds_rounded_up),
        methods: (claims.methods != [Method::Get])
            .then(|| claims.methods.iter().map(|method| method.name()).collect()),
        download: (!claims.download).then_some(false),
        purpose: (claims.purpose != Purpose::Viewing).then(|| claims.purpose.name()),
        registered: claims.registered,
    })
}

fn seconds_rounded_up(moment: Moment) -> i64 {
    // The years 1 to 9999 in microseconds are far from the ends of an i64.
    -(-moment.unix_micros()).div_euclid(1_000_000)
}

/// None for a resource that the shape cannot name.
fn study(resource: &Resource) -> Option<Ids<'_>> {
    (resource.level == Level::Study).then_some(Ids {
        dicom_uid: resource.dicom_uid.as_deref(),
        orthanc_id: resource.orthanc_id.as_deref(),
    })
}

fn resource(resource: &Resource) -> LevelledIds<'_> {
    LevelledIds {
        dicom_uid: resource.dicom_uid.as_deref(),
        orthanc_id: resource.orthanc_id.as_deref(),
        url: None,
        level: resource.level.name(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::tests::share;
    use model::ShareType;

    fn moment(text: &str) -> Option<Moment> {
        Some(Moment::parse(text).unwrap())
    }

    fn written(claims: &Claims) -> Result<String, Rejection> {
        let now = Moment::from_number(1_700_000_000.9).unwrap();
        payload(claims, now).map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn the_claims_of_a_share_are_named_as_in_orthanc_share() {
        assert_eq!(
            written(&share()).unwrap(),
            concat!(
                r#"{"id":"demo-1","studies":[{"dicom_uid":"1.2.3","orthanc_id":"9cba1037-869dc4fb"}],"#,
                r#""anonymized":false,"type":"stone-viewer-publication","expiration_date":null,"#,
                r#""jti":"jti-1","iat":1700000000}"#,
            )
        );
        let full = Claims {
            id: None,
            resources: vec![Resource::study(None, Some("a".into()))],
            anonymized: true,
            methods: vec![Method::Get, Method::Put],
            not_before: moment("2030-03-17T17:46:40.000001Z"),
            expires: moment("2030-03-17T19:46:50.5+02:00"),
            ..share()
        };
        assert_eq!(
            written(&full).unwrap(),
            concat!(
                r#"{"id":null,"studies":[{"dicom_uid":null,"orthanc_id":"a"}],"anonymized":true,"#,
                r#""type":"stone-viewer-publication","expiration_date":"2030-03-17T19:46:50.500000+02:00","#,
                r#""jti":"jti-1","iat":1700000000,"exp":1900000011,"nbf":1900000001,"methods":["get","put"]}"#,
            )
        );
    }

    #[test]
    fn the_claims_of_a_token_are_named_as_in_orthanc_auth_service() {
        let series = Resource { level: Level::Series, dicom_uid: Some("1.2".into()), orthanc_id: None };
        let claims = Claims {
            shape: Shape::Resources,
            share_type: ShareType::OhifViewerPublication,
            resources: vec![series],
            expires: moment("2030-03-17T17:46:40Z"),
            ..share()
        };
        assert_eq!(
            written(&claims).unwrap(),
            concat!(
                r#"{"id":"demo-1","resources":[{"dicom_uid":"1.2","orthanc_id":null,"url":null,"level":"series"}],"#,
                r#""type":"ohif-viewer-publication","expiration_date":"2030-03-17T17:46:40+00:00","#,
                r#""validity_duration":null,"jti":"jti-1","iat":1700000000,"exp":1900000000}"#,
            )
        );
        let anonymized = written(&Claims { anonymized: true, ..claims }).unwrap();
        assert!(anonymized.contains(r#""anonymized":true"#));
    }

    #[test]
    fn what_makes_no_share_is_not_written() {
        let series = Resource { level: Level::Series, ..share().resources.remove(0) };
        let cases = [
            Claims { jti: None, ..share() },
            Claims { jti: Some(String::new()), ..share() },
            Claims { methods: vec![], ..share() },
            Claims { resources: vec![], ..share() },
            Claims { resources: vec![Resource::study(None, None)], ..share() },
            Claims { resources: vec![Resource::study(Some(String::new()), None)], ..share() },
            Claims { resources: vec![series], ..share() },
        ];
        for claims in cases {
            assert_eq!(written(&claims), Err(Rejection::Malformed), "{claims:?}");
        }
    }

    #[test]
    fn seconds_round_up() {
        for (micros, seconds) in
            [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (-1, 0), (-1_000_000, -1)]
        {
            assert_eq!(seconds_rounded_up(Moment::from_unix_micros(micros)), seconds, "{micros}");
        }
    }
}
