//! Export of the log as a file, and redelivery from the console.

use clearhook::{
    catalogue::BuiltIn,
    domain::{id::WebhookId, role::Role, timestamp::Timestamp},
    storage::{audit::Actor, users::UserChange, webhooks::Deleted},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    history::history,
    on_both,
    receiver::{Receiver, Reply},
    slow_download::SlowDownload,
    steps::change,
};

on_both! {
    log_export_streams_filtered_rows log_export_ends_when_access_is_lost owner_exports_only_own_webhooks
    redeliver_redirects_to_the_new_callback
}

async fn log_export_streams_filtered_rows(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    history(&database, &webhook, Timestamp::now(), 1_000, 1_300).await;
    let path = format!("/webhooks/{}/callbacks/export", webhook["id"].as_str().unwrap());

    let csv = app.page(&format!("{path}?range=24h"), &cookie).await;
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let named = csv.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(
        named.starts_with("attachment; filename=\"callbacks-") && named.ends_with(".csv\""),
        "{named}"
    );
    assert!(!csv.headers().contains_key("content-length"), "it is sent as it is read");
    let text = csv.text().await.unwrap();
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1_301);
    assert!(lines[0].starts_with("callback_date,id,"));
    let of = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    assert!(lines[1..].is_sorted_by(|newer, older| of(newer)[0] >= of(older)[0]));
    let mut ids: Vec<_> = lines[1..].iter().map(|line| of(line)[1].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1_300, "each callback once");
    let failed = lines.iter().find(|line| line.contains("TimedOut")).unwrap();
    let ending = format!("1,event,failed,,TimedOut,23,{}", webhook["id"].as_str().unwrap());
    assert!(failed.ends_with(&ending), "{failed}");

    let jsonl = app.page(&format!("{path}?range=24h&format=jsonl&response=failed"), &cookie).await;
    assert_eq!(jsonl.headers()["content-type"], "application/jsonl; charset=utf-8");
    let text = jsonl.text().await.unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 260);
    assert!(rows.iter().all(|row| row["outcome"] == "failed"));
    let newest = app
        .get(&format!(
            "/webhooks/{}/callbacks?outcome=failed&limit=1",
            webhook["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(rows[0], newest["items"][0], "as the API shows it");

    let empty = app
        .page(&format!("{path}?from=2020-01-01T00:00&to=2020-01-02T00:00"), &cookie)
        .await;
    assert_eq!(empty.text().await.unwrap().lines().count(), 1);
    for range in [
        "from=2026-01-02T00:00&to=2026-01-01T00:00",
        "from=2020-01-01T00:00&to=2026-01-01T00:00",
        "from=2026-01-01T00:00",
    ] {
        assert_eq!(app.page(&format!("{path}?{range}"), &cookie).await.status(), 422, "{range}");
    }
    let unknown = app.page(&format!("{path}?format=xml"), &cookie).await;
    assert_eq!(unknown.status(), 400);
    assert_eq!(unknown.headers()["content-type"], "application/problem+json");
    app.stop().await;
}

/// Whoever reads slowly and loses access meanwhile gets none of the later pages, and can tell that the file is incomplete.
async fn log_export_ends_when_access_is_lost(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let keeps = app.sign_in("keeps@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    history(&database, &webhook, Timestamp::now(), 100, 4_000).await;
    let id = webhook["id"].as_str().unwrap();
    let path = format!("/webhooks/{id}/callbacks/export?range=24h&format=jsonl");
    let all = SlowDownload::begin(&app, &path, &keeps).await;
    assert_eq!(all.finish().await, (4_000, true), "a slow reader who keeps access gets everything");

    let user = async |email: &str| app.store.user_by_email(email).await.unwrap().unwrap().0.id;
    let by = Actor::command_line();
    for (email, role, lost) in [
        ("disabled@example.com", Role::Administrator, "disabled"),
        ("out@example.com", Role::Administrator, "signed out"),
        ("everywhere@example.com", Role::Administrator, "signed out everywhere"),
        ("password@example.com", Role::Administrator, "password reset"),
        ("role@example.com", Role::Administrator, "role changed"),
        ("owner@example.com", Role::ApiOwner, "owner removed"),
        ("idle@example.com", Role::Administrator, "session expired"),
        ("last@example.com", Role::Administrator, "webhook deleted"),
    ] {
        let cookie = app.sign_in(email, role).await;
        let who = user(email).await;
        if role == Role::ApiOwner {
            change(&app, &webhook, json!({ "owners": [who] })).await;
        }
        let download = SlowDownload::begin(&app, &path, &cookie).await;
        match lost {
            "disabled" => drop(app.store.change_user(&by, who, UserChange::Disable).await.unwrap()),
            "signed out" => assert_eq!(app.form("/sign-out", &cookie, &[]).await.status(), 303),
            "signed out everywhere" => assert_eq!(app.form("/account/sign-out-everywhere", &cookie, &[]).await.status(), 303),
            "password reset" => {
                let fields = [("intent", "reset-password"), ("password", "another good password")];
                assert_eq!(app.form(&format!("/users/{who}"), &keeps, &fields).await.status(), 303);
            }
            "role changed" => drop(app.store.change_user(&by, who, UserChange::Role(Role::ApiOwner)).await.unwrap()),
            "session expired" => database.execute("UPDATE sessions SET expires_at = 1").await,
            "owner removed" => change(&app, &webhook, json!({ "owners": [] })).await,
            _ => {
                let deleted = app.store.delete_webhook(&by, id.parse::<WebhookId>().unwrap(), None).await.unwrap();
                assert_eq!(deleted, Deleted::Done);
            }
        }
        let (lines, is_complete) = download.finish().await;
        assert!(!is_complete && lines < 2_000, "{lost}: {lines} of 4,000 rows");
    }
    app.stop().await;
}

async fn owner_exports_only_own_webhooks(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let owner = app.store.users().await.unwrap().remove(0).id;
    let mut paths = Vec::new();
    for owners in [json!([owner]), json!([])] {
        let body = json!({ "name": "Test", "url": "https://example.com/", "events": ["visit_event.created"], "owners": owners });
        let response = app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
        let id = response.headers()["location"]
            .to_str()
            .unwrap()
            .rsplit_once('/')
            .unwrap()
            .1
            .to_owned();
        history(&database, &json!({ "id": id }), Timestamp::now(), 1_000, 3).await;
        database.execute("DELETE FROM webhook_stats").await;
        paths.push(format!("/webhooks/{id}/callbacks"));
    }
    for (path, status) in [(&paths[0], 200), (&paths[1], 404)] {
        assert_eq!(app.page(&format!("{path}/export"), &cookie).await.status(), status);
        assert_eq!(app.page(&format!("{path}/live"), &cookie).await.status(), status);
        assert_eq!(app.page(&format!("{path}/export"), "").await.status(), 303, "nobody");
    }
    // An owner may read callbacks but not redeliver them; callbacks of others are not found.
    let items = app.get(&format!("{}?limit=1", paths[0])).await;
    let callback = items["items"][0]["id"].as_str().unwrap().to_owned();
    for (path, status) in [(&paths[0], 403), (&paths[1], 404)] {
        let path = format!("{path}/{callback}/send-again");
        assert_eq!(app.form(&path, &cookie, &[]).await.status(), status);
    }
    let admin = app.sign_in("admin@example.com", Role::Administrator).await;
    assert_eq!(
        app.form(&format!("{}/{callback}/send-again", paths[1]), &admin, &[]).await.status(),
        404,
        "of another webhook"
    );
    for missing in [
        "/webhooks/nonsense/callbacks/export",
        "/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05/callbacks/export",
    ] {
        assert_eq!(app.page(missing, &admin).await.status(), 404);
    }
    app.stop().await;
}

async fn redeliver_redirects_to_the_new_callback(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(410)]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let id = webhook["id"].as_str().unwrap();
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let first = app.log(&webhook, 1).await.remove(0);
    let path = format!("/webhooks/{id}/callbacks/{}/send-again", first["id"].as_str().unwrap());
    let again = async || {
        let fields = [("query", "range=7d&response=failed&evil=%0d%0a&callback=x")];
        let response = app.form(&path, &cookie, &fields).await;
        assert_eq!(response.status(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    // The response 410 has disabled the webhook.
    let refused = again().await;
    let expected = format!(
        "/webhooks/{id}?range=7d&response=failed&callback={}&sent=not#callback",
        first["id"].as_str().unwrap()
    );
    assert_eq!(refused, expected);
    let enabled = app
        .api(Method::PATCH, &format!("/webhooks/{id}"))
        .json_value(&json!({ "enabled": true }))
        .send()
        .await
        .unwrap();
    assert_eq!(enabled.status(), 200);
    let led = again().await;
    let newest = app.log(&webhook, 2).await.remove(0);
    assert_eq!(newest["trigger"], "manual");
    let expected = format!(
        "/webhooks/{id}?range=7d&response=failed&callback={}&sent=again#callback",
        newest["id"].as_str().unwrap()
    );
    assert_eq!(led, expected);
    app.stop().await;
}
