//! Rows that lead where their name does. Without scripts the link lies over the whole row; with them it need not, so that what
//! stands in the row can be hovered over and copied.

use std::time::Duration;

use leptos::{
    ev::{self, MouseEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, HtmlElement, MouseEventInit},
};

pub(super) fn watch() {
    if let Some(root) = document().document_element() {
        // Until then, and without it, the link covers the row.
        let _ = root.set_attribute("data-live", "true");
    }
    window_event_listener(ev::click, |event| clicked(&event));
    window_event_listener_untyped("auxclick", |event: Event| {
        // The middle button, as on any link.
        if let Some(event) = event.dyn_ref::<MouseEvent>().filter(|event| event.button() == 1) {
            clicked(event);
        }
    });
}

fn clicked(event: &MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target.filter(|_| !event.default_prevented()) else {
        return;
    };
    let is_own = target
        .closest("a, button, input, select, label, summary, form")
        .ok()
        .flatten()
        .is_some();
    let is_selecting = || {
        let selection = window().get_selection().ok().flatten();
        selection.is_some_and(|selection| !selection.is_collapsed())
    };
    let row = target.closest("tbody tr").ok().flatten().filter(|_| !is_own && !is_selecting());
    let link = row.and_then(|row| row.query_selector("td.name a[href]").ok().flatten());
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        // What is dispatched from within a click would come to this very listener while it is at work.
        let (button, keys) = (event.button(), (event.ctrl_key(), event.meta_key(), event.shift_key()));
        set_timeout(move || follow(&link, button, keys), Duration::ZERO);
    }
}

/// As if the link itself had been clicked on, with the same keys held: in another tab, in another window, or here.
fn follow(link: &HtmlElement, button: i16, (ctrl, meta, shift): (bool, bool, bool)) {
    let how = MouseEventInit::new();
    how.set_bubbles(true);
    how.set_cancelable(true);
    how.set_ctrl_key(ctrl || button == 1);
    how.set_meta_key(meta);
    how.set_shift_key(shift);
    if let Ok(click) = MouseEvent::new_with_mouse_event_init_dict("click", &how) {
        // Whether somebody prevented it makes no difference here.
        let _ = link.dispatch_event(&click);
    }
}
