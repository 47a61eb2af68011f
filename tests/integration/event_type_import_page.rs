//! The page on which event types are imported, and the catalogue for readers who are not signed in.

use std::time::{Duration, Instant};

use clearhook::domain::role::Role;
use futures_util::future::join_all;
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::{
    event_type_pages::{ADMIN, define, page_of, start, typed},
    support::{app::TestApp, database::TestDatabase, html::text_of, on_both},
};

on_both! {
    document_is_imported_after_a_dry_run
    catalogue_is_public_only_if_the_operator_says_so
    archive_is_made_once_however_many_ask_for_it
}

/// Sends the form of the import as a browser does.
async fn import(app: &TestApp, cookie: &str, fields: &[(&str, &str)], file: Option<(&str, &str)>) -> Response {
    const BOUNDARY: &str = "----clearhook-test";
    let mut body = String::new();
    if let Some((name, content)) = file {
        body.extend([format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/json\r\n\r\n{content}\r\n"
        )]);
    }
    for (name, value) in fields {
        body.extend([format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )]);
    }
    body.extend([format!("--{BOUNDARY}--\r\n")]);
    let request = app
        .http
        .post(format!("{}/event-types/import", app.url))
        .header("sec-fetch-site", "same-origin");
    let media = format!("multipart/form-data; boundary={BOUNDARY}");
    request
        .header("cookie", cookie)
        .header("content-type", media)
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn document_is_imported_after_a_dry_run(database: TestDatabase) {
    let (app, cookie) = start(&database).await;
    define(&app, &cookie, "invoice.paid").await;
    let webhook = |schema: Value| json!({ "post": { "requestBody": { "content": { "application/json": { "schema": schema } } } } });
    let strict = json!({ "type": "object", "required": ["id", "amount"], "properties": { "id": { "type": "string" }, "amount": { "type": "number" } } });
    let document = json!({ "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" }, "webhooks": {
        "order.created": webhook(json!({ "type": "object", "properties": { "id": { "type": "string" } } })),
        "invoice.paid": webhook(strict),
    } })
    .to_string();
    let (status, page, html) = page_of(import(&app, &cookie, &[("intent", "check")], Some(("shop.json", &document))).await).await;
    assert_eq!(status, 200, "{html}");
    for shown in [
        "1 new",
        "1 changed",
        "order.created",
        "Import 2 event types",
        "Import breaking changes as well",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert_eq!(
        app.page("/event-types/order.created", &cookie).await.status(),
        404,
        "a dry run stores nothing"
    );
    let kept = text_of(page.one("textarea[name=document]"));
    assert_eq!(kept, document);
    let apply = [("document", kept.as_str()), ("intent", "apply")];
    assert_eq!(
        import(&app, &cookie, &apply, None).await.status(),
        409,
        "breaking changes are not wanted"
    );
    let apply = [("document", kept.as_str()), ("intent", "apply"), ("breaking", "true")];
    let response = import(&app, &cookie, &apply, None).await;
    assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
    assert_eq!(app.get("/event-types/invoice.paid").await["version"], 2);
    assert_eq!(app.get("/event-types/order.created").await["origin"], "custom");
    let (_, _, html) = page_of(import(&app, &cookie, &[("intent", "check")], Some(("shop.json", &document))).await).await;
    assert!(
        html.contains("There is nothing to import") && html.contains("2 unchanged"),
        "{html}"
    );

    let wrong = document.replace("order.created", "заказ");
    let (status, _, html) = page_of(import(&app, &cookie, &[("intent", "check")], Some(("shop.json", &wrong))).await).await;
    assert!(
        status == 422 && html.contains("cannot be imported") && html.contains("/webhooks"),
        "{status} {html}"
    );
    for (fields, file) in [
        (vec![("intent", "check")], None),
        (vec![("intent", "check"), ("document", " ")], None),
    ] {
        assert_eq!(import(&app, &cookie, &fields, file).await.status(), 422);
    }
    let (status, page, _) = page_of(import(&app, &cookie, &[("intent", "check"), ("document", "{")], None).await).await;
    assert_eq!((status, typed(&page, "document").as_str()), (422, "{"));
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    assert_eq!(import(&app, &owner, &[("intent", "check")], None).await.status(), 403);
    app.stop().await;
}

async fn catalogue_is_public_only_if_the_operator_says_so(database: TestDatabase) {
    const PATHS: [&str; 8] = [
        "/event-types",
        "/event-types/identity.created",
        "/event-types/identity.created/versions",
        "/event-types/identity.created/schema",
        "/event-types/identity.created/example",
        "/event-types/identity.created/typescript",
        "/event-types.zip",
        "/guide",
    ];
    let app = TestApp::start(&database).await;
    for path in PATHS {
        assert_eq!(app.page(path, "").await.status(), 303, "{path}");
    }
    app.stop().await;
    let app = TestApp::start_at(&database, |front| front.public_catalogue = true).await;
    app.webhook("https://secret.example.com/", &[clearhook::catalogue::BuiltIn::IdentityCreated])
        .await;
    for path in PATHS {
        let response = app.page(path, "").await;
        assert_eq!(response.status(), 200, "{path}");
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        if media.starts_with("text/html") {
            let html = response.text().await.unwrap();
            for hidden in [
                "secret.example.com",
                "Webhooks that use it",
                "/webhooks",
                "Last 24 hours",
                "/event-types/new",
                "Archive this event type",
            ] {
                assert!(!html.contains(hidden), "{path} shows {hidden}: {html}");
            }
            assert!(html.contains("/sign-in"), "{path}");
        }
    }
    for path in [
        "/",
        "/webhooks",
        "/event-types/new",
        "/event-types/import",
        "/event-types/identity.created/edit",
        "/api-keys",
    ] {
        assert_eq!(app.page(path, "").await.status(), 303, "{path}");
    }
    // A long form is kept while somebody signs in; a button is not.
    for (path, fields, status) in [
        ("/event-types/identity.created", [("state", "archived")], 303),
        ("/event-types/new", [("type", "a.b")], 401),
    ] {
        assert_eq!(app.form(path, "", &fields).await.status(), status, "{path}");
    }
    let cookie = app.sign_in(ADMIN, Role::Administrator).await;
    let html = app.page("/event-types/identity.created", &cookie).await.text().await.unwrap();
    assert!(html.contains("Webhooks that use it") && html.contains("Sign out"), "{html}");
    app.stop().await;
}

/// Making the archive costs much, and with a public catalogue anybody may ask for it.
async fn archive_is_made_once_however_many_ask_for_it(database: TestDatabase) {
    let app = TestApp::start_at(&database, |front| front.public_catalogue = true).await;
    let properties: Map<String, Value> = (0..30)
        .map(|number| (format!("field{number}"), json!({ "type": "string", "description": "A field." })))
        .collect();
    let webhooks: Map<String, Value> = (0..200)
        .map(|number| {
            let content = json!({ "application/json": { "schema": { "type": "object", "properties": properties } } });
            (
                format!("many.type{number}"),
                json!({ "post": { "requestBody": { "content": content } } }),
            )
        })
        .collect();
    let document = json!({ "openapi": "3.1.0", "info": { "title": "Many", "version": "1" }, "webhooks": webhooks });
    assert_eq!(app.post("/event-types/import", &document).await.0, 200);
    let archive = async || {
        let response = app.page("/event-types.zip", "").await;
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap()
    };
    let begun = Instant::now();
    let first = archive().await;
    let alone = begun.elapsed();
    let begun = Instant::now();
    let others = join_all((0..50).map(|_| archive())).await;
    assert!(others.iter().all(|other| *other == first));
    assert!(
        begun.elapsed() < alone * 5 + Duration::from_secs(1),
        "{alone:?} alone, {:?} for 50",
        begun.elapsed()
    );
    // A change makes a new one.
    assert_eq!(app.post("/event-types", &json!({ "type": "late.type" })).await.0, 201);
    assert!(archive().await != first);
    app.stop().await;
}
