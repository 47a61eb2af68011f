//! A form that is sent after the session expired is replayed after sign-in with its typed values.

use std::time::Duration;

use clearhook::domain::role::Role;

use crate::support::{
    app::{TestApp, cookie},
    database::TestDatabase,
    device::enrol,
    forms::{fields, pairs},
    on_both,
};

on_both! { form_is_replayed_after_sign_in form_is_replayed_after_the_second_factor form_replay_accepts_only_own_paths }

const EMAIL: &str = "ann@example.com";
const PASSWORD: &str = "correct horse battery";
const TYPED: [(&str, &str); 8] = [
    ("name", "Typed \"by\" <Ann> & all"),
    ("description", "a line\nand another"),
    ("url", "https://example.com/hooks?a=1&b=2"),
    ("enabled", "true"),
    ("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("events", "identity.created"),
    ("events", "visit_event.created"),
    // What Enter in a field sends.
    ("intent", "enter"),
];

async fn form_is_replayed_after_sign_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in(EMAIL, Role::Administrator).await;
    let asked = app.form("/webhooks/new", "clearhook_session=ended", &TYPED).await;
    assert_eq!(asked.status(), 401);
    let mut html = asked.text().await.unwrap();
    assert!(html.contains("Your session has ended. What you typed is kept"));
    // A wrong password keeps the form.
    for (password, status) in [("wrong", 401), (PASSWORD, 200)] {
        let mut sent = fields(&html, "/sign-in");
        sent.retain(|(name, _)| name.starts_with("kept") || name == "next");
        sent.extend([("email".to_owned(), EMAIL.to_owned()), ("password".to_owned(), password.to_owned())]);
        assert!(
            sent.iter().any(|(name, value)| name == "kept" && value.contains("Typed")),
            "{sent:?}"
        );
        let response = app.form("/sign-in", "", &pairs(&sent)).await;
        assert_eq!(response.status(), status);
        if status == 200 {
            let cookie = cookie(&response, "clearhook_session").unwrap();
            let html = response.text().await.unwrap();
            assert!(html.contains("has not been sent yet"));
            assert_eq!(app.get("/webhooks").await["items"].as_array().unwrap().len(), 0);
            let typed = fields(&html, "/webhooks/new");
            assert_eq!(pairs(&typed), TYPED, "the form goes on as it was");
            assert_eq!(app.form("/webhooks/new", &cookie, &pairs(&typed)).await.status(), 303);
            let webhooks = app.get("/webhooks").await;
            assert_eq!(webhooks["items"][0]["name"], TYPED[0].1);
            assert_eq!(webhooks["items"][0]["description"], TYPED[1].1);
            assert_eq!(webhooks["items"][0]["url"], TYPED[2].1);
            break;
        }
        html = response.text().await.unwrap();
    }
    app.stop().await;
}

async fn form_is_replayed_after_the_second_factor(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, device, _) = enrol(&app, &session).await;
    app.clock.forward(Duration::from_secs(30));
    let kept = [("kept_path", "/webhooks/new"), ("kept", "name=Typed+by+Ann&intent=save")];
    let fields = |mut fields: Vec<(&'static str, String)>| {
        fields.extend(kept.map(|(name, value)| (name, value.to_owned())));
        fields
    };
    let send = async |path: &str, cookie: &str, fields: Vec<(&'static str, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.form(path, cookie, &fields).await
    };
    let first = fields(vec![("email", EMAIL.to_owned()), ("password", PASSWORD.to_owned())]);
    let asked = send("/sign-in", "", first).await;
    let step = cookie(&asked, "clearhook_step").unwrap();
    let page = asked.text().await.unwrap();
    assert!(
        page.contains("action=\"/sign-in/code\"") && page.contains("value=\"name=Typed+by+Ann&amp;intent=save\""),
        "{page}"
    );
    let wrong = send("/sign-in/code", &step, fields(vec![("code", "000000".to_owned())])).await;
    assert_eq!(wrong.status(), 401);
    assert!(wrong.text().await.unwrap().contains("Typed+by+Ann"));
    let done = send("/sign-in/code", &step, fields(vec![("code", device.code(&app))])).await;
    assert!(cookie(&done, "clearhook_session").is_some());
    let page = done.text().await.unwrap();
    assert!(
        page.contains("has not been sent yet") && page.contains("value=\"Typed by Ann\""),
        "{page}"
    );
    app.stop().await;
}

async fn form_replay_accepts_only_own_paths(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for path in ["/account", "/users/new", "/webhooks"] {
        assert_eq!(app.form(path, "", &TYPED).await.status(), 303, "{path}");
    }
    let request = app
        .http
        .post(format!("{}/webhooks/new", app.url))
        .header("sec-fetch-site", "cross-site");
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body("name=Planted");
    let response = request.send().await.unwrap();
    assert!(!response.text().await.unwrap().contains("Planted"));
    // A form that deletes or sends is not replayed without a press of its button, and neither is a form that is too large.
    let webhook = "/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05";
    for intent in ["delete", "rotate", "test"] {
        assert_eq!(app.form(webhook, "", &[("intent", intent)]).await.status(), 303, "{intent}");
    }
    assert_eq!(app.form(webhook, "", &vec![("", ""); 3_000]).await.status(), 303);
    let long = "x".repeat(70_000);
    assert_eq!(app.form("/webhooks/new", "", &[("description", &long)]).await.status(), 303);
    // A form is replayed only to the path of a known form.
    let fields = [
        ("email", EMAIL),
        ("password", "wrong"),
        ("kept_path", "//evil.example/webhooks/new"),
        ("kept", "name=Planted"),
    ];
    let html = app.form("/sign-in", "", &fields).await.text().await.unwrap();
    assert!(!html.contains("evil.example") && !html.contains("Planted"));
    app.stop().await;
}
