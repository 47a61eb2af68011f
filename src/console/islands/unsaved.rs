//! Asks before a form is left that holds something unsaved.

use leptos::{
    ev,
    html::Span,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Event, EventTarget, FormData, HtmlFormElement, UrlSearchParams},
};

/// Watches the form that it stands in.
#[island]
pub fn Unsaved(
    /// Whether what the form holds is unsaved from the start: it came back with something wrong in it.
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
    let at_start = StoredValue::new(content(&form));
    let is_sent = StoredValue::new(false);
    let watched = StoredValue::new_local(form);
    let sent = window_event_listener(ev::submit, move |event: ev::SubmitEvent| {
        let is_this = watched.with_value(|form| event.target().is_some_and(|target| &target == form.unchecked_ref::<EventTarget>()));
        if is_this {
            is_sent.set_value(true);
        }
    });
    let left = window_event_listener(ev::beforeunload, move |event| {
        let is_changed = from_start || watched.with_value(content) != at_start.get_value();
        if is_changed && !is_sent.get_value() {
            event.prevent_default();
        }
    });
    // A page that the browser kept is shown again as it was, and not sent.
    let again = window_event_listener_untyped("pageshow", move |_: Event| is_sent.set_value(false));
    on_cleanup(move || {
        sent.remove();
        left.remove();
        again.remove();
    });
}

/// What the fields hold.
fn content(form: &HtmlFormElement) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    let content = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    Some(content.to_string().into())
}
