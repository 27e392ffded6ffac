//! Cases of whole manifests: one like the application's own, and one wrong thing at a time.
//! Every error is checked by the full name of its key.

use http::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::{Capability, HostError, HostsError, Inherit, Target, VariableError};

const OURS: &str = include_str!("ours.toml");

#[test]
fn our_own_manifest_is_read() {
    let manifest = Manifest::parse(OURS).unwrap();
    assert_eq!(manifest.name, "orthanc-share");
    assert_eq!(manifest.version.as_deref(), Some("0.1.0"));
    assert_eq!(manifest.warnings, []);
    assert!(manifest.variables["users"].secret);
    assert_eq!(manifest.variables["secret_key"].default, None);

    for (path, target) in [
        ("/shares", "shares"),
        ("/shares/", "shares"),
        ("/shares/validate", "validate"),
        ("/shares/other", "shares"),
        ("/welcome/", "landing"),
        ("/", "static response 404"),
    ] {
        let found = manifest.router.route(path).unwrap();
        assert_eq!(found.target().to_string(), target, "{path}");
        if let Target::Component { index, id } = found.target() {
            assert_eq!(&manifest.components[*index].id, id);
        }
    }
    let ids: Vec<_> = manifest.triggers.iter().map(|trigger| trigger.id.as_str()).collect();
    assert_eq!(
        ids,
        ["shares-http-trigger", "validate-http-trigger", "welcome", "landing-http-trigger", "http-trigger1"]
    );
    match manifest.router.route("/nowhere").unwrap().target() {
        Target::Static(response) => {
            assert_eq!(response.status, StatusCode::NOT_FOUND);
            assert_eq!(response.headers[0].0, "content-type");
            assert_eq!(&response.body[..], br#"{"detail": "Not Found"}"#);
        }
        other => panic!("{other}"),
    }

    let shares = manifest.component("shares").unwrap();
    assert_eq!(shares.source, "target/wasm32-wasip2/release/orthanc_share_shares.wasm");
    assert_eq!(shares.key_value_stores, ["default", "share_log"]);
    assert_eq!(shares.dependencies[0].inherit, Inherit::All);
    let inherit = &manifest.component("validate").unwrap().dependencies[0].inherit;
    assert!(inherit.allows(Capability::Variables) && !inherit.allows(Capability::AllowedOutboundHosts));
    let dependency = &manifest.component("landing").unwrap().dependencies[0];
    assert_eq!((&dependency.inherit, dependency.export.as_deref()), (&Inherit::All, Some("tokens")));
}

#[test]
fn each_component_has_its_own_variables() {
    let manifest = Manifest::parse(OURS).unwrap();
    let values = manifest.values(|name| (name == "orthanc_port").then(|| "99".to_owned()));
    assert_eq!(manifest.missing_values(&values).collect::<Vec<_>>(), ["secret_key"]);

    let variables = manifest.component("validate").unwrap().resolve_variables(&values);
    for (name, value) in [
        ("label", Ok("a 99 b")),
        ("secret_key", Err(VariableError::NoValue("secret_key".to_owned()))),
        ("users", Err(VariableError::Undefined("users".to_owned()))),
    ] {
        assert_eq!(variables.get(name), value);
    }
    assert!(matches!(variables.get("Not-A-Name"), Err(VariableError::InvalidName(_))));
    assert_eq!(variables.iter().count(), 2);
    assert_eq!(manifest.component("landing").unwrap().resolve_variables(&values).iter().count(), 0);
}

#[test]
fn no_debug_output_has_a_value() {
    let manifest = Manifest::parse(&OURS.replace("default = \"\"", "default = \"hush\"")).unwrap();
    let values = manifest.values(|_| Some("hush".to_owned()));
    let variables = manifest.component("validate").unwrap().resolve_variables(&values);
    assert!(!format!("{manifest:?} {values:?} {variables:?}").contains("hush"));
}

#[test]
fn allowed_hosts_follow_the_values() {
    let manifest = Manifest::parse(OURS).unwrap();
    let shares = manifest.component("shares").unwrap();
    let hosts = |url: &'static str| {
        shares
            .resolve_hosts(&manifest.values(|n| (n == "meddream_token_service_url").then(|| url.to_owned())))
    };
    let allowed = hosts("https://meddream.example.org").unwrap();
    assert!(allowed.allows("https", "meddream.example.org", None));
    assert!(allowed.allows("http", "localhost", Some(8042)));
    assert!(!allowed.allows("http", "localhost", Some(8088)));
    // Not set: nothing for this entry, and the other entry stands.
    for empty in ["", "http://", "https://"] {
        assert!(hosts(empty).unwrap().allows("http", "localhost", Some(8042)), "{empty:?}");
    }
    let error = hosts("http://user:hush@example.org").unwrap_err();
    assert!(matches!(&error, HostsError::Invalid { problem: HostError::Port, .. }));
    assert!(!error.to_string().contains("hush"), "{error}");
    assert!(manifest.component("landing").unwrap().resolve_hosts(&Default::default()).unwrap().is_empty());
    assert!(matches!(
        shares.resolve_hosts(&Default::default()),
        Err(HostsError::NoValue { variable, .. }) if variable == "meddream_token_service_url"
    ));
}

/// The smallest manifest, with room for one more thing in `[component.c]` and one at the end.
fn small(in_component: &str, at_end: &str) -> String {
    format!(
        "spin_manifest_version = 2\n[application]\nname = 'a'\n\
         [variables]\nv = {{ default = 'x' }}\nr = {{ required = true }}\n\
         [[trigger.http]]\nroute = '/c'\ncomponent = 'c'\n\
         [component.c]\nsource = 'c.wasm'\n{in_component}\n{at_end}\n"
    )
}

#[test]
fn one_wrong_thing_is_named_in_full() {
    for (in_component, at_end, message) in [
        // What Spin has and the runtime does not.
        ("sqlite_databases = ['default']", "", "component.c.sqlite_databases is not covered"),
        ("ai_models = ['llama2-chat']", "", "component.c.ai_models is not covered"),
        ("files = ['assets/*']", "", "component.c.files is not covered"),
        ("environment = { A = 'b' }", "", "component.c.environment is not covered"),
        ("profile.debug = { source = 'd.wasm' }", "", "component.c.profile is not covered"),
        ("allowed_http_hosts = ['a.b']", "", "component.c.allowed_http_hosts is not covered"),
        ("", "[[trigger.redis]]\nchannel = 'a'", "trigger.redis is not covered"),
        ("", "[application.trigger.redis]\naddress = 'a'", "application.trigger.redis is not covered"),
        ("", "[application.trigger.http]\nbase = '/x'", "application.trigger.http.base: "),
        ("", "[application.trigger.http]\nother = '/x'", "application.trigger.http.other is not a key"),
        (
            "",
            "[component.d]\nsource = { url = 'https://a/b.wasm', digest = 'sha256:0' }",
            "component.d.source is not covered",
        ),
        (
            "",
            "[component.d]\nsource = { registry = 'a', package = 'b:c', version = '1' }",
            "component.d.source is not covered",
        ),
        // Dependencies.
        ("dependencies.'a:b' = '1.0'", "", "component.c.dependencies.\"a:b\" is not covered"),
        (
            "dependencies.'a:b' = { version = '1.0' }",
            "",
            "component.c.dependencies.\"a:b\".version is not covered",
        ),
        (
            "dependencies.'a:b' = { component = 'c' }",
            "",
            "component.c.dependencies.\"a:b\".component is not covered",
        ),
        (
            "dependencies.x = { url = 'https://a', digest = 'b' }",
            "",
            "component.c.dependencies.x.url is not covered",
        ),
        ("dependencies.x = { export = 'x' }", "", "component.c.dependencies.x.path is missing"),
        ("dependencies.x = { path = 'x', other = 1 }", "", "component.c.dependencies.x.other is not a key"),
        (
            "dependencies.x = { path = 'x', inherit_configuration = 'all' }",
            "",
            "component.c.dependencies.x.inherit_configuration must be",
        ),
        (
            "dependencies.x = { path = 'x', inherit_configuration = ['hosts'] }",
            "",
            "component.c.dependencies.x.inherit_configuration[0]: ",
        ),
        (
            "dependencies.'a:b' = { path = 'x', export = 'y' }",
            "",
            "component.c.dependencies.\"a:b\".export: ",
        ),
        ("dependencies.'A b' = { path = 'x' }", "", "component.c.dependencies.\"A b\": must be kebab-case"),
        (
            "dependencies = { 'a:b' = { path = 'x' }, 'a:b/c' = { path = 'x' } }",
            "",
            "component.c.dependencies.\"a:b/c\": ",
        ),
        (
            "dependencies_inherit_configuration = true\ndependencies.x = { path = 'x', inherit_configuration = true }",
            "",
            "component.c.dependencies.x.inherit_configuration: ",
        ),
        // Components.
        ("sources = 'x'", "", "component.c.sources is not a key"),
        ("description = 1", "", "component.c.description must be a string"),
        ("key_value_stores = ['a b']", "", "component.c.key_value_stores[0]: "),
        ("key_value_stores = 'a'", "", "component.c.key_value_stores must be a list of strings"),
        ("variables = { A = 'x' }", "", "component.c.variables.A: must be lower snake_case"),
        ("variables = { a = 1 }", "", "component.c.variables.a must be a string"),
        (
            "variables = { a = '{{ nope }}' }",
            "",
            "component.c.variables.a: [variables] does not declare \"nope\"",
        ),
        ("variables = { a = '{{ v' }", "", "component.c.variables.a: '{{' without '}}' in the template"),
        ("", "[component.d]", "component.d.source is missing"),
        ("", "[component.a_b]\nsource = 'x'", "component.a_b: must be kebab-case"),
        // Allowed hosts.
        (
            "allowed_outbound_hosts = ['http://a/b']",
            "",
            "component.c.allowed_outbound_hosts[0]: must not have a path",
        ),
        ("allowed_outbound_hosts = ['http://a', '']", "", "component.c.allowed_outbound_hosts[1]: "),
        (
            "allowed_outbound_hosts = ['http://{{ nope }}']",
            "",
            "component.c.allowed_outbound_hosts[0]: [variables] does not declare",
        ),
        (
            "allowed_outbound_hosts = ['{{ v }}']",
            "",
            "component.c.allowed_outbound_hosts[0]: the default of \"v\": must be scheme://",
        ),
        (
            "allowed_outbound_hosts = ['{{ e }}']",
            "[variables.e]\ndefault = ''",
            "component.c.allowed_outbound_hosts[0]: the default of \"e\": is empty",
        ),
        (
            "allowed_outbound_hosts = ['http://d.spin.internal']",
            "",
            "component.c.allowed_outbound_hosts[0]: service chaining",
        ),
        // Variables.
        ("", "[variables.w]", "variables.w: must be `required = true` or have a `default`"),
        ("", "[variables.w]\nrequired = true\ndefault = ''", "variables.w: must be `required = true`"),
        ("", "[variables.w]\ndefault = 1", "variables.w.default must be a string"),
        ("", "[variables.w]\ndefault = ''\nother = ''", "variables.w.other is not a key"),
        ("", "[variables.W-x]\ndefault = ''", "variables.W-x: must be lower snake_case"),
        // Triggers.
        (
            "",
            "[[trigger.http]]\nroute = '/'\ncomponent = 'nope'",
            "trigger.http[1].component: there is no such component",
        ),
        (
            "",
            "[[trigger.http]]\nroute = '/'\ncomponent = { source = 'x' }",
            "trigger.http[1].component is not covered",
        ),
        ("", "[[trigger.http]]\nroute = '/'", "trigger.http[1].component is missing"),
        ("", "[[trigger.http]]\ncomponent = 'c'", "trigger.http[1].route is missing"),
        ("", "[[trigger.http]]\nroute = 1\ncomponent = 'c'", "trigger.http[1].route must be"),
        ("", "[[trigger.http]]\nroute = { private = false }\ncomponent = 'c'", "trigger.http[1].route: "),
        ("", "[[trigger.http]]\nroute = { public = true }\ncomponent = 'c'", "trigger.http[1].route: "),
        ("", "[[trigger.http]]\nroute = '/*/x'\ncomponent = 'c'", "trigger.http[1].route: "),
        (
            "",
            "[[trigger.http]]\nroute = '/'\ncomponent = 'c'\nexecutor = { type = 'wagi' }",
            "trigger.http[1].executor is not covered",
        ),
        (
            "",
            "[[trigger.http]]\nroute = '/'\ncomponent = 'c'\nexecutor = { type = 'x' }",
            "trigger.http[1].executor.type: ",
        ),
        ("", "[[trigger.http]]\nroute = '/'\ncomponent = 'c'\nstatic_response = {}", "trigger.http[1]: "),
        (
            "",
            "[[trigger.http]]\nroute = '/'\ncomponent = 'c'\nchannel = 'x'",
            "trigger.http[1].channel is not a key",
        ),
        (
            "",
            "[[trigger.http]]\nroute = '/'\ncomponent = 'c'\ncomponents = { a = 'c' }",
            "trigger.http[1].components is not covered",
        ),
        (
            "",
            "[[trigger.http]]\nroute = '/'\nstatic_response = { status_code = 70000 }",
            "trigger.http[1].static_response.status_code: ",
        ),
        (
            "",
            "[[trigger.http]]\nroute = '/'\nstatic_response = { headers = { 'a b' = 'c' } }",
            "trigger.http[1].static_response.headers.\"a b\": ",
        ),
        (
            "",
            "[[trigger.http]]\nroute = '/'\nstatic_response = { text = 'x' }",
            "trigger.http[1].static_response.text is not a key",
        ),
        // The document.
        ("", "[other]", "other is not a key"),
        ("", "[component.c]", "line 13: "),
    ] {
        let error = Manifest::parse(&small(in_component, at_end)).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{in_component} {at_end}\n  is: {error}\n  not: {message}");
    }
}

#[test]
fn what_is_harmless_passes() {
    for (in_component, at_end) in [
        ("", ""),
        ("files = []\nsqlite_databases = []\nai_models = []\nenvironment = {}", ""),
        ("allowed_outbound_hosts = ['https://{{ r }}', '{{ r }}:{{ v }}']", ""),
        ("variables = { a = 'plain', b = '{{ r }}{{ v }}' }", ""),
        ("dependencies_inherit_configuration = false\ndependencies.x = { path = 'x' }", ""),
        ("", "[application.trigger]"),
        ("", "[[trigger.http]]\nroute = '/'\ncomponent = 'c'\nexecutor = { type = 'spin' }"),
        ("", "[[trigger.http]]\nroute = '/'\nstatic_response = {}"),
    ] {
        let manifest = Manifest::parse(&small(in_component, at_end)).unwrap();
        assert_eq!(manifest.warnings, [], "{in_component} {at_end}");
    }
    let manifest = Manifest::parse(&small("", "[application.trigger.http]\nbase = '/'")).unwrap();
    assert_eq!(manifest.warnings, [Warning::DeprecatedBase]);
}

#[test]
fn a_manifest_has_its_three_parts() {
    for (text, message) in [
        ("", "spin_manifest_version is missing"),
        ("spin_manifest_version = 1", "spin_manifest_version: must be 2"),
        ("spin_manifest_version = '2'", "spin_manifest_version: must be 2"),
        ("spin_manifest_version = 2", "application is missing"),
        ("spin_manifest_version = 2\napplication = 'x'", "application must be a table"),
        ("spin_manifest_version = 2\n[application]", "application.name is missing"),
        (
            "spin_manifest_version = 2\n[application]\nname = 'a'\nnames = 'b'",
            "application.names is not a key",
        ),
        ("spin_manifest_version = 2\n[application]\nname = 'a'", "trigger.http is missing"),
        (
            "spin_manifest_version = 2\n[application]\nname = 'a'\n[trigger.http]",
            "trigger.http must be a list",
        ),
        ("spin_manifest_version = 2\nsecret = 'hush", "line 2: "),
    ] {
        let error = Manifest::parse(text).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}\n  is: {error}\n  not: {message}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    for open in ["[", "{a=", "a."] {
        assert!(Manifest::parse(&format!("x = {}", open.repeat(100_000))).is_err());
        assert!(Manifest::parse(&format!("{}x = 1", open.repeat(100_000))).is_err());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}", near in "[a-z.=\\[\\]{}'\"\n0-9 ]{0,60}") {
        let _ = Manifest::parse(&text);
        let _ = Manifest::parse(&small(&near, ""));
        let _ = Manifest::parse(&small("", &near));
    }

    #[test]
    fn a_damaged_manifest_does_not_panic(from in 0..OURS.len(), len in 0..40usize, with in "[a-z.=\\[\\]{}'\"\n0-9 ]{0,6}") {
        // OURS is ASCII, so that every index is a boundary.
        let mut text = OURS.to_owned();
        text.replace_range(from..(from + len).min(OURS.len()), &with);
        if let Ok(manifest) = Manifest::parse(&text) {
            let _ = manifest.router.route("/shares/validate");
            for component in &manifest.components {
                let _ = component.resolve_hosts(&manifest.values(|_| Some(with.clone())));
            }
        }
    }
}
