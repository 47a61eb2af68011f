//! Users, API keys and the audit log through the HTTP API, which need the scope `admin`.

use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::role::{Role, Scope},
    storage::audit::Actor,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, quick},
    database::TestDatabase,
    on_both,
};

on_both! {
    users_are_created_changed_and_reset
    last_administrator_cannot_be_removed
    stale_changes_of_users_are_refused
    api_keys_are_created_listed_and_revoked
    admin_is_implied_by_no_scope_and_implies_none
    audit_log_is_listed_and_exported_with_the_key_as_actor
    unusable_accounts_and_keys_are_refused_with_the_field
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

async fn ask(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut request = app.api(method, path);
    if let Some(body) = body {
        request = request.json_value(&body);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let answer = if status == StatusCode::NO_CONTENT {
        Value::Null
    } else {
        response.json_value().await
    };
    (status.as_u16(), answer)
}

/// Whether this password is accepted at sign-in.
async fn signs_in(app: &TestApp, email: &str, password: &str) -> bool {
    let response = app.form("/sign-in", "", &[("email", email), ("password", password)]).await;
    response.status() == 303
}

async fn users_are_created_changed_and_reset(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let response = app
        .api(Method::POST, "/users")
        .json_value(&json!({ "email": "Owner@Example.com", "role": "api-owner" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let created = response.json_value().await;
    let (id, password) = (text(&created, "id").to_owned(), text(&created, "password").to_owned());
    assert_eq!(location, format!("/api/v1/users/{id}"));
    assert_eq!(
        (&created["email"], &created["role"], &created["enabled"]),
        (&json!("owner@example.com"), &json!("api-owner"), &json!(true))
    );
    assert!(signs_in(&app, "owner@example.com", &password).await);
    let path = format!("/users/{id}");
    // The password is shown once.
    let read = app.get(&path).await;
    assert!(read.get("password").is_none(), "{read}");
    let (status, given) = ask(
        &app,
        Method::POST,
        "/users",
        Some(json!({ "email": "second@example.com", "role": "administrator", "password": "correct horse battery" })),
    )
    .await;
    assert_eq!((status, &given["password"]), (201, &json!(null)));

    let (status, changed) = ask(&app, Method::PATCH, &path, Some(json!({ "role": "administrator" }))).await;
    assert_eq!((status, text(&changed, "role")), (200, "administrator"));
    let (status, changed) = ask(&app, Method::PATCH, &path, Some(json!({ "enabled": false }))).await;
    assert_eq!((status, &changed["enabled"]), (200, &json!(false)));
    assert!(changed["disabled_at"].is_string());
    assert!(!signs_in(&app, "owner@example.com", &password).await);
    let (status, changed) = ask(&app, Method::PATCH, &path, Some(json!({ "enabled": true, "role": "api-owner" }))).await;
    assert_eq!(
        (status, &changed["enabled"], text(&changed, "role")),
        (200, &json!(true), "api-owner")
    );
    assert_eq!(ask(&app, Method::PATCH, &path, Some(json!({}))).await.0, 200);

    let (status, reset) = ask(&app, Method::POST, &format!("{path}/password/reset"), None).await;
    assert_eq!(status, 200);
    let new = text(&reset, "password");
    assert!(new != password && signs_in(&app, "owner@example.com", new).await);
    let (status, reset) = ask(
        &app,
        Method::POST,
        &format!("{path}/password/reset"),
        Some(json!({ "password": "another long password" })),
    )
    .await;
    assert_eq!((status, &reset["password"]), (200, &json!(null)));
    let (status, problem) = ask(&app, Method::POST, &format!("{path}/second-factor/reset"), None).await;
    assert_eq!(status, 409, "the user has none: {problem}");

    let list = app.get("/users").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    let found = app.get("/users?q=OWNER").await;
    assert_eq!(found["items"][0], app.get(&path).await);
    app.stop().await;
}

async fn last_administrator_cannot_be_removed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let admin = app.get("/users").await["items"][0].clone();
    let path = format!("/users/{}", text(&admin, "id"));
    for patch in [
        json!({ "enabled": false }),
        json!({ "role": "api-owner" }),
        json!({ "role": "api-owner", "enabled": false }),
        json!({ "role": "administrator", "enabled": false }),
    ] {
        let (status, problem) = ask(&app, Method::PATCH, &path, Some(patch.clone())).await;
        assert_eq!(status, 409, "{patch}: {problem}");
        assert_eq!(app.get(&path).await, admin);
    }
    app.stop().await;
}

async fn stale_changes_of_users_are_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let created = app
        .api(Method::POST, "/users")
        .json_value(&json!({ "email": "owner@example.com", "role": "api-owner" }))
        .send()
        .await
        .unwrap();
    let first = created.headers()["etag"].to_str().unwrap().to_owned();
    let path = format!("/users/{}", text(&created.json_value().await, "id"));
    let patch = async |tag: &str, body: Value| {
        let request = app.api(Method::PATCH, &path).header("if-match", tag).json_value(&body);
        let response = request.send().await.unwrap();
        let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        (response.status().as_u16(), tag.unwrap_or_default())
    };
    // Both changes of one request are of the version that was read.
    let (status, second) = patch(&first, json!({ "role": "administrator", "enabled": false })).await;
    assert_eq!(status, 200);
    assert_eq!(patch(&first, json!({ "enabled": true })).await.0, 412);
    assert_eq!(app.get(&path).await["enabled"], false);
    let (status, third) = patch(&second, json!({ "enabled": true })).await;
    assert_eq!(status, 200);
    assert_eq!(patch("*", json!({ "role": "api-owner" })).await.0, 200);
    assert_eq!(patch(&third, json!({ "role": "administrator" })).await.0, 412);
    app.stop().await;
}

async fn api_keys_are_created_listed_and_revoked(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (status, created) = ask(
        &app,
        Method::POST,
        "/api-keys",
        Some(json!({ "name": "Billing", "scopes": ["webhooks:read", "callbacks:read", "webhooks:read"], "expires_at": "2099-01-01T00:00:00Z" })),
    )
    .await;
    assert_eq!(status, 201, "{created}");
    let key = text(&created, "key").to_owned();
    assert!(key.starts_with("chk_") && key.starts_with(text(&created, "prefix")));
    assert_eq!(created["scopes"], json!(["webhooks:read", "callbacks:read"]));
    let path = format!("/api-keys/{}", text(&created, "id"));
    let read = app.get(&path).await;
    assert!(read.get("key").is_none() && read["revoked_at"].is_null(), "{read}");
    let use_it = async || {
        app.http
            .get(format!("{}/api/v1/webhooks", app.url))
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(use_it().await, 200);
    assert_eq!(app.get("/api-keys?q=billing").await["items"][0]["id"], created["id"]);
    assert_eq!(ask(&app, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(use_it().await, 401);
    assert!(app.get(&path).await["revoked_at"].is_string());
    assert_eq!(ask(&app, Method::DELETE, &path, None).await.0, 404, "it is already revoked");
    app.stop().await;
}

async fn admin_is_implied_by_no_scope_and_implies_none(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let key = async |scopes: &[Scope]| {
        api_key::create(&app.store, &Actor::clearhook(), "key", scopes, None)
            .await
            .unwrap()
            .0
    };
    let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Admin).collect();
    let (admin, others) = (key(&[Scope::Admin]).await, key(&others).await);
    let status = async |key: &str, method: Method, path: &str| {
        let request = app
            .http
            .request(method.clone(), format!("{}/api/v1{path}", app.url))
            .bearer_auth(key);
        let request = if method == Method::POST {
            request.json_value(&json!({ "name": "x", "scopes": ["admin"] }))
        } else {
            request
        };
        request.send().await.unwrap().status().as_u16()
    };
    for path in ["/users", "/api-keys", "/audit", "/audit/export"] {
        assert_eq!(
            (status(&admin, Method::GET, path).await, status(&others, Method::GET, path).await),
            (200, 403),
            "{path}"
        );
    }
    // Only with `admin` can a key grant scopes to others.
    assert_eq!(status(&others, Method::POST, "/api-keys").await, 403);
    assert_eq!(status(&admin, Method::POST, "/api-keys").await, 201);
    for path in [
        "/webhooks",
        "/callbacks",
        "/deliveries",
        "/events",
        "/stats",
        "/callbacks/export",
        "/callbacks/live",
    ] {
        assert_eq!(
            (status(&admin, Method::GET, path).await, status(&others, Method::GET, path).await),
            (403, 200),
            "{path}"
        );
    }
    app.stop().await;
}

async fn audit_log_is_listed_and_exported_with_the_key_as_actor(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let (_, user) = ask(
        &app,
        Method::POST,
        "/users",
        Some(json!({ "email": "a@example.com", "role": "administrator" })),
    )
    .await;
    ask(
        &app,
        Method::POST,
        "/users",
        Some(json!({ "email": "b@example.com", "role": "administrator" })),
    )
    .await;
    let path = format!("/users/{}", text(&user, "id"));
    ask(&app, Method::PATCH, &path, Some(json!({ "role": "api-owner" }))).await;
    ask(&app, Method::PATCH, &path, Some(json!({ "enabled": false }))).await;
    ask(&app, Method::PATCH, &path, Some(json!({ "enabled": true }))).await;
    ask(&app, Method::POST, &format!("{path}/password/reset"), None).await;
    let (_, key) = ask(&app, Method::POST, "/api-keys", Some(json!({ "name": "K", "scopes": ["admin"] }))).await;
    ask(&app, Method::DELETE, &format!("/api-keys/{}", text(&key, "id")), None).await;
    let all = app.get("/audit").await;
    let items = all["items"].as_array().unwrap();
    let actions: Vec<_> = items.iter().map(|entry| text(entry, "action")).take(9).collect();
    assert_eq!(
        actions,
        [
            "api_key.revoked",
            "api_key.created",
            "user.password_reset",
            "user.enabled",
            "user.disabled",
            "user.role_changed",
            "user.created",
            "user.created",
            "webhook.created"
        ]
    );
    for entry in &items[..9] {
        assert_eq!(
            (text(entry, "actor_kind"), text(entry, "actor"), text(entry, "address")),
            ("api_key", "tests", "127.0.0.1"),
            "{entry}"
        );
    }
    // Neither the key nor a password is in it.
    for secret in [text(&key, "key"), text(&user, "password")] {
        assert!(!all.to_string().contains(secret), "{all}");
    }
    assert_eq!(app.get(&format!("/audit/{}", text(&items[0], "id"))).await, items[0]);
    for (query, count) in [
        ("kind=user", 6),
        ("kind=api_key&action=api_key.revoked", 1),
        ("actor=TESTS&kind=user", 6),
        ("actor=nobody", 0),
        ("object=a%40example", 5),
        (&format!("object={}", text(&webhook, "id")), 1),
        ("to=2020-01-01T00:00:00Z", 0),
        ("from=2020-01-01T00:00:00Z&action=user.created", 2),
    ] {
        let found = app.get(&format!("/audit?{query}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}: {found}");
        let file = app
            .api(Method::GET, &format!("/audit/export?format=jsonl&{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"audit-log.jsonl\"");
        let file = file.text().await.unwrap();
        let rows: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(json!(rows), found["items"], "{query}");
    }
    let file = app.api(Method::GET, "/audit/export").send().await.unwrap().text().await.unwrap();
    assert!(file.starts_with("time,actor_kind,") && file.lines().count() > 9, "{file}");
    app.stop().await;
}

#[allow(clippy::too_many_lines, reason = "a table of refusals")]
async fn unusable_accounts_and_keys_are_refused_with_the_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let admin = app.get("/users").await["items"][0].clone();
    let user = format!("/users/{}", text(&admin, "id"));
    let unknown = "01890000-0000-7000-8000-000000000000";
    for (method, path, body, status, pointer) in [
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "x", "role": "api-owner" }),
            422,
            "/email",
        ),
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "", "role": "api-owner" }),
            422,
            "/email",
        ),
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "ADMIN@example.com", "role": "api-owner" }),
            422,
            "/email",
        ),
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "x@example.com", "role": "king" }),
            422,
            "/role",
        ),
        (Method::POST, "/users".to_owned(), json!({ "email": "x@example.com" }), 422, "/role"),
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "x@example.com", "role": "api-owner", "password": "short" }),
            422,
            "/password",
        ),
        (
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "x@example.com", "role": "api-owner", "admin": true }),
            422,
            "/admin",
        ),
        (Method::PATCH, user.clone(), json!({ "role": "king" }), 422, "/role"),
        (Method::PATCH, user.clone(), json!({ "email": "x@example.com" }), 422, "/email"),
        (Method::PATCH, user.clone(), json!({ "enabled": "no" }), 422, "/enabled"),
        (
            Method::POST,
            format!("{user}/password/reset"),
            json!({ "password": "password1234" }),
            422,
            "/password",
        ),
        (Method::PATCH, format!("/users/{unknown}"), json!({ "enabled": true }), 404, ""),
        (Method::POST, format!("/users/{unknown}/password/reset"), json!({}), 404, ""),
        (
            Method::POST,
            "/api-keys".to_owned(),
            json!({ "name": "", "scopes": ["admin"] }),
            422,
            "/name",
        ),
        (
            Method::POST,
            "/api-keys".to_owned(),
            json!({ "name": "x", "scopes": [] }),
            422,
            "/scopes",
        ),
        (
            Method::POST,
            "/api-keys".to_owned(),
            json!({ "name": "x", "scopes": ["admin", "all"] }),
            422,
            "/scopes/1",
        ),
        (
            Method::POST,
            "/api-keys".to_owned(),
            json!({ "name": "x", "scopes": "admin" }),
            422,
            "/scopes",
        ),
        (
            Method::POST,
            "/api-keys".to_owned(),
            json!({ "name": "x", "scopes": ["admin"], "expires_at": "soon" }),
            422,
            "/expires_at",
        ),
        (
            Method::POST,
            "/api-keys".to_owned(),
            json!({ "name": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z" }),
            422,
            "/expires_at",
        ),
        (Method::POST, "/api-keys".to_owned(), json!({ "name": "x" }), 422, "/scopes"),
        (Method::DELETE, format!("/api-keys/{unknown}"), json!({}), 404, ""),
        (Method::GET, format!("/audit/{unknown}"), json!({}), 404, ""),
    ] {
        let sent = (method != Method::GET && method != Method::DELETE).then(|| body.clone());
        let (answer, problem) = ask(&app, method, &path, sent).await;
        assert_eq!(answer, status, "{path} {body}: {problem}");
        if !pointer.is_empty() {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{path} {body}: {problem}");
        }
    }
    assert_eq!(app.get("/users").await["items"], json!([admin]));
    app.stop().await;
}
