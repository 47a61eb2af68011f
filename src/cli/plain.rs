//! Text of other people, such as names of webhooks and responses of receivers, without what a terminal would obey.

use std::fmt::Write;

/// One line: control characters, line ends and characters that change the direction of text are written as `\u{…}`.
pub(super) fn printable(text: &str) -> String {
    escaped(text, |_| false)
}

/// Several lines: as [`printable`], but line feeds and tabs stay.
pub(super) fn printable_lines(text: &str) -> String {
    escaped(text, |sign| matches!(sign, '\n' | '\t'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        if is_obeyed(sign) && !stays(sign) {
            // Writing to a string cannot fail.
            let _ = write!(plain, "\\u{{{:x}}}", u32::from(sign));
        } else {
            plain.push(sign);
        }
    }
    plain
}

/// JSON of the server with the same value, in which such characters are escapes of JSON. Outside of strings JSON has none but line ends,
/// tabs and blanks, which stay.
pub(super) fn printable_json(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for sign in json.chars() {
        if is_obeyed(sign) && !matches!(sign, '\n' | '\r' | '\t') {
            let mut units = [0; 2];
            for unit in sign.encode_utf16(&mut units) {
                let _ = write!(plain, "\\u{unit:04x}");
            }
        } else {
            plain.push(sign);
        }
    }
    plain
}

/// Control characters (C0, DEL, C1: the beginnings of escape sequences in ECMA-48), separators of lines, and marks and embeddings of
/// direction (UAX #9), which make text look different from what it is.
fn is_obeyed(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        for (text, plain) in [
            ("Billing – é ☃ 😀", "Billing – é ☃ 😀"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
            ("\u{7f}\u{7}\0", "\\u{7f}\\u{7}\\u{0}"),
            ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
        ] {
            assert_eq!(printable(text), plain);
        }
        assert_eq!(printable_lines("a\n\tb\u{1b}]0;x\u{7}"), "a\n\tb\\u{1b}]0;x\\u{7}");
        let json = "{\"a\": \"\u{9b}x\u{202e}\",\n \"b\": 1}";
        let plain = printable_json(json);
        assert_eq!(plain, "{\"a\": \"\\u009bx\\u202e\",\n \"b\": 1}");
        let (one, other): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(json).unwrap(), serde_json::from_str(&plain).unwrap());
        assert_eq!(one, other);
    }
}
