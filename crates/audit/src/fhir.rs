//! An event as FHIR R4 AuditEvent, by the patterns for REST of IHE BALP 1.1 (Basic Audit Log Patterns): a
//! share is the resource that is created, read, updated or deleted. A pattern describes what succeeded; an
//! event of a refusal has the same form, and claims no pattern.

use model::Resource;
use registry::{Action, Event, Outcome};
use serde_json::{Value, json};

/// Who records: this service, by the name that the audit repository knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// Such as the public address of the landing, or the name of the application.
    pub name: &'a str,
}

const PATTERNS: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

/// The roles of the two machines, as BALP has them for an interaction: the data's source and destination,
/// and for a deletion the application and the custodian.
struct Interaction {
    pattern: &'static str,
    /// Of FHIR's RESTful interactions.
    subtype: &'static str,
    action: &'static str,
    client: (&'static str, &'static str, &'static str),
    server: (&'static str, &'static str, &'static str),
}

const SOURCE: (&str, &str, &str) = (DCM, "110153", "Source Role ID");
const DESTINATION: (&str, &str, &str) = (DCM, "110152", "Destination Role ID");

fn interaction(action: Action) -> Interaction {
    let of =
        |pattern, subtype, action, client, server| Interaction { pattern, subtype, action, client, server };
    match action {
        Action::Create => of("Create", "create", "C", SOURCE, DESTINATION),
        Action::Open | Action::Validate => of("Read", "read", "R", DESTINATION, SOURCE),
        Action::Change => of("Update", "patch", "U", SOURCE, DESTINATION),
        Action::Revoke => {
            let application = (DCM, "110150", "Application");
            of("Delete", "delete", "D", application, (PARTICIPANT, "custodian", "Custodian"))
        }
    }
}

/// The event as an AuditEvent. It has neither token nor code nor link, since the event has none.
pub fn audit_event(event: &Event, node: Node<'_>) -> Value {
    let interaction = interaction(event.action);
    let succeeded = event.outcome == Outcome::Success;
    let mut agents = vec![client(event, &interaction), server(node, &interaction)];
    agents.extend(event.user.as_deref().map(user));
    let mut written = json!({
        "resourceType": "AuditEvent",
        "type": coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation"),
        "subtype": [
            coding("http://hl7.org/fhir/restful-interaction", interaction.subtype, interaction.subtype),
        ],
        "action": interaction.action,
        "recorded": event.time.to_string(),
        // 4 is "minor failure": nothing was done.
        "outcome": if succeeded { "0" } else { "4" },
        "agent": agents,
        "source": { "observer": { "display": node.name } },
        "entity": [share(event), request(event)],
    });
    if succeeded {
        written["meta"] = json!({ "profile": [format!("{PATTERNS}{}", interaction.pattern)] });
    }
    if let Some(reason) = &event.reason {
        written["outcomeDesc"] = json!(reason);
    }
    written
}

fn client(event: &Event, interaction: &Interaction) -> Value {
    let mut agent = agent(interaction.client, json!({ "display": "caller" }));
    // 2 is an IP address.
    let address = event.address.as_deref().unwrap_or("unknown");
    agent["network"] = json!({ "address": address, "type": "2" });
    agent
}

fn server(node: Node<'_>, interaction: &Interaction) -> Value {
    let mut agent = agent(interaction.server, json!({ "display": node.name }));
    // 5 is a URI.
    agent["network"] = json!({ "address": node.name, "type": "5" });
    agent
}

/// The person or program that asked, by the name that it has here.
fn user(name: &str) -> Value {
    let role =
        ("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
    let mut agent = agent(role, json!({ "identifier": { "value": name } }));
    agent["requestor"] = json!(true);
    agent
}

fn agent((system, code, display): (&str, &str, &str), who: Value) -> Value {
    json!({ "type": { "coding": [coding(system, code, display)] }, "who": who, "requestor": false })
}

/// The share, and what of it was asked for.
fn share(event: &Event) -> Value {
    let mut entity = json!({
        "what": { "identifier": { "type": { "text": "share" }, "value": event.jti.as_deref().unwrap_or("unknown") } },
        "type": coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object"),
        "role": coding("http://terminology.hl7.org/CodeSystem/object-role", "4", "Domain Resource"),
    });
    if let Some(Resource { level, dicom_uid, orthanc_id }) = &event.resource {
        let detail = |kind: &str, id: &Option<String>| {
            id.as_deref().map(|id| json!({ "type": format!("{level}-{kind}"), "valueString": id }))
        };
        let details = [detail("dicom-uid", dicom_uid), detail("orthanc-id", orthanc_id)];
        entity["detail"] = details.into_iter().flatten().collect();
    }
    entity
}

/// By its id an event is known again that is sent twice.
fn request(event: &Event) -> Value {
    json!({
        "what": { "identifier": { "value": event.id } },
        "type": coding(
            "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "XrequestId",
        ),
    })
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Moment;

    fn event(action: Action, outcome: Outcome) -> Event {
        Event {
            id: "e1".into(),
            time: Moment::from_unix_seconds(1_700_000_000),
            jti: Some("jti-1".into()),
            action,
            outcome,
            reason: (outcome == Outcome::Refused).then(|| "expired".into()),
            user: Some("alice".into()),
            address: Some("192.0.2.1".into()),
            resource: Some(Resource::study(Some("1.2.3".into()), None)),
        }
    }

    #[test]
    fn each_action_follows_its_pattern() {
        // (action, pattern, interaction, code, client's role, server's role): StructureDefinitions of BALP.
        let cases = [
            (Action::Create, "Create", "create", "C", "110153", "110152"),
            (Action::Open, "Read", "read", "R", "110152", "110153"),
            (Action::Validate, "Read", "read", "R", "110152", "110153"),
            (Action::Change, "Update", "patch", "U", "110153", "110152"),
            (Action::Revoke, "Delete", "delete", "D", "110150", "custodian"),
        ];
        for (action, pattern, subtype, code, client, server) in cases {
            let written = audit_event(&event(action, Outcome::Success), Node { name: "https://h/welcome/" });
            assert_eq!(written["meta"]["profile"][0], format!("{PATTERNS}{pattern}"));
            assert_eq!(written["subtype"][0]["code"], subtype);
            assert_eq!(written["action"], code);
            assert_eq!(written["outcome"], "0");
            let role = |index: usize| written["agent"][index]["type"]["coding"][0]["code"].clone();
            assert_eq!((role(0), role(1)), (json!(client), json!(server)), "{pattern}");
        }
    }

    #[test]
    fn a_refusal_says_why_and_claims_no_pattern() {
        let written = audit_event(&event(Action::Open, Outcome::Refused), Node { name: "n" });
        assert!(written.get("meta").is_none());
        assert_eq!((&written["outcome"], &written["outcomeDesc"]), (&json!("4"), &json!("expired")));
    }

    #[test]
    fn who_what_and_when_are_there() {
        let written = audit_event(&event(Action::Validate, Outcome::Success), Node { name: "n" });
        assert_eq!(written["recorded"], "2023-11-14T22:13:20+00:00");
        assert_eq!(written["agent"][0]["network"]["address"], "192.0.2.1");
        assert_eq!(written["agent"][2]["who"]["identifier"]["value"], "alice");
        assert_eq!(written["agent"][2]["requestor"], true);
        assert_eq!(written["entity"][0]["what"]["identifier"]["value"], "jti-1");
        assert_eq!(
            written["entity"][0]["detail"][0],
            json!({"type": "study-dicom-uid", "valueString": "1.2.3"})
        );
        assert_eq!(written["entity"][1]["what"]["identifier"]["value"], "e1");
        let nobody = Event { user: None, ..event(Action::Open, Outcome::Success) };
        assert_eq!(audit_event(&nobody, Node { name: "n" })["agent"].as_array().map(Vec::len), Some(2));
    }
}
