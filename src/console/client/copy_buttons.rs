//! Buttons that copy a text: their `data-copy-text`, or the text of the element with the id `data-copy`
//! (`console::components::copy_button`). The listener is on the window, so that buttons in inserted parts of a page work as well.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use crate::{
    console::{
        islands::{copy_text, is_within},
        viewer::lang,
    },
    messages::common,
};

/// How long the button shows the result.
const SHOWN: Duration = Duration::from_secs(4);
/// Marks a button that shows a result instead of its content.
const MARK: &str = "data-result";
/// Buttons that only the mouse uses.
const FOR_MOUSE: &str = "button[data-copy-text][aria-hidden]";

pub(super) fn watch() {
    let lang = lang();
    window_event_listener(ev::mousedown, |event| {
        let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if pressed.is_some_and(|pressed| is_within(&pressed, FOR_MOUSE)) {
            // Otherwise the button would take the focus, and an element that is hidden from screen readers must not have the focus.
            event.prevent_default();
        }
    });
    window_event_listener(ev::click, move |event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = clicked.and_then(|clicked| clicked.closest("[data-copy], [data-copy-text]").ok().flatten());
        let Some((button, text)) = button.and_then(|button| text_of(&button).map(|text| (button, text))) else {
            return;
        };
        leptos::task::spawn_local(async move {
            let result = if copy_text(&text).await {
                common::copied(lang)
            } else {
                common::copy_refused(lang)
            };
            show(&button, result);
        });
    });
}

fn text_of(button: &Element) -> Option<String> {
    let of_element = || {
        let element = document().get_element_by_id(&button.get_attribute("data-copy")?)?;
        // The exact text, if invisible characters are written out.
        element.get_attribute("data-exact").or_else(|| element.text_content())
    };
    button.get_attribute("data-copy-text").or_else(of_element)
}

/// Shows a result for a while. A button that is pressed again meanwhile keeps the one it shows.
fn show(button: &Element, result: &str) {
    if button.has_attribute(MARK) {
        return;
    }
    // Screen readers would read the accessible name instead of the result, so it is removed while the result is shown.
    let (content, name) = (button.inner_html(), button.get_attribute("aria-label"));
    let _ = button.remove_attribute("aria-label");
    let _ = button.set_attribute(MARK, "");
    button.set_text_content(Some(result));
    let button = button.clone();
    let restore = move || {
        button.set_inner_html(&content);
        let _ = button.remove_attribute(MARK);
        if let Some(name) = name {
            let _ = button.set_attribute("aria-label", &name);
        }
    };
    set_timeout(restore, SHOWN);
}
