//! The languages of the pages, and the choice among them by `Accept-Language`.

use std::cmp::Reverse;

/// A language that the pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, the language of those who ask for none of ours.
    #[default]
    English,
    /// French.
    French,
    /// German.
    German,
    /// Dutch.
    Dutch,
    /// Spanish.
    Spanish,
    /// Italian.
    Italian,
    /// Portuguese as written in Portugal, plain enough for Brazil.
    Portuguese,
}

impl Language {
    /// Every language; among equally welcome ones (`*`) the first is taken.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::French,
        Self::German,
        Self::Dutch,
        Self::Spanish,
        Self::Italian,
        Self::Portuguese,
    ];

    /// Its BCP 47 tag, for `lang` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Dutch => "nl",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Portuguese => "pt",
        }
    }

    /// The language that the reader likes best (RFC 9110 §12.5.4), else English.
    ///
    /// A range asks for its first subtag, as in RFC 4647 §3.4: `fr-CH` finds `fr`. `*` stands for
    /// the languages that no other range names. Among equal weights the first range wins. Malformed
    /// ranges are passed over. Several header lines are one list: join them with commas.
    pub fn negotiate(accept_language: Option<&str>) -> Self {
        let ranges: Vec<Range> =
            accept_language.unwrap_or_default().split(',').filter_map(Range::parse).collect();
        Self::ALL
            .into_iter()
            .enumerate()
            .filter_map(|(place, language)| {
                let (weight, order) = language.weight(&ranges)?;
                (weight > 0).then_some((weight, order, Reverse(place), language))
            })
            .max_by_key(|(weight, order, place, _)| (*weight, *order, *place))
            .map_or_else(Self::default, |(.., language)| language)
    }

    /// How welcome it is, and since which range; `None` if no range speaks of it.
    fn weight(self, ranges: &[Range]) -> Option<(u16, Reverse<usize>)> {
        let best = |named: &dyn Fn(&Range) -> bool| {
            let found = ranges.iter().enumerate().filter(|(_, range)| named(range));
            found.map(|(order, range)| (range.weight, Reverse(order))).max()
        };
        best(&|range| range.names(self)).or_else(|| best(&|range| range.primary == "*"))
    }
}

/// One element of the list: a language range and its weight in thousandths.
struct Range<'a> {
    primary: &'a str,
    has_subtags: bool,
    weight: u16,
}

impl<'a> Range<'a> {
    fn parse(element: &'a str) -> Option<Self> {
        let (range, weight) = match element.split_once(';') {
            Some((range, parameter)) => (range, weight(trim(parameter))?),
            None => (element, 1000),
        };
        let mut subtags = trim(range).split('-');
        let primary = subtags.next()?;
        let mut has_subtags = false;
        for subtag in subtags {
            has_subtags = true;
            if !is_subtag(subtag, u8::is_ascii_alphanumeric) {
                return None;
            }
        }
        let well_formed = is_subtag(primary, u8::is_ascii_alphabetic) || (primary == "*" && !has_subtags);
        well_formed.then_some(Self { primary, has_subtags, weight })
    }

    /// `fr` and `fr-CH` name French. `fr-CH;q=0` does not: it declines a variety, not the language.
    fn names(&self, language: Language) -> bool {
        self.primary.eq_ignore_ascii_case(language.tag()) && !(self.has_subtags && self.weight == 0)
    }
}

fn is_subtag(text: &str, allowed: fn(&u8) -> bool) -> bool {
    (1..=8).contains(&text.len()) && text.as_bytes().iter().all(allowed)
}

/// `q=` and a qvalue (RFC 9110 §12.4.2): 0 to 1 with at most three digits after the point.
fn weight(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix(['q', 'Q'])?.strip_prefix('=')?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// Optional white space is space and tab, no other (RFC 9110 §5.6.3).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_best_liked_language_is_taken() {
        let cases = [
            ("fr", "fr"),
            ("DE-at", "de"),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
            ("nl-BE,nl;q=0.9,fr-BE;q=0.8,fr;q=0.7,en;q=0.6", "nl"),
            ("en;q=0.2, it;q=0.3", "it"),
            ("en;q=0.12, it;q=0.121", "it"),
            ("es;Q=0.5\t;", "en"),
            ("es ;\tQ=0.5 ,en;q=0.4", "es"),
            ("pt-BR", "pt"),
            ("zh-Hant-TW, pt;q=0.1", "pt"),
            // Equal weights: the first.
            ("de, fr", "de"),
            ("fr;q=0.5, de;q=0.5", "fr"),
            ("de;q=0.5, fr, de-CH", "fr"),
            // Wildcards stand for what is not named.
            ("*", "en"),
            ("da, *;q=0.5", "en"),
            ("de;q=0.5, *", "en"),
            ("de;q=0.5, *;q=0.4", "de"),
            ("en;q=0, *", "fr"),
            ("en;q=0, fr;q=0.0, *;q=0.1", "de"),
            ("*;q=0, nl;q=0.001", "nl"),
            // Refusals.
            ("fr;q=0, de;q=0.1", "de"),
            ("fr-CH;q=0, fr;q=0.3", "fr"),
            ("en-US;q=0, *;q=0.5", "en"),
            ("fr;q=0", "en"),
            // Nothing of ours, or nothing readable.
            ("", "en"),
            ("ja, ko;q=0.9", "en"),
            ("fry", "en"),
            ("f", "en"),
            (",, ,de", "de"),
            ("fr;q=1.001, de;q=0.1", "de"),
            ("fr;q=0.1234, de;q=0.1", "de"),
            ("fr;q=-1, fr;q=, fr;q, fr;level=1, de;q=0.1", "de"),
            ("fr;q=2, it;q=.5, de;q=0.", "en"),
            ("fr;q=0.5;q=0.9, de;q=0.1", "de"),
            ("fr_CH, fr-, -fr, fr--CH, fr-toolongsubtag, *-CH, f r, de;q=0.1", "de"),
            ("fr;q=1.000", "fr"),
            ("fr\u{a0}, де, \u{1F1EB}\u{1F1F7}", "en"),
        ];
        for (header, tag) in cases {
            assert_eq!(Language::negotiate(Some(header)).tag(), tag, "{header:?}");
        }
        assert_eq!(Language::negotiate(None), Language::English);
    }

    proptest! {
        #[test]
        fn any_header_gives_a_language(header in "\\PC*") {
            Language::negotiate(Some(&header));
        }

        #[test]
        fn list_like_headers_give_a_language_that_is_not_declined(
            header in "((en|fr|de|nl|es|it|pt|\\*|ja)(-[A-Z]{2})?(;q=[01](\\.[0-9]{0,3})?)?, ?){0,8}it"
        ) {
            // Italian stands last with full weight: whatever is taken is worth as much.
            let taken = Language::negotiate(Some(&header));
            let ranges: Vec<Range> = header.split(',').filter_map(Range::parse).collect();
            prop_assert_eq!(taken.weight(&ranges).map(|(weight, _)| weight), Some(1000));
        }
    }
}
