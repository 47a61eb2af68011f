//! The system clock is set while deliveries wait: no delivery is late because of it.

use std::{fs, path::Path};

use clearhook::{catalogue::BuiltIn, domain::timestamp::Timestamp, storage::new_id};
use serde_json::Value;

use crate::support::{
    app::{JsonAnswer, TestApp, cloud_event, hourly, loopback},
    binary::Service,
    database::TestDatabase,
    fake_clock::{faked, faketime},
    node::Node,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! {
    clock_set_back_does_not_delay_a_retry clock_set_forward_does_not_delay_a_retry
    retry_scheduled_by_a_clock_ahead_is_not_late_after_restart deliveries_of_a_node_whose_clock_is_wrong_are_found
    due_time_beyond_the_longest_delay_is_corrected
}

async fn clock_set_back_does_not_delay_a_retry(database: TestDatabase) {
    set_while_a_delivery_waits(database, "-3600").await;
}

async fn clock_set_forward_does_not_delay_a_retry(database: TestDatabase) {
    set_while_a_delivery_waits(database, "+3600").await;
}

/// Starts a service whose clock differs by what is written to the file `clock`.
async fn start(node: &Node<'_>, clock: &Path, by: &str, schedule: &str) -> (Service, String) {
    fs::write(clock, format!("{by}\n")).unwrap();
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command.env("CLEARHOOK_RETRY_SCHEDULE", schedule);
    faked(&mut command, &faketime(), clock);
    let service = Service::start(command);
    let url = service.url().await;
    (service, url)
}

/// Publishes an event, and returns the answer.
async fn publish(node: &Node<'_>, url: &str, id: &str) -> Value {
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents+json");
    let event = cloud_event(BuiltIn::IdentityCreated, id);
    let response = request.body(event.to_string()).send().await.unwrap();
    assert_eq!(response.status(), 202);
    response.json_value().await
}

async fn set_while_a_delivery_waits(database: TestDatabase, to: &str) {
    drop(database.open().await);
    let (node, receiver) = (
        Node::new(&database),
        Receiver::start([Reply::status(500), Reply::status(500)]).await,
    );
    let clock = database.folder.path().join("clock");
    let (service, url) = start(&node, &clock, "+0", "2s,2s,2s").await;
    node.webhook(&url, &receiver.url).await;
    publish(&node, &url, "1").await;
    receiver.wait(1).await;
    wait_for("the retry to wait", async || {
        (database.count("deliveries WHERE state = 'pending'").await == 1).then_some(())
    })
    .await;
    fs::write(&clock, format!("{to}\n")).unwrap();
    // Both retries come much sooner than in an hour.
    receiver.wait(3).await;
    assert_eq!(service.terminate().await, Some(0));
}

/// On PostgreSQL the clock of the database is right, and the retry is due by it; ids and times of events are those of the node.
async fn deliveries_of_a_node_whose_clock_is_wrong_are_found(database: TestDatabase) {
    drop(database.open().await);
    let node = Node::new(&database);
    let clock = database.folder.path().join("clock");
    for by in ["-1h", "+1h"] {
        let receiver = Receiver::start([Reply::status(500)]).await;
        let (service, url) = start(&node, &clock, by, "1s").await;
        node.webhook(&url, &receiver.url).await;
        let published = publish(&node, &url, by).await;
        let id = published["events"][0]["id"].as_str().unwrap();
        receiver.wait(2).await;
        let path = format!("{url}/api/v1/events/{id}");
        let seen = wait_for("the delivery to succeed", async || {
            let event = node.http.get(&path).bearer_auth(&node.key).send().await.unwrap();
            let event: Value = event.json_value().await;
            let deliveries = event["deliveries"].as_array().unwrap();
            let is_over = deliveries.iter().all(|delivery| delivery["state"] == "succeeded");
            is_over.then_some(deliveries.len())
        })
        .await;
        // The webhook of the first round receives the event of the second one as well.
        assert_eq!(seen, if by == "-1h" { 1 } else { 2 });
        assert_eq!(service.terminate().await, Some(0));
    }
}

/// The clock is 400 days (or 3 hours) ahead while an attempt fails. It is set back while the service is stopped, so the service cannot
/// notice.
async fn retry_scheduled_by_a_clock_ahead_is_not_late_after_restart(database: TestDatabase) {
    drop(database.open().await);
    let node = Node::new(&database);
    let clock = database.folder.path().join("clock");
    for ahead in ["+3h", "+400d"] {
        let receiver = Receiver::start([Reply::status(500)]).await;
        let (service, url) = start(&node, &clock, ahead, "5s").await;
        node.webhook(&url, &receiver.url).await;
        publish(&node, &url, ahead).await;
        receiver.wait(1).await;
        wait_for("the retry to wait", async || {
            (database.count("deliveries WHERE state = 'pending' AND lease_owner IS NULL").await >= 1).then_some(())
        })
        .await;
        assert_eq!(service.terminate().await, Some(0));
        let (service, _) = start(&node, &clock, "+0", "5s").await;
        // On PostgreSQL the due time is by the clock of the database, which was right.
        if !database.url.starts_with("postgres") {
            service.line("were set while the clock was ahead").await;
        }
        receiver.wait(2).await;
        assert_eq!(service.terminate().await, Some(0));
    }
}

async fn due_time_beyond_the_longest_delay_is_corrected(database: TestDatabase) {
    let receiver = Receiver::start([Reply::status(500)]).await;
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.deliveries(&database, "pending", 1).await;
    // In a year, although the schedule says an hour.
    database.execute("UPDATE deliveries SET due_at = due_at + 31536000000").await;
    let node = app.node;
    app.stop().await;
    let started = Timestamp::now().0;
    let app = TestApp::start_with(&database, hourly(), loopback(), node).await;
    let within = format!("deliveries WHERE due_at BETWEEN {started} AND {}", started + 2 * 3_600_000);
    wait_for("the retry to be due within its delay", async || {
        (database.count(&within).await == 1).then_some(())
    })
    .await;
    // A receiver may ask for a day: this is kept.
    database
        .execute(&format!("UPDATE deliveries SET due_at = {}", started + 23 * 3_600_000))
        .await;
    let node = app.node;
    app.stop().await;
    let app = TestApp::start_with(&database, hourly(), loopback(), node).await;
    app.dispatcher.wake();
    wait_for("the dispatcher to look", async || app.dispatcher.progress().ok()).await;
    let asked_for = format!("deliveries WHERE due_at = {}", started + 23 * 3_600_000);
    assert_eq!(database.count(&asked_for).await, 1);
    app.stop().await;
}
