//! Server functions of the console: calls of islands and programs, and plain forms, with the same rules.

use clearhook::{catalogue::BuiltIn, domain::role::Role, routes::Rule, web};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{app::TestApp, database::TestDatabase, on_both, receiver::Receiver};

on_both! {
    every_server_function_is_a_route_with_a_rule a_call_gets_json_and_a_form_the_next_page an_error_of_a_call_has_a_status_and_a_kind
    an_error_of_a_form_is_never_in_an_address calls_have_the_limits_of_forms parameters_of_the_path_replace_fields
    a_single_field_is_sent_once a_log_fragment_has_the_rows_and_nothing_to_hydrate a_redelivery_and_a_test_wait_for_their_callback
    fields_are_checked_by_the_rules_of_the_server
}

const HTML: &str = "text/html,application/xhtml+xml";
const JSON: &str = "application/json";
const NONE: &str = "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05";

fn with_form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

async fn post(app: &TestApp, path: &str, cookie: &str, accept: &str, fields: &[(&str, &str)]) -> Response {
    let request = with_form(app.http.post(format!("{}{path}", app.url)), fields);
    let request = request.header("sec-fetch-site", "same-origin").header("accept", accept);
    request.header("cookie", cookie).send().await.unwrap()
}

/// Status and JSON of a call.
async fn call(app: &TestApp, function: &str, cookie: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let response = post(app, &format!("/fn/{function}"), cookie, JSON, fields).await;
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{function}: {status} {text}"));
    (status, json)
}

fn id_of(webhook: &Value) -> &str {
    webhook["id"].as_str().unwrap()
}

async fn every_server_function_is_a_route_with_a_rule(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, rows) = web::routes(&app.state).into_parts();
    let functions: Vec<_> = server_fn_paths().collect();
    assert!(functions.len() >= 7, "{functions:?}");
    for (path, method) in functions {
        let row = rows.iter().find(|row| row.path == path && row.method == method);
        let rule = row.unwrap_or_else(|| panic!("{method} {path} is not a route")).rule;
        assert!(
            path.starts_with("/fn/") && matches!(rule, Some(Rule::Session(_) | Rule::Guest)),
            "{path}: {rule:?}"
        );
    }
    app.stop().await;
}

async fn a_call_gets_json_and_a_form_the_next_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let id = id_of(&webhook);
    let (status, changed) = call(&app, "set_webhook_enabled", &cookie, &[("id", id), ("enabled", "false")]).await;
    assert_eq!((status, &changed["enabled"]), (200, &json!(false)));
    assert!(changed["message"].as_str().unwrap().contains("is disabled"), "{changed}");
    assert_eq!(app.get(&format!("/webhooks/{id}")).await["enabled"], false);
    for path in ["/fn/set_webhook_enabled", "/webhooks"] {
        let response = post(&app, path, &cookie, HTML, &[("id", id), ("enabled", "true")]).await;
        let to = response.headers()["location"].to_str().unwrap();
        assert_eq!(
            (response.status().as_u16(), to),
            (303, format!("/webhooks?switched={id}#webhook-{id}").as_str()),
            "{path}"
        );
    }
    assert_eq!(app.get(&format!("/webhooks/{id}")).await["enabled"], true);
    app.stop().await;
}

async fn an_error_of_a_call_has_a_status_and_a_kind(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let id = id_of(&webhook);
    for missing in [NONE, "none"] {
        let answer = call(&app, "set_webhook_enabled", &cookie, &[("id", missing), ("enabled", "true")]).await;
        assert_eq!(answer, (404, json!("NotFound")), "{missing}");
    }
    assert_eq!(call(&app, "set_webhook_enabled", "", &[]).await, (401, json!("SignedOut")));
    let answer = call(&app, "log_fragment", &owner, &[("webhook", id), ("query", "")]).await;
    assert_eq!(answer, (404, json!("NotFound")), "another owner's webhook");
    let (status, answer) = call(&app, "set_webhook_enabled", &cookie, &[("id", id)]).await;
    assert!(status == 400 && answer["Malformed"]["detail"].is_string(), "{status} {answer}");
    let (status, answer) = call(
        &app,
        "save_webhook",
        &cookie,
        &[("form[name]", ""), ("form[url]", "ftp://example.com/")],
    )
    .await;
    assert_eq!(
        (status, &answer["Invalid"]["errors"][0]["field"]),
        (422, &json!("name")),
        "{answer}"
    );
    app.form("/webhooks", &cookie, &[("id", id), ("enabled", "false")]).await;
    let (status, answer) = call(&app, "send_test_event", &cookie, &[("id", id)]).await;
    assert!(status == 409 && answer["Conflict"]["reason"].is_string(), "{status} {answer}");
    app.stop().await;
}

async fn an_error_of_a_form_is_never_in_an_address(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let typed = [("name", "Typed by Ann"), ("url", "ftp://example.com/"), ("intent", "save")];
    for path in ["/webhooks/new", "/fn/save_webhook"] {
        let response = post(&app, path, &cookie, HTML, &typed).await;
        assert_eq!(
            (response.status().as_u16(), response.headers().get("location")),
            (422, None),
            "{path}"
        );
        let html = response.text().await.unwrap();
        assert!(
            html.contains("value=\"Typed by Ann\"") && html.contains("id=\"url-error\""),
            "{path}: {html}"
        );
    }
    for function in ["log_fragment", "generate_secret", "send_test_event"] {
        let response = post(&app, &format!("/fn/{function}"), &cookie, HTML, &[("id", NONE)]).await;
        assert_eq!(response.headers().get("location"), None, "{function}");
    }
    app.stop().await;
}

async fn calls_have_the_limits_of_forms(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let url = format!("{}/fn/generate_secret", app.url);
    let request = || app.http.post(&url).header("cookie", &cookie).header("accept", JSON);
    let status = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    let own = || request().header("sec-fetch-site", "same-origin");
    let large = "x".repeat(300_000);
    assert_eq!(status(with_form(own(), &[("a", "b")])).await, 200);
    assert_eq!(
        status(with_form(request().header("sec-fetch-site", "cross-site"), &[("a", "b")])).await,
        403
    );
    assert_eq!(status(own().header("content-type", "text/plain").body("a=b")).await, 415);
    assert_eq!(status(with_form(own(), &[("a", &large)])).await, 413);
    assert_eq!(status(with_form(own(), &[("a", "\0")])).await, 400);
    assert_eq!(status(app.http.get(&url).header("cookie", &cookie)).await, 405);
    app.stop().await;
}

async fn parameters_of_the_path_replace_fields(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let [one, other] = [
        app.webhook("https://example.com/1", &[BuiltIn::VisitEventCreated]).await,
        app.webhook("https://example.com/2", &[BuiltIn::VisitEventCreated]).await,
    ];
    let path = format!("/webhooks/{}", id_of(&one));
    let fields = [("id", id_of(&other)), ("intent", "delete"), ("confirm", "Test")];
    assert_eq!(post(&app, &path, &cookie, HTML, &fields).await.status(), 303);
    assert_eq!(app.page(&path, &cookie).await.status(), 404);
    assert_eq!(app.page(&format!("/webhooks/{}", id_of(&other)), &cookie).await.status(), 200);
    app.stop().await;
}

async fn a_single_field_is_sent_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for twice in ["name", "url", "intent", "seen", "enabled", "secret", "rate_limit-burst"] {
        let fields = [(twice, "1"), (twice, "1")];
        let response = post(&app, "/webhooks/new", &cookie, JSON, &fields).await;
        assert_eq!(response.status(), 400, "{twice}");
        let text = response.text().await.unwrap();
        assert!(text.contains(&format!("`{twice}`")), "{text}");
    }
    assert_eq!(
        post(&app, "/webhooks/new", &cookie, HTML, &[("intent", "explode")]).await.status(),
        400
    );
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}

async fn a_log_fragment_has_the_rows_and_nothing_to_hydrate(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let fields = [("webhook", id_of(&webhook)), ("query", "range=7d&callback=none&after=x&unknown=1")];
    let (status, empty) = call(&app, "log_fragment", &cookie, &fields).await;
    assert_eq!((status, empty["html"].as_str()), (200, Some("")));
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let french = format!("{cookie}; lang=fr");
    let (_, fragment) = call(&app, "log_fragment", &french, &fields).await;
    assert_eq!(fragment["followed"]["since"], row["id"]);
    let html = fragment["html"].as_str().unwrap();
    for part in [
        "id=\"logs\"",
        "id=\"log-rows\"",
        "202 Accepted",
        "Visite prévue créée",
        "range=7d&amp;callback=",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("leptos-island"), "{html}");
    // It comes with every callback, so it is compressed.
    let request = app.http.post(format!("{}/fn/log_fragment", app.url));
    let request = request
        .header("cookie", &cookie)
        .header("accept", JSON)
        .header("accept-encoding", "gzip");
    let response = with_form(request.header("sec-fetch-site", "same-origin"), &fields)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let compressed = response.bytes().await.unwrap().len();
    assert!(compressed < html.len() / 2, "{compressed} of {} bytes", html.len());
    app.stop().await;
}

async fn a_redelivery_and_a_test_wait_for_their_callback(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let id = id_of(&webhook);
    assert_eq!(call(&app, "send_test_event", &cookie, &[("id", id)]).await, (200, Value::Null));
    let first = app.log(&webhook, 1).await.remove(0)["id"].as_str().unwrap().to_owned();
    let (status, redelivered) = call(&app, "redeliver", &cookie, &[("id", id), ("callback", &first)]).await;
    let newest = app.log(&webhook, 2).await.remove(0);
    assert_eq!((status, &redelivered["Logged"]), (200, &newest["id"]));
    let other = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let fields = [("id", id_of(&other)), ("callback", first.as_str())];
    assert_eq!(call(&app, "redeliver", &cookie, &fields).await, (404, json!("NotFound")));
    app.stop().await;
}

async fn fields_are_checked_by_the_rules_of_the_server(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let check = async |field: &str, value: &str| call(&app, "check_webhook_field", &cookie, &[("field", field), ("value", value)]).await;
    let user = app
        .store
        .user_by_email("admin@example.com")
        .await
        .unwrap()
        .unwrap()
        .0
        .id
        .to_string();
    for (field, value) in [("url", "https://example.com/"), ("owner", user.as_str())] {
        assert_eq!(check(field, value).await, (200, Value::Null), "{field} {value}");
    }
    for (field, value) in [
        ("url", "https://169.254.169.254/latest"),
        ("url", "ftp://example.com/"),
        ("owner", NONE),
        ("owner", "x"),
    ] {
        let (status, wrong) = check(field, value).await;
        assert!(status == 200 && wrong.is_string(), "{field} {value}: {status} {wrong}");
    }
    assert_eq!(check("name", "").await.0, 400);
    let (status, secret) = call(&app, "generate_secret", &cookie, &[]).await;
    assert!(status == 200 && secret.as_str().unwrap().starts_with("whsec_"), "{secret}");
    app.stop().await;
}
