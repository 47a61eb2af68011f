//! Helpers for islands that watch a whole page.

use leptos::wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, FormData, HtmlFormElement, UrlSearchParams};

/// Calls `handle` on each event of this name, as long as the document exists.
pub fn listen(target: &EventTarget, name: &str, handle: impl FnMut(Event) + 'static) {
    let handle = Closure::<dyn FnMut(Event)>::new(handle);
    if target
        .add_event_listener_with_callback(name, handle.as_ref().unchecked_ref())
        .is_ok()
    {
        handle.forget();
    }
}

/// The fields of a form that are not empty, as a query.
pub fn form_query(form: &HtmlFormElement) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    let query = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    let named: Vec<String> = query.keys().into_iter().flatten().filter_map(|key| key.as_string()).collect();
    for name in named {
        if query.get(&name).is_some_and(|value| value.is_empty()) {
            query.delete(&name);
        }
    }
    Some(query.to_string().into())
}
