//! Forms whose fields become the query of the page (`console::components::query_form`): choosing an option submits the form, and empty
//! fields are left out of the address. Listeners are on the window, so that forms in inserted parts of a page work as well.

use std::time::Duration;

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlFormElement},
};

use web_sys::{HtmlInputElement, UrlSearchParams};

use crate::console::islands::{all, all_within, form_query, is_chosen_otherwise};

const FORMS: &str = "form[data-query]";
/// The names of the fields in the query of the page that a form sends again.
const KEEPS: &str = "data-keeps";

pub(super) fn watch() {
    // Whoever chose an option before the scripts ran waits for it as well: there is no button for it where scripts run.
    for form in all::<HtmlFormElement>(FORMS) {
        if is_chosen_otherwise(&form) {
            set_timeout(move || drop(form.request_submit()), Duration::ZERO);
        }
    }
    window_event_listener(ev::change, |event| {
        let chosen = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let form = chosen
            .filter(|chosen| chosen.tag_name() == "SELECT")
            .and_then(|chosen| chosen.closest(FORMS).ok().flatten());
        if let Some(form) = form {
            // If a field is invalid, the browser says so and does not submit.
            let _ = form.unchecked_ref::<HtmlFormElement>().request_submit();
        }
    });
    window_event_listener(ev::submit, |event| {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form.filter(|form| form.matches(FORMS).is_ok_and(|is_query| is_query)) else {
            return;
        };
        renew_kept(&form);
        let Some(query) = form_query(&form) else { return };
        event.prevent_default();
        // Styles show that the answer is on its way (`busy`).
        let _ = form.set_attribute("aria-busy", "true");
        let action = form.get_attribute("action").unwrap_or_default();
        let (path, fragment) = action.split_once('#').unwrap_or((&action, ""));
        let mark = if query.is_empty() { "" } else { "?" };
        let location = window().location();
        // Assigning the present address would only scroll to the fragment.
        let _ = if location.search().is_ok_and(|now| now == format!("{mark}{query}")) {
            location.reload()
        } else {
            location.assign(&format!("{path}{mark}{query}#{fragment}"))
        };
    });
}

/// Gives the hidden fields of a form the values that the query of the page has now: the log of the page changes it without rendering the form again.
fn renew_kept(form: &HtmlFormElement) {
    let search = window().location().search().unwrap_or_default();
    let (Some(kept), Ok(query)) = (form.get_attribute(KEEPS), UrlSearchParams::new_with_str(&search)) else {
        return;
    };
    for hidden in all_within::<HtmlInputElement>(form, "input[type=hidden]") {
        hidden.remove();
    }
    for name in kept.split(' ') {
        let field = document()
            .create_element("input")
            .ok()
            .and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        if let Some((field, value)) = field.zip(query.get(name)) {
            field.set_type("hidden");
            field.set_name(name);
            field.set_value(&value);
            // If the browser refuses, the form leads to the log without this field.
            let _ = form.append_child(&field);
        }
    }
}
