//! Cases of routing: which route answers a path, what it captures, and the headers that follow.
//! Precedence and captures are those of Spin 4.1 (crates/routes, over routefinder 0.5.4).

use http::HeaderValue;
use proptest::prelude::*;

use crate::{ManifestError, Router, Target, Warning, spin_headers};

/// A router with one component, named like its place (`c0`, `c1`, …), for each route.
fn router(routes: &[&str]) -> Result<(Router, Vec<Warning>), ManifestError> {
    let triggers: Vec<_> = routes
        .iter()
        .enumerate()
        .map(|(index, route)| crate::HttpTrigger {
            id: format!("t{index}"),
            route: match *route {
                "(private)" => crate::Route::Private,
                pattern => crate::Route::Pattern(pattern.to_owned()),
            },
            target: Target::Component { index, id: format!("c{index}") },
        })
        .collect();
    let mut warnings = Vec::new();
    Router::new(&triggers, &mut warnings).map(|router| (router, warnings))
}

#[test]
fn the_most_exact_route_answers() {
    let ours = &["/...", "/shares", "/shares/...", "/shares/validate", "/welcome/...", "(private)"][..];
    let params = &["/a/...", "/a/:x", "/a/b", "/a/:x/c", "/:x/...", "/a/b/..."][..];
    for (routes, path, found) in [
        (ours, "/shares/validate", Some("/shares/validate")),
        (ours, "/shares/validate/", Some("/shares/validate")),
        (ours, "/shares/validate/x", Some("/shares/...")),
        (ours, "/shares/Validate", Some("/shares/...")),
        (ours, "/shares", Some("/shares")),
        (ours, "/shares/", Some("/shares")),
        (ours, "/sharesx", Some("/...")),
        (ours, "/", Some("/...")),
        (ours, "", Some("/...")),
        (ours, "/welcome", Some("/welcome/...")),
        // Slashes at both ends do not count; those between are segments.
        (ours, "//shares/validate//", Some("/shares/validate")),
        (ours, "/shares//validate", Some("/shares/...")),
        // A path is compared as it is on the wire.
        (ours, "/shares/%76alidate", Some("/shares/...")),
        (ours, "/(private)", Some("/...")),
        (params, "/a/b", Some("/a/b")),
        (params, "/a/b/c", Some("/a/b/...")),
        (params, "/a/z", Some("/a/:x")),
        (params, "/a/z/c", Some("/a/:x/c")),
        (params, "/a/z/d", Some("/a/...")),
        (params, "/a", Some("/a/...")),
        (params, "/z", Some("/:x/...")),
        (params, "/", None),
        (&["/foo"], "/foo/bar", None),
        (&["/foo"], "/", None),
        (&["/"], "/", Some("/")),
        (&["/"], "/x", None),
        (&["foo"], "/foo", Some("foo")),
        (&["/foo/"], "/foo", Some("/foo/")),
        (&["/foo/*"], "/foo/x", Some("/foo/*")),
        (&["(private)"], "/", None),
        (&[], "/", None),
        (&["/:name.html", "/:name.:ext"], "/x.html", Some("/:name.html")),
        (&["/:name.html", "/:name.:ext"], "/x.css", Some("/:name.:ext")),
    ] {
        let (router, _) = router(routes).unwrap();
        assert_eq!(
            router.route(path).map(|m| m.raw_route().to_owned()).as_deref(),
            found,
            "{routes:?} {path}"
        );
    }
}

#[test]
fn the_order_of_the_manifest_does_not_matter() {
    let mut routes = ["/one/...", "/one/two/...", "/one/two/three/...", "/one", "/one/:two"];
    for _ in 0..routes.len() {
        routes.rotate_left(1);
        let (router, _) = router(&routes).unwrap();
        for (path, found) in
            [("/one/two/three/four", "/one/two/three/..."), ("/one", "/one"), ("/one/x", "/one/:two")]
        {
            assert_eq!(router.route(path).unwrap().raw_route(), found, "{routes:?}");
        }
    }
}

#[test]
fn a_match_says_what_spin_says() {
    // (route, path, raw or prefix, based, trailing wildcard, parameters)
    for (route, path, prefix, based, trailing, params) in [
        ("/foo/...", "/foo", "/foo", "/foo/...", "", &[][..]),
        ("/foo/...", "/foo/", "/foo", "/foo/...", "/", &[]),
        ("/foo/...", "/foo/bar", "/foo", "/foo/...", "/bar", &[]),
        ("/foo/...", "/foo/bar/", "/foo", "/foo/...", "/bar/", &[]),
        ("/foo/...", "/foo/b%20r//x", "/foo", "/foo/...", "/b%20r//x", &[]),
        ("/...", "/a/b", "", "/...", "/a/b", &[]),
        ("/...", "/", "", "/...", "/", &[]),
        ("/foo", "/foo/", "/foo", "/foo", "", &[]),
        ("/foo/", "/foo", "/foo/", "/foo", "", &[]),
        ("foo", "/foo", "foo", "/foo", "", &[]),
        ("/", "/", "/", "", "", &[]),
        ("/u/:id/...", "/u/42/x", "/u/:id", "/u/:id/...", "/x", &[("id", "42")]),
        ("/:a/:b", "/1/%32", "/:a/:b", "/:a/:b", "", &[("a", "1"), ("b", "%32")]),
    ] {
        let (router, _) = router(&[route]).unwrap();
        let found = router.route(path).unwrap();
        assert_eq!(found.raw_route(), route);
        assert_eq!(found.raw_route_or_prefix(), prefix, "{route} {path}");
        assert_eq!(found.based_route(), based, "{route} {path}");
        assert_eq!(found.trailing_wildcard(), trailing, "{route} {path}");
        assert_eq!(found.params().collect::<Vec<_>>(), params, "{route} {path}");
        assert_eq!(found.trigger_id(), "t0");
    }
}

#[test]
fn duplicates_are_reported_and_the_last_one_answers() {
    let duplicate = |route: &str, unused: &str, used: &str| Warning::DuplicateRoute {
        route: route.to_owned(),
        unused: unused.to_owned(),
        used: used.to_owned(),
    };
    for (routes, path, answers, warnings) in [
        (&["/a", "/b"][..], "/a", 0, vec![]),
        (&["/a", "/a"], "/a", 1, vec![duplicate("/a", "c0", "c1")]),
        (&["/a", "/a", "/a"], "/a", 2, vec![duplicate("/a", "c0", "c2"), duplicate("/a", "c1", "c2")]),
        // Written differently, the first one answers, which is how routefinder keeps equals.
        (&["/a", "/a/"], "/a", 0, vec![duplicate("/a/", "c1", "c0")]),
        (&["/:x", "/:y"], "/a", 0, vec![duplicate("/:y", "c1", "c0")]),
        (&["/a/...", "/a/*"], "/a", 0, vec![duplicate("/a/*", "c1", "c0")]),
        (&["/a", "/a/", "/a"], "/a", 2, vec![duplicate("/a", "c0", "c2"), duplicate("/a/", "c1", "c2")]),
        (&["(private)", "(private)", "/a"], "/a", 2, vec![]),
        (
            &["/.well-known/spin/x", "/.well-known/spindle", "/a"],
            "/a",
            2,
            vec![Warning::ReservedRoute { route: "/.well-known/spin/x".to_owned() }],
        ),
    ] {
        let (router, given) = router(routes).unwrap();
        assert_eq!(given, warnings, "{routes:?}");
        match router.route(path).unwrap().target() {
            Target::Component { index, .. } => assert_eq!(*index, answers, "{routes:?}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn routes_that_cannot_be_matched_are_refused() {
    for route in ["/*/x", "/...x/*/y", "/*name", "/:", "/:é", "/é", "/:a b", "/a\nb", "/:x/*/..."] {
        let error = router(&["/ok", route]).map(|_| ()).unwrap_err();
        assert_eq!(error.key(), Some("trigger.http[1].route"), "{route}");
    }
}

#[test]
fn the_headers_are_those_of_spin() {
    let (router, _) = router(&["/foo/:user_id/..."]).unwrap();
    let found = router.route("/foo/42/bar").unwrap();
    let client = HeaderValue::from_static("127.0.0.1:8777");
    let headers = spin_headers(&found, "https://example.org/foo/42/bar?key=value", &client);
    let mut headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            ("spin-base-path", "/"),
            ("spin-client-addr", "127.0.0.1:8777"),
            ("spin-component-route", "/foo/:user_id"),
            ("spin-full-url", "https://example.org/foo/42/bar?key=value"),
            ("spin-matched-route", "/foo/:user_id/..."),
            ("spin-path-info", "/bar"),
            ("spin-path-match-user-id", "42"),
            ("spin-raw-component-route", "/foo/:user_id/..."),
        ]
    );
}

proptest! {
    #[test]
    fn no_route_and_no_path_panics(
        routes in proptest::collection::vec("(\\PC{0,8}|[/.:*ab é]{0,12})(/\\.\\.\\.)?", 0..6),
        path in "(\\PC{0,12}|[/.:*ab é]{0,12})",
    ) {
        let routes: Vec<&str> = routes.iter().map(String::as_str).collect();
        if let Ok((router, _)) = router(&routes)
            && let Some(found) = router.route(&path)
        {
            spin_headers(&found, &path, &HeaderValue::from_static("[::1]:1"));
        }
    }
}
