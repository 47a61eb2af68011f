//! Texts of bounded length.

/// Maximum length of a text in an error, in characters. Names of fields come from the publisher and may have any length.
pub(crate) const TEXT_MAX: usize = 300;

/// A name as a segment of a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

pub(crate) fn cut(text: String) -> String {
    cut_to(text, TEXT_MAX)
}

/// The text, or its beginning with a mark that something is missing. `longest` counts characters.
pub(crate) fn cut_to(mut text: String, longest: usize) -> String {
    if text.chars().nth(longest).is_some() {
        // One character goes to the mark that something is missing.
        let end = text.char_indices().nth(longest - 1).map_or(text.len(), |(place, _)| place);
        text.truncate(end);
        text.push('…');
    }
    text
}
