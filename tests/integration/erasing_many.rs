//! Erasures of more events than one transaction takes: nothing is left of any of them, and an erasure that was interrupted is completed by
//! repeating it.

use std::collections::BTreeSet;

use clearhook::catalogue::BuiltIn;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    erasing::{PLANTED, bytes_left, webhook},
    support::{
        app::{JsonAnswer, JsonBody, TestApp, hourly},
        binary::Service,
        cli::Cli,
        database::TestDatabase,
        node::Node,
        on_both,
        receiver::{Receiver, Reply},
        steps::{change, id},
        wait::wait_for,
    },
};

on_both! {
    subject_with_more_events_than_a_batch_is_erased_completely erasure_that_was_interrupted_is_completed_by_the_next
}

const SUBJECT: &str = "identities/42";
/// Events of other subjects.
const OTHERS: usize = 3;
/// Events of the subject that are delivered, and events whose deliveries wait for a retry. A batch has 100 events.
const DELIVERED: usize = 230;
const WAITING: usize = 120;
const MINE: usize = DELIVERED + WAITING;
/// Events of the erasure that is interrupted: so many batches that it is seen between two of them.
const INTERRUPTED: usize = 2_000;

/// Events of a subject, as a batch to be published. Their ids are the prefix and a number.
fn events(count: usize, prefix: &str, subject: &str, data: &str) -> String {
    let event = |number: usize| {
        json!({
            "specversion": "1.0", "id": format!("{prefix}{number}"), "source": "/people", "type": "person.moved", "subject": subject,
            "data": { "name": data }, "note": data
        })
    };
    Value::from((0..count).map(event).collect::<Vec<_>>()).to_string()
}

async fn publish(app: &TestApp, batch: String) {
    let request = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json");
    assert_eq!(request.body(batch).send().await.unwrap().status(), 202);
}

fn replies(count: usize, status: u16, body: &str) -> impl Iterator<Item = Reply> + use<> {
    let reply = Reply {
        body: body.to_owned(),
        ..Reply::status(status)
    };
    std::iter::repeat_n(reply, count)
}

async fn counted(database: &TestDatabase, table: &str, count: usize) {
    let expected = i64::try_from(count).unwrap();
    wait_for(&format!("{count} rows of {table}"), async || {
        (database.count(table).await == expected).then_some(())
    })
    .await;
}

/// All items of a list, page by page.
async fn walk(app: &TestApp, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = app.get(&path).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let cursor = page["next_cursor"].as_str().map(str::to_owned);
        let base = path.split("&cursor=").next().unwrap().to_owned();
        next = cursor.map(|cursor| format!("{base}&cursor={cursor}"));
    }
    items
}

/// Three kinds of deliveries: those that succeeded, those that wait for a retry, and those that a disabled webhook holds.
async fn subject_with_more_events_than_a_batch_is_erased_completely(database: TestDatabase) {
    let all = replies(OTHERS, 200, "kept-55")
        .chain(replies(DELIVERED, 200, &format!("thank you, {PLANTED}")))
        .chain(replies(WAITING, 500, &format!("no room for {PLANTED}")));
    let (app, receiver, _) = TestApp::start_with_receiver(&database, hourly(), all).await;
    let sent = webhook(&app, &receiver.url).await;
    let other = Receiver::start([]).await;
    let (status, held) = app
        .post(
            "/webhooks",
            &json!({ "name": "Held", "url": other.url, "events": ["person.moved"] }),
        )
        .await;
    assert_eq!(status, 201, "{held}");
    change(&app, &held, json!({ "enabled": false })).await;
    for (count, prefix, subject, data, callbacks) in [
        (OTHERS, "other-", "identities/43", "kept-55", OTHERS),
        (DELIVERED, "sent-", SUBJECT, PLANTED, OTHERS + DELIVERED),
        (WAITING, "waits-", SUBJECT, PLANTED, OTHERS + MINE),
    ] {
        publish(&app, events(count, prefix, subject, data)).await;
        counted(&database, "callbacks", callbacks).await;
    }
    counted(&database, "deliveries WHERE state = 'pending'", WAITING).await;
    counted(&database, "deliveries WHERE state = 'held'", OTHERS + MINE).await;

    let cli = Cli::of(&app);
    let answer = cli.json(&["erase", "--subject", SUBJECT, "--yes", "--json"]);
    assert_eq!(
        answer,
        json!({
            "events": MINE, "callbacks": MINE, "deliveries": WAITING + MINE, "overwritten": database.url.starts_with("sqlite")
        })
    );
    // Several transactions, each with an entry in the audit log.
    let entries = walk(&app, "/audit?action=data.erased").await;
    assert!(entries.len() > 1, "{entries:?}");
    for (what, expected) in [("events", MINE), ("callbacks", MINE), ("deliveries", WAITING + MINE)] {
        let sum: u64 = entries.iter().map(|entry| entry["after"][what].as_u64().unwrap()).sum();
        assert_eq!(sum, expected as u64, "{what}: {entries:?}");
    }
    nothing_is_left(&app, &database, &sent).await;

    // What waited is never sent; what others wait for is.
    assert_eq!(app.store.shift_due(-2 * 3_600_000).await.unwrap(), 0, "none waits");
    change(&app, &held, json!({ "enabled": true })).await;
    let (status, answer) = app
        .post(
            &format!("/webhooks/{}/recover", id(&held)),
            &json!({ "since": "2020-01-01T00:00:00Z" }),
        )
        .await;
    assert_eq!((status, &answer["deliveries"]), (202, &json!(OTHERS)), "{answer}");
    other.wait(OTHERS).await;
    app.deliveries(&database, "succeeded", i64::try_from(2 * OTHERS + DELIVERED).unwrap())
        .await;
    assert!(other.seen().iter().all(|seen| !seen.body.contains(PLANTED)));
    assert_eq!((other.seen().len(), receiver.seen().len()), (OTHERS, OTHERS + MINE));
    app.stop().await;
}

/// What programs and people find of the subject's events: their rows, and nothing of what was in them.
async fn nothing_is_left(app: &TestApp, database: &TestDatabase, webhook: &Value) {
    let of_subject = format!("/events?subject={SUBJECT}&limit=100");
    let found = walk(app, &of_subject).await;
    assert_eq!(found.len(), MINE, "the rows stay");
    let mut states = BTreeSet::new();
    for event in &found {
        let event = app.get(&format!("/events/{}", id(event))).await;
        assert_eq!(
            (&event["erased"], &event["body"], &event["data"]),
            (&json!(true), &json!(""), &Value::Null)
        );
        assert!(!event.to_string().contains(PLANTED), "{event}");
        let deliveries = event["deliveries"].as_array().unwrap();
        states.extend(deliveries.iter().map(|delivery| delivery["state"].as_str().unwrap().to_owned()));
    }
    assert_eq!(states, BTreeSet::from(["cancelled".to_owned(), "succeeded".to_owned()]));
    for format in ["jsonl", "csv"] {
        let export = app
            .api(Method::GET, &format!("/callbacks/export?format={format}"))
            .send()
            .await
            .unwrap();
        assert_eq!(export.status(), 200);
        let export = export.text().await.unwrap();
        assert!(!export.contains(PLANTED) && export.lines().count() >= OTHERS + MINE, "{format}");
    }
    // The log is searched by subject and ids, among the newest.
    let found = walk(app, &format!("/callbacks?q={SUBJECT}&limit=100")).await;
    assert!(!found.is_empty() && !Value::from(found).to_string().contains(PLANTED));
    assert!(walk(app, &format!("/callbacks?q={PLANTED}&limit=100")).await.is_empty());
    let rows = walk(app, &format!("/webhooks/{}/callbacks?limit=100", id(webhook))).await;
    assert_eq!(rows.len(), OTHERS + MINE);
    for row in &rows {
        let callback = app.get(&format!("/callbacks/{}", id(row))).await;
        assert!(!callback.to_string().contains(PLANTED), "{callback}");
        assert_eq!(callback["erased"], json!(callback["received"]["body"] == ""), "{callback}");
    }
    for (table, expected) in [
        (format!("events WHERE subject = '{SUBJECT}' AND body <> ''"), 0),
        (format!("events WHERE extensions LIKE '%{PLANTED}%'"), 0),
        ("events WHERE body LIKE '%kept-55%'".to_owned(), OTHERS),
        ("callbacks WHERE length(response_body) > 0".to_owned(), OTHERS),
        ("deliveries WHERE state IN ('pending', 'parked', 'sending')".to_owned(), 0),
        ("deliveries WHERE state = 'held'".to_owned(), OTHERS),
    ] {
        assert_eq!(database.count(&table).await, i64::try_from(expected).unwrap(), "{table}");
    }
    assert!(bytes_left(database).is_none_or(|found| found == 0), "the file and its log");
}

/// The server is killed after some of the batches.
async fn erasure_that_was_interrupted_is_completed_by_the_next(database: TestDatabase) {
    drop(database.open().await);
    let (receiver, other) = (Receiver::start(replies(INTERRUPTED, 200, PLANTED)).await, Receiver::start([]).await);
    let node = Node::new(&database);
    let scopes = ["admin", "events:write", "event-types:write", "webhooks:write"].map(|scope| ["--scope", scope]);
    let create = [&["api-key", "create", "--name", "admin"][..], scopes.as_flattened()].concat();
    let output = node.command(&create).output().unwrap();
    let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let (service, url) = node.start().await;
    let post = async |path: &str, kind: &str, body: String| {
        let request = node.http.post(format!("{url}/api/v1{path}")).bearer_auth(&key);
        request.header("content-type", kind).body(body).send().await.unwrap()
    };
    let json = "application/json";
    let created = post("/event-types", json, json!({ "type": "person.moved" }).to_string()).await;
    assert_eq!(created.status(), 201);
    for (url, is_enabled) in [(&receiver.url, true), (&other.url, false)] {
        let webhook = json!({ "name": "t", "url": url, "events": ["person.moved"], "enabled": is_enabled });
        let created = post("/webhooks", json, webhook.to_string()).await;
        assert_eq!(created.status(), 201);
    }
    for batch in 0..INTERRUPTED / 500 {
        let batch = events(500, &format!("{batch}-"), SUBJECT, PLANTED);
        let accepted = post("/events", "application/cloudevents-batch+json", batch).await;
        assert_eq!(accepted.status(), 202);
    }
    receiver.wait(INTERRUPTED).await;
    counted(&database, "deliveries WHERE state = 'succeeded'", INTERRUPTED).await;
    counted(&database, "deliveries WHERE state = 'held'", INTERRUPTED).await;
    let erase = |url: &str| {
        let mut command = node.command(&["erase", "--subject", SUBJECT, "--yes", "--json"]);
        command.env("CLEARHOOK_URL", url).env("CLEARHOOK_API_KEY", &key);
        command
    };
    let erasing = Service::start(erase(&url));
    wait_for("the first batch", async || {
        (database.count("audit_log WHERE action = 'data.erased'").await > 0).then_some(())
    })
    .await;
    service.kill();
    assert_ne!(erasing.ended().await, Some(0), "the command says that it did not reach its end");
    let with_payload = format!("events WHERE subject = '{SUBJECT}' AND body <> ''");
    let left = database.count(&with_payload).await;
    assert!(
        left > 0 && left < i64::try_from(INTERRUPTED).unwrap(),
        "{left}: killed between batches"
    );
    // A batch is erased as a whole or not at all.
    for table in ["callbacks WHERE length(response_body) > 0", "deliveries WHERE state = 'held'"] {
        assert_eq!(database.count(table).await, left, "{table}");
    }

    let (service, url) = node.start().await;
    let output = tokio::task::block_in_place(|| erase(&url).output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    for what in ["events", "callbacks", "deliveries"] {
        assert_eq!(answer[what], json!(left), "what was left: {answer}");
    }
    for table in [
        with_payload.as_str(),
        "callbacks WHERE length(response_body) > 0",
        "deliveries WHERE state = 'held'",
    ] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    assert!(bytes_left(&database).is_none_or(|found| found == 0), "the file and its log");
    counted(&database, "deliveries WHERE state = 'cancelled'", INTERRUPTED).await;
    assert_eq!(
        (receiver.seen().len(), other.seen().len()),
        (INTERRUPTED, 0),
        "nothing is sent again"
    );
    // The service goes on.
    let created = node.http.post(format!("{url}/api/v1/webhooks")).bearer_auth(&key);
    let also = json!({ "name": "u", "url": receiver.url, "events": [BuiltIn::IdentityCreated] });
    let created = created.json_value(&also).send().await.unwrap();
    assert_eq!(created.status(), 201, "{}", created.json_value().await);
    assert_eq!(service.terminate().await, Some(0));
}
