//! The search of a log in an open page: its form, the address of the page, and what else depends on the rows.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, Event, HtmlElement, HtmlFormElement, UrlSearchParams};

use crate::console::islands::{form_query, is_typed_otherwise, is_within};

/// The name of the event that tells that the rows of the log are others (`console::client::panel`).
pub const SEARCHED: &str = "clearhook:searched";

const FORM: &str = "form.log-search";
const RANGE_FORM: &str = "#log form.range";
const FIELD: &str = "form.log-search input[type=search]";
/// The parts of a query that choose the callbacks of a log, and how they are shown.
const CHOOSE: [&str; 8] = ["range", "from", "to", "response", "event", "q", "times", "list"];

/// Whether an event is one of the search field.
pub(super) fn is_field(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.matches(FIELD).unwrap_or(false))
}

/// Whether an event is one of the form.
pub(super) fn is_of_form(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|form| is_within(&form, FORM))
}

/// The query for a custom range, if an event is one of its form.
pub(super) fn query_of_range(event: &Event) -> Option<String> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    if form.matches(RANGE_FORM).unwrap_or(false) {
        return form_query(&form);
    }
    None
}

/// Whether somebody types into the search field.
pub(super) fn is_typing() -> bool {
    document()
        .active_element()
        .is_some_and(|active| active.matches(FIELD).unwrap_or(false))
}

/// Whether the search field was changed since the server sent it.
pub(super) fn is_typed() -> bool {
    form().is_some_and(|form| is_typed_otherwise(&form))
}

/// The query for what stands in the form.
pub(super) fn query_of_form() -> Option<String> {
    form().and_then(|form| form_query(&form))
}

/// The query of the address of the page.
pub(super) fn query_of_page() -> String {
    window().location().search().unwrap_or_default()
}

/// Whether two queries choose the same callbacks.
pub(super) fn is_same_log(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (UrlSearchParams::new_with_str(one), UrlSearchParams::new_with_str(other)) else {
        return false;
    };
    let part = |query: &UrlSearchParams, name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    CHOOSE.iter().all(|name| part(&one, name) == part(&other, name))
}

/// Makes a query that of the page, as a new entry of the history if `is_new`. If the browser refuses, because there were too many changes, only
/// the address is an old one.
pub(super) fn set_address(query: &str, is_new: bool) {
    let history = window().history();
    let _ = history.and_then(|history| {
        let address = address(query);
        if is_new {
            history.push_state_with_url(&JsValue::NULL, "", Some(&address))
        } else {
            history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
        }
    });
}

/// Loads the page with a query.
pub(super) fn load(query: &str) {
    let _ = window().location().assign(&address(query));
}

/// Dims the rows while others are on their way.
pub(super) fn set_busy(is_busy: bool) {
    let Some(body) = document().get_element_by_id("log-body") else {
        return;
    };
    let _ = if is_busy {
        body.set_attribute("aria-busy", "true")
    } else {
        body.remove_attribute("aria-busy")
    };
}

/// Closes the sheet with the filters, which on a phone lies over the rows.
pub(super) fn close_sheet() {
    let sheet = document().query_selector("#log-filters:popover-open").ok().flatten();
    if let Some(sheet) = sheet.and_then(|sheet| sheet.dyn_into::<HtmlElement>().ok()) {
        // If it is closed already, nothing has to be done.
        let _ = sheet.hide_popover();
    }
}

/// Tells the panel of an open callback that the rows are others.
pub(super) fn tell_panel() {
    if let Ok(event) = Event::new(SEARCHED) {
        let _ = window().dispatch_event(&event);
    }
}

/// How many callbacks were found, in words.
pub(super) fn found() -> String {
    let legend = document().query_selector("#log-chart .legend strong").ok().flatten();
    legend.and_then(|legend| legend.text_content()).unwrap_or_default()
}

fn form() -> Option<HtmlFormElement> {
    document().query_selector(FORM).ok().flatten()?.dyn_into().ok()
}

fn address(query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{mark}{query}", window().location().pathname().unwrap_or_default())
}
