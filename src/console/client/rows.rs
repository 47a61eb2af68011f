//! Rows that lead where their name does. Without scripts the link lies over the whole row; with them it need not, so that what
//! stands in the row can be hovered over and copied.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::{
    ev::{self, MouseEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, HtmlElement, MouseEventInit},
};

/// What a click is for, wherever it stands.
const OWN: &str = "a, button, input, select, label, summary, form";

pub(super) fn watch() {
    if let Some(root) = document().document_element() {
        // Until then, and without it, the link covers the row.
        let _ = root.set_attribute("data-live", "true");
    }
    // Somebody who lets go beside the button that they pressed wants nothing.
    let pressed_own = Rc::new(Cell::new(false));
    let pressed = pressed_own.clone();
    window_event_listener(ev::mousedown, move |event| {
        pressed.set(is_own(&event));
        if event.button() == 1 && link_of(&event).is_some() {
            // Else the browser begins to scroll.
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
            // What is dispatched from within a click would come to this very listener while it is at work.
            let (button, keys) = (event.button(), (event.ctrl_key(), event.meta_key(), event.shift_key()));
            set_timeout(move || follow(&link, button, keys), Duration::ZERO);
        }
    };
    let middle = clicked.clone();
    window_event_listener(ev::click, move |event| clicked(&event));
    window_event_listener_untyped("auxclick", move |event: Event| {
        // The middle button, as on any link.
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

/// Where the row leads that the mouse is over, unless it is over something of its own there.
fn link_of(event: &MouseEvent) -> Option<HtmlElement> {
    let row = target(event).filter(|_| !is_own(event))?.closest("tbody tr").ok().flatten()?;
    row.query_selector("td.name a[href]").ok().flatten()?.dyn_into().ok()
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
