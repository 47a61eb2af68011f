//! Enabling and disabling a webhook: only its columns are written, and deliveries are held meanwhile.

use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::role::{Role, Scope},
    storage::audit::{Actor, AuditFilter},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    html::{Page, inside, text_of},
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    enable_switch_keeps_concurrent_changes enable_switch_writes_only_its_columns enabling_clears_earlier_failures
    write_only_key_gets_no_webhook_in_the_response disabled_webhook_shows_reason_time_and_remedy
}

async fn patch(app: &TestApp, path: &str, change: &Value) -> u16 {
    app.api(Method::PATCH, path)
        .json_value(change)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

fn path_of(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn enable_switch_keeps_concurrent_changes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let (path, id) = (path_of(&webhook), webhook["id"].as_str().unwrap().to_owned());
    for round in 0..10 {
        let enabled = round % 2 == 1;
        let mut changes = JoinSet::new();
        for change in [
            json!({ "enabled": enabled }),
            json!({ "name": format!("Name {round}") }),
            json!({ "rate_limit": { "per_second": round + 1, "burst": 1 }, "ordered": !enabled }),
            json!({ "headers": [{ "name": "X-Round", "value": round.to_string() }] }),
        ] {
            let request = app.api(Method::PATCH, &path).json_value(&change);
            changes.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        // And somebody presses the button of the list at the same moment.
        let word = if enabled { "true" } else { "false" };
        let pressed = app.form("/webhooks", &cookie, &[("id", &id), ("enabled", word)]).await;
        assert_eq!(pressed.status(), 303);
        assert_eq!(changes.join_all().await, [200; 4]);
        let now = app.get(&path).await;
        assert_eq!(now["enabled"], enabled, "{round}");
        assert_eq!(now["name"], format!("Name {round}"));
        assert_eq!(
            (&now["rate_limit"]["per_second"], &now["ordered"]),
            (&json!(round + 1), &json!(!enabled))
        );
        assert_eq!(now["headers"][0]["value"], round.to_string());
    }
    app.stop().await;
}

async fn enable_switch_writes_only_its_columns(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let path = path_of(&webhook);
    // Past the product: values that no rewriting of the whole row would leave.
    database
        .execute(
            "UPDATE webhooks SET url = 'http://10.0.0.1/not-permitted', search = 'planted', first_event = 'planted', failing_since = 5",
        )
        .await;
    database.execute("DELETE FROM webhook_events").await;
    assert_eq!(patch(&app, &path, &json!({ "enabled": false })).await, 200);
    let untouched = "webhooks WHERE url = 'http://10.0.0.1/not-permitted' AND search = 'planted' AND first_event = 'planted'";
    assert_eq!(
        database.count(&format!("{untouched} AND NOT enabled AND failing_since = 5")).await,
        1
    );
    let entry = app.store.audit_log(&AuditFilter::default(), None, 1).await.unwrap().items.remove(0);
    assert_eq!(
        (entry.action.as_str(), entry.before, entry.after),
        (
            "webhook.disabled",
            Some(json!({ "enabled": true })),
            Some(json!({ "enabled": false }))
        )
    );
    // The same once more is no change.
    let (entries, before) = (database.count("audit_log").await, app.get(&path).await);
    assert_eq!(patch(&app, &path, &json!({ "enabled": false })).await, 200);
    assert_eq!((database.count("audit_log").await, app.get(&path).await), (entries, before));
    assert_eq!(patch(&app, &path, &json!({ "enabled": true })).await, 200);
    assert_eq!(
        database.count(&format!("{untouched} AND enabled AND failing_since IS NULL")).await,
        1
    );
    assert_eq!(
        patch(&app, "/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05", &json!({ "enabled": true })).await,
        404
    );
    app.stop().await;
}

async fn enabling_clears_earlier_failures(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let (path, id) = (path_of(&webhook), webhook["id"].as_str().unwrap());
    let fields = [
        ("name", "Test"),
        ("url", "https://example.com/"),
        ("events", "identity.created"),
        ("enabled", "true"),
    ];
    let reset = "webhooks WHERE enabled AND disabled_reason IS NULL AND failing_since IS NULL AND exhausted_deliveries = 0 AND exhausted_since IS NULL";
    for way in 0..4 {
        database
            .execute(
                "UPDATE webhooks SET enabled = FALSE, disabled_reason = 'Planted.', failing_since = 1, exhausted_deliveries = 9, exhausted_since = 1",
            )
            .await;
        let status = match way {
            0 => patch(&app, &path, &json!({ "enabled": true })).await,
            1 => patch(&app, &path, &json!({ "enabled": true, "name": "Test" })).await,
            2 => app
                .form("/webhooks", &cookie, &[("id", id), ("enabled", "true")])
                .await
                .status()
                .as_u16(),
            _ => app.form(&path, &cookie, &fields).await.status().as_u16(),
        };
        assert!(status < 400, "{way}: {status}");
        assert_eq!(database.count(reset).await, 1, "{way}");
    }
    // What happens while it is enabled is not forgotten by a change of something else.
    database
        .execute("UPDATE webhooks SET failing_since = 1, exhausted_deliveries = 2, exhausted_since = 1")
        .await;
    assert_eq!(patch(&app, &path, &json!({ "name": "Other", "enabled": true })).await, 200);
    assert_eq!(patch(&app, &path, &json!({ "enabled": true })).await, 200);
    assert_eq!(
        database
            .count("webhooks WHERE failing_since = 1 AND exhausted_deliveries = 2 AND exhausted_since = 1")
            .await,
        1
    );
    app.stop().await;
}

async fn write_only_key_gets_no_webhook_in_the_response(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let body = json!({ "name": "Planted", "url": "https://planted.example/", "events": ["visit_event.created"], "headers": [{ "name": "X-A", "value": "planted" }] });
    let (_, webhook) = app.post("/webhooks", &body).await;
    let path = path_of(&webhook);
    let key = async |scopes: &[Scope]| api_key::create(&app.store, &Actor::clearhook(), "k", scopes, None).await.unwrap().0;
    let (writer, both) = (
        key(&[Scope::WebhooksWrite]).await,
        key(&[Scope::WebhooksWrite, Scope::WebhooksRead]).await,
    );
    let change = async |key: &str, change: Value| {
        let request = app
            .http
            .patch(format!("{}/api/v1{path}", app.url))
            .bearer_auth(key)
            .json_value(&change);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    for asked in [
        json!({}),
        json!({ "enabled": false }),
        json!({ "enabled": false }),
        json!({ "name": "Renamed" }),
    ] {
        assert_eq!(change(&writer, asked.clone()).await, (204, String::new()), "{asked}");
    }
    let now = app.get(&path).await;
    assert_eq!((&now["name"], &now["enabled"]), (&json!("Renamed"), &json!(false)));
    for asked in [json!({}), json!({ "enabled": true }), json!({ "name": "Again" })] {
        let (status, answer) = change(&both, asked).await;
        assert!(status == 200 && answer.contains("https://planted.example/"), "{answer}");
    }
    // What else a writer may do says nothing of what is stored either.
    for (method, path, body, most) in [
        (Method::POST, format!("{path}/test"), json!({}), vec!["delivery_id"]),
        (
            Method::POST,
            format!("{path}/recover"),
            json!({ "since": "2026-01-01T00:00:00Z" }),
            vec!["deliveries"],
        ),
        (
            Method::POST,
            format!("{path}/secret/rotate"),
            json!({}),
            vec!["old_secret_until", "secret"],
        ),
    ] {
        let request = app.http.request(method, format!("{}/api/v1{path}", app.url)).bearer_auth(&writer);
        let response = request.json_value(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        let mut fields: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, most, "{path}");
    }
    assert_eq!(
        app.http
            .get(format!("{}/api/v1{path}", app.url))
            .bearer_auth(&writer)
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    app.stop().await;
}

async fn disabled_webhook_shows_reason_time_and_remedy(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(410)]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app
        .store
        .users()
        .await
        .unwrap()
        .into_iter()
        .find(|user| user.role == Role::ApiOwner)
        .unwrap()
        .id;
    let body = json!({ "name": "Gone", "url": receiver.url, "events": ["identity.created"], "owners": [id] });
    let (_, webhook) = app.post("/webhooks", &body).await;
    let path = path_of(&webhook);
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.publish(BuiltIn::IdentityCreated, "3").await;
    app.deliveries(&database, "held", 2).await;
    let page = async |path: &str, cookie: &str| app.page(path, cookie).await.text().await.unwrap();
    let reason = "410";
    for shown in [page(&path, &cookie).await, page(&path, &owner).await] {
        let page = Page::of(&shown);
        let notice = page.one("[id=given-up]");
        assert_eq!(inside(notice, "time").len(), 1);
        let notice = text_of(notice);
        for part in [
            "clearhook disabled this webhook.",
            reason,
            "2 deliveries held while disabled.",
            "enable the webhook",
        ] {
            assert!(notice.contains(part), "{part}: {notice}");
        }
    }
    assert!(page(&path, &cookie).await.contains("value=\"enable\""));
    assert!(!page(&path, &owner).await.contains("value=\"enable\""), "an owner cannot");
    for list in [page("/webhooks", &cookie).await, page("/", &cookie).await] {
        assert!(list.contains("Disabled") && list.contains(reason), "{list}");
    }
    // The button enables it, and nothing else.
    let response = app.form(&path, &cookie, &[("intent", "enable")]).await;
    assert_eq!(response.headers()["location"].to_str().unwrap(), format!("{path}?saved=enabled"));
    let shown = page(&format!("{path}?saved=enabled"), &cookie).await;
    assert!(shown.contains("Webhook enabled.") && !shown.contains("id=\"given-up\""), "{shown}");
    assert_eq!(app.get(&path).await["disabled_reason"], json!(null));
    // Somebody's own decision is no alarm.
    assert_eq!(patch(&app, &path, &json!({ "enabled": false })).await, 200);
    assert!(!page(&path, &cookie).await.contains("id=\"given-up\""));
    app.stop().await;
}
