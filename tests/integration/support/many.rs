//! Large databases: rows that only have to be there are written by one statement.

use clearhook::{domain::timestamp::Timestamp, storage::events::EventKey};
use serde_json::Value;

use crate::support::database::TestDatabase;

/// Copies of a webhook with other names and URLs, each with a failed and a successful hour of every of the last 24. Every tenth is disabled, every
/// seventh is failing. They have no secret, so nothing can be sent to them.
pub(crate) async fn webhooks(database: &TestDatabase, webhook: &Value, count: usize) {
    let is_postgres = database.url.starts_with("postgres");
    let (now, id) = (Timestamp::now().0, literal(database, webhook));
    let hour = now / 3_600_000;
    let uuid = if is_postgres {
        "(lpad(to_hex(i::bigint), 12, '0') || '70008000' || lpad(to_hex(i::bigint), 12, '0'))::uuid"
    } else {
        "unhex(printf('%012x70008000%012x', i, i))"
    };
    let rows = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let truth = |is: &str| format!("CASE WHEN {is} THEN TRUE ELSE FALSE END");
    for sql in [
        format!(
            "INSERT INTO webhooks (id, name, description, url, enabled, ordered, failing_since, exhausted_deliveries, created_at, updated_at, \
             search, first_event) {rows} \
             SELECT {uuid}, 'Copy ' || i, 'One of many', 'https://host-' || i || '.example.com/hooks', {}, {}, \
             CASE WHEN i % 7 = 0 THEN {now} - 60000 END, 0, {now} - i, {now} - i, \
             'copy ' || i || ' https://host-' || i || '.example.com/hooks one of many', 'identity.created' FROM n",
            truth("i % 10 > 0"),
            truth("i < 0"),
        ),
        format!(
            "INSERT INTO webhook_events (webhook_id, event_type, position) {rows} SELECT {uuid}, \
             CASE WHEN i % 2 = 0 THEN 'visit_event.approved' ELSE 'identity.deleted' END, 0 FROM n"
        ),
        format!(
            "INSERT INTO webhook_stats (webhook_id, hour, latency, succeeded, failed) SELECT w.id, {hour} - h.back, 5, 90 + h.back, h.back \
             FROM webhooks w, (WITH RECURSIVE n(back) AS (SELECT 0 UNION ALL SELECT back + 1 FROM n WHERE back < 23) SELECT back FROM n) h \
             WHERE w.id <> {id}"
        ),
        "ANALYZE".to_owned(),
    ] {
        database.execute(&sql).await;
    }
}

/// The id of a webhook in SQL.
fn literal(database: &TestDatabase, webhook: &Value) -> String {
    let id = webhook["id"].as_str().unwrap();
    if database.url.starts_with("postgres") {
        format!("'{id}'::uuid")
    } else {
        format!("x'{}'", id.replace('-', ""))
    }
}

/// Events with a delivery and a callback each, one every millisecond, the newest now. All have the same subject.
pub(crate) async fn callbacks(database: &TestDatabase, webhook: &Value, count: usize) {
    // The keys are hashes, which SQL cannot compute; those of the newest events are enough for a search, which shows no others.
    callbacks_until(database, webhook, Timestamp::now(), count, count.min(200)).await;
}

/// The same, the newest at a time, and keys for so many of the newest.
pub(crate) async fn callbacks_until(database: &TestDatabase, webhook: &Value, newest: Timestamp, count: usize, keys: usize) {
    let is_postgres = database.url.starts_with("postgres");
    let now = newest.0;
    // UUIDv7: the time, then the number of the row. Events, deliveries and callbacks differ by one digit.
    let uuid = |kind: char, i: &str| {
        if is_postgres {
            format!("(lpad(to_hex({now}::bigint - {i}), 12, '0') || '7000{kind}000' || lpad(to_hex({i}::bigint), 12, '0'))::uuid")
        } else {
            format!("unhex(printf('%012x7000{kind}000%012x', {now} - {i}, {i}))")
        }
    };
    let webhook_id = literal(database, webhook);
    let [event, delivery, callback] = ['8', '9', 'a'].map(|kind| uuid(kind, "i"));
    let rows = format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})");
    for sql in [
        format!(
            "INSERT INTO events (id, event_type, source, ce_id, subject, occurred_at, received_at, body) {rows} \
             SELECT {event}, 'identity.created', '/many', 'many-' || i, 'everybody', {now} - i, {now} - i, '{{}}' FROM n"
        ),
        format!(
            "INSERT INTO deliveries (id, event_id, webhook_id, state, next_trigger, attempts, retries, manual_requests, panics, priority, \
             created_at, updated_at) {rows} \
             SELECT {delivery}, {event}, {webhook_id}, 'succeeded', 'event', 1, 0, 0, 0, 0, {now} - i, {now} - i FROM n"
        ),
        format!(
            "INSERT INTO callbacks (id, delivery_id, event_id, webhook_id, event_type, url, callback_date, attempt, \"trigger\", outcome, \
             status, response, duration_ms, request_headers, response_truncated) {rows} \
             SELECT {callback}, {delivery}, {event}, {webhook_id}, 'identity.created', 'https://example.com/hook', {now} - i, 1, 'event', \
             'succeeded', 200, 'OK', 20, '[]', CASE WHEN i < 0 THEN TRUE ELSE FALSE END FROM n"
        ),
    ] {
        database.execute(&sql).await;
    }
    let keys = (0..keys).map(|i| {
        let key = EventKey::of("/many", &format!("many-{i}"));
        let key = key.as_bytes().iter().fold(String::new(), |key, byte| key + &format!("{byte:02x}"));
        let key = if is_postgres {
            format!("'\\x{key}'::bytea")
        } else {
            format!("x'{key}'")
        };
        format!("({key}, {}, 1, {now} - {i})", uuid('8', &i.to_string()))
    });
    let keys: Vec<String> = keys.collect();
    database
        .execute(&format!(
            "INSERT INTO event_keys (key, event_id, deliveries, received_at) VALUES {}",
            keys.join(", ")
        ))
        .await;
}
