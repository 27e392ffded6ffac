//! The one template of all pages, and what fills it.

use std::borrow::Cow;

use crate::headers::headers;
use crate::texts::Texts;
use crate::{CONTENT_SECURITY_POLICY, Language, Notice, date};

/// A page, ready to be sent with its status and [`Page::headers`].
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The language that it is written in.
    pub language: Language,
    /// The whole document, in UTF-8. That of a form may hold the token that was sent.
    pub html: String,
    /// Its Content Security Policy.
    pub(crate) policy: Cow<'static, str>,
}

impl Page {
    /// The headers that it must be sent with; names in lower case.
    pub fn headers(&self) -> [(&'static str, &str); 8] {
        headers(self.language, &self.policy)
    }
}

/// Without the document: a form's holds a token.
impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("status", &self.status)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// The page that tells of this notice, in this language.
pub fn render(notice: &Notice, language: Language) -> Page {
    let texts = Texts::of(language);
    let message = notice.message(texts);
    let body = format!(
        "<h1>{title}</h1>\n<p>{what}</p>\n{date}\
         <h2>{heading}</h2>\n<p>{advice}</p>",
        title = escape(message.title),
        what = escape(message.what),
        date = notice.date(texts).map(|(label, moment)| dated(label, moment, texts)).unwrap_or_default(),
        heading = escape(texts.what_you_can_do),
        advice = escape(message.advice),
    );
    Page {
        status: notice.status(),
        language,
        html: document(language, texts, message.title, notice.icon(), &body),
        policy: CONTENT_SECURITY_POLICY.into(),
    }
}

/// The frame around every page's body, which must be HTML already.
pub(crate) fn document(language: Language, texts: &Texts, title: &str, icon: Icon, body: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<title>{title} – {subject}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no, date=no">
<style>{STYLE}</style>
</head>
<body>
<main>
<div class="head">
<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">{icon}</svg>
<span>{subject}</span>
</div>
{body}
</main>
</body>
</html>
"#,
        lang = language.tag(),
        title = escape(title),
        subject = escape(texts.subject),
        icon = icon.drawing(),
    )
}

pub(crate) fn dated(label: &str, moment: model::Moment, texts: &Texts) -> String {
    format!(
        "<p class=\"date\">{label}<br><time datetime=\"{machine}\">{people}</time></p>\n",
        label = escape(label),
        machine = date::for_machines(moment),
        people = escape(&date::for_people(moment, texts)),
    )
}

/// The one style of all pages. The policy in `headers` names its hash.
pub(crate) const STYLE: &str = include_str!("page.css");

/// The small drawing at the top; it repeats what the heading says, so readers aloud skip it.
#[derive(Clone, Copy)]
pub(crate) enum Icon {
    /// Two ends of a chain that do not meet: the link itself is at fault.
    BrokenLink,
    /// Too early or too late.
    Clock,
    /// Taken back.
    Closed,
    /// It opens with a code, or not at all any more.
    Lock,
    /// A picture that is there to be seen.
    Picture,
    /// A picture that does not show: our side is at fault.
    Trouble,
}

impl Icon {
    /// The strokes, on a field of 24 by 24; colour and width are in the style.
    const fn drawing(self) -> &'static str {
        match self {
            Self::BrokenLink => {
                r#"<path transform="rotate(-45 12 12)" d="M8.5 16H6a4 4 0 0 1 0-8h2.5m7 0H18a4 4 0 0 1 0 8h-2.5M12 4v3m0 10v3"/>"#
            }
            Self::Clock => r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.2 2"/>"#,
            Self::Closed => r#"<circle cx="12" cy="12" r="8.5"/><path d="M8 12h8"/>"#,
            Self::Lock => {
                r#"<rect x="4.5" y="10.5" width="15" height="10" rx="2.5"/><path d="M8 10.5V7a4 4 0 0 1 8 0v3.5M12 14.5v2"/>"#
            }
            Self::Picture => {
                r#"<rect x="3.5" y="4.5" width="17" height="15" rx="3"/><path d="M3.5 16l4.5-4.5 4 4 3-3 5.5 5.5M15.5 8.6v.1"/>"#
            }
            Self::Trouble => {
                r#"<rect x="3.5" y="4.5" width="17" height="15" rx="3"/><path d="M12 8.5v4.2m0 3v.1"/>"#
            }
        }
    }
}

/// Texts are written plainly; here they become HTML, inside elements or quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::Moment;

    fn every_page() -> impl Iterator<Item = (Notice, Page)> {
        let date = Moment::parse("2030-07-07T11:00:00+02:00").unwrap();
        Language::ALL
            .into_iter()
            .flat_map(move |language| Notice::all(date).map(|notice| (notice, render(&notice, language))))
    }

    #[test]
    fn every_notice_has_its_status() {
        let statuses = Notice::all(Moment::from_unix_seconds(0)).map(|notice| notice.status());
        assert_eq!(
            statuses,
            [400, 403, 403, 403, 410, 410, 410, 410, 403, 423, 502, 504, 503, 500, 404, 405, 413, 415]
        );
        for (notice, page) in every_page() {
            assert_eq!(page.status, notice.status());
        }
    }

    #[test]
    fn every_page_is_one_well_formed_document() {
        for (notice, page) in every_page() {
            let html = &page.html;
            let context = format!("{notice:?} in {:?}", page.language);
            assert!(html.starts_with("<!DOCTYPE html>\n"), "{context}");
            assert!(html.contains(&format!("<html lang=\"{}\">", page.language.tag())), "{context}");
            for element in ["<title>", "<h1>", "<h2>", "<main>", "<style>", "<svg "] {
                assert_eq!(html.matches(element).count(), 1, "{element} in {context}");
            }
            assert!(html.contains(&format!("<style>{STYLE}</style>")), "{context}");
            assert_balanced(html, &context);
        }
    }

    /// Every element that opens closes, in order.
    pub(crate) fn assert_balanced(html: &str, context: &str) {
        let mut open = Vec::new();
        for tag in html.split('<').skip(1).map(|rest| rest.split_once('>').expect(context).0) {
            let name = tag.split([' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{context}"),
                None if tag.ends_with('/') || ["!DOCTYPE", "meta", "br", "input"].contains(&name) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?} in {context}");
    }

    #[test]
    fn no_page_runs_loads_or_links_to_anything() {
        for (notice, page) in every_page() {
            let html = page.html.to_ascii_lowercase();
            for word in
                ["<script", "http", "//", "href", "src=", "url(", "@import", "<form", " on", "style=\""]
            {
                // ` on` is looked for as an attribute only.
                let found = match word {
                    " on" => html.split('<').any(|tag| tag.split('>').next().unwrap().contains(word)),
                    word => html.contains(word),
                };
                assert!(!found, "{word} in {notice:?} in {:?}", page.language);
            }
        }
    }

    #[test]
    fn the_date_is_shown_where_it_is_known() {
        for (notice, page) in every_page() {
            let known = matches!(notice, Notice::NotYetValid(Some(_)) | Notice::Expired(Some(_)));
            let shown = page.html.contains("<time datetime=\"2030-07-07T11:00+02:00\">");
            assert_eq!(shown, known, "{notice:?}");
            assert_eq!(page.html.contains("(UTC+02:00)"), known, "{notice:?}");
        }
    }

    #[test]
    fn what_has_a_meaning_in_html_is_escaped() {
        assert_eq!(escape("<b a=\"1\" c='2'> & é"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt; &amp; é");
    }
}
