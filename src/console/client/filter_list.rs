//! Fields that filter a list which the page has completely (`data-filters` names the list). The entries that do not contain the text are hidden; a
//! hidden entry keeps its tick. An element with the id of the list and `-none` is shown when nothing fits.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement},
};

use crate::console::islands::{all, all_within};

pub(super) fn watch() {
    window_event_listener(ev::input, |event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            filter(&field);
        }
    });
    // What was typed before the scripts ran.
    all("[data-filters]").iter().for_each(filter);
    // Enter would send the form to which the list belongs.
    window_event_listener(ev::keydown, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if event.key() == "Enter" && target.is_some_and(|target| target.has_attribute("data-filters")) {
            event.prevent_default();
        }
    });
}

fn filter(field: &HtmlInputElement) {
    let Some(of) = field.get_attribute("data-filters") else { return };
    let Some(list) = document().get_element_by_id(&of) else { return };
    // The server need not filter again when the form is sent: a hidden field after this one tells it.
    if let Some(filtered) = field
        .next_element_sibling()
        .and_then(|next| next.dyn_into::<HtmlInputElement>().ok())
    {
        filtered.set_value(&field.value());
    }
    let wanted = field.value().to_lowercase();
    let mut is_found = false;
    for entry in all_within::<Element>(&list, "li") {
        let fits = matches(&entry, wanted.trim());
        is_found |= fits;
        let _ = entry.toggle_attribute_with_force("hidden", !fits);
    }
    if let Some(none) = document().get_element_by_id(&format!("{of}-none")) {
        let _ = none.toggle_attribute_with_force("hidden", is_found);
    }
}

fn matches(entry: &Element, wanted: &str) -> bool {
    entry.text_content().is_some_and(|text| text.to_lowercase().contains(wanted))
}
