//! `cargo bench --bench micro`: the small steps that every delivery takes.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

mod samples;

use std::{hint::black_box, time::Duration};

use clearhook::{
    catalogue::{BuiltIn, example::example_data, schema::data_schema},
    domain::{
        answer::Answer,
        callback::Trigger,
        connection::Phases,
        id::{DeliveryId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    storage::{
        DatabaseUrl, Store,
        audit::Actor,
        callbacks::{LogFilter, NewCallback},
        deliveries::{ClaimFilter, Job},
        journal::{Finished, Next},
        new_id,
    },
    vault::{MasterKey, Vault},
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use event_schema::EventSchema;

use self::samples::{event, fields};

/// Callbacks of the log.
const LOGGED: u64 = 5_000;

fn signing(criterion: &mut Criterion) {
    let (secret, body, id) = (SigningSecret::generate(), vec![b'x'; 1_024], new_id::<DeliveryId>().message_id());
    criterion.bench_function("sign 1 KiB", |bench| {
        bench.iter(|| {
            secret.sign(&id, Timestamp(0), black_box(&body));
        });
    });
}

fn checking(criterion: &mut Criterion) {
    let data = example_data(BuiltIn::IdentityCreated);
    let schema = EventSchema::from_value(data_schema(BuiltIn::IdentityCreated).clone()).unwrap();
    criterion.bench_function("check data against its schema", |bench| {
        bench.iter(|| schema.errors(black_box(&data)));
    });
}

fn storing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let url: DatabaseUrl = format!("sqlite://{}/clearhook.db", folder.path().display()).parse().unwrap();
    let (store, webhook, journal) = runtime.block_on(async {
        let store = Store::open(&url, Vault::new(&MasterKey::generate()), true).await.unwrap();
        let webhook = store
            .add_webhook(&Actor::clearhook(), &fields(), &SigningSecret::generate())
            .await
            .unwrap()
            .id;
        let journal = samples::journal(&store);
        (store, webhook, journal)
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
                store
                    .claim(new_id(), webhook, ClaimFilter::AllDue, Timestamp::now(), 100)
                    .await
                    .unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    runtime.block_on(async {
        for number in 0..LOGGED {
            journal.record(finished(webhook, number)).await;
        }
        journal.flush().await;
    });
    criterion.bench_function("a page of a log of 5,000", |bench| {
        bench
            .to_async(&runtime)
            .iter(async || store.callbacks(webhook, &LogFilter::default(), None, 50).await.unwrap());
    });
}

/// A callback of an hour ago and more.
fn finished(webhook: WebhookId, number: u64) -> Finished {
    let (_, event) = event(number);
    let at = Timestamp::now().minus(Duration::from_secs(3_600 + number));
    let job = Job {
        delivery: new_id(),
        event: event.id,
        event_type: event.event_type,
        webhook,
        body: event.body,
        trace: None,
        attempts: 0,
        retries: 0,
        max_attempts: None,
        panics: 0,
        order: None,
        trigger: Trigger::Event,
        manual: false,
    };
    let callback = NewCallback {
        id: std::sync::OnceLock::new(),
        delivery: job.delivery,
        event: job.event,
        webhook,
        event_type: job.event_type.clone(),
        url: "https://example.com/".into(),
        at,
        attempt: 1,
        trigger: Trigger::Event,
        answer: Answer::Status(200),
        detail: None,
        duration_ms: 1,
        request_headers: Vec::new(),
        received: None,
        phases: Phases::default(),
        certificates: Vec::new(),
    };
    Finished {
        job,
        callback: Some(callback),
        next: Next::Succeeded,
        health: None,
    }
}

criterion_group!(benches, signing, checking, storing);
criterion_main!(benches);
