//! Receivers that fail, are slow or ask for a pause: what happens to their own deliveries, and that other webhooks are not affected.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clearhook::{
    catalogue::BuiltIn,
    delivery::{BreakerSettings, DeliverySettings},
    storage::new_id,
};
use reqwest::Method;
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, cloud_event, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::{change, id, publish_batch, publish_many},
    wait::wait_for,
};

on_both! {
    open_circuit_breaker_sends_probes_and_closes_on_success
    retry_after_pauses_the_webhook rate_limit_is_not_exceeded ordered_webhook_sends_each_subject_in_order ordered_webhook_keeps_order_over_retries_until_switched_off
    hanging_receiver_does_not_delay_other_webhooks disabling_a_webhook_holds_its_deliveries_immediately deleting_a_webhook_ends_its_deliveries_immediately delivery_with_unreadable_data_is_parked
    deleting_a_webhook_ends_many_attempts_in_flight
}

async fn open_circuit_breaker_sends_probes_and_closes_on_success(database: TestDatabase) {
    let settings = DeliverySettings {
        breaker: BreakerSettings {
            failures: 5,
            first: Duration::from_millis(300),
            longest: Duration::from_secs(1),
        },
        concurrency_per_webhook: 5,
        schedule: "1s,1s,1s,1s,1s".parse().unwrap(),
        ..quick()
    };
    let receiver = Receiver::start((0..12).map(|_| Reply::status(500))).await;
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&app, BuiltIn::IdentityCreated, 40, "").await;
    receiver.wait(5).await;
    wait_for("the breaker to open", async || {
        (app.dispatcher.load().open_breakers == 1).then_some(())
    })
    .await;
    wait_for("the webhook to show as failing", async || {
        app.get(&format!("/webhooks/{}", id(&webhook))).await["failing_since"]
            .is_string()
            .then_some(())
    })
    .await;
    // The first probes fail; after one has succeeded, all deliveries are sent.
    app.deliveries(&database, "succeeded", 40).await;
    assert_eq!(receiver.seen().len(), 52);
    assert_eq!(app.dispatcher.load().open_breakers, 0);
    wait_for("the webhook to show as working", async || {
        app.get(&format!("/webhooks/{}", id(&webhook))).await["failing_since"]
            .is_null()
            .then_some(())
    })
    .await;
    app.stop().await;
}

async fn retry_after_pauses_the_webhook(database: TestDatabase) {
    let busy = Reply {
        headers: vec![("retry-after", "1")],
        ..Reply::status(429)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([busy]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let began = Instant::now();
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.log(&webhook, 3).await;
    assert!(began.elapsed() > Duration::from_millis(800), "{:?}", began.elapsed());
    app.stop().await;
}

async fn rate_limit_is_not_exceeded(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(&app, &webhook, json!({ "rate_limit": { "per_second": 20, "burst": 5 } })).await;
    let began = Instant::now();
    publish_many(&app, BuiltIn::IdentityCreated, 25, "").await;
    receiver.wait(25).await;
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");
    change(&app, &webhook, json!({ "rate_limit": null })).await;
    let path = format!("/webhooks/{}", id(&webhook));
    assert!(app.get(&path).await["rate_limit"].is_null());
    for bad in [json!({ "per_second": 0, "burst": 1 }), json!({ "per_second": 1 }), json!(5)] {
        let body = json!({ "rate_limit": bad });
        let response = app.api(Method::PATCH, &path).json_value(&body).send().await.unwrap();
        assert_eq!(response.status(), 422, "{body}");
    }
    app.stop().await;
}

fn of_subject(subject: &str, number: usize) -> Value {
    let mut event = cloud_event(BuiltIn::IdentityCreated, &format!("{subject}{number}"));
    event["subject"] = subject.into();
    event
}

/// The events of one subject that a receiver got, in order.
fn subjects(receiver: &Receiver, subject: &str) -> Vec<String> {
    let bodies = receiver
        .seen()
        .into_iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    bodies
        .filter(|body| body["subject"] == subject)
        .map(|body| body["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn ordered_webhook_sends_each_subject_in_order(database: TestDatabase) {
    let slow = Reply {
        delay: Duration::from_millis(100),
        ..Reply::status(200)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([slow.clone(), slow]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(&app, &webhook, json!({ "ordered": true })).await;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for number in 0..8 {
        for (subject, ids) in [("one", &mut one), ("two", &mut two)] {
            let answer = app.publish_raw(&of_subject(subject, number)).await;
            let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            ids.push(answer["events"][0]["ce_id"].as_str().unwrap().to_owned());
        }
    }
    app.deliveries(&database, "succeeded", 16).await;
    assert_eq!((subjects(&receiver, "one"), subjects(&receiver, "two")), (one, two));
    app.stop().await;
}

async fn ordered_webhook_keeps_order_over_retries_until_switched_off(database: TestDatabase) {
    let settings = DeliverySettings {
        schedule: "200ms,1h".parse().unwrap(),
        ..quick()
    };
    let (app, receiver) = (
        TestApp::start_with(&database, settings, loopback(), new_id()).await,
        Receiver::start([Reply::status(500), Reply::status(500)]).await,
    );
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(&app, &webhook, json!({ "ordered": true })).await;
    app.publish_raw(&of_subject("one", 1)).await;
    receiver.wait(2).await;
    // The first delivery of "one" failed twice and waits for an hour; the second one waits for it, and "two" is not affected.
    app.publish_raw(&of_subject("one", 2)).await;
    app.publish_raw(&of_subject("two", 1)).await;
    receiver.wait(3).await;
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!((subjects(&receiver, "one").len(), subjects(&receiver, "two").len()), (2, 1));
    assert_eq!(database.count("deliveries WHERE state = 'parked'").await, 1);
    change(&app, &webhook, json!({ "ordered": false })).await;
    app.deliveries(&database, "succeeded", 2).await;
    app.stop().await;
}

async fn hanging_receiver_does_not_delay_other_webhooks(database: TestDatabase) {
    let hangs = Reply {
        delay: Duration::from_secs(60),
        ..Reply::status(200)
    };
    let settings = DeliverySettings {
        timeout: Duration::from_secs(30),
        ..quick()
    };
    let (bad, good) = (Receiver::start(std::iter::repeat_n(hangs, 100)).await, Receiver::start([]).await);
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    app.webhook(&bad.url, &[BuiltIn::VisitEventCreated]).await;
    let healthy = app.webhook(&good.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&app, BuiltIn::VisitEventCreated, 10_000, "hangs").await;
    bad.wait(16).await;
    publish_many(&app, BuiltIn::IdentityCreated, 200, "works").await;
    good.wait(200).await;
    app.log(&healthy, 50).await;
    app.deliveries(&database, "succeeded", 200).await;
    assert_eq!(bad.seen().len(), 16);
    let (mut waiting, mut sending) = (0, 0);
    for (state, count) in [("pending", &mut waiting), ("sending", &mut sending)] {
        *count = database.count(&format!("deliveries WHERE state = '{state}'")).await;
    }
    assert_eq!(waiting + sending, 10_000, "{waiting} + {sending}");
    assert!(sending < 5_000, "memory is bounded: {sending}");
}

/// Twenty deliveries to a slow receiver, two of them in flight.
async fn two_of_twenty_in_flight(database: &TestDatabase) -> (TestApp, Receiver, Value) {
    let slow = Reply {
        delay: Duration::from_millis(300),
        ..Reply::status(200)
    };
    let settings = DeliverySettings {
        concurrency_per_webhook: 2,
        ..quick()
    };
    let receiver = Receiver::start(std::iter::repeat_n(slow, 50)).await;
    let app = TestApp::start_with(database, settings, loopback(), new_id()).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&app, BuiltIn::IdentityCreated, 20, "").await;
    receiver.wait(2).await;
    (app, receiver, webhook)
}

async fn disabling_a_webhook_holds_its_deliveries_immediately(database: TestDatabase) {
    let (app, receiver, webhook) = two_of_twenty_in_flight(&database).await;
    change(&app, &webhook, json!({ "enabled": false })).await;
    let began = receiver.seen().len();
    app.deliveries(&database, "sending", 0).await;
    app.deliveries(&database, "pending", 0).await;
    assert_eq!(receiver.seen().len(), began, "no attempt began after the answer");
    let held = database.count("deliveries WHERE state = 'held'").await;
    assert_eq!(usize::try_from(held).unwrap() + began, 20);
    app.stop().await;
}

async fn deleting_a_webhook_ends_its_deliveries_immediately(database: TestDatabase) {
    let (app, receiver, webhook) = two_of_twenty_in_flight(&database).await;
    let deleted = app
        .api(Method::DELETE, &format!("/webhooks/{}", id(&webhook)))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    let began = receiver.seen().len();
    app.deliveries(&database, "sending", 0).await;
    app.deliveries(&database, "pending", 0).await;
    assert_eq!(receiver.seen().len(), began, "no attempt began after the answer");
    assert_eq!(
        database.count("deliveries WHERE reason = 'The webhook was deleted.'").await,
        20 - i64::try_from(began).unwrap()
    );
    // The attempts in flight were still recorded.
    assert_eq!(database.count("callbacks").await, i64::try_from(began).unwrap());
    app.stop().await;
}

async fn deleting_a_webhook_ends_many_attempts_in_flight(database: TestDatabase) {
    let slow = Reply {
        delay: Duration::from_millis(50),
        ..Reply::status(200)
    };
    let settings = DeliverySettings {
        concurrency_per_webhook: 64,
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    for round in 0..10 {
        let receiver = Receiver::start(std::iter::repeat_n(slow.clone(), 300)).await;
        let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
        let before = app.dispatcher.counters().succeeded();
        publish_many(&app, BuiltIn::IdentityCreated, 300, &format!("{round}-")).await;
        receiver.wait(20 + round * 20).await;
        let deleted = app
            .api(Method::DELETE, &format!("/webhooks/{}", id(&webhook)))
            .send()
            .await
            .unwrap();
        assert_eq!(deleted.status(), 204);
        // An attempt that ends at this moment may be counted twice, but none is missed.
        let in_flight = u64::try_from(app.dispatcher.load().in_flight).unwrap();
        let begun = in_flight + app.dispatcher.counters().succeeded() - before;
        app.deliveries(&database, "sending", 0).await;
        app.deliveries(&database, "pending", 0).await;
        let seen = receiver.seen().len() as u64;
        assert!(seen <= begun, "round {round}: {begun} had begun, {seen} came");
        let deleted = "deliveries WHERE reason = 'The webhook was deleted.'";
        let total = u64::try_from(database.count("callbacks").await + database.count(deleted).await).unwrap();
        assert_eq!(total, 300 * (round as u64 + 1));
    }
    app.stop().await;
}

/// A delivery that panics again and again is not attempted forever.
async fn delivery_with_unreadable_data_is_parked(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let healthy = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let literal = if database.url.starts_with("sqlite") {
        format!("x'{}'", id(&webhook).replace('-', ""))
    } else {
        format!("'{}'", id(&webhook))
    };
    let garbage = if database.url.starts_with("sqlite") { "x'00'" } else { "'\\x00'" };
    database
        .execute(&format!(
            "UPDATE webhook_secrets SET secret_encrypted = {garbage} WHERE webhook_id = {literal}"
        ))
        .await;
    let node = app.node;
    app.stop().await;
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.deliveries(&database, "failed", 1).await;
    assert_eq!(
        database
            .count("deliveries WHERE reason LIKE '%failed 3 times with an internal error%'")
            .await,
        1
    );
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    app.log(&healthy, 1).await;
    assert_eq!(receiver.seen().len(), 1);
    app.stop().await;
}

/// While the database is locked, only a limited number of events waits in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish_beyond_the_waiting_limit_is_rejected_with_retry_after() {
    let database = TestDatabase::sqlite();
    let app = Arc::new(TestApp::start(&database).await);
    let other = sea_orm::Database::connect(&database.url).await.unwrap();
    let lock = other
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
        .unwrap();
    let batches: Vec<_> = (0..20)
        .map(|batch| {
            let app = app.clone();
            tokio::spawn(async move {
                publish_batch(&app, BuiltIn::IdentityCreated, 500, &format!("{batch}-"))
                    .await
                    .status()
            })
        })
        .collect();
    wait_for("10,000 events to wait", async || {
        (app.dispatcher.journal().waiting() == 10_000).then_some(())
    })
    .await;
    let refused = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "one more")).await;
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()),
        (429, "1")
    );
    lock.rollback().await.unwrap();
    for batch in batches {
        assert_eq!(batch.await.unwrap(), 202);
    }
    assert_eq!(database.count("events").await, 10_000);
    assert_eq!(app.publish(BuiltIn::IdentityCreated, "one more").await["duplicate"], false);
}
