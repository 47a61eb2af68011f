//! Live updates of a log: server-sent events tell how many callbacks were logged since the page was rendered. New rows are shown at once if
//! that moves nothing that is being read, otherwise after a click.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};

use leptos::{
    ev::MouseEvent,
    leptos_dom::helpers::WindowListenerHandle,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
};
use serde::{Deserialize, Serialize};
use web_sys::{Element, Event, EventSource, MessageEvent};

use crate::{
    console::{
        ConsoleError,
        islands::sign_in_href,
        pages::log::fragment::{LogFragment, log_fragment},
        viewer::lang,
    },
    messages::{logs as say, webhooks as of_list},
};

/// The pause between two updates of a busy log.
const UPDATE_PAUSE: Duration = Duration::from_secs(1);
/// The pause before a stream that was rejected is opened again, and after an update that failed.
const RETRY_PAUSE: Duration = Duration::from_secs(15);
/// The parts of a log that change when callbacks are logged: the chart, the rows, and the text below them.
const LIVE_PARTS: &str = "[data-log-part]";
/// The chart with its numbers. Its height does not depend on them.
const CHART: &str = "#log-chart";

/// Why new rows are loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// They were announced. They are shown only if that moves nothing.
    Nobody,
    /// The viewer followed the link, so they are shown at once.
    Viewer,
}

/// The log that a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedLog {
    /// The id of the webhook.
    pub webhook: String,
    /// The query of the first page of the log, encoded.
    pub query: String,
    /// The address of the stream. `None` if the range is over.
    pub stream: Option<String>,
    /// Callbacks with greater ids are new. (Ids sort by time.)
    pub since: String,
    /// Whether the first page is shown.
    pub is_top: bool,
    /// The address of the first page.
    pub top: String,
}

/// Follows a log while the page is visible, also before the first callback. The link "3 new callbacks" shows them.
#[island]
pub fn LogFollower(
    /// The log.
    followed: FollowedLog,
) -> impl IntoView {
    let lang = lang();
    let count = RwSignal::new(0);
    let has_ended = RwSignal::new(false);
    let (requested, is_top, top) = (RwSignal::new(()), followed.is_top, followed.top.clone());
    // The follower is created in an effect, because the server may drop a page on another thread than the one that rendered it. Effects
    // do not run on the server.
    Effect::new(move |follower: Option<Rc<Follower>>| {
        requested.track();
        if let Some(follower) = follower {
            follower.update(Asked::Viewer);
            return follower;
        }
        Follower::start(followed.clone(), count, has_ended)
    });
    let show = move |event: MouseEvent| {
        if is_top {
            event.prevent_default();
            requested.set(());
        }
    };
    view! {
        <div class="fresh" role="status">
            {move || {
                has_ended
                    .get()
                    .then(|| {
                        view! {
                            <a class="button primary" href=sign_in_href(&present_address()) rel="external">
                                {of_list::session_ended(lang)}
                                " "
                                {of_list::sign_in_again(lang)}
                            </a>
                        }
                    })
            }}
            {move || {
                let top = top.clone();
                (count.get() > 0 && !has_ended.get())
                    .then(|| {
                        view! {
                            <a class="button primary" href=top on:click=show>
                                {say::fresh(lang, count.get())}
                            </a>
                        }
                    })
            }}
        </div>
    }
}

struct Follower {
    log: FollowedLog,
    /// The number of callbacks that are not shown.
    count: RwSignal<u64>,
    /// Whether the session has ended, so that nothing can be shown any more.
    has_ended: RwSignal<bool>,
    state: RefCell<State>,
    visibility: RefCell<Option<WindowListenerHandle>>,
}

#[derive(Default)]
struct State {
    /// Callbacks with greater ids are not shown.
    since: String,
    /// The newest id that the stream sent.
    received: String,
    stream: Option<Stream>,
    is_pausing: bool,
    /// Whether callbacks were logged that the chart does not count yet.
    is_chart_stale: bool,
}

/// An open stream. It is closed when it is dropped.
struct Stream {
    source: EventSource,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(visibility) = self.visibility.take() {
            visibility.remove();
        }
    }
}

impl Follower {
    fn start(log: FollowedLog, count: RwSignal<u64>, has_ended: RwSignal<bool>) -> Rc<Self> {
        let state = State {
            since: log.since.clone(),
            received: log.since.clone(),
            ..State::default()
        };
        let follower = Rc::new(Self {
            log,
            count,
            has_ended,
            state: RefCell::new(state),
            visibility: RefCell::default(),
        });
        let weak = Rc::downgrade(&follower);
        let changed = move |_| with(&weak, Self::open);
        follower
            .visibility
            .replace(Some(window_event_listener_untyped("visibilitychange", changed)));
        follower.open();
        follower
    }

    /// Opens the stream after the newest id that was received. While the page is hidden, closes it.
    fn open(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.stream = None;
        let may_follow = !document().hidden() && !self.has_ended.get_untracked();
        let Some(path) = self.log.stream.as_deref().filter(|_| may_follow) else {
            return;
        };
        let mark = if path.contains('?') { '&' } else { '?' };
        let Ok(source) = EventSource::new(&format!("{path}{mark}since={}", state.received)) else {
            return;
        };
        let (on_message, on_error) = (Rc::downgrade(self), Rc::downgrade(self));
        let message = Closure::new(move |event: MessageEvent| with(&on_message, |follower| follower.receive(&event)));
        let error = Closure::new(move |_: Event| with(&on_error, Self::reopen_if_closed));
        let listens = source.add_event_listener_with_callback("callbacks", message.as_ref().unchecked_ref());
        source.set_onerror(Some(error.as_ref().unchecked_ref()));
        if listens.is_ok() {
            state.stream = Some(Stream {
                source,
                _message: message,
                _error: error,
            });
        }
    }

    /// A browser reconnects by itself when a stream ends, but not when it was rejected.
    fn reopen_if_closed(self: &Rc<Self>) {
        let is_closed = |stream: &Stream| stream.source.ready_state() == EventSource::CLOSED;
        if self.state.borrow().stream.as_ref().is_some_and(is_closed) {
            // Why it was rejected, an event source does not tell; a request does.
            let (weak, webhook, query) = (Rc::downgrade(self), self.log.webhook.clone(), self.log.query.clone());
            leptos::task::spawn_local(async move {
                let fragment = log_fragment(webhook, query).await;
                with(&weak, |follower| follower.note_end(fragment.as_ref().err()));
                set_timeout(move || with(&weak, Self::open), RETRY_PAUSE);
            });
        }
    }

    fn note_end(&self, error: Option<&ConsoleError>) {
        if error == Some(&ConsoleError::SignedOut) {
            self.has_ended.set(true);
        }
    }

    fn receive(self: &Rc<Self>, event: &MessageEvent) {
        let id = event.last_event_id();
        let count = event.data().as_string().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
        let mut state = self.state.borrow_mut();
        let is_shown = id <= state.since;
        state.received = id;
        state.is_chart_stale |= !is_shown;
        drop(state);
        if !is_shown {
            self.count.update(|all| *all += count);
            self.update_if_unnoticed();
        }
    }

    /// Shows new callbacks if that moves nothing that is being read.
    fn update_if_unnoticed(self: &Rc<Self>) {
        let (is_pausing, is_chart_stale) = {
            let state = self.state.borrow();
            (state.is_pausing, state.is_chart_stale)
        };
        if is_pausing || self.count.get_untracked() == 0 || !self.log.is_top {
            return;
        }
        if moves_nothing() {
            self.update(Asked::Nobody);
        } else if is_chart_stale && !has_focus(CHART) {
            self.update_chart();
        }
    }

    /// Shows the present numbers above the rows. The rows stay until the user asks for them.
    fn update_chart(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        (state.is_pausing, state.is_chart_stale) = (true, false);
        drop(state);
        let (weak, webhook, query) = (Rc::downgrade(self), self.log.webhook.clone(), self.log.query.clone());
        leptos::task::spawn_local(async move {
            let fragment = log_fragment(webhook, query).await;
            with(&weak, |follower| {
                match fragment {
                    // A bar may have got the focus meanwhile.
                    Ok(fragment) if !has_focus(CHART) => replace_log(&fragment.html, CHART),
                    _ => follower.state.borrow_mut().is_chart_stale = true,
                }
                follower.pause(UPDATE_PAUSE);
            });
        });
    }

    /// Shows the present log. There is one request at a time.
    fn update(self: &Rc<Self>, asked: Asked) {
        self.state.borrow_mut().is_pausing = true;
        let (weak, webhook, query) = (Rc::downgrade(self), self.log.webhook.clone(), self.log.query.clone());
        leptos::task::spawn_local(async move {
            let fragment = log_fragment(webhook, query).await;
            with(&weak, |follower| match fragment {
                // The page may have been scrolled while the log was on its way.
                Ok(fragment) if asked == Asked::Nobody && !moves_nothing() => {
                    if !has_focus(CHART) {
                        replace_log(&fragment.html, CHART);
                        follower.state.borrow_mut().is_chart_stale = false;
                    }
                    follower.pause(UPDATE_PAUSE);
                }
                Ok(fragment) => {
                    follower.show(fragment);
                    follower.pause(UPDATE_PAUSE);
                }
                Err(error) => {
                    follower.note_end(Some(&error));
                    follower.state.borrow_mut().stream = None;
                    follower.pause(RETRY_PAUSE);
                }
            });
        });
    }

    fn show(&self, LogFragment { since, html }: LogFragment) {
        replace_log(&html, LIVE_PARTS);
        mark_open_row();
        let mut state = self.state.borrow_mut();
        state.is_chart_stale = false;
        // Callbacks that were announced while the fragment was rendered may be missing in it.
        if state.received <= since {
            state.received.clone_from(&since);
            self.count.set(0);
        }
        state.since = since;
    }

    fn pause(self: &Rc<Self>, pause: Duration) {
        let weak = Rc::downgrade(self);
        let end = |follower: &Rc<Self>| {
            follower.state.borrow_mut().is_pausing = false;
            if follower.state.borrow().stream.is_none() {
                follower.open();
            }
            follower.update_if_unnoticed();
        };
        set_timeout(move || with(&weak, end), pause);
    }
}

/// The path and the query of the page.
fn present_address() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Marks the row of the open callback. The fragment knows of none.
fn mark_open_row() {
    let open = document()
        .get_element_by_id("callback")
        .and_then(|open| open.get_attribute("data-callback"));
    let Some(id) = open else { return };
    let row = document()
        .query_selector(&format!("#log-rows tr[data-callback=\"{id}\"]"))
        .ok()
        .flatten();
    if let Some(row) = row {
        let _ = row.set_attribute("aria-current", "true");
    }
}

/// Replaces these parts of the log, or inserts the whole log if the page has none yet.
fn replace_log(html: &str, parts: &str) {
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

fn with(follower: &Weak<Follower>, act: impl FnOnce(&Rc<Follower>)) {
    if let Some(follower) = follower.upgrade() {
        act(&follower);
    }
}

/// Whether something within these parts has the focus.
fn has_focus(parts: &str) -> bool {
    let active = document().active_element();
    active.is_some_and(|active| active.closest(parts).is_ok_and(|part| part.is_some()))
}

/// Whether new rows at the top of the table move nothing that is visible: because there are no rows, or they are below the window. If the
/// focus is in a live part, replacing it would lose the focus.
fn moves_nothing() -> bool {
    let Some(rows) = document().get_element_by_id("log-rows") else {
        return true;
    };
    if has_focus(LIVE_PARTS) {
        return false;
    }
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    rows.child_element_count() == 0 || rows.get_bounding_client_rect().top() > height
}
