//! `POST /erase` and `clearhook erase`: payloads and logged responses of a person are removed, and the rows stay.

use std::{fs, time::Duration};

use clearhook::{
    domain::role::{Role, Scope},
    storage::new_id,
};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, hourly, loopback},
    cli::Cli,
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::change,
    wait::wait_for,
};

on_both! {
    payloads_and_responses_of_a_subject_are_erased waiting_deliveries_of_erased_events_are_never_sent
    response_of_an_attempt_in_flight_is_erased_too incomplete_requests_are_refused
}

/// The payload may be in the memory of a node that did not get the request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_in_the_memory_of_another_node_are_not_sent_after_an_erasure() {
    let database = TestDatabase::postgres().await;
    erase_in_the_memory_of_another_node(&database, async || ()).await;
}

/// The other node is not notified, and finds out when it receives notifications again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_in_the_memory_of_a_node_whose_notifications_are_interrupted_are_not_sent_after_an_erasure() {
    let database = TestDatabase::postgres().await;
    erase_in_the_memory_of_another_node(&database, async || {
        let listening = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        assert_eq!(database.count(&listening["FROM ".len()..]).await, 2, "two nodes listen");
        database.execute(&format!("SELECT pg_terminate_backend(pid) {listening}")).await;
        // They connect again a second later.
        wait_for("the connections to end", async || {
            (database.count(&listening["FROM ".len()..]).await == 0).then_some(())
        })
        .await;
    })
    .await;
}

/// Erases events whose deliveries wait in the memory of another node. `before` runs immediately before the first request.
async fn erase_in_the_memory_of_another_node(database: &TestDatabase, before: impl AsyncFnOnce()) {
    const EVENTS: usize = 12;
    let receiver = Receiver::start([]).await;
    let (one, two) = (TestApp::start(database).await, TestApp::start(database).await);
    let limited = webhook(&one, &receiver.url).await;
    change(&one, &limited, json!({ "rate_limit": { "per_second": 1, "burst": 1 } })).await;
    for number in 0..EVENTS {
        publish(&one, &format!("mine {number}"), "identities/42", PLANTED).await;
    }
    receiver.wait(1).await;
    // What waits is owned by the node that took the events.
    let owned = format!("deliveries WHERE state = 'sending' AND lease_owner = '{}'", one.node.0);
    assert!(database.count(&owned).await > 2, "they wait in its memory");
    let revision = database.count("revisions, generate_series(1, webhooks)").await;
    before().await;
    let what = json!({ "subject": "identities/42" });
    wait_for("nothing to be in flight", async || {
        (erase(&two, what.clone()).await["in_flight"] == 0).then_some(())
    })
    .await;
    let sent = receiver.seen().len();
    let ended = "deliveries WHERE state IN ('succeeded', 'cancelled')";
    wait_for("all to end", async || {
        (database.count(ended).await == i64::try_from(EVENTS).unwrap()).then_some(())
    })
    .await;
    // One attempt a second, for the second or two of the erasure.
    assert!(sent <= EVENTS / 2, "{sent} of {EVENTS} were sent");
    assert_eq!(receiver.seen().len(), sent);
    let cancelled = database
        .count("deliveries WHERE state = 'cancelled' AND reason = 'The event was erased.'")
        .await;
    assert_eq!(usize::try_from(cancelled).unwrap() + sent, EVENTS);
    // A node whose notifications are lost without an error finds a newer revision.
    assert!(database.count("revisions, generate_series(1, webhooks)").await > revision);
    one.stop().await;
    two.stop().await;
}

pub(super) const PLANTED: &str = "planted-7f3a91";

/// A type that takes any data, and a webhook for it.
pub(super) async fn webhook(app: &TestApp, url: &str) -> Value {
    let (status, answer) = app.post("/event-types", &json!({ "type": "person.moved" })).await;
    assert_eq!(status, 201, "{answer}");
    let (status, webhook) = app
        .post("/webhooks", &json!({ "name": "Test", "url": url, "events": ["person.moved"] }))
        .await;
    assert_eq!(status, 201, "{webhook}");
    webhook
}

async fn publish(app: &TestApp, id: &str, subject: &str, data: &str) -> String {
    let event = json!({
        "specversion": "1.0", "id": id, "source": "/people", "type": "person.moved", "subject": subject, "data": { "name": data }, "note": data
    });
    let response = app.publish_raw(&event).await;
    assert_eq!(response.status(), 202);
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    answer["events"][0]["id"].as_str().unwrap().to_owned()
}

async fn erase(app: &TestApp, what: Value) -> Value {
    let (status, answer) = app.post("/erase", &what).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// How often what was planted is in the SQLite file and its log, with free pages and all. PostgreSQL's files are not searched.
pub(super) fn bytes_left(database: &TestDatabase) -> Option<usize> {
    let path = database.url.strip_prefix("sqlite://")?;
    let files = ["", "-wal"].map(|ending| fs::read(format!("{path}{ending}")).unwrap_or_default());
    let found = files
        .iter()
        .flat_map(|bytes| bytes.windows(PLANTED.len()))
        .filter(|part| *part == PLANTED.as_bytes());
    Some(found.count())
}

async fn payloads_and_responses_of_a_subject_are_erased(database: TestDatabase) {
    let echo = Reply {
        body: format!("thank you, {PLANTED}"),
        ..Reply::status(200)
    };
    let (app, receiver, _) = TestApp::start_with_receiver(&database, hourly(), std::iter::repeat_n(echo, 61)).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = webhook(&app, &receiver.url).await;
    let (mut ids, mut expected) = (Vec::new(), 0);
    for number in 0..60 {
        // From bodies that fit into a page to those that fill several.
        let data = format!("{PLANTED} {}", format!("{PLANTED} ").repeat(number * 12));
        ids.push(publish(&app, &format!("mine {number}"), "identities/42", &data).await);
        expected += 1;
    }
    let other = publish(&app, "other", "identities/43", "kept-55").await;
    app.deliveries(&database, "succeeded", 61).await;

    let answer = erase(&app, json!({ "subject": "identities/42" })).await;
    let overwritten = database.url.starts_with("sqlite");
    assert_eq!(
        answer,
        json!({
            "events": expected, "callbacks": expected, "deliveries": 0, "in_flight": 0, "overwritten": overwritten, "next": null
        })
    );
    for table in [
        format!("events WHERE body LIKE '%{PLANTED}%' OR extensions LIKE '%{PLANTED}%'"),
        "events WHERE subject = 'identities/42' AND body <> ''".to_owned(),
    ] {
        assert_eq!(database.count(&table).await, 0, "{table}");
    }
    assert_eq!(
        database.count("callbacks WHERE length(response_body) > 0").await,
        1,
        "of the other one"
    );
    // The rows stay.
    assert_eq!((database.count("events").await, database.count("callbacks").await), (61, 61));
    assert!(
        bytes_left(&database).is_none_or(|found| found == 1),
        "only the response to the other event"
    );

    // What programs and people see.
    let event = app.get(&format!("/events/{}", ids[0])).await;
    assert_eq!(
        (&event["erased"], &event["body"], &event["data"]),
        (&json!(true), &json!(""), &Value::Null)
    );
    assert_eq!(event["subject"], "identities/42");
    let rows = app.log(&webhook, 50).await;
    let erased = rows.iter().find(|row| row["event_id"] == json!(ids[59])).unwrap()["id"]
        .as_str()
        .unwrap();
    let callback = app.get(&format!("/callbacks/{erased}")).await;
    assert_eq!(
        (&callback["erased"], &callback["request"]["body"]),
        (&json!(true), &Value::Null),
        "{callback}"
    );
    assert_eq!(callback["received"]["body"], "");
    let page = app
        .page(&format!("/webhooks/{}?callback={erased}", webhook["id"].as_str().unwrap()), &cookie)
        .await;
    assert!(page.text().await.unwrap().contains("Erased: the data of this event was removed."));
    let (status, refused) = app.post(&format!("/callbacks/{erased}/redeliver"), &json!({})).await;
    assert_eq!(status, 409, "{refused}");
    assert!(refused.to_string().contains("erased"), "{refused}");
    let kept = app.get(&format!("/events/{other}")).await;
    assert_eq!((&kept["erased"], &kept["data"]["name"]), (&json!(false), &json!("kept-55")));

    // The audit log says it once; repeating changes nothing.
    let again = erase(&app, json!({ "subject": "identities/42" })).await;
    assert_eq!((&again["events"], &again["callbacks"]), (&json!(0), &json!(0)));
    assert_eq!(database.count("audit_log WHERE action = 'data.erased'").await, 1);
    // A single event.
    let answer = erase(&app, json!({ "source": "/people", "id": "other" })).await;
    assert_eq!((&answer["events"], &answer["callbacks"]), (&json!(1), &json!(1)));
    assert!(bytes_left(&database).is_none_or(|found| found == 0), "the file and its log");
    let nobody = erase(&app, json!({ "subject": "identities/nobody" })).await;
    assert_eq!(nobody["events"], 0);
    app.stop().await;
}

async fn waiting_deliveries_of_erased_events_are_never_sent(database: TestDatabase) {
    let (receiver, node) = (Receiver::start([Reply::status(500)]).await, new_id());
    let app = TestApp::start_with(&database, hourly(), loopback(), node).await;
    webhook(&app, &receiver.url).await;
    publish(&app, "waits", "identities/42", PLANTED).await;
    app.deliveries(&database, "pending", 1).await;
    let answer = erase(&app, json!({ "subject": "identities/42" })).await;
    assert_eq!((&answer["events"], &answer["deliveries"]), (&json!(1), &json!(1)), "{answer}");
    app.deliveries(&database, "cancelled", 1).await;
    assert_eq!(database.count("deliveries WHERE reason = 'The event was erased.'").await, 1);
    // A delivery that is queued again all the same ends without a request.
    database
        .execute("UPDATE deliveries SET state = 'pending', due_at = 1, reason = NULL")
        .await;
    app.dispatcher.wake();
    app.deliveries(&database, "cancelled", 1).await;
    assert_eq!(receiver.seen().len(), 1);
    // Other events are delivered.
    publish(&app, "other", "identities/43", "x").await;
    receiver.wait(2).await;
    app.stop().await;
}

async fn response_of_an_attempt_in_flight_is_erased_too(database: TestDatabase) {
    let slow = Reply {
        body: PLANTED.to_owned(),
        delay: Duration::from_secs(1),
        ..Reply::status(200)
    };
    let receiver = Receiver::start([slow]).await;
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    webhook(&app, &receiver.url).await;
    publish(&app, "in flight", "identities/42", PLANTED).await;
    receiver.wait(1).await;
    let cli = Cli::of(&app);
    assert!(cli.refusal(&["erase", "--subject", "identities/42"], 1).contains("--yes"));
    let text = cli.answer(&["erase", "--subject", "identities/42", "--yes"]);
    assert!(text.contains("1 events") && text.contains("1 callbacks"), "{text}");
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(database.count("callbacks WHERE length(response_body) > 0").await, 0);
    // Nothing arrives later either.
    wait_for("the result", async || (database.count("callbacks").await == 1).then_some(())).await;
    let limited = Cli::with_scopes(&app, &[Scope::EventsWrite]).await;
    assert!(limited.refusal(&["erase", "--subject", "a", "--yes"], 1).contains("admin"));
    assert!(cli.refusal(&["erase", "--source", "a"], 2).contains("--id"));
    app.stop().await;
}

async fn incomplete_requests_are_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (body, pointer) in [
        (json!({}), "/subject"),
        (json!({ "subject": "" }), "/subject"),
        (json!({ "source": "/people" }), "/id"),
        (json!({ "id": "1" }), "/source"),
        (json!({ "subject": "a", "source": "/people", "id": "1" }), "/subject"),
    ] {
        let (status, problem) = app.post("/erase", &body).await;
        assert_eq!(
            (status, problem["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{body} {problem}"
        );
    }
    let (status, problem) = app
        .post(
            "/erase",
            &json!({ "subject": "a", "after": new_id::<clearhook::domain::id::EventId>() }),
        )
        .await;
    assert_eq!(
        (status, problem["errors"][0]["pointer"].as_str()),
        (422, Some("/after")),
        "{problem}"
    );
    app.stop().await;
}
