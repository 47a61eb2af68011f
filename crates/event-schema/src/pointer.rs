//! JSON pointers (RFC 6901), also as the fragment of a reference.

use std::{borrow::Cow, fmt::Write as _};

/// A token as it is written in a pointer: `~` is `~0`, `/` is `~1`.
pub(crate) fn escape(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(token)
    }
}

/// The token that is written so.
pub(crate) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The pointer with one more token.
pub(crate) fn join(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escape(token))
}

/// A fragment with its percent-encoding undone. None when that gives no UTF-8.
pub(crate) fn decode_fragment(fragment: &str) -> Option<String> {
    if !fragment.contains('%') {
        return Some(fragment.to_owned());
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A pointer as a fragment: what RFC 3986 does not allow there is percent-encoded.
pub(crate) fn encode_fragment(pointer: &str) -> String {
    let mut fragment = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte) {
            fragment.push(char::from(byte));
        } else {
            let _ = write!(fragment, "%{byte:02X}");
        }
    }
    fragment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_fragments_survive_a_round_trip() {
        for token in ["", "a/b", "~", "~1", "é", "100%", "a b", "\u{1f600}", "$defs", "\""] {
            let pointer = join("", token);
            assert_eq!(unescape(pointer.strip_prefix('/').unwrap()), token);
            assert_eq!(decode_fragment(&encode_fragment(&pointer)).unwrap(), pointer);
        }
        assert_eq!(join("/$defs", "a/b~c"), "/$defs/a~1b~0c");
    }

    #[test]
    fn a_broken_percent_encoding_is_no_fragment() {
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode_fragment(broken), None, "{broken}");
        }
    }
}
