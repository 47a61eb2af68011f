//! Refreshes the overview every ten seconds while its page is visible.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::{ev::MouseEvent, prelude::*};

use crate::{
    console::{
        ConsoleError,
        islands::{Freshness, is_in_use, listen, replace_parts, sign_in_href},
        pages::overview::overview_fragment::overview_fragment,
        viewer::lang,
    },
    messages::webhooks as say,
};

const REFRESH: Duration = Duration::from_secs(10);
/// What must not be in use.
const REGION: &str = "main";

/// Shows whether the overview is up to date.
#[island]
pub fn LiveOverview() -> impl IntoView {
    let lang = lang();
    let (freshness, toggled) = (RwSignal::new(Freshness::Starting), RwSignal::new(()));
    let is_over = RwSignal::new(false);
    Effect::new(move |refresher: Option<Rc<Refresher>>| {
        toggled.track();
        match refresher {
            Some(refresher) => {
                refresher.toggle_pause();
                refresher
            }
            None => Refresher::start(freshness, is_over),
        }
    });
    let pause = move |_: MouseEvent| toggled.set(());
    view! {
        <div class="live" data-waits=move || (freshness.get() == Freshness::Starting).then_some("true")>
            <span class="live-state">{move || freshness.get().text(lang)}</span>
            <button class="quiet" type="button" on:click=pause>
                {move || freshness.get().button(lang)}
            </button>
        </div>
        <div class="list-problem" role="alert">
            {move || {
                is_over
                    .get()
                    .then(|| {
                        view! {
                            <p class="notice bad">
                                {say::session_ended(lang)} " " <a href=sign_in_href("/") rel="external">
                                    {say::sign_in_again(lang)}
                                </a>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

struct Refresher {
    freshness: RwSignal<Freshness>,
    /// Whether the session has ended.
    is_over: RwSignal<bool>,
    is_loading: Cell<bool>,
}

impl Refresher {
    fn start(freshness: RwSignal<Freshness>, is_over: RwSignal<bool>) -> Rc<Self> {
        let refresher = Rc::new(Self {
            freshness,
            is_over,
            is_loading: Cell::new(false),
        });
        let this = refresher.clone();
        listen(&document(), "visibilitychange", move |_| this.refresh());
        let this = refresher.clone();
        // Without the interval, the overview is refreshed when the page is shown again.
        let _ = set_interval_with_handle(move || this.refresh(), REFRESH);
        freshness.set(Freshness::Live);
        refresher
    }

    fn toggle_pause(self: &Rc<Self>) {
        self.freshness.update(|freshness| *freshness = freshness.toggled());
        self.refresh();
    }

    fn refresh(self: &Rc<Self>) {
        let is_idle = self.freshness.get_untracked() != Freshness::Paused && !self.is_loading.get() && !self.is_over.get_untracked();
        if !is_idle || document().hidden() {
            return;
        }
        if is_in_use(REGION) {
            self.freshness.update(|freshness| *freshness = freshness.postponed());
            return;
        }
        self.is_loading.set(true);
        let this = self.clone();
        leptos::task::spawn_local(async move {
            let fragment = overview_fragment().await;
            this.is_loading.set(false);
            match fragment {
                Ok(fragment) => {
                    replace_parts(&fragment.html, REGION);
                    this.freshness.update(|freshness| *freshness = freshness.refreshed());
                }
                Err(error) => {
                    this.is_over.set(error == ConsoleError::SignedOut);
                    this.freshness.set(Freshness::Lost);
                }
            }
        });
    }
}
