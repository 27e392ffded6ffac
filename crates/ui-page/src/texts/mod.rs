//! All sentences of the page: one file a language, of the same shape in each.
//!
//! For translators: plain and short, the polite form; the reader works in a hospital. No HTML. What stands
//! in braces, such as `{count}`, is replaced by the page and stays as it is.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod nl;
mod pt;

use pages::Language;
use serde::Serialize;

/// Declares the texts, and finds them by name for the template.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Everything that the page says, in one language.
        #[derive(Serialize)]
        pub(crate) struct Texts { $($(#[$doc])* pub $name: &'static str,)+ }

        impl Texts {
            /// The text of this name.
            pub(crate) fn named(&self, name: &str) -> Option<&'static str> {
                match name { $(stringify!($name) => Some(self.$name),)+ _ => None }
            }

            /// The name of each text.
            #[cfg(test)]
            pub(crate) const NAMES: &[&str] = &[$(stringify!($name),)+];
        }
    };
}

texts! {
    /// The heading, also the window's title.
    title,
    script_needed,
    /// Button, and the heading of its dialog.
    new_share,
    close,
    cancel,
    loading,
    retry,

    /// Above the field to search by.
    search_by,
    search,
    state,
    /// Of the filter: every state.
    state_any,
    state_upcoming,
    state_active,
    state_expired,
    state_used_up,
    /// After too many wrong codes.
    state_locked,
    state_revoked,
    /// How many are in the list.
    found,
    none_yet,
    none_found,
    load_more,

    /// Column headings.
    share,
    viewer,
    ends,
    openings,
    /// `3 of 5` openings.
    uses_of,
    no_end,
    anonymized,
    with_code,

    studies,
    studies_hint,
    needs_uid,
    needs_orthanc_id,
    no_viewer,
    /// MedDream's link for the next few minutes.
    meddream_instant,
    /// Before a duration.
    valid_for,
    one_day,
    days,
    until_date,
    label,
    label_hint,
    anonymize,
    more_options,
    code,
    code_hint,
    max_uses,
    max_uses_hint,
    own_id,
    own_id_hint,
    short_link,
    create,

    link_ready,
    link_ready_hint,
    short_once,
    code_reminder,
    link,
    copy,
    copied,
    copy_failed,
    qr_show,
    qr_hide,
    qr_alt,
    no_link,

    created,
    valid_from,
    revoked,
    attempts_left,
    share_id,
    level_patient,
    level_study,
    level_series,
    level_instance,

    change,
    save,
    saved,
    history,
    history_none,
    action_create,
    action_open,
    action_validate,
    action_change,
    action_revoke,
    refused,

    revoke,
    revoke_title,
    revoke_text,
    keep,
    revoked_done,

    error_unreachable,
    error_failed,
    error_rejected,
    error_field,
    error_line,
    error_required,
    /// Of a word in the field of studies.
    error_no_study,
    error_gone,
    error_qr,
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

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<_> =
            text.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_text_is_there_with_its_places() {
        for language in Language::ALL {
            let texts = Texts::of(language);
            for name in Texts::NAMES {
                let text = texts.named(name).unwrap();
                assert!(!text.is_empty() && text.trim() == text, "{name} in {language:?}");
                // Runs of spaces are slips; straight apostrophes and quotes are not typography.
                assert!(!text.contains("  ") && !text.contains(['\'', '"', '\n', '<']), "{text:?}");
                let english = Texts::of(Language::English).named(name).unwrap();
                assert_eq!(places(text), places(english), "{name} in {language:?}");
            }
        }
        assert_eq!(Texts::of(Language::English).named("no_such_text"), None);
    }

    #[test]
    fn sentences_are_translated() {
        // Words may be the same in two languages (Link, Status); whole sentences are not.
        for (i, language) in Language::ALL.into_iter().enumerate() {
            for other in &Language::ALL[..i] {
                for name in Texts::NAMES {
                    let (text, theirs) =
                        (Texts::of(language).named(name).unwrap(), Texts::of(*other).named(name).unwrap());
                    assert!(text != theirs || !text.contains(". ") && text.len() < 24, "{name}: {text}");
                }
            }
        }
    }

    #[test]
    fn states_and_actions_are_told_apart() {
        for language in Language::ALL {
            let texts = Texts::of(language);
            for group in ["state_", "action_", "level_"] {
                let mut words: Vec<_> = Texts::NAMES
                    .iter()
                    .filter(|it| it.starts_with(group))
                    .filter_map(|it| texts.named(it))
                    .collect();
                let count = words.len();
                words.sort_unstable();
                words.dedup();
                assert!(count >= 4 && words.len() == count, "{group} in {language:?}");
            }
        }
    }
}
