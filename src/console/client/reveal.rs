//! Buttons that show a password as text (`console::components::field`). A form is sent with the password hidden again, so that browsers do not
//! remember it as ordinary text.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement},
};

use crate::console::islands::all;

const BUTTONS: &str = "[data-reveal]";

pub(super) fn watch() {
    window_event_listener(ev::click, |event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(button) = clicked.and_then(|clicked| clicked.closest(BUTTONS).ok().flatten()) {
            let is_shown = button.get_attribute("aria-pressed").as_deref() == Some("true");
            show(&button, !is_shown);
        }
    });
    window_event_listener(ev::submit, |_| {
        for button in all::<Element>(BUTTONS) {
            show(&button, false);
        }
    });
}

fn show(button: &Element, is_shown: bool) {
    let field = button.get_attribute("data-reveal").and_then(|id| document().get_element_by_id(&id));
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        field.set_type(if is_shown { "text" } else { "password" });
        // If the browser refuses, the button only looks as before.
        let _ = button.set_attribute("aria-pressed", if is_shown { "true" } else { "false" });
    }
}
