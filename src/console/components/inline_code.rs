//! Text with code between backticks.

use std::fmt::{self, Write};

use leptos::prelude::*;

use crate::console::{components::unseen::written_out, raw_text::raw_text};

/// The text, with the parts between backticks as `<code>`.
#[component]
pub(in crate::console) fn InlineCode(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let part = |(at, part): (usize, &str)| match (at % 2, part.to_owned()) {
        (0, part) => part.into_any(),
        (_, part) => view! { <code>{part}</code> }.into_any(),
    };
    text.split('`').enumerate().map(part).collect_view()
}

/// A text from users, with what stands between two backticks as code. A text with an odd number of backticks has no code.
#[component]
pub(in crate::console) fn InlineText(
    /// The text.
    text: String,
) -> impl IntoView {
    let is_paired = text.matches('`').count().is_multiple_of(2);
    if !is_paired {
        return written_out(&text);
    }
    let parts = text.split('`').enumerate().map(|(at, part)| {
        let part = written_out(part);
        if at % 2 == 0 {
            part
        } else {
            view! { <code>{part}</code> }.into_any()
        }
    });
    parts.collect_view().into_any()
}

/// Writes the same as HTML.
pub(super) fn write_inline_code(html: &mut String, text: &str) -> fmt::Result {
    for (at, part) in text.split('`').enumerate() {
        let part = raw_text(part);
        match at % 2 {
            0 => html.push_str(&part),
            _ => write!(html, "<code>{part}</code>")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_backticks_is_code() {
        let html = InlineCode(InlineCodeProps {
            text: "The status `inactive` & more.".to_owned(),
        })
        .into_view()
        .to_html()
        // The marks at the end of lists of nodes.
        .replace("<!>", "");
        assert!(html.contains("<code>inactive</code>") && html.contains("&amp; more."), "{html}");
        assert!(!html.contains('`'), "{html}");
        let mut written = String::new();
        write_inline_code(&mut written, "The status `inactive` & more.").unwrap();
        assert_eq!(written, "The status <code>inactive</code> &amp; more.");
    }
}
