//! Says at once that something was asked for, and lets nobody ask for it twice: a form that was sent is busy until its answer is there.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{
    ev::{self, SubmitEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, HtmlFormElement},
};

/// What marks a form and its button, for styles and for those who cannot see them.
const BUSY: &str = "aria-busy";
/// What marks a page that is being left.
const LEAVING: &str = "data-leaving";
/// A little more than the server takes at most.
const ANSWER: Duration = Duration::from_secs(65);
/// A page that is still here after so long was not left: its link opened another program.
const LEFT: Duration = Duration::from_secs(10);

pub(super) fn watch() {
    // An answer that goes to another tab or window leaves this page as it is.
    let elsewhere = Rc::new(Cell::new(false));
    let clicked = elsewhere.clone();
    window_event_listener(ev::click, move |event| {
        clicked.set(event.ctrl_key() || event.meta_key() || event.shift_key());
    });
    let end = Rc::new(RefCell::new(None::<TimeoutHandle>));
    window_event_listener(ev::submit, move |event| {
        if !elsewhere.get() && sent(&event) {
            let before = end.replace(set_timeout_with_handle(rest, ANSWER).ok());
            if let Some(before) = before {
                before.clear();
            }
        }
    });
    window_event_listener(ev::beforeunload, |event| {
        // Somebody may be asked whether they want to stay.
        let leaving = move || {
            if let Some(root) = document().document_element().filter(|_| !event.default_prevented()) {
                mark(&root, LEAVING);
                set_timeout(move || unmark(&root, LEAVING), LEFT);
            }
        };
        set_timeout(leaving, Duration::ZERO);
    });
    // It stops what is on its way.
    window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            rest();
        }
    });
    // A page that the browser kept is shown again as it was.
    window_event_listener_untyped("pageshow", |_: Event| rest());
}

/// Marks the form and its button; not one that is under way already.
fn sent(event: &SubmitEvent) -> bool {
    let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|form| form.method() == "post" && !event.default_prevented()) else {
        return false;
    };
    if form.has_attribute(BUSY) {
        event.prevent_default();
        return false;
    }
    let button = event.submitter().map(JsCast::unchecked_into::<Element>);
    for element in button.into_iter().chain([form.unchecked_into()]) {
        mark(&element, BUSY);
    }
    true
}

/// Nothing is on its way any more.
fn rest() {
    for (marked, name) in [("[aria-busy]", BUSY), ("[data-leaving]", LEAVING)] {
        let found = document().query_selector_all(marked).ok();
        let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
        nodes
            .filter_map(|node| node.dyn_into().ok())
            .for_each(|element| unmark(&element, name));
    }
}

fn mark(element: &Element, name: &str) {
    // What cannot be marked still works.
    let _ = element.set_attribute(name, "true");
}

fn unmark(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}
