//! Event types that are added, changed and archived on one node, as another node on the same PostgreSQL sees them: publishing, API, console.

use std::cell::Cell;

use clearhook::domain::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    event_type_api::{invoice, patch},
    support::{
        app::{JsonAnswer, TestApp},
        database::TestDatabase,
        receiver::Receiver,
        wait::wait_for,
    },
};

/// Publishes an invoice on a node, and returns the status and the body of the response.
async fn publish(app: &TestApp, id: &str, data: Value) -> (u16, Value) {
    let event = json!({ "specversion": "1.0", "id": id, "source": "/billing", "type": "invoice.paid", "data": data });
    let response = app.publish_raw(&event).await;
    (response.status().as_u16(), response.json_value().await)
}

async fn text(app: &TestApp, path: &str, cookie: &str) -> String {
    app.page(path, cookie).await.text().await.unwrap()
}

/// What a node knows of the type without having been asked for it before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_type_added_on_one_node_is_known_to_the_other_at_once() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let receiver = Receiver::start([]).await;
    let cookie = two.sign_in("ann@example.com", Role::Administrator).await;
    // Nothing but the request itself tells the other node: each round begins with another kind of request.
    for round in 0..5 {
        let name = format!("invoice.paid{round}");
        let mut new = invoice();
        new["type"] = json!(name);
        new["name"] = json!(format!("Invoice paid {round}"));
        let (status, problem) = one.post("/event-types", &new).await;
        assert_eq!(status, 201, "{problem}");
        match round {
            0 => {
                let event =
                    json!({ "specversion": "1.0", "id": "1", "source": "/b", "type": name, "data": { "number": "1", "amount": 1 } });
                assert_eq!(two.publish_raw(&event).await.status(), 202);
            }
            1 => assert_eq!(two.get(&format!("/event-types/{name}")).await["name"], "Invoice paid 1"),
            2 => {
                let body = json!({ "name": "W", "url": receiver.url, "events": [name] });
                assert_eq!(two.post("/webhooks", &body).await.0, 201);
            }
            3 => assert_eq!(two.page(&format!("/event-types/{name}"), &cookie).await.status(), 200),
            _ => assert_eq!(two.page(&format!("/event-types.zip?types={name}"), &cookie).await.status(), 200),
        }
    }
    // Lists need not know a change before its notification has arrived.
    let (status, problem) = one
        .post("/event-types", &json!({ "type": "late.type", "name": "Added last" }))
        .await;
    assert_eq!(status, 201, "{problem}");
    for path in ["/webhooks/new", "/webhooks", "/event-types"] {
        wait_for(path, async || text(&two, path, &cookie).await.contains("Added last").then_some(())).await;
    }
    wait_for("the list of the API", async || {
        two.get("/event-types?q=late.type").await["items"]
            .as_array()
            .is_some_and(|items| items.len() == 1)
            .then_some(())
    })
    .await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_of_webhooks_offers_event_types_that_another_node_added() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let cookie = two.sign_in("ann@example.com", Role::Administrator).await;
    let (status, webhook) = two
        .post("/webhooks", &json!({ "name": "W", "url": "https://example.com/", "events": ["*"] }))
        .await;
    assert_eq!(status, 201, "{webhook}");
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let (status, problem) = one
        .post("/event-types", &json!({ "type": "late.type", "name": "Added last" }))
        .await;
    assert_eq!(status, 201, "{problem}");
    // Only pages that name event types, but do not ask for the catalogue themselves.
    wait_for("the filter of the list", async || {
        text(&two, "/webhooks", &cookie).await.contains("Added last").then_some(())
    })
    .await;
    let (status, problem) = patch(&one, "late.type", &json!({ "name": "Renamed last" })).await;
    assert_eq!(status, 200, "{problem}");
    wait_for("the test event of a webhook", async || {
        text(&two, &path, &cookie).await.contains("Renamed last").then_some(())
    })
    .await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schema_changed_on_one_node_is_used_by_the_other() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let cookie = two.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start([]).await;
    assert_eq!(one.post("/event-types", &invoice()).await.0, 201);
    let body = json!({ "name": "W", "url": receiver.url, "events": ["invoice.*"] });
    assert_eq!(two.post("/webhooks", &body).await.0, 201);
    let new_field = json!({ "number": "1", "amount": 1, "paid_by": "card" });
    assert_eq!(publish(&two, "before", new_field.clone()).await.0, 422, "an unknown field");

    // What the new schema permits is accepted at once: an event that would be refused makes the node look for changes.
    let mut schema = two.get("/event-types/invoice.paid").await["schema"].clone();
    schema["properties"]["paid_by"] = json!({ "type": "string" });
    let (status, problem) = patch(&one, "invoice.paid", &json!({ "schema": schema, "breaking": true })).await;
    assert_eq!(status, 200, "{problem}");
    let (status, answer) = publish(&two, "after", new_field).await;
    assert_eq!((status, &answer["events"][0]["deliveries"]), (202, &json!(1)), "{answer}");
    receiver.wait(1).await;
    assert_eq!(two.get("/event-types/invoice.paid").await["version"], 2);
    assert!(text(&two, "/event-types/invoice.paid", &cookie).await.contains("paid_by"));

    // What it forbids is refused as soon as the node has been notified.
    schema["properties"]["number"]["minLength"] = json!(5);
    let change = json!({ "schema": schema, "breaking": true, "example": { "number": "2026-1", "amount": 99.5 } });
    let (status, problem) = patch(&one, "invoice.paid", &change).await;
    assert_eq!(status, 200, "{problem}");
    let number = Cell::new(0);
    wait_for("the other node to refuse short numbers", async || {
        number.set(number.get() + 1);
        let (status, answer) = publish(&two, &format!("short-{}", number.get()), json!({ "number": "1", "amount": 1 })).await;
        assert!(status == 202 || answer.to_string().contains("/data/number"), "{answer}");
        (status == 422).then_some(())
    })
    .await;
    // The first publish can be on its way before the notification, and the journal learns of the change with it.
    assert!(number.get() <= 20, "{} events were checked against the old schema", number.get());
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_type_archived_on_one_node_is_refused_by_the_other() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let cookie = two.sign_in("ann@example.com", Role::Administrator).await;
    assert_eq!(one.post("/event-types", &invoice()).await.0, 201);
    let data = json!({ "number": "1", "amount": 1 });
    assert_eq!(publish(&two, "1", data.clone()).await.0, 202);
    assert!(text(&two, "/webhooks/new", &cookie).await.contains("invoice.paid"));
    let response = one.api(Method::DELETE, "/event-types/invoice.paid").send().await.unwrap();
    assert_eq!(response.status(), 204);
    let number = Cell::new(0);
    wait_for("the other node to refuse events of an archived type", async || {
        number.set(number.get() + 1);
        let (status, answer) = publish(&two, &format!("archived-{}", number.get()), data.clone()).await;
        assert!(status == 202 || answer.to_string().contains("archived"), "{answer}");
        (status == 422).then_some(())
    })
    .await;
    assert!(number.get() <= 20, "{} events of an archived type were accepted", number.get());
    assert_eq!(two.get("/event-types/invoice.paid").await["state"], "archived");
    assert!(!text(&two, "/webhooks/new", &cookie).await.contains("invoice.paid"));
    // Restored, it takes events at once.
    assert_eq!(patch(&one, "invoice.paid", &json!({ "state": "active" })).await.0, 200);
    let (status, answer) = publish(&two, "restored", data).await;
    assert_eq!(status, 202, "{answer}");
    one.stop().await;
    two.stop().await;
}

/// Both nodes change the same type: nothing is overwritten, and both know the result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_one_event_type_on_two_nodes_are_all_kept() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    assert_eq!(one.post("/event-types", &invoice()).await.0, 201);
    for round in 0..10 {
        let (name, group) = (format!("Name {round}"), format!("Group {round}"));
        let (name_change, group_change) = (json!({ "name": name }), json!({ "group": group }));
        let (first, second) = tokio::join!(
            patch(&one, "invoice.paid", &name_change),
            patch(&two, "invoice.paid", &group_change)
        );
        assert_eq!((first.0, second.0), (200, 200), "{} {}", first.1, second.1);
        for app in [&one, &two] {
            wait_for("both changes", async || {
                let read = app.get("/event-types/invoice.paid").await;
                (read["name"] == name.as_str() && read["group"] == group.as_str()).then_some(())
            })
            .await;
        }
    }
    one.stop().await;
    two.stop().await;
}
