//! clearhook disables a webhook after repeated failure, and not before: at least 3 deliveries in a row exhausted their attempts, the
//! first of them `CLEARHOOK_DISABLE_AFTER` ago.

use std::{fs, time::Duration};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cloud_event, loopback, quick},
    binary::Service,
    database::TestDatabase,
    fake_clock::{faked, faketime},
    node::Node,
    on_both,
    receiver::{Receiver, Reply},
    steps::{change, id, publish_many},
    wait::wait_for,
};

on_both! {
    three_exhausted_deliveries_in_a_row_disable_the_webhook failures_within_the_period_do_not_disable
    success_between_two_bad_days_prevents_disabling tests_and_redeliveries_do_not_count_as_failures success_resets_the_failure_count
    logged_success_in_between_prevents_disabling failure_count_survives_a_restart enabling_resets_the_failure_count deliveries_with_attempts_left_do_not_count_and_are_held_when_disabled
    response_410_disables_the_webhook_with_warning_and_metric exhaustion_disables_the_webhook_with_warning_and_metric
    clock_set_forward_does_not_disable results_of_one_transaction_are_counted_in_order
}

/// Two attempts for each delivery, and a period of zero: only the number of deliveries counts.
fn at_once() -> DeliverySettings {
    DeliverySettings {
        schedule: "10ms".parse().unwrap(),
        disable_after: Duration::ZERO,
        ..quick()
    }
}

/// The same with a period that is longer than a test.
fn after_five_days() -> DeliverySettings {
    DeliverySettings {
        disable_after: Duration::from_hours(120),
        ..at_once()
    }
}

/// Failing responses, as many as a test needs.
fn fails(count: usize) -> Vec<Reply> {
    vec![Reply::status(503); count]
}

/// Publishes an event and waits until this many deliveries have finally failed.
async fn exhaust(app: &TestApp, database: &TestDatabase, event: &str, failed: i64) {
    app.publish(BuiltIn::IdentityCreated, event).await;
    app.deliveries(database, "failed", failed).await;
}

async fn shown(app: &TestApp, webhook: &Value) -> Value {
    app.get(&format!("/webhooks/{}", id(webhook))).await
}

async fn wait_until_disabled(app: &TestApp, webhook: &Value) -> Value {
    wait_for("the webhook to be disabled", async || {
        Some(shown(app, webhook).await).filter(|webhook| webhook["enabled"] == false)
    })
    .await
}

/// Moves the previous failures five days into the past.
async fn five_days_pass(database: &TestDatabase) {
    let days = 5 * 24 * 3_600 * 1_000;
    database
        .execute(&format!(
            "UPDATE webhooks SET exhausted_since = exhausted_since - {days}, failing_since = failing_since - {days}"
        ))
        .await;
}

async fn three_exhausted_deliveries_in_a_row_disable_the_webhook(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), fails(20)).await;
    exhaust(&app, &database, "1", 1).await;
    exhaust(&app, &database, "2", 2).await;
    assert_eq!(shown(&app, &webhook).await["enabled"], true, "two deliveries are too few");
    exhaust(&app, &database, "3", 3).await;
    let disabled = wait_until_disabled(&app, &webhook).await;
    let reason = disabled["disabled_reason"].as_str().unwrap();
    assert!(
        reason.starts_with("3 deliveries in a row used up all their attempts and failed, the first of them at 20"),
        "{reason}"
    );
    assert_eq!(database.count("audit_log WHERE action = 'webhook.disabled'").await, 1);
    let metrics = app
        .http
        .get(format!("{}/metrics", app.url))
        .bearer_auth(&app.key)
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "clearhook_webhooks_disabled_total{reason=\"exhausted\"} 1",
        "clearhook_webhooks_disabled_total{reason=\"gone\"} 0",
        "clearhook_webhooks{state=\"disabled\"} 1",
        "clearhook_webhooks{state=\"failing\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
    // Its later events are held.
    app.publish(BuiltIn::IdentityCreated, "4").await;
    app.deliveries(&database, "held", 1).await;
    app.stop().await;
}

async fn failures_within_the_period_do_not_disable(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, after_five_days(), fails(100)).await;
    for event in 1..=10 {
        exhaust(&app, &database, &event.to_string(), event).await;
    }
    assert_eq!(shown(&app, &webhook).await["enabled"], true);
    assert_eq!(database.count("webhooks WHERE exhausted_deliveries = 10").await, 1);
    // When the first failure is five days old, the next one is enough.
    five_days_pass(&database).await;
    exhaust(&app, &database, "last", 11).await;
    wait_until_disabled(&app, &webhook).await;
    app.stop().await;
}

/// A webhook with few events: one fails on Monday, none follows for five days, and on Saturday the receiver is slow to start.
async fn success_between_two_bad_days_prevents_disabling(database: TestDatabase) {
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, after_five_days(), fails(3)).await;
    exhaust(&app, &database, "Monday", 1).await;
    five_days_pass(&database).await;
    // The first attempt is the third 503; the retry succeeds.
    app.publish(BuiltIn::IdentityCreated, "Saturday").await;
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(receiver.seen().len(), 4);
    let webhook = shown(&app, &webhook).await;
    assert_eq!((&webhook["enabled"], &webhook["disabled_reason"]), (&json!(true), &Value::Null));
    assert_eq!(database.count("deliveries WHERE state = 'held'").await, 0);
    wait_for("the success to be counted", async || {
        (database
            .count("webhooks WHERE exhausted_deliveries = 0 AND failing_since IS NULL")
            .await
            == 1)
            .then_some(())
    })
    .await;
    app.stop().await;
}

async fn tests_and_redeliveries_do_not_count_as_failures(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), fails(100)).await;
    // Before the receiver is deployed, somebody sends tests.
    for number in 1..=5 {
        let (status, answer) = app
            .post(&format!("/webhooks/{}/test", id(&webhook)), &json!({ "event": "identity.created" }))
            .await;
        assert_eq!(status, 202, "{answer}");
        app.deliveries(&database, "failed", number).await;
    }
    assert_eq!(database.count("webhooks WHERE exhausted_deliveries = 0").await, 1);
    exhaust(&app, &database, "1", 6).await;
    exhaust(&app, &database, "2", 7).await;
    let callback = app.log(&webhook, 9).await[0]["id"].as_str().unwrap().to_owned();
    for number in 0..3 {
        let (status, answer) = app.post(&format!("/callbacks/{callback}/redeliver"), &json!({})).await;
        assert_eq!(status, 202, "{answer}");
        app.log(&webhook, 10 + number).await;
        app.deliveries(&database, "failed", 7).await;
    }
    assert_eq!(shown(&app, &webhook).await["enabled"], true);
    assert_eq!(database.count("webhooks WHERE exhausted_deliveries = 2").await, 1);
    exhaust(&app, &database, "3", 8).await;
    wait_until_disabled(&app, &webhook).await;
    app.stop().await;
}

async fn success_resets_the_failure_count(database: TestDatabase) {
    let replies = fails(4).into_iter().chain([Reply::status(200)]).chain(fails(20));
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), replies).await;
    exhaust(&app, &database, "1", 1).await;
    exhaust(&app, &database, "2", 2).await;
    app.publish(BuiltIn::IdentityCreated, "works").await;
    app.deliveries(&database, "succeeded", 1).await;
    exhaust(&app, &database, "3", 3).await;
    exhaust(&app, &database, "4", 4).await;
    assert_eq!(shown(&app, &webhook).await["enabled"], true, "two in a row");
    exhaust(&app, &database, "5", 5).await;
    wait_until_disabled(&app, &webhook).await;
    app.stop().await;
}

/// The log is queried before a webhook is disabled: a node that did not know of the failures may have stored a success.
async fn logged_success_in_between_prevents_disabling(database: TestDatabase) {
    let replies = [Reply::status(200)].into_iter().chain(fails(20));
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), replies).await;
    app.publish(BuiltIn::IdentityCreated, "works").await;
    app.deliveries(&database, "succeeded", 1).await;
    database
        .execute("UPDATE webhooks SET failing_since = 1, exhausted_deliveries = 5, exhausted_since = 1")
        .await;
    exhaust(&app, &database, "1", 1).await;
    assert_eq!(database.count("webhooks WHERE enabled AND exhausted_deliveries = 1").await, 1);
    exhaust(&app, &database, "2", 2).await;
    assert_eq!(shown(&app, &webhook).await["enabled"], true);
    exhaust(&app, &database, "3", 3).await;
    wait_until_disabled(&app, &webhook).await;
    app.stop().await;
}

async fn failure_count_survives_a_restart(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), fails(20)).await;
    exhaust(&app, &database, "1", 1).await;
    exhaust(&app, &database, "2", 2).await;
    let node = app.node;
    app.stop().await;
    let app = TestApp::start_with(&database, at_once(), loopback(), node).await;
    exhaust(&app, &database, "3", 3).await;
    wait_until_disabled(&app, &webhook).await;
    app.stop().await;
}

async fn enabling_resets_the_failure_count(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), fails(100)).await;
    for event in 1..=3 {
        exhaust(&app, &database, &event.to_string(), event).await;
    }
    wait_until_disabled(&app, &webhook).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    let enabled = shown(&app, &webhook).await;
    assert!(enabled["disabled_reason"].is_null() && enabled["failing_since"].is_null());
    exhaust(&app, &database, "4", 4).await;
    // A user disables the webhook for a while.
    change(&app, &webhook, json!({ "enabled": false })).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    exhaust(&app, &database, "5", 5).await;
    exhaust(&app, &database, "6", 6).await;
    assert_eq!(shown(&app, &webhook).await["enabled"], true, "two in a row since it was enabled");
    exhaust(&app, &database, "7", 7).await;
    wait_until_disabled(&app, &webhook).await;
    app.stop().await;
}

async fn deliveries_with_attempts_left_do_not_count_and_are_held_when_disabled(database: TestDatabase) {
    let settings = DeliverySettings {
        schedule: "1h".parse().unwrap(),
        ..at_once()
    };
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, settings, fails(100)).await;
    for event in 1..=5 {
        app.publish(BuiltIn::IdentityCreated, &event.to_string()).await;
    }
    receiver.wait(5).await;
    app.deliveries(&database, "pending", 5).await;
    assert_eq!(shown(&app, &webhook).await["enabled"], true, "all five have an attempt left");
    // An hour passes for three of them.
    let last_two = "(SELECT id FROM deliveries ORDER BY created_at DESC, id DESC LIMIT 2)";
    database
        .execute(&format!("UPDATE deliveries SET due_at = 1 WHERE id NOT IN {last_two}"))
        .await;
    app.dispatcher.wake();
    wait_until_disabled(&app, &webhook).await;
    app.deliveries(&database, "failed", 3).await;
    app.deliveries(&database, "held", 2).await;
    app.stop().await;
}

async fn results_of_one_transaction_are_counted_in_order(database: TestDatabase) {
    // Without retries each failed attempt exhausts its delivery; a batch gives many results at once.
    let settings = DeliverySettings {
        schedule: "".parse().unwrap(),
        ..after_five_days()
    };
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, settings, fails(500)).await;
    publish_many(&app, BuiltIn::IdentityCreated, 200, "").await;
    app.deliveries(&database, "failed", 200).await;
    assert_eq!(database.count("webhooks WHERE exhausted_deliveries = 200 AND enabled").await, 1);
    assert_eq!(shown(&app, &webhook).await["enabled"], true);
    app.stop().await;
}

async fn response_410_disables_the_webhook_with_warning_and_metric(database: TestDatabase) {
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start([Reply::status(410)]).await);
    let (service, url) = node.start().await;
    let webhook = node.webhook(&url, &receiver.url).await;
    publish(&node, &url, "1").await;
    let line = service.line("the webhook \"t\"").await;
    for part in [id(&webhook), "410 Gone", "enable the webhook", "recover"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert_warned(&service);
    assert_counted(&node, &url, [("exhausted", 0), ("gone", 1)]).await;
    assert_eq!(service.terminate().await, Some(0));
}

async fn exhaustion_disables_the_webhook_with_warning_and_metric(database: TestDatabase) {
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start(fails(10)).await);
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command
        .env("CLEARHOOK_RETRY_SCHEDULE", "none")
        .env("CLEARHOOK_DISABLE_AFTER", "1ms");
    let service = Service::start(command);
    let url = service.url().await;
    let webhook = node.webhook(&url, &receiver.url).await;
    for event in ["1", "2", "3"] {
        publish(&node, &url, event).await;
        receiver.wait(event.parse().unwrap()).await;
    }
    let line = service.line("the webhook \"t\"").await;
    for part in [id(&webhook), "3 deliveries in a row", "enable the webhook", "recover"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert_warned(&service);
    assert_counted(&node, &url, [("exhausted", 1), ("gone", 0)]).await;
    assert_eq!(service.terminate().await, Some(0));
}

/// The line about the webhook has the level WARN.
fn assert_warned(service: &Service) {
    let printed = service.printed();
    let line = printed.lines().find(|line| line.contains("the webhook \"t\"")).unwrap();
    assert!(line.contains(" WARN "), "{line}");
}

/// The metrics count webhooks that were disabled, by reason.
async fn assert_counted(node: &Node<'_>, url: &str, reasons: [(&str, u32); 2]) {
    let request = node.http.get(format!("{url}/metrics")).bearer_auth(&node.key);
    let metrics = request.send().await.unwrap().text().await.unwrap();
    for (reason, count) in reasons {
        let line = format!("clearhook_webhooks_disabled_total{{reason=\"{reason}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line} is missing in {metrics}");
    }
}

async fn publish(node: &Node<'_>, url: &str, event: &str) {
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents+json");
    let body = cloud_event(BuiltIn::IdentityCreated, event).to_string();
    assert_eq!(request.body(body).send().await.unwrap().status(), 202);
}

async fn clock_set_forward_does_not_disable(database: TestDatabase) {
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start(fails(100)).await);
    let clock = database.folder.path().join("clock");
    fs::write(&clock, "+0\n").unwrap();
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command.env("CLEARHOOK_RETRY_SCHEDULE", "10ms");
    faked(&mut command, &faketime(), &clock);
    let service = Service::start(command);
    let url = service.url().await;
    node.webhook(&url, &receiver.url).await;
    let exhausted = async |count: i64| {
        wait_for("the delivery to fail", async || {
            (database.count("deliveries WHERE state = 'failed'").await == count).then_some(())
        })
        .await;
    };
    publish(&node, &url, "1").await;
    exhausted(1).await;
    // Many failures are written directly, because the circuit breaker would slow the test down.
    database.execute("UPDATE webhooks SET exhausted_deliveries = 10").await;
    fs::write(&clock, "+400d\n").unwrap();
    publish(&node, &url, "2").await;
    exhausted(2).await;
    assert_eq!(database.count("webhooks WHERE enabled AND exhausted_deliveries = 11").await, 1);
    assert_eq!(service.terminate().await, Some(0));
}

/// Results of two nodes are counted together, and a success on either resets the count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_of_two_nodes_are_counted_together() {
    let database = TestDatabase::postgres().await;
    let (one, receiver, webhook) = TestApp::start_with_receiver(&database, at_once(), fails(4)).await;
    let two = TestApp::start_with(&database, at_once(), loopback(), new_id()).await;
    exhaust(&one, &database, "1", 1).await;
    exhaust(&one, &database, "2", 2).await;
    // The second node does not know of these failures when its callback succeeds.
    two.publish(BuiltIn::IdentityCreated, "works").await;
    two.deliveries(&database, "succeeded", 1).await;
    assert_eq!(receiver.seen().len(), 5);
    let path = format!("/webhooks/{}", id(&webhook));
    let broken = Receiver::start(fails(100)).await;
    let moved = one.api(Method::PATCH, &path).body(json!({ "url": broken.url }).to_string());
    assert_eq!(moved.header("content-type", "application/json").send().await.unwrap().status(), 200);
    exhaust(&one, &database, "3", 3).await;
    assert_eq!(shown(&one, &webhook).await["enabled"], true, "the first in a row");
    exhaust(&two, &database, "4", 4).await;
    exhaust(&one, &database, "5", 5).await;
    wait_until_disabled(&two, &webhook).await;
    one.stop().await;
    two.stop().await;
}
