//! Escaping for the text of `<title>`, `<textarea>` and `<pre>` that is written as HTML. leptos writes the content of the first two without
//! escaping, so that a text with `</textarea>` would end the element, and of the last one without what a browser would drop or change.

/// Escapes the text of `<title>` or `<textarea>`, in which only character references are interpreted (HTML, "escapable raw text elements").
pub fn raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The HTML for the text of `<pre>`, from which the browser restores each character: it drops an unescaped line feed at the beginning, and reads an
/// unescaped carriage return as a line feed. NUL cannot be represented in HTML.
pub fn preformatted(text: &str) -> String {
    format!("{}{}", first_line_feed(text), in_preformatted(text))
}

/// What stands before the HTML of this text in `<pre>`: a line feed, which the browser drops, if the text begins with one.
pub fn first_line_feed(text: &str) -> &'static str {
    if text.starts_with('\n') { "\n" } else { "" }
}

/// The HTML for a part of the text of `<pre>`.
pub fn in_preformatted(text: &str) -> String {
    raw_text(text).replace('\r', "&#13;").replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_end_its_textarea() {
        assert_eq!(raw_text("</textarea><b>&amp;"), "&lt;/textarea&gt;&lt;b&gt;&amp;amp;");
    }

    #[test]
    fn preformatted_text_keeps_all_characters() {
        assert_eq!(preformatted("\n a\r\n<b>\t \n"), "\n\n a&#13;\n&lt;b&gt;\t \n");
        assert_eq!(preformatted("\r\n"), "&#13;\n");
    }
}
