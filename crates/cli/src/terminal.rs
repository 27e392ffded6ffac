//! Makes text of others harmless to a terminal: labels and ids are anybody's text, and a terminal takes
//! some characters for commands (ECMA-48), or shows what follows them in another order (UAX #9).

use std::fmt::Write;

/// Whether a terminal would do something else with it than show it.
fn is_harmful(character: char) -> bool {
    // C0, DEL and C1; then marks of direction, separators of lines, and tags, which nobody sees.
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text on one line, with such characters spelled as Rust spells them: `\u{1b}`.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            cleaned.extend(character.escape_unicode());
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}

/// The same JSON text, with such characters spelled as JSON spells them: `\u009b`. They can stand only in
/// its strings, so that it means what it did. White space between its tokens stays.
pub fn clean_json(json: &str) -> String {
    let mut cleaned = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmful(character) && !matches!(character, '\n' | '\r' | '\t') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(cleaned, "\\u{unit:04x}");
            }
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn what_moves_the_cursor_is_spelled_out() {
        for (text, expected) in [
            ("Röntgen 漢字 👩‍⚕️", "Röntgen 漢字 👩‍⚕️"),
            ("\u{1b}]0;owned\u{7}", "\\u{1b}]0;owned\\u{7}"),
            ("a\r\nb\tc", "a\\u{d}\\u{a}b\\u{9}c"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn json_stays_on_its_lines() {
        assert_eq!(
            clean_json("{\n  \"a\": \"\u{9b}\u{e0041}\"\n}"),
            "{\n  \"a\": \"\\u009b\\udb40\\udc41\"\n}"
        );
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text: String) {
            prop_assert!(!clean(&text).chars().any(is_harmful));
        }

        #[test]
        fn json_means_the_same(text: String) {
            let value = json!({"label": text});
            let cleaned = clean_json(&value.to_string());
            prop_assert!(!cleaned.chars().any(is_harmful));
            prop_assert_eq!(serde_json::from_str::<Value>(&cleaned).unwrap(), value);
        }
    }
}
