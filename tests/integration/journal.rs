//! What the journal promises the dispatcher: one message for each committed group, sent before the publishers are answered.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use clearhook::{
    catalogue::BuiltIn,
    domain::{id::DeliveryId, secret::SigningSecret, timestamp::Timestamp},
    storage::{
        Store,
        audit::Actor,
        deliveries::Job,
        events::{EventKey, NewEvent},
        journal::{Committed, Finished, Journal, LeaseTerm, Next, Slot, Slots},
        new_id,
        webhooks::WebhookFields,
    },
};
use tokio::sync::mpsc::{self, UnboundedReceiver, error::TryRecvError};

use crate::support::{database::TestDatabase, on_both};

on_both! {
    one_message_for_each_group_is_sent_before_the_answer
    entries_are_stored_without_a_receiver_of_messages
    slots_of_a_failed_transaction_are_released
}

/// A limited number of slots.
struct Limited {
    free: Mutex<usize>,
    released: Mutex<Vec<DeliveryId>>,
}

impl Limited {
    fn new(free: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Mutex::new(free),
            released: Mutex::default(),
        })
    }
}

impl Slots for Limited {
    fn term(&self) -> LeaseTerm {
        LeaseTerm::default()
    }

    fn reserve(&self, _: Slot) -> bool {
        let mut free = self.free.lock().unwrap();
        let is_free = *free > 0;
        *free = free.saturating_sub(1);
        is_free
    }

    fn release(&self, reserved: &[Slot]) {
        *self.free.lock().unwrap() += reserved.len();
        self.released.lock().unwrap().extend(reserved.iter().map(|slot| slot.delivery));
    }
}

fn start(store: &Store, slots: &Arc<Limited>) -> (Journal, UnboundedReceiver<Committed>) {
    let (committed, messages) = mpsc::unbounded_channel();
    (Journal::start(store, new_id(), slots, &committed), messages)
}

/// Adds a webhook that is subscribed to the events of [`events`].
async fn add_webhook(store: &Store) {
    let fields = WebhookFields {
        name: "Test".to_owned(),
        description: String::new(),
        url: "https://example.com/".to_owned(),
        enabled: true,
        events: vec![BuiltIn::IdentityCreated.into()],
        owners: Vec::new(),
        headers: Vec::new(),
        rate_limit: None,
        ordered: false,
    };
    let secret = SigningSecret::generate();
    store.add_webhook(&Actor::clearhook(), &fields, &secret).await.unwrap();
}

fn events(ids: &[&str]) -> Vec<(EventKey, NewEvent)> {
    let event = |id: &&str| {
        let event = NewEvent {
            id: new_id(),
            event_type: BuiltIn::IdentityCreated.into(),
            source: "https://clearid.example.com".to_owned(),
            ce_id: (*id).to_owned(),
            subject: None,
            extensions: None,
            trace: None,
            occurred_at: Timestamp::now(),
            body: "{}".into(),
        };
        (EventKey::of(&event.source, id), event)
    };
    ids.iter().map(event).collect()
}

fn succeeded(job: Job) -> Finished {
    Finished {
        job,
        callback: None,
        next: Next::Succeeded,
        health: None,
    }
}

async fn one_message_for_each_group_is_sent_before_the_answer(database: TestDatabase) {
    let store = database.open().await;
    add_webhook(&store).await;
    let (journal, mut messages) = start(&store, &Limited::new(2));

    let accepted = journal.publish(events(&["1", "2", "3", "1"])).await.unwrap();
    assert_eq!(accepted.iter().filter(|accepted| accepted.duplicate).count(), 1);
    // The message was sent before `publish` returned.
    let message = messages.try_recv().unwrap();
    assert_eq!((message.events, message.duplicates, message.jobs.len()), (3, 1, 2));
    assert!(message.has_pending, "the third delivery got no slot and has to be claimed");
    assert!(matches!(messages.try_recv(), Err(TryRecvError::Empty)));

    let sent: Vec<_> = message.jobs.iter().map(|job| job.delivery).collect();
    for job in message.jobs {
        journal.record(succeeded(job)).await;
    }
    journal.flush().await;
    let mut recorded = Vec::new();
    while let Ok(message) = messages.try_recv() {
        recorded.extend(message.recorded.into_iter().map(|result| result.delivery));
    }
    assert_eq!(recorded, sent);
    assert_eq!(database.count("deliveries WHERE state = 'succeeded'").await, 2);
    drop(journal);
    // The writers end with the last handle, and with them the channel.
    let end = tokio::time::timeout(Duration::from_secs(10), messages.recv()).await.unwrap();
    assert!(end.is_none());
}

async fn entries_are_stored_without_a_receiver_of_messages(database: TestDatabase) {
    let store = database.open().await;
    add_webhook(&store).await;
    let slots = Limited::new(1);
    let (journal, mut messages) = start(&store, &slots);
    journal.publish(events(&["1"])).await.unwrap();
    let job = messages.try_recv().unwrap().jobs.remove(0);
    drop(messages);
    journal.record(succeeded(job)).await;
    journal.publish(events(&["2"])).await.unwrap();
    journal.flush().await;
    assert_eq!(database.count("events").await, 2);
    assert_eq!(database.count("deliveries WHERE state = 'succeeded'").await, 1);
}

async fn slots_of_a_failed_transaction_are_released(database: TestDatabase) {
    let store = database.open().await;
    add_webhook(&store).await;
    let slots = Limited::new(10);
    let (journal, mut messages) = start(&store, &slots);
    // The deliveries are inserted last, after their slots were reserved.
    database.execute("ALTER TABLE deliveries RENAME TO deliveries_renamed").await;
    journal.publish(events(&["1"])).await.unwrap_err();
    let released = slots.released.lock().unwrap().len();
    assert!(released > 0, "a slot was reserved");
    assert_eq!(*slots.free.lock().unwrap(), 10);
    assert!(matches!(messages.try_recv(), Err(TryRecvError::Empty)));
    database.execute("ALTER TABLE deliveries_renamed RENAME TO deliveries").await;
    journal.publish(events(&["1"])).await.unwrap();
    assert_eq!(messages.try_recv().unwrap().jobs.len(), 1);
}
