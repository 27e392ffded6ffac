//! The page on which a share is opened that asks for a code, or that counts how often it is opened: a person
//! goes on with a button, which programs that look into mail do not press.

use std::fmt;

use model::Moment;

use crate::headers::form_policy;
use crate::page::{Icon, dated, document, escape};
use crate::texts::Texts;
use crate::{Language, Page};

/// What the page asks and says.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// What the form posts beside the code; none where the page's own address names the share.
    pub token: Option<String>,
    /// Whether a code is asked for, and what was wrong with one.
    pub code: Option<CodeField>,
    /// Whether the share opens a limited number of times.
    pub counted: bool,
    /// What tells this form from all others, so that its opening is counted once, however often it is posted.
    pub id: Option<String>,
    /// The end of the share, if it has one.
    pub until: Option<Moment>,
    /// Where the answer to the form leads, as a source of a Content Security Policy.
    pub viewer: String,
}

/// The field for the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeField {
    /// Nothing was sent yet.
    Empty,
    /// The form was sent without a code.
    Missing,
    /// The code was wrong; so many more are looked at.
    Wrong(u32),
}

impl Form {
    /// The HTTP status of its page: the share did not open if a code was missing or wrong.
    pub const fn status(&self) -> u16 {
        match self.code {
            None | Some(CodeField::Empty) => 200,
            Some(CodeField::Missing | CodeField::Wrong(_)) => 403,
        }
    }
}

/// Without the token and the id.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("code", &self.code)
            .field("counted", &self.counted)
            .finish_non_exhaustive()
    }
}

/// The page with this form, in this language.
pub fn render_form(form: &Form, language: Language) -> Page {
    let texts = Texts::of(language);
    let opening = &texts.opening;
    let (message, icon) = match form.code {
        Some(_) => (&opening.with_code, Icon::Lock),
        None => (&opening.without_code, Icon::Picture),
    };
    let body = format!(
        "<h1>{title}</h1>\n<p>{what}</p>\n{form}{until}<h2>{heading}</h2>\n<p>{advice}</p>",
        title = escape(message.title),
        what = escape(message.what),
        until = form.until.map(|end| dated(texts.valid_until, end, texts)).unwrap_or_default(),
        form = fields(form, texts),
        heading = escape(texts.what_you_can_do),
        advice = escape(message.advice),
    );
    Page {
        status: form.status(),
        language,
        html: document(language, texts, message.title, icon, &body),
        policy: form_policy(&form.viewer).into(),
    }
}

fn fields(form: &Form, texts: &Texts) -> String {
    let opening = &texts.opening;
    // With a token, the form is posted to the page's address without its query, which holds the token as
    // well; without one, to the address itself.
    let (action, token) = match &form.token {
        Some(token) => {
            (" action=\"?\"", format!("<input type=\"hidden\" name=\"token\" value=\"{}\">\n", escape(token)))
        }
        None => ("", String::new()),
    };
    let id = match &form.id {
        Some(id) => format!("<input type=\"hidden\" name=\"form\" value=\"{}\">\n", escape(id)),
        None => String::new(),
    };
    let counted = match form.counted {
        true => format!("<p class=\"note\">{}</p>\n", escape(opening.counted)),
        false => String::new(),
    };
    format!(
        "<form method=\"post\"{action}>\n{token}{id}{code}{counted}<button>{open}</button>\n</form>\n",
        code = form.code.map(|field| code_field(field, texts)).unwrap_or_default(),
        open = escape(opening.open),
    )
}

/// What is wrong stands above the field, where the keyboard of a phone does not hide it, and is read out with it;
/// the field has the focus from the start.
fn code_field(field: CodeField, texts: &Texts) -> String {
    let opening = &texts.opening;
    let problem = match field {
        CodeField::Empty => None,
        CodeField::Missing => Some(escape(opening.missing_code)),
        CodeField::Wrong(left) => {
            let left = opening.attempts_left.replace("{left}", &left.to_string());
            Some(format!("{} {}", escape(opening.wrong_code), escape(&left)))
        }
    };
    let (described, problem) = match problem {
        Some(text) => (
            " aria-invalid=\"true\" aria-describedby=\"problem\"",
            format!("<p class=\"problem\" id=\"problem\">{text}</p>\n"),
        ),
        None => ("", String::new()),
    };
    // It is a code that was sent by another way, which browsers offer to fill in, and no password to keep.
    format!(
        "<label for=\"code\">{label}</label>\n{problem}\
         <input id=\"code\" name=\"code\" type=\"text\" inputmode=\"text\" autocomplete=\"one-time-code\" \
         autocapitalize=\"none\" spellcheck=\"false\" required autofocus{described}>\n",
        label = escape(opening.code),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{STYLE, tests::assert_balanced};

    const ID: &str = "00ff00ff00ff00ff00ff00ff00ff00ff";

    fn forms() -> Vec<Form> {
        let plain = Form {
            token: Some("eyJ.a-b_c.d".into()),
            code: Some(CodeField::Empty),
            counted: false,
            id: None,
            until: Some(Moment::parse("2030-07-07T11:00:00+02:00").unwrap()),
            viewer: "https://pacs.example.org".into(),
        };
        vec![
            Form { code: Some(CodeField::Missing), ..plain.clone() },
            Form { code: Some(CodeField::Wrong(421)), counted: true, id: Some(ID.into()), ..plain.clone() },
            Form { code: None, counted: true, token: None, until: None, ..plain.clone() },
            plain,
        ]
    }

    fn every_page() -> impl Iterator<Item = (Form, Page)> {
        forms()
            .into_iter()
            .flat_map(|form| Language::ALL.map(|language| (form.clone(), render_form(&form, language))))
    }

    #[test]
    fn every_page_has_one_form_with_one_button() {
        for (form, page) in every_page() {
            let (html, context) = (&page.html, format!("{form:?} in {:?}", page.language));
            for element in ["<title>", "<h1>", "<h2>", "<form method=\"post\"", "<button>", "<style>"] {
                assert_eq!(html.matches(element).count(), 1, "{element} in {context}");
            }
            let asked = usize::from(form.code.is_some());
            for part in
                ["<label for=\"code\">", "id=\"code\" name=\"code\"", "autofocus", "\"one-time-code\""]
            {
                assert_eq!(html.matches(part).count(), asked, "{part} in {context}");
            }
            let posted = usize::from(form.token.is_some());
            let hidden = "<input type=\"hidden\" name=\"token\" value=\"eyJ.a-b_c.d\">";
            assert_eq!(html.matches(hidden).count(), posted, "{context}");
            assert_eq!(html.matches("eyJ").count(), posted, "{context}");
            let id = format!("<input type=\"hidden\" name=\"form\" value=\"{ID}\">");
            assert_eq!(html.matches(&id).count(), usize::from(form.id.is_some()), "{context}");
            assert_eq!(html.matches("action=\"?\"").count(), posted, "{context}");
            assert_eq!(html.contains("<time datetime=\"2030-07-07T11:00+02:00\">"), form.until.is_some());
            assert_eq!(html.contains("class=\"note\""), form.counted, "{context}");
            assert!(html.contains(&format!("<style>{STYLE}</style>")), "{context}");
            assert_balanced(html, &context);
        }
    }

    #[test]
    fn what_is_wrong_is_tied_to_the_field() {
        for (form, page) in every_page() {
            let wrong = usize::from(page.status == 403);
            assert_eq!(wrong == 1, matches!(form.code, Some(CodeField::Missing | CodeField::Wrong(_))));
            for part in ["aria-invalid=\"true\"", "aria-describedby=\"problem\"", "id=\"problem\""] {
                assert_eq!(page.html.matches(part).count(), wrong, "{part} in {form:?}");
            }
            assert_eq!(page.html.contains("421."), form.code == Some(CodeField::Wrong(421)), "{form:?}");
        }
    }

    #[test]
    fn no_form_runs_or_loads_anything() {
        for (form, page) in every_page() {
            let html = page.html.to_ascii_lowercase();
            for word in ["<script", "http", "//", "href", "src=", "url(", "@import", "style=\""] {
                assert!(!html.contains(word), "{word} in {form:?}");
            }
            let on = html.split('<').any(|tag| tag.split('>').next().unwrap().contains(" on"));
            assert!(!on, "{form:?}");
            let headers = page.headers();
            let policy = headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
            assert!(policy.contains("form-action 'self' https://pacs.example.org;"), "{policy}");
            let shown = format!("{form:?}{page:?}");
            assert!(!shown.contains("eyJ") && !shown.contains(ID), "{shown}");
        }
    }

    #[test]
    fn a_token_cannot_leave_its_attribute() {
        let token = Some("\"><script>alert(1)</script>".to_owned());
        let page = render_form(&Form { token, ..forms()[0].clone() }, Language::English);
        assert!(page.html.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""));
        assert!(!page.html.contains("<script"));
    }
}
