//! "Copy": only where scripts run.

use std::time::Duration;

use leptos::{
    ev::MouseEvent,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{HtmlDocument, HtmlInputElement, HtmlTextAreaElement},
};

use crate::{console::viewer::lang, messages::common};

/// How long the button says what came of it.
const SHOWN: Duration = Duration::from_secs(4);

/// What came of the button.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    NotYet,
    Done,
    /// The browser does not let pages copy: it is done by hand.
    Refused,
}

/// Copies the value of a field, or the text of another element, each character as it is.
#[island]
pub fn CopyField(
    /// Its id.
    field: String,
) -> impl IntoView {
    let text = move || {
        let found = document().get_element_by_id(&field)?;
        match found.dyn_into::<HtmlInputElement>() {
            Ok(field) => {
                // Selected, so that it can be copied by hand as well.
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
    /// Which.
    text: String,
    /// What the button says.
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
                let done = put(&text).await;
                copied.set(if done { Copied::Done } else { Copied::Refused });
                // It may be something else by then.
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

/// Whether it was copied. Browsers offer their clipboard to pages of HTTPS only; to others they leave an older way.
async fn put(text: &str) -> bool {
    let navigator = window().navigator();
    let offered = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard"));
    if offered.is_ok_and(|clipboard| clipboard.is_object()) {
        let asked = wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text)).await;
        if asked.is_ok() {
            return true;
        }
    }
    put_by_selection(text).unwrap_or_default()
}

fn put_by_selection(text: &str) -> Option<bool> {
    let page = document();
    let before = page.active_element();
    let area = page.create_element("textarea").ok()?.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_class_name("visually-hidden");
    area.set_value(text);
    page.body()?.append_child(&area).ok()?;
    area.select();
    let done = page.dyn_into::<HtmlDocument>().ok().and_then(|page| page.exec_command("copy").ok());
    area.remove();
    // The focus goes back to where it was.
    if let Some(before) = before.and_then(|before| before.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
        let _ = before.focus();
    }
    done
}
