//! A link as a QR code of half blocks: two modules in one character.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::failure::Failure;

/// A code that is ready to be printed.
pub struct Drawing {
    /// Its lines.
    pub text: String,
    /// How many columns of the terminal it takes, with its quiet zone (ISO/IEC 18004 §6.3.8).
    pub columns: usize,
}

/// Draws it. A screen does not get dirty: the lowest level of error correction makes the smallest code.
///
/// Light modules are drawn, dark ones left out, as a terminal with a dark background needs it; with
/// `colours` it says white and black itself, and so is right on every background.
pub fn draw(link: &str, colours: bool) -> Result<Drawing, Failure> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L).map_err(|_| Failure::TooLongForQr)?;
    let drawn = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .quiet_zone(true)
        .build();
    let columns = drawn.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let text = if colours {
        // SGR: bright white on black, and back to the terminal's own.
        drawn.lines().map(|line| format!("\u{1b}[97;40m{line}\u{1b}[0m\n")).collect()
    } else {
        drawn + "\n"
    };
    Ok(Drawing { text, columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads it as a phone would: light where something is drawn.
    fn read(text: &str) -> String {
        const SCALE: usize = 4;
        let rows: Vec<Vec<(bool, bool)>> = text
            .lines()
            .map(|line| {
                let halves = |character| match character {
                    ' ' => (false, false),
                    '▀' => (true, false),
                    '▄' => (false, true),
                    '█' => (true, true),
                    other => panic!("{other:?} is no half block"),
                };
                line.chars().map(halves).collect()
            })
            .collect();
        let light = |x: usize, y: usize| {
            let (upper, lower) = rows[y / 2][x];
            if y.is_multiple_of(2) { upper } else { lower }
        };
        let (width, height) = (rows[0].len() * SCALE, rows.len() * 2 * SCALE);
        let pixel = |x: usize, y: usize| if light(x / SCALE, y / SCALE) { 255 } else { 0 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
        image.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn what_is_drawn_reads_back() {
        for link in [
            "http://localhost/welcome/s/AbC",
            &format!("https://a.example/welcome/?token={}", "x.y-z_".repeat(90)),
        ] {
            let plain = draw(link, false).unwrap();
            assert_eq!(read(&plain.text), link);
            assert!(plain.text.lines().all(|line| line.chars().count() == plain.columns));
            let coloured = draw(link, true).unwrap();
            let stripped = coloured.text.replace("\u{1b}[97;40m", "").replace("\u{1b}[0m", "");
            assert_eq!((stripped, coloured.columns), (plain.text, plain.columns));
        }
    }

    #[test]
    fn a_link_that_does_not_fit_is_refused() {
        assert!(draw(&"x".repeat(2953), false).is_ok());
        assert!(matches!(draw(&"x".repeat(2954), false), Err(Failure::TooLongForQr)));
    }
}
