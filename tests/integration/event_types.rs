//! The catalogue in the console: what each event means and carries, and who hears of it.

use clearhook::{catalogue::EventType, domain::role::Role};
use serde_json::json;

use crate::support::{app::TestApp, database::TestDatabase, on_both};

on_both! { events_are_listed_with_the_webhooks_that_the_viewer_may_see an_event_is_shown_with_fields_example_and_webhooks forms_show_what_each_event_carries }

/// A row of the catalogue: from its link to the end of the row.
fn row(html: &str, event: EventType) -> &str {
    let rest = html.split_once(&format!("href=\"/event-types/{event}\"")).unwrap().1;
    rest.split_once("</tr>").unwrap().0
}

async fn events_are_listed_with_the_webhooks_that_the_viewer_may_see(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app.store.user_by_email("owner@example.com").await.unwrap().unwrap().0.id;
    let mine = json!({ "name": "Mine", "url": "https://example.com/", "events": ["visit.created"], "owners": [id] });
    assert_eq!(app.post("/webhooks", &mine).await.0, 201);
    app.webhook("https://example.com/", &[EventType::VisitCreated, EventType::VisitUpdated])
        .await;
    let gone = app.webhook("https://example.com/", &[EventType::VisitCreated]).await;
    let path = format!("/webhooks/{}", gone["id"].as_str().unwrap());
    assert!(app.api(reqwest::Method::DELETE, &path).send().await.unwrap().status().is_success());

    let html = app.page("/event-types", &cookie).await.text().await.unwrap();
    for event in EventType::ALL {
        let row = row(&html, event);
        assert!(
            row.contains(event.name()) && row.contains(event.as_str()) && row.contains(event.summary()),
            "{row}"
        );
    }
    let count = |html: &str, event| {
        let row = row(html, event).to_owned();
        let label = row.split_once("aria-label=\"").unwrap().1;
        label.split_once(' ').unwrap().0.to_owned()
    };
    assert_eq!(count(&html, EventType::VisitCreated), "2");
    assert_eq!(count(&html, EventType::RoleMembershipChanged), "0");
    assert!(row(&html, EventType::VisitCreated).contains("href=\"/webhooks?event=visit.created\""));
    let html = app.page("/event-types", &owner).await.text().await.unwrap();
    assert_eq!(
        (count(&html, EventType::VisitCreated), count(&html, EventType::VisitUpdated)),
        ("1".to_owned(), "0".to_owned())
    );
    assert_eq!(app.page("/event-types", "").await.status(), 303);
    app.stop().await;
}

async fn an_event_is_shown_with_fields_example_and_webhooks(database: TestDatabase) {
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
        "No webhook hears of this event yet.",
    ] {
        assert!(html.replace("<!>", "").contains(shown), "{shown}: {html}");
    }
    for n in 0..21 {
        let body =
            json!({ "name": format!("Mirror {n:02}"), "url": "https://example.com/", "events": ["identity.deleted"], "enabled": n > 0 });
        assert_eq!(app.post("/webhooks", &body).await.0, 201);
    }
    let html = app.page("/event-types/identity.deleted", &cookie).await.text().await.unwrap();
    assert_eq!(html.matches("Mirror ").count(), 20, "{html}");
    for shown in [
        "20 of 21 webhooks, by name",
        "href=\"/webhooks?event=identity.deleted\"",
        "Disabled",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let html = app.page("/event-types/identity.deleted", &owner).await.text().await.unwrap();
    assert!(
        html.contains("None of your webhooks hears of this event.") && !html.contains("Mirror "),
        "{html}"
    );
    let french = app
        .page("/event-types/identity.deleted", &format!("{cookie}; lang=fr"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        french.contains("Identité supprimée") && french.contains("<em>requis</em>"),
        "{french}"
    );
    for path in ["/event-types/identity.renamed", "/event-types/x"] {
        let response = app.page(path, &cookie).await;
        assert_eq!(response.status(), 404);
        assert!(response.text().await.unwrap().contains("Not found"), "{path}");
    }
    app.stop().await;
}

/// What stands between two marks.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    html.split_once(from).unwrap().1.split_once(to).unwrap().0
}

async fn forms_show_what_each_event_carries(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[EventType::VisitCreated]).await;
    for path in ["/webhooks/new".to_owned(), format!("/webhooks/{}", webhook["id"].as_str().unwrap())] {
        let html = app.page(&path, &cookie).await.text().await.unwrap();
        assert_eq!(html.matches("Show fields and example").count(), EventType::ALL.len(), "{path}");
        let visit = between(&html, "value=\"visit.created\"", "</li><li class=\"check\">");
        for shown in [
            "<code>checked_in_at</code> <span>string · date-time</span>",
            "\"Quarterly audit\"",
            "href=\"/event-types/visit.created/schema\"",
        ] {
            assert!(visit.contains(shown), "{shown}: {visit}");
        }
        assert!(!html.contains(" style="), "{path}");
    }
    let french = app.page("/webhooks/new", &format!("{cookie}; lang=fr")).await.text().await.unwrap();
    assert!(french.contains("Voir les champs et un exemple"), "{french}");
    // A page after the first may weigh 20 kB; what is readable in place leaves most of that to the rest.
    for (html, most) in [(&french, 20_000), (&whole_places(&french), 8_000)] {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, html.as_bytes()).unwrap();
        let size = packed.finish().unwrap().len();
        assert!(size < most, "{size} bytes of {} are more than {most}", html.len());
    }
    app.stop().await;
}

/// All that is readable in place.
fn whole_places(html: &str) -> String {
    let events = between(html, "id=\"events\"", "</section>");
    let parts = events.split("class=\"in-place\"").skip(1);
    parts.map(|part| part.split_once("<details").unwrap().1).collect()
}
