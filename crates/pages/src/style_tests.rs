//! The style's promises, computed from `page.css` itself: contrast in light and dark, sizes that
//! follow the reader's setting.

use crate::page::STYLE;

/// Text and what it stands on: WCAG 2.2 §1.4.3 asks 4.5 of them (§1.4.11 only 3 of the icon).
const PAIRS: [(&str, &str); 8] = [
    ("--text", "--page"),
    ("--text", "--card"),
    ("--text", "--tint"),
    ("--soft", "--card"),
    ("--accent", "--card"),
    ("--accent", "--tint"),
    ("--wrong", "--card"),
    // The button's letters.
    ("--card", "--accent"),
];

#[test]
fn contrast_is_enough_in_light_and_dark() {
    let (light, dark) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let dark = dark.split("\n}").next().unwrap();
    for (name, scheme) in [("light", light), ("dark", dark)] {
        for (front, back) in PAIRS {
            let contrast = contrast(colour(scheme, front), colour(scheme, back));
            assert!(contrast >= 4.5, "{front} on {back} in {name}: {contrast:.2}");
        }
    }
}

#[test]
fn letters_grow_with_the_readers_setting() {
    let sizes: Vec<&str> = STYLE.lines().filter_map(|line| line.trim().strip_prefix("font-size:")).collect();
    assert!(!sizes.is_empty());
    for size in sizes {
        assert!(size.contains("rem") && !size.contains("px"), "{size}");
    }
}

#[test]
fn the_style_is_read_as_it_is_hashed() {
    // Parsers turn CR into LF before they hash, and `<` could end the element.
    assert!(!STYLE.contains(['\r', '<', '\0']));
    assert!(STYLE.contains("color-scheme: light dark;"));
}

/// The red, green and blue of `name: #rrggbb;`, 0 to 255.
fn colour(scheme: &str, name: &str) -> [u8; 3] {
    let value = scheme.split_once(&format!("{name}: #")).expect(name).1;
    [0, 2, 4].map(|at| u8::from_str_radix(&value[at..at + 2], 16).unwrap())
}

/// WCAG 2.2's contrast ratio, 1 to 21.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// WCAG 2.2's relative luminance of an sRGB colour.
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 1e-9);
    assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
}
