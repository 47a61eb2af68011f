//! The first administrator, created with the link that a server without users prints.

use std::time::Duration;

use clearhook::auth::setup;
use url::Url;

use crate::support::{
    app::{TestApp, cookie},
    binary::{Installation, Service, client_builder},
    database::TestDatabase,
    on_both,
};

on_both! { setup_link_creates_one_administrator_once stale_or_wrong_setup_link_is_rejected concurrent_setups_create_one_administrator }

const PASSWORD: &str = "seven purple lanterns hum";

async fn link(app: &TestApp) -> Url {
    setup::link(&app.store, &app.url.parse().unwrap(), app.clock.now())
        .await
        .unwrap()
        .unwrap()
}

fn token(link: &Url) -> String {
    link.query_pairs().find(|(name, _)| name == "token").unwrap().1.into_owned()
}

async fn setup_link_creates_one_administrator_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let link = link(&app).await;
    let (token, path) = (token(&link), format!("{}?{}", link.path(), link.query().unwrap()));
    assert_eq!(token.len(), 22, "128 bits");
    assert!(app.page(&path, "").await.text().await.unwrap().contains("first administrator"));
    let post = async |token: &str, email: &str, password: &str| {
        app.form("/setup", "", &[("token", token), ("email", email), ("password", password)])
            .await
    };
    for (email, password, said) in [
        ("nobody", PASSWORD, "Enter an email address"),
        ("you@example.com", "short", "at least 12 characters"),
        ("you@example.com", "password1234", "too common"),
        ("you@example.com", "you@example.com", "too common"),
    ] {
        let response = post(&token, email, password).await;
        assert_eq!(response.status(), 422);
        let page = response.text().await.unwrap();
        assert!(
            page.contains(said) && (!page.contains(&format!("value=\"{password}\"")) || password == email),
            "{page}"
        );
    }
    let twice = [
        ("token", token.as_str()),
        ("email", "you@example.com"),
        ("email", "me@example.com"),
        ("password", PASSWORD),
    ];
    assert_eq!(app.form("/setup", "", &twice).await.status(), 400);
    assert_eq!(database.count("users").await, 0);

    let made = post(&token, "You@example.com", PASSWORD).await;
    assert_eq!(
        (made.status().as_u16(), &made.headers()["location"]),
        (303, &"/webhooks".parse().unwrap())
    );
    assert_eq!(
        app.page("/webhooks/new", &cookie(&made, "clearhook_session").unwrap())
            .await
            .status(),
        200
    );
    assert_eq!(
        database
            .count("users WHERE email = 'you@example.com' AND role = 'administrator'")
            .await,
        1
    );
    assert_eq!(
        database
            .count("audit_log WHERE action = 'user.created' AND actor_name = 'you@example.com'")
            .await,
        1
    );
    let again = app.page(&path, "").await;
    assert_eq!(again.status(), 410);
    assert!(again.text().await.unwrap().contains("This link has been used"));
    assert_eq!(post(&token, "other@example.com", PASSWORD).await.status(), 410);
    assert_eq!(database.count("users").await, 1);
    assert!(setup::link(&app.store, &link, app.clock.now()).await.unwrap().is_none());
    app.stop().await;
}

async fn stale_or_wrong_setup_link_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let token = token(&link(&app).await);
    for wrong in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", &"x".repeat(5_000)] {
        let response = app.page(&format!("/setup?token={wrong}"), "").await;
        assert_eq!(response.status(), 403);
        assert!(response.text().await.unwrap().contains("This link is not valid"));
        assert_eq!(
            app.form(
                "/setup",
                "",
                &[("token", wrong), ("email", "a@example.com"), ("password", PASSWORD)]
            )
            .await
            .status(),
            403
        );
    }
    app.clock.forward(Duration::from_hours(1));
    let response = app.page(&format!("/setup?token={token}"), "").await;
    assert_eq!(response.status(), 410);
    let page = response.text().await.unwrap();
    assert!(
        page.contains("This link is too old") && page.contains("clearhook user create"),
        "{page}"
    );
    assert_eq!(
        app.form(
            "/setup",
            "",
            &[("token", &token), ("email", "a@example.com"), ("password", PASSWORD)]
        )
        .await
        .status(),
        410
    );
    assert_eq!(database.count("users").await, 0);
    app.stop().await;
}

async fn concurrent_setups_create_one_administrator(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (one, two) = (token(&link(&app).await), token(&link(&app).await));
    let post = async |token: &str, email: &str| {
        let fields = [("token", token), ("email", email), ("password", PASSWORD)];
        app.form("/setup", "", &fields).await.status().as_u16()
    };
    let (first, second) = tokio::join!(post(&one, "one@example.com"), post(&two, "two@example.com"));
    let mut answers = [first, second];
    answers.sort_unstable();
    assert_eq!(answers, [303, 410]);
    assert_eq!(database.count("users").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setup_link_is_printed_only_without_users() {
    let here = Installation::new();
    let serve = || Service::start(here.command(&["serve", "--addr", "127.0.0.1:0"]));
    let server = serve();
    let link = format!("http://{}", server.line("at\n\n    http://").await);
    let http = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    assert_eq!(http.get(&link).send().await.unwrap().status(), 200);
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("token", &token(&link.parse().unwrap()))
        .append_pair("email", "first@example.com")
        .append_pair("password", PASSWORD)
        .finish();
    let request = http
        .post(link.split('?').next().unwrap())
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body(form).send().await.unwrap().status(), 303);
    assert!(here.answer(&["user", "list"]).contains("first@example.com"));
    assert_eq!(server.terminate().await, Some(0));
    let server = serve();
    server.line("listening on ").await;
    assert!(!server.printed().contains("/setup"));
    assert_eq!(server.terminate().await, Some(0));
}
