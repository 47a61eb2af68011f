//! The state of a webhook's circuit breaker in words, with the button "Try now".

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        pages::{deliveries::spans::span, webhooks::list_origin::with_list},
        viewer::lang,
    },
    delivery::Paused,
    domain::{id::WebhookId, timestamp::Timestamp},
    messages::{Lang, deliveries as say},
    services::{error::UseCaseError, webhooks},
    storage::delivery_list::{COUNTED_MAX, DueDeliveries},
};

/// A pause of a webhook in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseView {
    /// Why callbacks are paused, when the next one is tried, and how many deliveries wait.
    pub sentences: Vec<String>,
    /// The action of the button "Try now". `None` if the viewer may not press it, or if one is tried already.
    pub try_now: Option<String>,
}

/// The pause of a webhook on this node, if there is one. `waiting` is the number of deliveries that wait.
pub(in crate::console::pages) async fn pause_view(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    waiting: u64,
    lang: Lang,
) -> Result<Option<PauseView>, UseCaseError> {
    let Some(pause) = webhooks::pause(app, by, id).await? else {
        return Ok(None);
    };
    let (mut sentences, mut can_try) = (Vec::new(), true);
    match pause.paused {
        Paused::Failing { failures, every, next } => {
            sentences.push(say::paused(lang, &span(every, lang), &failures.to_string()));
            // One of those that wait is the one that is tried.
            sentences.push(behind(pause.due.count.saturating_sub(1), lang));
            can_try = next.is_some();
            sentences.push(match next {
                None => say::paused_trying(lang).to_owned(),
                Some(next) => next_probe(next, pause.due, app.store.now(), lang),
            });
        }
        Paused::Asked { next } => {
            sentences.push(say::paused_asked(lang).to_owned());
            sentences.push(next_probe(next, pause.due, app.store.now(), lang));
        }
    }
    if pause.several_nodes {
        sentences.push(say::paused_node(lang).to_owned());
    }
    let may = by.may(Action::Resend, false).is_ok();
    Ok(Some(PauseView {
        sentences,
        try_now: (may && can_try && waiting > 0).then(|| with_list(&format!("/webhooks/{id}/deliveries/try-now"))),
    }))
}

/// When the next callback is made: not before the pause ends, and not before a delivery is due.
fn next_probe(pause: Duration, due: DueDeliveries, now: Timestamp, lang: Lang) -> String {
    match due.next {
        _ if due.count > 0 => say::paused_next(lang, &span(pause, lang)),
        Some(next) => say::paused_next(lang, &span(pause.max(next.since(now)), lang)),
        None => say::paused_until_event(lang, &span(pause, lang)),
    }
}

fn behind(count: u64, lang: Lang) -> String {
    if count >= COUNTED_MAX {
        say::paused_waiting_many(lang, COUNTED_MAX)
    } else {
        say::paused_waiting(lang, count)
    }
}

/// The pause, with its button.
#[component]
pub(in crate::console::pages) fn PauseNotice(
    /// The pause.
    pause: PauseView,
) -> impl IntoView {
    let button = pause.try_now.map(|action| {
        view! {
            <form method="post" action=action>
                <button class="button small" type="submit">
                    {say::try_now(lang())}
                </button>
            </form>
        }
    });
    view! {
        <div class="paused">
            <p>{pause.sentences.join(" ")}</p>
            {button}
        </div>
    }
}
