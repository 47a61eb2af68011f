//! Invalid input over HTTP: each has its status and its message, and nothing is stored.

use base64::{Engine, engine::general_purpose::STANDARD};
use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::role::{Role, Scope},
    storage::audit::Actor,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, cloud_event},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! { invalid_event_is_rejected_and_not_stored api_requires_a_key invalid_webhook_is_rejected invalid_query_is_rejected malformed_request_is_rejected }

/// The status, and the code of the problem.
async fn refused(response: Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem = response.json_value().await;
    assert_eq!(problem["status"], status);
    let code = problem["type"]
        .as_str()
        .unwrap()
        .strip_prefix("urn:clearhook:problem:")
        .unwrap()
        .to_owned();
    (status, code, problem)
}

fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect()
}

async fn invalid_event_is_rejected_and_not_stored(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let post = async |media: &str, body: Vec<u8>| {
        let response = app
            .api(Method::POST, "/events")
            .header("content-type", media)
            .body(body)
            .send()
            .await
            .unwrap();
        refused(response).await
    };
    let structured = "application/cloudevents+json";
    let deep = format!(
        "{{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"identity.created\",\"data\":{}{}}}",
        "[".repeat(9_000),
        "]".repeat(9_000)
    );
    for (media, body, status, code) in [
        (structured, b"{".to_vec(), 400, "malformed"),
        (structured, b"{\"id\":\"\xff\"}".to_vec(), 400, "malformed"),
        (structured, deep.into_bytes(), 422, "invalid"),
        ("application/cloudevents-batch+json", b"{}".to_vec(), 400, "malformed"),
        ("application/json", b"{}".to_vec(), 415, "unsupported-media-type"),
        ("text/plain", b"{}".to_vec(), 415, "unsupported-media-type"),
        (structured, vec![b' '; 1024 * 1024 + 1], 413, "too-large"),
    ] {
        let (given, problem, _) = post(media, body).await;
        assert_eq!((given, problem.as_str()), (status, code), "{media}");
    }
    let mut unknown = cloud_event(BuiltIn::IdentityCreated, "1");
    unknown["type"] = json!("identity.exploded");
    let mut broken = cloud_event(BuiltIn::IdentityCreated, "2");
    broken["data"]["identity"]["email"] = json!("not an address");
    broken["data"]["identity"]["emial"] = json!("a@example.com");
    let mut bare = cloud_event(BuiltIn::IdentityCreated, "");
    bare["time"] = json!("yesterday");
    bare["specversion"] = json!("0.3");
    for (event, expected) in [
        (&unknown, vec!["/type"]),
        (&broken, vec!["/data/identity/email", "/data/identity/emial"]),
        (&bare, vec!["/id", "/specversion", "/time"]),
        (&json!({ "specversion": "1.0" }), vec!["/data", "/id", "/source", "/type"]),
    ] {
        let (status, code, problem) = refused(app.publish_raw(event).await).await;
        let mut found = pointers(&problem);
        found.sort_unstable();
        assert_eq!((status, code.as_str(), found), (422, "invalid", expected));
    }
    let batch = json!([cloud_event(BuiltIn::IdentityCreated, "good"), broken]);
    let (status, _, problem) = post("application/cloudevents-batch+json", batch.to_string().into_bytes()).await;
    assert_eq!(status, 422);
    assert!(pointers(&problem).iter().all(|pointer| pointer.starts_with("/1/data/identity/")));
    for table in ["events", "event_keys", "deliveries"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    app.stop().await;
}

async fn api_requires_a_key(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (revoked, record) = api_key::create(&app.store, &Actor::clearhook(), "revoked", Scope::ALL, None)
        .await
        .unwrap();
    assert!(app.store.revoke_api_key(&Actor::clearhook(), record.id).await.unwrap().is_some());
    let (reader, _) = api_key::create(&app.store, &Actor::clearhook(), "reader", &[Scope::WebhooksRead], None)
        .await
        .unwrap();
    let url = |path: &str| format!("{}/api/v1{path}", app.url);
    for path in ["/webhooks", "/event-types", "/webhooks/x/callbacks", "/callbacks/x"] {
        assert_eq!(refused(app.http.get(url(path)).send().await.unwrap()).await.0, 401, "{path}");
    }
    for key in ["chk_unknown", "", "Bearer", &revoked] {
        let response = app.http.get(url("/webhooks")).bearer_auth(key).send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(refused(response).await.0, 401, "{key}");
    }
    assert_eq!(
        app.http.get(url("/webhooks")).bearer_auth(&reader).send().await.unwrap().status(),
        200
    );
    // A key is accepted only as it is, and only as a bearer token (RFC 6750, section 2.1): a query is written to logs.
    for query in ["access_token", "api_key", "apikey", "key", "token", "authorization", "bearer_token"] {
        let response = app.http.get(url(&format!("/event-types?{query}={reader}"))).send().await.unwrap();
        assert_eq!(refused(response).await.0, 401, "{query}");
    }
    let basic = |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    for value in [
        basic(&reader, ""),
        basic("", &reader),
        basic("api", &reader),
        reader.clone(),
        format!("Token {reader}"),
        format!("ApiKey {reader}"),
        format!("Digest {reader}"),
        format!("Bearer{reader}"),
        format!("Bearer {}", reader.to_uppercase()),
        format!("Bearer {}", reader.replacen("chk_", "CHK_", 1)),
        format!("Bearer {}", reader.replacen("chk_", "", 1)),
        format!("Bearer {}", reader.replacen("chk_", "chk%5F", 1)),
        format!("Bearer {reader}="),
        format!("Bearer {reader}x"),
        format!("Bearer {}", &reader[..reader.len() - 1]),
        format!("Bearer \"{reader}\""),
        format!("Bearer {reader},{reader}"),
        format!("Bearer {reader} {reader}"),
        format!("Bearer Bearer {reader}"),
    ] {
        let response = app
            .http
            .get(url("/event-types"))
            .header("authorization", &value)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer", "{value}");
        assert_eq!(refused(response).await.0, 401, "{value}");
    }
    for header in ["x-api-key", "x-auth-token", "api-key", "proxy-authorization", "cookie"] {
        let value = if header == "cookie" {
            format!("key={reader}")
        } else {
            format!("Bearer {reader}")
        };
        let response = app.http.get(url("/event-types")).header(header, value).send().await.unwrap();
        assert_eq!(refused(response).await.0, 401, "{header}");
    }
    // The name of the scheme is case-insensitive (RFC 9110, section 11.1).
    for scheme in ["bearer", "BEARER"] {
        let request = app
            .http
            .get(url("/event-types"))
            .header("authorization", format!("{scheme} {reader}"));
        assert_eq!(request.send().await.unwrap().status(), 200, "{scheme}");
    }
    let event = cloud_event(BuiltIn::IdentityCreated, "1").to_string();
    let publish = app
        .http
        .post(url("/events"))
        .bearer_auth(&reader)
        .header("content-type", "application/cloudevents+json")
        .body(event);
    let (status, code, problem) = refused(publish.send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    assert!(problem["detail"].as_str().unwrap().contains("events:write"));
    assert_eq!(database.count("events").await, 0);
    app.stop().await;
}

async fn invalid_webhook_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let good = json!({ "name": "N", "url": "https://example.com/hook", "events": ["identity.created"] });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, pointer) in [
        (with("name", json!(" ")), "/name"),
        (with("description", json!("x".repeat(2_001))), "/description"),
        (with("url", json!("no url")), "/url"),
        (with("url", json!("https://user:pw@example.com/")), "/url"),
        (with("url", json!("https://169.254.169.254/latest/meta-data")), "/url"),
        (with("url", json!("https://[::1]/")), "/url"),
        (with("events", json!([])), "/events"),
        (with("events", json!(["identity.created", "nope"])), "/events/1"),
        (with("headers", json!([{ "name": "Host", "value": "x" }])), "/headers/0/name"),
        (
            with("headers", json!([{ "name": "X-A", "value": "a\r\nB: c" }])),
            "/headers/0/value",
        ),
        (with("owners", json!(["nobody"])), "/owners/0"),
        (with("secret", json!("short")), "/secret"),
        (with("colour", json!("red")), "/colour"),
        (with("name", json!(7)), "/name"),
    ] {
        let (status, _, problem) = refused(app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap()).await;
        assert_eq!((status, pointers(&problem)), (422, vec![pointer]), "{body}");
    }
    let text = app
        .api(Method::POST, "/webhooks")
        .header("content-type", "text/plain")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(refused(text).await.0, 415);
    let broken = app
        .api(Method::POST, "/webhooks")
        .header("content-type", "application/json")
        .body("{")
        .send()
        .await
        .unwrap();
    assert_eq!(refused(broken).await.0, 400);
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}

async fn invalid_query_is_rejected(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let log = format!("/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
    for (path, status) in [
        ("/webhooks?limit=0".to_owned(), 422),
        ("/webhooks?limit=201".to_owned(), 422),
        ("/webhooks?cursor=elsewhere".to_owned(), 422),
        ("/webhooks?event=nope".to_owned(), 422),
        ("/webhooks?colour=red".to_owned(), 400),
        ("/webhooks?limit=many".to_owned(), 400),
        (format!("{log}?from=yesterday"), 422),
        (format!("{log}?outcome=maybe"), 422),
        (format!("{log}?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z"), 422),
        (format!("{log}?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z"), 422),
        ("/webhooks/not-an-id".to_owned(), 404),
        ("/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05".to_owned(), 404),
        ("/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05/callbacks".to_owned(), 404),
        ("/callbacks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05".to_owned(), 404),
        ("/event-types/nope/schema".to_owned(), 404),
        ("/nowhere".to_owned(), 404),
    ] {
        assert_eq!(refused(app.api(Method::GET, &path).send().await.unwrap()).await.0, status, "{path}");
    }
    assert_eq!(refused(app.api(Method::PUT, "/webhooks").send().await.unwrap()).await.0, 405);
    app.stop().await;
}

async fn malformed_request_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let (entries, users) = (database.count("audit_log").await, database.count("users").await);
    let nested = format!("{{\"name\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    for (body, status) in [
        (nested.into_bytes(), 422),
        (b"{\"name\":\"\xff\xfe\"}".to_vec(), 400),
        (
            b"{\"name\":\"a\",\"name\":\"b\",\"url\":\"https://example.com/\",\"events\":[\"visit_event.created\"]}".to_vec(),
            422,
        ),
        (
            b"{\"name\":\"a\\u0000\",\"url\":\"https://example.com/\",\"events\":[\"visit_event.created\"]}".to_vec(),
            422,
        ),
    ] {
        let request = app
            .api(Method::POST, "/webhooks")
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(refused(request.send().await.unwrap()).await.0, status);
    }
    // Two keys are ambiguous.
    let twice = app.api(Method::GET, "/webhooks").bearer_auth(&app.key).send().await.unwrap();
    assert_eq!(refused(twice).await.0, 400);
    assert_eq!(refused(app.api(Method::GET, "/webhooks/%ff").send().await.unwrap()).await.0, 404);
    assert_eq!(app.page("/webhooks/%ff", &cookie).await.status(), 404);
    // Null characters cannot be stored, so a search for them is rejected.
    assert_eq!(refused(app.api(Method::GET, "/webhooks?q=%00").send().await.unwrap()).await.0, 400);
    for (path, status) in [
        ("/api-keys?q=%00", 400),
        ("/audit-log?actor=%00", 400),
        ("/users?after=nonsense", 200),
        ("/audit-log?after=%ff&entry=x", 200),
    ] {
        assert_eq!(app.page(path, &cookie).await.status(), status, "{path}");
    }
    let post = async |media: &str, body: Vec<u8>| {
        let request = app.http.post(format!("{}/users/new", app.url)).header("cookie", &cookie);
        let request = request.header("sec-fetch-site", "same-origin").header("content-type", media);
        request.body(body).send().await.unwrap().status().as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    for (media, body, status) in [
        ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415),
        ("text/plain", b"email=a@example.com&role=api-owner".to_vec(), 415),
        (form, b"email=%ff%fe&role=api-owner".to_vec(), 422),
        (form, b"email=a%00@example.com&role=api-owner".to_vec(), 400),
        (form, b"email=a@example.com&email=&role=api-owner".to_vec(), 400),
        (form, b"".to_vec(), 422),
    ] {
        assert_eq!(post(media, body).await, status, "{media}");
    }
    assert_eq!((database.count("audit_log").await, database.count("users").await), (entries, users));
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}
