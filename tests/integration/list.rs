//! The list of webhooks in the console: sorting, filters, pages, the switch, and recent results in each row.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    html::{Page, text_of},
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { search_finds_webhooks_by_current_values webhook_list_sorts_filters_and_pages_by_url webhook_is_switched_in_its_row webhook_row_shows_recent_results webhook_list_shows_no_help_text the_columns_are_chosen_and_remembered }

/// The names of the webhooks on a page, in order.
async fn names(app: &TestApp, path: &str, cookie: &str) -> Vec<String> {
    let html = app.page(path, cookie).await.text().await.unwrap();
    Page::of(&html).all("td.name > a").into_iter().map(text_of).collect()
}

async fn add(app: &TestApp, body: &serde_json::Value) -> String {
    let response = app.api(Method::POST, "/webhooks").json_value(body).send().await.unwrap();
    assert_eq!(response.status(), 201);
    response.headers()["location"]
        .to_str()
        .unwrap()
        .rsplit_once('/')
        .unwrap()
        .1
        .to_owned()
}

async fn webhook_list_sorts_filters_and_pages_by_url(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for (name, url, event, description, enabled) in [
        ("beta", "https://c.example.com/", "visit_event.created", "Two", true),
        ("Alpha", "https://b.example.com/", "identity.created", "three", false),
        ("gamma", "https://a.example.com/", "access_request.created", "One of 1000", true),
        (
            "delta",
            "https://d.example.com/",
            "role.membership_changed",
            "100%_ of the École οδοσα",
            false,
        ),
    ] {
        add(
            &app,
            &json!({ "name": name, "url": url, "events": [event], "description": description, "enabled": enabled }),
        )
        .await;
    }
    for (query, order) in [
        ("", ["Alpha", "beta", "delta", "gamma"]),
        ("?sort=name&dir=desc", ["gamma", "delta", "beta", "Alpha"]),
        ("?sort=url", ["gamma", "Alpha", "beta", "delta"]),
        ("?sort=event", ["gamma", "Alpha", "delta", "beta"]),
        ("?sort=description", ["delta", "gamma", "Alpha", "beta"]),
        (
            "?sort=nonsense&dir=up&page=-1&status=odd&event=none",
            ["Alpha", "beta", "delta", "gamma"],
        ),
    ] {
        assert_eq!(names(&app, &format!("/webhooks{query}"), &cookie).await, order, "{query}");
    }
    let disabled_first = names(&app, "/webhooks?sort=status", &cookie).await;
    assert_eq!(disabled_first, ["Alpha", "delta", "beta", "gamma"]);
    let enabled_first = names(&app, "/webhooks?sort=status&dir=desc", &cookie).await;
    assert_eq!(enabled_first[2..], ["delta", "Alpha"]);
    for (query, found) in [
        ("?q=ALPHA", "Alpha"),
        ("?event=visit_event.created", "beta"),
        ("?status=disabled&q=three", "Alpha"),
        ("?q=one&status=enabled", "gamma"),
        ("?q=ÉCOLE", "delta"),
        ("?q=100%25_", "delta"),
        ("?q=ΟΔΟΣ", "delta"),
    ] {
        assert_eq!(names(&app, &format!("/webhooks{query}"), &cookie).await, [found], "{query}");
    }
    let html = app
        .page("/webhooks?q=a%26b&event=visit_event.created&sort=url", &cookie)
        .await
        .text()
        .await
        .unwrap();
    for kept in [
        "Nothing found",
        "value=\"a&amp;b\"",
        "<option value=\"visit_event.created\" selected",
        "name=\"sort\" value=\"url\"",
    ] {
        assert!(html.contains(kept), "{kept}: {html}");
    }

    for n in 0..110 {
        add(
            &app,
            &json!({ "name": format!("x{n:03}"), "url": "https://example.com/", "events": ["visit_event.approved"] }),
        )
        .await;
    }
    let html = app
        .page("/webhooks?event=visit_event.approved&page=2", &cookie)
        .await
        .text()
        .await
        .unwrap();
    for shown in [
        "26 to 50 of 110 webhooks",
        "Page 2 of 5",
        "event=visit_event.approved&amp;page=3",
        "href=\"/webhooks?event=visit_event.approved\"",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    for beyond in [999, u64::MAX] {
        let last = names(&app, &format!("/webhooks?event=visit_event.approved&page={beyond}"), &cookie).await;
        assert_eq!((last.len(), last[9].as_str()), (10, "x109"));
    }
    app.stop().await;
}

async fn webhook_is_switched_in_its_row(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = add(&app, &json!({ "name": "One", "url": "https://example.com/", "events": ["visit_event.created"], "headers": [{ "name": "X-A", "value": "kept" }] })).await;
    for (enabled, button, state) in [("false", "Enable One", "Disabled"), ("true", "Disable One", "Enabled")] {
        let response = app.form("/webhooks?sort=url", &cookie, &[("id", &id), ("enabled", enabled)]).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()["location"].to_str().unwrap()),
            (303, format!("/webhooks?sort=url&switched={id}#webhook-{id}").as_str())
        );
        let html = app.page(&format!("/webhooks?switched={id}"), &cookie).await.text().await.unwrap();
        assert!(html.contains(button) && html.contains(state), "{html}");
        let page = Page::of(&html);
        let notice = text_of(page.one(".toast"));
        assert!(
            notice.contains(&format!("“One” is {}", state.to_lowercase())) && notice.contains("Undo"),
            "{notice}"
        );
    }
    // Only those who can switch a webhook are told, and nothing is said of one that is not there.
    let html = app.page(&format!("/webhooks?switched={id}"), &owner).await.text().await.unwrap();
    assert!(!html.contains("class=\"toast\""), "{html}");
    for gone in ["none", "01890000-0000-7000-8000-000000000000"] {
        let html = app.page(&format!("/webhooks?switched={gone}"), &cookie).await.text().await.unwrap();
        assert!(html.contains("One") && !html.contains("class=\"toast\""), "{gone}: {html}");
    }
    assert_eq!(app.get(&format!("/webhooks/{id}")).await["headers"][0]["value"], "kept");
    assert_eq!(
        app.form("/webhooks", &cookie, &[("id", "none"), ("enabled", "true")])
            .await
            .status(),
        404
    );
    assert_eq!(
        app.form("/webhooks", &owner, &[("id", &id), ("enabled", "false")]).await.status(),
        403
    );
    assert_eq!(app.get(&format!("/webhooks/{id}")).await["enabled"], true);
    app.stop().await;
}

async fn webhook_row_shows_recent_results(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start(vec![Reply::status(500); 20]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    add(
        &app,
        &json!({ "name": "Other", "url": "https://example.com/", "events": ["visit_event.approved"] }),
    )
    .await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 4).await;
    // The health of the webhook is updated when the callback is stored.
    let html = wait_for("the row to say that it fails", async || {
        let html = app.page("/webhooks?status=failing", &cookie).await.text().await.unwrap();
        html.contains("Every callback has failed since").then_some(html)
    })
    .await;
    for shown in [
        "500 InternalServerError",
        "Last 24 hours: 4 callbacks, 4 failed",
        "title=\"Identity created, Visit event created\"",
        ">+1<",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("Other") && !html.contains("style="), "{html}");
    let html = app.page("/webhooks", &cookie).await.text().await.unwrap();
    assert_eq!(html.matches("No callback yet").count(), 1, "{html}");
    app.stop().await;
}

async fn webhook_list_shows_no_help_text(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let html = app.page("/webhooks?q=a", &cookie).await.text().await.unwrap();
    assert!(
        html.contains("A webhook is a URL that clearhook calls") && html.matches("href=\"/webhooks/new\"").count() == 1,
        "{html}"
    );
    add(
        &app,
        &json!({ "name": "One", "url": "https://example.com/", "events": ["visit_event.created"] }),
    )
    .await;
    let html = app.page("/webhooks", &owner).await.text().await.unwrap();
    assert!(
        html.contains("You own no webhook yet.") && !html.contains("/webhooks/new"),
        "{html}"
    );
    app.stop().await;
}

async fn search_finds_webhooks_by_current_values(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let id = add(
        &app,
        &json!({ "name": "Before", "url": "https://example.com/", "events": ["visit_event.approved"] }),
    )
    .await;
    // A dot sorts before an underscore on both databases and in every locale.
    let other = json!({ "name": "Other", "url": "https://example.org/", "events": ["identity_request.created", "identity.updated"] });
    add(&app, &other).await;
    assert_eq!(names(&app, "/webhooks?sort=event", &cookie).await, ["Other", "Before"]);
    let change =
        json!({ "name": "After", "url": "https://new.example.com/", "description": "moved", "events": ["access_request.created"] });
    let changed = app.api(Method::PATCH, &format!("/webhooks/{id}")).json_value(&change);
    assert_eq!(changed.send().await.unwrap().status(), 200);
    assert_eq!(names(&app, "/webhooks?sort=event", &cookie).await, ["After", "Other"]);
    for (query, found) in [
        ("before", &[][..]),
        ("after", &["After"]),
        ("new.example", &["After"]),
        ("moved", &["After"]),
    ] {
        assert_eq!(names(&app, &format!("/webhooks?q={query}"), &cookie).await, found, "{query}");
    }
    app.stop().await;
}

async fn the_columns_are_chosen_and_remembered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    add(
        &app,
        &json!({ "name": "One", "url": "https://example.com/hooks", "events": ["identity.created"], "description": "The first" }),
    )
    .await;
    let headings = async |cookie: &str| {
        let html = app.page("/webhooks", cookie).await.text().await.unwrap();
        let page = Page::of(&html);
        let cells = page.all("table.webhooks tbody td").len();
        let headings: Vec<String> = page.all("table.webhooks th").into_iter().map(text_of).collect();
        assert_eq!(cells, headings.len());
        headings
    };
    let all = [
        "Name",
        "URL",
        "Event",
        "Description",
        "Status",
        "Last 24 hours",
        "Owners",
        "Rate",
        "Actions",
    ];
    assert_eq!(headings(&cookie).await, all);
    for (ticked, expected) in [
        (&["name", "status", "owners"][..], vec!["Name", "Status", "Owners", "Actions"]),
        (&["name"], vec!["Name", "Actions"]),
        (&["name", "nonsense", "url"], vec!["Name", "URL", "Actions"]),
        (&["name", "usual"], all.to_vec()),
    ] {
        let fields: Vec<(&str, &str)> = ticked.iter().map(|column| ("columns", *column)).collect();
        let response = app.form("/preferences", &cookie, &fields).await;
        assert_eq!(response.status(), 303);
        let kept = response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        assert_eq!(headings(&format!("{cookie}; {kept}")).await, expected, "{ticked:?}");
    }
    app.stop().await;
}
