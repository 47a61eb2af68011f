//! Links of an open log that choose other callbacks: ranges, filters that are removed, bars of the chart, and the zone of the times. They change the
//! log in the open page; without scripts they load the page.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, Event, HtmlElement, MouseEvent};

/// The links. Those to other pages of the log are not among them: they load the page, which begins with the first row.
const LINKS: &str = "#log-presets a, #log-chips a, #log-chart a, #log-foot a[data-log-times]";

/// The query of a link that was clicked.
pub(super) fn chosen_query(event: &Event) -> Option<String> {
    let click = event.dyn_ref::<MouseEvent>()?;
    let is_plain = click.button() == 0 && !click.ctrl_key() && !click.meta_key() && !click.shift_key() && !click.default_prevented();
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let href = target.closest(LINKS).ok().flatten().filter(|_| is_plain)?.get_attribute("href")?;
    let address = href.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let here = window().location().pathname().unwrap_or_default();
    // A link that keeps the open callback loads the page with both.
    (path == here && !query.contains("callback=")).then(|| query.to_owned())
}

/// Replaces the whole log. What had the focus has it again, or what takes its place.
pub(super) fn replace_whole(html: &str) {
    let Some(log) = document().get_element_by_id("log") else { return };
    let focused = document().active_element().filter(|active| log.contains(Some(active)));
    let places = focused.as_ref().map(places).unwrap_or_default();
    log.set_inner_html(html);
    if focused.is_none() {
        return;
    }
    for place in places {
        let found = log.query_selector(&place).ok().flatten();
        let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) else {
            continue;
        };
        // What lies in a closed sheet does not take the focus.
        if element.focus().is_ok()
            && document()
                .active_element()
                .is_some_and(|active| element.is_same_node(Some(&active)))
        {
            return;
        }
    }
    if let Some(body) = log.query_selector("#log-body").ok().flatten() {
        let _ = body.set_attribute("tabindex", "-1");
        let _ = body.unchecked_into::<HtmlElement>().focus();
    }
}

/// Selectors of what may take the focus of an element, the best first.
fn places(element: &Element) -> Vec<String> {
    let name = element.get_attribute("name").map(|name| format!("form.log-search [name={name}]"));
    let part = element.closest("[id]").ok().flatten().map(|part| part.id());
    let within = part.map(|id| [format!("#{id} [aria-current]"), format!("#{id} a")]);
    name.into_iter().chain(within.into_iter().flatten()).collect()
}
