//! The last table in docs/performance.md, between two markers.

use anyhow::{Context, Result};

const BEGIN: &str = "<!-- written by `cargo xtask bench --write-docs`: begin -->\n";
const END: &str = "<!-- written by `cargo xtask bench --write-docs`: end -->\n";

/// Replaces what is between the markers.
pub fn write(text: &str) -> Result<()> {
    let file = journeys::repository().join("docs/performance.md");
    let before = std::fs::read_to_string(&file).context("docs/performance.md")?;
    let after = replaced(&before, text).context("docs/performance.md has lost its markers")?;
    std::fs::write(&file, after)?;
    eprintln!("==> docs/performance.md has this run's tables");
    Ok(())
}

fn replaced(document: &str, text: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let document = format!("a\n{BEGIN}old\n{END}z\n");
        let once = replaced(&document, "new\n").unwrap();
        assert_eq!(once, format!("a\n{BEGIN}\nnew\n\n{END}z\n"));
        assert_eq!(replaced(&once, "new").unwrap(), once);
        assert_eq!(replaced("a", "new"), None);
    }

    #[test]
    fn the_document_has_its_markers() {
        let document = std::fs::read_to_string(journeys::repository().join("docs/performance.md")).unwrap();
        assert!(replaced(&document, "").is_some());
    }
}
