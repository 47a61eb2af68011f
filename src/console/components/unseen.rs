//! Text from users and receivers. Invisible characters, and characters that change the direction of the surrounding text, are shown as escapes,
//! so that they cannot hide or disguise anything.

use std::ops::RangeInclusive;

use leptos::prelude::*;

use crate::console::raw_text::raw_text;

/// Invisible characters: control characters except line breaks and tabs, characters that change the text direction (UAX #9), and characters
/// without width.
const UNSEEN: [RangeInclusive<char>; 12] = [
    '\0'..='\u{8}',
    '\u{b}'..='\u{1f}',
    '\u{7f}'..='\u{9f}',
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e0000}'..='\u{e007f}',
];

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    /// Visible text.
    Seen(&'a str),
    /// An invisible character.
    Unseen(char),
}

/// Whether the text contains invisible characters.
pub(in crate::console) fn has_unseen(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_unseen) || text.bytes().any(|byte| byte.is_ascii() && is_unseen(byte.into()))
}

fn is_unseen(sign: char) -> bool {
    UNSEEN.iter().any(|range| range.contains(&sign))
}

/// Splits the text at invisible characters. A carriage return before a line feed is part of the line break, and so visible.
fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, sign) in text.char_indices() {
        let after = at + sign.len_utf8();
        if !is_unseen(sign) || (sign == '\r' && text[after..].starts_with('\n')) {
            continue;
        }
        if from < at {
            parts.push(Part::Seen(&text[from..at]));
        }
        parts.push(Part::Unseen(sign));
        from = after;
    }
    if from < text.len() {
        parts.push(Part::Seen(&text[from..]));
    }
    parts
}

/// The text with an escape such as `\u{202E}` in place of each invisible character.
pub(in crate::console) fn written_out(text: &str) -> AnyView {
    if !has_unseen(text) {
        return text.to_owned().into_any();
    }
    let views = parts(text).into_iter().map(|part| match part {
        Part::Seen(text) => text.to_owned().into_any(),
        Part::Unseen(sign) => {
            let code = u32::from(sign);
            view! { <span class="unseen" title=format!("U+{code:04X}")>{escape(sign)}</span> }.into_any()
        }
    });
    views.collect_view().into_any()
}

/// The same as HTML.
pub(in crate::console) fn written_out_html(text: &str) -> String {
    let texts = parts(text).into_iter().map(|part| match part {
        Part::Seen(text) => raw_text(text),
        Part::Unseen(sign) => {
            let code = u32::from(sign);
            format!("<span class=\"unseen\" title=\"U+{code:04X}\">{}</span>", escape(sign))
        }
    });
    texts.collect()
}

/// The same for an attribute, which cannot contain elements.
pub(in crate::console) fn written_out_text(text: &str) -> String {
    let texts = parts(text).into_iter().map(|part| match part {
        Part::Seen(text) => text.to_owned(),
        Part::Unseen(sign) => escape(sign),
    });
    texts.collect()
}

fn escape(sign: char) -> String {
    format!("\\u{{{:04X}}}", u32::from(sign))
}

/// Text from others, isolated so that its direction does not affect the text around it.
#[component]
pub(in crate::console) fn ForeignText(
    /// The text.
    #[prop(into)]
    text: String,
    /// Whether it is text for programs, which runs from left to right whatever it contains.
    #[prop(optional)]
    machine: bool,
) -> impl IntoView {
    view! { <bdi dir=machine.then_some("ltr")>{written_out(&text)}</bdi> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_shown_as_escapes() {
        let unseen = (0..=0x10_ffff).filter_map(char::from_u32).filter(|sign| is_unseen(*sign));
        let bidi = [
            '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
        ];
        let isolates = ['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'];
        let all: Vec<char> = unseen.collect();
        for sign in bidi.into_iter().chain(isolates).chain(['\0', '\u{1b}', '\u{7f}', '\u{9b}', '\r']) {
            assert!(all.contains(&sign) && has_unseen(&format!("a{sign}b")), "{sign:?}");
        }
        for seen in ["", "abc", "a\tb\nc", "é שלום 日本 👩\u{200d}🚀"] {
            assert!(!has_unseen(seen), "{seen:?}");
            assert!(parts(seen).iter().all(|part| matches!(part, Part::Seen(_))), "{seen:?}");
        }
        assert_eq!(
            parts("\u{202e}a\u{1b}[2Jb\r\nc\r"),
            [
                Part::Unseen('\u{202e}'),
                Part::Seen("a"),
                Part::Unseen('\u{1b}'),
                Part::Seen("[2Jb\r\nc"),
                Part::Unseen('\r')
            ]
        );
        assert_eq!(written_out_text("a\u{202e}b\nc"), "a\\u{202E}b\nc");
        let html = written_out("<b>\u{202e}").to_html();
        assert!(
            html.contains("&lt;b&gt;") && html.contains("title=\"U+202E\"") && html.contains(r"\u{202E}"),
            "{html}"
        );
    }
}
