//! A button that copies the text of an element. It is not an island, so that it also works in parts of a page that are inserted later: a listener on
//! the window handles it (`console::client::copy_buttons`). It is hidden without scripts.

use leptos::prelude::*;

/// The button.
#[component]
pub(in crate::console) fn CopyButton(
    /// The id of the element.
    of: &'static str,
    /// The text of the button.
    label: &'static str,
    /// The accessible name, if the text does not say what is copied.
    #[prop(optional, into)]
    name: Option<String>,
    /// Whether it is small.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    let class = if small { "button small" } else { "button" };
    view! {
        <button
            class=class
            type="button"
            aria-live="polite"
            data-waits="true"
            data-copy=of
            aria-label=name
        >
            {label}
        </button>
    }
}
