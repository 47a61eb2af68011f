//! The choice of events in the form of a webhook, as a browser without scripts shows and sends it.

use clearhook::domain::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    forms::{pairs, sent, typed},
    html::{Page, inside, text_of},
    on_both,
};

on_both! {
    each_type_has_a_row_in_its_group wildcards_cover_rows_and_are_kept filter_and_groups_keep_what_was_typed
    archived_and_deprecated_types_say_so first_page_is_light schemas_of_chosen_events_are_downloaded_together
}

const EMAIL: &str = "ann@example.com";

async fn add_type(app: &TestApp, event_type: &str, group: &str) {
    let body = json!({ "type": event_type, "name": format!("Named {event_type}"), "description": "It happened.", "group": group });
    let (status, answer) = app.post("/event-types", &body).await;
    assert_eq!(status, 201, "{answer}");
}

async fn page(app: &TestApp, path: &str, cookie: &str) -> String {
    app.page(path, cookie).await.text().await.unwrap()
}

/// The checkbox of an event: whether it is ticked, and whether it can be changed.
fn checkbox(html: &str, event: &str) -> Option<(bool, bool)> {
    let page = Page::of(html);
    let found = page.first(&format!("#events input[name=events][value=\"{event}\"]"))?;
    Some((found.attr("checked").is_some(), found.attr("disabled").is_none()))
}

/// What stands on top as chosen.
fn chips(html: &str) -> Vec<String> {
    let page = Page::of(html);
    let items = page.all("#events .chips > li").into_iter();
    items
        .map(|item| text_of(item).replace("Download schema", "").trim().to_owned())
        .collect()
}

/// The downloads in the head, by name and address: the only link, or the links of the menu.
fn schemas(html: &str) -> Vec<(String, String)> {
    let page = Page::of(html);
    let is_shown = |selector: &str| page.one(selector).attr("hidden").is_none();
    let selector = match (is_shown("[data-only-schema]"), is_shown("[data-schemas-button]")) {
        (false, false) => return Vec::new(),
        (true, false) => "[data-only-schema]",
        (false, true) => "#event-schemas a",
        (true, true) => panic!("both a link and a menu are shown"),
    };
    let links = page.all(selector).into_iter();
    links.map(|link| (text_of(link), link.attr("href").unwrap().to_owned())).collect()
}

/// The types in an archive.
async fn types_in(app: &TestApp, path: &str, cookie: &str) -> Vec<String> {
    let response = app.page(path, cookie).await;
    assert_eq!(response.status(), 200, "{path}");
    let bytes = response.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let index: Value = serde_json::from_reader(archive.by_name("index.json").unwrap()).unwrap();
    let entries = index["event_types"].as_array().unwrap();
    entries.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect()
}

async fn schemas_of_chosen_events_are_downloaded_together(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    add_type(&app, "old/thing", "Shop").await;
    let html = page(&app, "/webhooks/new", &cookie).await;
    assert_eq!(schemas(&html), []);
    let events = json!(["old/thing"]);
    let new = json!({ "name": "W", "url": "https://example.com/", "events": events });
    let (status, webhook) = app.post("/webhooks", &new).await;
    assert_eq!(status, 201, "{webhook}");
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let only = ("Download schema".to_owned(), "/event-types/old%2Fthing/schema".to_owned());
    assert_eq!(schemas(&page(&app, &path, &cookie).await), [only]);
    // An archived type is included if it is named, but not by a pattern.
    app.api(Method::DELETE, "/event-types/old%2Fthing").send().await.unwrap();
    for (types, expected) in [
        ("identity.created", &["identity.created"][..]),
        (
            "visitor.*,identity.created",
            &["identity.created", "visitor.checked_in", "visitor.checked_out"],
        ),
        ("old/thing,access.granted", &["access.granted", "old/thing"]),
        ("old/*", &[]),
        ("nothing.*", &[]),
        (" identity.created , ,", &["identity.created"]),
    ] {
        assert_eq!(
            types_in(&app, &format!("/event-types.zip?types={types}"), &cookie).await,
            expected,
            "{types}"
        );
    }
    for all in ["/event-types.zip", "/event-types.zip?types="] {
        assert_eq!(types_in(&app, all, &cookie).await.len(), 24, "{all}");
    }
    for (types, sentence) in [
        ("no.such", "no.such"),
        ("identity.created,no.such", "no.such"),
        ("a*", "Use * alone"),
        ("a%20b", "a b"),
        ("identity.cr%C3%A9ated", ""),
    ] {
        let response = app
            .api(Method::GET, &format!("/event-types.zip?types={types}"))
            .send()
            .await
            .unwrap();
        let status = response.status();
        let problem = response.text().await.unwrap();
        assert!(
            status == 422 && problem.contains("/types") && problem.contains(sentence),
            "{types}: {status} {problem}"
        );
        let response = app.page(&format!("/event-types.zip?types={types}"), &cookie).await;
        assert_eq!(response.status(), 422, "{types}");
    }
    app.stop().await;
}

fn count(html: &str) -> String {
    text_of(Page::of(html).one("#events [role=status]"))
}

/// The form with some fields, as a button sends it.
fn pressed(mut form: Vec<(String, String)>, intent: &str) -> Vec<(String, String)> {
    form.retain(|(name, _)| name != "intent");
    form.push(("intent".to_owned(), intent.to_owned()));
    form
}

async fn each_type_has_a_row_in_its_group(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    add_type(&app, "shop/order:paid", "Shop").await;
    let html = page(&app, "/webhooks/new", &cookie).await;
    let parsed = Page::of(&html);
    let groups: Vec<String> = parsed.all("#events summary > span:first-child").into_iter().map(text_of).collect();
    assert_eq!(groups[..3], ["Accesses", "Identities", "Identity requests"]);
    assert_eq!(groups.last().unwrap(), "Shop");
    let label = parsed.by_label("Identity created");
    assert_eq!(
        (label.attr("type"), label.attr("value")),
        (Some("checkbox"), Some("identity.created"))
    );
    let rows = parsed.all("#events .row");
    let row = rows.iter().find(|row| text_of(**row).contains("shop/order:paid")).unwrap();
    let links: Vec<&str> = inside(*row, "a").iter().filter_map(|link| link.attr("href")).collect();
    assert_eq!(links, ["/event-types/shop%2Forder:paid", "/event-types/shop%2Forder:paid/schema"]);
    assert_eq!(count(&html), "0 of 24 chosen");
    assert!(!html.contains(" style="));
    let french = page(&app, "/webhooks/new", &format!("{cookie}; lang=fr")).await;
    assert!(
        french.contains("Filtrer les événements") && french.contains("Identités"),
        "{french}"
    );
    app.stop().await;
}

async fn wildcards_cover_rows_and_are_kept(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    add_type(&app, "com.shop.order.paid", "Shop").await;
    add_type(&app, "com.shop.order.sent", "Shop").await;
    add_type(&app, "com.other", "Other things").await;
    let events = json!(["identity.*", "com.*", "visitor.checked_in"]);
    let (status, webhook) = app
        .post(
            "/webhooks",
            &json!({ "name": "W", "url": "https://example.com/", "events": events }),
        )
        .await;
    assert_eq!(status, 201, "{webhook}");
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let html = page(&app, &path, &cookie).await;
    for (event, expected) in [
        ("identity.*", Some((true, true))),
        ("identity.created", Some((true, false))),
        ("com.shop.order.*", Some((false, true))),
        ("com.shop.order.paid", Some((true, false))),
        ("com.other", Some((true, false))),
        // Stands for two groups, so it has a row of its own.
        ("com.*", Some((true, true))),
        ("visitor.checked_in", Some((true, true))),
        ("visitor.checked_out", Some((false, true))),
        ("*", Some((false, true))),
    ] {
        assert_eq!(checkbox(&html, event), expected, "{event}");
    }
    assert_eq!(chips(&html), ["com.*", "identity.*", "Visitor check-in"]);
    let archive = "/event-types.zip?types=";
    assert_eq!(
        schemas(&html),
        [
            ("com.* (.zip)", format!("{archive}com.*")),
            ("identity.* (.zip)", format!("{archive}identity.*")),
            ("Visitor check-in", "/event-types/visitor.checked_in/schema".to_owned()),
            ("All chosen schemas (.zip)", format!("{archive}visitor.checked_in,com.*,identity.*")),
        ]
        .map(|(name, path)| (name.to_owned(), path))
    );
    assert_eq!(count(&html), "8 of 26 chosen");
    // Saved unchanged, nothing changes: covered boxes are not sent.
    let form = sent(&html, &path);
    let response = app.form(&path, &cookie, &pairs(&form)).await;
    assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
    let stored = app.get(&path).await;
    let mut kept: Vec<&str> = stored["events"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    kept.sort_unstable();
    assert_eq!(kept, ["com.*", "identity.*", "visitor.checked_in"]);
    // A viewer who cannot change it sees only what it receives.
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app.store.user_by_email("owner@example.com").await.unwrap().unwrap().0.id;
    let owned = app
        .api(Method::PATCH, &path)
        .json_value(&json!({ "owners": [id] }))
        .send()
        .await
        .unwrap();
    assert!(owned.status().is_success());
    let html = page(&app, &path, &owner).await;
    assert_eq!(checkbox(&html, "visitor.checked_in"), None);
    let text = text_of(Page::of(&html).first("main").unwrap());
    for (name, is_shown) in [
        ("com.*", true),
        ("identity.*", true),
        ("Visitor check-in", true),
        ("Visitor check-out", false),
    ] {
        assert_eq!(text.contains(name), is_shown, "{name}: {text}");
    }
    app.stop().await;
}

async fn filter_and_groups_keep_what_was_typed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    let path = "/webhooks/new";
    let html = page(&app, path, &cookie).await;
    let form = typed(typed(sent(&html, path), "name", "Typed"), "url", "https://example.com/?secret=1");
    let mut form = typed(form, "events_filter", "Picture person");
    form.push(("events".to_owned(), "visitor.checked_in".to_owned()));
    for intent in ["filter-events", "enter"] {
        let response = app.form(path, &cookie, &pairs(&pressed(form.clone(), intent))).await;
        assert_eq!(response.status(), 200, "{intent}");
        let html = response.text().await.unwrap();
        let parsed = Page::of(&html);
        let shown: Vec<String> = parsed.all("#events .row:not([hidden]) > code").into_iter().map(text_of).collect();
        assert_eq!(shown, ["identity.picture_updated"], "{intent}");
        assert_eq!(parsed.by_label("Name").attr("value"), Some("Typed"));
        assert_eq!(parsed.by_label("URL").attr("value"), Some("https://example.com/?secret=1"));
        assert_eq!(
            checkbox(&html, "visitor.checked_in"),
            Some((true, true)),
            "what is ticked stays so, and is sent"
        );
        assert!(parsed.one("#events-filter").attr("autofocus").is_some(), "{intent}");
        // Enter again, with the same filter, saves.
        let again = pressed(sent(&html, path), "enter");
        let response = app.form(path, &cookie, &pairs(&again)).await;
        assert_eq!(response.status(), 303, "{}", response.text().await.unwrap());
    }
    // The button of a group ticks the types that the filter shows.
    let html = page(&app, path, &cookie).await;
    let group = Page::of(&html)
        .by_role_and_name("button", "All of Identities")
        .attr("value")
        .unwrap()
        .to_owned();
    let filtered = typed(sent(&html, path), "events_filter", "created");
    let html = app
        .form(path, &cookie, &pairs(&pressed(filtered, &group)))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(chips(&html), ["Identity created"]);
    let form = typed(sent(&html, path), "events_filter", "");
    let html = app.form(path, &cookie, &pairs(&pressed(form, &group))).await.text().await.unwrap();
    assert_eq!(chips(&html).len(), 4);
    // A group that does not exist changes nothing.
    let response = app
        .form(path, &cookie, &pairs(&pressed(sent(&html, path), "choose-group-999")))
        .await;
    assert_eq!((response.status().as_u16(), chips(&response.text().await.unwrap()).len()), (200, 4));
    app.stop().await;
}

async fn archived_and_deprecated_types_say_so(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    for event in ["shop.old", "shop.gone", "shop.kept", "shop.new"] {
        add_type(&app, event, "Shop").await;
    }
    let (_, webhook) = app
        .post(
            "/webhooks",
            &json!({ "name": "W", "url": "https://example.com/", "events": ["shop.kept"] }),
        )
        .await;
    let change = async |event: &str, body: Value| {
        let response = app
            .api(Method::PATCH, &format!("/event-types/{event}"))
            .json_value(&body)
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{event}: {}", response.text().await.unwrap());
    };
    change("shop.old", json!({ "state": "deprecated", "replaced_by": "shop.new" })).await;
    for event in ["shop.gone", "shop.kept"] {
        change(event, json!({ "state": "archived" })).await;
    }
    let html = page(&app, &format!("/webhooks/{}", webhook["id"].as_str().unwrap()), &cookie).await;
    assert!(html.contains("Deprecated. Use Named shop.new instead. It happened."), "{html}");
    assert_eq!(checkbox(&html, "shop.gone"), None);
    assert_eq!(checkbox(&html, "shop.kept"), Some((true, true)));
    assert!(html.contains("Archived: no new events are published."), "{html}");
    app.stop().await;
}

async fn first_page_is_light(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    let html = page(&app, "/webhooks/new", &cookie).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, html.as_bytes()).unwrap();
    let size = packed.finish().unwrap().len();
    // Pages after the first may have 20 kB.
    assert!(size < 12_000, "{size} bytes of {}", html.len());
    app.stop().await;
}
