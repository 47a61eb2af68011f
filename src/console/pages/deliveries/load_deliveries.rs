//! Loads the list of waiting, held or failed deliveries of a webhook, which stands in the place of the rows of the log.

use jiff::tz::TimeZone;

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    console::{
        components::time::TimeView,
        pages::webhooks::list_origin::with_list,
        server::{cell_view, type_name},
    },
    delivery::Paused,
    domain::{
        delivery::DeliveryState,
        event_type::EventType,
        id::WebhookId,
        page::{Cursor, Page},
        timestamp::Timestamp,
    },
    messages::{Lang, deliveries as say},
    services::{
        error::UseCaseError,
        webhooks::{self, DeliveryQuery},
    },
    storage::{
        delivery_list::{DeliveryList, ListedDelivery},
        webhooks::WebhookRecord,
    },
};

/// Deliveries per page.
const ROWS: u64 = 50;

/// The list of deliveries that failed for good, as a value of the response filter, where `failed` means failed callbacks.
pub(in crate::console::pages) const FAILED_FOR_GOOD: &str = "failed-for-good";

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryTableView {
    /// Its heading.
    pub heading: &'static str,
    /// What it says if it has no rows.
    pub none: &'static str,
    /// Whether its deliveries have a due time.
    pub has_due: bool,
    /// Whether they have been sent before, so that the buttons send them again.
    pub sends_again: bool,
    /// The rows.
    pub rows: Vec<DeliveryRow>,
    /// The query of the page, encoded: forms lead back to it.
    pub query: String,
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
    /// Why it failed.
    pub reason: Option<String>,
    /// When it is due.
    pub due: Option<TimeView>,
    /// The number of attempts so far.
    pub attempts: u32,
    /// When it was created.
    pub created: TimeView,
    /// The id of its message.
    pub message: String,
    /// The address of its callbacks, if it has any.
    pub callbacks: Option<String>,
    /// The action of the button "Send", if it can be sent.
    pub send: Option<String>,
    /// The action of the button "Cancel", if it can be cancelled.
    pub cancel: Option<String>,
}

/// The list that the response filter of a page selects, if it selects one.
pub(in crate::console::pages) fn list_of(response: Option<&str>) -> Option<DeliveryList> {
    match response? {
        "waiting" => Some(DeliveryList::Waiting),
        "held" => Some(DeliveryList::Held),
        FAILED_FOR_GOOD => Some(DeliveryList::Failed),
        _ => None,
    }
}

/// What is listed.
pub(in crate::console::pages) struct AskedList<'a> {
    /// The list.
    pub list: DeliveryList,
    /// Only deliveries of events of this type.
    pub event: Option<EventType>,
    /// Only deliveries of this event, message or subject.
    pub text: Option<&'a str>,
    /// The position after which the page begins.
    pub after: Option<Cursor>,
}

/// A page of the deliveries. What a search finds is one page.
async fn page(app: &AppState, by: &Principal, id: WebhookId, asked: &AskedList<'_>) -> Result<Page<ListedDelivery>, UseCaseError> {
    let states = asked.list.states();
    if let Some(text) = asked.text {
        let found = webhooks::find_deliveries(app, by, id, text).await?;
        let mut items = app.store.deliveries_by_id(&found).await?;
        items.retain(|delivery| states.contains(&delivery.state));
        if let Some(event) = &asked.event {
            items.retain(|delivery| delivery.event_type.as_deref() == Some(event.as_str()));
        }
        return Ok(Page { items, next: None });
    }
    if let Some(event) = &asked.event {
        let query = DeliveryQuery {
            states: states.to_vec(),
            webhook: Some(id),
            event_type: Some(event.clone()),
            event: None,
        };
        return webhooks::find_all_deliveries(app, by, query, asked.after, ROWS).await;
    }
    webhooks::deliveries(app, by, id, asked.list, asked.after, ROWS).await
}

/// Loads a page of the list. `callbacks_of` is the address of the callbacks of a message.
pub(in crate::console::pages) async fn load(
    app: &AppState,
    by: &Principal,
    webhook: &WebhookRecord,
    asked: AskedList<'_>,
    callbacks_of: impl Fn(&str) -> String,
    zone: &TimeZone,
    lang: Lang,
) -> Result<DeliveryTableView, UseCaseError> {
    let (id, list) = (webhook.id, asked.list);
    let page = page(app, by, id, &asked).await?;
    let is_paused = matches!(app.dispatcher.paused(id), Some(Paused::Failing { .. }));
    let may = by.may(Action::Resend, false).is_ok();
    let (now, ended) = (app.store.now(), matches!(list, DeliveryList::Held | DeliveryList::Failed));
    let may_send = may && ended && webhook.fields.enabled;
    let may_cancel = |state| may && matches!(state, DeliveryState::Pending | DeliveryState::Parked | DeliveryState::Held);
    let rows = page.items.into_iter().map(|delivery| {
        let (message, path) = (delivery.id.message_id(), format!("/webhooks/{id}/deliveries/{}", delivery.id));
        DeliveryRow {
            event: event_name(&delivery, lang),
            state: state_words(&delivery, is_paused, now, lang),
            reason: delivery.reason.clone().filter(|_| delivery.state == DeliveryState::Failed),
            due: delivery.due.map(|due| cell_view(due, zone, lang)),
            attempts: delivery.attempts,
            created: cell_view(delivery.created, zone, lang),
            callbacks: (delivery.attempts > 0).then(|| callbacks_of(&message)),
            send: (may_send && delivery.event_type.is_some() && !delivery.is_erased).then(|| with_list(&format!("{path}/redeliver"))),
            cancel: may_cancel(delivery.state).then(|| with_list(&format!("{path}/cancel"))),
            subject: delivery.subject,
            message,
        }
    });
    let (heading, none) = match list {
        DeliveryList::Held => (say::list_held(lang), say::none_held(lang)),
        DeliveryList::Failed => (say::list_failed(lang), say::none_failed(lang)),
        DeliveryList::Waiting | DeliveryList::Pending => (say::list_waiting(lang), say::none_waiting(lang)),
    };
    Ok(DeliveryTableView {
        heading,
        none,
        has_due: !ended,
        sends_again: list == DeliveryList::Failed,
        query: String::new(),
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
        (DeliveryState::Failed, _) => say::state_failed(lang),
        (DeliveryState::Pending, Some(due)) if due > now => say::state_due(lang),
        // A paused webhook keeps one delivery in memory, which counts as being sent, for the next try.
        (DeliveryState::Pending | DeliveryState::Sending, _) if is_paused => say::state_paused(lang),
        (DeliveryState::Pending, _) => say::state_now(lang),
        _ => say::state_sending(lang),
    }
}
