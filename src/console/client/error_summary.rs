//! Keeps the summary of a form's errors true, and their number beside the buttons of the form: as soon as a field is corrected, its error leaves
//! both.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use crate::{console::viewer::lang, messages::common};

/// A little longer than fields take to check what was typed (`console::islands::field`).
const CHECKED: Duration = Duration::from_millis(300);

pub(super) fn watch() {
    if document().get_element_by_id("errors").is_none() {
        return;
    }
    window_event_listener(ev::input, |_| update());
    window_event_listener(ev::change, |_| set_timeout(update_now, CHECKED));
}

fn update() {
    set_timeout(update_now, Duration::ZERO);
}

fn update_now() {
    let Some(summary) = document().get_element_by_id("errors") else {
        return;
    };
    let (mut left, mut first) = (0_u64, None);
    for item in all(&summary, "li") {
        let href = item.query_selector("a").ok().flatten().and_then(|link| link.get_attribute("href"));
        let field = href
            .as_deref()
            .and_then(|href| document().get_element_by_id(href.trim_start_matches('#')));
        // A field that does not tell whether it is valid keeps its error until the form is sent again.
        let is_corrected =
            field.is_some_and(|field| matches!(field.tag_name().as_str(), "INPUT" | "TEXTAREA") && !field.has_attribute("aria-invalid"));
        let _ = item.toggle_attribute_with_force("hidden", is_corrected);
        if !is_corrected {
            left += 1;
            first = first.or(href);
        }
    }
    let _ = summary.toggle_attribute_with_force("hidden", left == 0);
    if let Some(heading) = summary.query_selector("strong").ok().flatten() {
        heading.set_text_content(Some(&common::errors(lang(), left.max(1))));
    }
    if let Some(count) = document().get_element_by_id("error-count") {
        let _ = count.toggle_attribute_with_force("hidden", left == 0);
        count.set_text_content(Some(&common::errors_left(lang(), left.max(1))));
        if let Some(first) = first {
            let _ = count.set_attribute("href", &first);
        }
    }
}

fn all(inside: &Element, selector: &str) -> Vec<Element> {
    let found = inside.query_selector_all(selector).ok();
    let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}
