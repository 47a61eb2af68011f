//! The system's clock is set while deliveries wait: none is late for it.

use std::{fs, path::PathBuf};

use clearhook::catalogue::EventType;

use crate::support::{
    app::cloud_event,
    binary::Service,
    database::TestDatabase,
    node::Node,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { a_clock_that_is_set_back_delays_nothing a_clock_that_is_set_forward_delays_nothing }

/// The library that makes a program believe in another time (Debian: faketime).
fn faketime() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten().map(|folder| folder.path());
    let mut found = folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .filter(|path| path.exists());
    found.next().expect("libfaketime is missing: run make setup")
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
    command
        .env("CLEARHOOK_RETRY_SCHEDULE", "2s,2s,2s")
        .env("LD_PRELOAD", faketime())
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
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
