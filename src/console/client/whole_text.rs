//! Tooltips with the whole text of elements that are cut, in the rows of the list and of the overview: the text of one element while the mouse
//! rests on it, and all texts of a row while its link has the focus. The text can be selected, stays while the mouse is on it, and goes with Escape (WCAG 1.4.13).
//! Without scripts, the browser shows the title of an element.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

use crate::console::islands::{all, is_within};

/// Elements with a title: the cells of the list of webhooks, and the parts of the cells of the overview.
const TITLED: &str = "table.webhooks td[title], table.troubles [title]";
const ROW_LINK: &str = ":is(table.webhooks, table.troubles) td.name a";
/// What has a title in a row, and no element around it that has one.
const IN_ROW: &str = "td.name a[title], td[title], table.troubles td:not(.name) [title]";
/// Marks the element beside which the text is shown; the style sheet places it there.
const MARK: &str = "data-whole";
const ID: &str = "whole-text";
/// How long the mouse rests before the text is shown, and how long it may leave it.
const REST: Duration = Duration::from_millis(350);

type Timer = Rc<RefCell<Option<TimeoutHandle>>>;

pub(super) fn watch() {
    let timer = Timer::default();
    let of_mouse = timer.clone();
    window_event_listener(ev::mouseover, move |event| {
        let Some(over) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        if over.id() == ID || is_within(&over, &format!("#{ID}")) {
            cancel(&of_mouse);
            return;
        }
        let titled = over.closest(&format!("{TITLED}, [{MARK}]:not(tr)")).ok().flatten();
        match titled {
            Some(titled) if titled.has_attribute(MARK) => cancel(&of_mouse),
            Some(titled) => start(&of_mouse, move || show_one(&titled)),
            None if shown().is_some() => start(&of_mouse, hide),
            None => cancel(&of_mouse),
        }
    });
    let of_focus = timer;
    window_event_listener(ev::focusin, move |event| {
        let focused = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_link = |link: &Element| link.matches(ROW_LINK).unwrap_or(false) && link.matches(":focus-visible").unwrap_or(false);
        cancel(&of_focus);
        match focused.filter(is_link).and_then(|link| link.closest("tr").ok().flatten()) {
            Some(row) => show_row(&row),
            None => hide(),
        }
    });
    window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            hide();
        }
    });
    window_event_listener(ev::mousedown, |event| {
        let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if !pressed.is_some_and(|pressed| is_within(&pressed, &format!("#{ID}"))) {
            hide();
        }
    });
}

fn start(timer: &Timer, then: impl FnOnce() + 'static) {
    let before = timer.replace(set_timeout_with_handle(then, REST).ok());
    if let Some(before) = before {
        before.clear();
    }
}

fn cancel(timer: &Timer) {
    if let Some(before) = timer.take() {
        before.clear();
    }
}

fn shown() -> Option<Element> {
    document().get_element_by_id(ID)
}

/// Shows the title of an element, if the element is still there.
fn show_one(titled: &Element) {
    if let Some(title) = titled
        .get_attribute("title")
        .filter(|title| !title.is_empty() && titled.is_connected())
    {
        show(titled, &[title]);
        // The browser would show it as well. It is put back when the text is hidden.
        let _ = titled.remove_attribute("title");
    }
}

/// Shows the titles in a row.
fn show_row(row: &Element) {
    let cells = row.query_selector_all(IN_ROW).ok();
    let titles = crate::console::islands::elements::<Element>(cells.as_ref());
    let titles: Vec<String> = titles
        .iter()
        .filter_map(|cell| cell.get_attribute("title"))
        .filter(|title| !title.is_empty())
        .collect();
    show(row, &titles);
}

fn show(beside: &Element, lines: &[String]) {
    hide();
    let page = document();
    let (Ok(text), Some(main)) = (page.create_element("div"), page.get_element_by_id("main")) else {
        return;
    };
    text.set_id(ID);
    for (name, value) in [("popover", "manual"), ("role", "tooltip")] {
        let _ = text.set_attribute(name, value);
    }
    for line in lines {
        if let Ok(paragraph) = page.create_element("p") {
            let _ = paragraph.set_attribute("dir", "auto");
            paragraph.set_text_content(Some(line));
            let _ = text.append_child(&paragraph);
        }
    }
    let _ = beside.set_attribute(
        MARK,
        if lines.len() == 1 && beside.tag_name() != "TR" {
            lines.first().map_or("", String::as_str)
        } else {
            ""
        },
    );
    if main.append_child(&text).is_ok()
        && let Some(text) = text.dyn_ref::<HtmlElement>()
    {
        let _ = text.show_popover();
    }
}

fn hide() {
    if let Some(text) = shown() {
        text.remove();
    }
    for marked in all::<Element>(&format!("[{MARK}]")) {
        let title = marked.get_attribute(MARK).unwrap_or_default();
        let _ = marked.remove_attribute(MARK);
        if !title.is_empty() {
            let _ = marked.set_attribute("title", &title);
        }
    }
}
