//! `Idempotency-Key`: a repeated request is carried out once.

use std::time::Duration;

use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::{role::Scope, timestamp::Timestamp},
    storage::{
        audit::Actor,
        idempotency::{self, Begun, OnceRequest},
        retention::Expired,
    },
};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, cloud_event},
    database::TestDatabase,
    node::Node,
    on_both,
    receiver::Receiver,
    wait::wait_for,
};

on_both! {
    repeated_request_gets_the_same_response_and_is_carried_out_once concurrent_requests_are_carried_out_once
    key_of_another_request_is_refused refused_request_can_be_corrected_with_the_same_key key_belongs_to_its_api_key
    lost_request_is_carried_out_only_if_it_was_not_before request_that_was_given_up_changes_nothing_any_more
    killed_service_carries_out_each_request_once every_change_is_noted_with_its_request
    secret_in_a_stored_response_is_encrypted stored_responses_are_forgotten_after_a_day every_way_of_sending_is_repeatable
}

fn webhook(name: &str) -> Value {
    json!({ "name": name, "url": "https://example.com/", "events": ["*"] })
}

fn create(app: &TestApp, key: &str, name: &str) -> RequestBuilder {
    let request = app.api(Method::POST, "/webhooks").header("idempotency-key", key);
    request.json_value(&webhook(name))
}

fn is_replayed(response: &Response) -> bool {
    response.headers().contains_key("idempotency-replayed")
}

async fn webhooks(app: &TestApp) -> usize {
    app.get("/webhooks").await["items"].as_array().unwrap().len()
}

async fn repeated_request_gets_the_same_response_and_is_carried_out_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let first = create(&app, "k1", "a").send().await.unwrap();
    assert_eq!((first.status().as_u16(), is_replayed(&first)), (201, false));
    let kept = ["location", "etag", "content-type"].map(|name| first.headers()[name].clone());
    let body = first.json_value().await;
    assert!(body["secret"].as_str().unwrap().starts_with("whsec_"));
    // With and without the quotation marks of the draft.
    for key in ["k1", "\"k1\""] {
        let again = create(&app, key, "a").send().await.unwrap();
        assert_eq!((again.status().as_u16(), is_replayed(&again)), (201, true));
        assert_eq!(["location", "etag", "content-type"].map(|name| again.headers()[name].clone()), kept);
        assert_eq!(again.json_value().await, body);
    }
    assert_eq!(webhooks(&app).await, 1);
    assert_eq!(create(&app, "k2", "a").send().await.unwrap().status(), 201);
    assert_eq!(webhooks(&app).await, 2);
    app.stop().await;
}

async fn concurrent_requests_are_carried_out_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let requests: Vec<_> = (0..10).map(|_| tokio::spawn(create(&app, "k", "a").send())).collect();
    let mut created = 0;
    for request in requests {
        let response = request.await.unwrap().unwrap();
        match response.status().as_u16() {
            201 => created += usize::from(!is_replayed(&response)),
            409 => assert!(
                response.json_value().await["type"]
                    .as_str()
                    .unwrap()
                    .ends_with("idempotency-key-in-use")
            ),
            other => panic!("{other}"),
        }
    }
    assert_eq!((created, webhooks(&app).await), (1, 1));
    app.stop().await;
}

async fn key_of_another_request_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(create(&app, "k", "a").send().await.unwrap().status(), 201);
    let other_path = app
        .api(Method::POST, "/event-types")
        .header("idempotency-key", "k")
        .json_value(&webhook("a"));
    for other in [create(&app, "k", "b"), other_path] {
        let refused = other.send().await.unwrap();
        assert_eq!(refused.status(), 422);
        assert!(
            refused.json_value().await["type"]
                .as_str()
                .unwrap()
                .ends_with("idempotency-key-reused")
        );
    }
    for bad in ["", "a b", &"k".repeat(256)] {
        assert_eq!(create(&app, bad, "a").send().await.unwrap().status(), 400, "{bad}");
    }
    assert_eq!(webhooks(&app).await, 1);
    app.stop().await;
}

async fn refused_request_can_be_corrected_with_the_same_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let large = "x".repeat(300_000);
    for name in ["", &large] {
        assert!(matches!(create(&app, "k", name).send().await.unwrap().status().as_u16(), 413 | 422));
    }
    assert_eq!(create(&app, "k", "a").send().await.unwrap().status(), 201);
    app.stop().await;
}

async fn key_belongs_to_its_api_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (other, _) = api_key::create(&app.store, &Actor::clearhook(), "other", Scope::ALL, None)
        .await
        .unwrap();
    assert_eq!(create(&app, "k", "a").send().await.unwrap().status(), 201);
    let request = app.http.post(format!("{}/api/v1/webhooks", app.url)).bearer_auth(other);
    let response = request
        .header("idempotency-key", "k")
        .json_value(&webhook("b"))
        .send()
        .await
        .unwrap();
    assert_eq!((response.status().as_u16(), is_replayed(&response)), (201, false));
    assert_eq!(webhooks(&app).await, 2);
    app.stop().await;
}

async fn secret_in_a_stored_response_is_encrypted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(create(&app, "k", "a").send().await.unwrap().status(), 201);
    let readable = "idempotency_keys WHERE CAST(response_encrypted AS TEXT) LIKE '%secret%'";
    assert_eq!(database.count("idempotency_keys").await, 1);
    assert_eq!(database.count(readable).await, 0);
    app.stop().await;
}

async fn stored_responses_are_forgotten_after_a_day(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(create(&app, "k", "a").send().await.unwrap().status(), 201);
    let before = |age| Timestamp::now().minus(age);
    app.store
        .delete_expired(Expired::IdempotencyKeys, before(idempotency::MEMORY))
        .await
        .unwrap();
    assert_eq!(database.count("idempotency_keys").await, 1);
    let day = i64::try_from(idempotency::MEMORY.as_millis()).unwrap();
    database
        .execute(&format!("UPDATE idempotency_keys SET started_at = started_at - {day}"))
        .await;
    // Forgotten, even before it is deleted.
    let again = create(&app, "k", "b").send().await.unwrap();
    assert_eq!((again.status().as_u16(), is_replayed(&again)), (201, false));
    database
        .execute(&format!("UPDATE idempotency_keys SET started_at = started_at - {day}"))
        .await;
    app.store
        .delete_expired(Expired::IdempotencyKeys, before(idempotency::MEMORY))
        .await
        .unwrap();
    assert_eq!(database.count("idempotency_keys").await, 0);
    app.stop().await;
}

/// Makes the stored requests look as if they had begun two minutes ago, when their process was killed.
async fn lose(database: &TestDatabase) {
    database
        .execute("UPDATE idempotency_keys SET started_at = started_at - 120000, response_encrypted = NULL")
        .await;
}

async fn lost_request_is_carried_out_only_if_it_was_not_before(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    // Killed after the change.
    assert_eq!(create(&app, "after", "a").send().await.unwrap().status(), 201);
    database.execute("UPDATE idempotency_keys SET response_encrypted = NULL").await;
    let kind = async |response: Response| {
        (
            response.status().as_u16(),
            response.json_value().await["type"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let in_use = (409, "urn:clearhook:problem:idempotency-key-in-use".to_owned());
    assert_eq!(kind(create(&app, "after", "a").send().await.unwrap()).await, in_use);
    lose(&database).await;
    let lost = (409, "urn:clearhook:problem:idempotency-response-lost".to_owned());
    for _ in 0..2 {
        assert_eq!(kind(create(&app, "after", "a").send().await.unwrap()).await, lost);
    }
    assert_eq!(webhooks(&app).await, 1);
    assert_eq!(create(&app, "new", "a").send().await.unwrap().status(), 201);
    // Killed before the change.
    assert_eq!(create(&app, "before", "b").send().await.unwrap().status(), 201);
    database.execute("DELETE FROM webhooks WHERE name = 'b'").await;
    database
        .execute("UPDATE idempotency_keys SET carried_out = FALSE WHERE carried_out")
        .await;
    lose(&database).await;
    let again = create(&app, "before", "b").send().await.unwrap();
    assert_eq!((again.status().as_u16(), is_replayed(&again)), (201, false));
    assert_eq!(webhooks(&app).await, 3);
    app.stop().await;
}

async fn request_that_was_given_up_changes_nothing_any_more(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let holder = app.store.api_keys().await.unwrap()[0].id;
    let now = Timestamp::now();
    let slow = OnceRequest::new(holder, "k", [7; 32], now.minus(Duration::from_secs(121)));
    let second = OnceRequest::new(holder, "k", [7; 32], now);
    let add = async |name: &str| api_key::create(&app.store, &Actor::clearhook(), name, &[Scope::CallbacksRead], None).await;
    assert!(matches!(app.store.begin_once(&slow).await.unwrap(), Begun::New));
    assert!(matches!(app.store.begin_once(&second).await.unwrap(), Begun::New));
    assert!(slow.scope(add("slow")).await.is_err(), "its repetition has begun");
    second.scope(add("second")).await.unwrap();
    let names: Vec<String> = app.store.api_keys().await.unwrap().into_iter().map(|key| key.name).collect();
    assert!(
        names.contains(&"second".to_owned()) && !names.contains(&"slow".to_owned()),
        "{names:?}"
    );
    // What has changed something is not forgotten after an error.
    app.store.forget_once(&second).await.unwrap();
    let third = OnceRequest::new(holder, "k", [7; 32], now.plus(Duration::from_secs(121)));
    assert!(matches!(app.store.begin_once(&third).await.unwrap(), Begun::ResponseLost));
    app.stop().await;
}

/// The real service is killed while it handles requests; then each is sent again.
async fn killed_service_carries_out_each_request_once(database: TestDatabase) {
    const REQUESTS: usize = 60;
    let node = Node::new(&database);
    let send = async |url: &str, number: usize| {
        let body = json!({ "name": format!("w{number}"), "url": "https://example.com/", "events": ["*"] });
        let request = node.http.post(format!("{url}/api/v1/webhooks")).bearer_auth(&node.key);
        let response = request
            .header("idempotency-key", number.to_string())
            .json_value(&body)
            .send()
            .await
            .ok()?;
        Some(response.status().as_u16())
    };
    let (service, url) = node.start().await;
    let all = futures_util::future::join_all((0..REQUESTS).map(|number| send(&url, number)));
    let kill = async {
        wait_for("a part of the webhooks", async || {
            (database.count("webhooks").await >= 10).then_some(())
        })
        .await;
        service.kill();
    };
    let (first, ()) = tokio::join!(all, kill);
    assert!(first.contains(&None), "all were answered before the service was killed");
    let (service, url) = node.start().await;
    database
        .execute("UPDATE idempotency_keys SET started_at = started_at - 120000 WHERE response_encrypted IS NULL")
        .await;
    for (number, before) in first.iter().enumerate() {
        let status = send(&url, number).await;
        assert!(matches!(status, Some(201 | 409)), "{number}: {before:?}, then {status:?}");
        assert!(
            *before != Some(201) || status == Some(201),
            "{number}: a response that was received is kept"
        );
    }
    let names = "(SELECT DISTINCT name FROM webhooks) AS names";
    let all = i64::try_from(REQUESTS).unwrap();
    assert_eq!((database.count("webhooks").await, database.count(names).await), (all, all));
    drop(service);
}

async fn every_way_of_sending_is_repeatable(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let id = webhook["id"].as_str().unwrap().to_owned();
    let plain = app
        .api(Method::POST, "/events?type=identity.created")
        .header("content-type", "application/json");
    let data = cloud_event(BuiltIn::IdentityCreated, "1")["data"].to_string();
    let plain = plain.body(data);
    let row = {
        app.publish(BuiltIn::IdentityCreated, "2").await;
        app.log(&webhook, 1).await.remove(0)
    };
    let redeliver = app.api(Method::POST, &format!("/callbacks/{}/redeliver", row["id"].as_str().unwrap()));
    let test = app.api(Method::POST, &format!("/webhooks/{id}/test"));
    let rotate = app.api(Method::POST, &format!("/webhooks/{id}/secret/rotate"));
    let recover = app.api(Method::POST, &format!("/webhooks/{id}/recover"));
    let recover = recover.json_value(&json!({ "since": Timestamp::now().rfc3339() }));
    for (key, request) in [
        ("plain", plain),
        ("redeliver", redeliver),
        ("test", test),
        ("rotate", rotate),
        ("recover", recover),
    ] {
        let request = request.header("idempotency-key", key);
        let again = request.try_clone().unwrap().send().await.unwrap();
        let status = again.status();
        let first = again.json_value().await;
        assert!(status.is_success(), "{key}: {first}");
        let again = request.send().await.unwrap();
        assert!(again.status() == status && is_replayed(&again), "{key}");
        assert_eq!(again.json_value().await, first, "{key}");
    }
    app.log(&webhook, 4).await;
    assert_eq!(
        receiver.seen().len(),
        4,
        "the event, the plain event, the redelivery and the test, each once"
    );
    app.stop().await;
}

async fn every_change_is_noted_with_its_request(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let id = webhook["id"].as_str().unwrap().to_owned();
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let callback = app.log(&webhook, 1).await.remove(0)["id"].as_str().unwrap().to_owned();
    let user = json!({ "email": "ann@example.com", "role": "api-owner" });
    let requests = [
        ("/webhooks".to_owned(), self::webhook("a")),
        ("/users".to_owned(), user),
        ("/api-keys".to_owned(), json!({ "name": "k", "scopes": ["callbacks:read"] })),
        ("/event-types".to_owned(), json!({ "type": "order.placed" })),
        (format!("/webhooks/{id}/secret/rotate"), json!({})),
        (format!("/webhooks/{id}/test"), json!({})),
        (format!("/webhooks/{id}/recover"), json!({ "since": Timestamp::now().rfc3339() })),
        (format!("/callbacks/{callback}/redeliver"), json!({})),
    ];
    for (number, (path, body)) in requests.into_iter().enumerate() {
        let request = app.api(Method::POST, &path).header("idempotency-key", number.to_string());
        let response = request.json_value(&body).send().await.unwrap();
        let status = response.status();
        assert!(status.is_success(), "{path}: {}", response.text().await.unwrap());
        let noted = database.count("idempotency_keys WHERE carried_out").await;
        assert_eq!(noted, i64::try_from(number).unwrap() + 1, "{path}");
    }
    // An event has an id that follows from the key, so a repetition is a duplicate.
    let plain = app
        .api(Method::POST, "/events?type=identity.created")
        .header("content-type", "application/json")
        .header("idempotency-key", "plain")
        .body(cloud_event(BuiltIn::IdentityCreated, "1")["data"].to_string());
    let first = plain.try_clone().unwrap().send().await.unwrap().json_value().await;
    lose(&database).await;
    let second = plain.send().await.unwrap().json_value().await;
    assert_eq!(first["events"][0]["duplicate"], false);
    assert_eq!(
        (
            &second["events"][0]["duplicate"],
            &second["events"][0]["id"],
            &second["events"][0]["ce_id"]
        ),
        (&json!(true), &first["events"][0]["id"], &first["events"][0]["ce_id"])
    );
    app.stop().await;
}
