//! Decodes attribute values in HTTP headers (CloudEvents HTTP protocol binding, section 3.1.3.2): quoted strings are unescaped first, then
//! the value is percent-decoded once.

use percent_encoding::percent_decode_str;

/// Error messages for header values.
pub(super) const NOT_ASCII: &str = "Percent-encode characters outside of ASCII as UTF-8, for example é as %C3%A9.";
const OPEN_QUOTE: &str = "The quoted string does not end. Percent-encode quotation marks as %22.";
const BAD_PERCENT: &str = "A % must begin an encoded byte such as %25. Percent-encode the character % itself as %25.";
const NOT_UTF8: &str = "The percent-encoded bytes are not UTF-8.";

/// Decodes a header value. Characters outside of ASCII stay as they are; HTTP does not permit them, other protocols do.
pub(super) fn decode(text: &str) -> Result<String, &'static str> {
    let text = unquoted(text)?;
    if !text.contains('%') {
        return Ok(text);
    }
    if !has_whole_escapes(&text) {
        return Err(BAD_PERCENT);
    }
    let decoded = percent_decode_str(&text).decode_utf8().map_err(|_| NOT_UTF8)?;
    Ok(decoded.into_owned())
}

/// Removes the quotation marks of quoted strings and the backslashes within them (RFC 9110, section 5.6.4).
fn unquoted(text: &str) -> Result<String, &'static str> {
    if !text.contains('"') {
        return Ok(text.to_owned());
    }
    let (mut plain, mut is_quoted, mut characters) = (String::with_capacity(text.len()), false, text.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => plain.push(characters.next().ok_or(OPEN_QUOTE)?),
            _ => plain.push(character),
        }
    }
    if is_quoted { Err(OPEN_QUOTE) } else { Ok(plain) }
}

/// Whether each `%` is followed by two hexadecimal digits.
fn has_whole_escapes(text: &str) -> bool {
    let is_hex = |digit: Option<u8>| digit.is_some_and(|digit| digit.is_ascii_hexdigit());
    text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes();
        is_hex(digits.next()) && is_hex(digits.next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<String, &'static str> {
        let value = http::HeaderValue::from_bytes(bytes).unwrap();
        decode(value.to_str().map_err(|_| NOT_ASCII)?)
    }

    #[test]
    fn encoded_and_quoted_values_are_read() {
        for (value, text) in [
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
            ("Euro%20%e2%82%ac", "Euro €"),
            ("%41%62%7E", "Ab~"),
            ("100%25", "100%"),
            ("%2525", "%25"),
            ("a b", "a b"),
            ("", ""),
            ("\"a b\"", "a b"),
            (r#""a \"quoted\" \\ text""#, r#"a "quoted" \ text"#),
            (r#""a%20\%20b""#, "a  b"),
            (r#"one" two "three"#, "one two three"),
            (r"a\b", r"a\b"),
            (r#""""#, ""),
            ("%22", "\""),
            ("(no comment)", "(no comment)"),
        ] {
            assert_eq!(decoded(value.as_bytes()).as_deref(), Ok(text), "{value}");
        }
    }

    #[test]
    fn invalid_header_value_is_refused() {
        for (value, why) in [
            (&b"%C0%A0"[..], NOT_UTF8),
            (b"%E2%82", NOT_UTF8),
            (b"%ED%A0%80", NOT_UTF8),
            (b"%F4%90%80%80", NOT_UTF8),
            (b"%ff", NOT_UTF8),
            (b"50% off", BAD_PERCENT),
            (b"%", BAD_PERCENT),
            (b"%4", BAD_PERCENT),
            (b"%zz", BAD_PERCENT),
            (b"%%41", BAD_PERCENT),
            (b"\"open", OPEN_QUOTE),
            (b"\"open\\", OPEN_QUOTE),
            ("é".as_bytes(), NOT_ASCII),
            (b"caf\xe9", NOT_ASCII),
        ] {
            assert_eq!(decoded(value), Err(why), "{value:?}");
        }
    }
}
