//! The event types in the console: description, fields, example and subscribed webhooks.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use scraper::ElementRef;
use serde_json::json;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    html::{Page, inside, text_of},
    on_both,
};

on_both! { event_types_list_counts_visible_webhooks event_type_page_shows_fields_example_and_webhooks own_types_and_patterns_are_shown }

/// The row of an event type in the catalogue.
fn row(page: &Page, event: BuiltIn) -> ElementRef<'_> {
    let mut rows = page.by_role("row").into_iter();
    rows.find(|row| !inside(*row, &format!("[href=\"/event-types/{event}\"]")).is_empty())
        .unwrap()
}

/// How many webhooks subscribe to an event type, as its row says.
fn count(page: &Page, event: BuiltIn) -> String {
    let count = inside(row(page, event), ".count [aria-label]");
    text_of(*count.first().unwrap())
}

async fn event_types_list_counts_visible_webhooks(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app.store.user_by_email("owner@example.com").await.unwrap().unwrap().0.id;
    let mine = json!({ "name": "Mine", "url": "https://example.com/", "events": ["visit_event.created"], "owners": [id] });
    assert_eq!(app.post("/webhooks", &mine).await.0, 201);
    app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated, BuiltIn::VisitEventApproved])
        .await;
    let gone = app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let path = format!("/webhooks/{}", gone["id"].as_str().unwrap());
    assert!(app.api(reqwest::Method::DELETE, &path).send().await.unwrap().status().is_success());

    let page = Page::of(&app.page("/event-types", &cookie).await.text().await.unwrap());
    for event in BuiltIn::ALL {
        let row = text_of(row(&page, event));
        assert!(
            row.contains(event.name()) && row.contains(event.as_str()) && row.contains(event.summary()),
            "{row}"
        );
    }
    assert_eq!(count(&page, BuiltIn::VisitEventCreated), "2");
    assert_eq!(count(&page, BuiltIn::RoleMembershipChanged), "0");
    let link = inside(
        row(&page, BuiltIn::VisitEventCreated),
        ".count [href=\"/webhooks?event=visit_event.created\"]",
    );
    assert_eq!(link.len(), 1);
    let page = Page::of(&app.page("/event-types", &owner).await.text().await.unwrap());
    assert_eq!(
        (count(&page, BuiltIn::VisitEventCreated), count(&page, BuiltIn::VisitEventApproved)),
        ("1".to_owned(), "0".to_owned())
    );
    assert_eq!(app.page("/event-types", "").await.status(), 303);
    app.stop().await;
}

async fn event_type_page_shows_fields_example_and_webhooks(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let html = app.page("/event-types/identity.deleted", &cookie).await.text().await.unwrap();
    for shown in [
        "gives an update with the status <code>inactive</code>.",
        "href=\"/event-types/identity.deleted/schema\"",
        "<code>secondary_email</code> <span>string · email</span>",
        "<code>inactive</code> access is withheld, the identity is kept",
        "\"last_name\": \"Lindqvist\"",
        "No webhook receives this event yet.",
    ] {
        assert!(html.replace("<!>", "").contains(shown), "{shown}: {html}");
    }
    for n in 0..21 {
        let body =
            json!({ "name": format!("Mirror {n:02}"), "url": "https://example.com/", "events": ["identity.deleted"], "enabled": n > 0 });
        assert_eq!(app.post("/webhooks", &body).await.0, 201);
    }
    let html = app.page("/event-types/identity.deleted", &cookie).await.text().await.unwrap();
    assert_eq!(html.matches(" dir=\"auto\">Mirror ").count(), 20, "{html}");
    for shown in [
        "20 of 21 webhooks, by name",
        "href=\"/webhooks?event=identity.deleted\"",
        "Disabled",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let html = app.page("/event-types/identity.deleted", &owner).await.text().await.unwrap();
    assert!(
        html.contains("None of your webhooks receives this event.") && !html.contains("Mirror "),
        "{html}"
    );
    let french = app
        .page("/event-types/identity.deleted", &format!("{cookie}; lang=fr"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        french.contains("Identité supprimée") && french.contains("<em>obligatoire</em>"),
        "{french}"
    );
    for path in ["/event-types/identity.renamed", "/event-types/x"] {
        let response = app.page(path, &cookie).await;
        assert_eq!(response.status(), 404);
        assert!(response.text().await.unwrap().contains("Not found"), "{path}");
    }
    app.stop().await;
}

async fn own_types_and_patterns_are_shown(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let new = json!({ "type": "orders/v1:created", "name": "Order <created>", "description": "Sent when…", "example": { "n": 1 },
        "schema": { "type": "object", "properties": { "n": { "type": "integer", "description": "The number" } } } });
    assert_eq!(app.post("/event-types", &new).await.0, 201);
    let hook = json!({ "name": "By pattern", "url": "https://example.com/", "events": ["orders/*", "identity.created"] });
    let (status, hook) = app.post("/webhooks", &hook).await;
    assert_eq!(status, 201, "{hook}");
    let path = "/event-types/orders%2Fv1:created";
    let list = app.page("/event-types", &cookie).await.text().await.unwrap();
    assert!(
        list.contains(&format!("href=\"{path}\"")) && list.contains("Order &lt;created&gt;"),
        "{list}"
    );
    let response = app.page(path, &cookie).await;
    assert_eq!(response.status(), 200);
    let html = response.text().await.unwrap();
    for shown in ["Order &lt;created&gt;", "The number", "By pattern", "orders/v1:created"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    for file in ["schema", "example"] {
        let response = app.page(&format!("{path}/{file}"), &cookie).await;
        assert_eq!(response.status(), 200, "{file}");
    }
    // The form keeps the pattern, and the list of webhooks is filtered by the type.
    let id = hook["id"].as_str().unwrap();
    let form = app.page(&format!("/webhooks/{id}"), &cookie).await.text().await.unwrap();
    let page = Page::of(&form);
    let mut checked: Vec<_> = page
        .all("[name=\"events\"][checked]:not([disabled])")
        .iter()
        .filter_map(|input| input.attr("value"))
        .collect();
    checked.sort_unstable();
    assert_eq!(checked, ["identity.created", "orders/*"]);
    let filtered = app
        .page("/webhooks?event=orders%2Fv1%3Acreated", &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(filtered.contains("By pattern"), "{filtered}");
    app.stop().await;
}
