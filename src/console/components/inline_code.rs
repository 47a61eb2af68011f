//! Text in which `ticks` mark what is for machines.

use leptos::prelude::*;

/// The text, with what stands between ticks as code.
#[component]
pub(in crate::console) fn Ticks(
    /// The text.
    text: &'static str,
) -> impl IntoView {
    let part = |(at, part): (usize, &'static str)| match at % 2 {
        0 => part.into_any(),
        _ => view! { <code>{part}</code> }.into_any(),
    };
    text.split('`').enumerate().map(part).collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_code() {
        let html = Ticks(TicksProps {
            text: "The status `inactive` & more.",
        })
        .into_view()
        .to_html();
        assert!(html.contains("<code>inactive</code>") && html.contains("&amp; more."), "{html}");
        assert!(!html.contains('`'), "{html}");
    }
}
