//! All sentences of the pages: one file a language, of the same shape in each.
//!
//! For translators: plain words, the polite form, as a hospital would write to a patient; no HTML.
//! In `date`, `{day}`, `{month}`, `{year}`, `{hour}` and `{minute}` stay as they are; the offset
//! from UTC is put after it. So does `{left}`, the number of attempts that are left.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod nl;
mod pt;

use crate::Language;

/// Everything that a page says, in one language.
pub(crate) struct Texts {
    /// What the pages are about; stands above the heading and in the title.
    pub subject: &'static str,
    /// The heading of the advice.
    pub what_you_can_do: &'static str,
    /// Above the date from which the link works.
    pub valid_from: &'static str,
    /// Above the date until which the link worked.
    pub valid_until: &'static str,
    /// How a date and time is written.
    pub date: &'static str,
    /// The day number of the first of a month.
    pub first_day: &'static str,
    /// January to December, as they stand inside a date.
    pub months: [&'static str; 12],
    pub missing_token: Message,
    pub invalid: Message,
    pub not_yet_valid: Message,
    pub expired: Message,
    pub revoked: Message,
    pub used_up: Message,
    pub locked: Message,
    pub viewer_unavailable: Message,
    pub viewer_timeout: Message,
    pub unavailable: Message,
    pub misconfigured: Message,
    pub not_found: Message,
    pub method_not_allowed: Message,
    pub opening: Opening,
}

/// What one page says.
pub(crate) struct Message {
    /// The heading, also the window's title.
    pub title: &'static str,
    /// What happened.
    pub what: &'static str,
    /// What the reader can do; reads well with and without a date above it.
    pub advice: &'static str,
}

/// What the page says on which a share is opened that asks for a code, or counts its openings.
pub(crate) struct Opening {
    /// For a share with a code.
    pub with_code: Message,
    /// For one without.
    pub without_code: Message,
    /// Where the openings are counted: what the reader should know before the button is pressed.
    pub counted: &'static str,
    /// The name of the field.
    pub code: &'static str,
    /// On the button.
    pub open: &'static str,
    /// Above the field, when it was empty.
    pub missing_code: &'static str,
    /// Above the field, when the code was another one.
    pub wrong_code: &'static str,
    /// After that: `{left}` stays as it is; the sentence suits every number from 1 on.
    pub attempts_left: &'static str,
}

impl Texts {
    pub(crate) const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::French => &fr::TEXTS,
            Language::German => &de::TEXTS,
            Language::Dutch => &nl::TEXTS,
            Language::Spanish => &es::TEXTS,
            Language::Italian => &it::TEXTS,
            Language::Portuguese => &pt::TEXTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Notice;
    use model::Moment;

    /// Every sentence of a language, in a fixed order.
    fn sentences(texts: &Texts) -> Vec<&str> {
        let general = [texts.subject, texts.what_you_can_do, texts.valid_from, texts.valid_until];
        let messages = Notice::all(Moment::from_unix_seconds(0)).map(|notice| {
            let message = notice.message(texts);
            [message.title, message.what, message.advice]
        });
        let Opening { with_code, without_code, .. } = &texts.opening;
        let pages = [with_code, without_code].map(|message| [message.title, message.what, message.advice]);
        let opening = &texts.opening;
        let form = [
            opening.counted,
            opening.code,
            opening.open,
            opening.missing_code,
            opening.wrong_code,
            opening.attempts_left,
        ];
        let messages = messages.into_iter().chain(pages).flatten();
        general.into_iter().chain(messages).chain(form).collect()
    }

    #[test]
    fn every_text_is_there_and_in_its_own_language() {
        for (i, language) in Language::ALL.into_iter().enumerate() {
            let own = sentences(Texts::of(language));
            for text in &own {
                assert!(!text.is_empty() && text.trim() == *text, "{text:?} in {language:?}");
                // Runs of spaces are slips; straight apostrophes and quotes are not typography.
                assert!(!text.contains("  ") && !text.contains(['\'', '"', '\n']), "{text:?}");
            }
            for other in &Language::ALL[..i] {
                for (a, b) in own.iter().zip(sentences(Texts::of(*other))) {
                    // The one word that some of them share.
                    assert!(*a != b || ["Code", "Código"].contains(a), "{a:?} {language:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn titles_are_headings_and_the_rest_are_sentences() {
        for texts in Language::ALL.map(Texts::of) {
            let mut titles = Vec::new();
            for notice in Notice::all(Moment::from_unix_seconds(0)) {
                let message = notice.message(texts);
                assert!(!message.title.ends_with('.') && message.title.chars().count() <= 60);
                assert!(message.what.ends_with('.') && message.advice.ends_with('.'), "{}", message.title);
                titles.push(message.title);
            }
            titles.extend([texts.opening.with_code.title, texts.opening.without_code.title]);
            titles.dedup();
            assert_eq!(titles.len(), 15, "one title for each kind of page: {titles:?}");
        }
    }

    #[test]
    fn a_form_says_what_is_wrong_and_how_many_attempts_are_left() {
        for texts in Language::ALL.map(Texts::of) {
            let Opening { with_code, without_code, .. } = &texts.opening;
            for message in [with_code, without_code] {
                assert!(!message.title.ends_with('.') && message.title.chars().count() <= 60);
                assert!(message.what.ends_with('.') && message.advice.ends_with('.'), "{}", message.title);
            }
            let opening = &texts.opening;
            for sentence in [opening.counted, opening.missing_code, opening.wrong_code, opening.attempts_left]
            {
                assert!(sentence.ends_with('.'), "{sentence}");
            }
            assert_eq!(opening.attempts_left.matches("{left}").count(), 1);
            assert!(!opening.open.ends_with('.') && opening.open.chars().count() <= 20);
        }
    }

    #[test]
    fn dates_are_complete() {
        for texts in Language::ALL.map(Texts::of) {
            for place in ["{day}", "{month}", "{year}", "{hour}", "{minute}"] {
                assert_eq!(texts.date.matches(place).count(), 1, "{place} in {}", texts.date);
            }
            let mut months = texts.months.to_vec();
            months.sort_unstable();
            months.dedup();
            assert!(months.len() == 12 && !months.contains(&""));
            assert!(texts.first_day.starts_with('1'));
        }
    }
}
