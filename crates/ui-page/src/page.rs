//! The one page: `assets/page.html` with its texts, the viewers and the durations of the form.

use crate::texts::Texts;
use crate::{Offer, version};
use model::ShareType;
use pages::Language;

const TEMPLATE: &str = include_str!("../assets/page.html");

/// How long a link may work, in days; a date and no end come after these.
const DURATIONS: [u32; 6] = [1, 3, 7, 14, 30, 90];
const USUAL_DURATION: u32 = 7;

/// The page in this language, with a form that offers these viewers.
pub fn render(language: Language, offers: &[Offer]) -> String {
    let texts = Texts::of(language);
    let mut html = String::with_capacity(TEMPLATE.len() * 2);
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        html.push_str(before);
        let Some((name, after)) = after.split_once("}}") else { break };
        html.push_str(&match name {
            "lang" => language.tag().to_owned(),
            "version" => version().to_owned(),
            "texts" => data_island(texts),
            "viewers" => viewers(texts, offers),
            "durations" => durations(texts),
            // A test has every name of the template found.
            name => texts.named(name).map(escape).unwrap_or_default(),
        });
        rest = after;
    }
    html.push_str(rest);
    html
}

/// The texts as JSON inside a `script` element, where only `<` could end it (HTML §4.12.1.3), and `&`
/// means nothing.
fn data_island(texts: &Texts) -> String {
    // A structure of texts always has a JSON form.
    serde_json::to_string(texts).unwrap_or_default().replace('<', "\\u003c")
}

fn viewers(texts: &Texts, offers: &[Offer]) -> String {
    let option = |offer: &Offer| {
        let name = match offer.share_type {
            ShareType::MeddreamInstantLink => texts.meddream_instant,
            _ => offer.name,
        };
        format!(
            "<option value=\"{value}\" data-needs=\"{needs}\" data-anonymized=\"{anonymized}\">{name}</option>",
            value = escape(offer.share_type.name()),
            needs = escape(offer.needs),
            anonymized = offer.anonymized,
            name = escape(name),
        )
    };
    match offers {
        [] => format!("<option value=\"\">{}</option>", escape(texts.no_viewer)),
        offers => offers.iter().map(option).collect(),
    }
}

fn durations(texts: &Texts) -> String {
    let days = DURATIONS.iter().map(|days| {
        let text = match days {
            1 => texts.one_day.to_owned(),
            days => texts.days.replace("{count}", &days.to_string()),
        };
        let selected = if *days == USUAL_DURATION { " selected" } else { "" };
        format!("<option value=\"{days}\"{selected}>{}</option>", escape(&text))
    });
    let others = [("date", texts.until_date), ("", texts.no_end)];
    let others = others.map(|(value, text)| format!("<option value=\"{value}\">{}</option>", escape(text)));
    days.chain(others).collect()
}

/// Texts are written plainly; here they become HTML, inside elements or quoted attributes.
fn escape(text: &str) -> String {
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
mod tests {
    use super::*;
    use crate::assets::FILES;

    const OFFER: Offer = Offer {
        share_type: ShareType::StoneViewerPublication,
        name: "<Stone> & \"Co\"",
        needs: "dicom-uid",
        anonymized: true,
    };

    fn every_page() -> impl Iterator<Item = (Language, String)> {
        Language::ALL.into_iter().map(|language| (language, render(language, &[OFFER])))
    }

    #[test]
    fn every_name_of_the_template_is_a_text() {
        let names: Vec<&str> =
            TEMPLATE.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0).collect();
        assert!(names.len() > 50);
        for name in names {
            let is_made = ["lang", "version", "texts", "viewers", "durations"].contains(&name);
            assert!(is_made || Texts::of(Language::English).named(name).is_some(), "{name}");
        }
    }

    /// And none is written for nothing.
    #[test]
    fn every_text_is_used_and_every_text_that_a_script_uses_is_there() {
        let own = ["meddream_instant", "no_viewer", "one_day", "days", "until_date", "no_end"];
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut used: Vec<String> = own.map(str::to_owned).to_vec();
        used.extend(TEMPLATE.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0.to_owned()));
        for (file, asset) in FILES.iter().filter(|(name, _)| name.ends_with(".js")) {
            for (at, _) in asset.body.match_indices("t.") {
                if asset.body[..at].ends_with(|c: char| is_word(c) || c == '.') {
                    continue;
                }
                let name: String = asset.body[at + 2..].chars().take_while(|c| is_word(*c)).collect();
                assert!(Texts::of(Language::English).named(&name).is_some(), "t.{name} in {file}");
                used.push(name);
            }
        }
        for name in Texts::NAMES {
            assert!(used.iter().any(|it| it == name), "{name} is nowhere");
        }
    }

    #[test]
    fn every_page_is_one_well_formed_document() {
        for (language, html) in every_page() {
            assert!(html.starts_with("<!DOCTYPE html>\n"), "{language:?}");
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{language:?}");
            assert!(!html.contains("{{") && !html.contains("}}</"), "{language:?}");
            assert_balanced(&html);
            let ids: Vec<&str> =
                html.split(" id=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
            for (i, id) in ids.iter().enumerate() {
                assert!(!ids[..i].contains(id), "{id} twice");
            }
            for attribute in [" for=\"", "aria-labelledby=\"", "aria-describedby=\"", "aria-controls=\""] {
                for id in html.split(attribute).skip(1).map(|it| it.split('"').next().unwrap()) {
                    assert!(ids.contains(&id), "{attribute}{id}");
                }
            }
        }
    }

    /// Every element that opens closes, in order.
    fn assert_balanced(html: &str) {
        let mut open = Vec::new();
        for tag in html.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0) {
            let name = tag.split([' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if tag.ends_with('/') || ["!DOCTYPE", "meta", "link", "input", "br"].contains(&name) => {
                }
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    /// As the policy wants it: no inline script or style, nothing of another origin.
    #[test]
    fn no_page_holds_or_loads_what_its_policy_forbids() {
        for (language, html) in every_page() {
            let tags: Vec<&str> = html.split('<').map(|tag| tag.split('>').next().unwrap()).collect();
            let scripts: Vec<_> = tags.iter().filter(|tag| tag.starts_with("script")).collect();
            assert_eq!(scripts.len(), 2, "{language:?}");
            assert!(scripts[0].contains("application/json") && scripts[1].contains(" src=\"assets/"));
            for tag in tags {
                for word in [" on", " style=", "http:", "https:", "//", "javascript:"] {
                    assert!(!tag.contains(word), "{word} in <{tag}>");
                }
            }
            for file in ["page.css", "main.js"] {
                assert!(html.contains(&format!("\"assets/{}/{file}\"", version())), "{file}");
            }
        }
    }

    #[test]
    fn what_has_a_meaning_in_html_is_escaped() {
        assert_eq!(escape("<b a=\"1\" c='2'> & é"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt; &amp; é");
        let html = render(Language::English, &[OFFER]);
        assert!(html.contains(">&lt;Stone&gt; &amp; &quot;Co&quot;</option>"), "a viewer's name");
        let island = data_island(Texts::of(Language::French));
        assert!(!island.contains('<'));
        let read: serde_json::Value = serde_json::from_str(&island).unwrap();
        assert_eq!(read["title"], Texts::of(Language::French).title);
    }

    /// What only a script could do is not offered before one runs: it sets the first news itself.
    #[test]
    fn without_a_script_nothing_waits_or_seems_to_work() {
        for (language, html) in every_page() {
            assert!(html.contains(" id=\"new\" aria-haspopup=\"dialog\" disabled>"), "{language:?}");
            let texts = Texts::of(language);
            assert!(!html.contains(&format!(">{}<", texts.loading)), "{language:?}");
            assert!(
                html.contains(&format!("<noscript><p class=\"problem\">{}<", escape(texts.script_needed)))
            );
        }
    }

    #[test]
    fn without_a_viewer_the_form_says_so() {
        let html = render(Language::English, &[]);
        assert!(
            html.contains(&format!("<option value=\"\">{}</option>", Texts::of(Language::English).no_viewer))
        );
        assert_eq!(html.matches(" selected>").count(), 1);
    }
}
