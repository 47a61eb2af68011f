//! Helpers for islands that watch a whole page.

use leptos::wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, EventTarget, FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, UrlSearchParams};

use super::chips::{all_within, one_within};

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

/// Whether another option is chosen than when the server sent the form: before the scripts ran, because then nobody has followed it yet.
pub fn is_chosen_otherwise(form: &HtmlFormElement) -> bool {
    all_within::<HtmlSelectElement>(form, "select").iter().any(|select| {
        match one_within::<Element>(select, "option[selected]") {
            Some(sent) => sent.get_attribute("value").is_some_and(|sent| sent != select.value()),
            // Without one, a browser chooses the first option.
            None => select.selected_index() > 0,
        }
    })
}

/// Whether a search field of the form was changed since the server sent it.
pub fn is_typed_otherwise(form: &HtmlFormElement) -> bool {
    let fields = all_within::<HtmlInputElement>(form, "input[type=search]");
    fields.iter().any(|field| field.value() != field.default_value())
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
