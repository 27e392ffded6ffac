//! Shares that are kept, and what happened to them, as the API shows them. Never a token, a code, or a
//! short link's handle: none of these is kept.

use model::{Moment, Resource, Shape};
use registry::{Entry, Event, Page};
use serde::Serialize;

use crate::shares::StudyBody;
use crate::terms::names;
use crate::to_json;

/// One share.
pub fn share_json(entry: &Entry, now: Moment) -> String {
    to_json(&ShareBody::new(entry, now))
}

/// One share, with its link; null where there is none, or it opens nothing any more.
pub fn linked_share_json(entry: &Entry, now: Moment, url: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Linked<'a> {
        #[serde(flatten)]
        share: ShareBody<'a>,
        url: Option<&'a str>,
    }
    to_json(&Linked { share: ShareBody::new(entry, now), url })
}

/// A part of the list of shares.
pub fn shares_json(page: &Page<Entry>, now: Moment) -> String {
    #[derive(Serialize)]
    struct Shares<'a> {
        shares: Vec<ShareBody<'a>>,
        next: Option<String>,
    }
    let shares = page.items.iter().map(|entry| ShareBody::new(entry, now)).collect();
    to_json(&Shares { shares, next: cursor(page.next) })
}

/// A part of a share's history.
pub fn events_json(page: &Page<Event>) -> String {
    #[derive(Serialize)]
    struct Events<'a> {
        events: Vec<EventBody<'a>>,
        next: Option<String>,
    }
    to_json(&Events { events: page.items.iter().map(EventBody::from).collect(), next: cursor(page.next) })
}

/// Where the next part begins: a text, so that no client counts with it.
fn cursor(next: Option<i64>) -> Option<String> {
    next.map(|next| next.to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ShareBody<'a> {
    jti: &'a str,
    state: &'static str,
    id: Option<&'a str>,
    label: Option<&'a str>,
    #[serde(rename = "type")]
    share_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    studies: Option<Vec<StudyBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<ResourceBody<'a>>>,
    anonymized: bool,
    methods: Vec<&'static str>,
    download: bool,
    created: String,
    created_by: Option<&'a str>,
    not_before: Option<String>,
    expiration_date: Option<String>,
    max_uses: Option<u32>,
    uses: u32,
    /// Whether it asks for a code.
    protected: bool,
    attempts_left: Option<u32>,
    notify: bool,
    short_link: bool,
    revoked: Option<String>,
    revoked_by: Option<&'a str>,
}

impl<'a> ShareBody<'a> {
    fn new(entry: &'a Entry, now: Moment) -> Self {
        let share = &entry.share;
        let (studies, resources) = match share.shape {
            Shape::Studies => (Some(share.resources.iter().map(StudyBody::from).collect()), None),
            Shape::Resources => (None, Some(share.resources.iter().map(ResourceBody::from).collect())),
        };
        let revocation = entry.revocation.as_ref();
        Self {
            jti: &share.jti,
            state: entry.state(now).name(),
            id: share.id.as_deref(),
            label: share.label.as_deref(),
            share_type: share.share_type.name(),
            studies,
            resources,
            anonymized: share.anonymized,
            methods: names(&share.methods),
            download: share.download,
            created: share.created.to_string(),
            created_by: share.created_by.as_deref(),
            not_before: share.not_before.map(|moment| moment.to_string()),
            expiration_date: share.expires.map(|moment| moment.to_string()),
            max_uses: share.max_uses,
            uses: entry.uses,
            protected: share.code.is_some(),
            attempts_left: entry.attempts_left(),
            notify: share.notify,
            short_link: share.handle.is_some(),
            revoked: revocation.map(|revocation| revocation.at.to_string()),
            revoked_by: revocation.and_then(|revocation| revocation.by.as_deref()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ResourceBody<'a> {
    level: &'static str,
    dicom_uid: Option<&'a str>,
    orthanc_id: Option<&'a str>,
}

impl<'a> From<&'a Resource> for ResourceBody<'a> {
    fn from(resource: &'a Resource) -> Self {
        Self {
            level: resource.level.name(),
            dicom_uid: resource.dicom_uid.as_deref(),
            orthanc_id: resource.orthanc_id.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct EventBody<'a> {
    id: &'a str,
    time: String,
    action: registry::Action,
    outcome: registry::Outcome,
    reason: Option<&'a str>,
    user: Option<&'a str>,
    address: Option<&'a str>,
    resource: Option<ResourceBody<'a>>,
}

impl<'a> From<&'a Event> for EventBody<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            id: &event.id,
            time: event.time.to_string(),
            action: event.action,
            outcome: event.outcome,
            reason: event.reason.as_deref(),
            user: event.user.as_deref(),
            address: event.address.as_deref(),
            resource: event.resource.as_ref().map(ResourceBody::from),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::{Level, Method, ShareType};
    use registry::{Code, Revocation, Share};

    pub(crate) fn share() -> Share {
        Share {
            jti: "ab12".into(),
            id: Some("demo".into()),
            label: None,
            shape: Shape::Studies,
            share_type: ShareType::StoneViewerPublication,
            resources: vec![Resource::study(Some("1.2".into()), None)],
            anonymized: false,
            methods: vec![Method::Get],
            download: true,
            created: Moment::from_unix_seconds(900),
            created_by: Some("alice".into()),
            not_before: None,
            expires: Some(Moment::from_unix_seconds(2000).with_offset_minutes(60)),
            max_uses: None,
            code: None,
            notify: false,
            handle: None,
        }
    }

    fn now() -> Moment {
        Moment::from_unix_seconds(1000)
    }

    #[test]
    fn a_share_is_shown_with_all_that_is_known_of_it() {
        let entry = Entry { share: share(), revocation: None, uses: 0, wrong_codes: 0 };
        let start = r#"{"jti":"ab12","state":"active","id":"demo","label":null,"#;
        let rest = concat!(
            r#""type":"stone-viewer-publication","studies":[{"dicom-uid":"1.2","orthanc-id":null}],"#,
            r#""anonymized":false,"methods":["get"],"download":true,"created":"1970-01-01T00:15:00+00:00","#,
            r#""created-by":"alice","not-before":null,"expiration-date":"1970-01-01T01:33:20+01:00","#,
            r#""max-uses":null,"uses":0,"protected":false,"attempts-left":null,"notify":false,"#,
            r#""short-link":false,"revoked":null,"revoked-by":null"#,
        );
        let page = Page { items: vec![entry.clone()], next: Some(7) };
        assert_eq!(share_json(&entry, now()), format!("{start}{rest}}}"));
        assert_eq!(linked_share_json(&entry, now(), None), format!(r#"{start}{rest},"url":null}}"#));
        assert_eq!(shares_json(&page, now()), format!(r#"{{"shares":[{start}{rest}}}],"next":"7"}}"#));
    }

    #[test]
    fn neither_hash_of_a_code_nor_of_a_handle_is_shown() {
        let share = Share {
            shape: Shape::Resources,
            resources: vec![Resource { level: Level::Series, ..share().resources.remove(0) }],
            max_uses: Some(3),
            code: Some(Code { hash: "s3cret".into(), attempts: 5 }),
            handle: Some("s3cret".into()),
            ..share()
        };
        let at = Moment::from_unix_seconds(950);
        let revocation = Some(Revocation { at, by: Some("bob".into()) });
        let entry = Entry { share, revocation, uses: 2, wrong_codes: 1 };
        let json = linked_share_json(&entry, now(), Some("http://h/"));
        for part in [
            r#""state":"revoked""#,
            r#""resources":[{"level":"series","dicom-uid":"1.2","orthanc-id":null}]"#,
            r#""max-uses":3,"uses":2,"protected":true,"attempts-left":4,"notify":false,"short-link":true"#,
            r#""revoked":"1970-01-01T00:15:50+00:00","revoked-by":"bob","url":"http://h/""#,
        ] {
            assert!(json.contains(part), "{part}: {json}");
        }
        assert!(!json.contains("s3cret") && !json.contains("studies"), "{json}");
    }

    #[test]
    fn a_history_says_who_did_what_and_when() {
        let kept = concat!(
            r#"{"id":"0f","time":"1970-01-01T00:16:40+00:00","jti":"ab12","action":"validate","#,
            r#""outcome":"refused","reason":"expired","user":null,"address":"192.0.2.1","#,
            r#""resource":{"level":"study","dicom-uid":null,"orthanc-id":"a-b"}}"#
        );
        let event = Event::from_json(kept.as_bytes()).unwrap();
        assert_eq!(
            events_json(&Page { items: vec![event], next: None }),
            concat!(
                r#"{"events":[{"id":"0f","time":"1970-01-01T00:16:40+00:00","action":"validate","outcome":"refused","#,
                r#""reason":"expired","user":null,"address":"192.0.2.1","#,
                r#""resource":{"level":"study","dicom-uid":null,"orthanc-id":"a-b"}}],"next":null}"#
            )
        );
    }
}
