//! Where a viewer puts the token: in the header `token` (Osimis), in `Authorization: Bearer` (Stone, OHIF), or
//! in the query (downloads, images of a page).

/// The token of a request; the first of the three places that has one counts.
pub fn presented(token: Option<&str>, authorization: Option<&str>, query: &str) -> Option<String> {
    let header = token.map(without_scheme).filter(|token| !token.is_empty());
    let bearer = || {
        let value = authorization?;
        has_scheme(value).then(|| without_scheme(value))
    };
    let argument = || {
        let mut arguments = url::form_urlencoded::parse(query.as_bytes());
        arguments.find(|(name, _)| name == "token").map(|(_, value)| value.into_owned())
    };
    let token = header.or_else(bearer).map(str::to_owned).or_else(argument)?;
    // It is passed on in a header.
    let fits = (1..=16_384).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(token)
}

/// Every token that a request has, in all three places; what is too long to be looked at is one that opens
/// nothing.
pub fn all_presented(token: Option<&str>, authorization: Option<&str>, query: &str) -> Vec<String> {
    let arguments = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "token");
    let headers = [token, authorization.filter(|value| has_scheme(value))].into_iter().flatten();
    let headers = headers.map(|value| without_scheme(value).to_owned());
    headers.chain(arguments.map(|(_, value)| value.into_owned())).filter(|token| !token.is_empty()).collect()
}

fn has_scheme(value: &str) -> bool {
    value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("Bearer "))
}

fn without_scheme(value: &str) -> &str {
    if has_scheme(value) { value[7..].trim() } else { value.trim() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_places() {
        let of = |token, authorization, query| presented(token, authorization, query);
        assert_eq!(of(Some("a"), Some("Bearer b"), "token=c").as_deref(), Some("a"));
        assert_eq!(of(Some("bearer a"), None, "").as_deref(), Some("a"));
        assert_eq!(of(None, Some("Bearer b"), "token=c").as_deref(), Some("b"));
        assert_eq!(of(None, Some("Basic eDp5"), "x=y&token=c").as_deref(), Some("c"));
        let all = |token, authorization, query| all_presented(token, authorization, query);
        assert_eq!(all(Some("a"), Some("Bearer b"), "token=c&x=y&token=d"), ["a", "b", "c", "d"]);
        assert_eq!(all(None, Some("Basic eDp5"), "token="), [""; 0]);
        for none in [of(None, None, ""), of(None, None, "token="), of(None, None, "token=a%0d%0ab")] {
            assert_eq!(none, None);
        }
    }
}
