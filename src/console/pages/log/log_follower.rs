//! Live updates of a log: server-sent events tell how many callbacks were logged since the page was rendered. New rows are shown at once while
//! nobody reads the rows, otherwise after a click. While somebody types into the search, the log follows.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use leptos::{
    ev::MouseEvent,
    leptos_dom::helpers::WindowListenerHandle,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
};
use web_sys::{Event, EventSource, InputEvent, MessageEvent};

use crate::{
    console::{
        ConsoleError,
        islands::{listen, sign_in_href},
        pages::log::{
            followed_log::FollowedLog,
            fragment::{LogFragment, log_fragment},
            log_links, log_search,
            shown_log::{CHART, LIVE_PARTS, has_focus, is_read, mark_open_row, replace_log},
        },
        viewer::lang,
    },
    messages::{logs as say, webhooks as of_list},
};

/// The pause between two updates of a busy log.
const UPDATE_PAUSE: Duration = Duration::from_secs(1);
/// How often to look whether somebody still reads the rows.
const READ_PAUSE: Duration = Duration::from_secs(2);
/// The pause before a stream that was rejected is opened again, and after an update that failed.
const RETRY_PAUSE: Duration = Duration::from_secs(15);
/// The pause after the last key before the log is searched.
const TYPING_PAUSE: Duration = Duration::from_millis(250);
/// The parts of a log that a search changes: all but the form.
const SEARCHED_PARTS: &str = "[data-log-search]";

/// Why new rows are loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// They were announced. They are shown only while nobody reads the rows.
    Nobody,
    /// The viewer followed the link, so they are shown at once.
    Viewer,
}

/// Follows a log while the page is visible, also before the first callback. The link "3 new callbacks" shows them.
#[island]
pub fn LogFollower(
    /// The log.
    followed: FollowedLog,
) -> impl IntoView {
    let lang = lang();
    let shown = Shown {
        log: RwSignal::new(followed),
        count: RwSignal::new(0),
        waits: RwSignal::new(false),
        found: RwSignal::new(String::new()),
        has_ended: RwSignal::new(false),
    };
    let Shown {
        log,
        count,
        waits,
        found,
        has_ended,
    } = shown;
    let requested = RwSignal::new(());
    // The follower is created in an effect, because the server may drop a page on another thread than the one that rendered it. Effects
    // do not run on the server.
    Effect::new(move |follower: Option<Rc<Follower>>| {
        requested.track();
        if let Some(follower) = follower {
            follower.update(Asked::Viewer);
            return follower;
        }
        Follower::start(shown)
    });
    let show = move |event: MouseEvent| {
        if log.with_untracked(|log| log.is_top) {
            event.prevent_default();
            requested.set(());
        }
    };
    view! {
        <div class="fresh" role="status">
            <span class="visually-hidden">{move || found.get()}</span>
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
                (count.get() > 0 && waits.get() && !has_ended.get())
                    .then(|| {
                        view! {
                            <a class="button primary" href=log.with(|log| log.top.clone()) on:click=show>
                                {say::fresh(lang, count.get())}
                            </a>
                        }
                    })
            }}
        </div>
    }
}

/// What the island shows.
#[derive(Clone, Copy)]
struct Shown {
    /// The log of the page.
    log: RwSignal<FollowedLog>,
    /// The number of callbacks that are not shown.
    count: RwSignal<u64>,
    /// Whether these wait until the viewer asks for them.
    waits: RwSignal<bool>,
    /// How many callbacks a search found, in words, for screen readers.
    found: RwSignal<String>,
    /// Whether the session has ended, so that nothing can be shown any more.
    has_ended: RwSignal<bool>,
}

struct Follower {
    shown: Shown,
    state: RefCell<State>,
    visibility: RefCell<Option<WindowListenerHandle>>,
    /// The number of the last search. What was asked before it is not shown.
    search: Cell<u64>,
    typing: RefCell<Option<TimeoutHandle>>,
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
    /// Whether it will soon look again whether somebody reads the rows.
    looks_again: bool,
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
    fn start(shown: Shown) -> Rc<Self> {
        let since = shown.log.with_untracked(|log| log.since.clone());
        let state = State {
            received: since.clone(),
            since,
            ..State::default()
        };
        let follower = Rc::new(Self {
            shown,
            state: RefCell::new(state),
            visibility: RefCell::default(),
            search: Cell::default(),
            typing: RefCell::default(),
        });
        let weak = Rc::downgrade(&follower);
        let changed = move |_| with(&weak, Self::open);
        follower
            .visibility
            .replace(Some(window_event_listener_untyped("visibilitychange", changed)));
        follower.open();
        follower.watch_search();
        follower
    }

    /// The webhook and the query of the log.
    fn asked(&self) -> (String, String) {
        self.shown.log.with_untracked(|log| (log.webhook.clone(), log.query.clone()))
    }

    /// Searches while somebody types, and at once after Enter, a choice of an option, a custom range, or a click on a link that chooses callbacks.
    fn watch_search(self: &Rc<Self>) {
        for name in ["input", "compositionend"] {
            let weak = Rc::downgrade(self);
            listen(&document(), name, move |event| {
                // Letters that are still being composed by an input method are not searched.
                let is_composing = event.dyn_ref::<InputEvent>().is_some_and(InputEvent::is_composing);
                if log_search::is_field(&event) && !is_composing {
                    with(&weak, Self::search_after_pause);
                }
            });
        }
        let weak = Rc::downgrade(self);
        listen(&document(), "submit", move |event| {
            if let Some(query) = log_search::query_of_range(&event) {
                event.prevent_default();
                event.stop_propagation();
                with(&weak, |follower| follower.choose(query));
            } else if log_search::is_of_form(&event) {
                event.prevent_default();
                event.stop_propagation();
                log_search::close_sheet();
                with(&weak, |follower| match log_search::query_of_form() {
                    Some(query) if !log_search::is_typing() => follower.choose(query),
                    _ => follower.search(),
                });
            }
        });
        let weak = Rc::downgrade(self);
        listen(&document(), "click", move |event| {
            if let Some(query) = log_links::chosen_query(&event) {
                event.prevent_default();
                with(&weak, |follower| follower.choose(query));
            }
        });
        // "Back" may lead to another log: of an option that was chosen, or before a search with an open callback.
        let weak = Rc::downgrade(self);
        listen(&window(), "popstate", move |_| {
            with(&weak, |follower| {
                let (_, query) = follower.asked();
                if !log_search::is_same_log(&query, &log_search::query_of_page()) {
                    let _ = window().location().reload();
                }
            });
        });
        // What was typed before the scripts ran.
        if log_search::is_typed() {
            self.search();
        }
    }

    fn search_after_pause(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let handle = set_timeout_with_handle(move || with(&weak, Self::search), TYPING_PAUSE).ok();
        if let Some(before) = self.typing.replace(handle) {
            before.clear();
        }
    }

    /// Shows the log for what stands in the form. The form stays as it is, and the address of the page follows.
    fn search(self: &Rc<Self>) {
        if let Some(typing) = self.typing.take() {
            typing.clear();
        }
        let number = self.search.get() + 1;
        self.search.set(number);
        let (webhook, shown) = self.asked();
        let Some(query) = log_search::query_of_form().filter(|query| !log_search::is_same_log(query, &shown)) else {
            log_search::set_busy(false);
            return;
        };
        log_search::set_busy(true);
        let weak = Rc::downgrade(self);
        leptos::task::spawn_local(async move {
            let fragment = log_fragment(webhook, query.clone()).await;
            with(&weak, |follower| {
                if follower.search.get() != number {
                    return;
                }
                match fragment {
                    Ok(fragment) => follower.show_found(fragment, &query),
                    Err(ConsoleError::SignedOut) => {
                        log_search::set_busy(false);
                        follower.shown.has_ended.set(true);
                    }
                    // The page says what is wrong.
                    Err(ConsoleError::NotFound | ConsoleError::Forbidden { .. }) => log_search::load(&query),
                    // The rows stay dimmed until the server answers again.
                    Err(_) => {
                        let weak = weak.clone();
                        let again = move |follower: &Rc<Self>| {
                            if follower.search.get() == number {
                                follower.search();
                            }
                        };
                        set_timeout(move || with(&weak, again), RETRY_PAUSE);
                    }
                }
            });
        });
    }

    /// Shows the log for a range or a filter that was chosen. "Back" returns to the present one.
    fn choose(self: &Rc<Self>, query: String) {
        if let Some(typing) = self.typing.take() {
            typing.clear();
        }
        let number = self.search.get() + 1;
        self.search.set(number);
        log_search::set_busy(true);
        let (weak, (webhook, _)) = (Rc::downgrade(self), self.asked());
        leptos::task::spawn_local(async move {
            let fragment = log_fragment(webhook, query.clone()).await;
            with(&weak, |follower| match fragment {
                _ if follower.search.get() != number => {}
                Ok(fragment) if !fragment.html.is_empty() => {
                    log_links::replace_whole(&fragment.html);
                    log_search::set_address(&query, true);
                    follower.note_found(fragment.followed);
                }
                // The page says what is wrong.
                _ => log_search::load(&query),
            });
        });
    }

    /// Shows the log that a search found. Its form stays, because somebody types into it.
    fn show_found(self: &Rc<Self>, fragment: LogFragment, query: &str) {
        log_search::set_busy(false);
        replace_log(&fragment.html, SEARCHED_PARTS);
        log_search::set_address(query, false);
        self.note_found(fragment.followed);
    }

    /// Follows another log. A callback that was open is closed, because the rows are others.
    fn note_found(self: &Rc<Self>, followed: FollowedLog) {
        log_search::tell_panel();
        self.shown.found.set(log_search::found());
        self.shown.count.set(0);
        self.shown.waits.set(false);
        self.shown.has_ended.set(false);
        let mut state = self.state.borrow_mut();
        state.since.clone_from(&followed.since);
        state.received.clone_from(&followed.since);
        state.is_chart_stale = false;
        drop(state);
        self.shown.log.set(followed);
        self.open();
    }

    /// Opens the stream after the newest id that was received. While the page is hidden, closes it.
    fn open(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.stream = None;
        let may_follow = !document().hidden() && !self.shown.has_ended.get_untracked();
        let Some(path) = self.shown.log.with_untracked(|log| log.stream.clone()).filter(|_| may_follow) else {
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
            let (weak, (webhook, query)) = (Rc::downgrade(self), self.asked());
            leptos::task::spawn_local(async move {
                let fragment = log_fragment(webhook, query).await;
                with(&weak, |follower| follower.note_end(fragment.as_ref().err()));
                set_timeout(move || with(&weak, Self::open), RETRY_PAUSE);
            });
        }
    }

    fn note_end(&self, error: Option<&ConsoleError>) {
        if error == Some(&ConsoleError::SignedOut) {
            self.shown.has_ended.set(true);
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
            self.shown.count.update(|all| *all += count);
            self.update_unless_read();
        }
    }

    /// Shows new callbacks, or that there are some if somebody reads the rows.
    fn update_unless_read(self: &Rc<Self>) {
        let (is_pausing, is_chart_stale) = {
            let state = self.state.borrow();
            (state.is_pausing, state.is_chart_stale)
        };
        if is_pausing || self.shown.count.get_untracked() == 0 {
            return;
        }
        let is_top = self.shown.log.with_untracked(|log| log.is_top);
        if is_top && !is_read() {
            self.update(Asked::Nobody);
            return;
        }
        self.shown.waits.set(true);
        self.look_again_soon();
        if is_top && is_chart_stale && !has_focus(CHART) {
            self.update_chart();
        }
    }

    /// Notices when nobody reads the rows any more.
    fn look_again_soon(self: &Rc<Self>) {
        if self.state.borrow().looks_again {
            return;
        }
        self.state.borrow_mut().looks_again = true;
        let weak = Rc::downgrade(self);
        let look = |follower: &Rc<Self>| {
            follower.state.borrow_mut().looks_again = false;
            follower.update_unless_read();
        };
        set_timeout(move || with(&weak, look), READ_PAUSE);
    }

    /// Shows the present numbers above the rows. The rows stay until the user asks for them.
    fn update_chart(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        (state.is_pausing, state.is_chart_stale) = (true, false);
        drop(state);
        let (weak, wanted) = (Rc::downgrade(self), self.asked());
        leptos::task::spawn_local(async move {
            let (webhook, query) = wanted.clone();
            let fragment = log_fragment(webhook, query).await;
            with(&weak, |follower| {
                match fragment {
                    // A search was faster.
                    Ok(_) if follower.asked() != wanted => {}
                    // A bar may have got the focus meanwhile.
                    Ok(fragment) if !has_focus(CHART) => replace_log(&fragment.html, CHART),
                    _ => follower.state.borrow_mut().is_chart_stale = true,
                }
                follower.pause(UPDATE_PAUSE);
            });
        });
    }

    /// Shows the present log. By itself it is asked for once at a time; a click asks for it at once.
    fn update(self: &Rc<Self>, asked: Asked) {
        self.state.borrow_mut().is_pausing = true;
        let (weak, wanted) = (Rc::downgrade(self), self.asked());
        leptos::task::spawn_local(async move {
            let (webhook, query) = wanted.clone();
            let fragment = log_fragment(webhook, query).await;
            with(&weak, |follower| match fragment {
                // A search was faster.
                Ok(_) if follower.asked() != wanted => follower.pause(UPDATE_PAUSE),
                // Somebody may have begun to read while the log was on its way.
                Ok(fragment) if asked == Asked::Nobody && is_read() => {
                    follower.shown.waits.set(true);
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
                    follower.shown.waits.set(true);
                    follower.state.borrow_mut().stream = None;
                    follower.pause(RETRY_PAUSE);
                }
            });
        });
    }

    fn show(&self, LogFragment { followed, html }: LogFragment) {
        let since = followed.since;
        replace_log(&html, LIVE_PARTS);
        mark_open_row();
        let mut state = self.state.borrow_mut();
        state.is_chart_stale = false;
        // Callbacks that were announced while the fragment was rendered may be missing in it.
        if state.received <= since {
            state.received.clone_from(&since);
            self.shown.count.set(0);
        }
        self.shown.waits.set(false);
        state.since = since;
    }

    fn pause(self: &Rc<Self>, pause: Duration) {
        let weak = Rc::downgrade(self);
        let end = |follower: &Rc<Self>| {
            follower.state.borrow_mut().is_pausing = false;
            if follower.state.borrow().stream.is_none() {
                follower.open();
            }
            follower.update_unless_read();
        };
        set_timeout(move || with(&weak, end), pause);
    }
}

/// The path and the query of the page.
fn present_address() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

fn with(follower: &Weak<Follower>, act: impl FnOnce(&Rc<Follower>)) {
    if let Some(follower) = follower.upgrade() {
        act(&follower);
    }
}
