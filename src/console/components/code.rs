//! A block of code.

use leptos::prelude::*;

/// The block. It can be focused, so that it can be scrolled by keyboard.
#[component]
pub(in crate::console) fn Code(
    /// Its accessible name.
    #[prop(into)]
    label: String,
    /// The text.
    text: String,
    /// Its id, if a button copies it.
    #[prop(optional)]
    id: Option<&'static str>,
) -> impl IntoView {
    view! {
        <pre class="wire" id=id tabindex="0" role="region" aria-label=label>
            {text}
        </pre>
    }
}
