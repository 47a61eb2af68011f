//! Webhooks and events for the benchmarks of the journal, and a journal without a dispatcher.

use std::sync::Arc;

use clearhook::{
    catalogue::BuiltIn,
    domain::timestamp::Timestamp,
    storage::{
        Store,
        events::{EventKey, NewEvent},
        journal::{Journal, LeaseTerm, Slot, Slots},
        new_id,
        webhooks::WebhookFields,
    },
};
use tokio::sync::mpsc;

/// No delivery gets a slot in memory, so that all of them wait to be claimed.
struct NoSlots;

impl Slots for NoSlots {
    fn term(&self) -> LeaseTerm {
        LeaseTerm::default()
    }

    fn reserve(&self, _: Slot) -> bool {
        false
    }

    fn release(&self, _: &[Slot]) {}
}

/// Starts a journal without a dispatcher.
pub(crate) fn journal(store: &Store) -> Journal {
    Journal::start(store, new_id(), &Arc::new(NoSlots), &mpsc::unbounded_channel().0)
}

/// A webhook that is subscribed to the events of [`event`].
pub(crate) fn fields() -> WebhookFields {
    let events = vec![BuiltIn::IdentityCreated.into()];
    WebhookFields::new("bench".to_owned(), "http://127.0.0.1/".to_owned(), events)
}

/// An event of 1 KiB with its own id.
pub(crate) fn event(number: u64) -> (EventKey, NewEvent) {
    let ce_id = number.to_string();
    let event = NewEvent {
        id: new_id(),
        event_type: BuiltIn::IdentityCreated.into(),
        source: "https://clearid.example.com/".to_owned(),
        ce_id: ce_id.clone(),
        subject: None,
        extensions: None,
        trace: None,
        occurred_at: Timestamp::now(),
        body: "x".repeat(1_024).into(),
    };
    (EventKey::of(&event.source, &ce_id), event)
}
