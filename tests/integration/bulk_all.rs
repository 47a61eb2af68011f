//! Actions on all webhooks that the list finds, in parts, with a question before and a way back.

use std::time::Instant;

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
    all_found_webhooks_are_switched_and_switched_back what_changed_since_is_not_undone all_found_webhooks_are_deleted_after_their_number_was_typed
    other_actions_are_not_for_all_and_owners_have_none
}

/// The number of webhooks. `scripts/soak.sh` runs it with 10,000.
fn count() -> usize {
    std::env::var("CLEARHOOK_TEST_WEBHOOKS").map_or(1_000, |count| count.parse().unwrap())
}

async fn started(database: &TestDatabase, count: usize) -> (TestApp, String) {
    let (app, receiver) = (TestApp::start(database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    many::webhooks(database, &webhook, count).await;
    (app, cookie)
}

/// Sends a form, and continues it like a person without scripts, until it is done. Returns the address to which it leads, and the number of parts.
async fn to_the_end(app: &TestApp, cookie: &str, query: &str, fields: &[(&str, &str)]) -> (String, usize) {
    let mut fields: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut parts = 1;
    loop {
        let sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let response = app.form(&format!("/webhooks/actions{query}"), cookie, &sent).await;
        if response.status() == 303 {
            return (response.headers()["location"].to_str().unwrap().to_owned(), parts);
        }
        assert_eq!(response.status(), 200);
        let html = response.text().await.unwrap();
        let page = Page::of(&html);
        let form = page.one("form[data-go-on]");
        assert_eq!(attribute(form, "action"), format!("/webhooks/actions{query}"));
        fields = inside(form, "input[type=hidden], button[name]")
            .into_iter()
            .map(|field| (attribute(field, "name"), attribute(field, "value")))
            .collect();
        parts += 1;
    }
}

async fn enabled(app: &TestApp, cookie: &str) -> usize {
    let html = app.page("/webhooks", cookie).await.text().await.unwrap();
    let digits = text_of(Page::of(&html).one("#standing-enabled"));
    let failing = text_of(Page::of(&html).one("#standing-failing"));
    let number = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
            .parse::<usize>()
            .unwrap()
    };
    number(&digits) + number(&failing)
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is run for")]
fn report(text: &str) {
    println!("bulk_all: {text}");
}

async fn all_found_webhooks_are_switched_and_switched_back(database: TestDatabase) {
    let count = count();
    let (app, cookie) = started(&database, count).await;
    let before = enabled(&app, &cookie).await;
    // "Copy" does not find the one that the others were copied from.
    let query = "?q=copy";
    let html = app.page(&format!("/webhooks{query}"), &cookie).await.text().await.unwrap();
    assert!(
        text_of(Page::of(&html).one(".choose-found"))
            .replace(',', "")
            .contains(&count.to_string())
    );
    let asked = app
        .form(
            &format!("/webhooks/actions{query}"),
            &cookie,
            &[("act", "disable"), ("all", "true")],
        )
        .await;
    assert_eq!(asked.status(), 200);
    let html = asked.text().await.unwrap();
    assert!(
        text_of(Page::of(&html).one("h1"))
            .replace(',', "")
            .contains(&format!("Disable {count} webhooks?"))
    );
    assert_eq!(enabled(&app, &cookie).await, before, "nothing was changed yet");

    let began = Instant::now();
    let (to, parts) = to_the_end(&app, &cookie, query, &[("act", "disable-all")]).await;
    report(&format!(
        "{count} webhooks disabled in {:.1} s and {parts} parts",
        began.elapsed().as_secs_f64()
    ));
    // Every tenth was disabled before.
    let changed = count - count / 10;
    assert!(
        to.starts_with(&format!("/webhooks?q=copy&done=disable-all&count={changed}&at=")),
        "{to}"
    );
    assert_eq!(enabled(&app, &cookie).await, 1);
    let html = app.page(&to, &cookie).await.text().await.unwrap();
    let page = Page::of(&html);
    assert!(
        text_of(page.one(".notice"))
            .replace(',', "")
            .contains(&format!("{changed} webhooks were disabled."))
    );
    let undo = page.one(".undo-form");
    let at = attribute(inside(undo, "input[name=undo]")[0], "value");
    let act = attribute(inside(undo, "button")[0], "value");
    // Each change is in the audit log.
    let entries = app.get("/audit?action=webhook.disabled&limit=100").await;
    assert_eq!(entries["items"].as_array().unwrap().len(), 100.min(changed));

    let began = Instant::now();
    let (to, parts) = to_the_end(&app, &cookie, query, &[("act", &act), ("undo", &at)]).await;
    report(&format!(
        "{changed} webhooks enabled again in {:.1} s and {parts} parts",
        began.elapsed().as_secs_f64()
    ));
    assert_eq!(to, format!("/webhooks?q=copy&done=undo-disable&count={changed}"));
    assert_eq!(enabled(&app, &cookie).await, before, "those that were disabled before are disabled");
    app.stop().await;
}

async fn what_changed_since_is_not_undone(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let body = json!({ "name": name, "url": "https://example.com/hooks", "events": ["visit_event.created"] });
        ids.push(app.post("/webhooks", &body).await.1["id"].as_str().unwrap().to_owned());
    }
    let chosen: Vec<(&str, &str)> = ids.iter().map(|id| ("ids", id.as_str())).chain([("act", "disable")]).collect();
    let (to, _) = to_the_end(&app, &cookie, "", &chosen).await;
    let at = to.rsplit_once("at=").unwrap().1.to_owned();
    let path = format!("/webhooks/{}", ids[1]);
    let patch = app.api(reqwest::Method::PATCH, &path);
    let renamed = patch
        .json_value(&json!({ "description": "off for a reason" }))
        .send()
        .await
        .unwrap();
    assert_eq!(renamed.status(), 200);
    let (to, _) = to_the_end(&app, &cookie, "", &[("act", "undo-disable"), ("undo", &at)]).await;
    assert_eq!(to, "/webhooks?done=undo-disable&count=2");
    let mut states = Vec::new();
    for id in &ids {
        states.push(app.get(&format!("/webhooks/{id}")).await["enabled"].as_bool().unwrap());
    }
    assert_eq!(states, [true, false, true]);
    // A second time, or with another time, there is nothing to undo.
    for undo in [at.as_str(), "0", "1764000000000"] {
        let (to, _) = to_the_end(&app, &cookie, "", &[("act", "undo-disable"), ("undo", undo)]).await;
        assert_eq!(to, "/webhooks?done=undo-disable&count=0");
    }
    app.stop().await;
}

async fn all_found_webhooks_are_deleted_after_their_number_was_typed(database: TestDatabase) {
    let count = count() / 4;
    let (app, cookie) = started(&database, count).await;
    let query = "?status=failing";
    let failing = (1..=count).filter(|number| number % 7 == 0 && number % 10 != 0).count();
    for typed in ["", "delete", &(failing + 1).to_string()] {
        let refused = app
            .form(
                &format!("/webhooks/actions{query}"),
                &cookie,
                &[("act", "delete-all"), ("confirm", typed)],
            )
            .await;
        assert_eq!(refused.status(), 422, "{typed}");
        let html = refused.text().await.unwrap();
        assert!(text_of(Page::of(&html).one("#confirm-error")).contains(&failing.to_string()));
    }
    let began = Instant::now();
    let (to, parts) = to_the_end(&app, &cookie, query, &[("act", "delete-all"), ("confirm", &failing.to_string())]).await;
    report(&format!(
        "{failing} webhooks deleted in {:.1} s and {parts} parts",
        began.elapsed().as_secs_f64()
    ));
    assert_eq!(to, format!("/webhooks?status=failing&done=delete-all&count={failing}"));
    let html = app.page(&to, &cookie).await.text().await.unwrap();
    assert!(Page::of(&html).first(".undo-form").is_none());
    assert_eq!(text_of(Page::of(&html).one("#standing-failing")), "0 failing");
    assert_eq!(enabled(&app, &cookie).await, count + 1 - count / 10 - failing);
    app.stop().await;
}

async fn other_actions_are_not_for_all_and_owners_have_none(database: TestDatabase) {
    let (app, cookie) = started(&database, 30).await;
    for act in ["test", "owner", "export"] {
        let refused = app.form("/webhooks/actions", &cookie, &[("act", act), ("all", "true")]).await;
        assert_eq!(refused.status(), 422, "{act}");
        assert!(
            refused
                .text()
                .await
                .unwrap()
                .contains("can only be enabled, disabled or deleted together")
        );
    }
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    for act in ["disable-all", "enable-all", "delete-all", "undo-disable"] {
        let refused = app
            .form("/webhooks/actions", &owner, &[("act", act), ("confirm", "31"), ("undo", "1")])
            .await;
        assert!(matches!(refused.status().as_u16(), 403 | 404), "{act}: {}", refused.status());
    }
    assert_eq!(enabled(&app, &cookie).await, 28);
    app.stop().await;
}
