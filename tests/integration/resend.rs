//! Sending again: single redelivery, recovery of all failed deliveries, test events, and rotation of the secret.

use clearhook::catalogue::BuiltIn;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    redelivery_is_the_next_attempt_and_two_requests_send_twice redelivery_replaces_the_pending_retry
    redelivery_during_an_attempt_is_sent_afterwards recover_sends_failed_and_held_deliveries
    test_event_is_marked_and_sent_once both_secrets_sign_during_the_overlap disabled_webhook_rejects_redelivery stats_and_metrics_count_callbacks
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

async fn redelivery_is_the_next_attempt_and_two_requests_send_twice(database: TestDatabase) {
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let path = format!("/callbacks/{}/redeliver", text(&row, "id"));
    for _ in 0..2 {
        let (status, answer) = app.post(&path, &json!({})).await;
        assert_eq!((status, &answer["delivery_id"]), (202, &row["delivery_id"]));
    }
    let log = app.log(&webhook, 3).await;
    let told: Vec<_> = log
        .iter()
        .map(|row| (row["attempt"].as_i64().unwrap(), text(row, "trigger")))
        .collect();
    assert_eq!(told, [(3, "manual"), (2, "manual"), (1, "event")]);
    let seen = receiver.wait(3).await;
    for again in &seen[1..] {
        assert_eq!(
            (&again.headers["webhook-id"], &again.body),
            (&seen[0].headers["webhook-id"], &seen[0].body)
        );
    }
    app.deliveries(&database, "succeeded", 1).await;
    app.stop().await;
}

async fn redelivery_replaces_the_pending_retry(database: TestDatabase) {
    let mut settings = quick();
    settings.schedule = "1h,1h".parse().unwrap();
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, settings, [Reply::status(500), Reply::status(500)]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    app.deliveries(&database, "pending", 1).await;
    let path = format!("/callbacks/{}/redeliver", text(&row, "id"));
    app.post(&path, &json!({})).await;
    app.log(&webhook, 2).await;
    // The redelivery failed: the schedule continues with the retry that it replaced.
    app.deliveries(&database, "pending", 1).await;
    assert_eq!(database.count("deliveries WHERE retries = 2 AND attempts = 2").await, 1);
    app.post(&path, &json!({})).await;
    let log = app.log(&webhook, 3).await;
    assert_eq!((text(&log[0], "outcome"), log[0]["attempt"].as_i64()), ("succeeded", Some(3)));
    app.deliveries(&database, "succeeded", 1).await;
    app.stop().await;
}

async fn redelivery_during_an_attempt_is_sent_afterwards(database: TestDatabase) {
    let slow = Reply {
        delay: std::time::Duration::from_millis(400),
        ..Reply::status(200)
    };
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), [Reply::status(200), slow]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let path = format!("/callbacks/{}/redeliver", text(&row, "id"));
    app.post(&path, &json!({})).await;
    receiver.wait(2).await;
    app.post(&path, &json!({})).await;
    let log = app.log(&webhook, 3).await;
    assert_eq!(log[0]["attempt"], 3);
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(receiver.seen().len(), 3);
    app.stop().await;
}

async fn recover_sends_failed_and_held_deliveries(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), (0..4).map(|_| Reply::status(500))).await;
    let path = format!("/webhooks/{}", text(&webhook, "id"));
    app.publish(BuiltIn::IdentityCreated, "fails").await;
    app.deliveries(&database, "failed", 1).await;
    let disabled = app
        .api(Method::PATCH, &path)
        .json_value(&json!({ "enabled": false }))
        .send()
        .await
        .unwrap();
    assert_eq!(disabled.status(), 200);
    app.publish(BuiltIn::IdentityCreated, "held").await;
    app.deliveries(&database, "held", 1).await;
    let since = json!({ "since": "2020-01-01T00:00:00Z" });
    assert_eq!(app.post(&format!("{path}/recover"), &since).await.0, 409);
    app.api(Method::PATCH, &path)
        .json_value(&json!({ "enabled": true }))
        .send()
        .await
        .unwrap();
    // After enabling, held deliveries are not sent by themselves.
    app.publish(BuiltIn::IdentityCreated, "later").await;
    app.log(&webhook, 5).await;
    assert_eq!(database.count("deliveries WHERE state = 'held'").await, 1);
    let nothing = json!({ "since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z" });
    assert_eq!(
        app.post(&format!("{path}/recover"), &nothing).await,
        (202, json!({ "deliveries": 0 }))
    );
    assert_eq!(
        app.post(&format!("{path}/recover"), &since).await,
        (202, json!({ "deliveries": 2 }))
    );
    app.deliveries(&database, "succeeded", 3).await;
    let log = app.log(&webhook, 7).await;
    assert_eq!(log.iter().filter(|row| row["trigger"] == "manual").count(), 2);
    for (bad, status) in [
        (json!({}), 422),
        (json!({ "since": "yesterday" }), 422),
        (json!({ "since": "2999-01-01T00:00:00Z" }), 422),
    ] {
        assert_eq!(app.post(&format!("{path}/recover"), &bad).await.0, status, "{bad}");
    }
    app.stop().await;
}

async fn test_event_is_marked_and_sent_once(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let path = format!("/webhooks/{}/test", text(&webhook, "id"));
    let empty = app.api(Method::POST, &path).send().await.unwrap();
    assert_eq!(empty.status(), 202);
    let delivery = text(&empty.json_value().await, "delivery_id").to_owned();
    let row = app.log(&webhook, 1).await.remove(0);
    assert_eq!(
        (text(&row, "trigger"), text(&row, "event_type"), text(&row, "delivery_id")),
        ("test", "visit_event.created", delivery.as_str())
    );
    app.deliveries(&database, "failed", 1).await;
    let (status, _) = app.post(&path, &json!({ "event": "identity.deleted" })).await;
    assert_eq!(status, 202);
    assert_eq!(app.log(&webhook, 2).await[0]["event_type"], "identity.deleted");
    assert_eq!(app.post(&path, &json!({ "event": "no.such" })).await.0, 422);
    assert_eq!(receiver.seen().len(), 2);
    app.stop().await;
}

async fn both_secrets_sign_during_the_overlap(database: TestDatabase) {
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    let path = format!("/webhooks/{}/secret/rotate", text(&webhook, "id"));
    app.publish(BuiltIn::IdentityCreated, "before").await;
    receiver.wait(1).await;
    let (status, rotated) = app.post(&path, &json!({})).await;
    assert_eq!(status, 200);
    app.publish(BuiltIn::IdentityCreated, "during").await;
    let seen = receiver.wait(2).await.remove(1);
    let signatures = seen.headers["webhook-signature"].to_str().unwrap();
    assert_eq!(signatures.split(' ').count(), 2);
    for secret in [text(&webhook, "secret"), text(&rotated, "secret")] {
        let verifier = standardwebhooks::Webhook::new(secret).unwrap();
        verifier.verify(seen.body.as_bytes(), &seen.headers).unwrap();
    }
    let (_, last) = app.post(&path, &json!({ "overlap": "0s" })).await;
    app.publish(BuiltIn::IdentityCreated, "after").await;
    let seen = receiver.wait(3).await.remove(2);
    assert_eq!(seen.headers["webhook-signature"].to_str().unwrap().split(' ').count(), 1);
    let verifier = standardwebhooks::Webhook::new(text(&last, "secret")).unwrap();
    verifier.verify(seen.body.as_bytes(), &seen.headers).unwrap();
    for bad in [
        json!({ "overlap": "8d" }),
        json!({ "overlap": "long" }),
        json!({ "secret": "whsec_short" }),
    ] {
        assert_eq!(app.post(&path, &bad).await.0, 422, "{bad}");
    }
    app.stop().await;
}

async fn disabled_webhook_rejects_redelivery(database: TestDatabase) {
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let path = format!("/webhooks/{}", text(&webhook, "id"));
    app.api(Method::PATCH, &path)
        .json_value(&json!({ "enabled": false }))
        .send()
        .await
        .unwrap();
    for call in [format!("{path}/test"), format!("/callbacks/{}/redeliver", text(&row, "id"))] {
        let (status, answer) = app.post(&call, &json!({})).await;
        assert_eq!((status, text(&answer, "type")), (409, "urn:clearhook:problem:conflict"), "{call}");
    }
    let unknown = format!("/callbacks/{}/redeliver", text(&webhook, "id"));
    assert_eq!(app.post(&unknown, &json!({})).await.0, 404);
    assert_eq!(receiver.seen().len(), 1);
    app.stop().await;
}

async fn stats_and_metrics_count_callbacks(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), [Reply::status(200), Reply::status(500)]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.log(&webhook, 3).await;
    let path = format!("/webhooks/{}/stats", text(&webhook, "id"));
    for period in ["hour", "day"] {
        let stats = app.get(&format!("{path}?period={period}")).await;
        assert_eq!(
            (stats["attempts"].as_i64(), stats["succeeded"].as_i64(), stats["failed"].as_i64()),
            (Some(3), Some(2), Some(1))
        );
        assert!(stats["latency_ms"]["p99"].as_f64().unwrap() > 0.0 && !stats["buckets"].as_array().unwrap().is_empty());
    }
    for bad in ["period=week", "from=2020-01-01T00:00:00Z", "from=2999-01-01T00:00:00Z"] {
        let response = app.api(Method::GET, &format!("{path}?{bad}")).send().await.unwrap();
        assert!([400, 422].contains(&response.status().as_u16()), "{bad}");
    }
    let metrics = app
        .http
        .get(format!("{}/metrics", app.url))
        .bearer_auth(&app.key)
        .send()
        .await
        .unwrap();
    assert_eq!(metrics.status(), 200);
    let metrics = metrics.text().await.unwrap();
    for line in [
        "clearhook_events_accepted_total 2",
        "clearhook_callbacks_total{outcome=\"succeeded\"} 2",
        "clearhook_callbacks_total{outcome=\"failed\"} 1",
        "clearhook_callback_duration_seconds_count 3",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let without = app.http.get(format!("{}/metrics", app.url)).send().await.unwrap();
    assert_eq!(without.status(), 401);
    let ready = app.http.get(format!("{}/readyz", app.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    app.stop().await;
}
