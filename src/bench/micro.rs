//! `cargo bench --bench micro`: the small steps that every delivery takes.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

mod nowhere;

use std::{hint::black_box, sync::Arc};

use clearhook::{
    catalogue::{EventType, example::example_data, schema::check_data},
    domain::{id::DeliveryId, secret::SigningSecret, timestamp::Timestamp},
    storage::{Store, audit::Actor, callbacks::LogFilter, journal::Journal, new_id, open::DatabaseUrl},
    vault::{MasterKey, Vault},
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

use self::nowhere::{Nowhere, event, fields};

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

fn storing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let url: DatabaseUrl = format!("sqlite://{}/clearhook.db", folder.path().display()).parse().unwrap();
    let (store, webhook, journal, _intake) = runtime.block_on(async {
        let store = Store::open(&url, Vault::new(&MasterKey::generate()), true).await.unwrap();
        let webhook = store
            .add_webhook(&Actor::clearhook(), &fields(), &SigningSecret::generate())
            .await
            .unwrap()
            .id;
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
