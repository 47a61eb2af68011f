//! Asks the user before they leave a form with unsaved changes.

use std::time::Duration;

use leptos::{
    ev,
    html::Span,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, EventTarget, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement},
};

use crate::{
    console::{islands::one_within, viewer::lang},
    messages::webhook as say,
};

/// Watches the form that contains it.
#[island]
pub fn Unsaved(
    /// Whether the form has unsaved changes from the start, because the server did not save it.
    from_start: bool,
) -> impl IntoView {
    let here = NodeRef::<Span>::new();
    Effect::new(move |_| {
        let form = here.get().and_then(|here| here.closest("form").ok().flatten());
        if let Some(form) = form {
            watch(form.unchecked_into(), from_start);
        }
    });
    view! { <span hidden node_ref=here></span> }
}

fn watch(form: HtmlFormElement, from_start: bool) {
    let at_start = StoredValue::new(fields(&form).len());
    mark(&form, from_start || is_changed(&form, at_start.get_value()));
    let is_sent = StoredValue::new(false);
    let watched = StoredValue::new_local(form);
    let sent = window_event_listener(ev::submit, move |event: ev::SubmitEvent| {
        let is_this = watched.with_value(|form| event.target().is_some_and(|target| &target == form.unchecked_ref::<EventTarget>()));
        if is_this {
            is_sent.set_value(true);
        }
    });
    // The buttons that save are shown while there is something to save. Buttons in the form change it after their listeners have run.
    let note = move || {
        set_timeout(
            move || watched.with_value(|form| mark(form, from_start || is_changed(form, at_start.get_value()))),
            Duration::ZERO,
        );
    };
    let typed = window_event_listener(ev::input, move |_| note());
    let chosen = window_event_listener(ev::change, move |_| note());
    let clicked = window_event_listener(ev::click, move |event| {
        // Whoever discards the changes is not asked once more.
        let leaves = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key();
        let target = event
            .target()
            .filter(|_| leaves)
            .and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| target.closest("[data-discards]").is_ok_and(|link| link.is_some())) {
            is_sent.set_value(true);
        }
        note();
    });
    let left = window_event_listener(ev::beforeunload, move |event| {
        let is_changed = from_start || watched.with_value(|form| is_changed(form, at_start.get_value()));
        if is_changed && !is_sent.get_value() {
            event.prevent_default();
        }
    });
    // After "back", the browser may show the page from its cache, and Escape aborts a submission. The form is then unsaved again.
    let again = window_event_listener_untyped("pageshow", move |_: Event| is_sent.set_value(false));
    let stopped = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            is_sent.set_value(false);
        }
        // As in other programs. Without this, the browser would save the page as a file.
        if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && event.key().eq_ignore_ascii_case("s") {
            event.prevent_default();
            watched.with_value(|form| drop(form.request_submit()));
        }
    });
    on_cleanup(move || {
        sent.remove();
        typed.remove();
        chosen.remove();
        clicked.remove();
        left.remove();
        again.remove();
        stopped.remove();
    });
}

/// The attribute of a form with unsaved changes, for styles.
fn mark(form: &HtmlFormElement, is_changed: bool) {
    let _ = if is_changed {
        form.set_attribute("data-unsaved", "true")
    } else {
        form.remove_attribute("data-unsaved")
    };
    if let Some(words) = one_within::<Element>(form, ".unsaved-words") {
        let names = changed_names(form);
        let text = if names.is_empty() {
            say::unsaved(lang()).to_owned()
        } else {
            say::unsaved_in(lang(), &names.join(" · "))
        };
        if words.text_content().as_deref() != Some(&text) {
            words.set_text_content(Some(&text));
        }
    }
}

/// The names of the changed fields, each once. The name is the label of the field, or the heading of its section if the field has no label of its own.
fn changed_names(form: &HtmlFormElement) -> Vec<String> {
    let mut names = Vec::new();
    for field in fields(form).iter().filter(|field| field_is_changed(field)) {
        let within = |around: &str, name: &str| one_within::<Element>(&field.closest(around).ok().flatten()?, name)?.text_content();
        let name = within(".field", "label, .label").or_else(|| within("section", "h2"));
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

/// Whether a field differs from the value that the server sent, or fields were added or removed. This includes changes before hydration.
fn is_changed(form: &HtmlFormElement, count: usize) -> bool {
    let fields = fields(form);
    fields.len() != count || fields.iter().any(field_is_changed)
}

/// The fields of the form. Those that only change what the page shows are marked.
fn fields(form: &HtmlFormElement) -> Vec<Element> {
    let found = form.query_selector_all("input:not([type=hidden], [data-aside]), textarea").ok();
    let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}

fn field_is_changed(field: &Element) -> bool {
    if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
        return input.value() != input.default_value() || input.checked() != input.default_checked();
    }
    field
        .dyn_ref::<HtmlTextAreaElement>()
        .is_some_and(|text| text.default_value().is_ok_and(|default| text.value() != default))
}
