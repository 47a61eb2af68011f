//! The buttons of a webhook's page besides "Save": test event, duplicate, new secret and deletion.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use serde_json::Value;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    html::{Page, attribute},
    on_both,
    receiver::Receiver,
};

on_both! { test_event_is_in_the_log_after_the_redirect rotated_secret_is_shown_once_and_both_secrets_sign duplicate_opens_a_filled_form_for_a_new_webhook webhook_deletion_requires_the_name }

fn path(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn test_event_is_in_the_log_after_the_redirect(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    let path = path(&webhook);
    let response = app
        .form(&path, &cookie, &[("intent", "test"), ("event", "visit_event.created")])
        .await;
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!((response.status().as_u16(), location), (303, format!("{path}?saved=tested")));
    let html = app.page(&format!("{path}?saved=tested"), &cookie).await.text().await.unwrap();
    for shown in ["A test event was sent.", ">Logs<", "202 Accepted"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let row = app.log(&webhook, 1).await.remove(0);
    assert_eq!(
        (row["trigger"].as_str(), row["event_type"].as_str()),
        (Some("test"), Some("visit_event.created"))
    );

    app.form(
        "/webhooks",
        &cookie,
        &[("id", webhook["id"].as_str().unwrap()), ("enabled", "false")],
    )
    .await;
    let response = app.form(&path, &cookie, &[("intent", "test")]).await;
    assert_eq!(response.status(), 422);
    assert!(response.text().await.unwrap().contains("The webhook is disabled; enable it first."));
    app.stop().await;
}

async fn rotated_secret_is_shown_once_and_both_secrets_sign(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = path(&webhook);
    let response = app.form(&path, &cookie, &[("intent", "rotate"), ("overlap", "24h")]).await;
    assert_eq!(response.status(), 200);
    let html = response.text().await.unwrap();
    let secret = attribute(Page::of(&html).one("input[value^=whsec_]"), "value");
    assert!(
        html.contains("it is not shown again") && html.contains("still signs until"),
        "{html}"
    );
    assert!(!app.page(&path, &cookie).await.text().await.unwrap().contains(&secret));
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let seen = receiver.wait(1).await.remove(0);
    assert_eq!(seen.headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
    let response = app.form(&path, &cookie, &[("intent", "rotate"), ("overlap", "30d")]).await;
    assert_eq!(response.status(), 422);
    assert!(response.text().await.unwrap().contains("Use at most 7d."));
    app.stop().await;
}

async fn duplicate_opens_a_filled_form_for_a_new_webhook(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/original", &[BuiltIn::VisitEventCreated]).await;
    let id = webhook["id"].as_str().unwrap();
    let html = app.page(&format!("/webhooks/new?from={id}"), &cookie).await.text().await.unwrap();
    for kept in ["Test (copy)", "https://example.com/original", "value=\"whsec_"] {
        assert!(html.contains(kept), "{kept}: {html}");
    }
    assert_eq!(html.matches(" checked").count(), 1, "the event, and not that it is enabled: {html}");
    assert!(!html.contains(webhook["secret"].as_str().unwrap()));
    assert_eq!(app.page("/webhooks/new?from=none", &cookie).await.status(), 404);
    assert_eq!(database.count("webhooks").await, 1);
    app.stop().await;
}

async fn webhook_deletion_requires_the_name(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let path = path(&webhook);
    let response = app.form(&path, &cookie, &[("intent", "delete"), ("confirm", "Tset")]).await;
    assert_eq!(response.status(), 422);
    assert!(response.text().await.unwrap().contains("it was not deleted"));
    assert_eq!(app.page(&path, &cookie).await.status(), 200);
    let response = app.form(&path, &cookie, &[("intent", "delete"), ("confirm", "Test")]).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["location"].to_str().unwrap()),
        (303, "/webhooks?deleted=1")
    );
    let html = app.page("/webhooks?deleted=1", &cookie).await.text().await.unwrap();
    assert!(html.contains("The webhook was deleted."), "{html}");
    assert_eq!(app.page(&path, &cookie).await.status(), 404);
    app.stop().await;
}
