//! The search in the log of a webhook stays quick with many callbacks. `scripts/soak.sh` runs it with a million.

use std::time::{Duration, Instant};

use clearhook::{
    catalogue::BuiltIn,
    domain::{role::Role, timestamp::Timestamp},
    storage::events::EventKey,
};
use serde_json::Value;

use crate::support::{app::TestApp, database::TestDatabase, html::Page, on_both, receiver::Receiver};

on_both! { log_is_searched_in_bounded_time_however_many_callbacks_there_are }

/// The time within which each search is answered, on a machine that is busy with other tests. Alone, it is a tenth.
const LIMIT: Duration = Duration::from_secs(2);

fn count() -> usize {
    let given = std::env::var("CLEARHOOK_TEST_CALLBACKS").ok();
    given.map_or(20_000, |count| count.parse().unwrap())
}

/// Events with a delivery and a callback each, one every millisecond, the newest now. All have the same subject.
async fn fill(database: &TestDatabase, webhook: &Value, count: usize) {
    let id = webhook["id"].as_str().unwrap();
    let is_postgres = database.url.starts_with("postgres");
    let now = Timestamp::now().0;
    // UUIDv7: the time, then the number of the row. Events, deliveries and callbacks differ by one digit.
    let uuid = |kind: char, i: &str| {
        if is_postgres {
            format!("(lpad(to_hex({now}::bigint - {i}), 12, '0') || '7000{kind}000' || lpad(to_hex({i}::bigint), 12, '0'))::uuid")
        } else {
            format!("unhex(printf('%012x7000{kind}000%012x', {now} - {i}, {i}))")
        }
    };
    let webhook_id = if is_postgres {
        format!("'{id}'::uuid")
    } else {
        format!("x'{}'", id.replace('-', ""))
    };
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
    // The keys are hashes, which SQL cannot compute; those of the newest events are enough for a search, which shows no others.
    let keys = (0..count.min(200)).map(|i| {
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

async fn log_is_searched_in_bounded_time_however_many_callbacks_there_are(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let other = app.webhook(&format!("{}?other", receiver.url), &[BuiltIn::VisitEventCreated]).await;
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    app.log(&other, 1).await;
    fill(&database, &webhook, count()).await;
    let path = |webhook: &Value, text: &str| format!("/webhooks/{}?range=24h&q={text}", webhook["id"].as_str().unwrap());
    for (webhook, text, found) in [
        (&webhook, "everybody", 50),
        (&webhook, "many-7", 1),
        (&webhook, "nothing-has-this-id", 0),
        // The events exist, but were not sent to this webhook.
        (&other, "everybody", 0),
        (&other, "many-7", 0),
    ] {
        let began = Instant::now();
        let html = app.page(&path(webhook, text), &cookie).await.text().await.unwrap();
        let took = began.elapsed();
        let rows = Page::of(&html).all("#log-rows td a[data-panel]").len();
        assert!(if found == 0 { rows == 0 } else { rows >= found }, "{text}: {rows} rows");
        assert!(took < LIMIT, "{text}: {took:?}");
    }
    app.stop().await;
}
