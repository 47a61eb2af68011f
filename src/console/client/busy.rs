//! Marks a form as busy from its submission to the response, and ignores further submissions in that time.

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

/// The attribute of a busy form and its button, for styles and for screen readers.
const BUSY: &str = "aria-busy";
/// The attribute of a page that is being left.
const LEAVING: &str = "data-leaving";
/// A little longer than the server takes for any request.
const ANSWER: Duration = Duration::from_secs(65);
/// If the page is still shown after this time, it was not left: the link opened another program.
const LEFT: Duration = Duration::from_secs(10);

pub(super) fn watch() {
    // With these keys, the response is shown in another tab or window, and this page stays as it is.
    let elsewhere = Rc::new(Cell::new(false));
    let clicked = elsewhere.clone();
    window_event_listener(ev::click, move |event| {
        clicked.set(event.ctrl_key() || event.meta_key() || event.shift_key());
    });
    let end = Rc::new(RefCell::new(None::<TimeoutHandle>));
    window_event_listener(ev::submit, move |event| {
        if !elsewhere.get() && mark_form(&event) {
            let before = end.replace(set_timeout_with_handle(unmark_all, ANSWER).ok());
            if let Some(before) = before {
                before.clear();
            }
        }
    });
    window_event_listener(ev::beforeunload, |event| {
        // The user may choose to stay in the dialog of an unsaved form.
        let leaving = move || {
            if let Some(root) = document().document_element().filter(|_| !event.default_prevented()) {
                mark(&root, LEAVING);
                set_timeout(move || unmark(&root, LEAVING), LEFT);
            }
        };
        set_timeout(leaving, Duration::ZERO);
    });
    // Escape aborts the submission.
    window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            unmark_all();
        }
    });
    // After "back", the browser may show the page from its cache.
    window_event_listener_untyped("pageshow", |_: Event| unmark_all());
}

/// Marks the form and its button. Returns false if the form is busy already.
fn mark_form(event: &SubmitEvent) -> bool {
    let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|form| form.method() == "post" && !event.default_prevented()) else {
        return false;
    };
    // The answer is a file, and the page stays.
    let is_download = event.submitter().is_some_and(|button| button.has_attribute("data-download"));
    if is_download {
        return false;
    }
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

/// Removes all marks.
fn unmark_all() {
    for (marked, name) in [("[aria-busy]", BUSY), ("[data-leaving]", LEAVING)] {
        let found = document().query_selector_all(marked).ok();
        let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
        nodes
            .filter_map(|node| node.dyn_into().ok())
            .for_each(|element| unmark(&element, name));
    }
}

fn mark(element: &Element, name: &str) {
    // Without the mark, the form still works.
    let _ = element.set_attribute(name, "true");
}

fn unmark(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}
