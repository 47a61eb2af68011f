//! Parts of a page that are replaced while it is open: elements with the attribute `data-list-part` and an id.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, HtmlInputElement, HtmlTemplateElement, NodeList};

use crate::messages::{Lang, webhooks as say};

const PARTS: &str = "[data-list-part]";

/// Whether what is shown is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// No script has run yet.
    Starting,
    /// It is refreshed.
    Live,
    /// The viewer stopped the refresh.
    Paused,
    /// The last refresh failed, or waits until nothing that it would replace is in use.
    Lost,
}

impl Freshness {
    /// The state in words.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Starting | Self::Live => say::updated_now(lang),
            Self::Paused => say::updates_paused(lang),
            Self::Lost => say::updates_lost(lang),
        }
    }

    /// The text of the button.
    pub const fn button(self, lang: Lang) -> &'static str {
        match self {
            Self::Paused => say::updates_resume(lang),
            _ => say::updates_pause(lang),
        }
    }

    /// The state after the button was pressed.
    #[must_use]
    pub const fn toggled(self) -> Self {
        match self {
            Self::Paused => Self::Live,
            _ => Self::Paused,
        }
    }

    /// The state when it is time to refresh, but what would be replaced is in use.
    #[must_use]
    pub const fn postponed(self) -> Self {
        match self {
            Self::Live => Self::Lost,
            other => other,
        }
    }

    /// The state after a refresh.
    #[must_use]
    pub const fn refreshed(self) -> Self {
        match self {
            Self::Paused => Self::Paused,
            _ => Self::Live,
        }
    }
}

/// The address of the sign-in page that returns to `here`.
pub fn sign_in_href(here: &str) -> String {
    let next: String = js_sys::encode_uri_component(here).into();
    format!("/sign-in?next={next}")
}

/// The elements of a list of nodes.
pub fn elements<T: JsCast>(nodes: Option<&NodeList>) -> Vec<T> {
    let nodes = nodes
        .into_iter()
        .flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}

/// All elements of the page that match.
pub fn all<T: JsCast>(selector: &str) -> Vec<T> {
    elements(document().query_selector_all(selector).ok().as_ref())
}

/// Whether the element matches or is within one that does.
pub fn is_within(element: &Element, selector: &str) -> bool {
    element.closest(selector).is_ok_and(|found| found.is_some())
}

/// Whether replacing the parts in this region would close a menu, end a message, lose a selection, or take the focus from a field or a chart.
pub fn is_in_use(region: &str) -> bool {
    let page = document();
    let Some(region) = page.query_selector(region).ok().flatten() else {
        return true;
    };
    let has_open_menu = || {
        region
            .query_selector(":popover-open:not(#whole-text), [data-result]")
            .ok()
            .flatten()
            .is_some()
    };
    // The tooltip with the whole text of a cell (`console::client::whole_text`), while the mouse is on it.
    let has_read_text = || page.query_selector("#whole-text:hover").ok().flatten().is_some();
    let has_field = || page.active_element().is_some_and(|active| is_within(&active, ".bulk, .bars"));
    let has_selection = || {
        let selection = window().get_selection().ok().flatten();
        let selected = selection
            .filter(|selection| !selection.is_collapsed())
            .and_then(|selection| selection.anchor_node());
        let whole_text = page.get_element_by_id("whole-text");
        selected.is_some_and(|node| region.contains(Some(&node)) || whole_text.is_some_and(|text| text.contains(Some(&node))))
    };
    has_open_menu() || has_read_text() || has_field() || has_selection()
}

/// Replaces the parts. What has the focus keeps it, if it has an id; otherwise the element `fallback` takes it. What is chosen stays chosen.
pub fn replace_parts(html: &str, fallback: &str) {
    let page = document();
    let Ok(fresh) = page.create_element("template") else { return };
    fresh.set_inner_html(html);
    let fresh: HtmlTemplateElement = fresh.unchecked_into();
    // It belongs to a row that is about to go; the row that takes the focus shows it again, unless the viewer has closed it.
    let whole_text = || page.get_element_by_id("whole-text");
    let had_whole_text = whole_text().is_some();
    if let Some(text) = whole_text() {
        text.remove();
    }
    let focused = page
        .active_element()
        .filter(|active| is_within(active, PARTS))
        .map(|active| active.id());
    let chosen: Vec<String> = all::<HtmlInputElement>("input.pick:checked")
        .iter()
        .map(|choice| choice.id())
        .collect();
    for part in elements::<Element>(fresh.content().query_selector_all(PARTS).ok().as_ref()) {
        let Some(old) = page.get_element_by_id(&part.id()) else { continue };
        if old.is_equal_node(Some(&part)) {
            continue;
        }
        if part.get_attribute("data-list-part").as_deref() == Some("text") {
            // Screen readers announce the text if the element stays.
            if old.text_content() != part.text_content() {
                old.set_text_content(part.text_content().as_deref());
            }
        } else {
            // If a part cannot be replaced, the old one stays.
            let _ = old.replace_with_with_node_1(&part);
        }
    }
    for id in chosen {
        if let Some(choice) = page
            .get_element_by_id(&id)
            .and_then(|choice| choice.dyn_into::<HtmlInputElement>().ok())
        {
            choice.set_checked(true);
        }
    }
    if let Some(id) = focused {
        let same = page.get_element_by_id(&id).filter(|_| !id.is_empty());
        if let Some(again) = same.or_else(|| page.query_selector(fallback).ok().flatten()) {
            focus_in_place(&again);
        }
    }
    if let Some(text) = whole_text().filter(|_| !had_whole_text) {
        text.remove();
    }
}

/// Focuses an element without scrolling to it.
fn focus_in_place(element: &Element) {
    let options = js_sys::Object::new();
    let focus = js_sys::Reflect::get(element, &JsValue::from_str("focus")).ok();
    if let Some(focus) = focus.and_then(|focus| focus.dyn_into::<js_sys::Function>().ok()) {
        // If the browser refuses, the focus is lost, as after any change of the page.
        let _ = js_sys::Reflect::set(&options, &JsValue::from_str("preventScroll"), &JsValue::TRUE);
        let _ = focus.call1(element, &options);
    }
}
