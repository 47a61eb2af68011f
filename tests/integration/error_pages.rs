//! Errors are pages for browsers: in the viewer's language, and with the values that were typed.

use clearhook::domain::role::Role;
use reqwest::{Method, RequestBuilder, Response};

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    forms::{fields, pairs},
    on_both,
};

on_both! { unavailable_database_keeps_typed_values error_pages_are_html_for_browsers }

const TYPED: [(&str, &str); 6] = [
    ("name", "Typed by <Ann>"),
    ("url", "https://example.com/hooks"),
    ("enabled", "true"),
    ("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("events", "visit_event.created"),
    ("intent", "save"),
];

/// A request for a page, as a browser sends it.
async fn as_browser(request: RequestBuilder, cookie: &str) -> Response {
    let request = request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    request
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .send()
        .await
        .unwrap()
}

async fn send(app: &TestApp, path: &str, cookie: &str, form: &[(&str, &str)]) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = app.http.post(format!("{}{path}", app.url));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    as_browser(request, cookie).await
}

async fn unavailable_database_keeps_typed_values(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in("ann@example.com", Role::Administrator).await;
    // Without the first table the session cannot be read; without the second one the page itself fails.
    for table in ["sessions", "webhook_events"] {
        database.execute(&format!("ALTER TABLE {table} RENAME TO away")).await;
        let asked = app.http.get(format!("{}/webhooks?q=a&sort=url", app.url));
        let answer = as_browser(asked, &session).await;
        assert_eq!(answer.status(), 503, "{table}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("'nonce-"));
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let page = answer.text().await.unwrap();
        assert!(page.contains(&id) && page.contains("role=\"alert\""), "{table}: {page}");
        let answer = app.form("/webhooks/new", &session, &TYPED).await;
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "for programs");

        let answer = send(&app, "/webhooks/new", &session, &TYPED).await;
        assert_eq!(answer.status(), 503, "{table}");
        assert!(answer.headers().contains_key("retry-after"));
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("clearhook cannot answer just now") && page.contains("What you typed is kept on this page."),
            "{page}"
        );
        let kept = fields(&page, "/webhooks/new");
        assert_eq!(pairs(&kept), TYPED, "{table}");
        database.execute(&format!("ALTER TABLE away RENAME TO {table}")).await;
        assert_eq!(send(&app, "/webhooks/new", &session, &pairs(&kept)).await.status(), 303);
        assert_eq!(app.page("/webhooks", &session).await.status(), 200);
    }
    assert_eq!(database.count("webhooks").await, 2);
    // A link to another host is not shown.
    database.execute("ALTER TABLE sessions RENAME TO away").await;
    let answer = as_browser(app.http.get(format!("{}//evil.example/x", app.url)), &session).await;
    assert_eq!(answer.status(), 503);
    assert!(!answer.text().await.unwrap().contains("evil.example"));
    // Values on the sign-in page are not lost either.
    let kept = [
        ("email", "ann@example.com"),
        ("password", "correct horse battery"),
        ("kept_path", "/webhooks/new"),
        ("kept", "name=Typed&intent=generate-secret"),
    ];
    let answer = send(&app, "/sign-in", &session, &kept).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(pairs(&fields(&answer.text().await.unwrap(), "/webhooks/new"))[0], ("name", "Typed"));
    app.stop().await;
}

async fn error_pages_are_html_for_browsers(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in("ann@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let refused = send(&app, "/webhooks/new", &owner, &TYPED).await;
    assert_eq!(refused.status(), 403);
    assert!(refused.text().await.unwrap().contains("You may not do this"));

    let french = format!("{session}; lang=fr");
    let elsewhere = app.http.post(format!("{}/sign-out", app.url)).header("accept", "text/html");
    let elsewhere = elsewhere.header("cookie", &french).header("sec-fetch-site", "cross-site");
    let refused = elsewhere.send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(refused.text().await.unwrap().contains("Cette demande vient d’un autre site"));
    let long = "x".repeat(300_000);
    let refused = send(&app, "/webhooks/new", &session, &[("description", &long)]).await;
    assert_eq!(refused.status(), 413);
    assert!(refused.text().await.unwrap().contains("more than clearhook accepts at once"));

    let unread = app.http.post(format!("{}/webhooks/new", app.url)).body("name=x");
    let unread = as_browser(unread.header("content-type", "text/plain"), &session).await;
    assert_eq!(unread.status(), 415);
    assert!(unread.text().await.unwrap().contains("This was not understood"));
    let no_method = as_browser(app.http.request(Method::DELETE, format!("{}/webhooks", app.url)), &session).await;
    assert_eq!(no_method.status(), 405);
    assert!(no_method.headers().contains_key("allow"));
    assert!(no_method.text().await.unwrap().contains("This was not understood"));

    let program = as_browser(app.http.get(format!("{}/api/v1/webhooks", app.url)), &session).await;
    assert_eq!(program.status(), 401);
    assert_eq!(program.headers()["content-type"], "application/problem+json");
    app.stop().await;
}
