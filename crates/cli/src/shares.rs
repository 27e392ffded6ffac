//! `share list`, `show`, `revoke` and `events`.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::create::print_link;
use crate::failure::Failure;
use crate::options::{EventsOptions, ListOptions, PageOptions, RevokeOptions, ShowOptions};
use crate::output::{print, remark};
use crate::table;
use crate::terminal::{clean, clean_json};

/// The most that the service gives in one page.
const LARGEST_PAGE: u32 = 200;

/// `GET /shares`.
pub fn list(client: &Client, options: &ListOptions) -> Result<(), Failure> {
    let filters = [("study", &options.study), ("id", &options.id), ("state", &options.state)];
    let filters: Vec<_> =
        filters.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    pages(
        |arguments| client.get(&["shares"], &[&filters, arguments].concat()),
        "shares",
        &options.page,
        table::shares,
    )
}

/// `GET /shares/{jti}/events`.
pub fn events(client: &Client, options: &EventsOptions) -> Result<(), Failure> {
    let get = |arguments: &[(&str, String)]| client.get(&["shares", &options.jti, "events"], arguments);
    pages(get, "events", &options.page, table::events)
}

/// `GET /shares/{jti}`, and its link again.
pub fn show(client: &Client, options: &ShowOptions) -> Result<(), Failure> {
    let answer = client.get(&["shares", &options.jti], &[])?;
    if options.json {
        return print(&clean_json(&answer.text));
    }
    print(&table::share(&answer.json))?;
    let link = [&answer.json["short-url"], &answer.json["url"]].into_iter().find_map(Value::as_str);
    match (link, options.qr) {
        (Some(link), true) => print_link(link, true),
        (Some(link), false) => print(&clean(link)),
        (None, _) => Ok(()),
    }
}

/// `DELETE /shares/{jti}` of each; one that fails does not keep the others.
pub fn revoke(client: &Client, options: &RevokeOptions) -> Result<(), Failure> {
    let mut failed = Vec::new();
    for jti in &options.jtis {
        match client.delete(&["shares", jti]) {
            Ok(_) => print(&format!("revoked {jti}"))?,
            Err(failure) => failed.push((jti, failure)),
        }
    }
    let all = options.jtis.len();
    match (failed.pop(), all) {
        (None, _) => Ok(()),
        (Some((_, failure)), 1) => Err(failure),
        (Some(last), _) => {
            failed.push(last);
            for (jti, failure) in &failed {
                remark(&format!("{jti}: {failure}"));
            }
            Err(Failure::Some { failed: failed.len(), all })
        }
    }
}

/// Prints one page of the list under this name, or all of them.
fn pages(
    get: impl Fn(&[(&str, String)]) -> Result<Answer, Failure>,
    name: &str,
    options: &PageOptions,
    table: impl Fn(&[Value]) -> String,
) -> Result<(), Failure> {
    let limit = if options.all { LARGEST_PAGE } else { options.limit };
    let mut after = options.after.clone();
    let mut items = Vec::new();
    loop {
        let mut arguments = vec![("limit", limit.to_string())];
        arguments.extend(after.clone().map(|cursor| ("after", cursor)));
        let mut answer = get(&arguments)?;
        let next = cursor(&answer.json["next"]);
        if options.json && !options.all {
            return print(&clean_json(&answer.text));
        }
        let page = answer.json[name].as_array_mut().map(std::mem::take).unwrap_or_default();
        // An empty page that leads on is allowed (a filter may leave nothing of it); one that leads to
        // itself is not.
        if options.all && next.is_some() && next == after {
            return Err(Failure::EndlessList);
        }
        items.extend(page);
        after = next;
        if !options.all || after.is_none() {
            break;
        }
    }
    if options.json {
        return print(&clean_json(&json!({name: items, "next": null}).to_string()));
    }
    print(&table(&items))?;
    if let Some(cursor) = after {
        remark(&format!("There are more: --all, or --after {}", clean(&cursor)));
    }
    Ok(())
}

/// Where the next page begins: a text, or a number.
fn cursor(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn options(all: bool, json: bool) -> PageOptions {
        PageOptions { limit: 50, after: None, all, json }
    }

    /// What was asked and what the table was made of, for a service that answers with these pages.
    fn run(all: bool, answers: &[Value]) -> (Result<(), Failure>, Vec<String>, Vec<Value>) {
        let asked = RefCell::new(Vec::new());
        let tabled = RefCell::new(Vec::new());
        let get = |arguments: &[(&str, String)]| {
            let asked_before = asked.borrow().len();
            let line: Vec<_> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
            asked.borrow_mut().push(line.join("&"));
            let json = answers[asked_before.min(answers.len() - 1)].clone();
            Ok(Answer { text: json.to_string(), json })
        };
        let result = pages(get, "shares", &options(all, false), |items| {
            tabled.borrow_mut().extend_from_slice(items);
            String::new()
        });
        (result, asked.into_inner(), tabled.into_inner())
    }

    #[test]
    fn all_pages_are_followed_to_the_end() {
        let answers = [
            json!({"shares": [1, 2], "next": "b"}),
            json!({"shares": [], "next": 7}),
            json!({"shares": [3], "next": null}),
        ];
        let (result, asked, tabled) = run(true, &answers);
        assert!(result.is_ok());
        assert_eq!(asked, ["limit=200", "limit=200&after=b", "limit=200&after=7"]);
        assert_eq!(tabled, [json!(1), json!(2), json!(3)]);
        let (result, asked, tabled) = run(false, &answers);
        assert!(result.is_ok());
        assert_eq!((asked, tabled.len()), (vec!["limit=50".to_owned()], 2));
    }

    #[test]
    fn a_list_that_leads_to_itself_ends_with_an_error() {
        let (result, asked, _) = run(true, &[json!({"shares": [1], "next": "a"})]);
        assert!(matches!(result, Err(Failure::EndlessList)));
        assert_eq!(asked.len(), 2);
    }

    #[test]
    fn an_answer_of_another_form_is_an_empty_list() {
        let (result, _, tabled) = run(true, &[json!({"shares": {"a": 1}})]);
        assert!(result.is_ok() && tabled.is_empty());
    }
}
