//! Loads the list of waiting or held deliveries of a webhook, which stands in the place of the rows of the log.

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::time::TimeView,
        server::{time_view, type_name},
    },
    delivery::Paused,
    domain::{delivery::DeliveryState, event_type::EventType, id::WebhookId, page::Cursor, timestamp::Timestamp},
    messages::{Lang, deliveries as say},
    services::{error::UseCaseError, webhooks},
    storage::delivery_list::{DeliveryList, ListedDelivery},
};

/// Deliveries per page.
const ROWS: u64 = 50;

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTableView {
    /// Its heading.
    pub heading: &'static str,
    /// What it says if it has no rows.
    pub none: &'static str,
    /// The rows.
    pub rows: Vec<DeliveryRow>,
    /// The position of the next page.
    pub next: Option<Cursor>,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The name of the event type.
    pub event: String,
    /// The subject of the event.
    pub subject: Option<String>,
    /// The state in words.
    pub state: &'static str,
    /// When it is due.
    pub due: Option<TimeView>,
    /// The number of attempts so far.
    pub attempts: u32,
    /// When it was created.
    pub created: TimeView,
    /// The id of its message.
    pub message: String,
    /// The action of the button "Cancel", if it can be cancelled.
    pub cancel: Option<String>,
}

/// The list that the response filter of a page selects, if it selects one.
pub(in crate::console::pages) fn list_of(response: Option<&str>) -> Option<DeliveryList> {
    match response? {
        "waiting" => Some(DeliveryList::Waiting),
        "held" => Some(DeliveryList::Held),
        _ => None,
    }
}

/// Loads a page of the list.
pub(in crate::console::pages) async fn load(
    app: &AppState,
    by: &Principal,
    id: WebhookId,
    list: DeliveryList,
    after: Option<Cursor>,
    zone: &TimeZone,
    lang: Lang,
) -> Result<DeliveryTableView, UseCaseError> {
    let page = webhooks::deliveries(app, by, id, list, after, ROWS).await?;
    let is_paused = matches!(app.dispatcher.paused(id), Some(Paused::Failing { .. }));
    let may = by.may(Action::Resend, false).is_ok();
    let (now, is_held) = (Timestamp::now(), list == DeliveryList::Held);
    let rows = page.items.into_iter().map(|delivery| DeliveryRow {
        event: event_name(&delivery, lang),
        state: state_words(&delivery, is_paused, now, lang),
        due: delivery.due.map(|due| time_view(due, zone, lang)),
        attempts: delivery.attempts,
        created: time_view(delivery.created, zone, lang),
        message: delivery.id.message_id(),
        cancel: (may && delivery.state != DeliveryState::Sending).then(|| format!("/webhooks/{id}/deliveries/{}/cancel", delivery.id)),
        subject: delivery.subject,
    });
    Ok(DeliveryTableView {
        heading: if is_held { say::list_held(lang) } else { say::list_waiting(lang) },
        none: if is_held { say::none_held(lang) } else { say::none_waiting(lang) },
        rows: rows.collect(),
        next: page.next,
    })
}

fn event_name(delivery: &ListedDelivery, lang: Lang) -> String {
    match &delivery.event_type {
        Some(name) => type_name(&EventType::of_stored(name), lang),
        None => say::unknown_event(lang).to_owned(),
    }
}

fn state_words(delivery: &ListedDelivery, is_paused: bool, now: Timestamp, lang: Lang) -> &'static str {
    match (delivery.state, delivery.due) {
        (DeliveryState::Parked, _) => say::state_parked(lang),
        (DeliveryState::Held, _) => say::state_held(lang),
        (DeliveryState::Pending, Some(due)) if due > now => say::state_due(lang),
        // A paused webhook keeps one delivery in memory, which counts as being sent, for the next try.
        (DeliveryState::Pending | DeliveryState::Sending, _) if is_paused => say::state_paused(lang),
        (DeliveryState::Pending, _) => say::state_now(lang),
        _ => say::state_sending(lang),
    }
}
