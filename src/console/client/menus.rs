//! Escape closes an open dialog that is a `details` element, such as "Send again…", and its button takes the focus. Popovers are closed by the
//! browser.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

const OPEN: &str = "details.menu[open]";

pub(super) fn watch() {
    window_event_listener(ev::keydown, |event| {
        if event.key() != "Escape" || event.default_prevented() || event.is_composing() {
            return;
        }
        let page = document();
        // What lies over the page is closed first, by the browser.
        let is_covered = page.query_selector(":popover-open, dialog[open]").is_ok_and(|over| over.is_some());
        let Some(menu) = page.query_selector(OPEN).ok().flatten().filter(|_| !is_covered) else {
            return;
        };
        event.prevent_default();
        // If the browser refuses, the dialog stays open.
        let _ = menu.remove_attribute("open");
        let button = menu.query_selector("summary").ok().flatten();
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
    });
}
