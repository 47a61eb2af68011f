//! Keyboard shortcuts (`console::components::shortcuts` lists them). None acts while somebody types, and all can be turned off.

use std::{cell::Cell, rc::Rc};

use leptos::{
    ev::{self, KeyboardEvent},
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlDocument, HtmlElement, HtmlFormElement, HtmlInputElement},
};

use crate::console::islands::{all, is_within};

/// The time within which the second key of two must follow, in milliseconds.
const SEQUENCE_MS: f64 = 1_000.0;
/// Elements in which a letter is text.
const TYPING: &str = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const OFF: &str = "shortcuts=off";
const ROW_LINKS: &str = "#main td.name a[href]";

pub(super) fn watch() {
    if let Some(switch) = input("shortcuts-on") {
        switch.set_checked(!is_off());
    }
    window_event_listener(ev::change, |event| {
        let switch = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(switch) = switch.filter(|switch| switch.id() == "shortcuts-on") {
            turn(switch.checked());
        }
    });
    let go_at = Rc::new(Cell::new(f64::NEG_INFINITY));
    window_event_listener(ev::keydown, move |event| {
        let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.default_prevented() || event.is_composing() || is_modified || is_off() {
            return;
        }
        if is_typing(&event) {
            return;
        }
        let key = event.key();
        let follows_go = event.time_stamp() - go_at.replace(f64::NEG_INFINITY) < SEQUENCE_MS;
        let is_done = match (key.as_str(), follows_go) {
            ("w", true) => go("/webhooks"),
            ("o", true) => go("/"),
            ("g", _) => {
                go_at.set(event.time_stamp());
                true
            }
            ("/", _) => search(),
            ("c", _) => may_add() && go("/webhooks/new"),
            ("j", _) => step(1),
            ("k", _) => step(-1),
            ("x", _) => choose(),
            ("Escape", _) => choose_none(),
            ("?", _) => help(),
            _ => false,
        };
        if is_done {
            event.prevent_default();
        }
    });
}

/// Whether the key was pressed in a field for text, so that it is no shortcut.
pub(super) fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest(TYPING).is_ok_and(|field| field.is_some()))
}

fn go(path: &str) -> bool {
    window().location().assign(path).is_ok()
}

fn search() -> bool {
    // A field of a folded section is not in sight.
    let fields = all::<HtmlInputElement>("#main input[type=search]");
    let field = fields.into_iter().find(|field| !is_within(field, "details:not([open])"));
    field.is_some_and(|field| {
        field.select();
        field.focus().is_ok()
    })
}

fn may_add() -> bool {
    sheet().is_some_and(|sheet| sheet.has_attribute("data-may-add"))
}

fn help() -> bool {
    sheet().is_some_and(|sheet| {
        let is_open = sheet.matches(":popover-open").unwrap_or(false);
        if is_open {
            sheet.hide_popover().is_ok()
        } else {
            sheet.show_popover().is_ok()
        }
    })
}

/// Focuses the next or the previous row.
fn step(by: i32) -> bool {
    let links = links();
    let row = focused_row();
    let present = row.and_then(|row| links.iter().position(|link| row.contains(Some(link))));
    let next = match (present, by) {
        (Some(at), 1) => at + 1,
        (Some(at), _) => at.saturating_sub(1),
        (None, _) => 0,
    };
    links.get(next).is_some_and(|link| link.focus().is_ok())
}

/// Ticks or unticks the box of the row that has the focus.
fn choose() -> bool {
    let choice = focused_row().and_then(|row| row.query_selector("input.pick").ok().flatten());
    match choice.and_then(|choice| choice.dyn_into::<HtmlInputElement>().ok()) {
        Some(choice) => {
            choice.set_checked(!choice.checked());
            true
        }
        None => false,
    }
}

/// Unticks the boxes of all rows, so that the form for them goes away. If it has the focus, the list takes it.
fn choose_none() -> bool {
    let page = document();
    let has = |selector: &str| page.query_selector(selector).ok().flatten().is_some();
    // What lies over the page is closed first, by the browser. The whole text of a row goes with the same key.
    if !has("input.pick:checked") || has(":popover-open:not(#whole-text), dialog[open]") {
        return false;
    }
    let form = page.get_element_by_id("bulk");
    let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else {
        return false;
    };
    let has_focus = page.active_element().is_some_and(|active| form.contains(Some(&active)));
    form.reset();
    let list = page.get_element_by_id("list-rows").filter(|_| has_focus);
    if let Some(list) = list.and_then(|list| list.dyn_into::<HtmlElement>().ok()) {
        let _ = list.focus();
    }
    true
}

fn focused_row() -> Option<Element> {
    document().active_element()?.closest("#main tbody tr").ok().flatten()
}

fn links() -> Vec<HtmlElement> {
    let found = document().query_selector_all(ROW_LINKS).ok();
    let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}

fn sheet() -> Option<HtmlElement> {
    document().get_element_by_id("shortcuts")?.dyn_into().ok()
}

fn input(id: &str) -> Option<HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn cookies() -> Option<HtmlDocument> {
    document().dyn_into().ok()
}

/// Whether the user has turned off the shortcuts that are characters (WCAG 2.1.4).
pub(super) fn is_off() -> bool {
    let cookie = cookies().and_then(|page| page.cookie().ok()).unwrap_or_default();
    cookie.split("; ").any(|pair| pair == OFF)
}

fn turn(is_on: bool) {
    let age = if is_on { 0 } else { 31_536_000 };
    if let Some(page) = cookies() {
        // Without cookies, they are on again on the next page.
        let _ = page.set_cookie(&format!("{OFF}; Path=/; SameSite=Lax; Max-Age={age}"));
    }
}
