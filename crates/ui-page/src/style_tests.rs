//! The style's promises, computed from `page.css` itself: contrast in light and dark, sizes that follow
//! the reader's setting, movement only for who wants it.

use crate::assets::FILES;

/// Text and what it stands on: WCAG 2.2 §1.4.3 asks 4.5 of them.
const TEXTS: [(&str, &str); 20] = [
    ("--text", "--page"),
    ("--text", "--card"),
    ("--text", "--tint"),
    ("--soft", "--page"),
    ("--soft", "--card"),
    ("--soft", "--tint"),
    ("--accent", "--page"),
    ("--accent", "--card"),
    ("--accent", "--tint"),
    ("--on-accent", "--accent"),
    ("--danger", "--card"),
    ("--danger", "--tint"),
    ("--danger", "--danger-tint"),
    ("--text", "--danger-tint"),
    ("--on-danger", "--danger"),
    ("--good", "--good-tint"),
    ("--wait", "--wait-tint"),
    ("--quiet", "--quiet-tint"),
    ("--good", "--card"),
    ("--quiet", "--card"),
];

/// The edges of fields and buttons, and the outline of the focus: §1.4.11 asks 3 of them.
const EDGES: [(&str, &str); 5] = [
    ("--edge", "--card"),
    ("--edge", "--tint"),
    ("--accent", "--page"),
    ("--accent", "--tint"),
    ("--danger", "--card"),
];

fn style() -> &'static str {
    FILES.iter().find(|(name, _)| *name == "page.css").unwrap().1.body
}

#[test]
fn contrast_is_enough_in_light_and_dark() {
    let (light, dark) = style().split_once("@media (prefers-color-scheme: dark)").unwrap();
    let dark = dark.split("\n}").next().unwrap();
    for (name, scheme) in [("light", light), ("dark", dark)] {
        for (pairs, least) in [(&TEXTS[..], 4.5), (&EDGES[..], 3.0)] {
            for (front, back) in pairs {
                let contrast = contrast(colour(scheme, front), colour(scheme, back));
                assert!(contrast >= least, "{front} on {back} in {name}: {contrast:.2}");
            }
        }
    }
}

#[test]
fn letters_grow_with_the_readers_setting() {
    let sizes: Vec<&str> =
        style().split([';', '{', '\n']).filter_map(|part| part.trim().strip_prefix("font-size:")).collect();
    assert!(sizes.len() > 5);
    for size in sizes {
        assert!(size.contains("rem") && !size.contains("px"), "{size}");
    }
}

#[test]
fn nothing_moves_for_those_who_do_not_want_it() {
    let (before, after) = style().split_once("@media (prefers-reduced-motion: no-preference)").unwrap();
    let rest = after.split_once("\n}").unwrap().1;
    for word in ["animation", "transition", "@keyframes", " scroll-behavior"] {
        assert!(!before.contains(word) && !rest.contains(word), "{word}");
    }
    assert!(style().contains(":focus-visible") && !style().contains("outline: none"));
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
