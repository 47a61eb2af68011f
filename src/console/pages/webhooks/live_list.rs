//! The list while its page is open: searching, filtering, sorting and paging without loading the page, the switches of the rows, and a
//! refresh every ten seconds. Everything here also works as plain links and forms.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{
    ev::MouseEvent,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlSelectElement, UrlSearchParams};

use crate::{
    console::{
        ConsoleError,
        islands::{
            Freshness, all, elements, form_query, is_chosen_otherwise, is_in_use, is_typed_otherwise, is_within, listen, replace_parts,
            sign_in_href,
        },
        pages::webhooks::{
            list_fragment::{ListFragment, list_fragment},
            set_enabled::{EnabledWebhook, set_webhook_enabled},
        },
        viewer::lang,
    },
    messages::{common, webhooks as say},
};

/// The path of the page.
const PATH: &str = "/webhooks";
/// The pause after the last key before the list is searched.
const TYPING_PAUSE: Duration = Duration::from_millis(200);
/// The time between two refreshes.
const REFRESH: Duration = Duration::from_secs(10);
/// How long a notice with "Undo" is shown.
const TOAST: Duration = Duration::from_secs(8);
/// How much longer, while the mouse or the focus is on it.
const TOAST_HELD: Duration = Duration::from_secs(2);

const FORM: &str = "form.list-search";
const ROWS: &str = "list-rows";
const REGION: &str = "#list-rows";

/// A notice with "Undo".
#[derive(Clone, PartialEq, Eq)]
struct Toast {
    number: u64,
    message: String,
    held_href: Option<String>,
    /// What was held until then is sent, in milliseconds since 1970.
    held_until: i64,
    webhook: String,
    /// The state that "Undo" restores.
    was_enabled: bool,
}

/// Why the list could not be loaded.
#[derive(Clone, PartialEq, Eq)]
struct Problem {
    text: String,
    href: String,
    link: &'static str,
}

/// What a button of the island asks for.
#[derive(Clone)]
enum Command {
    TogglePause,
    Undo(Toast),
}

/// What becomes of the address of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    /// It is replaced, as each key changes it.
    Replace,
    /// "Back" returns to the present one.
    Push,
    /// It is the right one already.
    Keep,
    /// The same, and nothing shows that the list is being loaded.
    Refresh,
}

/// Watches the list of its page. Shows whether it is up to date, and what was done.
#[island]
pub fn LiveList() -> impl IntoView {
    let lang = lang();
    let shown = Shown {
        freshness: RwSignal::new(Freshness::Starting),
        toast: RwSignal::new(None),
        problem: RwSignal::new(None),
    };
    let Shown { freshness, toast, problem } = shown;
    let commands = RwSignal::new(None::<Command>);
    // The list is created in an effect, because the server may drop a page on another thread than the one that rendered it. Effects do not
    // run on the server.
    Effect::new(move |list: Option<Rc<List>>| {
        let command = commands.get();
        let list = list.unwrap_or_else(|| List::start(shown));
        match command {
            Some(Command::TogglePause) => list.toggle_pause(),
            Some(Command::Undo(toast)) => list.set_enabled(toast.webhook, toast.was_enabled),
            None => {}
        }
        list
    });
    let pause = move |_: MouseEvent| commands.set(Some(Command::TogglePause));
    let undo = move |toast: Toast| {
        view! {
            <div class="toast">
                <p>{toast.message.clone()}</p>
                {toast
                    .held_href
                    .clone()
                    .map(|href| {
                        view! {
                            <form method="post" action=format!("/webhooks/{}/deliveries/send-again", toast.webhook)>
                                <input type="hidden" name="since" value="0" />
                                <input type="hidden" name="until" value=toast.held_until.to_string() />
                                <input type="hidden" name="held" value="true" />
                                <button class="quiet" type="submit">
                                    {say::held_send(lang)}
                                </button>
                            </form>
                            <a href=href>{say::held_review(lang)}</a>
                        }
                    })}
                <button
                    class="quiet"
                    type="button"
                    on:click={
                        let toast = toast.clone();
                        move |_| commands.set(Some(Command::Undo(toast.clone())))
                    }
                >
                    {say::undo(lang)}
                </button>
            </div>
        }
    };
    view! {
        <div class="live" data-waits=move || (freshness.get() == Freshness::Starting).then_some("true")>
            <span class="live-state">{move || freshness.get().text(lang)}</span>
            <button class="quiet" type="button" on:click=pause>
                {move || freshness.get().button(lang)}
            </button>
        </div>
        <div class="list-problem" role="alert">
            {move || {
                problem
                    .get()
                    .map(|Problem { text, href, link }| {
                        view! {
                            <p class="notice bad">
                                {text} " " <a href=href rel="external">
                                    {link}
                                </a>
                            </p>
                        }
                    })
            }}
        </div>
        <div class="toasts" role="status">
            {move || toast.get().map(undo)}
        </div>
    }
}

/// The signals that the island shows.
#[derive(Clone, Copy)]
struct Shown {
    freshness: RwSignal<Freshness>,
    toast: RwSignal<Option<Toast>>,
    problem: RwSignal<Option<Problem>>,
}

struct List {
    shown: Shown,
    /// The query of the list that is shown or being loaded.
    query: RefCell<String>,
    /// The number of the last request. Answers to earlier ones are dropped.
    request: Cell<u64>,
    is_loading: Cell<bool>,
    /// Whether the session has ended, so that a refresh is useless.
    is_over: Cell<bool>,
    typing: RefCell<Option<TimeoutHandle>>,
    toasts: Cell<u64>,
}

impl List {
    fn start(shown: Shown) -> Rc<Self> {
        let list = Rc::new(Self {
            shown,
            query: RefCell::new(present_query()),
            request: Cell::new(0),
            is_loading: Cell::new(false),
            is_over: Cell::new(false),
            typing: RefCell::default(),
            toasts: Cell::new(0),
        });
        if let Some(form) = search_form() {
            // Other forms of this kind load the page (`client::query_forms`).
            let _ = form.remove_attribute("data-query");
        }
        // These listeners run before those of the window, which mark forms as busy and follow rows.
        let page = document();
        let this = list.clone();
        listen(&page, "input", move |event| {
            if target(&event).is_some_and(|field| field.id() == "q") {
                this.search_after_pause();
            }
        });
        let this = list.clone();
        listen(&page, "change", move |event| {
            let chosen = target(&event).filter(|chosen| chosen.tag_name() == "SELECT");
            if chosen.is_some_and(|chosen| is_within(&chosen, FORM)) {
                this.search(Address::Push);
            }
        });
        let this = list.clone();
        listen(&page, "submit", move |event| {
            let Some(form) = target(&event) else { return };
            if form.matches(FORM).unwrap_or(false) {
                event.prevent_default();
                this.search(Address::Push);
            } else if form.has_attribute("data-switch") {
                event.prevent_default();
                this.switch(&form);
            }
        });
        let this = list.clone();
        listen(&page, "click", move |event| {
            let Some(event) = event.dyn_ref::<MouseEvent>() else { return };
            this.click(event);
        });
        let this = list.clone();
        listen(&window(), "popstate", move |_| {
            // Links within the page change only the fragment.
            let query = present_query();
            if *this.query.borrow() != query {
                set_fields(&query);
                this.load(query, Address::Keep);
            }
        });
        let this = list.clone();
        listen(&page, "visibilitychange", move |_| this.refresh());
        let this = list.clone();
        // Without the interval, the list is refreshed when the page is shown again.
        let _ = set_interval_with_handle(move || this.refresh(), REFRESH);
        shown.freshness.set(Freshness::Live);
        // What was typed or chosen before the scripts ran.
        if search_form().is_some_and(|form| is_typed_otherwise(&form) || is_chosen_otherwise(&form)) {
            list.search(Address::Replace);
        }
        list
    }

    fn search_after_pause(self: &Rc<Self>) {
        let this = self.clone();
        let handle = set_timeout_with_handle(move || this.search(Address::Replace), TYPING_PAUSE).ok();
        if let Some(before) = self.typing.replace(handle) {
            before.clear();
        }
    }

    /// Loads the list for what stands in the form.
    fn search(self: &Rc<Self>, address: Address) {
        let query = search_form().and_then(|form| form_query(&form));
        if let Some(query) = query.filter(|query| *self.query.borrow() != *query) {
            self.load(query, address);
        }
    }

    fn click(self: &Rc<Self>, event: &MouseEvent) {
        let Some(clicked) = target(event) else { return };
        if clicked.closest("[data-choose-all]").ok().flatten().is_some() {
            for choice in all::<HtmlInputElement>("input.pick") {
                choice.set_checked(true);
            }
            return;
        }
        let is_plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() && !event.alt_key();
        let link = clicked.closest("a[data-list-link]").ok().flatten();
        if let Some(link) = link.filter(|_| is_plain) {
            event.prevent_default();
            let href = link.get_attribute("href").unwrap_or_default();
            let query = href.split_once('?').map_or("", |(_, query)| query).to_owned();
            if let Some(typing) = self.typing.take() {
                typing.clear();
            }
            set_fields(&query);
            self.load(query, Address::Push);
        }
    }

    /// Refreshes the list, unless that would disturb somebody.
    fn refresh(self: &Rc<Self>) {
        let is_idle = self.shown.freshness.get_untracked() != Freshness::Paused && !self.is_loading.get() && !self.is_over.get();
        if !is_idle || document().hidden() {
            return;
        }
        if is_in_use(REGION) {
            self.shown.freshness.update(|freshness| *freshness = freshness.postponed());
            return;
        }
        let query = self.query.borrow().clone();
        self.load(query, Address::Refresh);
    }

    fn toggle_pause(self: &Rc<Self>) {
        self.shown.freshness.update(|freshness| *freshness = freshness.toggled());
        self.refresh();
    }

    fn load(self: &Rc<Self>, query: String, address: Address) {
        let number = self.request.get() + 1;
        self.request.set(number);
        self.is_loading.set(true);
        self.query.replace(query.clone());
        set_address(&query, address);
        if address != Address::Refresh
            && let Some(rows) = document().get_element_by_id(ROWS)
        {
            let _ = rows.set_attribute("aria-busy", "true");
        }
        let this = self.clone();
        leptos::task::spawn_local(async move {
            let fragment = list_fragment(query).await;
            if this.request.get() == number {
                this.is_loading.set(false);
                this.show(fragment, address);
            }
        });
    }

    fn show(&self, fragment: Result<ListFragment, ConsoleError>, address: Address) {
        // A menu may have been opened, or text selected, while the refresh was on its way.
        if address == Address::Refresh && is_in_use(REGION) {
            return;
        }
        match fragment {
            Ok(fragment) => {
                replace_parts(&fragment.html, REGION);
                // The request succeeded, so the session is valid again: the user has signed in in another tab.
                self.is_over.set(false);
                self.shown.problem.set(None);
                self.shown.freshness.update(|freshness| *freshness = freshness.refreshed());
            }
            Err(error) => {
                if let Some(rows) = document().get_element_by_id(ROWS) {
                    let _ = rows.remove_attribute("aria-busy");
                }
                if address == Address::Refresh && error != ConsoleError::SignedOut {
                    self.shown.freshness.set(Freshness::Lost);
                } else {
                    self.fail(&error);
                }
            }
        }
    }

    /// Says what is wrong, with a link to what helps.
    fn fail(&self, error: &ConsoleError) {
        let lang = lang();
        let query = self.query.borrow();
        let mark = if query.is_empty() { "" } else { "?" };
        let here = format!("{PATH}{mark}{query}");
        let problem = if *error == ConsoleError::SignedOut {
            self.is_over.set(true);
            self.shown.freshness.set(Freshness::Lost);
            Problem {
                text: say::session_ended(lang).to_owned(),
                href: sign_in_href(&here),
                link: say::sign_in_again(lang),
            }
        } else {
            Problem {
                text: error.text(lang),
                href: here,
                link: common::refused_try_again(lang),
            }
        };
        self.shown.problem.set(Some(problem));
    }

    /// Sends the form of a switch.
    fn switch(self: &Rc<Self>, form: &Element) {
        let field = |name: &str| {
            let found = form.query_selector(&format!("input[name={name}]")).ok().flatten();
            found
                .and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
                .map(|field| field.value())
        };
        let (Some(id), Some(enabled)) = (field("id"), field("enabled")) else {
            return;
        };
        if let Some(button) = form.query_selector("button").ok().flatten() {
            if button.has_attribute("aria-busy") {
                return;
            }
            let _ = button.set_attribute("aria-busy", "true");
        }
        if is_within(form, "[popover]") {
            // Closing the menu returns the focus to its button. If that fails, the refresh below closes it.
            let _ = form
                .closest("[popover]")
                .ok()
                .flatten()
                .and_then(|menu| menu.dyn_into::<HtmlElement>().ok())
                .map(|menu| menu.hide_popover());
        }
        self.set_enabled(id, enabled == "true");
    }

    fn set_enabled(self: &Rc<Self>, id: String, enabled: bool) {
        let this = self.clone();
        leptos::task::spawn_local(async move {
            match set_webhook_enabled(id.clone(), enabled).await {
                Ok(changed) => this.toast(id, changed),
                Err(error) => this.fail(&error),
            }
            let query = this.query.borrow().clone();
            if !this.is_over.get() {
                this.load(query, Address::Refresh);
            }
        });
    }

    fn toast(self: &Rc<Self>, webhook: String, changed: EnabledWebhook) {
        let number = self.toasts.get() + 1;
        self.toasts.set(number);
        self.shown.toast.set(Some(Toast {
            number,
            message: changed.message,
            held_href: changed.held_href,
            held_until: changed.at,
            webhook,
            was_enabled: !changed.enabled,
        }));
        self.end_toast(number, TOAST);
    }

    fn end_toast(self: &Rc<Self>, number: u64, after: Duration) {
        let this = self.clone();
        let end = move || {
            let is_shown = this
                .shown
                .toast
                .with_untracked(|toast| toast.as_ref().is_some_and(|toast| toast.number == number));
            let is_held = || {
                document()
                    .query_selector(".toast:hover, .toast:has(:focus-visible)")
                    .ok()
                    .flatten()
                    .is_some()
            };
            if is_shown && is_held() {
                this.end_toast(number, TOAST_HELD);
            } else if is_shown {
                this.shown.toast.set(None);
            }
        };
        set_timeout(end, after);
    }
}

fn search_form() -> Option<HtmlFormElement> {
    document().query_selector(FORM).ok().flatten()?.dyn_into().ok()
}

fn target(event: &web_sys::Event) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

/// The query of the address of the page, without the question mark.
fn present_query() -> String {
    let search = window().location().search().unwrap_or_default();
    search.trim_start_matches('?').to_owned()
}

fn set_address(query: &str, address: Address) {
    let Ok(history) = window().history() else { return };
    let mark = if query.is_empty() { "" } else { "?" };
    let url = format!("{PATH}{mark}{query}");
    // If the browser refuses, because there were too many changes, only the address is an old one.
    let _ = match address {
        Address::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(&url)),
        Address::Push => history.push_state_with_url(&JsValue::NULL, "", Some(&url)),
        Address::Keep | Address::Refresh => Ok(()),
    };
}

/// Fills the form with a query that a link or "Back" has set.
fn set_fields(query: &str) {
    let (Some(form), Ok(query)) = (search_form(), UrlSearchParams::new_with_str(query)) else {
        return;
    };
    let value = |name: String| query.get(&name).unwrap_or_default();
    for field in elements::<HtmlInputElement>(form.query_selector_all("input[name]").ok().as_ref()) {
        field.set_value(&value(field.name()));
    }
    for field in elements::<HtmlSelectElement>(form.query_selector_all("select[name]").ok().as_ref()) {
        field.set_value(&value(field.name()));
    }
}
