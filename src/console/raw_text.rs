//! The text of `<title>` and `<textarea>`: leptos writes it into the document as it is, so whoever wrote `</textarea>` would be out of it.

/// Escapes a text that stands between the tags of `<title>` or `<textarea>`, where only references to characters are read (HTML,
/// "escapable raw text elements").
pub fn raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element() {
        assert_eq!(raw_text("</textarea><b>&amp;"), "&lt;/textarea&gt;&lt;b&gt;&amp;amp;");
    }
}
