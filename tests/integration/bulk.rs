//! Actions on several webhooks of the list, and the list while its page is open.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    html::{Page, attribute, inside, text_of},
    on_both,
    receiver::Receiver,
};

on_both! {
    several_webhooks_are_changed_at_once what_fails_for_one_webhook_is_reported_and_done_for_the_others several_webhooks_are_deleted_after_a_confirmation
    an_owner_is_added_and_filtered_by chosen_webhooks_are_exported_without_secrets owners_have_no_actions the_list_is_rendered_without_the_page
    the_list_is_ordered_by_the_newest_callback_and_has_page_sizes a_switch_says_what_becomes_of_held_events
}

const NONE: &str = "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05";
const JSON: &str = "application/json";

async fn add(app: &TestApp, name: &str, more: &Value) -> String {
    let mut body = json!({ "name": name, "url": "https://example.com/hooks/a", "events": ["visit_event.created"] });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    webhook["id"].as_str().unwrap().to_owned()
}

async fn act(app: &TestApp, cookie: &str, query: &str, act: &str, ids: &[&str], more: &[(&str, &str)]) -> reqwest::Response {
    let ids = ids.iter().map(|id| ("ids", *id));
    let fields: Vec<(&str, &str)> = ids.chain([("act", act)]).chain(more.iter().copied()).collect();
    app.form(&format!("/webhooks/actions{query}"), cookie, &fields).await
}

async fn call(app: &TestApp, function: &str, cookie: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = app.http.post(format!("{}/fn/{function}", app.url)).body(body);
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", JSON);
    let request = request.header("sec-fetch-site", "same-origin").header("cookie", cookie);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn location(response: &reqwest::Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn several_webhooks_are_changed_at_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let (one, two) = (add(&app, "One", &json!({})).await, add(&app, "Two", &json!({})).await);
    let untouched = add(&app, "Untouched", &json!({})).await;
    for (action, enabled, told) in [
        ("disable", false, "2 webhooks were disabled. New events are held."),
        ("disable", false, "2 webhooks were disabled."),
        ("enable", true, "2 webhooks were enabled."),
    ] {
        let response = act(&app, &cookie, "?q=o&sort=url", action, &[&one, &two], &[]).await;
        assert_eq!(response.status(), 303, "{action}");
        let to = location(&response);
        assert!(to.starts_with(&format!("/webhooks?q=o&sort=url&done={action}&count=2&at=")), "{to}");
        let html = app.page(&to, &cookie).await.text().await.unwrap();
        assert!(html.contains(told), "{told}: {html}");
        for id in [&one, &two] {
            assert_eq!(app.get(&format!("/webhooks/{id}")).await["enabled"], enabled);
        }
        assert_eq!(app.get(&format!("/webhooks/{untouched}")).await["enabled"], true);
    }
    let response = act(&app, &cookie, "", "test", &[&one], &[]).await;
    assert_eq!(location(&response), "/webhooks?done=test&count=1");
    for (action, ids, told) in [
        ("disable", &[][..], "Choose at least one webhook first."),
        ("disable", &["nonsense"], "Choose at least one webhook first."),
        ("", &[one.as_str()], "Choose what to do with the webhooks."),
        ("explode", &[one.as_str()], "Choose what to do with the webhooks."),
        ("owner", &[one.as_str()], "Choose the new owner first."),
        ("disable", &[one.as_str(); 101], "Choose at most 100 webhooks at once."),
    ] {
        let response = act(&app, &cookie, "", action, ids, &[]).await;
        assert_eq!(response.status(), 422, "{action}");
        let html = response.text().await.unwrap();
        assert!(text_of(Page::of(&html).one("[role=alert].notice")).contains(told), "{told}: {html}");
    }
    app.stop().await;
}

async fn what_fails_for_one_webhook_is_reported_and_done_for_the_others(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let on = add(&app, "<b>On</b>", &json!({})).await;
    let off = add(&app, "Off \u{202e}", &json!({ "enabled": false })).await;
    let response = act(&app, &cookie, "?status=disabled", "test", &[&on, &off, NONE], &[]).await;
    assert_eq!(response.status(), 200);
    let html = response.text().await.unwrap();
    let page = Page::of(&html);
    let report = text_of(page.one("[role=alert].notice"));
    for told in [
        "1 test event was sent.",
        "It failed for 2 webhooks:",
        "Off",
        "The webhook is disabled; enable it first.",
        "A webhook that does not exist any more",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }
    // The list stays as it was.
    let names: Vec<String> = page.all("td.name > a").into_iter().map(text_of).collect();
    assert!(names.len() == 1 && names[0].starts_with("Off"), "{names:?}");
    assert!(!html.contains("<b>On</b>"), "{html}");
    app.stop().await;
}

async fn several_webhooks_are_deleted_after_a_confirmation(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let (one, two) = (add(&app, "One", &json!({})).await, add(&app, "Two", &json!({})).await);
    let response = act(&app, &cookie, "?q=o", "delete", &[&one, &two], &[]).await;
    assert_eq!(response.status(), 200);
    let html = response.text().await.unwrap();
    let page = Page::of(&html);
    assert_eq!(text_of(page.one("h1")), "Delete 2 webhooks?");
    let names: Vec<String> = page.all(".names a").into_iter().map(text_of).collect();
    assert_eq!(names, ["One", "Two"]);
    assert_eq!(attribute(page.one("form.confirm-form"), "action"), "/webhooks/actions?q=o");
    assert_eq!(app.get(&format!("/webhooks/{one}")).await["name"], "One", "nothing was deleted yet");
    let response = act(&app, &cookie, "?q=o", "delete-confirmed", &[&one, &two], &[]).await;
    assert_eq!(location(&response), "/webhooks?q=o&done=delete-confirmed&count=2");
    let html = app
        .page("/webhooks?done=delete-confirmed&count=2", &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(
        html.contains("2 webhooks were deleted.") && html.contains("No webhooks yet"),
        "{html}"
    );
    app.stop().await;
}

async fn an_owner_is_added_and_filtered_by(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app
        .store
        .user_by_email("owner@example.com")
        .await
        .unwrap()
        .unwrap()
        .0
        .id
        .to_string();
    let (one, two) = (add(&app, "One", &json!({})).await, add(&app, "Two", &json!({})).await);
    for _ in 0..2 {
        let response = act(&app, &cookie, "", "owner", &[&one], &[("owner", &id)]).await;
        assert_eq!(location(&response), "/webhooks?done=owner&count=1");
    }
    assert_eq!(app.get(&format!("/webhooks/{one}")).await["owners"], json!([id]));
    assert_eq!(app.get(&format!("/webhooks/{two}")).await["owners"], json!([]));
    let names = async |path: String, cookie: &str| {
        let html = app.page(&path, cookie).await.text().await.unwrap();
        Page::of(&html).all("td.name > a").into_iter().map(text_of).collect::<Vec<_>>()
    };
    assert_eq!(names(format!("/webhooks?owner={id}"), &cookie).await, ["One"]);
    assert!(names(format!("/webhooks?owner={NONE}"), &cookie).await.is_empty());
    // An API owner cannot look at the webhooks of others by this filter.
    assert_eq!(names(format!("/webhooks?owner={NONE}"), &owner).await, ["One"]);
    let html = app
        .page(&format!("/webhooks?owner={NONE}&q=a%26b"), &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(
        html.contains("Nothing found"),
        "a filter that finds nothing is no empty list: {html}"
    );
    let chips = Page::of(&html)
        .all(".chips a")
        .into_iter()
        .map(|chip| attribute(chip, "href"))
        .collect::<Vec<_>>();
    assert_eq!(
        chips,
        [
            format!("/webhooks?owner={NONE}"),
            "/webhooks?q=a%26b".to_owned(),
            "/webhooks".to_owned()
        ]
    );
    app.stop().await;
}

async fn chosen_webhooks_are_exported_without_secrets(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let headers = json!([{ "name": "Authorization", "value": "Bearer planted" }, { "name": "X-A", "value": "plain" }]);
    let one = add(&app, "One", &json!({ "headers": headers, "description": "א\n<b>" })).await;
    add(&app, "Two", &json!({})).await;
    let response = act(&app, &cookie, "", "export", &[&one, NONE], &[]).await;
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"webhooks.json\"");
    let text = response.text().await.unwrap();
    assert!(!text.contains("planted"), "{text}");
    let exported: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (exported.as_array().unwrap().len(), &exported[0]["headers"][1]["value"]),
        (1, &json!("plain"))
    );
    // What was exported can be sent to the API.
    let (status, made) = app.post("/webhooks", &exported[0]).await;
    assert_eq!((status, &made["description"]), (201, &json!("א\n<b>")));
    app.stop().await;
}

async fn owners_have_no_actions(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app
        .store
        .user_by_email("owner@example.com")
        .await
        .unwrap()
        .unwrap()
        .0
        .id
        .to_string();
    let one = add(&app, "One", &json!({ "owners": [id] })).await;
    let html = app.page("/webhooks", &owner).await.text().await.unwrap();
    let page = Page::of(&html);
    assert_eq!(page.all("td.name > a").len(), 1);
    assert!(
        page.all("input[type=checkbox][name=ids], #bulk, form[data-switch], select[name=owner]")
            .is_empty(),
        "{html}"
    );
    let menu: Vec<String> = page.all("td.act [popover] a").into_iter().map(text_of).collect();
    assert_eq!(menu, ["Open", "Open log"]);
    for action in ["enable", "disable", "test", "owner", "export", "delete", "delete-confirmed"] {
        assert_eq!(act(&app, &owner, "", action, &[&one], &[]).await.status(), 403, "{action}");
    }
    app.stop().await;
}

async fn the_list_is_rendered_without_the_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    add(&app, "Found <i>", &json!({})).await;
    add(&app, "Other", &json!({ "enabled": false })).await;
    let (status, fragment) = call(&app, "list_fragment", &cookie, &[("query", "q=found&sort=url")]).await;
    assert_eq!(status, 200);
    let html = fragment["html"].as_str().unwrap();
    let page = Page::of(html);
    assert_eq!(page.all("td.name > a").into_iter().map(text_of).collect::<Vec<_>>(), ["Found <i>"]);
    assert_eq!(text_of(page.one("#list-count")), "1 of 2");
    let standings: Vec<String> = page.all("#list-standings a").into_iter().map(text_of).collect();
    assert_eq!(standings, ["1 enabled", "0 failing", "1 disabled"]);
    assert!(!html.contains("leptos-island") && !html.contains("style="), "{html}");
    for part in page.all("[data-list-part]") {
        assert!(!attribute(part, "id").is_empty());
    }
    let (status, fragment) = call(&app, "list_fragment", &cookie, &[("query", "q=nobody")]).await;
    assert!(status == 200 && fragment["html"].as_str().unwrap().contains("Nothing found"));
    assert_eq!(call(&app, "list_fragment", "", &[("query", "")]).await, (401, json!("SignedOut")));
    assert_eq!(call(&app, "overview_fragment", "", &[]).await, (401, json!("SignedOut")));
    let (status, overview) = call(&app, "overview_fragment", &cookie, &[]).await;
    let overview = overview["html"].as_str().unwrap();
    assert!(
        status == 200 && overview.contains("Success rate") && !overview.contains("leptos-island"),
        "{overview}"
    );
    app.stop().await;
}

async fn the_list_is_ordered_by_the_newest_callback_and_has_page_sizes(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let first = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let second = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    for n in 0..60 {
        add(&app, &format!("idle {n:02}"), &json!({ "events": ["visit_event.approved"] })).await;
    }
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&first, 1).await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    app.log(&second, 1).await;
    let ids = async |path: &str| {
        let html = app.page(path, &cookie).await.text().await.unwrap();
        let links = Page::of(&html)
            .all("td.name > a")
            .into_iter()
            .map(|link| attribute(link, "href"))
            .collect::<Vec<_>>();
        (html, links)
    };
    let path = |webhook: &Value| format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let (html, newest) = ids("/webhooks?sort=last&dir=desc").await;
    assert_eq!(
        (newest.len(), &newest[..2]),
        (
            25,
            &[
                path(&second) + "?list=sort%3Dlast%26dir%3Ddesc",
                path(&first) + "?list=sort%3Dlast%26dir%3Ddesc"
            ][..]
        )
    );
    let page = Page::of(&html);
    let sorted = page.all("th[aria-sort=descending]").into_iter().map(text_of).collect::<Vec<_>>();
    assert_eq!(sorted, ["Last 24 hours"]);
    let (_, oldest) = ids("/webhooks?sort=last&dir=asc&rows=100").await;
    assert_eq!(
        (oldest.len(), &oldest[60..]),
        (
            62,
            &[
                path(&first) + "?list=sort%3Dlast%26dir%3Dasc%26rows%3D100",
                path(&second) + "?list=sort%3Dlast%26dir%3Dasc%26rows%3D100"
            ][..]
        )
    );
    let (html, rows) = ids("/webhooks?rows=50&page=2").await;
    assert_eq!(rows.len(), 12);
    assert!(html.contains("51 to 62 of 62 webhooks") && html.contains("Page 2 of 2"), "{html}");
    // The size stays with the filters.
    assert!(html.contains("name=\"rows\" value=\"50\""), "{html}");
    app.stop().await;
}

async fn a_switch_says_what_becomes_of_held_events(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let (id, name) = (webhook["id"].as_str().unwrap(), webhook["name"].as_str().unwrap());
    let switch = async |enabled| {
        call(&app, "set_webhook_enabled", &cookie, &[("id", id), ("enabled", enabled)])
            .await
            .1
    };
    let off = switch("false").await;
    assert_eq!((&off["enabled"], &off["held_href"]), (&json!(false), &Value::Null));
    assert_eq!(off["message"], format!("“{name}” is disabled. New events are held."));
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    app.deliveries(&database, "held", 2).await;
    let html = app.page("/webhooks", &cookie).await.text().await.unwrap();
    let page = Page::of(&html);
    assert_eq!(text_of(page.one("a.held")), "2 held");
    assert_eq!(attribute(page.one("a.held"), "href"), format!("/webhooks/{id}?response=held#logs"));
    let on = switch("true").await;
    assert_eq!(
        on["message"],
        format!("“{name}” is enabled. 2 deliveries were held and stay held until you send or discard them.")
    );
    assert_eq!(on["held_href"], format!("/webhooks/{id}?response=held#logs"));
    app.api(reqwest::Method::DELETE, &format!("/webhooks/{id}")).send().await.unwrap();
    let fresh = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    let id = fresh["id"].as_str().unwrap();
    let again = call(&app, "set_webhook_enabled", &cookie, &[("id", id), ("enabled", "true")])
        .await
        .1;
    assert!(
        again["message"]
            .as_str()
            .unwrap()
            .ends_with("is enabled. Events are sent from now on."),
        "{again}"
    );
    let html = app.page("/webhooks", &cookie).await.text().await.unwrap();
    let row = Page::of(&html);
    assert_eq!(inside(row.one(&format!("tr[id=\"webhook-{id}\"]")), "[popover] button").len(), 4);
    app.stop().await;
}
