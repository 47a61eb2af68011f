//! What all routes of the API have in common: problems, methods, entity tags, compression, ids of requests, and the limit per key.

use std::num::NonZeroU32;

use clearhook::{catalogue::BuiltIn, routes::Rule, web};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! {
    change_of_an_older_version_of_a_webhook_is_refused one_of_concurrent_changes_of_the_same_version_is_made
    unchanged_content_is_not_sent_again every_path_says_which_methods_it_has head_has_no_content_and_the_status_of_get
    every_refusal_is_a_problem response_in_another_media_type_is_refused large_responses_without_credentials_are_compressed
    harmless_request_id_is_kept key_that_sends_too_many_requests_waits
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    value.unwrap_or_default()
}

async fn change(app: &TestApp, path: &str, tag: &str, body: &Value) -> Response {
    let request = app.api(Method::PATCH, path).header("if-match", tag);
    request.json_value(body).send().await.unwrap()
}

async fn change_of_an_older_version_of_a_webhook_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({ "name": "n", "url": "https://example.com/", "events": ["*"] });
    let created = app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
    let first = header(&created, "etag");
    let path = format!("/webhooks/{}", text(&created.json_value().await["id"]));
    let changed = change(&app, &path, &first, &json!({ "description": "d" })).await;
    assert_eq!(changed.status(), 200);
    let second = header(&changed, "etag");
    assert_ne!(first, second);
    assert_eq!(header(&app.api(Method::GET, &path).send().await.unwrap(), "etag"), second);
    for tag in [first.as_str(), "\"other\"", &format!("W/{second}")] {
        for body in [json!({ "name": "m" }), json!({ "enabled": false }), json!({})] {
            let refused = change(&app, &path, tag, &body).await;
            assert_eq!(refused.status(), 412, "{tag} {body}");
            assert!(text(&refused.json_value().await["type"]).ends_with("changed-meanwhile"));
        }
        let refused = app.api(Method::DELETE, &path).header("if-match", tag).send().await.unwrap();
        assert_eq!(refused.status(), 412, "{tag}");
    }
    assert_eq!(app.get(&path).await["description"], "d");
    assert_eq!(change(&app, &path, "*", &json!({ "name": "m" })).await.status(), 200);
    let changed = change(
        &app,
        &path,
        &format!("\"x\", {}", header(&app.api(Method::GET, &path).send().await.unwrap(), "etag")),
        &json!({ "enabled": false }),
    )
    .await;
    assert_eq!(changed.status(), 200);
    let last = header(&changed, "etag");
    let deleted = app.api(Method::DELETE, &path).header("if-match", &last).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    // What is gone is not found, whatever version is named.
    assert_eq!(change(&app, &path, &last, &json!({})).await.status(), 404);
    app.stop().await;
}

async fn one_of_concurrent_changes_of_the_same_version_is_made(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", text(&webhook["id"]));
    let tag = header(&app.api(Method::GET, &path).send().await.unwrap(), "etag");
    let changes = (0..8).map(|number| {
        let request = app.api(Method::PATCH, &path).header("if-match", &tag);
        tokio::spawn(request.json_value(&json!({ "description": number.to_string() })).send())
    });
    let mut statuses = Vec::new();
    for change in changes.collect::<Vec<_>>() {
        statuses.push(change.await.unwrap().unwrap().status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    app.stop().await;
}

async fn unchanged_content_is_not_sent_again(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    for path in [
        format!("/webhooks/{}", text(&webhook["id"])),
        "/event-types/identity.created".to_owned(),
        "/event-types/identity.created/schema".to_owned(),
        "/event-types/identity.created/example".to_owned(),
        "/event-types/identity.created/typescript".to_owned(),
        "/event-types.zip".to_owned(),
    ] {
        let tag = header(&app.api(Method::GET, &path).send().await.unwrap(), "etag");
        assert!(tag.starts_with('"'), "{path}: {tag}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let response = app.api(Method::GET, &path).header("if-none-match", &known).send().await.unwrap();
            assert_eq!(response.status(), 304, "{path} {known}");
            assert_eq!(header(&response, "etag"), tag);
            assert!(response.bytes().await.unwrap().is_empty());
        }
        let other = app.api(Method::GET, &path).header("if-none-match", "\"x\"").send().await.unwrap();
        assert_eq!(other.status(), 200, "{path}");
        // Each coding has a tag of its own, which is recognized whatever the client accepts later.
        let coded = app.api(Method::GET, &path).header("accept-encoding", "gzip").send().await.unwrap();
        let known = header(&coded, "etag");
        let again = app.api(Method::GET, &path).header("if-none-match", &known).send().await.unwrap();
        assert_eq!(again.status(), 304, "{path} {known}");
    }
    app.stop().await;
}

async fn every_path_says_which_methods_it_has(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, rows) = web::routes(&app.state).into_parts();
    for row in &rows {
        let address = format!("{}{}", app.url, row.path.replace(['{', '}', '*'], ""));
        let response = app.http.request(Method::OPTIONS, &address).send().await.unwrap();
        assert_eq!(response.status(), 204, "{address}");
        let allow = header(&response, "allow");
        let methods: Vec<&str> = allow.split(", ").collect();
        assert!(
            methods.contains(&row.method.as_str()) && methods.contains(&"OPTIONS"),
            "{address}: {allow}"
        );
        assert_eq!(methods.contains(&"HEAD"), methods.contains(&"GET"), "{address}: {allow}");
        let other = app.http.request(Method::PUT, &address).bearer_auth(&app.key).send().await.unwrap();
        assert_eq!((other.status().as_u16(), header(&other, "allow")), (405, allow), "{address}");
    }
    app.stop().await;
}

async fn head_has_no_content_and_the_status_of_get(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let id = text(&webhook["id"]);
    for path in [
        "/webhooks".to_owned(),
        format!("/webhooks/{id}"),
        format!("/webhooks/{id}/callbacks"),
        "/event-types".to_owned(),
        "/nothing".to_owned(),
    ] {
        let get = app.api(Method::GET, &path).send().await.unwrap();
        let head = app.api(Method::HEAD, &path).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(header(&head, "etag"), header(&get, "etag"), "{path}");
        assert_eq!(header(&head, "content-type"), header(&get, "content-type"), "{path}");
        assert!(head.bytes().await.unwrap().is_empty());
    }
    let head = app.api(Method::HEAD, "/event-types/import").send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "allow").as_str()), (405, "POST, OPTIONS"));
    app.stop().await;
}

async fn every_refusal_is_a_problem(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let large = "x".repeat(300_000);
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let log = format!("/webhooks/{}/callbacks", text(&webhook["id"]));
    let json = |request: RequestBuilder, body: &str| request.header("content-type", "application/json").body(body.to_owned());
    for (request, status, code) in [
        (app.http.get(format!("{}/api/v1/webhooks", app.url)), 401, "unauthenticated"),
        (app.api(Method::GET, "/nothing"), 404, "not-found"),
        (app.http.get(format!("{}/api/nothing", app.url)), 404, "not-found"),
        (app.api(Method::GET, "/webhooks/no-id"), 404, "not-found"),
        (app.api(Method::PUT, "/webhooks"), 405, "method-not-allowed"),
        (
            app.api(Method::GET, "/webhooks").header("accept", "text/html"),
            406,
            "not-acceptable",
        ),
        (json(app.api(Method::POST, "/webhooks"), &large), 413, "too-large"),
        (
            app.api(Method::POST, "/webhooks").header("content-type", "text/plain").body("{}"),
            415,
            "unsupported-media-type",
        ),
        (app.api(Method::POST, "/webhooks").body("{}"), 415, "unsupported-media-type"),
        (json(app.api(Method::POST, "/webhooks"), "{"), 400, "malformed"),
        (json(app.api(Method::POST, "/webhooks"), "{}"), 422, "invalid"),
        (app.api(Method::GET, "/webhooks?limit=0"), 422, "invalid"),
        (app.api(Method::GET, "/webhooks?zzz=1"), 400, "malformed"),
        (app.api(Method::GET, "/webhooks?limit=1&limit=2"), 400, "malformed"),
        (app.api(Method::GET, &format!("{log}?outcome=succeeded&status=500")), 422, "invalid"),
        (app.api(Method::GET, &format!("{log}?outcome=failed&status=204")), 422, "invalid"),
        (
            app.api(Method::GET, &format!("{log}?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z")),
            422,
            "invalid",
        ),
    ] {
        let response = request.send().await.unwrap();
        let address = response.url().clone();
        assert_eq!(response.status(), status, "{address}");
        assert_eq!(header(&response, "content-type"), "application/problem+json", "{address}");
        assert_eq!(header(&response, "allow").is_empty(), status != 405, "{address}");
        let problem = response.json_value().await;
        assert_eq!(problem["type"], format!("urn:clearhook:problem:{code}"), "{address}");
        assert_eq!(problem["status"], status, "{address}");
        let names_fields = status == 422 || address.query().is_some();
        assert_eq!(problem["errors"][0]["pointer"].is_string(), names_fields, "{problem}");
    }
    app.stop().await;
}

async fn response_in_another_media_type_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (path, accept, status) in [
        ("/webhooks", "application/json", 200),
        ("/webhooks", "application/*, text/html", 200),
        ("/webhooks", "*/*;q=0.1", 200),
        ("/webhooks", "application/xml", 406),
        ("/webhooks", "application/json;q=0", 406),
        ("/event-types/identity.created/schema", "application/schema+json", 200),
        ("/event-types/identity.created/schema", "application/json", 200),
        ("/event-types/identity.created/schema", "text/css", 406),
        ("/event-types.zip", "application/json", 406),
        ("/event-types.zip", "application/zip", 200),
    ] {
        let response = app.api(Method::GET, path).header("accept", accept).send().await.unwrap();
        assert_eq!(response.status(), status, "{path} {accept}");
    }
    // Nothing is done if its response is refused.
    let body = json!({ "name": "n", "url": "https://example.com/", "events": ["*"] });
    let refused = app
        .api(Method::POST, "/webhooks")
        .header("accept", "text/csv")
        .json_value(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 406);
    assert_eq!(app.get("/webhooks").await["items"], json!([]));
    app.stop().await;
}

async fn large_responses_without_credentials_are_compressed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let description = "a".repeat(1_900);
    let body = json!({ "name": "n", "url": "https://example.com/", "events": ["*"], "description": description });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201);
    let webhook = format!("/webhooks/{}", text(&webhook["id"]));
    for (path, accept, coding) in [
        ("/event-types", "gzip", "gzip"),
        ("/event-types", "gzip, br", "br"),
        ("/event-types", "br;q=0, gzip", "gzip"),
        ("/event-types", "identity", ""),
        ("/event-types", "", ""),
        ("/event-types/identity.created/schema", "gzip", "gzip"),
        ("/event-types.zip", "gzip", ""),
        ("/events", "gzip", ""),
        ("/webhooks", "gzip, br", ""),
        (&webhook, "gzip, br", ""),
    ] {
        let request = app.api(Method::GET, path);
        let request = if accept.is_empty() {
            request
        } else {
            request.header("accept-encoding", accept)
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-encoding"), coding, "{path} {accept}");
    }
    app.stop().await;
}

async fn harmless_request_id_is_kept(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let url = format!("{}/healthz", app.url);
    let sent = app.http.get(&url).header("x-request-id", "checkout-42").send().await.unwrap();
    assert_eq!(header(&sent, "x-request-id"), "checkout-42");
    for harmful in ["a b", "<script>", "\u{7f}x", &"x".repeat(200)] {
        let Ok(value) = reqwest::header::HeaderValue::from_str(harmful) else {
            continue;
        };
        let sent = app.http.get(&url).header("x-request-id", value).send().await.unwrap();
        assert!(uuid::Uuid::parse_str(&header(&sent, "x-request-id")).is_ok(), "{harmful}");
    }
    app.stop().await;
}

async fn key_that_sends_too_many_requests_waits(database: TestDatabase) {
    let app = TestApp::start_at(&database, |front| front.api_rate = NonZeroU32::new(3)).await;
    let mut statuses = Vec::new();
    let mut refused = None;
    for _ in 0..12 {
        let response = app.api(Method::GET, "/webhooks").send().await.unwrap();
        assert_eq!(header(&response, "ratelimit-policy"), "\"key\";q=3;w=1");
        assert!(header(&response, "ratelimit").starts_with("\"key\";r="));
        statuses.push(response.status().as_u16());
        if response.status() == 429 {
            refused = Some(response);
        }
    }
    let refused = refused.expect("12 requests in less than 3 seconds");
    assert_eq!(header(&refused, "retry-after"), "1");
    assert_eq!(header(&refused, "ratelimit"), "\"key\";r=0;t=1");
    assert!(text(&refused.json_value().await["type"]).ends_with("rate-limited"));
    assert!(statuses.iter().take(3).all(|status| *status == 200), "{statuses:?}");
    // The limit is that of keys: nobody is locked out of the document and the health checks.
    for path in ["/healthz", "/api/openapi.json"] {
        let response = app.http.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!((response.status().as_u16(), header(&response, "ratelimit").as_str()), (200, ""));
    }
    app.stop().await;
}

#[test]
fn every_route_that_creates_or_sends_honours_idempotency_keys() {
    let routes = clearhook::rest::routes();
    let not_once = [
        "/api/v1/deliveries/{id}/cancel",
        "/api/v1/webhooks/{id}/discard",
        "/api/v1/event-types/{type}/check",
        "/api/v1/configuration/compare",
        // What is erased already is not erased again.
        "/api/v1/erase",
    ];
    for row in routes.rows().iter().filter(|row| row.method == axum::http::Method::POST) {
        assert!(matches!(row.rule, Some(Rule::Key(_))), "{row:?}");
        let is_once = row.operation.as_ref().is_some_and(|operation| operation.is_once);
        assert_eq!(is_once, !not_once.contains(&row.path.as_str()), "{}", row.path);
    }
}
