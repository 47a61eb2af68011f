//! Buttons that copy text to the clipboard. They are hidden without scripts.

use std::time::Duration;

use leptos::{
    ev::MouseEvent,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{HtmlDocument, HtmlInputElement, HtmlTextAreaElement},
};

use crate::{console::viewer::lang, messages::common};

/// How long the button shows the result.
const SHOWN: Duration = Duration::from_secs(4);

/// The result of copying.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    NotYet,
    Done,
    /// The browser does not allow it. The user has to copy by hand.
    Refused,
}

/// Copies the value of a field, or the text of another element, unchanged.
#[island]
pub fn CopyField(
    /// The id of the element.
    field: String,
) -> impl IntoView {
    let text = move || {
        let found = document().get_element_by_id(&field)?;
        match found.dyn_into::<HtmlInputElement>() {
            Ok(field) => {
                // The text is selected, so that the user can copy it by hand as well.
                field.select();
                Some(field.value())
            }
            Err(other) => other.text_content(),
        }
    };
    button(text, common::copy(lang()).to_owned())
}

/// Copies a text.
#[island]
pub fn CopyText(
    /// The text.
    text: String,
    /// The label of the button.
    label: String,
) -> impl IntoView {
    button(move || Some(text.clone()), label)
}

fn button(text: impl Fn() -> Option<String> + 'static, label: String) -> impl IntoView {
    let lang = lang();
    let (ready, copied) = (RwSignal::new(false), RwSignal::new(Copied::NotYet));
    Effect::new(move |_| ready.set(true));
    let copy = move |_: MouseEvent| {
        if let Some(text) = text() {
            leptos::task::spawn_local(async move {
                let done = copy_text(&text).await;
                copied.set(if done { Copied::Done } else { Copied::Refused });
                set_timeout(move || copied.set(Copied::NotYet), SHOWN);
            });
        }
    };
    view! {
        <button class="button" type="button" aria-live="polite" data-waits=move || (!ready.get()).then_some("true") on:click=copy>
            {move || match copied.get() {
                Copied::NotYet => label.clone(),
                Copied::Done => common::copied(lang).to_owned(),
                Copied::Refused => common::copy_refused(lang).to_owned(),
            }}
        </button>
    }
}

/// Copies the text, and returns whether that succeeded. Browsers offer the clipboard only to pages of https. Other pages have to copy a
/// selection.
pub async fn copy_text(text: &str) -> bool {
    let navigator = window().navigator();
    let offered = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard"));
    if offered.is_ok_and(|clipboard| clipboard.is_object()) {
        let asked = wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text)).await;
        if asked.is_ok() {
            return true;
        }
    }
    copy_by_selection(text).unwrap_or_default()
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let page = document();
    let before = page.active_element();
    let area = page.create_element("textarea").ok()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_class_name("visually-hidden");
    area.set_value(text);
    page.body()?.append_child(&area).ok()?;
    area.select();
    let done = page.dyn_into::<HtmlDocument>().ok().and_then(|page| page.exec_command("copy").ok());
    area.remove();
    // `select` has moved the focus.
    if let Some(before) = before.and_then(|before| before.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
        let _ = before.focus();
    }
    done
}
