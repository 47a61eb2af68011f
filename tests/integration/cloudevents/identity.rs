//! The id of the publisher, extension attributes and trace context arrive at receivers, also after retries and restarts.

use clearhook::storage::new_id;
use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{EVENT, STRUCTURED, Stage, data, event};
use crate::support::{
    app::{JsonBody, TestApp, hourly, loopback},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

/// The tests of this file, to compare with the document.
pub(super) const TESTS: &[&str] = &[
    "extension_attributes_are_delivered",
    "dataschema_is_delivered",
    "trace_context_is_sent_as_headers",
    "trace_context_is_sent_after_a_restart",
    "trace_context_of_the_request_is_passed_on",
    "invalid_trace_context_is_not_sent_as_headers",
];

on_both! {
    extension_attributes_are_delivered dataschema_is_delivered trace_context_is_sent_as_headers trace_context_is_sent_after_a_restart trace_context_of_the_request_is_passed_on invalid_trace_context_is_not_sent_as_headers
    callback_has_the_id_of_the_publisher
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01";
const STATE: &str = "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE";

async fn callback_has_the_id_of_the_publisher(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    let answer = stage.structured(&event("order/7 ü", json!({ "source": "/one" }))).await;
    answer.accepts("an id that is no UUID");
    let ours = answer.body["events"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.body["events"][0]["ce_id"], "order/7 ü");
    let mut keys: Vec<&String> = answer.body["events"][0].as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ce_id", "deliveries", "duplicate", "id"]);
    let body = stage.seen("order/7 ü").await.body;
    let order = [
        "{\"id\":\"order/7 ü\",\"type\":",
        ",\"timestamp\":",
        ",\"source\":\"/one\"",
        ",\"data\":",
    ];
    assert!(order.map(|part| body.find(part)).is_sorted_by_key(|at| at.unwrap()), "{body}");
    let row = stage.app.log(&stage.webhook, 1).await.remove(0);
    assert_eq!(row["event_id"], ours.as_str());
    let details = stage.app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert_eq!((&details["ce_id"], &details["source"]), (&json!("order/7 ü"), &json!("/one")));
    // The same id of another source is another event.
    let other = stage.structured(&event("order/7 ü", json!({ "source": "/two" }))).await;
    assert_eq!(other.body["events"][0]["duplicate"], false);
    let again = stage.structured(&event("order/7 ü", json!({ "source": "/one" }))).await;
    assert_eq!(
        (&again.body["events"][0]["duplicate"], &again.body["events"][0]["id"]),
        (&json!(true), &json!(ours))
    );
    // A test event has an id and a source of its own.
    let path = format!("/webhooks/{}/test", stage.webhook["id"].as_str().unwrap());
    assert_eq!(stage.app.post(&path, &json!({})).await.0, 202);
    let seen = stage.receiver.wait(3).await;
    let test: Value = serde_json::from_str(&seen[2].body).unwrap();
    assert_eq!(test["source"], "urn:clearhook:test");
    let found = stage.app.get(&format!("/events?id={}", test["id"].as_str().unwrap())).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    stage.app.stop().await;
}

async fn extension_attributes_are_delivered(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    let text = event("1", json!({})).to_string();
    let written = r#""zeta":"é \"quoted\"","alpha":-7,"urgent":true"#;
    stage
        .send(STRUCTURED, text.replacen('{', &format!("{{{written},"), 1))
        .await
        .accepts("extensions");
    let body = stage.seen("1").await.body;
    assert!(
        body.contains(&format!(",\"extensions\":{{{written}}},\"data\":")),
        "in the order in which they were written: {body}"
    );
    stage.structured(&event("2", json!({}))).await.accepts("no extensions");
    assert!(!stage.seen("2").await.body.contains("extensions"));
    stage.app.stop().await;
}

async fn dataschema_is_delivered(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    stage
        .structured(&event("1", json!({ "dataschema": "https://example.com/1" })))
        .await
        .accepts("a schema");
    assert!(
        stage
            .seen("1")
            .await
            .body
            .contains(",\"dataschema\":\"https://example.com/1\",\"data\":")
    );
    stage.app.stop().await;
}

async fn trace_context_is_sent_as_headers(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    stage
        .structured(&event("both", json!({ "traceparent": PARENT, "tracestate": STATE })))
        .await
        .accepts("both");
    let headers: [(&str, &[u8]); 1] = [("ce-traceparent", PARENT.as_bytes())];
    stage.binary("parent", &headers, data().to_string()).await.accepts("a parent");
    let (both, parent) = (stage.seen("both").await, stage.seen("parent").await);
    assert_eq!(
        (&both.headers["traceparent"], &both.headers["tracestate"]),
        (&PARENT.parse().unwrap(), &STATE.parse().unwrap())
    );
    assert!(
        parent.headers["traceparent"] == PARENT && !parent.headers.contains_key("tracestate"),
        "{parent:?}"
    );
    assert_eq!(
        stage.delivered("both").await["extensions"],
        json!({ "traceparent": PARENT, "tracestate": STATE })
    );
    // The log shows what was sent.
    for row in stage.app.log(&stage.webhook, 2).await {
        let details = stage.app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
        let sent = details["request"]["headers"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|header| header["name"] == "traceparent");
        assert_eq!(sent.map(|header| &header["value"]).collect::<Vec<_>>(), [PARENT]);
    }
    // A webhook cannot have such a header of its own, which the event's would replace.
    let path = format!("/webhooks/{}", stage.webhook["id"].as_str().unwrap());
    let change = json!({ "headers": [{ "name": "traceparent", "value": "own" }] });
    let refused = stage.app.api(Method::PATCH, &path).json_value(&change).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    stage.app.stop().await;
}

async fn trace_context_is_sent_after_a_restart(database: TestDatabase) {
    let receiver = Receiver::start([Reply::status(500)]).await;
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    app.webhook(&receiver.url, &[EVENT]).await;
    let published = app
        .publish_raw(&event("1", json!({ "traceparent": PARENT, "tracestate": STATE })))
        .await;
    assert_eq!(published.status(), 202);
    app.deliveries(&database, "pending", 1).await;
    let node = app.node;
    app.stop().await;
    let app = TestApp::start_with(&database, hourly(), loopback(), node).await;
    assert_eq!(app.store.shift_due(-2 * 3_600_000).await.unwrap(), 1);
    app.dispatcher.wake();
    let seen = receiver.wait(2).await;
    assert_eq!(seen[0].body, seen[1].body);
    for seen in seen {
        assert_eq!(
            (&seen.headers["traceparent"], &seen.headers["tracestate"]),
            (&PARENT.parse().unwrap(), &STATE.parse().unwrap())
        );
    }
    app.stop().await;
}

async fn trace_context_of_the_request_is_passed_on(database: TestDatabase) {
    const REQUEST: &str = "00-11111111111111111111111111111111-2222222222222222-00";
    let stage = Stage::set_on(database).await;
    for (id, extensions, sent) in [
        ("of the request", json!({}), (REQUEST, Some("a=1"))),
        ("its own", json!({ "traceparent": PARENT }), (PARENT, None)),
    ] {
        let request = stage.app.api(Method::POST, "/events").header("content-type", STRUCTURED);
        let request = request.header("traceparent", REQUEST).header("tracestate", "a=1");
        let response = request.body(event(id, extensions).to_string()).send().await.unwrap();
        assert_eq!(response.status(), 202);
        let headers = stage.seen(id).await.headers;
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!((header("traceparent").unwrap(), header("tracestate")), sent, "{id}");
    }
    stage.app.stop().await;
}

async fn invalid_trace_context_is_not_sent_as_headers(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    for (id, extensions) in [
        ("upper", json!({ "traceparent": PARENT.to_uppercase(), "tracestate": STATE })),
        (
            "null",
            json!({ "traceparent": PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)) }),
        ),
        ("number", json!({ "traceparent": 7 })),
        ("state", json!({ "tracestate": STATE })),
    ] {
        stage.structured(&event(id, extensions.clone())).await.accepts(id);
        let seen = stage.seen(id).await;
        assert!(
            !seen.headers.contains_key("traceparent") && !seen.headers.contains_key("tracestate"),
            "{seen:?}"
        );
        assert_eq!(stage.delivered(id).await["extensions"], extensions);
    }
    stage
        .structured(&event("half", json!({ "traceparent": PARENT, "tracestate": "NOT=A,STATE" })))
        .await
        .accepts("half");
    let seen = stage.seen("half").await;
    assert!(
        seen.headers["traceparent"] == PARENT && !seen.headers.contains_key("tracestate"),
        "{seen:?}"
    );
    stage.app.stop().await;
}
