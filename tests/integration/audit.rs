//! The audit log: one entry for each change, in the same transaction, without secrets.

use clearhook::{
    catalogue::BuiltIn,
    domain::{
        role::{Role, Scope},
        timestamp::Timestamp,
    },
    routes::{Row, Rule},
    storage::{
        audit::{Actor, AuditFilter},
        new_id,
        users::UserChange,
    },
    web,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, cloud_event},
    database::TestDatabase,
    html::{Page, attribute},
    on_both,
    receiver::Receiver,
    slow_download::SlowDownload,
};

on_both! {
    webhook_change_writes_one_audit_entry_without_secrets every_changing_route_writes_one_audit_entry audit_log_shows_differences_and_filters
    audit_log_export_is_complete audit_log_export_ends_when_access_is_lost audit_log_is_visible_to_administrators_only audit_log_shows_entries_of_unknown_kinds
}

/// A request that makes a route change something.
enum Sent {
    Json(Value),
    Form(Vec<(&'static str, String)>),
}

/// Existing objects.
struct Things {
    webhook: String,
    callback: String,
    user: String,
    key: String,
    other_key: String,
    third_key: String,
}

/// The request for each route, and the number of audit entries that it writes. Add each new route that changes something.
#[allow(clippy::too_many_lines, clippy::match_same_arms, clippy::unnested_or_patterns, reason = "a table")]
fn samples(row: &Row, things: &Things) -> Vec<(Sent, i64)> {
    let webhook = |name: &str| json!({ "name": name, "url": "https://example.com/", "events": ["visit_event.created"] });
    let form = |fields: &[(&'static str, &str)]| Sent::Form(fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
    let fields = [
        ("name", "By form"),
        ("url", "https://example.com/"),
        ("events", "visit_event.created"),
    ];
    let secret = ("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    match (row.method.as_str(), row.path.as_str()) {
        // Published events are stored in their own tables and are not audited.
        ("POST", "/api/v1/events") => vec![(Sent::Json(cloud_event(BuiltIn::IdentityCreated, "2")), 0)],
        ("POST", "/api/v1/configuration/compare") => {
            let document = json!({ "version": 1, "webhooks": [{ "name": "Compared", "url": "https://example.com/", "events": ["visit_event.created"] }] });
            vec![(Sent::Json(document), 0)]
        }
        ("POST", "/api/v1/event-types") => vec![(Sent::Json(json!({ "type": "audited.type" })), 1)],
        ("PATCH", "/api/v1/event-types/{type}") => vec![
            (Sent::Json(json!({ "name": "Renamed" })), 1),
            (Sent::Json(json!({ "name": "Renamed" })), 0),
        ],
        ("DELETE", "/api/v1/event-types/{type}") => vec![(Sent::Json(json!({})), 1)],
        ("POST", "/api/v1/event-types/{type}/check") => vec![(Sent::Json(json!({ "example": 1 })), 0)],
        ("POST", "/api/v1/event-types/import") => {
            let schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "imported.type", "type": "object" });
            vec![(Sent::Json(schema), 1)]
        }
        ("POST", "/event-types/new") => vec![
            (form(&[("type", "by.form"), ("name", "By form")]), 1),
            (form(&[("type", "by.form.too"), ("intent", "check")]), 0),
        ],
        ("POST", "/fn/create_event_type") => vec![(form(&[("form[type]", "by.call"), ("form[name]", "By call")]), 1)],
        ("POST", "/event-types/{type}/edit") => vec![(form(&[("name", "Renamed by form")]), 1)],
        ("POST", "/fn/change_event_type") => vec![(form(&[("form[type]", "by.call"), ("form[name]", "Renamed by call")]), 1)],
        ("POST", "/event-types/{type}") => vec![(form(&[("state", "deprecated")]), 1), (form(&[("state", "deprecated")]), 0)],
        ("POST", "/fn/set_event_type_state") => vec![(form(&[("form[type]", "by.call"), ("form[state]", "archived")]), 1)],
        ("POST", "/fn/check_event_type_draft") => vec![(form(&[("event_type", ""), ("schema", "{}")]), 0)],
        // A form with a file, which is tested in `event_type_import_page`.
        ("POST", "/event-types/import") => Vec::new(),
        ("POST", "/api/v1/webhooks") => vec![(Sent::Json(webhook("New")), 1)],
        ("PATCH", "/api/v1/webhooks/{id}") => vec![
            (Sent::Json(json!({ "name": "Renamed" })), 1),
            (Sent::Json(json!({ "owners": [things.user] })), 1),
        ],
        ("DELETE", "/api/v1/webhooks/{id}")
        | ("POST", "/api/v1/webhooks/{id}/test" | "/api/v1/webhooks/{id}/secret/rotate" | "/api/v1/callbacks/{id}/redeliver") => {
            vec![(Sent::Json(json!({})), 1)]
        }
        ("POST", "/api/v1/users") => vec![(Sent::Json(json!({ "email": "by-key@example.com", "role": "api-owner" })), 1)],
        ("PATCH", "/api/v1/users/{id}") => vec![
            (Sent::Json(json!({ "role": "administrator" })), 1),
            (Sent::Json(json!({ "role": "administrator" })), 0),
            (Sent::Json(json!({ "role": "api-owner", "enabled": false })), 2),
            (Sent::Json(json!({ "enabled": true })), 1),
        ],
        ("POST", "/api/v1/users/{id}/password/reset" | "/api/v1/users/{id}/second-factor/reset") => vec![(Sent::Json(json!({})), 1)],
        ("POST", "/api/v1/api-keys") => vec![(Sent::Json(json!({ "name": "By key", "scopes": ["events:write"] })), 1)],
        ("DELETE", "/api/v1/api-keys/{id}") => vec![(Sent::Json(json!({})), 1)],
        ("POST", "/api/v1/webhooks/{id}/recover") => vec![(Sent::Json(json!({ "since": "2026-01-01T00:00:00Z" })), 1)],
        ("POST", "/webhooks/new") => vec![
            (form(&[&fields[..], &[secret]].concat()), 1),
            (form(&[("intent", "add-header")]), 0),
        ],
        ("POST", "/webhooks") => vec![
            (form(&[("id", &things.webhook), ("enabled", "false")]), 1),
            (form(&[("id", &things.webhook), ("enabled", "false")]), 0),
            (form(&[("id", &things.webhook), ("enabled", "true")]), 1),
        ],
        ("POST", "/webhooks/{id}") => vec![
            (form(&[("intent", "test")]), 1),
            (form(&[("intent", "rotate")]), 1),
            (form(&[("intent", "delete"), ("confirm", "not its name")]), 0),
            (form(&[&fields[..], &[("enabled", "true")]].concat()), 1),
        ],
        ("POST", "/webhooks/{id}/callbacks/{callback}/send-again") => vec![(form(&[]), 1)],
        ("POST", "/webhooks/actions") => vec![
            (form(&[("ids", &things.webhook), ("act", "disable")]), 1),
            (form(&[("ids", &things.webhook), ("act", "disable")]), 0),
            (form(&[("ids", &things.webhook), ("act", "enable")]), 1),
            (form(&[("ids", &things.webhook), ("act", "test")]), 1),
            (form(&[("ids", &things.webhook), ("act", "export")]), 0),
            (form(&[("ids", &things.webhook), ("act", "delete")]), 0),
        ],
        ("POST", "/fn/act_on_webhooks") => vec![(form(&[("form[ids][0]", &things.webhook), ("form[act]", "test")]), 1)],
        ("POST", "/fn/list_fragment") => vec![(form(&[("query", "")]), 0)],
        ("POST", "/fn/overview_fragment") => vec![(form(&[]), 0)],
        ("POST", "/fn/health_fragment") => vec![(form(&[("webhook", &things.webhook), ("query", "")]), 0)],
        ("POST", "/fn/set_webhook_enabled") => vec![
            (form(&[("id", &things.webhook), ("enabled", "false")]), 1),
            (form(&[("id", &things.webhook), ("enabled", "true")]), 1),
        ],
        ("POST", "/fn/save_webhook") => vec![
            (
                form(&[
                    ("form[name]", "By call"),
                    ("form[url]", "https://example.com/"),
                    ("form[events][0]", "visit_event.created"),
                    ("form[secret]", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                ]),
                1,
            ),
            (form(&[("form[intent]", "add-header")]), 0),
        ],
        ("POST", "/fn/redeliver") => vec![(form(&[("id", &things.webhook), ("callback", &things.callback)]), 1)],
        ("POST", "/fn/send_test_event") => vec![(form(&[("id", &things.webhook)]), 1)],
        // Tested in `callback_connection`, which has a receiver that redirects.
        ("POST", "/webhooks/{id}/callbacks/{callback}/use-redirect" | "/fn/use_redirect_target") => Vec::new(),
        // Routes that need a delivery that failed, is held, or waits are tested in `one_delivery` and `waiting`.
        ("POST", "/api/v1/deliveries/{id}/redeliver" | "/webhooks/{id}/deliveries/{delivery}/redeliver" | "/fn/redeliver_delivery") => {
            Vec::new()
        }
        ("POST", "/api/v1/deliveries/{id}/cancel" | "/webhooks/{id}/deliveries/{delivery}/cancel" | "/fn/cancel_delivery")
        | ("POST", "/webhooks/{id}/deliveries/try-now" | "/fn/try_delivery_now") => Vec::new(),
        // What is erased, and its entry, is tested in `erasing`.
        ("POST", "/api/v1/erase") => vec![(Sent::Json(json!({ "subject": "nobody" })), 0)],
        ("POST", "/api/v1/webhooks/{id}/discard") => vec![(Sent::Json(json!({})), 1)],
        ("POST", "/webhooks/{id}/deliveries/discard") => vec![(form(&[("which", "held"), ("until", "9000000000000")]), 1)],
        ("POST", "/fn/discard_deliveries") => vec![(
            form(&[("id", &things.webhook), ("which", "waiting"), ("until", "9000000000000")]),
            1,
        )],
        ("POST", "/webhooks/{id}/deliveries/send-again") => {
            vec![(form(&[("since", "0"), ("until", "9000000000000"), ("failed", "true")]), 1)]
        }
        ("POST", "/fn/recover_deliveries") => vec![(
            form(&[
                ("id", &things.webhook),
                ("since", "0"),
                ("until", "9000000000000"),
                ("held", "true"),
            ]),
            1,
        )],
        ("POST", "/fn/callback_panel") => vec![(
            form(&[("webhook", &things.webhook), ("query", &format!("callback={}", things.callback))]),
            0,
        )],
        ("POST", "/fn/log_fragment") => vec![(form(&[("webhook", &things.webhook), ("query", "")]), 0)],
        ("POST", "/fn/check_webhook_field") => vec![(form(&[("field", "url"), ("value", "ftp://example.com/")]), 0)],
        ("POST", "/fn/generate_secret") => vec![(form(&[]), 0)],
        ("POST", "/api-keys/new") => vec![(form(&[("name", "By form"), ("scopes", "events:write")]), 1)],
        ("POST", "/api-keys") => vec![(form(&[("id", &things.key)]), 1)],
        // Routes that end this session are tested in `sessions` and `second_factor`.
        ("POST", "/account") => vec![(form(&[("intent", "begin-factor"), ("current", "correct horse battery")]), 0)],
        ("POST", "/fn/change_account") => vec![(
            form(&[("form[intent]", "begin-factor"), ("form[current]", "correct horse battery")]),
            0,
        )],
        ("POST", "/account/end-session" | "/fn/end_session") => vec![(form(&[("session", &things.user)]), 0)],
        ("POST", "/account/sign-out-everywhere" | "/fn/sign_out_everywhere") => Vec::new(),
        ("POST", "/fn/create_api_key") => vec![(form(&[("form[name]", "By call"), ("form[scopes][0]", "events:write")]), 1)],
        ("POST", "/fn/revoke_api_key") => vec![(form(&[("id", &things.other_key)]), 1)],
        ("POST", "/fn/create_user") => vec![(form(&[("form[email]", "by-call@example.com"), ("form[role]", "api-owner")]), 1)],
        ("POST", "/fn/change_user") => vec![
            (form(&[("form[id]", &things.user), ("form[intent]", "disable")]), 1),
            (form(&[("form[id]", &things.user), ("form[intent]", "enable")]), 1),
        ],
        ("POST", "/users/new") => vec![(form(&[("email", "by-form@example.com"), ("role", "api-owner")]), 1)],
        ("POST", "/users/{id}") => vec![
            (form(&[("intent", "role"), ("role", "administrator")]), 1),
            (form(&[("intent", "reset-password")]), 1),
            (form(&[("intent", "disable")]), 1),
            (form(&[("intent", "disable")]), 0),
            (form(&[("intent", "enable")]), 1),
        ],
        (method, path) => panic!("say in this test what {method} {path} is sent, and how many entries that leaves"),
    }
}

async fn every_changing_route_writes_one_audit_entry(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let callback = app.log(&webhook, 1).await.remove(0)["id"].as_str().unwrap().to_owned();
    let password = clearhook::auth::password::hash("correct horse battery").await.unwrap();
    let user = app
        .store
        .add_user(&Actor::clearhook(), "user@example.com", password, Role::ApiOwner)
        .await
        .unwrap()
        .unwrap();
    let key = async || {
        let created = clearhook::auth::api_key::create(&app.store, &Actor::clearhook(), "key", Scope::ALL, None).await;
        created.unwrap().1.id.to_string()
    };
    let things = Things {
        webhook: webhook["id"].as_str().unwrap().to_owned(),
        callback,
        user: user.id.to_string(),
        key: key().await,
        other_key: key().await,
        third_key: key().await,
    };
    app.store.begin_second_factor(user.id, b"a secret", Timestamp::now()).await.unwrap();
    let (_, rows) = web::routes(&app.state).into_parts();
    // The deletion of the webhook comes last.
    let changing = |row: &&Row| row.method != Method::GET && matches!(row.rule, Some(Rule::Session(_) | Rule::Key(_)));
    let (last, first): (Vec<&Row>, Vec<&Row>) = rows.iter().filter(changing).partition(|row| row.method == Method::DELETE);
    let mut tried = 0;
    for row in first.into_iter().chain(last) {
        for (sent, entries) in samples(row, &things) {
            let id = match row.path.as_str() {
                path if path.contains("/callbacks/{id}") => &things.callback,
                path if path.contains("/users/") => &things.user,
                path if path.contains("/api-keys/{id}") => &things.third_key,
                _ => &things.webhook,
            };
            let path = row
                .path
                .replace("{id}", id)
                .replace("{callback}", &things.callback)
                .replace("{type}", "audited.type");
            let before = database.count("audit_log").await;
            let response = match sent {
                Sent::Json(body) => {
                    let request = app
                        .http
                        .request(row.method.clone(), format!("{}{path}", app.url))
                        .bearer_auth(&app.key);
                    let media = if path.ends_with("/events") {
                        "application/cloudevents+json"
                    } else {
                        "application/json"
                    };
                    request.header("content-type", media).body(body.to_string()).send().await.unwrap()
                }
                Sent::Form(fields) => {
                    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    app.form(&path, &cookie, &fields).await
                }
            };
            let status = response.status().as_u16();
            let may_fail = entries == 0 && status == 422;
            assert!(status < 400 || may_fail, "{} {path}: {status}", row.method);
            assert_eq!(database.count("audit_log").await - before, entries, "{} {path}", row.method);
            tried += 1;
        }
    }
    assert!(tried >= 18, "{tried} changes");
    // All entries have the address of this client and an actor.
    assert_eq!(
        database
            .count("audit_log WHERE actor_kind IN ('user', 'api_key') AND (address IS NULL OR address <> '127.0.0.1' OR actor_id IS NULL)")
            .await,
        0
    );
    app.stop().await;
}

async fn audit_log_shows_differences_and_filters(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let body = json!({ "name": "<b>HR</b>", "url": "https://example.com/old", "events": ["visit_event.created"] });
    let webhook = app.post("/webhooks", &body).await.1;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let change = json!({ "url": "https://example.com/new", "headers": [{ "name": "X-Token", "value": "planted" }] });
    assert_eq!(
        app.api(Method::PATCH, &path).json_value(&change).send().await.unwrap().status(),
        200
    );
    let entry = app.store.audit_log(&AuditFilter::default(), None, 1).await.unwrap().items.remove(0);
    assert_eq!(
        (entry.action.as_str(), entry.actor_name.as_str(), entry.address.as_deref()),
        ("webhook.changed", "tests", Some("127.0.0.1"))
    );

    let page = async |query: &str| app.page(&format!("/audit-log{query}"), &cookie).await.text().await.unwrap();
    let html = page("").await;
    for shown in [
        "Webhook changed",
        "Webhook added",
        "&lt;b&gt;HR&lt;/b&gt;",
        ">API key<",
        ">Additional headers",
        ">URL: https://example.com/old → https://example.com/new<",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("<b>HR") && !html.contains("planted") && !html.contains("127.0.0.1"));
    let html = page(&format!("?entry={}", entry.id)).await;
    for shown in ["https://example.com/old", "https://example.com/new", "X-Token: ••••••", "127.0.0.1"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(
        !html.contains("planted") && !html.contains(">Event</th>"),
        "only what differs: {html}"
    );

    let id = webhook["id"].as_str().unwrap();
    for (query, shown, hidden) in [
        ("?action=webhook.created".to_owned(), 1, "Webhook changed</td>"),
        ("?kind=webhook".to_owned(), 2, "User added</td>"),
        ("?kind=user".to_owned(), 2, "Webhook changed</td>"),
        ("?actor=TESTS".to_owned(), 2, "User added</td>"),
        ("?object=hr%3C".to_owned(), 2, "User added</td>"),
        (format!("?object={id}"), 2, "User added</td>"),
        (
            format!("?object={id}&action=webhook.changed&actor=tests&kind=webhook"),
            1,
            "Webhook added</td>",
        ),
        ("?from=2020-01-01T00:00&to=2020-01-02T00:00".to_owned(), 0, "Webhook changed</td>"),
        ("?from=2020-01-01T00:00".to_owned(), 5, "Nothing found"),
        ("?object=%25".to_owned(), 0, "Webhook changed</td>"),
    ] {
        let html = page(&query).await;
        assert_eq!(html.matches("#entry\"").count(), shown, "{query}: {html}");
        assert!(!html.contains(hidden), "{query}: {html}");
    }
    for (query, words) in [
        ("?from=2026-01-02T00:00&to=2026-01-01T00:00", "Choose an end after the beginning."),
        ("?from=soon", "Enter times such as"),
    ] {
        assert!(page(query).await.contains(words), "{query}");
    }
    // The next page starts where the previous one ended, with the same filters.
    for number in 0..60 {
        let actor = Actor {
            name: format!("many-{number}"),
            ..Actor::clearhook()
        };
        clearhook::auth::api_key::create(&app.store, &actor, "many", &[Scope::EventsWrite], None)
            .await
            .unwrap();
    }
    let html = page("?object=many").await;
    let older = attribute(Page::of(&html).one("a[href*=\"after=\"]"), "href");
    assert!(older.starts_with("/audit-log?object=many&after="), "{older}");
    let rest = page(older.strip_prefix("/audit-log").unwrap()).await;
    assert_eq!((html.matches("#entry\"").count(), rest.matches("#entry\"").count()), (50, 10));
    assert!(rest.contains("many-0") && !rest.contains("many-59"));
    app.stop().await;
}

async fn audit_log_export_is_complete(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for name in ["=HYPERLINK(\"https://evil.example\")", "plain, with a comma"] {
        let body = json!({ "name": name, "url": "https://example.com/", "events": ["visit_event.created"] });
        assert_eq!(app.post("/webhooks", &body).await.0, 201);
    }
    // More entries than are read at once.
    for _ in 0..510 {
        clearhook::auth::api_key::create(&app.store, &Actor::clearhook(), "many", &[Scope::EventsWrite], None)
            .await
            .unwrap();
    }
    let export = async |query: &str| app.page(&format!("/audit-log/export?{query}"), &cookie).await;
    let response = export("format=csv&kind=webhook").await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"audit-log.csv\"");
    let text = response.text().await.unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("time,actor_kind,actor_id,actor,address,action"), "{text}");
    assert!(
        lines[1].contains("\"plain, with a comma\"") && lines[2].contains("\"'=HYPERLINK("),
        "{text}"
    );
    let text = export("format=jsonl").await.text().await.unwrap();
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(i64::try_from(entries.len()).unwrap(), database.count("audit_log").await);
    assert!(entries.is_sorted_by(|a, b| a["time"].as_str() >= b["time"].as_str()));
    assert_eq!(entries.last().unwrap()["action"], "api_key.created");
    assert!(entries.iter().any(|entry| entry["after"]["url"] == "https://example.com/"));
    let unknown = export("format=xml").await;
    assert_eq!(unknown.status(), 400);
    assert_eq!(unknown.headers()["content-type"], "application/problem+json");
    assert_eq!(export("format=csv&from=soon").await.status(), 422);
    app.stop().await;
}

async fn audit_log_export_ends_when_access_is_lost(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let keeps = app.sign_in("keeps@example.com", Role::Administrator).await;
    let random = if database.url.starts_with("postgres") {
        "gen_random_uuid()"
    } else {
        "randomblob(16)"
    };
    database
        .execute(&format!(
            "INSERT INTO audit_log (id, at, actor_kind, actor_name, action, object_kind, object_name) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 4000) \
             SELECT {random}, i, 'clearhook', 'clearhook', 'api_key.created', 'api_key', 'a name of some length to fill the window' FROM n"
        ))
        .await;
    let path = "/audit-log/export?format=jsonl&object=window";
    let all = SlowDownload::begin(&app, path, &keeps).await;
    assert_eq!(all.finish().await, (4_000, true), "a slow reader who keeps access gets everything");
    let by = Actor::command_line();
    for (email, lost) in [
        ("disabled@example.com", "disabled"),
        ("out@example.com", "signed out"),
        ("role@example.com", "role changed"),
    ] {
        let cookie = app.sign_in(email, Role::Administrator).await;
        let who = app.store.user_by_email(email).await.unwrap().unwrap().0.id;
        let download = SlowDownload::begin(&app, path, &cookie).await;
        match lost {
            "disabled" => drop(app.store.change_user(&by, who, UserChange::Disable).await.unwrap()),
            "signed out" => assert_eq!(app.form("/sign-out", &cookie, &[]).await.status(), 303),
            _ => drop(app.store.change_user(&by, who, UserChange::Role(Role::ApiOwner)).await.unwrap()),
        }
        let (lines, is_complete) = download.finish().await;
        assert!(!is_complete && lines < 3_000, "{lost}: {lines} of 4,000 entries");
    }
    app.stop().await;
}

async fn audit_log_is_visible_to_administrators_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let page = app.page("/audit-log", &cookie).await;
    assert_eq!(page.status(), 404);
    assert!(!page.text().await.unwrap().contains("User added"));
    assert_eq!(app.page("/audit-log/export?format=csv", &cookie).await.status(), 403);
    assert_eq!(app.page("/audit-log/export?format=csv", "").await.status(), 303);
    app.stop().await;
}

async fn audit_log_shows_entries_of_unknown_kinds(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let id = |of: u8| format!("01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a{of:02x}");
    let bytes = |of: u8| {
        let id = id(of);
        if database.url.starts_with("postgres") {
            format!("'{id}'")
        } else {
            format!("x'{}'", id.replace('-', ""))
        }
    };
    // An earlier version wrote the reason as plain text, and a later one may write unknown values.
    for (number, kind, action, after) in [
        (1, "clearhook", "webhook.disabled", "It only failed."),
        (2, "oracle", "webhook.foreseen", "[1]"),
    ] {
        let row = bytes(number);
        database
            .execute(&format!(
                "INSERT INTO audit_log (id, at, actor_kind, actor_name, action, object_kind, object_id, object_name, \"after\") \
                 VALUES ({row}, 1000, '{kind}', 'somebody', '{action}', 'webhook', {row}, 'Old', '{after}')"
            ))
            .await;
    }
    let html = app.page("/audit-log?to=2000-01-01T00:00", &cookie).await.text().await.unwrap();
    assert!(
        html.contains("Webhook disabled") && html.contains("webhook.foreseen") && html.contains("oracle"),
        "{html}"
    );
    let html = app
        .page(&format!("/audit-log?entry={}", id(1)), &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(html.contains("It only failed."), "{html}");
    assert!(
        app.page(&format!("/audit-log?entry={}", new_id::<uuid::Uuid>()), &cookie)
            .await
            .status()
            == 200
    );

    app.stop().await;
}

async fn webhook_change_writes_one_audit_entry_without_secrets(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let headers = |value: &str| json!([{ "name": "X-Token", "value": value }]);
    let body =
        json!({ "name": "Audited", "url": "https://example.com/", "events": ["visit_event.created"], "headers": headers("planted-one") });
    let webhook = app.post("/webhooks", &body).await.1;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let entries = async |what: &str| {
        let table = format!("audit_log WHERE object_kind = 'webhook' AND actor_kind = 'api_key' AND actor_name = 'tests' AND {what}");
        database.count(&table).await
    };
    assert_eq!(entries("action = 'webhook.created' AND \"before\" IS NULL").await, 1);
    for (change, action) in [
        (json!({ "enabled": false }), "webhook.disabled"),
        (json!({ "enabled": true }), "webhook.enabled"),
        (json!({ "headers": headers("planted-two") }), "webhook.changed"),
    ] {
        let response = app.api(Method::PATCH, &path).json_value(&change).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(entries(&format!("action = '{action}'")).await, 1, "{action}");
    }
    assert_eq!(entries("\"before\" LIKE '%Audited%' AND \"after\" LIKE '%(changed)%'").await, 1);
    let refused = app
        .api(Method::PATCH, &path)
        .json_value(&json!({ "name": "" }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 422);
    assert_eq!(app.post(&format!("{path}/secret/rotate"), &json!({})).await.0, 200);
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 404);
    assert_eq!(entries("object_name = 'Audited'").await, 6);
    assert_eq!(entries("(\"before\" LIKE '%planted%' OR \"after\" LIKE '%planted%')").await, 0);
    app.stop().await;
}
