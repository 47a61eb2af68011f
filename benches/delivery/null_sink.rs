//! The journal without a dispatcher: what is stored waits to be claimed.

use clearhook::{
    catalogue::EventType,
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{
        deliveries::Job,
        events::{EventKey, NewEvent},
        journal::{DisabledWebhook, Intake, Place, Recorded},
        new_id,
        webhooks::WebhookFields,
    },
};

/// Takes nothing into memory.
pub(crate) struct NullSink;

impl Intake for NullSink {
    fn reserve(&self, _: Place) -> bool {
        false
    }
    fn give_up(&self, _: &[Place]) {}
    fn take(&self, _: Vec<Job>) {}
    fn recorded(&self, _: Vec<Recorded>) {}
    fn published(&self, _: u64, _: u64) {}
    fn pending(&self) {}
    fn disabled(&self, _: DisabledWebhook) {}
    fn health_unclear(&self, _: WebhookId) {}
}

/// A webhook that hears of what [`event`] makes.
pub(crate) fn fields() -> WebhookFields {
    WebhookFields {
        name: "bench".to_owned(),
        description: String::new(),
        url: "http://127.0.0.1/".to_owned(),
        enabled: true,
        events: vec![EventType::IdentityCreated],
        owners: Vec::new(),
        headers: Vec::new(),
        rate: None,
        ordered: false,
    }
}

/// An event of 1 KiB with an id of its own.
pub(crate) fn event(number: u64) -> (EventKey, NewEvent) {
    let ce_id = number.to_string();
    let event = NewEvent {
        id: new_id(),
        event_type: EventType::IdentityCreated,
        source: "https://clearid.example.com/".to_owned(),
        ce_id: ce_id.clone(),
        subject: None,
        extensions: None,
        occurred_at: Timestamp::now(),
        body: "x".repeat(1_024).into(),
    };
    (EventKey::of(&event.source, &ce_id), event)
}
