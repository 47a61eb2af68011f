//! The real service as a separate process, a load on it, and the ledger: what was accepted, delivered and logged.

use std::{
    collections::HashSet,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clearhook::catalogue::BuiltIn;
use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, cloud_event},
    binary::{Installation, Service, client},
    database::TestDatabase,
    receiver::Receiver,
    wait::wait_for,
};

/// The real service on a database, with a key that has all scopes.
pub(crate) struct Node<'a> {
    here: Installation,
    database: &'a TestDatabase,
    pub(crate) http: Client,
    pub(crate) key: String,
    settings: Vec<(&'static str, String)>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(database: &'a TestDatabase) -> Self {
        let here = Installation::new();
        let node = Self {
            here,
            database,
            http: client(),
            key: String::new(),
            settings: Vec::new(),
        };
        let scopes = ["events:write", "webhooks:write", "callbacks:read", "metrics:read"].map(|scope| ["--scope", scope]);
        let create = [&["api-key", "create", "--name", "t"][..], scopes.as_flattened()].concat();
        let output = node.command(&create).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Self { key, ..node }
    }

    /// The same with another setting.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.here.command(arguments);
        command
            .env("CLEARHOOK_DATABASE_URL", &self.database.url)
            .env("CLEARHOOK_MASTER_KEY", self.database.key.reveal().as_str())
            .env("CLEARHOOK_ALLOW_HTTP", "true")
            .env("CLEARHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env("CLEARHOOK_RETRY_SCHEDULE", "50ms,50ms,50ms")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) async fn start(&self) -> (Service, String) {
        let service = Service::start(self.command(&["serve", "--addr", "127.0.0.1:0"]));
        let line = service.line("listening on ").await;
        let url = format!("http://{}", line.split(';').next().unwrap());
        (service, url)
    }

    pub(crate) async fn webhook(&self, url: &str, receiver: &str) -> Value {
        let body = json!({ "name": "t", "url": receiver, "events": [BuiltIn::IdentityCreated] });
        let request = self.http.post(format!("{url}/api/v1/webhooks")).bearer_auth(&self.key);
        let response = request.json_value(&body).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json_value().await
    }
}

/// Publishes one event after another until it is stopped, and records the accepted ones.
pub(crate) async fn publish_on(
    http: Client,
    url: String,
    key: String,
    prefix: String,
    accepted: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let event = cloud_event(BuiltIn::IdentityCreated, &format!("{prefix}-{number}"));
        let request = http.post(format!("{url}/api/v1/events")).bearer_auth(&key);
        let sent = request
            .header("content-type", "application/cloudevents+json")
            .body(event.to_string())
            .send()
            .await;
        // The service may be killed between the head and the body of the response; the event then counts as not accepted.
        let Ok(response) = sent else { continue };
        if response.status() == 202
            && let Ok(text) = response.text().await
            && let Ok(answer) = serde_json::from_str::<Value>(&text)
        {
            accepted
                .lock()
                .unwrap()
                .push(answer["events"][0]["ce_id"].as_str().unwrap().to_owned());
        }
    }
}

/// The callbacks that the receiver got, by event.
pub(crate) fn received(receiver: &Receiver) -> HashSet<String> {
    let bodies = receiver
        .seen()
        .into_iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    bodies.map(|body| body["id"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that all accepted events were delivered and logged, all stored deliveries have ended, and nothing was sent that is not stored.
pub(crate) async fn check_ledger(database: &TestDatabase, receiver: &Receiver, accepted: &[String]) {
    wait_for("all deliveries to be done", async || {
        (database.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(())
    })
    .await;
    let received = received(receiver);
    let lost: Vec<_> = accepted.iter().filter(|id| !received.contains(*id)).collect();
    assert!(lost.is_empty(), "accepted and not delivered: {lost:?}");
    let (events, deliveries) = (database.count("events").await, database.count("deliveries").await);
    assert_eq!((events, deliveries), (deliveries, i64::try_from(received.len()).unwrap()));
    let logged = "(SELECT DISTINCT delivery_id FROM callbacks WHERE outcome = 'succeeded') AS logged";
    assert_eq!(database.count(logged).await, deliveries);
    assert!(accepted.len() <= received.len());
    let twice = "(SELECT delivery_id FROM callbacks WHERE outcome = 'succeeded' GROUP BY delivery_id HAVING COUNT(*) > 1) AS twice";
    assert_eq!(database.count(twice).await, 0, "a delivery succeeds once");
}

/// Waits longer than usual for all deliveries to succeed: the lease of a crashed node must expire first, and lost deliveries are searched
/// for every 20 s and must be found twice.
pub(crate) async fn wait_long(database: &TestDatabase) {
    for _ in 0..4 {
        let done = async || (database.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(());
        if tokio::time::timeout(Duration::from_secs(15), wait_for("deliveries", done))
            .await
            .is_ok()
        {
            return;
        }
    }
}
