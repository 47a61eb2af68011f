//! Test events and redeliveries are sent before the backlog.

use std::time::{Duration, Instant};

use clearhook::{
    catalogue::BuiltIn,
    delivery::{BreakerSettings, DeliverySettings},
    storage::new_id,
};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::{change, id, publish_many},
    wait::wait_for,
};

on_both! { manual_delivery_is_claimed_before_backlog }

/// The sources of the events that a receiver got, in order.
fn sources(receiver: &Receiver) -> Vec<String> {
    let bodies = receiver
        .seen()
        .into_iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    bodies.map(|body| body["source"].as_str().unwrap().to_owned()).collect()
}

async fn manual_delivery_is_claimed_before_backlog(database: TestDatabase) {
    let settings = DeliverySettings {
        breaker: BreakerSettings {
            failures: 5,
            first: Duration::from_secs(600),
            longest: Duration::from_secs(600),
        },
        concurrency_per_webhook: 1,
        schedule: "1h".parse().unwrap(),
        ..quick()
    };
    let failing = Receiver::start((0..6).map(|_| Reply::status(500))).await;
    let slow = Receiver::start([]).await;
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    // A webhook with an open circuit breaker and 35 waiting deliveries, one of them in memory.
    let broken = app.webhook(&failing.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&app, BuiltIn::IdentityCreated, 40, "").await;
    wait_for("the breaker to open", async || {
        (app.dispatcher.load().open_breakers == 1 && app.dispatcher.load().in_flight == 0).then_some(())
    })
    .await;
    app.deliveries(&database, "sending", 1).await;
    assert_eq!(failing.seen().len(), 5);
    for _ in 0..2 {
        let (status, _) = app.post(&format!("/webhooks/{}/test", id(&broken)), &json!({})).await;
        assert_eq!(status, 202);
    }
    // The first one fails too; after the second one has succeeded, all deliveries are sent.
    failing.wait(7).await;
    let sources = |receiver: &Receiver, from: usize| sources(receiver)[from..].to_vec();
    assert_eq!(sources(&failing, 5)[..2], ["urn:clearhook:test", "urn:clearhook:test"]);
    failing.wait(42).await;

    // A webhook with one callback per second and more waiting deliveries than fit in memory.
    let limited = app.webhook(&slow.url, &[BuiltIn::VisitEventCreated]).await;
    change(&app, &limited, json!({ "rate_limit": { "per_second": 1, "burst": 1 } })).await;
    let began = Instant::now();
    publish_many(&app, BuiltIn::VisitEventCreated, 4_500, "limited").await;
    slow.wait(1).await;
    let waiting = "deliveries WHERE state = 'pending'";
    assert!(database.count(waiting).await > 300);
    let row = app.log(&limited, 1).await.remove(0);
    let (status, _) = app
        .post(&format!("/callbacks/{}/redeliver", row["id"].as_str().unwrap()), &json!({}))
        .await;
    assert_eq!(status, 202);
    app.post(&format!("/webhooks/{}/test", id(&limited)), &json!({})).await;
    let told = wait_for("both", async || {
        let path = format!("/webhooks/{}/callbacks", id(&limited));
        let rows = app.get(&path).await["items"].as_array().unwrap().clone();
        let asked: Vec<_> = rows.iter().filter(|row| row["trigger"] != "event").cloned().collect();
        (asked.len() == 2).then_some(rows)
    })
    .await;
    // One immediately and one each second; the two manual deliveries are additional.
    let allowed = 4 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(told.len() <= allowed, "{} in {:?}", told.len(), began.elapsed());
    app.stop().await;
}
