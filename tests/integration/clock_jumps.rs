//! The system's clock is set while deliveries wait: none is late for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clearhook::{catalogue::EventType, domain::timestamp::Timestamp, storage::new_id};

use crate::support::{
    app::{TestApp, cloud_event, hourly, loopback},
    binary::Service,
    database::TestDatabase,
    node::Node,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! {
    a_clock_that_is_set_back_delays_nothing a_clock_that_is_set_forward_delays_nothing
    a_retry_that_a_clock_ahead_had_set_is_not_late_after_a_restart a_due_time_beyond_every_legal_delay_is_corrected
}

/// The library that makes a program believe in another time (Debian: faketime).
pub(crate) fn faketime() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten().map(|folder| folder.path());
    let mut found = folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .filter(|path| path.exists());
    found.next().expect("libfaketime is missing: run make setup")
}

/// Makes a program read its clock's offset from a file. Its monotonic clock is not changed.
pub(crate) fn faked(command: &mut Command, library: &Path, clock: &Path) {
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

async fn a_clock_that_is_set_back_delays_nothing(database: TestDatabase) {
    set_while_a_delivery_waits(database, "-3600").await;
}

async fn a_clock_that_is_set_forward_delays_nothing(database: TestDatabase) {
    set_while_a_delivery_waits(database, "+3600").await;
}

async fn set_while_a_delivery_waits(database: TestDatabase, to: &str) {
    drop(database.open().await);
    let (node, receiver) = (
        Node::new(&database),
        Receiver::start([Reply::status(500), Reply::status(500)]).await,
    );
    let clock = database.folder.path().join("clock");
    fs::write(&clock, "+0\n").unwrap();
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command.env("CLEARHOOK_RETRY_SCHEDULE", "2s,2s,2s");
    faked(&mut command, &faketime(), &clock);
    let service = Service::start(command);
    let url = format!("http://{}", service.line("listening on ").await.split(';').next().unwrap());
    node.webhook(&url, &receiver.url).await;
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let event = cloud_event(EventType::IdentityCreated, "1");
    let request = request.header("content-type", "application/cloudevents+json");
    assert_eq!(request.body(event.to_string()).send().await.unwrap().status(), 202);
    receiver.wait(1).await;
    wait_for("the retry to wait", async || {
        (database.count("deliveries WHERE state = 'pending'").await == 1).then_some(())
    })
    .await;
    fs::write(&clock, format!("{to}\n")).unwrap();
    // Both of its retries, far sooner than in an hour.
    receiver.wait(3).await;
    assert_eq!(service.terminate().await, Some(0));
}

/// The clock is 400 days (or 3 hours) ahead while an attempt fails. It is set back while the service is down, which then cannot notice.
async fn a_retry_that_a_clock_ahead_had_set_is_not_late_after_a_restart(database: TestDatabase) {
    drop(database.open().await);
    let node = Node::new(&database);
    let clock = database.folder.path().join("clock");
    for ahead in ["+3h", "+400d"] {
        let receiver = Receiver::start([Reply::status(500)]).await;
        let start = async |at: &str| {
            fs::write(&clock, format!("{at}\n")).unwrap();
            let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
            command.env("CLEARHOOK_RETRY_SCHEDULE", "5s");
            faked(&mut command, &faketime(), &clock);
            let service = Service::start(command);
            let url = format!("http://{}", service.line("listening on ").await.split(';').next().unwrap());
            (service, url)
        };
        let (service, url) = start(ahead).await;
        node.webhook(&url, &receiver.url).await;
        let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
        let request = request.header("content-type", "application/cloudevents+json");
        let event = cloud_event(EventType::IdentityCreated, ahead);
        assert_eq!(request.body(event.to_string()).send().await.unwrap().status(), 202);
        receiver.wait(1).await;
        wait_for("the retry to wait", async || {
            (database.count("deliveries WHERE state = 'pending' AND lease_owner IS NULL").await >= 1).then_some(())
        })
        .await;
        assert_eq!(service.terminate().await, Some(0));
        let (service, _) = start("+0").await;
        service.line("were set while the system clock was ahead").await;
        receiver.wait(2).await;
        assert_eq!(service.terminate().await, Some(0));
    }
}

async fn a_due_time_beyond_every_legal_delay_is_corrected(database: TestDatabase) {
    let receiver = Receiver::start([Reply::status(500)]).await;
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    app.publish(EventType::IdentityCreated, "1").await;
    app.deliveries(&database, "pending", 1).await;
    // In a year, though the schedule says an hour.
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
    // A receiver may ask for a day: that stands.
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
