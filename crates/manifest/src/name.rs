//! The identifiers of a manifest: kebab-case for components, snake_case for variables.
//! The grammar is Spin's (component-model words between delimiters); problems come without the name.

/// A component's id or a plain dependency's name: `share-landing`, `API`.
pub(crate) fn check_kebab(id: &str) -> Result<(), &'static str> {
    if words(id, '-', false) {
        Ok(())
    } else {
        Err("must be kebab-case: words of ASCII letters and digits, each with a letter first, between '-'")
    }
}

/// A variable's name: `secret_key`.
pub(crate) fn check_variable(name: &str) -> Result<(), &'static str> {
    if words(name, '_', true) {
        Ok(())
    } else {
        Err(
            "must be lower snake_case: words of ASCII letters and digits, each with a letter first, between '_'",
        )
    }
}

/// A key-value store's label: kebab-case or snake_case.
pub(crate) fn check_label(label: &str) -> Result<(), &'static str> {
    if words(label, '-', false) || words(label, '_', false) {
        Ok(())
    } else {
        Err("must be kebab-case or snake_case")
    }
}

/// Each word starts with a letter and keeps that letter's case.
fn words(text: &str, delimiter: char, lower: bool) -> bool {
    text.split(delimiter).all(|word| {
        let Some(&first) = word.as_bytes().first() else { return false };
        let same_case = |b: &u8| match first.is_ascii_uppercase() {
            true => b.is_ascii_uppercase() || b.is_ascii_digit(),
            false => b.is_ascii_lowercase() || b.is_ascii_digit(),
        };
        first.is_ascii_alphabetic()
            && word.as_bytes().iter().all(same_case)
            && !(lower && first.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_follow_spin() {
        for (text, kebab, variable, label) in [
            ("validate", true, true, true),
            ("share-landing", true, false, true),
            ("secret_key", false, true, true),
            ("API-v2", true, false, true),
            ("API", true, false, true),
            ("Api", false, false, false),
            ("a1b2", true, true, true),
            ("a_1", false, false, false),
            ("1a", false, false, false),
            ("a--b", false, false, false),
            ("a_b-c", false, false, false),
            ("_a", false, false, false),
            ("", false, false, false),
            ("é", false, false, false),
        ] {
            assert_eq!(check_kebab(text).is_ok(), kebab, "kebab {text:?}");
            assert_eq!(check_variable(text).is_ok(), variable, "variable {text:?}");
            assert_eq!(check_label(text).is_ok(), label, "label {text:?}");
        }
    }
}
