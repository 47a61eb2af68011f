//! A form that was kept: a button that sends it on, as it was typed.

use leptos::prelude::*;
use url::form_urlencoded;

use crate::console::calls::KeptView;

/// The form, behind a button.
#[component]
pub(in crate::console) fn Typed(
    /// What was typed, and where it goes.
    kept: KeptView,
    /// What the button says.
    text: &'static str,
    /// Its class.
    class: &'static str,
) -> impl IntoView {
    let fields: Vec<_> = form_urlencoded::parse(kept.typed.as_bytes())
        .map(|(name, value)| view! { <input type="hidden" name=name.into_owned() value=value.into_owned() /> })
        .collect();
    view! {
        <form method="post" action=kept.path>
            {fields}
            <button class=class type="submit">
                {text}
            </button>
        </form>
    }
}
