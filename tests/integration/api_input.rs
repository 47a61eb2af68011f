//! The HTTP API accepts only parameters and fields that it knows.

use clearhook::catalogue::BuiltIn;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! { unknown_query_parameter_is_rejected_by_every_route query_that_is_not_utf8_is_rejected array_in_place_of_an_object_is_rejected body_in_another_charset_is_rejected }

async fn unknown_query_parameter_is_rejected_by_every_route(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let event = app.publish(BuiltIn::VisitEventCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let (webhook, event, callback) = (text(&webhook["id"]), text(&event["id"]), text(&row["id"]));
    for (method, path) in [
        ("GET", "/events".to_owned()),
        ("POST", "/events".to_owned()),
        ("GET", format!("/events/{event}")),
        ("GET", "/event-types".to_owned()),
        ("GET", "/event-types/visit_event.created".to_owned()),
        ("GET", "/event-types/visit_event.created/schema".to_owned()),
        ("GET", "/webhooks".to_owned()),
        ("POST", "/webhooks".to_owned()),
        ("GET", format!("/webhooks/{webhook}")),
        ("PATCH", format!("/webhooks/{webhook}")),
        ("DELETE", format!("/webhooks/{webhook}")),
        ("POST", format!("/webhooks/{webhook}/secret/rotate")),
        ("POST", format!("/webhooks/{webhook}/test")),
        ("POST", format!("/webhooks/{webhook}/recover")),
        ("GET", format!("/webhooks/{webhook}/stats")),
        ("GET", format!("/webhooks/{webhook}/callbacks")),
        ("GET", format!("/callbacks/{callback}")),
        ("POST", format!("/callbacks/{callback}/redeliver")),
    ] {
        let request = app.api(method.parse().unwrap(), &format!("{path}?zzz=1"));
        let request = match method {
            "GET" => request,
            _ => request.json_value(&json!({})),
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let problem = response.text().await.unwrap();
        assert!(
            matches!(status, 400 | 422) && problem.contains("zzz"),
            "{method} {path}: {status} {problem}"
        );
    }
    assert_eq!(receiver.seen().len(), 1, "nothing was sent");
    app.stop().await;
}

/// It would be searched for in another form, with U+FFFD in place of the bytes.
async fn query_that_is_not_utf8_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for path in [
        "/webhooks?q=%ff",
        "/events?subject=a%c3",
        "/callbacks?event=%ed%a0%80",
        "/deliveries?state=%fe",
        "/audit?q=%ff",
    ] {
        let response = app.api(Method::GET, path).send().await.unwrap();
        let status = response.status().as_u16();
        assert!(matches!(status, 400 | 422), "{path}: {status}");
    }
    let (status, problem) = app.post("/events?type=%ff", &json!({})).await;
    assert_eq!(status, 400, "{problem}");
    app.stop().await;
}

async fn array_in_place_of_an_object_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let path = format!("/webhooks/{}", text(&webhook["id"]));
    for (method, path, body, pointer) in [
        (
            "POST",
            "/webhooks".to_owned(),
            json!([
                "n",
                "",
                "https://example.com/",
                ["visit_event.created"],
                true,
                [],
                [],
                null,
                false,
                null
            ]),
            "",
        ),
        ("PATCH", path.clone(), json!(["n"]), ""),
        ("PATCH", path.clone(), json!({ "headers": [["X-A", "v", true]] }), "/headers/0"),
        ("PATCH", path.clone(), json!({ "rate_limit": [1, 2] }), "/rate_limit"),
        (
            "PATCH",
            path.clone(),
            json!({ "rate_limit": { "per_second": 1.5, "burst": 2 } }),
            "/rate_limit/per_second",
        ),
        ("PATCH", path.clone(), json!({ "name": 5 }), "/name"),
        ("POST", format!("{path}/secret/rotate"), json!([]), ""),
        ("POST", format!("{path}/test"), json!([]), ""),
    ] {
        let response = app.api(method.parse().unwrap(), &path).json_value(&body).send().await.unwrap();
        assert_eq!(response.status(), 422, "{method} {path} {body}");
        let problem = response.json_value().await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(app.get(&path).await["updated_at"], webhook["updated_at"]);
    app.stop().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn body_in_another_charset_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({ "name": "n", "url": "https://example.com/", "events": ["visit_event.created"] }).to_string();
    for (name, value) in [("content-type", "application/json; charset=utf-16"), ("content-encoding", "gzip")] {
        let request = app.api(reqwest::Method::POST, "/webhooks").header(name, value);
        let request = if name == "content-type" {
            request
        } else {
            request.header("content-type", "application/json")
        };
        assert_eq!(request.body(body.clone()).send().await.unwrap().status(), 415, "{name}: {value}");
    }
    // A response does not repeat what is too long.
    let event = json!({ "specversion": "1.0", "id": "1", "source": "/s", "type": "x".repeat(500_000), "data": {} });
    let answer = app.publish_raw(&event).await;
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await.unwrap().len() < 5_000);
    app.stop().await;
}
