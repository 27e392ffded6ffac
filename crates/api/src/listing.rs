//! The queries of lists: `GET /shares?study=&id=&state=&limit=&after=`, and the part of a history.
//! An argument that is not known is refused: a filter with a slip of the pen would list every share.

use std::borrow::Cow;

use registry::{Filter, State};

use crate::errors::{FieldError, FieldErrors, Loc};

/// How many items a part has if nothing is said, and at most.
const DEFAULT_LIMIT: usize = 50;
const LARGEST_LIMIT: usize = 200;

/// No query is longer; what is filtered by has 1024 characters at most.
const LONGEST_QUERY: usize = 16_384;

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many items at most.
    pub limit: usize,
    /// Older than this one: the cursor of the part before.
    pub before: Option<i64>,
}

/// Which shares, and which part of their list.
pub fn shares(query: &str) -> Result<(Filter, Part), FieldErrors> {
    let mut filter = Filter::default();
    let part = read(query, |name, value| {
        match name {
            "study" => filter.study = Some(study(value)?),
            "id" => filter.id = Some(value.to_owned()),
            "state" => filter.state = Some(state(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((filter, part))
}

/// Which part of a history.
pub fn events(query: &str) -> Result<Part, FieldErrors> {
    read(query, |_, _| Ok(false))
}

/// What is wrong with an argument.
type Bad = Box<dyn FnOnce(Vec<Loc>) -> FieldError>;

fn bad(msg: impl Into<Cow<'static, str>>, kind: &'static str) -> Bad {
    let msg = msg.into();
    Box::new(move |loc| FieldError::new(loc, msg, kind))
}

/// Reads a query; `more` takes the route's own arguments, and says whether it knows them. Of an argument
/// that is given twice, the last counts.
fn read(query: &str, mut more: impl FnMut(&str, &str) -> Result<bool, Bad>) -> Result<Part, FieldErrors> {
    let mut part = Part { limit: DEFAULT_LIMIT, before: None };
    let mut errors = FieldErrors::default();
    if query.len() > LONGEST_QUERY {
        return Err(bad("the query is too long", "value_error")(vec![Loc::Field("query")]).into());
    }
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let read = match &*name {
            "limit" => limit(&value).map(|limit| part.limit = limit),
            "after" => after(&value).map(|before| part.before = Some(before)),
            _ => more(&name, &value).and_then(|known| match known {
                true => Ok(()),
                false => Err(bad("there is no such argument", "value_error.extra")),
            }),
        };
        if let Err(error) = read {
            let name = name.chars().take(64).collect();
            errors.push(error(vec![Loc::Field("query"), Loc::Name(name)]));
            break;
        }
    }
    if errors.detail.is_empty() { Ok(part) } else { Err(errors) }
}

fn limit(value: &str) -> Result<usize, Bad> {
    let number = value.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
    number.ok_or_else(|| bad(format!("expected a number from 1 to {LARGEST_LIMIT}"), "value_error"))
}

fn after(value: &str) -> Result<i64, Bad> {
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| bad("expected what stood in 'next' of the part before", "value_error"))
}

fn study(value: &str) -> Result<String, Bad> {
    if value.trim().is_empty() {
        return Err(bad("expected a StudyInstanceUID or an identifier of Orthanc's", "value_error"));
    }
    Ok(value.to_owned())
}

fn state(value: &str) -> Result<State, Bad> {
    State::ALL.iter().copied().find(|state| state.name() == value).ok_or_else(|| -> Bad {
        Box::new(|loc| FieldError::not_one_of(loc, State::ALL.iter().map(|state| state.name()).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_says_which_shares_and_how_many() {
        let nothing = (Filter::default(), Part { limit: 50, before: None });
        assert_eq!(shares(""), Ok(nothing));
        let all = "study=1.2.3&id=a%26b+c%C3%A9&state=used-up&limit=200&after=17&limit=3";
        let filter =
            Filter { study: Some("1.2.3".into()), id: Some("a&b cé".into()), state: Some(State::UsedUp) };
        assert_eq!(shares(all), Ok((filter, Part { limit: 3, before: Some(17) })));
        assert_eq!(events("limit=1"), Ok(Part { limit: 1, before: None }));
        assert_eq!(shares("id=").unwrap().0.id, Some(String::new()));
    }

    #[test]
    fn each_bad_argument_is_named() {
        let cases = [
            ("limit=0", "limit", "value_error"),
            ("limit=201", "limit", "value_error"),
            ("limit=", "limit", "value_error"),
            ("limit=-1", "limit", "value_error"),
            ("limit=many", "limit", "value_error"),
            ("after=", "after", "value_error"),
            ("after=0", "after", "value_error"),
            ("after=99999999999999999999", "after", "value_error"),
            ("after=x", "after", "value_error"),
            ("state=Active", "state", "type_error.enum"),
            ("state=", "state", "type_error.enum"),
            ("study=", "study", "value_error"),
            ("study=%20", "study", "value_error"),
            ("studdy=1.2", "studdy", "value_error.extra"),
            ("limit=1&&=x", "", "value_error.extra"),
        ];
        for (query, name, kind) in cases {
            let error = shares(query).unwrap_err();
            let loc = vec![Loc::Field("query"), Loc::Name(name.into())];
            assert_eq!((&error.detail[0].loc, error.detail[0].kind), (&loc, kind), "{query}");
        }
        assert!(events("state=active").is_err());
        assert!(shares(&format!("id={}", "x".repeat(LONGEST_QUERY))).is_err());
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "((study|id|state|limit|after)=)?\\PC*") {
            if let Ok((_, part)) = shares(&query) {
                prop_assert!((1..=LARGEST_LIMIT).contains(&part.limit));
            }
            let _ = events(&query);
        }
    }
}
