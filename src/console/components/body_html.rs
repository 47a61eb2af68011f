//! The HTML of a body in `<pre>`. Names of JSON members are marked, so that they can have a colour of their own.

use crate::console::{
    components::unseen::written_out_html,
    raw_text::{first_line_feed, in_preformatted},
};

/// The longest text in which names are marked, in bytes. Each mark costs the browser an element.
const MARKED_MAX: usize = 64 * 1_024;

/// The text of a formatted body. Invisible characters are written out.
pub(in crate::console) fn formatted_html(text: &str) -> String {
    format!("{}{}", first_line_feed(text), marked(text, written_out_html))
}

/// The text of a body as it was sent, of which the browser restores each character.
pub(in crate::console) fn raw_html(text: &str) -> String {
    format!("{}{}", first_line_feed(text), marked(text, in_preformatted))
}

/// The HTML of the text, in which names of members are marked. What only looks like JSON, or is cut off, may have marks as well: they change
/// nothing but the colour.
fn marked(text: &str, html_of: fn(&str) -> String) -> String {
    if text.len() > MARKED_MAX || !text.trim_start().starts_with(['{', '[']) {
        return html_of(text);
    }
    let mut html = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let Some(length) = string_length(&rest[start..]) else { break };
        let end = start + length;
        if rest[end..].trim_start().starts_with(':') {
            html.push_str(&html_of(&rest[..start]));
            html.push_str("<span class=\"json-name\">");
            html.push_str(&html_of(&rest[start..end]));
            html.push_str("</span>");
        } else {
            html.push_str(&html_of(&rest[..end]));
        }
        rest = &rest[end..];
    }
    html.push_str(&html_of(rest));
    html
}

/// The length of the string with which the text begins, in bytes and with both quotes. `None` if the string does not end.
fn string_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_members_are_marked_and_values_are_not() {
        let name = |text: &str| format!("<span class=\"json-name\">{text}</span>");
        let text = "{\n  \"a\": \"b\",\n  \"é \\\" <x>\" : [\"c\", 1]\n}";
        let expected = format!(
            "{{\n  {}: \"b\",\n  {} : [\"c\", 1]\n}}",
            name("\"a\""),
            name("\"é \\\" &lt;x&gt;\"")
        );
        assert_eq!(formatted_html(text), expected);
        assert_eq!(raw_html(text), expected);
        // What is cut off is shown to its end.
        assert_eq!(raw_html("{\"a\": \"b"), format!("{{{}: \"b", name("\"a\"")));
        assert_eq!(raw_html("{\"a\\"), "{\"a\\");
        // No JSON, and too long.
        assert_eq!(raw_html("say \"a\": <b>"), "say \"a\": &lt;b&gt;");
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(MARKED_MAX));
        assert_eq!(raw_html(&long), long);
    }

    #[test]
    fn characters_stay_or_are_written_out() {
        assert_eq!(
            raw_html("\n{\"a\"\n:\r\n1}"),
            "\n\n{<span class=\"json-name\">\"a\"</span>\n:&#13;\n1}"
        );
        let html = formatted_html("{\"\u{202e}a\": \"\u{7}\"}");
        assert!(
            html.contains("json-name\">\"<span class=\"unseen\" title=\"U+202E\">\\u{202E}</span>a\"</span>: \"<span"),
            "{html}"
        );
        assert!(!html.contains(['\u{202e}', '\u{7}']), "{html}");
    }
}
