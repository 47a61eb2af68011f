//! `cargo bench --bench micro`: the small steps that every delivery takes.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

use std::{hint::black_box, sync::Arc};

use clearhook::{
    catalogue::{EventType, example::example_data, schema::check_data},
    domain::{
        id::{DeliveryId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    storage::{
        Store,
        callbacks::LogFilter,
        events::{EventKey, NewEvent},
        journal::{Intake, Journal, Recorded},
        new_id,
        open::DatabaseUrl,
        queue::Job,
        webhooks::WebhookFields,
    },
    vault::{MasterKey, Vault},
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn signing(criterion: &mut Criterion) {
    let (secret, body, id) = (SigningSecret::generate(), vec![b'x'; 1_024], new_id::<DeliveryId>().message_id());
    criterion.bench_function("sign 1 KiB", |bench| {
        bench.iter(|| {
            secret.sign(&id, Timestamp(0), black_box(&body));
        });
    });
}

fn checking(criterion: &mut Criterion) {
    let data = example_data(EventType::IdentityCreated);
    criterion.bench_function("check data against its schema", |bench| {
        bench.iter(|| check_data(EventType::IdentityCreated, black_box(&data)));
    });
}

/// Takes nothing into memory, so that all waits to be claimed.
struct Nowhere;

impl Intake for Nowhere {
    fn reserve(&self, _: WebhookId, _: DeliveryId) -> bool {
        false
    }
    fn give_up(&self, _: &[(WebhookId, DeliveryId)]) {}
    fn take(&self, _: Vec<Job>) {}
    fn recorded(&self, _: Vec<Recorded>) {}
    fn published(&self, _: u64, _: u64) {}
    fn pending(&self) {}
    fn disabled(&self, _: WebhookId) {}
    fn health_unclear(&self, _: WebhookId) {}
}

fn event(number: u64) -> (EventKey, NewEvent) {
    let event = NewEvent {
        id: new_id(),
        event_type: EventType::IdentityCreated,
        source: "bench".to_owned(),
        source_id: number.to_string(),
        subject: None,
        occurred_at: Timestamp::now(),
        body: "x".repeat(1_024).into(),
    };
    (EventKey::of("bench", &event.source_id), event)
}

fn storing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let url: DatabaseUrl = format!("sqlite://{}/clearhook.db", folder.path().display()).parse().unwrap();
    let (store, webhook, journal, _intake) = runtime.block_on(async {
        let store = Store::open(&url, Vault::new(&MasterKey::generate()), true).await.unwrap();
        let fields = WebhookFields {
            name: "bench".to_owned(),
            description: String::new(),
            url: "http://127.0.0.1/".to_owned(),
            enabled: true,
            events: vec![EventType::IdentityCreated],
            owners: Vec::new(),
            headers: Vec::new(),
            rate: None,
            ordered: false,
        };
        let webhook = store.add_webhook(&fields, &SigningSecret::generate()).await.unwrap();
        let intake = Arc::new(Nowhere);
        let journal = Journal::start(&store, new_id(), &intake);
        (store, webhook, journal, intake)
    });
    let mut number = 0;
    criterion.bench_function("claim 100 of many", |bench| {
        bench.to_async(&runtime).iter_batched(
            || {
                number += 1;
                (0..100)
                    .map(|event_number| event(number * 1_000 + event_number))
                    .collect::<Vec<_>>()
            },
            async |events| {
                journal.publish(events).await.unwrap();
                store.claim(new_id(), webhook, Timestamp::now(), 100).await.unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function("a page of an empty log", |bench| {
        bench
            .to_async(&runtime)
            .iter(async || store.callbacks(webhook, &LogFilter::default(), None, 50).await.unwrap());
    });
}

criterion_group!(benches, signing, checking, storing);
criterion_main!(benches);
