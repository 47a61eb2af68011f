//! Fields that filter a list which the page has completely (`data-filters` names the list). The entries that do not contain the text are hidden; a
//! hidden entry keeps its tick. Without scripts, the field is not shown.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement},
};

pub(super) fn watch() {
    window_event_listener(ev::input, |event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some((field, of)) = field.and_then(|field| field.get_attribute("data-filters").map(|of| (field, of))) else {
            return;
        };
        let Some(list) = document().get_element_by_id(&of) else { return };
        let wanted = field.value().to_lowercase();
        let Ok(entries) = list.query_selector_all("li") else { return };
        for entry in (0..entries.length()).filter_map(|at| entries.item(at)) {
            let entry = entry.unchecked_into::<Element>();
            let _ = entry.toggle_attribute_with_force("hidden", !matches(&entry, &wanted));
        }
    });
    // Enter would send the form to which the list belongs.
    window_event_listener(ev::keydown, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if event.key() == "Enter" && target.is_some_and(|target| target.has_attribute("data-filters")) {
            event.prevent_default();
        }
    });
}

fn matches(entry: &Element, wanted: &str) -> bool {
    entry.text_content().is_some_and(|text| text.to_lowercase().contains(wanted))
}
