//! The overview: counts of the last 24 hours and webhooks that need attention, limited to webhooks that the viewer may see.

use clearhook::{catalogue::BuiltIn, domain::role::Role, storage::new_id};
use reqwest::Method;
use scraper::ElementRef;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, hourly, loopback},
    database::TestDatabase,
    html::{Page, attribute, inside, text_of},
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { overview_links_webhooks_that_need_attention overview_of_an_owner_counts_only_own_webhooks overview_tells_what_waits_for_failing_webhooks overview_without_webhooks_shows_first_steps }

/// The figures of a page, by name: "Succeeded", "Waiting", "Enabled", "Failing", "Disabled".
fn figures(html: &str) -> Vec<String> {
    let page = Page::of(html);
    let figures = inside(page.by_label("Figures"), "dd");
    figures.into_iter().map(text_of).collect()
}

/// The rows of the table "Needs attention": the address of the webhook, and the text.
fn rows(html: &str) -> Vec<(String, String)> {
    let page = Page::of(html);
    let row = |row: ElementRef<'_>| (attribute(inside(row, "td.name a")[0], "href"), text_of(row));
    page.all("table.troubles tbody tr").into_iter().map(row).collect()
}

async fn add(app: &TestApp, name: &str, url: &str, event: BuiltIn, owners: &[&str]) -> Value {
    let body = json!({ "name": name, "url": url, "events": [event], "owners": owners });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    webhook
}

fn path(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn overview_links_webhooks_that_need_attention(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let (works, fails, gone) = (
        Receiver::start([]).await,
        Receiver::start(vec![Reply::status(500); 20]).await,
        Receiver::start([Reply::status(410)]).await,
    );
    let working = add(&app, "Works", &works.url, BuiltIn::VisitEventCreated, &[]).await;
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    app.log(&working, 1).await;
    let html = app.page("/", &cookie).await.text().await.unwrap();
    assert_eq!(figures(&html), ["100%", "0", "1", "0", "0"], "{html}");
    assert!(
        html.contains("All good: no webhook is failing, clearhook has disabled none, and nothing is held.")
            && html.contains("1 succeeded, 0 failed"),
        "{html}"
    );

    let failing = add(&app, "Fails", &fails.url, BuiltIn::VisitEventApproved, &[]).await;
    let given_up = add(&app, "Gave up", &gone.url, BuiltIn::VisitEventApproved, &[]).await;
    let holding = add(&app, "Holds", &works.url, BuiltIn::RoleMembershipChanged, &[]).await;
    let off = app
        .api(Method::PATCH, &path(&holding))
        .json_value(&json!({ "enabled": false }))
        .send()
        .await
        .unwrap();
    assert_eq!(off.status(), 200);
    app.publish(BuiltIn::VisitEventApproved, "2").await;
    app.publish(BuiltIn::RoleMembershipChanged, "3").await;
    app.publish(BuiltIn::RoleMembershipChanged, "4").await;
    app.log(&failing, 4).await;
    app.log(&given_up, 1).await;
    let html = wait_for("all three to be told", async || {
        let html = app.page("/", &cookie).await.text().await.unwrap();
        (rows(&html).len() == 3 && html.contains("410")).then_some(html)
    })
    .await;
    assert_eq!(figures(&html), ["16.6%", "0", "1", "1", "2"], "{html}");
    for (row, webhook, told) in [
        (0, &failing, ["Every callback has failed since", "500 InternalServerError"]),
        (1, &given_up, ["The receiver answered 410 Gone", "410 Gone"]),
        (2, &holding, ["2 deliveries held while disabled.", "No callback yet"]),
    ] {
        let (link, text) = &rows(&html)[row];
        assert_eq!(*link, path(webhook));
        assert!(told.iter().all(|told| text.contains(told)), "{text}");
    }
    assert!(rows(&html).iter().all(|(_, text)| !text.contains("Works")), "{html}");
    // The map of flows has a line for each type and webhook, also for one that works.
    let flows: Vec<String> = Page::of(&html)
        .all(".flows ul.visually-hidden li")
        .into_iter()
        .map(text_of)
        .collect();
    assert!(
        flows.iter().any(|flow| flow.contains("to Works: 1 callback, 0 failed")),
        "{flows:?}"
    );
    assert!(flows.iter().any(|flow| !flow.ends_with(", 0 failed")), "{flows:?}");
    // Callbacks by event type: five of the retried one and one of the other.
    let types: Vec<String> = Page::of(&html).all("#event-types .series li").into_iter().map(text_of).collect();
    assert_eq!(types.len(), 2, "{types:?}");
    assert!(
        types[0].starts_with("Visit event approved")
            && types[0].ends_with('5')
            && types[1].starts_with("Visit event created")
            && types[1].ends_with('1'),
        "{types:?}"
    );
    let enabled = app
        .api(Method::PATCH, &path(&given_up))
        .json_value(&json!({ "enabled": true }))
        .send()
        .await
        .unwrap();
    assert_eq!(enabled.status(), 200);
    assert_eq!(app.api(Method::DELETE, &path(&holding)).send().await.unwrap().status(), 204);
    let html = app.page("/", &cookie).await.text().await.unwrap();
    assert_eq!(rows(&html).len(), 1, "{html}");
    app.stop().await;
}

async fn overview_tells_what_waits_for_failing_webhooks(database: TestDatabase) {
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let fails = Receiver::start(vec![Reply::status(500); 10]).await;
    let failing = add(&app, "Fails", &fails.url, BuiltIn::VisitEventApproved, &[]).await;
    let html = app.page("/", &cookie).await.text().await.unwrap();
    assert!(html.contains("On their way, or retried later"), "{html}");
    for (count, sentence) in [(1, "1 behind a failing webhook"), (2, "2 behind a failing webhook")] {
        app.publish(BuiltIn::VisitEventApproved, &count.to_string()).await;
        app.log(&failing, count).await;
        wait_for(sentence, async || {
            app.page("/", &cookie).await.text().await.unwrap().contains(sentence).then_some(())
        })
        .await;
    }
    let other = add(&app, "Fails as well", &fails.url, BuiltIn::RoleMembershipChanged, &[]).await;
    app.publish(BuiltIn::RoleMembershipChanged, "3").await;
    app.log(&other, 1).await;
    let sentence = "3 behind 2 failing webhooks";
    wait_for(sentence, async || {
        app.page("/", &cookie).await.text().await.unwrap().contains(sentence).then_some(())
    })
    .await;
    // More than the overview lists.
    for number in 0..7 {
        add(&app, &format!("Fails, too {number}"), &fails.url, BuiltIn::VisitEventCreated, &[]).await;
    }
    app.publish(BuiltIn::VisitEventCreated, "4").await;
    let sentence = "10 behind 9 failing webhooks";
    wait_for(sentence, async || {
        app.page("/", &cookie).await.text().await.unwrap().contains(sentence).then_some(())
    })
    .await;
    app.stop().await;
}

async fn overview_of_an_owner_counts_only_own_webhooks(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app
        .store
        .user_by_email("owner@example.com")
        .await
        .unwrap()
        .unwrap()
        .0
        .id
        .to_string();
    let (mine, other) = (Receiver::start([]).await, Receiver::start(vec![Reply::status(500); 20]).await);
    let own = add(&app, "Mine", &mine.url, BuiltIn::VisitEventCreated, &[&id]).await;
    let secret = add(&app, "Secret", &other.url, BuiltIn::VisitEventApproved, &[]).await;
    let held = add(&app, "Secretly held", &other.url, BuiltIn::RoleMembershipChanged, &[]).await;
    app.api(Method::PATCH, &path(&held))
        .json_value(&json!({ "enabled": false }))
        .send()
        .await
        .unwrap();
    for (event, id) in [
        (BuiltIn::VisitEventCreated, "1"),
        (BuiltIn::VisitEventCreated, "2"),
        (BuiltIn::VisitEventApproved, "3"),
        (BuiltIn::RoleMembershipChanged, "4"),
    ] {
        app.publish(event, id).await;
    }
    app.log(&own, 2).await;
    app.log(&secret, 4).await;
    app.deliveries(&database, "held", 1).await;
    let html = app.page("/", &owner).await.text().await.unwrap();
    assert_eq!(figures(&html), ["100%", "0", "1", "0", "0"], "{html}");
    assert!(
        html.contains("2 callbacks") && html.contains("All good: no webhook is failing, clearhook has disabled none, and nothing is held."),
        "{html}"
    );
    assert!(!html.contains("Secret") && !html.contains("/users"), "{html}");
    assert!(Page::of(&html).all("#event-types").is_empty(), "{html}");
    let off = app
        .api(Method::PATCH, &path(&own))
        .json_value(&json!({ "enabled": false }))
        .send()
        .await
        .unwrap();
    assert_eq!(off.status(), 200);
    app.publish(BuiltIn::VisitEventCreated, "5").await;
    app.deliveries(&database, "held", 2).await;
    let html = app.page("/", &owner).await.text().await.unwrap();
    assert!(rows(&html).len() == 1 && html.contains("1 delivery held while disabled."), "{html}");
    app.stop().await;
}

async fn overview_without_webhooks_shows_first_steps(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let html = app.page("/", &cookie).await.text().await.unwrap();
    assert!(
        html.contains("Getting started") && html.contains("href=\"/webhooks/new\"") && !html.contains("No webhooks yet"),
        "{html}"
    );
    let html = app.page("/", &owner).await.text().await.unwrap();
    assert!(html.contains("You own no webhook yet."), "{html}");
    app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let html = app.page("/", &format!("{cookie}; lang=fr")).await.text().await.unwrap();
    assert!(
        html.contains("Aucun appel dans les dernières 24 heures.") && html.contains("Tout va bien"),
        "{html}"
    );
    let nobody = app.page("/", "").await;
    assert_eq!(nobody.headers()["location"], "/sign-in");
    app.stop().await;
}
