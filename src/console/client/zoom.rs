//! Dragging over a chart chooses a range. Each bar is a link to its own part of the range, whose address has the start and the end; dragging follows
//! a link from the start of the first bar to the end of the last one. By keyboard and without scripts, the links do.

use std::{cell::RefCell, rc::Rc};

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, Event, HtmlElement, UrlSearchParams},
};

/// The part of the chart that is chosen.
#[derive(Clone)]
struct Choice {
    bars: Element,
    first: usize,
    last: usize,
}

pub(super) fn watch() {
    let choice = Rc::new(RefCell::new(None::<Choice>));
    // A link would be dragged as a picture.
    window_event_listener(ev::dragstart, |event| {
        if place(&event).is_some() {
            event.prevent_default();
        }
    });
    let (began, moved, ended) = (choice.clone(), choice.clone(), choice);
    window_event_listener(ev::pointerdown, move |event| {
        let place = place(&event).filter(|_| event.button() == 0 && event.pointer_type() == "mouse");
        *began.borrow_mut() = place.map(|(bars, at)| Choice { bars, first: at, last: at });
    });
    window_event_listener(ev::pointermove, move |event| {
        let Some(choice) = &mut *moved.borrow_mut() else { return };
        let over = place(&event).filter(|(bars, at)| *bars == choice.bars && *at != choice.last);
        if let Some((_, at)) = over {
            choice.last = at;
            mark(choice, true);
        }
    });
    window_event_listener(ev::pointerup, move |_| {
        let Some(choice) = ended.borrow_mut().take() else { return };
        mark(&choice, false);
        if choice.first != choice.last
            && let Some(address) = address(&choice)
        {
            follow(&choice.bars, &address);
        }
    });
}

/// Follows a link to this address that stands among the bars for this moment, so that an open log shows the range as for a click on a bar.
fn follow(bars: &Element, address: &str) {
    let link = document()
        .create_element("a")
        .ok()
        .and_then(|link| link.dyn_into::<HtmlElement>().ok());
    let Some(link) = link else { return };
    let _ = link.set_attribute("href", address);
    if bars.append_child(&link).is_ok() {
        link.click();
        link.remove();
    }
}

/// The chart and the number of the bar at which an event happened.
fn place(event: &Event) -> Option<(Element, usize)> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let bar = target.closest(".bars > li").ok().flatten()?;
    let bars = bar.parent_element()?;
    let at = all(&bars).iter().position(|other| *other == bar)?;
    Some((bars, at))
}

fn all(bars: &Element) -> Vec<Element> {
    let Ok(found) = bars.query_selector_all("li") else {
        return Vec::new();
    };
    let bars = (0..found.length()).filter_map(|at| found.item(at));
    bars.map(JsCast::unchecked_into).collect()
}

fn is_chosen(choice: &Choice, at: usize) -> bool {
    (choice.first.min(choice.last)..=choice.first.max(choice.last)).contains(&at)
}

fn mark(choice: &Choice, is_shown: bool) {
    for (at, bar) in all(&choice.bars).iter().enumerate() {
        let _ = bar.toggle_attribute_with_force("data-chosen", is_shown && is_chosen(choice, at));
    }
}

/// The address of the first chosen bar, with the end of the last one.
fn address(choice: &Choice) -> Option<String> {
    let bars = all(&choice.bars).into_iter().enumerate();
    let links: Vec<String> = bars
        .filter(|(at, _)| is_chosen(choice, *at))
        .filter_map(|(_, bar)| bar.query_selector("a[href]").ok().flatten()?.get_attribute("href"))
        .collect();
    let (first, last) = (links.first()?, links.last()?);
    let (path, rest) = first.split_once('?')?;
    let (query, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let end = last.split_once('?')?.1.split('#').next()?;
    let params = UrlSearchParams::new_with_str(query).ok()?;
    params.set("to", &UrlSearchParams::new_with_str(end).ok()?.get("to")?);
    Some(format!("{path}?{}#{fragment}", String::from(params.to_string())))
}
