//! A log that lives: server-sent events say how many callbacks were logged since the page was made. They are shown at once where that
//! moves nothing that is being read, else when their reader wants to see them.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};

use leptos::{
    ev::MouseEvent,
    leptos_dom::helpers::WindowListenerHandle,
    prelude::*,
    reactive::send_wrapper_ext::SendOption,
    wasm_bindgen::{JsCast, closure::Closure},
};
use serde::{Deserialize, Serialize};
use web_sys::{Document, Event, EventSource, MessageEvent};

use crate::{
    console::{islands::region, viewer::lang},
    messages::logs as say,
};

/// Pause between two looks at a busy log.
const REST: Duration = Duration::from_secs(1);
/// Pause before a stream that was refused is asked for again.
const AGAIN: Duration = Duration::from_secs(15);

/// What changes when callbacks are logged: the chart, the rows, and what stands below them.
const PARTS: [&str; 3] = ["log-chart", "log-rows", "log-foot"];

/// What the page shows of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Where news come from, when there can be any.
    pub path: Option<String>,
    /// The last callback that it knows of. (Ids sort by the time they were made.)
    pub since: String,
    /// Whether this is the top of the log.
    pub is_top: bool,
    /// Where the top is.
    pub top: String,
}

/// Follows a log while it can be seen; also before there is one, so that it appears with the first callback. "3 new callbacks" shows them.
#[island]
pub fn LogFollower(
    /// What the page shows.
    shown: Shown,
) -> impl IntoView {
    let lang = lang();
    let count = RwSignal::new(0);
    // The server never has one, and may drop the page on another thread than the one that made it.
    let follower = StoredValue::new(SendOption::new_local(None::<Rc<Follower>>));
    let first = shown.clone();
    Effect::new(move |_| {
        let started = Follower::start(count);
        started.show(first.clone());
        follower.set_value(SendOption::new_local(Some(started)));
    });
    let show = move |event: MouseEvent| {
        let Some(follower) = follower.with_value(|follower| (**follower).clone()) else {
            return;
        };
        if follower.state.borrow().shown.is_top {
            event.prevent_default();
            follower.refresh();
        }
    };
    view! {
        <div class="fresh" role="status">
            {move || {
                let top = shown.top.clone();
                (count.get() > 0)
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
    /// Callbacks logged since the page was made.
    count: RwSignal<u64>,
    state: RefCell<State>,
    visibility: RefCell<Option<WindowListenerHandle>>,
}

#[derive(Default)]
struct State {
    shown: Shown,
    /// The last callback that was heard of.
    heard: String,
    stream: Option<Stream>,
    is_resting: bool,
}

/// An open stream. It ends when this goes.
struct Stream {
    source: EventSource,
    _hear: Closure<dyn FnMut(MessageEvent)>,
    _fail: Closure<dyn FnMut(Event)>,
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
    fn start(count: RwSignal<u64>) -> Rc<Self> {
        let me = Rc::new(Self {
            count,
            state: RefCell::default(),
            visibility: RefCell::default(),
        });
        let weak = Rc::downgrade(&me);
        let changed = move |_| with(&weak, Self::open);
        me.visibility
            .replace(Some(window_event_listener_untyped("visibilitychange", changed)));
        me
    }

    /// The page was made anew.
    fn show(self: &Rc<Self>, shown: Shown) {
        self.count.set(0);
        let mut state = self.state.borrow_mut();
        let is_same = state.shown.path == shown.path;
        if !is_same || state.heard < shown.since {
            state.heard.clone_from(&shown.since);
        }
        state.shown = shown;
        drop(state);
        if !is_same {
            self.open();
        }
    }

    /// Opens the stream where it ended; closes it while the page is hidden.
    fn open(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.stream = None;
        let Some(path) = state.shown.path.as_deref().filter(|_| !document().hidden()) else {
            return;
        };
        let since = if state.heard.is_empty() {
            String::new()
        } else {
            format!("&since={}", state.heard)
        };
        let Ok(source) = EventSource::new(&format!("{path}{since}")) else {
            return;
        };
        let (to_hear, to_fail) = (Rc::downgrade(self), Rc::downgrade(self));
        let hear = Closure::new(move |event: MessageEvent| with(&to_hear, |me| me.hear(&event)));
        let fail = Closure::new(move |_: Event| with(&to_fail, Self::fail));
        let listens = source.add_event_listener_with_callback("callbacks", hear.as_ref().unchecked_ref());
        source.set_onerror(Some(fail.as_ref().unchecked_ref()));
        if listens.is_ok() {
            state.stream = Some(Stream {
                source,
                _hear: hear,
                _fail: fail,
            });
        }
    }

    /// A browser comes back by itself when a connection ends, but not when it was refused.
    fn fail(self: &Rc<Self>) {
        let is_closed = |stream: &Stream| stream.source.ready_state() == EventSource::CLOSED;
        if self.state.borrow().stream.as_ref().is_some_and(is_closed) {
            let weak = Rc::downgrade(self);
            set_timeout(move || with(&weak, Self::open), AGAIN);
        }
    }

    fn hear(self: &Rc<Self>, event: &MessageEvent) {
        let id = event.last_event_id();
        let count = event.data().as_string().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
        let mut state = self.state.borrow_mut();
        let is_shown = id <= state.shown.since;
        state.heard = id;
        drop(state);
        if !is_shown {
            self.count.update(|all| *all += count);
            self.act();
        }
    }

    /// Shows what is new, where that moves nothing; a busy log once a second.
    fn act(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if state.is_resting || self.count.get_untracked() == 0 || !(state.shown.is_top && moves_nothing()) {
            return;
        }
        state.is_resting = true;
        drop(state);
        self.refresh();
        let weak = Rc::downgrade(self);
        let rested = move |me: &Rc<Self>| {
            me.state.borrow_mut().is_resting = false;
            me.act();
        };
        set_timeout(move || with(&weak, rested), REST);
    }

    /// Shows the log as it is now.
    fn refresh(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        region::ask_again(move |page| {
            with(&weak, |me| {
                if let Some(shown) = shown_in(&page) {
                    put(&page);
                    me.show(shown);
                }
            });
        });
    }
}

/// What another version of this page shows.
fn shown_in(page: &Document) -> Option<Shown> {
    let island = page.query_selector("leptos-island[data-component^=LogFollower]").ok()??;
    let props: Props = serde_json::from_str(&island.get_attribute("data-props")?).ok()?;
    Some(props.shown)
}

/// What an island's element holds of its component.
#[derive(Deserialize)]
struct Props {
    shown: Shown,
}

fn put(page: &Document) {
    if document().get_element_by_id("logs").is_some() {
        region::replace(page, &PARTS);
    } else {
        region::replace(page, &["log"]);
        if let Some(log) = document().get_element_by_id("log") {
            region::hydrate(&log);
        }
    }
}

fn with(follower: &Weak<Follower>, act: impl FnOnce(&Rc<Follower>)) {
    if let Some(follower) = follower.upgrade() {
        act(&follower);
    }
}

/// Whether rows at the top of the table move nothing that can be seen: there are none yet, or they lie below the window. What somebody has
/// reached by keyboard stays as well.
fn moves_nothing() -> bool {
    let Some(rows) = document().get_element_by_id("log-rows") else {
        return true;
    };
    if let Some(active) = document().active_element()
        && PARTS
            .iter()
            .any(|id| active.closest(&format!("#{id}")).is_ok_and(|part| part.is_some()))
    {
        return false;
    }
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    rows.child_element_count() == 0 || rows.get_bounding_client_rect().top() > height
}
