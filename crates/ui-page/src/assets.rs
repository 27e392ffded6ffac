//! The page's style and scripts. Their address holds a hash of all of them, so that a browser may keep
//! them for good, and a new release is never mixed with the files of the one before.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A file of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its media type.
    pub content_type: &'static str,
    /// What is in it.
    pub body: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file, by its name.
pub(crate) const FILES: [(&str, Asset); 12] = [
    ("page.css", Asset { content_type: CSS, body: include_str!("../assets/page.css") }),
    ("main.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/main.js") }),
    ("api.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/api.js") }),
    ("create.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/create.js") }),
    ("dom.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/dom.js") }),
    ("form.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/form.js") }),
    ("history.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/history.js") }),
    ("link.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/link.js") }),
    ("list.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/list.js") }),
    ("share.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/share.js") }),
    ("studies.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/studies.js") }),
    ("texts.js", Asset { content_type: JAVASCRIPT, body: include_str!("../assets/texts.js") }),
];

/// 16 hexadecimal digits that change with any of the files. (Of constants only: no request is in it.)
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, asset) in FILES {
        // Lengths keep two neighbours apart.
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        hash.update((asset.body.len() as u64).to_be_bytes());
        hash.update(asset.body);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
});

/// The version of the assets, as it stands in their addresses.
pub fn version() -> &'static str {
    &VERSION
}

/// The file of this version and name.
pub fn asset(wanted: &str, file: &str) -> Option<Asset> {
    let found = FILES.iter().find(|(name, _)| *name == file)?;
    (wanted == version()).then_some(found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_version_and_name_only() {
        let version = version();
        assert!(version.len() == 16 && version.bytes().all(|b| b.is_ascii_hexdigit()), "{version}");
        assert_eq!(asset(version, "page.css").unwrap().content_type, CSS);
        assert_eq!(asset(version, "main.js").unwrap().content_type, JAVASCRIPT);
        for (version, file) in [("0", "main.js"), (version, "page.html"), (version, ""), ("", "main.js")] {
            assert_eq!(asset(version, file), None, "{version} {file}");
        }
    }

    /// What one script imports from another is there: `import … from './x.js'`.
    #[test]
    fn every_file_of_the_folder_is_served_and_every_import_is_one_of_them() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name == "page.html" || asset(version(), &name).is_some(), "{name}");
        }
        for (name, file) in FILES {
            for import in file.body.split(" from './").skip(1).map(|rest| rest.split('\'').next().unwrap()) {
                assert!(asset(version(), import).is_some(), "{name} imports {import}");
            }
        }
    }

    #[test]
    fn scripts_write_no_html_and_fetch_nothing_from_elsewhere() {
        for (name, file) in FILES {
            let words =
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("];
            for word in words.into_iter().chain(["http:", "https:", "@import", "url(", "localStorage"]) {
                assert!(!file.body.contains(word), "{word} in {name}");
            }
            assert!(file.body.lines().count() < 400, "{name}");
        }
    }
}
