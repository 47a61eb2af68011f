//! Old events are deleted, deliveries that are still to be sent are kept, and deliveries that can never be sent fail.

use std::time::Duration;

use clearhook::{
    catalogue::BuiltIn,
    delivery::DeliverySettings,
    domain::timestamp::Timestamp,
    storage::{new_id, retention::Expired, uuid_time::oldest_id_of},
};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{TestApp, hourly, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::{change, id, publish_many},
    wait::wait_for,
};

on_both! {
    retention_deletes_only_old_rows retention_keeps_pending_deliveries held_delivery_of_a_deleted_webhook_fails
    event_types_keep_payloads_for_their_own_time
}

async fn retention_deletes_only_old_rows(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&app, BuiltIn::IdentityCreated, 1_200, "old").await;
    app.deliveries(&database, "succeeded", 1_200).await;
    let cut = Timestamp::now();
    wait_for("a later moment", async || {
        (Timestamp::now() > cut.plus(Duration::from_millis(20))).then_some(())
    })
    .await;
    app.publish(BuiltIn::IdentityCreated, "new").await;
    app.deliveries(&database, "succeeded", 1_201).await;
    let old_hour = cut.0 / 3_600_000 - 1;
    for table in ["webhook_stats", "stats_total", "event_type_stats"] {
        database.execute(&format!("UPDATE {table} SET hour = {old_hour}")).await;
        assert!(database.count(table).await > 0, "{table}");
    }
    for what in Expired::ALL {
        while app.store.delete_expired(what, cut.plus(Duration::from_millis(10))).await.unwrap() {}
    }
    for table in ["webhook_stats", "stats_total", "event_type_stats"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    // All remaining rows belong to the new event.
    assert_eq!(database.count("events WHERE ce_id = 'new'").await, 1);
    for table in ["callbacks", "deliveries", "events", "event_keys"] {
        assert_eq!(database.count(table).await, 1, "{table}");
    }
    for table in ["callbacks", "deliveries", "event_keys"] {
        let of_new = format!("{table} WHERE event_id = (SELECT id FROM events)");
        assert_eq!(database.count(&of_new).await, 1, "{table}");
    }
    assert_eq!(
        app.get(&format!("/webhooks/{}/callbacks", id(&webhook))).await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.stop().await;
}

/// A retry may be due long after its event has reached the retention limit.
async fn retention_keeps_pending_deliveries(database: TestDatabase) {
    let settings = hourly();
    let (app, receiver) = (
        TestApp::start_with(&database, settings.clone(), loopback(), new_id()).await,
        Receiver::start([Reply::status(500)]).await,
    );
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "waits").await;
    app.deliveries(&database, "pending", 1).await;
    app.publish(BuiltIn::IdentityCreated, "done").await;
    app.deliveries(&database, "succeeded", 1).await;
    let node = app.node;
    app.stop().await;
    let settings = DeliverySettings {
        retention: Duration::from_millis(1),
        ..settings
    };
    let app = TestApp::start_with(&database, settings, loopback(), node).await;
    wait_for("the other to be forgotten", async || {
        let left = (database.count("events").await, database.count("deliveries").await);
        (left == (1, 1) && database.count("callbacks").await == 0).then_some(())
    })
    .await;
    assert_eq!(app.store.shift_due(-2 * 3_600_000).await.unwrap(), 1);
    app.dispatcher.wake();
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(app.log(&webhook, 1).await[0]["attempt"], 2);
    assert_eq!(receiver.seen().len(), 3);
    app.stop().await;
}

async fn held_delivery_of_a_deleted_webhook_fails(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let mut webhooks = Vec::new();
    for event in [BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated] {
        let webhook = app.webhook(&receiver.url, &[event]).await;
        change(&app, &webhook, json!({ "enabled": false })).await;
        publish_many(&app, event, 1_100, event.as_str()).await;
        webhooks.push(webhook);
    }
    app.deliveries(&database, "held", 2_200).await;
    let deleted = app
        .api(Method::DELETE, &format!("/webhooks/{}", id(&webhooks[0])))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    let failed = "deliveries WHERE state = 'failed' AND reason = 'The webhook was deleted.'";
    assert_eq!(
        (
            database.count(failed).await,
            database.count("deliveries WHERE state = 'held'").await
        ),
        (1_100, 1_100)
    );
    // The state after a node has crashed in between.
    let node = app.node;
    app.stop().await;
    database.execute("UPDATE webhooks SET deleted_at = 1").await;
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    wait_for("the others to fail", async || (database.count(failed).await == 2_200).then_some(())).await;
    assert!(receiver.seen().is_empty());
    app.stop().await;
}

/// The log is kept for 10 days, the payloads of one type for 1 day and those of another for 30 days.
async fn event_types_keep_payloads_for_their_own_time(database: TestDatabase) {
    let node = new_id();
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    for (name, days) in [
        ("kept.briefly", json!(1)),
        ("kept.longer", json!(30)),
        ("kept.as.usual", json!(null)),
    ] {
        let (status, answer) = app.post("/event-types", &json!({ "type": name, "retention": days })).await;
        assert_eq!(status, 201, "{answer}");
    }
    app.stop().await;
    // A few events of each age, in days, beside others that make the batches full.
    let hours = |days: u64| Duration::from_secs(days * 24 * 3_600 + 3_600);
    database.months([0, 5, 20, 40].map(|age| Timestamp::now().minus(hours(age)))).await;
    for name in ["kept.briefly", "kept.longer", "kept.as.usual"] {
        for age in [0, 5, 20, 40] {
            let at = Timestamp::now().minus(hours(age));
            let id = oldest_id_of(at);
            let id = if database.url.starts_with("postgres") {
                format!("'{id}'")
            } else {
                format!("X'{}'", id.simple())
            };
            let sql = format!(
                "INSERT INTO events (id, event_type, source, ce_id, occurred_at, received_at, body) \
                 VALUES ({id}, '{name}', 's', '{age}', {0}, {0}, '{{}}')",
                at.0
            );
            // Ids are unique although they are made of times.
            wait_for("another millisecond", async || {
                (Timestamp::now() > at.plus(hours(age))).then_some(())
            })
            .await;
            database.execute(&sql).await;
        }
    }
    let settings = DeliverySettings {
        retention: Duration::from_secs(10 * 24 * 3_600),
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), node).await;
    let ages = async |name: &str, has_payload: bool| {
        let mut ages = Vec::new();
        for age in [0, 5, 20, 40] {
            let sign = if has_payload { "<>" } else { "=" };
            let table = format!("events WHERE event_type = '{name}' AND ce_id = '{age}' AND body {sign} ''");
            if database.count(&table).await == 1 {
                ages.push(age);
            }
        }
        ages
    };
    wait_for("retention", async || (database.count("events").await == 7).then_some(())).await;
    for (name, with_payload, without) in [
        ("kept.briefly", vec![0], vec![5]),
        ("kept.longer", vec![0, 5, 20], vec![]),
        ("kept.as.usual", vec![0, 5], vec![]),
    ] {
        wait_for(name, async || (ages(name, true).await == with_payload).then_some(())).await;
        assert_eq!(ages(name, false).await, without, "{name}");
    }
    app.stop().await;
}
