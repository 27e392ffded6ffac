//! May the bearer of a share do this, here and now? The one place where a `Granted` is made.
//! The conditions are asked in the order in which they are listed in [`decide`].

use model::{Method, Moment, Purpose, Resource};

use crate::{Claims, Rejection};

/// For how many seconds the Authorization plugin may keep an answer, unless configured otherwise.
pub const DEFAULT_VALIDITY_CAP: u32 = 60;

/// The identifiers of the Orthanc servers, as configured here and in their plugins.
/// An empty one counts as not configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    /// The server of standard shares.
    pub standard: Option<String>,
    /// The server of anonymized shares.
    pub anonymized: Option<String>,
}

/// The question of the Authorization plugin.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// The server that asks; none if its plugin has no identifier.
    pub server: Option<&'a str>,
    /// The method of the viewer's request.
    pub method: Method,
    /// What is accessed, at its own level; none for a URI that is no DICOM resource (`system`).
    pub target: Option<&'a Resource>,
    /// Whether it is taken away as a file, where the question tells.
    pub download: bool,
}

/// The answer. It may be kept for `validity` seconds: never 0, which the plugin reads as for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The access is granted, and will be for so long.
    Granted {
        /// Seconds, at least 1, and no more whole ones than the share has left.
        validity: u32,
    },
    /// The access is refused.
    Refused {
        /// For the log; it is never sent.
        reason: Refusal,
        /// Seconds, at least 1, and no more whole ones than there are until the share begins.
        validity: u32,
    },
}

/// Why an access is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The token itself is not accepted.
    #[error(transparent)]
    Token(#[from] Rejection),
    /// A standard share on another server than the standard one, or an anonymized share on
    /// another than the anonymized one.
    #[error("wrong server")]
    WrongServer,
    /// The token only opens the landing page.
    #[error("not opened")]
    NotOpened,
    /// The share does not allow this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The share is for looking only.
    #[error("download not allowed")]
    DownloadNotAllowed,
    /// The access is to no DICOM resource.
    #[error("not a resource")]
    NotAResource,
    /// No shared resource is the one that is asked for.
    #[error("resource not shared")]
    NotShared,
}

/// Decides on an access with a token of these claims; an answer may be kept for `cap` seconds.
pub fn decide(claims: &Claims, servers: &Servers, access: &Access<'_>, now: Moment, cap: u32) -> Decision {
    match check(claims, servers, access, now) {
        Ok(()) => Decision::Granted { validity: validity(cap, now, claims.expires) },
        Err(reason @ Refusal::Token(Rejection::NotYetValid)) => {
            Decision::Refused { reason, validity: validity(cap, now, claims.not_before) }
        }
        Err(reason) => Decision::Refused { reason, validity: validity(cap, now, None) },
    }
}

/// Every condition, the cheap and general ones first.
fn check(claims: &Claims, servers: &Servers, access: &Access<'_>, now: Moment) -> Result<(), Refusal> {
    claims.check_standing(now)?;
    if claims.purpose == Purpose::Opening {
        return Err(Refusal::NotOpened);
    }
    if !is_right_server(claims.anonymized, servers, access.server) {
        return Err(Refusal::WrongServer);
    }
    if !claims.methods.contains(&access.method) {
        return Err(Refusal::MethodNotAllowed);
    }
    if access.download && !claims.download {
        return Err(Refusal::DownloadNotAllowed);
    }
    let target = access.target.ok_or(Refusal::NotAResource)?;
    // Both identifiers are compared with one and the same resource: two identifiers of two
    // shared studies are no shared study.
    if !claims.resources.iter().any(|shared| shared.agrees_with(target)) {
        return Err(Refusal::NotShared);
    }
    Ok(())
}

/// An anonymized share needs the anonymized server to say who it is. A standard share needs the
/// same of the standard server where that is configured; where it is not, any other than the
/// anonymized one will do, since a site without anonymized shares need not name its servers.
fn is_right_server(anonymized_share: bool, servers: &Servers, asking: Option<&str>) -> bool {
    let standard = configured(&servers.standard);
    let anonymized = configured(&servers.anonymized);
    let is = |server: Option<&str>| server.is_some() && server == asking;
    if anonymized_share {
        // The second half matters if both were given the same name: then neither is served.
        is(anonymized) && !is(standard)
    } else {
        !is(anonymized) && (standard.is_none() || is(standard))
    }
}

fn configured(identifier: &Option<String>) -> Option<&str> {
    identifier.as_deref().filter(|identifier| !identifier.is_empty())
}

/// The whole seconds until the answer changes, within the cap, and never 0.
fn validity(cap: u32, now: Moment, until: Option<Moment>) -> u32 {
    let left = until.map_or(u32::MAX, |until| {
        let micros = until.unix_micros().saturating_sub(now.unix_micros());
        u32::try_from((micros / 1_000_000).max(0)).unwrap_or(u32::MAX)
    });
    left.min(cap).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::tests::share;
    use model::Level;
    use proptest::prelude::*;

    const UID: &str = "1.2.3";
    const ID: &str = "9cba1037-869dc4fb";

    fn now() -> Moment {
        Moment::from_unix_seconds(1_700_000_000)
    }

    fn servers(standard: &str, anonymized: &str) -> Servers {
        let some = |s: &str| (s != "-").then(|| s.to_owned());
        Servers { standard: some(standard), anonymized: some(anonymized) }
    }

    fn target(level: Level, uid: &str, id: &str) -> Resource {
        let some = |s: &str| (s != "-").then(|| s.to_owned());
        Resource { level, dicom_uid: some(uid), orthanc_id: some(id) }
    }

    fn answer(claims: &Claims, method: Method, target: Option<&Resource>) -> Decision {
        let access = Access { server: Some("std"), method, target, download: false };
        decide(claims, &servers("std", "anon"), &access, now(), DEFAULT_VALIDITY_CAP)
    }

    #[test]
    fn each_share_opens_on_its_own_server_only() {
        // (anonymized share, configured standard and anonymized, asking, granted)
        let cases = [
            (false, "std", "anon", Some("std"), true),
            (false, "std", "anon", Some("anon"), false),
            (false, "std", "anon", Some("foo"), false),
            (false, "std", "anon", Some(""), false),
            (false, "std", "anon", None, false),
            (false, "std", "-", Some("std"), true),
            (false, "std", "-", None, false),
            (false, "-", "anon", Some("foo"), true),
            (false, "-", "anon", Some("anon"), false),
            (false, "-", "anon", None, true),
            (false, "-", "-", None, true),
            (false, "-", "-", Some("foo"), true),
            (false, "", "", Some(""), true),
            (true, "std", "anon", Some("anon"), true),
            (true, "std", "anon", Some("std"), false),
            (true, "std", "anon", Some("ANON"), false),
            (true, "std", "anon", None, false),
            (true, "-", "anon", Some("anon"), true),
            (true, "-", "-", Some("anon"), false),
            (true, "-", "-", None, false),
            (true, "std", "-", None, false),
            (true, "", "", Some(""), false),
            // The same name for both: nobody knows which server it is.
            (true, "x", "x", Some("x"), false),
            (false, "x", "x", Some("x"), false),
        ];
        let study = target(Level::Study, UID, ID);
        for (anonymized, standard, anon, server, granted) in cases {
            let claims = Claims { anonymized, ..share() };
            let access = Access { server, method: Method::Get, target: Some(&study), download: false };
            let expected = if granted {
                Decision::Granted { validity: 60 }
            } else {
                Decision::Refused { reason: Refusal::WrongServer, validity: 60 }
            };
            assert_eq!(
                decide(&claims, &servers(standard, anon), &access, now(), 60),
                expected,
                "{anonymized} {standard:?} {anon:?} {server:?}"
            );
        }
    }

    #[test]
    fn only_the_methods_of_the_share_are_granted() {
        let study = target(Level::Study, UID, ID);
        for allowed in Method::ALL {
            let claims = Claims { methods: vec![*allowed], ..share() };
            for asked in Method::ALL {
                let granted = matches!(answer(&claims, *asked, Some(&study)), Decision::Granted { .. });
                assert_eq!(granted, allowed == asked, "{allowed} {asked}");
            }
        }
    }

    #[test]
    fn one_shared_resource_must_agree_at_its_own_level() {
        let shared = vec![
            target(Level::Study, UID, ID),
            target(Level::Study, "-", "b"),
            target(Level::Series, "1.2.3.4", "-"),
        ];
        let claims = Claims { resources: shared, ..share() };
        let cases = [
            (target(Level::Study, UID, ID), true),
            (target(Level::Study, UID, "-"), true),
            (target(Level::Study, "-", ID), true),
            (target(Level::Study, "9.9", ID), false),
            (target(Level::Study, "5.6", "b"), true),
            // The second shared study is named by "b" alone, and so contradicts no UID.
            (target(Level::Study, UID, "b"), true),
            (target(Level::Study, UID, "c"), false),
            (target(Level::Study, "-", "-"), false),
            (target(Level::Study, "", ""), false),
            (target(Level::Series, UID, ID), false),
            (target(Level::Series, "1.2.3.4", "c"), true),
            (target(Level::Study, "1.2.3.4", "c"), false),
            (target(Level::Patient, "PAT-0001", ID), false),
            (target(Level::Instance, "1.2.3.4", "c"), false),
        ];
        for (asked, granted) in cases {
            let expected = if granted {
                Decision::Granted { validity: 60 }
            } else {
                Decision::Refused { reason: Refusal::NotShared, validity: 60 }
            };
            assert_eq!(answer(&claims, Method::Get, Some(&asked)), expected, "{asked:?}");
        }
        let system = Decision::Refused { reason: Refusal::NotAResource, validity: 60 };
        assert_eq!(answer(&claims, Method::Get, None), system);
    }

    #[test]
    fn no_answer_outlives_what_it_rests_on() {
        let granted = |validity| Decision::Granted { validity };
        let refused = |why: Rejection, validity| Decision::Refused { reason: why.into(), validity };
        // (begins in, ends in, cap, answer); in microseconds from now.
        const S: i64 = 1_000_000;
        let cases = [
            (None, None, 60, granted(60)),
            (None, None, 10, granted(10)),
            (None, None, 0, granted(1)),
            (None, Some(3600 * S), 60, granted(60)),
            (None, Some(60 * S), 60, granted(60)),
            (None, Some(60 * S - 1), 60, granted(59)),
            (None, Some(7 * S + S / 2), 60, granted(7)),
            (None, Some(S), 60, granted(1)),
            (None, Some(1), 60, granted(1)),
            (None, Some(0), 60, refused(Rejection::Expired, 60)),
            (None, Some(-1), 60, refused(Rejection::Expired, 60)),
            (None, Some(-S), 0, refused(Rejection::Expired, 1)),
            (None, Some(i64::MAX / 2), 60, granted(60)),
            (None, Some(i64::MIN / 2), 60, refused(Rejection::Expired, 60)),
            (Some(0), None, 60, granted(60)),
            (Some(1), None, 60, refused(Rejection::NotYetValid, 1)),
            (Some(7 * S + S / 2), None, 60, refused(Rejection::NotYetValid, 7)),
            (Some(3600 * S), None, 60, refused(Rejection::NotYetValid, 60)),
            (Some(2 * S), Some(-S), 60, refused(Rejection::NotYetValid, 2)),
        ];
        let study = target(Level::Study, UID, ID);
        let access = Access { server: None, method: Method::Get, target: Some(&study), download: false };
        for (begin, end, cap, expected) in cases {
            let at = |from_now: i64| Moment::from_unix_micros(now().unix_micros().saturating_add(from_now));
            let claims = Claims { not_before: begin.map(at), expires: end.map(at), ..share() };
            let answer = decide(&claims, &Servers::default(), &access, now(), cap);
            assert_eq!(answer, expected, "{begin:?} {end:?} {cap}");
        }
    }

    #[test]
    fn the_reasons_are_given_in_the_designed_order() {
        let expired = Claims {
            expires: Some(now()),
            not_before: Some(Moment::from_unix_seconds(1_700_000_009)),
            anonymized: true,
            ..share()
        };
        let reason = |claims: &Claims| match answer(claims, Method::Delete, None) {
            Decision::Refused { reason, .. } => reason,
            Decision::Granted { .. } => panic!("granted"),
        };
        let begun = Claims { not_before: None, ..expired.clone() };
        let endless = Claims { expires: None, ..begun.clone() };
        let standard = Claims { anonymized: false, ..endless.clone() };
        let deletable = Claims { methods: vec![Method::Delete], ..standard.clone() };
        assert_eq!(reason(&expired), Rejection::NotYetValid.into());
        assert_eq!(reason(&begun), Rejection::Expired.into());
        assert_eq!(reason(&endless), Refusal::WrongServer);
        assert_eq!(reason(&standard), Refusal::MethodNotAllowed);
        assert_eq!(reason(&deletable), Refusal::NotAResource);
    }

    proptest! {
        #[test]
        fn a_grant_never_outlives_the_share(left in -100_000_000_i64..100_000_000, cap: u32) {
            let end = Moment::from_unix_micros(now().unix_micros() + left);
            let study = target(Level::Study, UID, ID);
            let access = Access { server: None, method: Method::Get, target: Some(&study), download: false };
            let claims = Claims { expires: Some(end), ..share() };
            match decide(&claims, &Servers::default(), &access, now(), cap) {
                Decision::Granted { validity } => {
                    prop_assert!(left > 0 && validity >= 1 && validity <= cap.max(1));
                    prop_assert!(i64::from(validity) * 1_000_000 <= left.max(1_000_000));
                }
                Decision::Refused { reason, validity } => {
                    prop_assert_eq!(reason, Refusal::Token(Rejection::Expired));
                    prop_assert!(left <= 0 && validity == cap.max(1));
                }
            }
        }
    }
}
