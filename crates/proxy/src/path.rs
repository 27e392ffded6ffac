//! A client's path, decoded once and cut into segments of a small alphabet. What a legitimate viewer has no
//! reason to send (`..`, `%2e`, an encoded slash, `//`, `;`, a control character) is no path at all.

/// No route is longer: five UIDs and some words.
const MAX_PATH: usize = 1024;
const MAX_SEGMENT: usize = 128;

/// The segments of a path, and whether a slash came after the last one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub segments: Vec<String>,
    pub ends_with_slash: bool,
}

impl Path {
    /// Cuts a path that begins with a slash; none if it is refused.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix('/').filter(|_| path.len() <= MAX_PATH)?;
        let (rest, ends_with_slash) = rest.strip_suffix('/').map_or((rest, false), |rest| (rest, true));
        let segments = rest.split('/').map(segment).collect::<Option<_>>()?;
        Some(Self { segments, ends_with_slash })
    }
}

fn segment(raw: &str) -> Option<String> {
    let mut decoded = String::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let code = digit(bytes.next())? << 4 | digit(bytes.next())?;
            // A dot has no reason to be encoded but one.
            let decoded_char = char::from_u32(code).filter(|&c| is_plain(c) && c != '.')?;
            decoded.push(decoded_char);
        } else {
            decoded.push(Some(char::from(byte)).filter(|&c| is_plain(c))?);
        }
    }
    let fits =
        (1..=MAX_SEGMENT).contains(&decoded.len()) && !decoded.starts_with('.') && !decoded.contains("..");
    fits.then_some(decoded)
}

/// A slash, a percent sign (which would be decoded twice) and every other sign of a grammar are not.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_paths() {
        let segments = |path: &str| Path::parse(path).map(|path| path.segments.join("|"));
        assert_eq!(segments("/studies/a-b").as_deref(), Some("studies|a-b"));
        assert_eq!(segments("/%73tudies/a").as_deref(), Some("studies|a"));
        assert!(Path::parse("/a/").unwrap().ends_with_slash);
        for bad in [
            "",
            "studies",
            "/",
            "//",
            "//studies",
            "/a//b",
            "/a/../b",
            "/a/..",
            "/./a",
            "/a/%2e%2e/b",
            "/a/%2E./b",
            "/a/..%2fb",
            "/a%2fb",
            "/a%252fb",
            "/a;x",
            "/a%3bx",
            "/a%00",
            "/a\0",
            "/a\\..\\b",
            "/a%5cb",
            "/a b",
            "/a%20b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/ä",
            "/%c3%a4",
            "/a?b",
            "/a#b",
            "/.hidden",
            "/a../b",
            "/a:b",
            "/a@b",
            "/a&b",
            "/%ff",
            "/a/%",
            &format!("/{}", "a".repeat(129)),
            &"/a".repeat(600),
        ] {
            assert_eq!(Path::parse(bad), None, "{bad}");
        }
    }
}
