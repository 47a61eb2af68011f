//! The log in an open page: replaces its parts, and tells whether somebody reads its rows.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::Element;

use crate::console::islands::is_within;

/// The parts of a log that change when callbacks are logged: the chart, the rows, and the text below them.
pub(super) const LIVE_PARTS: &str = "[data-log-part]";
/// The chart with its numbers. Its height does not depend on them.
pub(super) const CHART: &str = "#log-chart";

/// Marks the row of the open callback. The fragment knows of none.
pub(super) fn mark_open_row() {
    let Some(id) = open_callback() else { return };
    let row = document()
        .query_selector(&format!("#log-rows tr[data-callback=\"{id}\"]"))
        .ok()
        .flatten();
    if let Some(row) = row {
        let _ = row.set_attribute("aria-current", "true");
    }
}

/// Replaces these parts of the log, or inserts the whole log if the page has none yet.
pub(super) fn replace_log(html: &str, parts: &str) {
    let page = document();
    let Some(log) = page.get_element_by_id("log") else { return };
    if log.child_element_count() == 0 {
        log.set_inner_html(html);
        return;
    }
    let Ok(fresh) = page.create_element("template") else { return };
    fresh.set_inner_html(html);
    let fresh: web_sys::HtmlTemplateElement = fresh.unchecked_into();
    let parts = fresh.content().query_selector_all(parts).ok();
    let parts = parts.iter().flat_map(|parts| (0..parts.length()).filter_map(|at| parts.get(at)));
    for part in parts.filter_map(|part| part.dyn_into::<Element>().ok()) {
        if let Some(old) = page.get_element_by_id(&part.id()) {
            // If a part cannot be replaced, the old one stays.
            let _ = old.replace_with_with_node_1(&part);
        }
    }
}

/// Whether something within these parts has the focus.
pub(super) fn has_focus(parts: &str) -> bool {
    document().active_element().is_some_and(|active| is_within(&active, parts))
}

/// Whether somebody reads the rows, so that new ones would move what is being read: the page is scrolled beyond their top, the focus or the
/// pointer is among them, a menu of a row or a callback is open, or text is selected.
pub(super) fn is_read() -> bool {
    let Some(rows) = document().get_element_by_id("log-rows") else {
        return false;
    };
    if has_focus(LIVE_PARTS) {
        return true;
    }
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let top = rows.get_bounding_client_rect().top();
    if rows.child_element_count() == 0 || top > height {
        return false;
    }
    top < 0.0
        || rows.matches(":hover").unwrap_or(false)
        || rows.query_selector(":popover-open").ok().flatten().is_some()
        || open_callback().is_some()
        || has_selection()
}

/// Whether text of the page is selected.
fn has_selection() -> bool {
    let selection = window().get_selection().ok().flatten();
    selection.is_some_and(|selection| !selection.is_collapsed())
}

/// The id of the callback whose panel is open.
fn open_callback() -> Option<String> {
    document().get_element_by_id("callback")?.get_attribute("data-callback")
}
