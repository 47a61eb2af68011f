//! Continues a change that has several parts: the form of the page that says how far it is (`PartPage`, `AllProgressPage`) is sent after a moment,
//! in which the user can stop.

use std::time::Duration;

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlFormElement};

/// The time to stop.
const PAUSE: Duration = Duration::from_millis(700);

pub(super) fn start() {
    let form = document().query_selector("form[data-go-on]").ok().flatten();
    if let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
        // If the form cannot be sent, its button is still there.
        set_timeout(move || drop(form.request_submit()), PAUSE);
    }
}
