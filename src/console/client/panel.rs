//! Opens callbacks beside the log without loading the page anew: nothing moves that is being read. A click, `j`, `k` and the arrows open one,
//! Escape closes it, and the address of the page follows. Without scripts, or in a narrow window, links load the page with the callback.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent},
};

use crate::{
    console::{
        ConsoleError,
        client::shortcuts,
        pages::log::{log_search::SEARCHED, panel::callback_panel},
        viewer::lang,
    },
    messages::common,
};

/// The width from which the panel is beside the log (`style/panel.css`).
const BESIDE: f64 = 1_100.0;
/// How long a panel that was loaded ahead is shown, in milliseconds.
const LOADED_MS: f64 = 10_000.0;
/// Rows of the log.
const ROWS: &str = "#log-rows tr[data-callback]";

/// The panel of an open page.
#[derive(Default)]
struct Panel {
    /// The panel of the row below the open one, so that it is shown at once.
    loaded: RefCell<Option<Loaded>>,
    /// Counts requests: an answer to an older one is not shown.
    latest: Cell<u32>,
    /// The number of times the rows were replaced. A panel that was requested before the last time is discarded.
    log: Cell<u32>,
}

/// A panel that was loaded in advance.
struct Loaded {
    callback: String,
    html: String,
    /// When it was loaded (see [`now`]).
    at: f64,
}

/// Which entry of the browser's history an address gets.
#[derive(Clone, Copy)]
enum Entry {
    New,
    /// The present one.
    Same,
}

pub(super) fn watch() {
    if document().get_element_by_id("log").is_none() {
        return;
    }
    let panel = Rc::new(Panel::default());
    let clicks = panel.clone();
    window_event_listener(ev::click, move |event| clicks.clicked(&event));
    let keys = panel.clone();
    window_event_listener(ev::keydown, move |event| keys.pressed(&event));
    // The rows are others, so that what was loaded leads to a log that is not shown any more.
    let searched = panel.clone();
    window_event_listener_untyped(SEARCHED, move |_: Event| {
        searched.log.set(searched.log.get().wrapping_add(1));
        searched.loaded.borrow_mut().take();
        searched.empty();
    });
    // Back and forward.
    window_event_listener_untyped("popstate", move |_: Event| panel.follow_address());
}

impl Panel {
    fn clicked(self: &Rc<Self>, event: &MouseEvent) {
        let is_plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() && !event.default_prevented();
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| {
            target
                .closest("a[data-panel], a[data-neighbour], a[data-panel-close], a.back")
                .ok()
                .flatten()
        });
        let Some(link) = link.filter(|_| is_plain && is_beside()) else {
            return;
        };
        let Some(href) = link.get_attribute("href") else { return };
        event.prevent_default();
        if let Some(id) = callback_of(&href) {
            self.open(id, &href, Entry::New);
        } else {
            self.close(&href);
        }
    }

    fn pressed(self: &Rc<Self>, event: &KeyboardEvent) {
        let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        // What lies over the page is closed first, by the browser.
        let lies_over = || {
            document()
                .query_selector(":popover-open, dialog[open]")
                .is_ok_and(|over| over.is_some())
        };
        if shortcuts::is_typing(event) || is_modified || event.is_composing() || event.default_prevented() || !is_beside() || lies_over() {
            return;
        }
        let step = match event.key().as_str() {
            "j" if !shortcuts::is_off() => 1,
            "k" if !shortcuts::is_off() => -1,
            // The arrows belong to what they scroll, unless a row or the panel's head has the focus.
            "ArrowDown" if in_log() => 1,
            "ArrowUp" if in_log() => -1,
            "Escape" => {
                if current().is_some() {
                    event.prevent_default();
                    self.close(&address_without_callback());
                }
                return;
            }
            _ => return,
        };
        let rows = rows();
        // The marked row, because the panel of the last press may still be on its way; without a panel, the row with the focus.
        let focused = document().active_element().and_then(|active| active.closest(ROWS).ok().flatten());
        let marked = rows.iter().position(|row| row.has_attribute("aria-current"));
        let at = marked.or_else(|| rows.iter().position(|row| focused.as_ref() == Some(row)));
        let next = match at {
            Some(at) => at.checked_add_signed(step),
            None if step > 0 => Some(0),
            None => None,
        };
        if let Some((id, href)) = next.and_then(|next| rows.get(next)).and_then(address_of) {
            event.prevent_default();
            // The address is replaced, so that Back returns to the log after any number of callbacks.
            let entry = if current().is_some() { Entry::Same } else { Entry::New };
            self.open(id, &href, entry);
        }
    }

    /// Shows a callback, and makes its address that of the page.
    fn open(self: &Rc<Self>, id: String, href: &str, entry: Entry) {
        let address = without_fragment(href);
        if current().as_deref() != Some(&id) {
            set_address(&address, entry);
        }
        self.show(id, &address);
    }

    fn show(self: &Rc<Self>, id: String, address: &str) {
        let (panel, query) = (self.clone(), query_of(address));
        let request = self.latest.get().wrapping_add(1);
        self.latest.set(request);
        mark(&id);
        // It is used at most once and for a short time, because the state of the delivery changes.
        let known = self.loaded.borrow_mut().take();
        if let Some(known) = known.filter(|known| known.callback == id && now() - known.at < LOADED_MS) {
            self.insert(&id, &known.html);
            return;
        }
        if let Some(place) = document().get_element_by_id("panel") {
            let _ = place.set_attribute("aria-busy", "true");
        }
        let address = address.to_owned();
        leptos::task::spawn_local(async move {
            match callback_panel(webhook(), query).await {
                _ if panel.latest.get() != request => {}
                Ok(html) => panel.insert(&id, &html),
                // Without an answer the page would be lost as well.
                Err(error @ ConsoleError::Failed { .. }) => show_problem(&error, &address),
                // The page says what is wrong: that the session has ended, for example.
                Err(_) => drop(window().location().assign(&address)),
            }
        });
    }

    fn insert(self: &Rc<Self>, id: &str, html: &str) {
        let Some(place) = document().get_element_by_id("panel") else {
            return;
        };
        let _ = place.remove_attribute("aria-busy");
        let before = top_of(id);
        set_open(true);
        place.set_inner_html(html);
        stay(id, before);
        link_neighbours(id);
        if let Some(article) = document()
            .get_element_by_id("callback")
            .and_then(|open| open.dyn_into::<HtmlElement>().ok())
        {
            let quietly = leptos::web_sys::FocusOptions::new();
            quietly.set_prevent_scroll(true);
            let _ = article.focus_with_options(&quietly);
        }
        if let Some(row) = row(id) {
            // Only if it is out of sight.
            let how = leptos::web_sys::ScrollIntoViewOptions::new();
            how.set_block(leptos::web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&how);
        }
        self.prefetch(id);
    }

    /// Loads the callback below the open one.
    fn prefetch(self: &Rc<Self>, id: &str) {
        let rows = rows();
        let at = rows
            .iter()
            .position(|row| row.get_attribute("data-callback").as_deref() == Some(id));
        let Some((next, href)) = at.and_then(|at| rows.get(at + 1)).and_then(address_of) else {
            return;
        };
        let (panel, log) = (self.clone(), self.log.get());
        leptos::task::spawn_local(async move {
            let html = callback_panel(webhook(), query_of(&href)).await;
            if let (Ok(html), true) = (html, panel.log.get() == log) {
                let at = now();
                let callback = next;
                *panel.loaded.borrow_mut() = Some(Loaded { callback, html, at });
            }
        });
    }

    fn follow_address(self: &Rc<Self>) {
        let address = window().location().href().unwrap_or_default();
        match callback_of(&address) {
            Some(id) => self.show(id, &address),
            None => self.empty(),
        }
    }

    /// Closes the panel, makes `href` the address of the page, and puts the focus on the row of the callback.
    fn close(&self, href: &str) {
        let id = current();
        set_address(&without_fragment(href), Entry::New);
        let before = id.as_deref().and_then(top_of);
        self.empty();
        if let Some(id) = &id {
            stay(id, before);
        }
        let link = id
            .and_then(|id| row(&id))
            .and_then(|row| row.query_selector("a[data-panel]").ok().flatten());
        if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
            let quietly = leptos::web_sys::FocusOptions::new();
            quietly.set_prevent_scroll(true);
            let _ = link.focus_with_options(&quietly);
        }
    }

    fn empty(&self) {
        // The answer to a request that is still on its way must not open the panel again.
        self.latest.set(self.latest.get().wrapping_add(1));
        mark("");
        if let Some(place) = document().get_element_by_id("panel") {
            let _ = place.remove_attribute("aria-busy");
            set_open(false);
            place.set_inner_html("");
        }
    }
}

/// Says in the place of the panel why it cannot be shown, with a link to try again.
fn show_problem(error: &ConsoleError, address: &str) {
    let (page, lang) = (document(), lang());
    let (Some(place), Ok(text), Ok(link)) = (page.get_element_by_id("panel"), page.create_element("p"), page.create_element("a")) else {
        return;
    };
    let _ = place.remove_attribute("aria-busy");
    set_open(true);
    place.set_inner_html("");
    text.set_class_name("notice bad");
    let _ = text.set_attribute("role", "alert");
    text.set_text_content(Some(&format!("{} ", error.text(lang))));
    let _ = link.set_attribute("href", address);
    link.set_text_content(Some(common::refused_try_again(lang)));
    let _ = text.append_child(&link);
    let _ = place.append_child(&text);
}

/// The present time in milliseconds.
fn now() -> f64 {
    js_sys::Date::now()
}

fn is_beside() -> bool {
    window()
        .inner_width()
        .ok()
        .and_then(|width| width.as_f64())
        .is_some_and(|width| width >= BESIDE)
}

/// Makes room for the panel beside the log, or gives the log the whole width.
fn set_open(is_open: bool) {
    if let Some(grid) = document().query_selector(".log-grid").ok().flatten() {
        let _ = grid.toggle_attribute_with_force("data-open", is_open);
    }
}

fn rows() -> Vec<Element> {
    let found = document().query_selector_all(ROWS).ok();
    let nodes = found.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}

fn row(id: &str) -> Option<Element> {
    rows()
        .into_iter()
        .find(|row| row.get_attribute("data-callback").as_deref() == Some(id))
}

/// The callback of a row and the address that opens it.
fn address_of(row: &Element) -> Option<(String, String)> {
    let link = row.query_selector("a[data-panel]").ok().flatten()?;
    Some((row.get_attribute("data-callback")?, link.get_attribute("href")?))
}

/// The callback in the address of the page. Its panel is open or on its way.
fn current() -> Option<String> {
    callback_of(&window().location().href().ok()?)
}

/// The address of the page with its panel closed.
fn address_without_callback() -> String {
    let location = window().location();
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    let rest: Vec<&str> = query
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("callback="))
        .collect();
    if rest.is_empty() {
        path
    } else {
        format!("{path}?{}", rest.join("&"))
    }
}

/// Whether the focus is in a row of the log, or on the panel itself.
fn in_log() -> bool {
    let active = document().active_element();
    active.is_some_and(|active| active.id() == "callback" || active.closest("#log-rows").is_ok_and(|row| row.is_some()))
}

fn mark(id: &str) {
    for row in rows() {
        let is_open = row.get_attribute("data-callback").as_deref() == Some(id);
        let _ = if is_open {
            row.set_attribute("aria-current", "true")
        } else {
            row.remove_attribute("aria-current")
        };
    }
}

/// Lets the links of the panel lead to the rows above and below it.
fn link_neighbours(id: &str) {
    let rows = rows();
    let at = rows
        .iter()
        .position(|row| row.get_attribute("data-callback").as_deref() == Some(id));
    for (which, step) in [("newer", -1_isize), ("older", 1)] {
        let link = document()
            .query_selector(&format!("#callback a[data-neighbour={which}]"))
            .ok()
            .flatten();
        let Some(link) = link else { continue };
        let to = at
            .and_then(|at| at.checked_add_signed(step))
            .and_then(|at| rows.get(at))
            .and_then(address_of);
        let _ = match to {
            Some((_, href)) => link.set_attribute("href", &href).and_then(|()| link.remove_attribute("hidden")),
            None => link.set_attribute("hidden", ""),
        };
    }
}

/// Where a row is in the window.
fn top_of(id: &str) -> Option<f64> {
    row(id).map(|row| row.get_bounding_client_rect().top())
}

/// Scrolls so that a row is where it was: beside the panel the log is narrower, so that what is above the row takes more room.
fn stay(id: &str, before: Option<f64>) {
    if let (Some(before), Some(after)) = (before, top_of(id)) {
        window().scroll_by_with_x_and_y(0.0, after - before);
    }
}

fn set_address(address: &str, entry: Entry) {
    let history = window().history();
    let _ = history.and_then(|history| match entry {
        Entry::New => history.push_state_with_url(&JsValue::NULL, "", Some(address)),
        Entry::Same => history.replace_state_with_url(&JsValue::NULL, "", Some(address)),
    });
}

fn without_fragment(href: &str) -> String {
    href.split('#').next().unwrap_or_default().to_owned()
}

fn query_of(address: &str) -> String {
    let address = without_fragment(address);
    address.split_once('?').map_or_else(String::new, |(_, query)| query.to_owned())
}

fn callback_of(address: &str) -> Option<String> {
    let query = query_of(address);
    let found = query.split('&').find_map(|pair| pair.strip_prefix("callback="));
    found.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The id of the webhook, from the path of the page.
fn webhook() -> String {
    let path = window().location().pathname().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
