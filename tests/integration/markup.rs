//! What strangers write is text in every page as the server sends it: no element begins or ends with it. The policy would keep a script
//! from running, but that is the second wall, not the first.

use clearhook::{catalogue::EventType, domain::role::Role};
use serde_json::json;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! { no_element_begins_or_ends_with_what_strangers_write }

const HOSTILE: &str = "\"'></title></textarea></script></style></option><planted-element x=\"";

async fn no_element_begins_or_ends_with_what_strangers_write(database: TestDatabase) {
    let reply = Reply {
        body: HOSTILE.to_owned(),
        ..Reply::status(500)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([reply]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let body = json!({
        "name": HOSTILE, "description": HOSTILE, "url": format!("{}?q={HOSTILE}", receiver.url), "events": ["identity.created"],
        "headers": [{ "name": "X-A", "value": HOSTILE }],
    });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    app.publish(EventType::IdentityCreated, HOSTILE).await;
    let row = app.log(&webhook, 1).await.remove(0);
    let (id, callback) = (webhook["id"].as_str().unwrap(), row["id"].as_str().unwrap());
    let query: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let mut pages = Vec::new();
    for path in [
        "/webhooks".to_owned(),
        "/".to_owned(),
        format!("/webhooks?q={query}&sort={query}&event={query}&status={query}&page={query}"),
        format!("/webhooks/{id}"),
        format!("/audit-log?entry={query}&actor={query}&object={query}&kind={query}&action={query}"),
        format!("/webhooks/new?from={id}"),
        format!("/webhooks/{id}?callback={callback}&range={query}&from={query}&to={query}&response={query}"),
        format!("/webhooks/{query}"),
        format!("/event-types/{query}"),
        format!("/{query}"),
        format!("/sign-in?next={query}"),
        format!("/webhooks/new?{query}={query}"),
    ] {
        pages.push((path.clone(), app.page(&path, &cookie).await.text().await.unwrap()));
    }
    let fields = [
        ("name", HOSTILE),
        ("description", HOSTILE),
        ("url", HOSTILE),
        ("secret", HOSTILE),
        ("events", HOSTILE),
    ];
    let headers = [
        ("header_row", HOSTILE),
        ("header_name", HOSTILE),
        ("header_value", HOSTILE),
        ("header_secret", HOSTILE),
        ("rate_limit-per_second", HOSTILE),
        ("rate_limit-burst", HOSTILE),
        ("ordered", HOSTILE),
        ("owners", HOSTILE),
    ];
    let form = app.form("/webhooks/new", &cookie, &[&fields[..], &headers].concat()).await;
    assert_eq!(form.status(), 422);
    let html = form.text().await.unwrap();
    // Each field comes back with what was typed into it: the values of inputs, escaped.
    let shown = html
        .split("value=\"")
        .skip(1)
        .map(|value| value.split('"').next().unwrap_or_default());
    assert!(shown.filter(|value| value.contains("planted-element")).count() >= 7, "{html}");
    pages.push(("a form with errors".to_owned(), html));
    let sign_in = app
        .form("/sign-in", "", &[("email", HOSTILE), ("password", HOSTILE), ("next", HOSTILE)])
        .await;
    pages.push(("sign-in".to_owned(), sign_in.text().await.unwrap()));
    let mut shown = 0;
    for (path, html) in &pages {
        assert!(!html.contains("<planted-element"), "{path}: {html}");
        assert!(!html.contains("></title></textarea>"), "{path}");
        shown += usize::from(html.contains("planted-element"));
    }
    assert!(shown >= 6, "what they wrote is shown on {shown} pages");
    app.stop().await;
}
