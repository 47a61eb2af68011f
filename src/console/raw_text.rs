//! The text of `<title>` and `<textarea>`: leptos writes it into the document as it is, so whoever wrote `</textarea>` would be out of it.

/// Escapes a text that stands between the tags of `<title>` or `<textarea>`, where only references to characters are read (HTML,
/// "escapable raw text elements").
pub fn raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The HTML of a text between the tags of `<pre>`, from which a reader of the document gets each character back: a line feed at the
/// beginning would be dropped, and a carriage return read as a line feed. (NUL cannot be written at all.)
pub fn preformatted(text: &str) -> String {
    let first = if text.starts_with('\n') { "\n" } else { "" };
    format!("{first}{}", raw_text(text).replace('\r', "&#13;").replace('\0', "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element() {
        assert_eq!(raw_text("</textarea><b>&amp;"), "&lt;/textarea&gt;&lt;b&gt;&amp;amp;");
    }

    #[test]
    fn preformatted_text_comes_back_whole() {
        assert_eq!(preformatted("\n a\r\n<b>\t \n"), "\n\n a&#13;\n&lt;b&gt;\t \n");
        assert_eq!(preformatted("\r\n"), "&#13;\n");
    }
}
