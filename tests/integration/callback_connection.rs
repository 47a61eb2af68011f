//! The connection on the page of a callback: how long its parts took, the certificates that were refused, and the target of a redirect as the
//! new URL of the webhook.

use clearhook::{
    catalogue::BuiltIn,
    domain::{id::UserId, role::Role},
};
use reqwest::Method;
use scraper::ElementRef;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    html::{Page, attribute, inside, text_of},
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    callback_page_shows_the_parts_of_a_request_on_a_new_and_on_an_open_connection callback_page_shows_where_a_failed_connection_ended
    target_of_a_redirect_becomes_the_url_after_a_question target_that_cannot_be_called_is_not_offered
    api_owner_sees_no_value_of_additional_headers
}

fn path(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn user_id(app: &TestApp, email: &str) -> UserId {
    app.store.user_by_email(email).await.unwrap().unwrap().0.id
}

async fn change(app: &TestApp, webhook: &Value, fields: &Value) {
    let response = app.api(Method::PATCH, &path(webhook)).json_value(fields).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

/// The page of the first callback of the log, or of a later one.
async fn open(app: &TestApp, webhook: &Value, count: usize, cookie: &str) -> (String, String) {
    let log = app.log(webhook, count).await;
    let id = log[log.len() - count]["id"].as_str().unwrap().to_owned();
    let html = app.page(&format!("{}?callback={id}", path(webhook)), cookie).await;
    (id, html.text().await.unwrap())
}

/// The parts of the attempt: name and duration.
fn parts(html: &str) -> Vec<(String, String)> {
    let page = Page::of(html);
    let of = |part: ElementRef<'_>| (text_of(inside(part, "dt")[0]), text_of(inside(part, "dd")[0]));
    page.all(".phases dl > div").into_iter().map(of).collect()
}

async fn callback_page_shows_the_parts_of_a_request_on_a_new_and_on_an_open_connection(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let (_, html) = open(&app, &webhook, 1, &cookie).await;
    let first = parts(&html);
    let names: Vec<_> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["DNS", "Connect", "TLS", "Wait"]);
    // The address is a literal one and the URL has no TLS.
    let is_measured: Vec<_> = first.iter().map(|(_, time)| time != "–").collect();
    assert_eq!(is_measured, [false, true, false, true], "{first:?}");
    assert!(!html.contains("already open"));
    // Requests that follow at once use the open connection, unless the pool has closed it already.
    for attempt in 2..40 {
        app.publish(BuiltIn::IdentityCreated, &attempt.to_string()).await;
        let (_, html) = open(&app, &webhook, attempt, &cookie).await;
        if html.contains("Sent on a connection that was already open.") {
            let times: Vec<_> = parts(&html).into_iter().map(|(_, time)| time != "–").collect();
            assert_eq!(times, [false, false, false, true]);
            app.stop().await;
            return;
        }
    }
    panic!("no request used an open connection");
}

async fn callback_page_shows_where_a_failed_connection_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let refused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let webhook = app.webhook(&refused, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let (_, html) = open(&app, &webhook, 1, &cookie).await;
    let is_measured: Vec<_> = parts(&html).into_iter().map(|(_, time)| time != "–").collect();
    assert_eq!(is_measured, [false, true, false, false], "{html}");
    app.stop().await;
}

fn redirect(status: u16, to: &'static str) -> Reply {
    Reply {
        headers: vec![("location", to)],
        ..Reply::status(status)
    }
}

async fn target_of_a_redirect_becomes_the_url_after_a_question(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    for (status, location, is_temporary) in [(301, "/new?x=1#part", false), (307, "/new?x=1", true), (308, "new?x=1", false)] {
        let receiver = Receiver::start([redirect(status, location)]).await;
        let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
        app.publish(BuiltIn::IdentityCreated, &status.to_string()).await;
        let (id, html) = open(&app, &webhook, 1, &cookie).await;
        let page = Page::of(&html);
        let form = page.one("#use-redirect form");
        let question = text_of(form);
        let target = reqwest::Url::parse(&receiver.url).unwrap().join("/new?x=1").unwrap();
        assert!(
            question.contains(target.as_str()) && question.contains("Change the URL"),
            "{question}"
        );
        assert_eq!(question.contains("the move is temporary"), is_temporary, "{question}");
        let action = format!("{}/callbacks/{id}/use-redirect", path(&webhook));
        assert_eq!(attribute(form, "action"), action);
        let answer = app.form(&action, &cookie, &[]).await;
        assert_eq!(answer.status(), 303);
        let stored = app.get(&path(&webhook)).await;
        assert_eq!(stored["url"], target.as_str());
        // The present URL is not the one of the callback any more.
        let html = app
            .page(&format!("{}?callback={id}", path(&webhook)), &cookie)
            .await
            .text()
            .await
            .unwrap();
        assert!(Page::of(&html).all("#use-redirect").is_empty());
        // Pressing it again changes nothing; after another change it is refused.
        assert_eq!(app.form(&action, &cookie, &[]).await.status(), 303);
        change(&app, &webhook, &json!({ "url": format!("{}other", receiver.url) })).await;
        assert_eq!(app.form(&action, &cookie, &[]).await.status(), 409);
        change(&app, &webhook, &json!({ "enabled": false })).await;
    }
    let audit = app.page("/audit-log?actor=ann@example.com&action=webhook.changed", &cookie).await;
    let audit = audit.text().await.unwrap();
    assert_eq!(Page::of(&audit).all("table.changes tbody tr").len(), 3, "one entry for each change");
    app.stop().await;
}

async fn target_that_cannot_be_called_is_not_offered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (admin, owner) = (
        app.sign_in("ann@example.com", Role::Administrator).await,
        app.sign_in("bob@example.com", Role::ApiOwner).await,
    );
    let owner_id = user_id(&app, "bob@example.com").await;
    for (number, reply) in [
        redirect(301, "ftp://example.com/"),
        redirect(301, "https://10.0.0.1/"),
        redirect(301, "https://user:password@example.com/"),
        redirect(302, "javascript:alert(1)"),
        redirect(301, ""),
        Reply::status(304),
        redirect(200, "/elsewhere"),
        redirect(500, "/elsewhere"),
    ]
    .into_iter()
    .enumerate()
    {
        let receiver = Receiver::start([reply]).await;
        let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
        app.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
        let (id, html) = open(&app, &webhook, 1, &admin).await;
        assert!(Page::of(&html).all("#use-redirect").is_empty(), "{number}: {html}");
        let refused = app
            .form(&format!("{}/callbacks/{id}/use-redirect", path(&webhook)), &admin, &[])
            .await;
        assert!(matches!(refused.status().as_u16(), 409 | 422), "{number}: {}", refused.status());
        assert_eq!(app.get(&path(&webhook)).await["url"], receiver.url.as_str());
        change(&app, &webhook, &json!({ "enabled": false })).await;
    }
    // An API owner sees the verdict, but not the button.
    let receiver = Receiver::start([redirect(301, "/new")]).await;
    let body = json!({ "name": "Moved", "url": receiver.url, "events": ["identity.created"], "owners": [owner_id] });
    let (_, webhook) = app.post("/webhooks", &body).await;
    app.publish(BuiltIn::IdentityCreated, "last").await;
    let (id, html) = open(&app, &webhook, 1, &owner).await;
    assert!(html.contains("The receiver moved to") && Page::of(&html).all("#use-redirect").is_empty());
    // They can pass on a link to this callback.
    assert!(text_of(Page::of(&html).one("#permalink")).ends_with(&format!("{}?callback={id}", path(&webhook))));
    let refused = app
        .form(&format!("{}/callbacks/{id}/use-redirect", path(&webhook)), &owner, &[])
        .await;
    assert_eq!(refused.status(), 403);
    app.stop().await;
}

async fn api_owner_sees_no_value_of_additional_headers(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (admin, owner) = (
        app.sign_in("ann@example.com", Role::Administrator).await,
        app.sign_in("bob@example.com", Role::ApiOwner).await,
    );
    let owner_id = user_id(&app, "bob@example.com").await;
    let receiver = Receiver::start([]).await;
    let headers = json!([
        { "name": "X-Tenant", "value": "value-nobody-marked", "secret": false },
        { "name": "User-Agent", "value": "agent-nobody-marked", "secret": false },
    ]);
    let body = json!({ "name": "HR", "url": receiver.url, "events": ["identity.created"], "owners": [owner_id], "headers": headers });
    let (_, webhook) = app.post("/webhooks", &body).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let (_, seen_by_admin) = open(&app, &webhook, 1, &admin).await;
    assert!(seen_by_admin.contains("value-nobody-marked") && seen_by_admin.contains("agent-nobody-marked"));
    let (_, seen_by_owner) = open(&app, &webhook, 1, &owner).await;
    assert!(seen_by_owner.contains("X-Tenant") || seen_by_owner.contains("x-tenant"));
    for value in ["value-nobody-marked", "agent-nobody-marked"] {
        assert!(!seen_by_owner.contains(value), "{seen_by_owner}");
    }
    app.stop().await;
}
