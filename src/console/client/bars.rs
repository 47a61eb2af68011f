//! The arrow keys go from bar to bar of a chart, Home and End to its ends, so that the numbers of each bar can be read by keyboard.

use leptos::{
    ev::{self, KeyboardEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

/// What has the focus within the place of a bar. A time without callbacks has none.
const BARS: &str = ":scope > li > :is(a, .bar)";

pub(super) fn watch() {
    window_event_listener(ev::keydown, |event| {
        let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key();
        if !is_modified && go(&event).is_some() {
            event.prevent_default();
        }
    });
}

/// Moves the focus. `None` if the key or the focused element has nothing to do with a chart.
fn go(event: &KeyboardEvent) -> Option<()> {
    let from = event.target()?.dyn_into::<Element>().ok()?;
    let chart = from.closest(".bars").ok()??;
    let found = chart.query_selector_all(BARS).ok()?;
    let bars: Vec<HtmlElement> = (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect();
    let at = bars.iter().position(|bar| **bar == from)?;
    let to = match event.key().as_str() {
        "ArrowLeft" => at.saturating_sub(1),
        "ArrowRight" => at + 1,
        "Home" => 0,
        "End" => bars.len() - 1,
        _ => return None,
    };
    let to = bars.get(to.min(bars.len() - 1))?;
    if from.has_attribute("tabindex") {
        let _ = from.set_attribute("tabindex", "-1");
        let _ = to.set_attribute("tabindex", "0");
    }
    to.focus().ok()
}
