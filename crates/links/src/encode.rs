//! Percent-encoding of what goes into a query: everything but RFC 3986's unreserved characters.

/// The text, encoded.
pub(crate) fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 0xF)]));
        }
    }
    encoded
}

/// Each text encoded, joined by commas that are not.
pub(crate) fn encode_list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let encoded: Vec<String> = texts.into_iter().map(encode).collect();
    encoded.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("1.2-a_b~"), "1.2-a_b~");
        assert_eq!(encode("a/../b?c#d&e=f,é\n%"), "a%2F..%2Fb%3Fc%23d%26e%3Df%2C%C3%A9%0A%25");
        assert_eq!(encode_list(["1.2", "a,b"]), "1.2,a%2Cb");
    }
}
