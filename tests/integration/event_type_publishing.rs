//! Publishing events of types that are data: own types, unknown ones, archived ones, and subscriptions by patterns.

use std::time::Duration;

use clearhook::{
    catalogue::BuiltIn,
    registry::{Pack, RegistrySettings, UnknownTypes},
    storage::new_id,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    event_type_api::{invoice, patch},
    support::{
        app::{JsonAnswer, TestApp, hourly, loopback},
        database::TestDatabase,
        on_both,
        receiver::{Receiver, Reply},
        wait::wait_for,
    },
};

on_both! {
    own_type_is_published_and_delivered
    type_without_a_schema_takes_any_json
    unknown_type_is_rejected_with_similar_names
    unknown_type_is_registered_when_that_is_accepted
    archived_type_takes_no_events_but_waiting_ones_are_delivered
    patterns_match_types_that_exist_later
    webhook_that_matches_twice_gets_one_delivery
    webhooks_of_a_type_include_patterns
    pack_can_be_left_out_and_selected_again
    events_of_archived_types_are_sent_again
    test_event_uses_the_first_example
}

/// An event.
fn event(name: &str, id: &str, data: Value) -> Value {
    json!({ "specversion": "1.0", "id": id, "source": "https://shop.example.com", "type": name, "data": data })
}

async fn published(app: &TestApp, event: &Value) -> Value {
    let response = app.publish_raw(event).await;
    let status = response.status();
    let answer = response.json_value().await;
    assert_eq!(status, 202, "{answer}");
    answer["events"][0].clone()
}

/// The first error of a refused event.
async fn refused(app: &TestApp, event: &Value) -> String {
    let response = app.publish_raw(event).await;
    let status = response.status();
    let answer = response.json_value().await;
    assert_eq!(status, 422, "{answer}");
    format!(
        "{} {}",
        answer["errors"][0]["pointer"].as_str().unwrap(),
        answer["errors"][0]["detail"].as_str().unwrap()
    )
}

/// Adds a webhook with these events, and returns the status and the body.
async fn webhook(app: &TestApp, url: &str, events: &[&str]) -> (u16, Value) {
    app.post("/webhooks", &json!({ "name": "Test", "url": url, "events": events }))
        .await
}

/// Adds an event type without a schema.
async fn add_type(app: &TestApp, name: &str) {
    let (status, problem) = app.post("/event-types", &json!({ "type": name })).await;
    assert_eq!(status, 201, "{problem}");
}

async fn own_type_is_published_and_delivered(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let (status, hook) = webhook(&app, &receiver.url, &["invoice.paid"]).await;
    assert_eq!((status, &hook["events"]), (201, &json!(["invoice.paid"])));
    let answer = published(&app, &event("invoice.paid", "1", json!({ "number": "1", "amount": 2.50 }))).await;
    assert_eq!(answer["deliveries"], 1);
    let log = app.log(&hook, 1).await;
    assert_eq!(
        (&log[0]["event_type"], &log[0]["outcome"]),
        (&json!("invoice.paid"), &json!("succeeded"))
    );
    let body: Value = serde_json::from_str(&receiver.seen()[0].body).unwrap();
    let schema = app
        .api(Method::GET, "/event-types/invoice.paid/schema")
        .send()
        .await
        .unwrap()
        .json_value()
        .await;
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("https://example.com/s.json", schema).unwrap();
    let index = compiler.compile("https://example.com/s.json", &mut schemas).unwrap();
    assert!(schemas.validate(&body, index).is_ok(), "{body}");
    assert_eq!(
        refused(&app, &event("invoice.paid", "2", json!({ "number": "1", "amount": "2" }))).await,
        "/data/amount This must be a number, not a string."
    );
    assert!(
        refused(
            &app,
            &json!({ "specversion": "1.0", "id": "3", "source": "s", "type": "invoice.paid" })
        )
        .await
        .starts_with("/data ")
    );
    let found = app.get("/events?type=invoice.paid").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

async fn type_without_a_schema_takes_any_json(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    add_type(&app, "anything").await;
    let (_, hook) = webhook(&app, &receiver.url, &["anything"]).await;
    let values = [json!(null), json!(5), json!("text"), json!([1, { "a": 2 }]), json!({})];
    for (number, value) in values.iter().enumerate() {
        published(&app, &event("anything", &number.to_string(), value.clone())).await;
    }
    let absent = json!({ "specversion": "1.0", "id": "absent", "source": "s", "type": "anything" });
    published(&app, &absent).await;
    app.log(&hook, values.len() + 1).await;
    let bodies = receiver
        .seen()
        .into_iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    for body in bodies {
        let id = body["id"].as_str().unwrap();
        match id.parse::<usize>() {
            Ok(number) => assert_eq!(body.get("data"), Some(&values[number])),
            Err(_) => assert_eq!(body.get("data"), None, "{body}"),
        }
    }
    // The stored events of all kinds can be read.
    for item in app.get("/events").await["items"].as_array().unwrap() {
        app.get(&format!("/events/{}", item["id"].as_str().unwrap())).await;
    }
    app.stop().await;
}

async fn unknown_type_is_rejected_with_similar_names(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let error = refused(&app, &event("identity.creatd", "1", json!({}))).await;
    assert!(
        error.starts_with("/type there is no event type `identity.creatd`; similar ones are `identity.created`"),
        "{error}"
    );
    let error = refused(&app, &event("zzz", "1", json!({}))).await;
    assert_eq!(
        error,
        "/type there is no event type `zzz`; GET /api/v1/event-types lists those there are"
    );
    for odd in ["платёж", "a b", "", "<script>", &"x".repeat(5_000)] {
        let error = refused(&app, &event(odd, "1", json!({}))).await;
        assert!(error.starts_with("/type ") && error.chars().count() < 600, "{error}");
    }
    assert_eq!(database.count("events").await, 0);
    app.stop().await;
}

fn accepting() -> RegistrySettings {
    RegistrySettings {
        unknown: UnknownTypes::Accept,
        ..RegistrySettings::default()
    }
}

async fn unknown_type_is_registered_when_that_is_accepted(database: TestDatabase) {
    let (app, receiver) = (TestApp::start_with_types(&database, accepting()).await, Receiver::start([]).await);
    let (_, all) = webhook(&app, &receiver.url, &["*"]).await;
    let (_, orders) = webhook(&app, &receiver.url, &["order.*"]).await;
    assert_eq!(published(&app, &event("order.created", "1", json!([1]))).await["deliveries"], 2);
    assert_eq!(published(&app, &event("refund", "2", json!({}))).await["deliveries"], 1);
    app.log(&all, 2).await;
    app.log(&orders, 1).await;
    let found = app.get("/event-types/order.created").await;
    assert_eq!(
        (&found["origin"], &found["schema"], &found["state"]),
        (&json!("discovered"), &Value::Null, &json!("active"))
    );
    // Many at once, with the same new type several times.
    let all = (0..20).map(|number| event(&format!("new.{}", number % 4), &format!("new {number}"), json!(null)));
    let all: Vec<Value> = all.collect();
    let results = futures_util::future::join_all(all.iter().map(|event| published(&app, event))).await;
    assert!(results.iter().all(|answer| answer["deliveries"] == 1));
    assert_eq!(
        app.get("/event-types?origin=discovered").await["items"].as_array().unwrap().len(),
        6
    );
    // A name that no type may have is refused, and of an invalid request nothing is registered.
    assert!(refused(&app, &event("платёж", "1", json!({}))).await.starts_with("/type "));
    let mixed = json!([event("first.valid", "1", json!(1)), event("identity.created", "2", json!(1))]);
    let request = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json");
    assert_eq!(request.body(mixed.to_string()).send().await.unwrap().status(), 422);
    assert_eq!(app.api(Method::GET, "/event-types/first.valid").send().await.unwrap().status(), 404);
    // A publisher cannot fill the table.
    let many: Vec<Value> = (0..995)
        .map(|number| event(&format!("many.{number}"), &number.to_string(), json!(1)))
        .collect();
    let request = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json");
    let response = request.body(Value::from(many).to_string()).send().await.unwrap();
    assert_eq!(response.status(), 422);
    assert!(
        response.json_value().await["detail"]
            .as_str()
            .unwrap()
            .contains("1,000 event types")
    );
    // Somebody defines a registered type.
    let (status, defined) = patch(
        &app,
        "refund",
        &json!({ "name": "Refund", "schema": { "type": "object" }, "breaking": true }),
    )
    .await;
    assert_eq!((status, &defined["version"]), (200, &json!(2)), "{defined}");
    assert!(refused(&app, &event("refund", "9", json!([]))).await.starts_with("/data "));
    app.stop().await;
}

async fn archived_type_takes_no_events_but_waiting_ones_are_delivered(database: TestDatabase) {
    let receiver = Receiver::start([Reply::status(500)]).await;
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let (_, hook) = webhook(&app, &receiver.url, &["invoice.paid", "invoice.*"]).await;
    let data = json!({ "number": "1", "amount": 1 });
    published(&app, &event("invoice.paid", "1", data.clone())).await;
    let (status, _) = patch(
        &app,
        "invoice.paid",
        &json!({ "state": "archived", "replaced_by": "identity.created" }),
    )
    .await;
    assert_eq!(status, 200);
    let error = refused(&app, &event("invoice.paid", "2", data.clone())).await;
    assert_eq!(
        error,
        "/type The event type invoice.paid is archived and takes no new events; publish identity.created instead."
    );
    // The event that waited for its retry is delivered.
    let log = app.log(&hook, 2).await;
    assert_eq!(log[0]["outcome"], "succeeded");
    // The webhook stays subscribed, and can be changed.
    let path = format!("/webhooks/{}", hook["id"].as_str().unwrap());
    let body = json!({ "description": "still subscribed" }).to_string();
    let request = app.api(Method::PATCH, &path).header("content-type", "application/json").body(body);
    let changed = request.send().await.unwrap().json_value().await;
    assert_eq!(changed["events"], json!(["invoice.paid", "invoice.*"]));
    assert_eq!(patch(&app, "invoice.paid", &json!({ "state": "deprecated" })).await.0, 200);
    published(&app, &event("invoice.paid", "3", data)).await;
    app.stop().await;
}

async fn patterns_match_types_that_exist_later(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let (status, hook) = webhook(&app, &receiver.url, &["shop.*"]).await;
    assert_eq!((status, &hook["events"]), (201, &json!(["shop.*"])));
    for (number, (name, deliveries)) in [("shop.order.created", 1), ("shop", 0), ("shopping.done", 0), ("shop.a", 1)]
        .into_iter()
        .enumerate()
    {
        add_type(&app, name).await;
        assert_eq!(
            published(&app, &event(name, &number.to_string(), json!(1))).await["deliveries"],
            deliveries,
            "{name}"
        );
    }
    app.log(&hook, 2).await;
    for events in [
        &["shop*"][..],
        &["*.created"],
        &["shop.*.created"],
        &["**"],
        &["no.such"],
        &["shop.a", "nope"],
        &[],
    ] {
        let (status, problem) = webhook(&app, &receiver.url, events).await;
        assert_eq!(status, 422, "{events:?}");
        assert!(
            problem["errors"][0]["pointer"].as_str().unwrap().starts_with("/events"),
            "{problem}"
        );
    }
    let (status, hook) = webhook(&app, &receiver.url, &["urn:example:*", "a/*", "*"]).await;
    assert_eq!((status, &hook["events"]), (201, &json!(["*", "a/*", "urn:example:*"])));
    app.stop().await;
}

async fn webhook_that_matches_twice_gets_one_delivery(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let (_, hook) = webhook(&app, &receiver.url, &["identity.created", "identity.*", "*"]).await;
    let answer = app.publish(BuiltIn::IdentityCreated, "1").await;
    assert_eq!(answer["deliveries"], 1);
    app.log(&hook, 1).await;
    assert_eq!(database.count("deliveries").await, 1);
    app.stop().await;
}

async fn webhooks_of_a_type_include_patterns(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let url = "https://example.com/";
    for events in [
        &["identity.created"][..],
        &["identity.*"],
        &["*"],
        &["identity.created", "identity.*"],
        &["visit.*"],
        &["identity_request.*"],
    ] {
        assert_eq!(webhook(&app, url, events).await.0, 201);
    }
    for (name, count) in [("identity.created", 4), ("identity.deleted", 3), ("role.membership_changed", 1)] {
        let found = app.get(&format!("/webhooks?event={name}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{name}");
        let counts = app.store.subscription_counts(None).await.unwrap();
        assert_eq!(counts.of(&name.parse().unwrap()), count as u64, "{name}");
    }
    app.stop().await;
}

async fn pack_can_be_left_out_and_selected_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let identity = app.get("/event-types/identity.created").await;
    assert_eq!((&identity["origin"], &identity["version"]), (&json!("clearid"), &json!(1)));
    app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let (types, versions) = (database.count("event_types").await, database.count("event_type_versions").await);
    app.stop().await;
    let none = RegistrySettings {
        packs: Vec::new(),
        ..RegistrySettings::default()
    };
    let app = TestApp::start_with_types(&database, none).await;
    assert_eq!(app.get("/event-types").await["items"], json!([]));
    assert_eq!(
        app.api(Method::GET, "/event-types/identity.created").send().await.unwrap().status(),
        404
    );
    assert!(
        refused(&app, &event("identity.created", "2", json!({})))
            .await
            .starts_with("/type ")
    );
    // The old event is still found.
    assert_eq!(app.get("/events?type=identity.created").await["items"].as_array().unwrap().len(), 1);
    app.stop().await;
    // Several nodes that start at once copy the pack once.
    let store = database.open().await;
    let both = RegistrySettings {
        packs: vec![Pack::Clearid],
        ..RegistrySettings::default()
    };
    let started = futures_util::future::join_all((0..4).map(|_| clearhook::registry::Registry::start(store.clone(), both.clone()))).await;
    assert!(started.iter().all(Result::is_ok));
    assert_eq!(
        (database.count("event_types").await, database.count("event_type_versions").await),
        (types, versions)
    );
    // A text or a schema of the pack that has changed is brought up to date, and what an administrator set is kept.
    database
        .execute("UPDATE event_types SET name = 'Old name', state = 'deprecated' WHERE event_type = 'identity.created'")
        .await;
    let id = "(SELECT id FROM event_types WHERE event_type = 'identity.created')";
    database
        .execute(&format!(
            "UPDATE event_type_versions SET schema = '{{}}' WHERE event_type_id = {id}"
        ))
        .await;
    let started = futures_util::future::join_all((0..3).map(|_| clearhook::registry::Registry::start(store.clone(), both.clone()))).await;
    assert!(started.iter().all(Result::is_ok));
    let app = TestApp::start(&database).await;
    let read = app.get("/event-types/identity.created").await;
    assert_eq!(
        (&read["name"], &read["state"], &read["version"]),
        (&identity["name"], &json!("deprecated"), &json!(2))
    );
    assert_eq!(read["schema"], identity["schema"]);
    assert_eq!(database.count("event_type_versions").await, versions + 1);
    app.stop().await;
}

async fn events_of_archived_types_are_sent_again(database: TestDatabase) {
    let receiver = Receiver::start([]).await;
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    add_type(&app, "old.type").await;
    let (_, hook) = webhook(&app, &receiver.url, &["old.type"]).await;
    published(&app, &event("old.type", "1", json!(1))).await;
    let callback = app.log(&hook, 1).await.remove(0);
    assert_eq!(app.api(Method::DELETE, "/event-types/old.type").send().await.unwrap().status(), 204);
    let path = format!("/callbacks/{}/redeliver", callback["id"].as_str().unwrap());
    assert_eq!(app.post(&path, &json!({})).await.0, 202);
    assert_eq!(app.log(&hook, 2).await[0]["event_type"], "old.type");
    app.stop().await;
}

async fn test_event_uses_the_first_example(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    let bare = json!({ "type": "bare", "schema": { "type": "object" } });
    assert_eq!(app.post("/event-types", &bare).await.0, 201);
    add_type(&app, "empty").await;
    let (_, hook) = webhook(&app, &receiver.url, &["invoice.*", "bare", "empty"]).await;
    let test = async |body: Value| app.post(&format!("/webhooks/{}/test", hook["id"].as_str().unwrap()), &body).await;
    assert_eq!(test(json!({ "event": "invoice.paid" })).await.0, 202);
    assert_eq!(test(json!({ "event": "empty" })).await.0, 202);
    // Without a type: the first one of the catalogue, in which types with a group come first.
    assert_eq!(test(json!({})).await.0, 202);
    let (status, problem) = test(json!({ "event": "bare" })).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(test(json!({ "event": "no.such" })).await.0, 422);
    let seen = wait_for("three callbacks", async || Some(receiver.seen()).filter(|seen| seen.len() == 3)).await;
    let datas: Vec<Value> = seen
        .iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap()["data"].clone())
        .collect();
    assert!(datas.contains(&invoice()["example"]) && datas.contains(&Value::Null), "{datas:?}");
    tokio::time::timeout(Duration::from_secs(10), app.stop()).await.unwrap();
}
