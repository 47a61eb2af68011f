//! Text for machines, as it stands.

use leptos::prelude::*;

/// The text. It may be longer than its place, so whoever has no mouse can reach and scroll it.
#[component]
pub(in crate::console) fn Code(
    /// What it is.
    #[prop(into)]
    label: String,
    /// The text.
    text: String,
) -> impl IntoView {
    view! {
        <pre class="wire" tabindex="0" role="region" aria-label=label>
            {text}
        </pre>
    }
}
