//! Several people and programs change the same webhook at the same time.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    html::Page,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! { automatic_disabling_is_a_concurrent_edit second_save_of_a_webhook_shows_what_changed concurrent_patches_keep_each_others_fields }

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    Page::of(html).hidden(name)
}

async fn second_save_of_a_webhook_shows_what_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (ann, bob) = (
        app.sign_in(ANN, Role::Administrator).await,
        app.sign_in(BOB, Role::Administrator).await,
    );
    let webhook = app.webhook("https://example.com/first", &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let (of_ann, of_bob) = (
        hidden(&app.page(&path, &ann).await.text().await.unwrap(), "seen"),
        hidden(&app.page(&path, &bob).await.text().await.unwrap(), "seen"),
    );
    let fields = |name: &'static str, url: &'static str| {
        [
            ("name", name),
            ("url", url),
            ("enabled", "true"),
            ("events", "identity.created"),
            ("owners", ""),
            ("intent", "save"),
        ]
    };
    let save = async |cookie: &str, seen: &str, name, url| {
        let fields: Vec<_> = fields(name, url).into_iter().chain([("seen", seen)]).collect();
        app.form(&path, cookie, &fields).await
    };
    assert_eq!(save(&bob, &of_bob, "Bob's name", "https://example.com/first").await.status(), 303);

    let told = save(&ann, &of_ann, "Ann's name", "https://example.com/ann").await;
    assert_eq!(told.status(), 409);
    let html = told.text().await.unwrap();
    for shown in [
        "was changed while you were working on it",
        BOB,
        "Bob's name",
        "Ann's name",
        "https://example.com/ann",
    ] {
        assert!(html.contains(shown), "{shown} is missing");
    }
    assert_eq!(app.get(&path).await["name"], "Bob's name", "nothing was overwritten");
    let seen = hidden(&html, "seen");
    assert_eq!(save(&ann, &seen, "Ann's name", "https://example.com/ann").await.status(), 303);
    let now = app.get(&path).await;
    assert_eq!(
        (&now["name"], &now["url"]),
        (&json!("Ann's name"), &json!("https://example.com/ann"))
    );

    // Saving equal values is not a conflict, nor is a double submit.
    let seen = hidden(&app.page(&path, &ann).await.text().await.unwrap(), "seen");
    assert_eq!(save(&bob, &seen, "Ann's name", "https://example.com/ann").await.status(), 303);
    assert_eq!(save(&bob, &seen, "Ann's name", "https://example.com/ann").await.status(), 303);
    let told = save(&ann, &seen, "Other name", "https://example.com/ann").await;
    assert_eq!(told.status(), 409);
    assert!(
        told.text().await.unwrap().contains("was changed while you were working on it"),
        "never in silence"
    );
    // Adding a header row keeps the version that the user has seen.
    let fields: Vec<_> = fields("Other name", "https://example.com/ann")
        .into_iter()
        .filter(|(name, _)| *name != "intent")
        .collect();
    let fields: Vec<_> = fields
        .into_iter()
        .chain([("seen", seen.as_str()), ("intent", "add-header")])
        .collect();
    let html = app.form(&path, &ann, &fields).await.text().await.unwrap();
    assert_eq!(hidden(&html, "seen"), seen);
    for nonsense in ["x", "9223372036854775807", "-9223372036854775808"] {
        let status = save(&ann, nonsense, "Other name", "https://example.com/ann")
            .await
            .status()
            .as_u16();
        assert!(matches!(status, 400 | 409), "{nonsense}: {status}");
    }

    // The switch in the list is a change as well.
    let seen = hidden(&app.page(&path, &ann).await.text().await.unwrap(), "seen");
    let id = webhook["id"].as_str().unwrap();
    assert_eq!(app.form("/webhooks", &bob, &[("id", id), ("enabled", "false")]).await.status(), 303);
    assert_eq!(save(&ann, &seen, "Ann's name", "https://example.com/ann").await.status(), 409);
    assert_eq!(app.get(&path).await["enabled"], false);
    app.stop().await;
}

async fn automatic_disabling_is_a_concurrent_edit(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let ann = app.sign_in(ANN, Role::Administrator).await;
    let receiver = Receiver::start([Reply::status(410)]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let seen = hidden(&app.page(&path, &ann).await.text().await.unwrap(), "seen");
    app.publish(BuiltIn::IdentityCreated, "one").await;
    app.log(&webhook, 1).await;
    assert_eq!(app.get(&path).await["enabled"], false);
    let fields = [
        ("name", "Still wanted"),
        ("url", receiver.url.as_str()),
        ("enabled", "true"),
        ("events", "identity.created"),
        ("seen", &seen),
        ("intent", "save"),
    ];
    let told = app.form(&path, &ann, &fields).await;
    assert_eq!(told.status(), 409);
    let html = told.text().await.unwrap();
    assert!(html.contains("Reason for disabling"), "it says what clearhook did");
    assert_eq!(app.get(&path).await["enabled"], false);
    app.stop().await;
}

async fn concurrent_patches_keep_each_others_fields(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/first", &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    for round in 0..5 {
        let mut changes = JoinSet::new();
        for change in [
            json!({ "name": format!("Name {round}") }),
            json!({ "description": format!("Description {round}") }),
            json!({ "url": format!("https://example.com/{round}") }),
            json!({ "events": [BuiltIn::ALL[round], BuiltIn::ALL[round + 1]] }),
        ] {
            let request = app.api(Method::PATCH, &path).json_value(&change);
            changes.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        assert_eq!(changes.join_all().await, [200; 4]);
        let now = app.get(&path).await;
        assert_eq!(now["name"], format!("Name {round}"));
        assert_eq!(now["description"], format!("Description {round}"));
        assert_eq!(now["url"], format!("https://example.com/{round}"));
        assert_eq!(now["events"], json!([BuiltIn::ALL[round], BuiltIn::ALL[round + 1]]));
    }
    app.stop().await;
}
