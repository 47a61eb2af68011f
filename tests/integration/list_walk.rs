//! The links on the page of a webhook that lead through the list from which it was opened, and back to it.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use serde_json::json;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    html::{Page, attribute, inside, text_of},
    many, on_both,
    receiver::Receiver,
};

on_both! {
    a_list_is_walked_through_in_its_order_both_ways a_webhook_that_left_the_list_still_leads_to_its_neighbours
    an_owner_walks_through_their_own_webhooks_only links_and_forms_of_the_page_keep_the_list the_place_among_many_is_found
}

async fn add(app: &TestApp, name: &str, more: &serde_json::Value) -> String {
    let mut body = json!({ "name": name, "url": "https://example.com/hooks", "events": ["visit_event.created"] });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    webhook["id"].as_str().unwrap().to_owned()
}

async fn html(app: &TestApp, path: &str, cookie: &str) -> String {
    let response = app.page(path, cookie).await;
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

/// What the line says, and the addresses of the links before and after it.
fn walk(html: &str) -> (String, Option<String>, Option<String>) {
    let page = Page::of(html);
    let link = |id: &str| page.first(id).map(|link| attribute(link, "href"));
    let text = page.first(".walk > span:not(.icon-button)").map(text_of).unwrap_or_default();
    (text, link("#previous-webhook"), link("#next-webhook"))
}

async fn a_list_is_walked_through_in_its_order_both_ways(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    // Two have the same name and description: the id decides.
    for (name, url, description, enabled) in [
        ("beta", "https://c.example.com/", "x", true),
        ("Alpha", "https://b.example.com/", "y", false),
        ("gamma", "https://a.example.com/", "x", true),
        ("beta", "https://d.example.com/", "x", false),
        ("delta", "https://e.example.com/", "", true),
    ] {
        add(&app, name, &json!({ "url": url, "description": description, "enabled": enabled })).await;
    }
    for (query, is_filtered) in [
        ("", false),
        ("?sort=name&dir=desc", false),
        ("?sort=url", false),
        ("?sort=description&dir=desc", false),
        ("?sort=status", false),
        ("?sort=event&dir=desc", false),
        ("?sort=last", false),
        ("?q=beta", true),
        ("?status=enabled&sort=url&dir=desc", true),
        ("?event=visit_event.created&rows=50", true),
    ] {
        let list = html(&app, &format!("/webhooks{query}"), &cookie).await;
        let links: Vec<String> = Page::of(&list)
            .all("td.name > a")
            .into_iter()
            .map(|link| attribute(link, "href"))
            .collect();
        assert!(links.len() > 1, "{query}");
        for (at, link) in links.iter().enumerate() {
            let page = html(&app, link, &cookie).await;
            let (text, previous, next) = walk(&page);
            assert_eq!(text, format!("{} of {}", at + 1, links.len()), "{query}");
            assert_eq!(previous, at.checked_sub(1).map(|before| links[before].clone()), "{query} {at}");
            assert_eq!(next, links.get(at + 1).cloned(), "{query} {at}");
            let page = Page::of(&page);
            let back = page.first("#back-to-list").or_else(|| page.first(".crumbs > a")).unwrap();
            assert_eq!(attribute(back, "href"), format!("/webhooks{query}"));
            assert_eq!(page.first("#back-to-list").is_some(), is_filtered, "{query}");
        }
    }
    app.stop().await;
}

async fn a_webhook_that_left_the_list_still_leads_to_its_neighbours(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(add(&app, name, &json!({})).await);
    }
    let of = |id: &str| format!("/webhooks/{id}?list=status%3Denabled");
    let off = json!({ "enabled": false });
    let changed = app.api(reqwest::Method::PATCH, &format!("/webhooks/{}", ids[1]));
    let changed = changed.json_value(&off).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    let page = html(&app, &of(&ids[1]), &cookie).await;
    assert_eq!(
        walk(&page),
        ("Not in this list any more (2)".to_owned(), Some(of(&ids[0])), Some(of(&ids[2])))
    );
    let (text, ..) = walk(&html(&app, &of(&ids[2]), &cookie).await);
    assert_eq!(text, "2 of 2");
    // A list that finds nothing, a sort that does not exist, and a list that is no query.
    for (list, expected) in [
        ("q%3Dnothing-like-it", ""),
        ("sort%3Dnonsense", "2 of 3"),
        ("%3D%26%3D%26%2500", "2 of 3"),
    ] {
        let page = html(&app, &format!("/webhooks/{}?list={list}", ids[1]), &cookie).await;
        assert_eq!(walk(&page).0, expected, "{list}");
    }
    let page = html(&app, &format!("/webhooks/{}?list=q%3D%3Cscript%3E%22", ids[1]), &cookie).await;
    assert!(!page.contains("<script>\""), "{page}");
    app.stop().await;
}

async fn an_owner_walks_through_their_own_webhooks_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let owner = app.get("/users").await["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["email"] == "owner@example.com")
        .unwrap()["id"]
        .clone();
    let mut own = Vec::new();
    for (name, owners) in [("a", true), ("b", false), ("c", true)] {
        let owners = if owners { json!([owner]) } else { json!([]) };
        own.push(add(&app, name, &json!({ "owners": owners })).await);
    }
    let page = html(&app, &format!("/webhooks/{}", own[0]), &cookie).await;
    assert_eq!(walk(&page), ("1 of 2".to_owned(), None, Some(format!("/webhooks/{}", own[2]))));
    assert_eq!(app.page(&format!("/webhooks/{}", own[1]), &cookie).await.status(), 404);
    app.stop().await;
}

async fn links_and_forms_of_the_page_keep_the_list(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::IdentityUpdated])
        .await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let id = webhook["id"].as_str().unwrap();
    let list = "list=q%3Dexample%26sort%3Durl";
    let page = html(&app, &format!("/webhooks/{id}?{list}"), &cookie).await;
    let page = Page::of(&page);
    let own = format!("/webhooks/{id}");
    let leads_here = |address: &str| {
        address.starts_with('?')
            || address
                .strip_prefix(&own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#']))
    };
    let mut checked = 0;
    for link in page.all("main a[href]") {
        let address = attribute(link, "href");
        if leads_here(&address) && !address.contains("callbacks/export") {
            assert!(address.contains(list), "{address}");
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
    for form in page.all("main form") {
        let action = attribute(form, "action");
        let is_get = attribute(form, "method") == "get";
        let kept = inside(form, "input[name=list]");
        if is_get && action.starts_with(&own) {
            assert_eq!(kept.len(), 1, "{action}");
        } else if leads_here(&action) {
            assert!(action.contains(list), "{action}");
        }
    }
    // Saving and deleting lead back to where they began.
    let seen = page.hidden("seen");
    let fields = [
        ("name", "Renamed"),
        ("url", receiver.url.as_str()),
        ("events", "identity.created"),
        ("seen", &seen),
        ("intent", "save"),
    ];
    let saved = app.form(&format!("{own}?{list}"), &cookie, &fields).await;
    assert_eq!(saved.headers()["location"], format!("{own}?saved=changed&{list}"));
    let deleted = app
        .form(&format!("{own}?{list}"), &cookie, &[("confirm", "Renamed"), ("intent", "delete")])
        .await;
    assert_eq!(deleted.headers()["location"], "/webhooks?q=example&sort=url&deleted=1");
    app.stop().await;
}

async fn the_place_among_many_is_found(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    many::webhooks(&database, &webhook, 300).await;
    // "Copy 42" is on the tenth page by name: 1, 10, 100 … 109, 11, 110 …
    let list = html(&app, "/webhooks?q=copy+42", &cookie).await;
    let link = attribute(Page::of(&list).one("td.name > a"), "href");
    let path = link.split('?').next().unwrap().to_owned();
    let page = html(&app, &path, &cookie).await;
    let mut names: Vec<String> = (1..=300).map(|number| format!("copy {number}")).collect();
    names.sort();
    let place = names.iter().position(|name| name == "copy 42").unwrap();
    assert_eq!(walk(&page).0, format!("{} of 301", place + 1));
    let back = attribute(Page::of(&page).one(".crumbs > a"), "href");
    let listed = html(&app, &back, &cookie).await;
    let on_page = Page::of(&listed)
        .all("td.name > a")
        .into_iter()
        .any(|link| attribute(link, "href") == path);
    assert!(on_page, "{back} contains the webhook");
    app.stop().await;
}
