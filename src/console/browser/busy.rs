//! Says at once that something was asked for, and lets nobody ask for it twice: a form that was sent is busy until its answer is there.

use std::time::Duration;

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
/// After so long an answer has come, or somebody has stopped waiting for it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn watch() {
    window_event_listener(ev::submit, sent);
    window_event_listener(ev::beforeunload, |_| {
        if let Some(root) = document().document_element() {
            mark(&root, LEAVING);
            set_timeout(move || unmark(&root, LEAVING), PATIENCE);
        }
    });
    // A page that the browser kept is shown again as it was.
    window_event_listener_untyped("pageshow", |_: Event| {
        for (marked, name) in [("[aria-busy]", BUSY), ("[data-leaving]", LEAVING)] {
            let found = document().query_selector_all(marked).ok();
            let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
            nodes
                .filter_map(|node| node.dyn_into().ok())
                .for_each(|element| unmark(&element, name));
        }
    });
}

fn sent(event: SubmitEvent) {
    let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|form| form.method() == "post" && !event.default_prevented()) else {
        return;
    };
    if form.has_attribute(BUSY) {
        event.prevent_default();
        return;
    }
    let button = event.submitter().map(JsCast::unchecked_into::<Element>);
    for element in button.into_iter().chain([form.unchecked_into()]) {
        mark(&element, BUSY);
        set_timeout(move || unmark(&element, BUSY), PATIENCE);
    }
}

fn mark(element: &Element, name: &str) {
    // What cannot be marked still works.
    let _ = element.set_attribute(name, "true");
}

fn unmark(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}
