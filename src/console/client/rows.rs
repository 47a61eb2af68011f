//! Rows of tables that can be clicked as a whole. Without scripts, the link of the name covers the row. With scripts it does not, so that the
//! text in the row can be selected and has its tooltips.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::{
    ev::{self, MouseEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, HtmlElement, MouseEventInit},
};

/// Elements that handle clicks themselves.
const OWN: &str = "a, button, input, select, label, summary, form";

pub(super) fn watch() {
    if let Some(root) = document().document_element() {
        // Until then, the style sheet makes the link cover the row.
        let _ = root.set_attribute("data-live", "true");
    }
    // A click is ignored if the mouse button was pressed on another element that handles clicks.
    let pressed_own = Rc::new(Cell::new(false));
    let pressed = pressed_own.clone();
    window_event_listener(ev::mousedown, move |event| {
        pressed.set(is_own(&event));
        if event.button() == 1 && link_of(&event).is_some() {
            // Otherwise the browser starts to scroll.
            event.prevent_default();
        }
    });
    let clicked = move |event: &MouseEvent| {
        let is_selecting = || {
            let selection = window().get_selection().ok().flatten();
            selection.is_some_and(|selection| !selection.is_collapsed())
        };
        if pressed_own.get() || event.default_prevented() || is_selecting() {
            return;
        }
        if let Some(link) = link_of(event) {
            // An event that is dispatched inside this listener would call it again while it runs.
            let (button, keys) = (event.button(), (event.ctrl_key(), event.meta_key(), event.shift_key()));
            set_timeout(move || follow(&link, button, keys), Duration::ZERO);
        }
    };
    let middle = clicked.clone();
    window_event_listener(ev::click, move |event| clicked(&event));
    window_event_listener_untyped("auxclick", move |event: Event| {
        // The middle mouse button opens a new tab, as on a link.
        if let Some(event) = event.dyn_ref::<MouseEvent>().filter(|event| event.button() == 1) {
            middle(event);
        }
    });
}

fn target(event: &MouseEvent) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into::<Element>().ok())
}

fn is_own(event: &MouseEvent) -> bool {
    target(event).is_some_and(|target| target.closest(OWN).ok().flatten().is_some())
}

/// The link of the row below the mouse, unless the mouse is over an element that handles clicks itself.
fn link_of(event: &MouseEvent) -> Option<HtmlElement> {
    let row = target(event).filter(|_| !is_own(event))?.closest("tbody tr").ok().flatten()?;
    row.query_selector("td.name a[href]").ok().flatten()?.dyn_into().ok()
}

/// Clicks on the link with the same keys, so that it opens in the same tab, a new tab or a new window.
fn follow(link: &HtmlElement, button: i16, (ctrl, meta, shift): (bool, bool, bool)) {
    let how = MouseEventInit::new();
    how.set_bubbles(true);
    how.set_cancelable(true);
    how.set_ctrl_key(ctrl || button == 1);
    how.set_meta_key(meta);
    how.set_shift_key(shift);
    if let Ok(click) = MouseEvent::new_with_mouse_event_init_dict("click", &how) {
        let _ = link.dispatch_event(&click);
    }
}
