//! Buttons that copy the text of an element (`console::components::copy_button`). The listener is on the window, so that buttons in inserted parts of a
//! page work as well.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use crate::console::islands::copy_text;

/// How long the button shows the result.
const SHOWN: Duration = Duration::from_secs(4);

pub(super) fn watch() {
    window_event_listener(ev::click, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(button) = target.and_then(|target| target.closest("[data-copy]").ok().flatten()) else {
            return;
        };
        let of = button.get_attribute("data-copy").unwrap_or_default();
        let element = document().get_element_by_id(&of);
        // The exact text, if invisible characters are written out.
        let text = element.and_then(|element| element.get_attribute("data-exact").or_else(|| element.text_content()));
        let Some(text) = text else { return };
        leptos::task::spawn_local(async move {
            let shown = if copy_text(&text).await { "data-copied" } else { "data-refused" };
            let (shown, before) = (button.get_attribute(shown).unwrap_or_default(), button.text_content());
            // While a result is shown, the name that says what is copied would hide it.
            let name = button.get_attribute("aria-label");
            let _ = button.remove_attribute("aria-label");
            button.set_text_content(Some(&shown));
            let restore = move || {
                button.set_text_content(before.as_deref());
                if let Some(name) = name {
                    let _ = button.set_attribute("aria-label", &name);
                }
            };
            set_timeout(restore, SHOWN);
        });
    });
}
