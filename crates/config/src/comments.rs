//! JSON with comments, as the successor's files of roles and profiles are written, to plain JSON.

/// The text with each `// …` and `/* … */` outside of strings replaced by a space, and without the commas
/// after the last item of lists and objects: the successor's reader (json-with-comments) takes both.
///
/// Nothing else is changed; whether the rest is JSON is for its reader to say.
pub fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        if in_string {
            plain.push(c);
            match c {
                '"' => in_string = false,
                // What follows a backslash does not end the string.
                '\\' => plain.extend(chars.next()),
                _ => {}
            }
            continue;
        }
        match (c, chars.peek()) {
            ('/', Some('/')) => {
                plain.push(' ');
                while chars.next_if(|c| *c != '\n').is_some() {}
            }
            ('/', Some('*')) => {
                plain.push(' ');
                chars.next();
                let mut before = ' ';
                for c in chars.by_ref() {
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            _ => {
                in_string = c == '"';
                // A comma at the end of what was read is no part of a string: that would end with a quote.
                if matches!(c, ']' | '}') && plain.trim_end().ends_with(',') {
                    let comma = plain.trim_end().len() - 1;
                    plain.remove(comma);
                }
                plain.push(c);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_go_and_strings_stay() {
        let cases = [
            ("// \"a\"\n{}", " \n{}"),
            ("{/* a\n* / */}", "{ }"),
            (r#"{"a": "http://x/*y*/", "b": "\"//"} // z"#, r#"{"a": "http://x/*y*/", "b": "\"//"}  "#),
            ("1 / 2 /", "1 / 2 /"),
            ("/*/ a", " "),
            ("[1, 2, ]", "[1, 2 ]"),
            ("{\"a\": [1, // x\n], /* y */ }", "{\"a\": [1  \n]   }"),
            (r#"{"a": ",]", "b": [",", ","]}"#, r#"{"a": ",]", "b": [",", ","]}"#),
            ("[,]", "[]"),
            ("\"\\", "\"\\"),
        ];
        for (text, plain) in cases {
            assert_eq!(without_comments(text), plain);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[/*\"\\\\\na,\\]}]*") {
            prop_assert!(without_comments(&text).len() <= text.len());
        }
    }
}
