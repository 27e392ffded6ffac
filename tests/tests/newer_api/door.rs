//! Who is let in, and by which methods.
//! The helpers are in `main.rs`.

use base64::{Engine, engine::general_purpose::STANDARD};
use journeys::App;
use journeys::http::send;
use journeys::secrecy::assert_log_keeps_secrets;

#[test]
fn every_route_asks_for_the_password_before_it_reads_the_body() {
    let app = App::start(&[("users", r#"{"orthanc": "its-password"}"#)]);
    let routes = [
        ("PUT", "/tokens/stone-viewer-publication"),
        ("PUT", "/tokens/nonsense"),
        ("POST", "/tokens/validate"),
        ("POST", "/tokens/decode"),
        ("POST", "/user/get-profile"),
        ("GET", "/settings/roles"),
    ];
    let wrong = [
        None,
        Some("orthanc:"),
        Some("orthanc:Its-password"),
        Some("Orthanc:its-password"),
        Some(":its-password"),
        Some("orthanc"),
        Some(""),
    ];
    for (method, path) in routes {
        for credentials in wrong {
            let header = credentials.map(|text| format!("Basic {}", STANDARD.encode(text)));
            let headers: Vec<_> = header.iter().map(|value| ("authorization", value.as_str())).collect();
            let answer = send(method, &app.url(path), &headers, if method == "GET" { b"" } else { b"{" });
            assert_eq!(answer.status, 401, "{method} {path} {credentials:?}: {}", answer.text());
            assert_eq!(answer.header("www-authenticate"), Some("Basic"), "{method} {path}");
            assert!(answer.json()["detail"].is_string());
        }
        let header = format!("Basic {}", STANDARD.encode("orthanc:its-password"));
        let answer = send(method, &app.url(path), &[("authorization", &header)], b"");
        let expected = if method == "GET" { 200 } else { 422 };
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text());
    }
    assert_log_keeps_secrets(&app, &["its-password"]);
}

#[test]
fn other_methods_are_refused_with_those_that_there_are() {
    let app = App::start(&[]);
    let cases = [
        ("/tokens/stone-viewer-publication", "PUT"),
        ("/tokens/validate", "POST"),
        ("/tokens/decode", "POST"),
        ("/user/get-profile", "POST"),
        ("/settings/roles", "GET"),
    ];
    for (path, allowed) in cases {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"].iter().filter(|method| **method != allowed) {
            for path in [path.to_owned(), format!("{path}/")] {
                let answer = send(method, &app.url(&path), &[], b"");
                assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
                assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
            }
        }
    }
    for path in ["/user", "/user/x", "/settings", "/settings/x", "/user/get-profile/x", "/tokens/validate/x"]
    {
        let answer = send("POST", &app.url(path), &[], b"{}");
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}
