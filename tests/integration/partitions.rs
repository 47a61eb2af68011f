//! The monthly partitions of events and callbacks on PostgreSQL: created ahead and on demand, and dropped by the retention.

use std::{fs, time::Duration};

use clearhook::{
    catalogue::BuiltIn,
    domain::timestamp::Timestamp,
    storage::{Store, events::EventKey, partitions::Month, uuid_time::oldest_id_of},
};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use serde_json::json;

use crate::support::{
    app::{TestApp, cloud_event},
    binary::{Installation, Service},
    database::TestDatabase,
    fake_clock::{faked, faketime},
    node::Node,
    receiver::Receiver,
    steps::id,
    wait::wait_for,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The partitions that are attached.
const ATTACHED: &str = "pg_inherits WHERE NOT inhdetachpending AND inhparent IN ('events'::regclass, 'callbacks'::regclass)";

/// A time in the middle of the month that began this many months ago.
fn months_ago(months: u32) -> Timestamp {
    let mut at = Month::of(Timestamp::now()).begins();
    for _ in 0..months {
        at = Month::of(at.minus(DAY)).begins();
    }
    at.plus(DAY * 14)
}

async fn drop_all(database: &TestDatabase) {
    let drop = "DO $$ DECLARE name regclass; BEGIN FOR name IN SELECT inhrelid::regclass FROM pg_inherits \
                WHERE inhparent IN ('events'::regclass, 'callbacks'::regclass) LOOP EXECUTE 'DROP TABLE ' || name; END LOOP; END $$";
    database.execute(drop).await;
}

/// Stores an event with its key, and a callback, of this time.
async fn store(database: &TestDatabase, at: Timestamp, event_type: &str, name: &str) {
    let event = oldest_id_of(at);
    let key = EventKey::of("s", name);
    let key = key.as_bytes().iter().fold(String::new(), |key, byte| key + &format!("{byte:02x}"));
    let at = at.0;
    database.months([Timestamp(at)]).await;
    database
        .execute(&format!(
            "INSERT INTO events (id, event_type, source, ce_id, occurred_at, received_at, body) \
             VALUES ('{event}', '{event_type}', 's', '{name}', {at}, {at}, '{{}}'); \
             INSERT INTO event_keys (key, event_id, deliveries, received_at) VALUES ('\\x{key}', '{event}', 0, {at}); \
             INSERT INTO callbacks (id, delivery_id, event_id, webhook_id, event_type, url, callback_date, attempt, \"trigger\", outcome, \
             response, duration_ms, request_headers, response_truncated) \
             VALUES ('{event}', '{event}', '{event}', '{event}', '{event_type}', 'https://example.com/', {at}, 1, 'event', 'failed', \
             'TimedOut', 1, '[]', FALSE)"
        ))
        .await;
}

async fn exists(database: &TestDatabase, table: &str, at: Timestamp) -> bool {
    let name = format!("{table}_{}", Month::of(at));
    database.count(&format!("pg_class WHERE relname = '{name}'")).await == 1
}

/// Waits until a month is gone, as the retention task does it: what fails for a moment is tried again.
async fn dropped(store: &Store, retention: Duration) -> usize {
    wait_for("partitions to be dropped", async || store.drop_old_partitions(retention).await.ok()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_create_partitions_ahead() {
    let database = TestDatabase::postgres().await;
    let stores = tokio::join!(database.open(), database.open(), database.open(), database.open());
    assert_eq!(database.count(ATTACHED).await, 6, "this month and two more");
    for month in 0..3 {
        let at = Timestamp::now().plus(DAY * 31 * month);
        assert!(exists(&database, "events", at).await || month > 1, "{at}");
    }
    drop_all(&database).await;
    let created = tokio::join!(stores.0.create_partitions_ahead(), stores.1.create_partitions_ahead());
    assert_eq!(created.0.unwrap() + created.1.unwrap(), 6, "each partition is created once");
    assert_eq!(stores.2.create_partitions_ahead().await.unwrap(), 0);
    // They have all indexes and the primary key of their parents.
    let missing = "pg_index parent WHERE indrelid IN ('events'::regclass, 'callbacks'::regclass) \
                   AND (SELECT COUNT(*) FROM pg_inherits WHERE inhparent = parent.indexrelid) <> 3";
    assert_eq!(database.count(missing).await, 0);
    assert_eq!(database.count("pg_index WHERE indrelid = 'callbacks'::regclass").await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_stored_and_delivered_although_partitions_are_missing() {
    let database = TestDatabase::postgres().await;
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    drop_all(&database).await;
    app.publish(BuiltIn::IdentityCreated, "first").await;
    app.log(&webhook, 1).await;
    // Only the callback has no partition.
    drop_all(&database).await;
    let tested = app
        .post(&format!("/webhooks/{}/test", id(&webhook)), &json!({ "event": "identity.created" }))
        .await;
    assert!((200..300).contains(&tested.0), "{}", tested.1);
    app.log(&webhook, 1).await;
    let events = futures_util::future::join_all((0..50).map(async |number| {
        if number == 25 {
            drop_all(&database).await;
        }
        app.publish(BuiltIn::IdentityCreated, &format!("one of many {number}")).await
    }));
    assert_eq!(events.await.len(), 50);
    app.deliveries(&database, "succeeded", 52).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_months_are_dropped_when_nothing_in_them_has_to_be_kept() {
    let database = TestDatabase::postgres().await;
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let (status, answer) = app.post("/event-types", &json!({ "type": "kept.longer", "retention": 400 })).await;
    assert_eq!(status, 201, "{answer}");
    for (months, event_type, name) in [
        (0, "identity.created", "new"),
        (3, "identity.created", "old"),
        (4, "identity.created", "waits"),
        (5, "kept.longer", "kept"),
    ] {
        store(&database, months_ago(months), event_type, name).await;
    }
    let (delivery, event) = (
        oldest_id_of(months_ago(4).plus(Duration::from_secs(1))),
        oldest_id_of(months_ago(4)),
    );
    database
        .execute(&format!(
            "INSERT INTO deliveries (id, event_id, webhook_id, state, next_trigger, attempts, retries, manual_requests, panics, priority, due_at, \
             created_at, updated_at) VALUES ('{delivery}', '{event}', '{}', 'pending', 'retry', 1, 1, 0, 0, 1, {}, 1, 1)",
            id(&webhook),
            Timestamp::now().plus(DAY).0
        ))
        .await;
    assert_eq!(app.store.drop_old_partitions(Duration::MAX).await.unwrap(), 0);
    // Two nodes at once.
    let other = database.open().await;
    let (one, two) = tokio::join!(dropped(&app.store, RETENTION), dropped(&other, RETENTION));
    assert_eq!(one + two, 4, "three months of callbacks, one of events");
    for (months, has_events, has_callbacks) in [(0, true, true), (3, false, false), (4, true, false), (5, true, false)] {
        let at = months_ago(months);
        assert_eq!(exists(&database, "events", at).await, has_events, "events {months} months ago");
        assert_eq!(
            exists(&database, "callbacks", at).await,
            has_callbacks,
            "callbacks {months} months ago"
        );
    }
    assert_eq!(database.count("event_keys").await, 3, "the key of the dropped event is deleted");
    // When its last delivery is gone, its event is dropped, too.
    database.execute("DELETE FROM deliveries").await;
    assert_eq!(dropped(&app.store, RETENTION).await, 1);
    assert!(!exists(&database, "events", months_ago(4)).await);
    // A new event of the dropped key, and an event with a dropped month's time.
    store(&database, months_ago(3), "identity.created", "old").await;
    assert_eq!(database.count("events WHERE ce_id = 'old'").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_detaching_is_finished_or_taken_back() {
    let database = TestDatabase::postgres().await;
    let opened = database.open().await;
    for months in [3, 4] {
        store(&database, months_ago(months), "identity.created", &format!("{months}")).await;
    }
    for at in [months_ago(3), months_ago(4)] {
        let name = format!("callbacks_{}", Month::of(at));
        let reader = Database::connect(&database.url).await.unwrap();
        let reading = reader.begin().await.unwrap();
        reading.execute_unprepared("SELECT COUNT(*) FROM callbacks").await.unwrap();
        let other = Database::connect(format!("{}?options=-c%20lock_timeout%3D200ms", database.url))
            .await
            .unwrap();
        let detach = format!("ALTER TABLE callbacks DETACH PARTITION {name} CONCURRENTLY");
        other.execute_unprepared(&detach).await.unwrap_err();
        reading.rollback().await.unwrap();
        reader.close().await.unwrap();
        other.close().await.unwrap();
        if at == months_ago(3) {
            assert_eq!(database.count("pg_inherits WHERE inhdetachpending").await, 1);
            assert_eq!(database.count("callbacks").await, 1, "its rows are hidden");
            // It has to be kept, so it is attached again.
            assert_eq!(dropped(&opened, RETENTION * 100).await, 0);
            assert_eq!(database.count("callbacks").await, 2);
        }
    }
    assert_eq!(database.count("pg_inherits WHERE inhdetachpending").await, 1);
    assert_eq!(dropped(&opened, RETENTION).await, 4);
    assert_eq!(database.count("pg_inherits WHERE inhdetachpending").await, 0);
    assert_eq!(database.count("callbacks").await, 0);
    // Stopped between detaching and dropping: the rows come back when their month is needed.
    store(&database, months_ago(5), "identity.created", "five").await;
    let name = format!("events_{}", Month::of(months_ago(5)));
    database
        .execute(&format!("ALTER TABLE events DETACH PARTITION {name} CONCURRENTLY"))
        .await;
    assert_eq!(database.count("events").await, 0);
    database.months([months_ago(5)]).await;
    assert_eq!(database.count("events").await, 1);
}

/// The clock of the database decides what is old enough: a node whose own clock is a year ahead deletes what is due, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_whose_clock_is_ahead_deletes_nothing_early() {
    for retention in ["60d", "20d"] {
        let database = TestDatabase::postgres().await;
        drop(database.open().await);
        let node = Node::new(&database).with("CLEARHOOK_RETENTION", retention);
        let last_days = Timestamp::now().minus(DAY * 10);
        for (at, name) in [(months_ago(5), "old"), (last_days, "recent"), (Timestamp::now(), "new")] {
            store(&database, at, "identity.created", name).await;
        }
        let hour = last_days.0 / 3_600_000;
        // The last kind of rows that a round of the retention deletes: it says when the round has ended.
        database
            .execute(&format!(
                "INSERT INTO stats_total (shard, hour, latency, succeeded, failed) VALUES (0, {hour}, 5, 1, 0); \
                 INSERT INTO idempotency_keys (id, api_key_id, fingerprint, started_at, carried_out) \
                 SELECT gen_random_uuid(), id, '\\x00', 1, TRUE FROM api_keys"
            ))
            .await;
        let clock = database.folder.path().join("clock");
        fs::write(&clock, "+366d\n").unwrap();
        let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
        faked(&mut command, &faketime(), &clock);
        let service = Service::start(command);
        service.url().await;
        wait_for("the old month to be dropped", async || {
            let is_gone = !exists(&database, "events", months_ago(5)).await && !exists(&database, "callbacks", months_ago(5)).await;
            is_gone.then_some(())
        })
        .await;
        wait_for("the end of the round", async || {
            (database.count("idempotency_keys").await == 0).then_some(())
        })
        .await;
        for table in ["events WHERE ce_id = 'recent'", "events WHERE ce_id = 'new'", "stats_total"] {
            assert_eq!(database.count(table).await, 1, "{retention}: {table}");
        }
        for table in ["events", "callbacks", "event_keys"] {
            assert_eq!(database.count(table).await, 2, "{retention}: {table}");
        }
        assert_eq!(service.terminate().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn role_without_rights_is_told_what_to_do_and_loses_nothing() {
    let database = TestDatabase::postgres().await;
    let owner = database.open().await;
    let role = format!("modest_{}", std::process::id());
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
    let mut url: url::Url = database.url.parse().unwrap();
    url.set_username(&role).unwrap();
    let modest = TestDatabase::at(url.into(), database.key.clone());
    let (app, receiver) = (TestApp::start(&modest).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let here = Installation::new();
    let doctor = |database: &TestDatabase| {
        let mut command = here.command(&["doctor", "--json"]);
        command
            .env("CLEARHOOK_DATABASE_URL", &database.url)
            .env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
        let findings: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let found = findings
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["check"] == "partitions")
            .cloned()
            .unwrap();
        (
            found["level"].as_str().unwrap().to_owned(),
            found["remedy"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(doctor(&database), ("ok".to_owned(), String::new()));
    let (level, remedy) = doctor(&modest);
    assert!(level == "warning" && remedy.contains("clearhook migrate"), "{level}: {remedy}");
    drop_all(&database).await;
    let (level, remedy) = doctor(&modest);
    assert!(level == "error" && remedy.contains("owner"), "{level}: {remedy}");
    assert_eq!(doctor(&database).0, "error");
    // The publisher is told to come back, and a start says why it fails.
    let refused = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "later")).await;
    assert_eq!(refused.status(), 503);
    let mut start = here.command(&["migrate"]);
    start
        .env("CLEARHOOK_DATABASE_URL", &modest.url)
        .env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
    let said = String::from_utf8(start.output().unwrap().stderr).unwrap();
    assert!(
        said.contains("no partition for this month") && said.contains("own the tables"),
        "{said}"
    );
    assert_eq!(owner.create_partitions_ahead().await.unwrap(), 6);
    app.publish(BuiltIn::IdentityCreated, "later").await;
    app.log(&webhook, 1).await;
    app.stop().await;
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
