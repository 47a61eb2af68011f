//! Lists over all webhooks: `GET /callbacks`, `GET /deliveries`, `GET /stats`, and exports.

use std::{collections::HashSet, time::Duration};

use clearhook::{catalogue::BuiltIn, domain::timestamp::Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, TestApp, hourly, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    log_of_all_webhooks_has_the_filters_of_one
    log_of_all_webhooks_is_found_by_event_message_and_subject
    deliveries_are_listed_by_state_event_and_webhook
    delivery_is_read_with_its_callbacks
    cursors_survive_inserts_and_deletes
    contradictory_and_unusable_filters_are_named
    statistics_of_all_webhooks_are_the_sums
    exports_contain_what_the_list_contains
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn ids(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item, "id").to_owned())
        .collect()
}

/// All items of a list, read in pages of this size. A page may have fewer items than that.
async fn all_pages(app: &TestApp, list: &str, limit: usize) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app
            .get(&format!(
                "{list}{}limit={limit}{cursor}",
                if list.contains('?') { "&" } else { "?" }
            ))
            .await;
        found.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

async fn log_of_all_webhooks_has_the_filters_of_one(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let began = Timestamp::now();
    let one = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&one, 2).await;
    let other = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    app.publish(BuiltIn::IdentityCreated, "3").await;
    app.log(&one, 3).await;
    app.log(&other, 2).await;
    let all = app.get("/callbacks").await;
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 5);
    assert!(
        items.is_sorted_by(|newer, older| text(newer, "id") > text(older, "id")),
        "newest first"
    );
    let later = Timestamp::now().plus(Duration::from_mins(1)).rfc3339();
    for (query, count) in [
        (String::new(), 5),
        (format!("?webhook_id={}", text(&one, "id")), 3),
        (format!("?webhook_id={}", text(&other, "id")), 2),
        ("?outcome=failed".to_owned(), 1),
        ("?outcome=succeeded".to_owned(), 4),
        ("?status=500".to_owned(), 1),
        ("?status=202".to_owned(), 4),
        ("?status=404".to_owned(), 0),
        ("?outcome=failed&status=500".to_owned(), 1),
        ("?outcome=failed&event=visit_event.created".to_owned(), 0),
        ("?event=visit_event.created".to_owned(), 1),
        ("?event=identity.created".to_owned(), 4),
        (format!("?event=identity.created&webhook_id={}", text(&other, "id")), 1),
        (format!("?from={}", began.rfc3339()), 5),
        (format!("?to={}", began.rfc3339()), 0),
        (format!("?from={}&to={later}", began.rfc3339()), 5),
        (format!("?from={later}"), 0),
    ] {
        let found = app.get(&format!("/callbacks{query}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}: {found}");
        for limit in [1, 2, 200] {
            assert_eq!(
                all_pages(&app, &format!("/callbacks{query}"), limit).await,
                ids(&found),
                "{query} in pages of {limit}"
            );
        }
    }
    // The items are those of the log of the webhook.
    let mut of_one = app.get(&format!("/webhooks/{}/callbacks", text(&one, "id"))).await["items"]
        .as_array()
        .unwrap()
        .clone();
    of_one.sort_by_key(|item| std::cmp::Reverse(text(item, "id").to_owned()));
    let same: Vec<&Value> = items.iter().filter(|item| item["webhook_id"] == one["id"]).collect();
    assert_eq!(same, of_one.iter().collect::<Vec<_>>());
    // A deleted webhook's callbacks are not found any more.
    let path = format!("/webhooks/{}", text(&one, "id"));
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(app.get("/callbacks").await["items"].as_array().unwrap().len(), 2);
    app.stop().await;
}

async fn log_of_all_webhooks_is_found_by_event_message_and_subject(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let one = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let mut event = crate::support::app::cloud_event(BuiltIn::IdentityCreated, "order-7");
    event["subject"] = json!("person-9");
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    app.publish(BuiltIn::IdentityCreated, "order-8").await;
    app.log(&one, 2).await;
    app.log(&other, 2).await;
    let all = app.get("/callbacks").await;
    let row = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["webhook_id"] == one["id"])
        .unwrap()
        .clone();
    let delivery = text(&row, "delivery_id");
    for (q, count) in [
        ("order-7", 2),
        ("person-9", 2),
        ("%20order-7%20", 2),
        (text(&row, "event_id"), 2),
        (delivery, 1),
        (&format!("msg_{delivery}"), 1),
        ("order", 0),
        ("nothing", 0),
        ("", 4),
    ] {
        let found = app.get(&format!("/callbacks?q={q}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{q}: {found}");
        // The same in the log of one webhook.
        let found = app.get(&format!("/webhooks/{}/callbacks?q={q}", text(&one, "id"))).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count.div_ceil(2), "{q}: {found}");
    }
    app.stop().await;
}

/// Failed and succeeded deliveries of two webhooks, and a held and a waiting one.
async fn with_deliveries(database: &TestDatabase) -> (TestApp, Receiver, Value, Value) {
    let replies = [Reply::status(202), Reply::status(410)];
    let (app, receiver, one) = TestApp::start_with_receiver(database, hourly(), replies).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.deliveries(database, "succeeded", 1).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    // 410 fails the delivery and disables the webhook, so the next one is held.
    app.deliveries(database, "failed", 1).await;
    app.publish(BuiltIn::IdentityCreated, "3").await;
    app.deliveries(database, "held", 1).await;
    let broken = Receiver::start([Reply::status(500)]).await;
    let other = app.webhook(&broken.url, &[BuiltIn::VisitEventCreated]).await;
    app.publish(BuiltIn::VisitEventCreated, "4").await;
    app.deliveries(database, "pending", 1).await;
    (app, receiver, one, other)
}

async fn deliveries_are_listed_by_state_event_and_webhook(database: TestDatabase) {
    let (app, _receiver, one, other) = with_deliveries(&database).await;
    let events = app.get("/events").await;
    let newest = ids(&events).remove(0);
    let (one, other) = (text(&one, "id"), text(&other, "id"));
    for (query, count) in [
        (String::new(), 4),
        ("?state=succeeded".to_owned(), 1),
        ("?state=failed".to_owned(), 1),
        ("?state=held".to_owned(), 1),
        ("?state=waiting".to_owned(), 1),
        ("?state=pending".to_owned(), 1),
        ("?state=sending".to_owned(), 0),
        ("?state=cancelled".to_owned(), 0),
        ("?state=failed,held".to_owned(), 2),
        ("?state=succeeded,failed,held,pending".to_owned(), 4),
        (format!("?webhook_id={one}"), 3),
        (format!("?webhook_id={other}"), 1),
        (format!("?webhook_id={one}&state=held"), 1),
        (format!("?webhook_id={one}&state=failed"), 1),
        (format!("?webhook_id={one}&state=succeeded"), 1),
        (format!("?webhook_id={one}&state=failed,held"), 2),
        (format!("?webhook_id={one}&state=waiting"), 0),
        (format!("?webhook_id={other}&state=waiting"), 1),
        (format!("?webhook_id={other}&state=pending"), 1),
        ("?event=identity.created".to_owned(), 3),
        ("?event=visit_event.created".to_owned(), 1),
        ("?event=visit_event.created&state=failed".to_owned(), 0),
        (format!("?event_id={newest}"), 1),
        (format!("?event_id={newest}&webhook_id={other}&state=pending"), 1),
        (format!("?event_id={newest}&webhook_id={one}"), 0),
    ] {
        let found = app.get(&format!("/deliveries{query}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}: {found}");
        for limit in [1, 2] {
            assert_eq!(
                all_pages(&app, &format!("/deliveries{query}"), limit).await,
                ids(&found),
                "{query} in pages of {limit}"
            );
        }
    }
    app.stop().await;
}

async fn delivery_is_read_with_its_callbacks(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), [Reply::status(500)]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let rows = app.log(&webhook, 2).await;
    app.deliveries(&database, "succeeded", 1).await;
    let id = text(&rows[0], "delivery_id");
    let delivery = app.get(&format!("/deliveries/{id}")).await;
    assert_eq!(
        (&delivery["id"], &delivery["state"], &delivery["attempts"]),
        (&json!(id), &json!("succeeded"), &json!(2))
    );
    assert_eq!(
        (&delivery["webhook_id"], &delivery["event_type"]),
        (&webhook["id"], &json!("identity.created"))
    );
    assert_eq!(delivery["callbacks"], json!([rows[1], rows[0]]));
    for unknown in ["x", "01890000-0000-7000-8000-000000000000"] {
        let response = app.api(Method::GET, &format!("/deliveries/{unknown}")).send().await.unwrap();
        assert_eq!(response.status(), 404, "{unknown}");
    }
    app.stop().await;
}

async fn cursors_survive_inserts_and_deletes(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    for number in 0..9 {
        app.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
    }
    app.log(&webhook, 9).await;
    app.deliveries(&database, "succeeded", 9).await;
    for number in 0..4 {
        for (path, body) in [
            (
                "/users",
                json!({ "email": format!("user{number}@example.com"), "role": "api-owner" }),
            ),
            (
                "/api-keys",
                json!({ "name": format!("key {number}"), "scopes": ["callbacks:read"] }),
            ),
            (
                "/webhooks",
                json!({ "name": format!("webhook {number}"), "url": webhook["url"], "events": ["visit_event.created"] }),
            ),
        ] {
            let (status, answer) = app.post(path, &body).await;
            assert_eq!(status, 201, "{path}: {answer}");
        }
    }
    let id = text(&webhook, "id");
    // Each list, and the table from which rows are deleted between two pages: one that was read, the last that was read, and one that was not.
    let lists = [
        ("/callbacks".to_owned(), "callbacks"),
        ("/callbacks?event=identity.created".to_owned(), "callbacks"),
        ("/callbacks?outcome=succeeded".to_owned(), "callbacks"),
        (format!("/callbacks?webhook_id={id}"), "callbacks"),
        (format!("/webhooks/{id}/callbacks"), "callbacks"),
        ("/deliveries".to_owned(), "deliveries"),
        ("/deliveries?state=succeeded".to_owned(), "deliveries"),
        (format!("/deliveries?webhook_id={id}"), "deliveries"),
        ("/events".to_owned(), "events"),
        ("/audit".to_owned(), "audit_log"),
        ("/users".to_owned(), "users"),
        ("/api-keys".to_owned(), "api_keys"),
        ("/webhooks?q=webhook".to_owned(), ""),
    ];
    let mut first_pages = Vec::new();
    for (list, _) in &lists {
        let separator = if list.contains('?') { '&' } else { '?' };
        let whole = ids(&app.get(&format!("{list}{separator}limit=200")).await);
        let first = app.get(&format!("{list}{separator}limit=3")).await;
        assert_eq!(ids(&first), whole[..3], "{list}");
        first_pages.push((whole, text(&first, "next_cursor").to_owned()));
    }
    // Inserts into every list, at its beginning.
    app.publish(BuiltIn::IdentityCreated, "new").await;
    app.log(&webhook, 10).await;
    app.deliveries(&database, "succeeded", 10).await;
    app.post("/users", &json!({ "email": "new@example.com", "role": "api-owner" }))
        .await;
    app.post("/api-keys", &json!({ "name": "new", "scopes": ["admin"] })).await;
    app.post(
        "/webhooks",
        &json!({ "name": "new webhook", "url": webhook["url"], "events": ["visit_event.created"] }),
    )
    .await;
    for ((list, _), (whole, cursor)) in lists.iter().zip(&first_pages) {
        let separator = if list.contains('?') { '&' } else { '?' };
        let rest = app.get(&format!("{list}{separator}limit=200&cursor={cursor}")).await;
        // With another limit it is still the same list.
        assert_eq!(ids(&rest), whole[3..], "{list} after inserts");
    }
    // Every cursor is refused by every other list.
    for (at, (_, cursor)) in first_pages.iter().enumerate() {
        for (other, (list, _)) in lists.iter().enumerate().filter(|(other, _)| *other != at) {
            let separator = if list.contains('?') { '&' } else { '?' };
            let response = app
                .api(Method::GET, &format!("{list}{separator}cursor={cursor}"))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 422, "{list} with a cursor of {}", lists[at].0);
            assert_eq!(response.json_value().await["errors"][0]["pointer"], "/cursor", "{other}");
        }
    }
    for ((list, table), (whole, cursor)) in lists.iter().zip(&first_pages) {
        if !matches!(*table, "callbacks" | "deliveries" | "events") {
            continue;
        }
        // The one at which the cursor points, and the next one. Rows of other lists of the same table may be gone already.
        for gone in [&whole[2], &whole[4]] {
            let id = if database.url.starts_with("postgres") {
                format!("'{gone}'")
            } else {
                format!("X'{}'", gone.replace('-', ""))
            };
            database.execute(&format!("DELETE FROM {table} WHERE id = {id}")).await;
        }
        let separator = if list.contains('?') { '&' } else { '?' };
        let rest = ids(&app.get(&format!("{list}{separator}limit=200&cursor={cursor}")).await);
        let left: Vec<_> = whole[3..].iter().filter(|id| **id != whole[4]).cloned().collect();
        assert_eq!(rest, left, "{list} after deletes");
    }
    app.stop().await;
}

async fn contradictory_and_unusable_filters_are_named(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    let id = text(&webhook, "id");
    let log = format!("/webhooks/{id}/callbacks");
    let (now, before) = (Timestamp::now(), Timestamp::now().minus(Duration::from_hours(24 * 400)));
    for (path, status, pointer) in [
        ("/callbacks?outcome=succeeded&status=500".to_owned(), 422, "/status"),
        ("/callbacks?outcome=failed&status=202".to_owned(), 422, "/status"),
        (format!("{log}?outcome=failed&status=204"), 422, "/status"),
        ("/callbacks/export?outcome=failed&status=204".to_owned(), 422, "/status"),
        (format!("{log}/export?outcome=failed&status=204"), 422, "/status"),
        (format!("/callbacks?from={now}&to={before}"), 422, "/to"),
        (format!("/callbacks?from={before}"), 422, "/from"),
        (format!("/callbacks?from={now}&to={now}"), 422, "/to"),
        ("/callbacks?from=yesterday".to_owned(), 422, "/from"),
        ("/callbacks?webhook_id=x".to_owned(), 422, "/webhook_id"),
        ("/callbacks?event=no.such_type".to_owned(), 422, "/event"),
        ("/callbacks?status=99".to_owned(), 422, "/status"),
        ("/callbacks?limit=0".to_owned(), 422, "/limit"),
        ("/callbacks?limit=201".to_owned(), 422, "/limit"),
        ("/callbacks?cursor=x".to_owned(), 422, "/cursor"),
        ("/callbacks?response=500".to_owned(), 400, "/response"),
        ("/callbacks?status=1&status=2".to_owned(), 400, "/status"),
        (format!("{log}?webhook_id={id}"), 400, "/webhook_id"),
        ("/callbacks/export?format=xlsx".to_owned(), 400, "/format"),
        ("/callbacks/export?cursor=x".to_owned(), 400, "/cursor"),
        ("/deliveries?state=lost".to_owned(), 422, "/state"),
        ("/deliveries?state=failed,".to_owned(), 422, "/state"),
        ("/deliveries?state=".to_owned(), 422, "/state"),
        ("/deliveries?event=no.such_type".to_owned(), 422, "/event"),
        ("/deliveries?event_id=x".to_owned(), 422, "/event_id"),
        ("/deliveries?webhook_id=x".to_owned(), 422, "/webhook_id"),
        (format!("/stats?from={now}&to={before}"), 422, "/to"),
        ("/stats?period=week".to_owned(), 400, "/period"),
        (format!("/audit?from={now}&to={before}"), 422, "/to"),
        (format!("/audit/export?from={now}&to={before}"), 422, "/to"),
        ("/audit?kind=cat".to_owned(), 422, "/kind"),
        ("/audit?action=webhook.eaten".to_owned(), 422, "/action"),
        ("/users?role=administrator".to_owned(), 400, "/role"),
        ("/api-keys?scope=admin".to_owned(), 400, "/scope"),
    ] {
        let response = app.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let answer = response.status().as_u16();
        let problem = response.json_value().await;
        assert_eq!(
            (answer, &problem["errors"][0]["pointer"]),
            (status, &json!(pointer)),
            "{path}: {problem}"
        );
    }
    let both = app
        .api(Method::GET, "/callbacks?outcome=succeeded&status=500")
        .send()
        .await
        .unwrap();
    assert_eq!(both.json_value().await["errors"][1]["pointer"], "/outcome");
    for path in [
        "/callbacks?webhook_id=01890000-0000-7000-8000-000000000000",
        "/deliveries?event_id=01890000-0000-7000-8000-000000000000",
    ] {
        assert_eq!(app.api(Method::GET, path).send().await.unwrap().status(), 404, "{path}");
    }
    app.stop().await;
}

async fn statistics_of_all_webhooks_are_the_sums(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let one = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&one, 2).await;
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.log(&one, 3).await;
    app.log(&other, 1).await;
    for period in ["hour", "day"] {
        let total = app.get(&format!("/stats?period={period}")).await;
        assert_eq!(
            (&total["attempts"], &total["succeeded"], &total["failed"]),
            (&json!(4), &json!(3), &json!(1)),
            "{total}"
        );
        assert!(total["latency_ms"]["p50"].as_f64().unwrap() > 0.0, "{total}");
        assert_eq!(total["period"], period);
        let buckets = total["buckets"].as_array().unwrap();
        assert_eq!(buckets.iter().map(|bucket| bucket["attempts"].as_i64().unwrap()).sum::<i64>(), 4);
    }
    let none = app.get("/stats?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z").await;
    assert_eq!((&none["attempts"], &none["latency_ms"]["p99"]), (&json!(0), &json!(null)));
    app.stop().await;
}

async fn exports_contain_what_the_list_contains(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let one = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&one, 2).await;
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.log(&one, 3).await;
    app.log(&other, 1).await;
    let download = async |path: String| {
        let response = app.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        (media, name, response.text().await.unwrap())
    };
    for (list, query) in [
        ("/callbacks".to_owned(), String::new()),
        ("/callbacks".to_owned(), "outcome=failed".to_owned()),
        ("/callbacks".to_owned(), format!("webhook_id={}", text(&one, "id"))),
        ("/callbacks".to_owned(), "q=2".to_owned()),
        (format!("/webhooks/{}/callbacks", text(&one, "id")), String::new()),
        (format!("/webhooks/{}/callbacks", text(&one, "id")), "status=202".to_owned()),
    ] {
        let listed = app.get(&format!("{list}?{query}")).await;
        let (media, name, lines) = download(format!("{list}/export?format=jsonl&{query}")).await;
        assert_eq!(
            (media.as_str(), name.as_str()),
            ("application/jsonl; charset=utf-8", "attachment; filename=\"callbacks.jsonl\"")
        );
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(&json!(rows), &listed["items"], "{list} {query}");
        let (media, name, lines) = download(format!("{list}/export?{query}")).await;
        assert!(media.starts_with("text/csv") && name.ends_with(".csv\""), "{media} {name}");
        let (head, rest) = lines.split_once("\r\n").unwrap();
        assert!(
            head.starts_with("callback_date,id,delivery_id,event_id,event_type,url,attempt") && head.ends_with("webhook_id"),
            "{head}"
        );
        let column: HashSet<String> = rest.lines().map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
        assert_eq!(column, ids(&listed).into_iter().collect(), "{list} {query}");
    }
    let from = Timestamp::now().minus(Duration::from_hours(1));
    let (_, name, _) = download(format!("/callbacks/export?from={}", from.rfc3339())).await;
    assert!(name.contains("callbacks-20"), "{name}");
    app.stop().await;
}
