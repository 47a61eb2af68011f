//! Finding events, and the state of their deliveries.

use std::time::Duration;

use clearhook::{
    auth::api_key,
    catalogue::{BuiltIn, example::example_data},
    domain::{role::Scope, timestamp::Timestamp},
    storage::{audit::Actor, retention::Expired},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, TestApp, cloud_event, hourly, loopback},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    steps::change,
};

on_both! {
    events_are_found_by_every_attribute event_is_shown_with_its_deliveries invalid_event_query_is_rejected
    events_with_one_id_from_many_sources_are_paged event_id_is_reusable_after_thirty_days event_keys_are_deleted_with_their_events
}

async fn find(app: &TestApp, query: &str) -> Vec<String> {
    let items = app.get(&format!("/events?{query}")).await["items"].as_array().unwrap().clone();
    items.iter().map(|event| event["ce_id"].as_str().unwrap().to_owned()).collect()
}

/// An event of this source and subject.
fn of(id: &str, source: &str, subject: Option<&str>, event: BuiltIn) -> Value {
    let mut event = cloud_event(event, id);
    event["source"] = json!(source);
    event["subject"] = json!(subject);
    event
}

async fn batch(app: &TestApp, events: Vec<Value>) -> Vec<Value> {
    let request = app
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json");
    let response = request.body(Value::from(events).to_string()).send().await.unwrap();
    assert_eq!(response.status(), 202);
    response.json_value().await["events"].as_array().unwrap().clone()
}

async fn events_are_found_by_every_attribute(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let before = Timestamp::now();
    let (created, visit) = (BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated);
    for event in [
        of("1", "/a", Some("s"), created),
        of("2", "/a", None, visit),
        of("1", "/b", Some("é&+"), visit),
        of("4", "/b", Some("s"), created),
    ] {
        assert_eq!(app.publish_raw(&event).await.status(), 202);
    }
    let after = Timestamp::now().plus(Duration::from_millis(1));
    for (query, ids) in [
        ("", &["4", "1", "2", "1"][..]),
        ("id=1", &["1", "1"]),
        ("id=1&source=/b", &["1"]),
        ("id=1&source=/c", &[]),
        ("id=9", &[]),
        ("id=1&type=visit_event.created", &["1"]),
        ("source=/a", &["2", "1"]),
        ("subject=s", &["4", "1"]),
        ("subject=%C3%A9%26%2B", &["1"]),
        ("type=visit_event.created", &["1", "2"]),
        ("type=visit_event.created&source=/a", &["2"]),
        ("source=/b&subject=s&type=identity.created", &["4"]),
        (&format!("from={before}&to={after}"), &["4", "1", "2", "1"]),
        (&format!("to={before}"), &[]),
        (&format!("from={after}"), &[]),
        (&format!("id=1&to={before}"), &[]),
        (&format!("id=1&from={before}&source=/a"), &["1"]),
    ] {
        assert_eq!(find(&app, query).await, ids, "{query}");
    }
    for filter in ["", "type=visit_event.created&", "id=1&"] {
        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = app.get(&format!("/events?{filter}limit=1{cursor}")).await;
            found.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|event| event["ce_id"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((found.len(), &found), (pages, &find(&app, filter).await), "{filter}");
    }
    let item = &app.get("/events?id=1&source=/b").await["items"][0];
    let mut keys: Vec<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["ce_id", "extensions", "id", "received_at", "source", "subject", "time", "type"]
    );
    assert_eq!(
        (&item["extensions"], &item["subject"], &item["type"]),
        (&Value::Null, &json!("é&+"), &json!("visit_event.created"))
    );
    app.stop().await;
}

async fn event_is_shown_with_its_deliveries(database: TestDatabase) {
    let app = TestApp::start_with(&database, hourly(), loopback(), clearhook::storage::new_id()).await;
    let (good, bad) = (Receiver::start([]).await, Receiver::start([Reply::status(500)]).await);
    let event = BuiltIn::IdentityCreated;
    let (succeeds, fails, held) = (
        app.webhook(&good.url, &[event]).await,
        app.webhook(&bad.url, &[event]).await,
        app.webhook(&good.url, &[event]).await,
    );
    change(&app, &held, json!({ "enabled": false })).await;
    let mut published = of("1", "/a", Some("s"), event);
    published["tenant"] = json!("t");
    published["number"] = json!(7);
    published["dataschema"] = json!("https://example.com/1");
    published["time"] = json!("2026-11-23T09:00:00Z");
    let answers = batch(&app, vec![cloud_event(event, "before"), published, cloud_event(event, "after")]).await;
    app.deliveries(&database, "succeeded", 5).await;
    app.deliveries(&database, "pending", 1).await;
    let id = answers[1]["id"].as_str().unwrap();
    let found = app.get(&format!("/events/{id}")).await;
    for (name, value) in [
        ("id", json!(id)),
        ("ce_id", json!("1")),
        ("type", json!("identity.created")),
        ("source", json!("/a")),
        ("subject", json!("s")),
        ("time", json!("2026-11-23T09:00:00.000Z")),
        ("extensions", json!({ "tenant": "t", "number": 7 })),
        ("dataschema", json!("https://example.com/1")),
        ("data", example_data(event)),
        ("deliveries_count", json!(3)),
    ] {
        assert_eq!(found[name], value, "{name}");
    }
    let sent = good
        .seen()
        .into_iter()
        .chain(bad.seen())
        .find(|seen| seen.body.starts_with("{\"id\":\"1\""))
        .unwrap();
    assert_eq!(found["body"], sent.body.as_str());
    let deliveries = found["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 3);
    let of_webhook = |webhook: &Value| deliveries.iter().find(|delivery| delivery["webhook_id"] == webhook["id"]).unwrap();
    let done = of_webhook(&succeeds);
    assert_eq!(
        (&done["state"], &done["attempts"], done["callbacks"].as_array().unwrap().len()),
        (&json!("succeeded"), &json!(1), 1)
    );
    assert_eq!(
        (&done["callbacks"][0]["status"], &done["callbacks"][0]["event_id"]),
        (&json!(202), &json!(id))
    );
    assert_eq!(
        (&of_webhook(&held)["state"], &of_webhook(&held)["callbacks"]),
        (&json!("held"), &json!([]))
    );
    // One of the three events got the 500 and waits for its retry.
    let mut waiting = Vec::new();
    for answer in &answers {
        let found = app.get(&format!("/events/{}", answer["id"].as_str().unwrap())).await;
        let of_it = found["deliveries"].as_array().unwrap().clone();
        waiting.extend(
            of_it
                .into_iter()
                .filter(|delivery| delivery["webhook_id"] == fails["id"] && delivery["state"] == "pending"),
        );
    }
    assert_eq!(waiting.len(), 1);
    assert!(
        waiting[0]["due_at"].as_str().unwrap() > Timestamp::now().rfc3339().as_str(),
        "{waiting:?}"
    );
    assert_eq!(waiting[0]["callbacks"][0]["status"], 500);
    // An event without subscribers is found, too.
    let unheard = app.publish(BuiltIn::VisitEventCreated, "unheard").await;
    let found = app.get(&format!("/events/{}", unheard["id"].as_str().unwrap())).await;
    assert_eq!((&found["deliveries"], &found["deliveries_count"]), (&json!([]), &json!(0)));
    app.stop().await;
}

async fn invalid_event_query_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (path, status, word) in [
        ("/events?colour=red", 400, "colour"),
        ("/events?ce_id=1", 400, "ce_id"),
        ("/events?id=1&id=2", 400, "twice"),
        ("/events?limit=0", 422, "/limit"),
        ("/events?limit=201", 422, "/limit"),
        ("/events?cursor=elsewhere", 422, "/cursor"),
        ("/events?type=nope", 422, "/type"),
        ("/events?from=yesterday", 422, "/from"),
        ("/events?to=2026-01-01T00:00:00%2B25:00", 422, "/to"),
        ("/events?from=-000001-01-01T00:00:00Z", 422, "/from"),
        ("/events?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422, "/to"),
        ("/events?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422, "/from"),
        ("/events?from=0000-01-01T00:00:00Z", 422, "/from"),
        ("/events/1", 404, ""),
        ("/events/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05", 404, ""),
    ] {
        let response = app.api(Method::GET, path).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let (given, problem) = (response.status().as_u16(), response.json_value().await);
        assert!(given == status && problem.to_string().contains(word), "{path}: {given} {problem}");
    }
    let event = app.publish(BuiltIn::VisitEventCreated, "1").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (scope, status) in [
        (Scope::CallbacksRead, 200),
        (Scope::EventsWrite, 403),
        (Scope::WebhooksRead, 403),
        (Scope::WebhooksWrite, 403),
    ] {
        let (key, _) = api_key::create(&app.store, &Actor::clearhook(), "one", &[scope], None)
            .await
            .unwrap();
        for path in ["/events".to_owned(), format!("/events/{event}")] {
            let request = app.http.get(format!("{}/api/v1{path}", app.url)).bearer_auth(&key);
            assert_eq!(request.send().await.unwrap().status(), status, "{scope} {path}");
        }
    }
    app.stop().await;
}

async fn events_with_one_id_from_many_sources_are_paged(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for part in 0..2 {
        let events = (0..600).map(|number| of("same", &format!("/{}", part * 600 + number), None, BuiltIn::VisitEventCreated));
        batch(&app, events.collect()).await;
    }
    batch(&app, vec![of("other", "/1199", None, BuiltIn::VisitEventCreated)]).await;
    let (mut sources, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/events?id=same&limit=200{cursor}")).await;
        sources.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["source"].as_str().unwrap()[1..].parse::<u32>().unwrap()),
        );
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(sources, (0..1_200).rev().collect::<Vec<_>>());
    // An event far down the list is found by its source.
    let page = app.get("/events?id=same&source=/3").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

async fn event_id_is_reusable_after_thirty_days(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let age = async |days: i64| {
        let at = Timestamp::now().0 - days * 24 * 3_600_000;
        database.execute(&format!("UPDATE event_keys SET received_at = {at}")).await;
    };
    let first = app.publish(BuiltIn::IdentityCreated, "1").await;
    let other = app.publish(BuiltIn::IdentityCreated, "2").await;
    age(29).await;
    assert_eq!(app.publish(BuiltIn::IdentityCreated, "1").await["duplicate"], true);
    age(31).await;
    let twice = vec![
        cloud_event(BuiltIn::IdentityCreated, "1"),
        cloud_event(BuiltIn::IdentityCreated, "1"),
        cloud_event(BuiltIn::IdentityCreated, "3"),
    ];
    let answers = batch(&app, twice).await;
    let told: Vec<_> = answers.iter().map(|answer| (&answer["duplicate"], &answer["deliveries"])).collect();
    assert_eq!(
        told,
        [(&json!(false), &json!(1)), (&json!(true), &json!(1)), (&json!(false), &json!(1))]
    );
    assert_ne!(answers[0]["id"], first["id"]);
    receiver.wait(4).await;
    assert_eq!(app.publish(BuiltIn::IdentityCreated, "1").await["id"], answers[0]["id"]);
    let found = app.get("/events?id=1").await;
    let ids: Vec<_> = found["items"].as_array().unwrap().iter().map(|event| &event["id"]).collect();
    assert_eq!(ids, [&answers[0]["id"], &first["id"]]);
    for id in [&answers[0]["id"], &first["id"], &other["id"]] {
        let found = app.get(&format!("/events/{}", id.as_str().unwrap())).await;
        assert_eq!(
            (&found["deliveries_count"], found["deliveries"].as_array().unwrap().len()),
            (&json!(1), 1)
        );
    }
    // Concurrent publishes of one id store one event.
    age(31).await;
    let published = futures_util::future::join_all((0..20).map(|_| app.publish(BuiltIn::IdentityCreated, "1"))).await;
    assert_eq!(published.iter().filter(|event| event["duplicate"] == false).count(), 1);
    assert!(published.iter().all(|event| event["id"] == published[0]["id"]));
    assert_eq!(find(&app, "id=1").await.len(), 3);
    app.stop().await;
}

async fn event_keys_are_deleted_with_their_events(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    database.execute("UPDATE event_keys SET received_at = 0").await;
    for id in ["1", "2", "3"] {
        assert_eq!(app.publish(BuiltIn::VisitEventCreated, id).await["duplicate"], false);
    }
    assert_eq!((database.count("events").await, database.count("event_keys").await), (4, 4));
    let later = Timestamp::now().plus(Duration::from_secs(1));
    while app.store.delete_expired(Expired::Events, later).await.unwrap() {}
    assert_eq!((database.count("events").await, database.count("event_keys").await), (0, 0));
    assert_eq!(app.publish(BuiltIn::VisitEventCreated, "1").await["duplicate"], false);
    app.stop().await;
}
