//! Buttons in parts of a page without islands that copy their `data-copy-text` to the clipboard.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use crate::{
    console::{islands::copy::copy_text, viewer::lang},
    messages::common,
};

/// How long the button says that the text was copied.
const SHOWN: Duration = Duration::from_secs(2);

pub(super) fn watch() {
    let lang = lang();
    window_event_listener(ev::click, move |event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = clicked.and_then(|clicked| clicked.closest("[data-copy-text]").ok().flatten());
        let Some(button) = button else { return };
        let Some(text) = button.get_attribute("data-copy-text") else {
            return;
        };
        leptos::task::spawn_local(async move {
            let (before, done) = (button.text_content(), copy_text(&text).await);
            let said = if done { common::copied(lang) } else { common::copy_refused(lang) };
            button.set_text_content(Some(said));
            set_timeout(move || button.set_text_content(before.as_deref()), SHOWN);
        });
    });
}
