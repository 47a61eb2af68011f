//! "Copy": only where scripts run.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlInputElement};

use crate::{console::viewer::lang, messages::common};

/// Copies the value of a field.
#[island]
pub fn CopyField(
    /// The field's id.
    field: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let found = document().get_element_by_id(&field);
        if let Some(field) = found.and_then(|found| found.dyn_into::<HtmlInputElement>().ok()) {
            put(&field.value());
            copied.set(true);
        }
    };
    button(copy, copied, common::copy(lang()).to_owned())
}

/// Copies a text.
#[island]
pub fn CopyText(
    /// Which.
    text: String,
    /// What the button says.
    label: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        put(&text);
        copied.set(true);
    };
    button(copy, copied, label)
}

/// What the browser answers is not waited for: one that refuses leaves the text to be selected by hand.
fn put(text: &str) {
    let _promise = window().navigator().clipboard().write_text(text);
}

fn button(copy: impl FnMut(leptos::ev::MouseEvent) + 'static, copied: RwSignal<bool>, label: String) -> impl IntoView {
    let lang = lang();
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    view! {
        <button class="button" type="button" hidden=move || !ready.get() on:click=copy>
            {move || if copied.get() { common::copied(lang).to_owned() } else { label.clone() }}
        </button>
    }
}
