//! What files say in words.

/// What is longer is no text that a person wrote.
pub(super) const LONGEST_VALUE: usize = 64 << 10;

/// Letters as UTF-8, or else as Latin-1, whose bytes are the first Unicode letters: older programs write it.
pub(super) fn text(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// What comes before the first zero.
pub(super) fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Without blanks around it; nothing if nothing is left, or something that is no letter.
pub(super) fn readable(text: &str) -> Option<String> {
    let text = text.trim();
    let is_odd = |letter: char| letter.is_control() && !letter.is_whitespace();
    (!text.is_empty() && !text.contains(is_odd)).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_a_zero_and_may_be_latin() {
        assert_eq!(text(until_zero(b"a\xc2\xb5m\0rest")), "aµm");
        assert_eq!(text(until_zero(b"a\xb5m")), "aµm");
        assert_eq!(until_zero(b""), b"");
    }

    #[test]
    fn only_what_can_be_read_is_readable() {
        assert_eq!(readable(" two\nlines\r\n").as_deref(), Some("two\nlines"));
        assert_eq!((readable(" "), readable("a\x01")), (None, None));
    }
}
