//! Refreshes the status and the summary of a webhook every ten seconds while its page is visible. The log beside it says when the session has
//! ended (`console::pages::log::log_follower`).

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::*;

use crate::console::{
    ConsoleError,
    islands::{is_in_use, is_within, listen, replace_parts},
    pages::webhook::health_fragment::health_fragment,
};

const REFRESH: Duration = Duration::from_secs(10);
/// What must not be in use.
const REGION: &str = "#health-part";

/// Keeps the summary up to date. It shows nothing itself.
#[island]
pub fn LiveHealth(
    /// The id of the webhook.
    id: String,
) -> impl IntoView {
    Effect::new(move |running: Option<Rc<Cell<bool>>>| running.unwrap_or_else(|| start(id.clone())));
}

/// Begins. The result says whether a request is on its way.
fn start(id: String) -> Rc<Cell<bool>> {
    let is_loading = Rc::new(Cell::new(false));
    let is_over = Rc::new(Cell::new(false));
    let (loading, over) = (is_loading.clone(), is_over.clone());
    let refresh = move || {
        let is_focused = document().active_element().is_some_and(|active| is_within(&active, REGION));
        if loading.get() || over.get() || document().hidden() || is_focused || is_in_use(REGION) {
            return;
        }
        loading.set(true);
        let (loading, over, id) = (loading.clone(), over.clone(), id.clone());
        leptos::task::spawn_local(async move {
            let query = window().location().search().unwrap_or_default();
            let fragment = health_fragment(id, query.trim_start_matches('?').to_owned()).await;
            loading.set(false);
            match fragment {
                Ok(fragment) => replace_parts(&fragment.html, REGION),
                Err(ConsoleError::SignedOut) => over.set(true),
                // The next time comes anyway.
                Err(_) => {}
            }
        });
    };
    let shown = refresh.clone();
    listen(&document(), "visibilitychange", move |_| {
        // The user may have signed in again in another tab, so the next request may succeed.
        is_over.set(false);
        shown();
    });
    // Without the interval, the summary is refreshed when the page is shown again.
    let _ = set_interval_with_handle(refresh, REFRESH);
    is_loading
}
