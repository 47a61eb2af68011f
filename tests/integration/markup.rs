//! Foreign text is escaped in every page that the server sends, so it never begins or ends an element. The content security policy would
//! stop a script as well, but it is only the second line of defence.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use serde_json::json;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    html::{Page, attribute},
    on_both,
    receiver::{Receiver, Reply},
};

on_both! { hostile_text_never_becomes_markup }

const HOSTILE: &str = "\"'></title></textarea></script></style></option><planted-element x=\"";

async fn hostile_text_never_becomes_markup(database: TestDatabase) {
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
    app.publish(BuiltIn::IdentityCreated, HOSTILE).await;
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
    // Each field has its typed value, escaped.
    let page = Page::of(&html);
    let values = page.all("input[value]").into_iter().map(|input| attribute(input, "value"));
    assert!(values.filter(|value| value == HOSTILE).count() >= 7, "{html}");
    pages.push(("a form with errors".to_owned(), html));
    let sign_in = app
        .form("/sign-in", "", &[("email", HOSTILE), ("password", HOSTILE), ("next", HOSTILE)])
        .await;
    pages.push(("sign-in".to_owned(), sign_in.text().await.unwrap()));
    let mut shown = 0;
    for (path, html) in &pages {
        assert!(Page::of(html).all("planted-element").is_empty(), "{path}: {html}");
        assert!(!html.contains("></title></textarea>"), "{path}");
        shown += usize::from(html.contains("planted-element"));
    }
    assert!(shown >= 6, "what they wrote is shown on {shown} pages");
    app.stop().await;
}
