//! Events from NATS `JetStream` and `RabbitMQ`, with real servers.

mod kills;
pub(crate) mod lag;
pub(crate) mod nats;
mod nats_connection;
mod nats_credentials;
mod rabbitmq;
mod rabbitmq_crash;

use clearhook::{
    broker::Consumers,
    catalogue::{BuiltIn, example::example_data},
    config::{Config, Settings},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{
    app::{TestApp, cloud_event},
    database::TestDatabase,
    wait::wait_for,
};

/// Starts the consumers of these brokers in a service that runs in the process of the test.
fn consume(app: &TestApp, settings: Settings) -> Consumers {
    let brokers = Config::resolve(settings).unwrap().brokers;
    Consumers::start(&app.state, brokers, &CancellationToken::new())
}

/// A valid event.
fn event(id: &str) -> Value {
    cloud_event(BuiltIn::IdentityCreated, id)
}

/// The data of a valid event.
fn data() -> String {
    example_data(BuiltIn::IdentityCreated).to_string()
}

/// An event whose data violates the schema of its type.
fn invalid_event(id: &str) -> Value {
    let mut event = event(id);
    event["data"] = json!({ "nothing": true });
    event
}

/// Waits until exactly these events are stored.
async fn stored(database: &TestDatabase, count: i64) {
    wait_for(&format!("{count} events"), async || {
        (database.count("events").await >= count).then_some(())
    })
    .await;
    assert_eq!(database.count("events").await, count);
}

/// The value of a metric of a broker.
async fn metric(app: &TestApp, name: &str, broker: &str) -> u64 {
    let request = app.http.get(format!("{}/metrics", app.url)).bearer_auth(&app.key);
    let response = request.send().await.unwrap();
    let text = response.text().await.unwrap();
    let line = format!("clearhook_{name}{{broker=\"{broker}\"}} ");
    let value = text.lines().find_map(|known| known.strip_prefix(&line));
    value.unwrap_or_else(|| panic!("no {line} in {text}")).parse().unwrap()
}

/// Waits until a metric of a broker has this value.
async fn metric_is(app: &TestApp, name: &str, broker: &str, expected: u64) {
    wait_for(&format!("{name} to be {expected}"), async || {
        (metric(app, name, broker).await == expected).then_some(())
    })
    .await;
}
