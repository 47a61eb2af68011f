//! From an event to a callback: every way to publish, validation by schema, signature, and deduplication.

use boon::{Compiler, Draft, Schemas};
use clearhook::catalogue::{BuiltIn, example::example_data};
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, cloud_event},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! {
    callback_of_every_event_type_matches_its_schema structured_batch_and_binary_modes_are_accepted duplicate_event_is_sent_once
    event_is_sent_to_every_enabled_subscriber concurrent_publishes_share_commits
}

/// All examples of the pack: published, received, checked by a validator that the product does not use, and by somebody else's verifier.
async fn callback_of_every_event_type_matches_its_schema(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &BuiltIn::ALL).await;
    let catalogue = app.get("/event-types").await;
    for (number, entry) in catalogue["items"].as_array().unwrap().iter().enumerate() {
        let name = entry["type"].as_str().unwrap();
        let schema = app.api(Method::GET, &format!("/event-types/{name}/schema")).send().await.unwrap();
        assert_eq!(schema.headers()["content-type"], "application/schema+json");
        assert_eq!(
            schema.headers()["content-disposition"],
            format!("attachment; filename=\"{name}.schema.json\"")
        );
        let schema = schema.json_value().await;
        accepts(&schema, &entry["callback_example"]);
        let event = json!({
            "specversion": "1.0", "id": name, "source": "https://clearid.example.com", "type": name, "time": "2026-11-23T10:00:00+01:00",
            "subject": "a subject", "data": entry["example"],
        });
        assert_eq!(app.publish_raw(&event).await.status(), 202);
        let seen = receiver.wait(number + 1).await.pop().unwrap();
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        accepts(&schema, &body);
        assert_eq!(
            (&body["type"], &body["timestamp"], &body["data"]),
            (&json!(name), &json!("2026-11-23T09:00:00.000Z"), &event["data"])
        );
        let verifier = Webhook::new(webhook["secret"].as_str().unwrap()).unwrap();
        verifier.verify(seen.body.as_bytes(), &seen.headers).unwrap();
        assert_eq!(seen.headers["content-type"], "application/json");
        assert!(seen.headers["user-agent"].to_str().unwrap().starts_with("clearhook/"));
    }
    let log = app.log(&webhook, BuiltIn::ALL.len()).await;
    assert!(
        log.iter()
            .all(|row| row["outcome"] == "succeeded" && row["response"] == "Accepted" && row["trigger"] == "event")
    );
    let details = app.get(&format!("/callbacks/{}", log[0]["id"].as_str().unwrap())).await;
    assert_eq!(details["request"]["body"], json!(receiver.seen().last().unwrap().body));
    app.stop().await;
}

fn accepts(schema: &Value, body: &Value) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.add_resource("schema.json", schema.clone()).unwrap();
    let compiled = compiler.compile("schema.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(body, compiled) {
        panic!("{error:#}\n{body:#}");
    }
}

async fn structured_batch_and_binary_modes_are_accepted(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "structured").await;
    let batch = json!([
        cloud_event(BuiltIn::IdentityCreated, "one"),
        cloud_event(BuiltIn::IdentityCreated, "two")
    ]);
    let response = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json")
        .body(batch.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    let answer = response.json_value().await;
    assert_eq!(answer["events"].as_array().unwrap().len(), 2);
    assert_eq!(answer["events"][1]["deliveries"], 1);
    let binary = app.api(Method::POST, "/events").json_value(&example_data(BuiltIn::IdentityCreated));
    let binary = binary
        .header("ce-specversion", "1.0")
        .header("ce-id", "binary")
        .header("ce-source", "https://clearid.example.com");
    let response = binary
        .header("ce-type", "identity.created")
        .header("ce-subject", "caf%C3%A9")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    let bodies: Vec<Value> = receiver
        .wait(4)
        .await
        .iter()
        .map(|seen| serde_json::from_str(&seen.body).unwrap())
        .collect();
    assert_eq!(bodies.iter().filter(|body| body["subject"] == "café").count(), 1);
    app.stop().await;
}

async fn duplicate_event_is_sent_once(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let published = futures_util::future::join_all((0..20).map(|_| app.publish(BuiltIn::IdentityCreated, "same"))).await;
    assert_eq!(published.iter().filter(|event| event["duplicate"] == false).count(), 1);
    assert!(
        published
            .iter()
            .all(|event| event["id"] == published[0]["id"] && event["deliveries"] == 1)
    );
    let twice = json!([
        cloud_event(BuiltIn::IdentityCreated, "twice"),
        cloud_event(BuiltIn::IdentityCreated, "twice")
    ]);
    let response = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json")
        .body(twice.to_string())
        .send()
        .await
        .unwrap();
    let answer = response.json_value().await;
    assert_eq!(
        (&answer["events"][0]["duplicate"], &answer["events"][1]["duplicate"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(answer["events"][0]["id"], answer["events"][1]["id"]);
    // An event published after them comes after them: so nothing more is under way.
    app.publish(BuiltIn::IdentityCreated, "last").await;
    receiver.wait(3).await;
    assert_eq!((database.count("events").await, database.count("deliveries").await), (3, 3));
    app.stop().await;
}

async fn event_is_sent_to_every_enabled_subscriber(database: TestDatabase) {
    let (app, one, two, off) = (
        TestApp::start(&database).await,
        Receiver::start([]).await,
        Receiver::start([]).await,
        Receiver::start([]).await,
    );
    app.webhook(&one.url, &[BuiltIn::IdentityCreated]).await;
    app.webhook(&two.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated]).await;
    let disabled = app.webhook(&off.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", disabled["id"].as_str().unwrap());
    assert_eq!(
        app.api(Method::PATCH, &path)
            .json_value(&json!({ "enabled": false }))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(app.publish(BuiltIn::IdentityCreated, "1").await["deliveries"], 3);
    assert_eq!(app.publish(BuiltIn::RoleMembershipChanged, "2").await["deliveries"], 0);
    one.wait(1).await;
    two.wait(1).await;
    assert!(off.seen().is_empty());
    assert_eq!(database.count("deliveries WHERE state = 'held'").await, 1);
    // Enabling does not send what was held.
    assert_eq!(
        app.api(Method::PATCH, &path)
            .json_value(&json!({ "enabled": true }))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    app.publish(BuiltIn::IdentityCreated, "3").await;
    let seen = off.wait(1).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(database.count("deliveries WHERE state = 'held'").await, 1);
    app.stop().await;
}

/// Who publishes at the same time shares the cost of a commit.
async fn concurrent_publishes_share_commits(database: TestDatabase) {
    let app = std::sync::Arc::new(TestApp::start(&database).await);
    app.publish(BuiltIn::IdentityCreated, "first").await;
    let (statements, commits) = app.store.counts();
    let mut publishes = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let app = app.clone();
        publishes.spawn(async move { app.publish(BuiltIn::IdentityCreated, &number.to_string()).await });
    }
    let published = publishes.join_all().await;
    assert!(published.iter().all(|event| event["duplicate"] == false));
    let (statements, commits) = (app.store.counts().0 - statements, app.store.counts().1 - commits);
    assert!(commits < 500 && statements < 4_000, "{commits} commits, {statements} statements");
    assert_eq!(database.count("events").await, 1_001);
}
