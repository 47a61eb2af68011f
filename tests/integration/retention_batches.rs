//! The retention of a service deletes several batches of old rows, and leaves young ones, unfinished ones and the statistics of the present alone.

use std::time::Duration;

use clearhook::{catalogue::BuiltIn, domain::timestamp::Timestamp};
use serde_json::Value;

use crate::support::{
    app::{JsonAnswer, cloud_event},
    database::TestDatabase,
    many,
    node::Node,
    on_both,
    receiver::Receiver,
    steps::id,
    wait::wait_for,
};

on_both! { several_batches_of_old_rows_are_deleted_and_no_young_row }

/// Old and young events, each more than two batches of 500.
const OLD: usize = 1_300;
const YOUNG: usize = 1_100;
/// Old events whose deliveries wait for a retry.
const UNFINISHED: usize = 3;
/// Rows of old statistics, more than a batch.
const OLD_STATS: i64 = 700;

const HOUR: Duration = Duration::from_secs(3_600);

async fn get(node: &Node<'_>, url: &str, path: &str) -> Value {
    let response = node
        .http
        .get(format!("{url}/api/v1{path}"))
        .bearer_auth(&node.key)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json_value().await
}

/// Publishes a batch, and returns how many of it were known.
async fn publish(node: &Node<'_>, url: &str, events: Vec<Value>) -> usize {
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents-batch+json");
    let response = request.body(Value::from(events).to_string()).send().await.unwrap();
    assert_eq!(response.status(), 202);
    let answer = response.json_value().await;
    let events = answer["events"].as_array().unwrap();
    events.iter().filter(|event| event["duplicate"] == true).count()
}

fn young(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers
        .map(|number| cloud_event(BuiltIn::IdentityCreated, &format!("young-{number}")))
        .collect()
}

/// What the statistics say of a range.
fn numbers(stats: &Value) -> (u64, u64, u64) {
    let number = |name: &str| stats[name].as_u64().unwrap();
    (number("attempts"), number("succeeded"), number("failed"))
}

/// Adds the old rows: an hour older than the retention, one every millisecond. Some wait for a retry. Returns the hour of the newest; the old
/// statistics are from before it.
async fn add_old(database: &TestDatabase, webhook: &Value) -> i64 {
    let newest = Timestamp::now().minus(10 * 24 * HOUR + HOUR);
    database.months([newest, newest.minus(HOUR)]).await;
    many::callbacks_until(database, webhook, newest, OLD, OLD).await;
    let last: Vec<String> = (0..UNFINISHED).map(|number| format!("'many-{}'", number * 600)).collect();
    let unfinished = format!("(SELECT id FROM events WHERE ce_id IN ({}))", last.join(", "));
    let due = Timestamp::now().plus(HOUR).0;
    database
        .execute(&format!(
            "UPDATE deliveries SET state = 'pending', next_trigger = 'retry', priority = 1, due_at = {due} WHERE event_id IN {unfinished}"
        ))
        .await;
    let hour = newest.0 / 3_600_000;
    let rows = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {OLD_STATS})");
    for (table, columns, values) in [
        (
            "webhook_stats",
            "webhook_id, hour, latency, succeeded, failed",
            format!("(SELECT id FROM webhooks), {hour} - i, 5, 1, 1"),
        ),
        (
            "stats_total",
            "shard, hour, latency, succeeded, failed",
            format!("0, {hour} - i, 5, 1, 1"),
        ),
        (
            "event_type_stats",
            "shard, hour, event_type, callbacks",
            format!("0, {hour} - i, 'identity.created', 2"),
        ),
    ] {
        database
            .execute(&format!("INSERT INTO {table} ({columns}) {rows} SELECT {values} FROM n"))
            .await;
    }
    hour
}

async fn several_batches_of_old_rows_are_deleted_and_no_young_row(database: TestDatabase) {
    drop(database.open().await);
    let node = Node::new(&database).with("CLEARHOOK_RETENTION", "10d");
    // Nothing that waits becomes due during the test.
    let (node, receiver) = (node.with("CLEARHOOK_RETRY_SCHEDULE", "6h"), Receiver::start([]).await);
    let (service, url) = node.start().await;
    let webhook = node.webhook(&url, &receiver.url).await;
    for from in (0..YOUNG).step_by(500) {
        assert_eq!(publish(&node, &url, young(from..YOUNG.min(from + 500))).await, 0);
    }
    let is = async |table: &str, count: usize| database.count(table).await == i64::try_from(count).unwrap();
    wait_for("the young ones", async || is("callbacks", YOUNG).await.then_some(())).await;
    let here = format!("/webhooks/{}/stats", id(&webhook));
    let before = (get(&node, &url, &here).await, get(&node, &url, "/stats").await);
    assert_eq!(numbers(&before.0), (YOUNG as u64, YOUNG as u64, 0));
    assert_eq!(service.terminate().await, Some(0));

    let hour = add_old(&database, &webhook).await;
    for table in ["events", "deliveries", "callbacks", "event_keys"] {
        assert!(is(table, OLD + YOUNG).await, "{table}");
    }

    let (service, url) = node.start().await;
    let old_stats = format!("webhook_stats WHERE hour < {hour}");
    wait_for("the old rows to be deleted", async || {
        let callbacks = is("callbacks", YOUNG).await && is("deliveries", YOUNG + UNFINISHED).await;
        let events = is("events", YOUNG + UNFINISHED).await && is("event_keys", YOUNG + UNFINISHED).await;
        (callbacks && events && is(&old_stats, 0).await).then_some(())
    })
    .await;
    for table in ["stats_total", "event_type_stats"] {
        wait_for(table, async || is(&format!("{table} WHERE hour < {hour}"), 0).await.then_some(())).await;
    }
    for (table, count) in [
        ("events WHERE ce_id LIKE 'young-%' AND body <> ''", YOUNG),
        (
            "deliveries WHERE state = 'succeeded' AND event_id IN (SELECT id FROM events WHERE ce_id LIKE 'young-%')",
            YOUNG,
        ),
        (
            "callbacks WHERE event_id IN (SELECT id FROM events WHERE ce_id LIKE 'young-%')",
            YOUNG,
        ),
        ("event_keys WHERE event_id IN (SELECT id FROM events)", YOUNG + UNFINISHED),
        (
            "deliveries WHERE state = 'pending' AND event_id IN (SELECT id FROM events WHERE body <> '')",
            UNFINISHED,
        ),
    ] {
        assert!(is(table, count).await, "{table}: {}", database.count(table).await);
    }
    // What an operator sees: the same numbers as before, and none of the old time.
    let after = (get(&node, &url, &here).await, get(&node, &url, "/stats").await);
    assert_eq!((numbers(&after.0), numbers(&after.1)), (numbers(&before.0), numbers(&before.1)));
    let from = Timestamp::now().minus(40 * 24 * HOUR).rfc3339();
    for path in [here.as_str(), "/stats"] {
        let month = get(&node, &url, &format!("{path}?from={from}&period=day")).await;
        assert_eq!(numbers(&month), (YOUNG as u64, YOUNG as u64, 0), "{path}: {month}");
    }
    // The young ones are still known, the old ones are not.
    assert_eq!(publish(&node, &url, young(0..200)).await, 200);
    let mut old = cloud_event(BuiltIn::IdentityCreated, "many-1");
    old["source"] = "/many".into();
    assert_eq!(publish(&node, &url, vec![old]).await, 0);
    receiver.wait(YOUNG + 1).await;
    assert_eq!(service.terminate().await, Some(0));
}
