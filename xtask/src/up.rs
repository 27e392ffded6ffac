//! `cargo xtask up`: the application on loopback, for a developer or a first look.
//! This process becomes the server in the end, so Ctrl-C and SIGTERM reach it directly.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use crate::workspace::{command, root, say};
use crate::{build, key};

// What the runtime takes without flags.
const STATE: &str = ".orthanc-share";
const LISTEN: &str = "127.0.0.1:8000";

const ORTHANC: &str = "http://localhost:8042/";

/// Builds, then replaces this process by `orthanc-share up`. Returns only if that fails.
pub fn run(arguments: &[String]) -> Result<()> {
    build::all()?;
    let listen = std::env::var("SPIN_HTTP_LISTEN_ADDR").ok();
    let listen = value_of(arguments, "--listen").or(listen.as_deref()).unwrap_or(LISTEN);
    let base = format!("http://{}", listen.replace("0.0.0.0", "127.0.0.1"));

    let mut server = command(&root().join("target/release/orthanc-share").to_string_lossy());
    server.arg("up").args(arguments);

    // In the environment, not among the arguments: those are shown to every user of the machine.
    let is_unset = |name: &str| !is_given(name, arguments);
    if is_unset("secret_key") && is_unset("secret_keys") {
        server.env("SPIN_VARIABLE_SECRET_KEY", key::development_key(&root().join(STATE))?);
        say("The secret key is a development key, kept in .orthanc-share/");
    }
    for (name, value) in
        [("public_orthanc_root", ORTHANC.to_owned()), ("public_landing_root", format!("{base}/welcome/"))]
    {
        if is_unset(name) {
            server.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
    }

    let next_week = Timestamp::now() + SignedDuration::from_hours(7 * 24);
    eprintln!("{}", first_share(&base, &format!("{next_week:.0}")));
    Err(server.exec()).context("target/release/orthanc-share cannot be started")
}

/// Whether a variable has a value already, wherever the runtime takes it from: then there is no default for it.
fn is_given(name: &str, arguments: &[String]) -> bool {
    let upper = name.to_uppercase();
    let of_flag = |argument: &String| {
        let assigned = argument.strip_prefix("--variable=").unwrap_or(argument);
        // Without a name, a file has any of them.
        assigned.starts_with('@') || assigned.split_once('=').is_some_and(|(given, _)| given == name)
    };
    std::env::var_os(&upper).is_some()
        || std::env::var_os(format!("SPIN_VARIABLE_{upper}")).is_some()
        || std::fs::symlink_metadata(format!("/run/secrets/{upper}")).is_ok()
        || arguments.iter().any(of_flag)
}

/// The value of a flag, written `--flag value` or `--flag=value`.
fn value_of<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    arguments.iter().enumerate().find_map(|(position, argument)| match argument.strip_prefix(flag)? {
        "" => arguments.get(position + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

fn first_share(base: &str, expiration: &str) -> String {
    format!(
        r#"
Share a study of the Orthanc at {ORTHANC} (its studies: curl {ORTHANC}studies), in another terminal:

  curl -X PUT {base}/shares -H 'Content-Type: application/json' \
    -d '{{"id": "first-share",
         "studies": [{{"orthanc-id": "ba19d592-4bb03a7b-65f06402-ae2b8ab1-6b33c7dc"}}],
         "anonymized": false,
         "type": "osimis-viewer-publication",
         "expiration-date": "{expiration}"}}'

Then open the "url" of the answer in a browser. Ctrl-C ends the application.
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_read_in_both_forms() {
        let cases: [(&[&str], Option<&str>); 5] = [
            (&["--listen", "127.0.0.1:9000"], Some("127.0.0.1:9000")),
            (&["--quiet", "--listen=[::1]:9000"], Some("[::1]:9000")),
            (&["--listener", "x"], None),
            (&["--listen"], None),
            (&[], None),
        ];
        for (arguments, expected) in cases {
            let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(value_of(&arguments, "--listen"), expected, "{arguments:?}");
        }
    }

    #[test]
    fn what_is_given_has_no_default() {
        let given = |arguments: &[&str]| {
            is_given("of_this_test", &arguments.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        assert!(given(&["--variable", "of_this_test=@ring.json"]) && given(&["--variable=of_this_test=x"]));
        assert!(given(&["--variable", "@values.json"]));
        assert!(!given(&[]) && !given(&["--variable", "of_this_test_too=x", "--listen", "127.0.0.1:1"]));
    }

    #[test]
    fn the_first_share_ends() {
        let text = first_share("http://127.0.0.1:8000", "2030-01-01T00:00:00Z");
        assert!(text.contains("curl -X PUT http://127.0.0.1:8000/shares"), "{text}");
        assert!(text.contains(r#""expiration-date": "2030-01-01T00:00:00Z"}'"#), "{text}");
    }
}
