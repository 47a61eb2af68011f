//! "Copy": only where scripts run.

use leptos::prelude::*;

use crate::{console::viewer::lang, messages::common};

/// Copies the value of the field with this id.
#[component]
pub(in crate::console) fn CopyButton(
    /// The field.
    field: NodeRef<leptos::html::Input>,
) -> impl IntoView {
    let lang = lang();
    let ready = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let copy = move |_| {
        if let Some(field) = field.get_untracked() {
            // What the browser answers is not waited for: a browser that refuses leaves the value to be selected by hand.
            let _promise = window().navigator().clipboard().write_text(&field.value());
            copied.set(true);
        }
    };
    view! {
        <button class="button" type="button" hidden=move || !ready.get() on:click=copy>
            {move || if copied.get() { common::copied(lang) } else { common::copy(lang) }}
        </button>
    }
}

/// Copies a text.
#[component]
pub(in crate::console) fn CopyText(
    /// Which.
    text: String,
    /// What the button says.
    label: &'static str,
) -> impl IntoView {
    let lang = lang();
    let ready = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let copy = move |_| {
        // As above.
        let _promise = window().navigator().clipboard().write_text(&text);
        copied.set(true);
    };
    view! {
        <button class="button" type="button" hidden=move || !ready.get() on:click=copy>
            {move || if copied.get() { common::copied(lang) } else { label }}
        </button>
    }
}
