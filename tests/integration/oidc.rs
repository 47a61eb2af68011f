//! Sign-in by OpenID Connect, with a certified provider.

use std::time::Duration;

use clearhook::{
    auth::oidc::settings::OidcSettings,
    domain::role::Role,
    storage::{audit::Actor, users::UserChange},
};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    app::{TestApp, cookie},
    database::TestDatabase,
    forms::{fields, pairs},
    html::{Page, attribute},
    on_both,
    provider::Provider,
};

on_both! { oidc_creates_users_and_updates_roles oidc_user_without_a_role_is_rejected_with_reason oidc_unsolicited_response_is_rejected
form_is_replayed_after_oidc_sign_in unavailable_oidc_provider_is_reported }

fn settings(issuer: &str) -> OidcSettings {
    OidcSettings {
        issuer: issuer.to_owned(),
        client_id: "clearhook".to_owned(),
        client_secret: Some("planted-client-secret-of-clearhook".to_owned().into()),
        role_claim: "roles".to_owned(),
        administrator_values: vec!["clearhook-admins".to_owned()],
        api_owner_values: vec!["clearhook-owners".to_owned()],
        trust_email: false,
        name: "Example Login".to_owned(),
    }
}

/// A console with a provider, and the provider.
async fn start(database: &TestDatabase, change: impl FnOnce(&mut OidcSettings)) -> (TestApp, Provider) {
    // The provider has to know the console's address, and the console the provider's.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Provider::start(&format!("http://{}", listener.local_addr().unwrap())).await;
    let mut settings = settings(&provider.issuer);
    change(&mut settings);
    let app = TestApp::start_on(database, listener, |front| front.oidc = Some(settings)).await;
    (app, provider)
}

fn person(sub: &str, email: &str, roles: &Value) -> Value {
    json!({ "sub": sub, "email": email, "email_verified": true, "roles": roles })
}

/// Signs in at the provider; returns the last response of the console.
async fn sign_in(app: &TestApp, provider: &Provider, who: &Value) -> Response {
    provider.who(who).await;
    let left = app.page("/sign-in/oidc?next=/webhooks/new", "").await;
    assert_eq!(left.status(), 303);
    let begun = cookie(&left, "clearhook_oidc").unwrap();
    let back = provider.visit(&left).await;
    let path = back.strip_prefix(&app.url).unwrap();
    app.page(path, &begun).await
}

async fn oidc_creates_users_and_updates_roles(database: TestDatabase) {
    let (app, provider) = start(&database, |_| ()).await;
    let page = app.page("/sign-in?next=/webhooks", "").await.text().await.unwrap();
    assert!(
        page.contains("Sign in with Example Login") && page.contains("href=\"/sign-in/oidc?next=/webhooks\""),
        "{page}"
    );

    let response = sign_in(
        &app,
        &provider,
        &person("1", "New.Person@example.com", &json!(["staff", "clearhook-owners"])),
    )
    .await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/webhooks/new".parse().unwrap())
    );
    let session = cookie(&response, "clearhook_session").unwrap();
    let account = app.page("/account", &session).await.text().await.unwrap();
    assert!(
        account.contains("new.person@example.com") && account.contains("You sign in with Example Login"),
        "{account}"
    );
    let role = async || app.store.user_by_email("new.person@example.com").await.unwrap().unwrap().0.role;
    assert_eq!(role().await, Role::ApiOwner);
    // Nobody can sign in as this user with a password, not even an empty one.
    for password in ["", "x"] {
        let response = app
            .form("/sign-in", "", &[("email", "new.person@example.com"), ("password", password)])
            .await;
        assert_eq!(response.status(), 401);
    }
    // The user is identified by the subject, because the address may change.
    assert_eq!(
        sign_in(&app, &provider, &person("1", "renamed@example.com", &json!("clearhook-admins")))
            .await
            .status(),
        303
    );
    assert_eq!((role().await, database.count("users").await), (Role::Administrator, 1));
    for (action, count) in [("user.created", 1), ("user.role_changed", 1), ("user.signed_in", 2)] {
        let entries = format!("audit_log WHERE action = '{action}' AND actor_name = 'new.person@example.com'");
        assert_eq!(database.count(&entries).await, count, "{action}");
    }
    // A user with a password keeps the account.
    app.sign_in("local@example.com", Role::Administrator).await;
    assert_eq!(
        sign_in(&app, &provider, &person("2", "local@example.com", &json!(["clearhook-admins"])))
            .await
            .status(),
        303
    );
    assert_eq!(database.count("users").await, 2);
    app.stop().await;
}

async fn oidc_user_without_a_role_is_rejected_with_reason(database: TestDatabase) {
    let (app, provider) = start(&database, |settings| "realm_access.roles".clone_into(&mut settings.role_claim)).await;
    let deep = |sub: &str, role: &str| json!({ "sub": sub, "email": format!("{sub}@example.com"), "email_verified": true, "realm_access": { "roles": [role] } });
    let mut unverified = deep("1", "clearhook-admins");
    unverified["email_verified"] = json!(false);
    let mut nameless = deep("1", "clearhook-admins");
    nameless.as_object_mut().unwrap().remove("email");
    for (who, said) in [
        (deep("1", "staff"), "no role in clearhook"),
        (person("1", "1@example.com", &json!(["clearhook-admins"])), "no role in clearhook"),
        (unverified, "no verified email address"),
        (nameless, "no verified email address"),
        (json!({ "sub": "1", "deny": true }), "did not let you in"),
    ] {
        let response = sign_in(&app, &provider, &who).await;
        assert_eq!(response.status(), 403, "{who}");
        assert!(cookie(&response, "clearhook_session").is_none());
        let page = response.text().await.unwrap();
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(database.count("users").await, 0);
    assert_eq!(sign_in(&app, &provider, &deep("1", "clearhook-admins")).await.status(), 303);
    // Another subject with the same address is another person.
    let mut other = deep("2", "clearhook-admins");
    other["email"] = json!("1@example.com");
    let response = sign_in(&app, &provider, &other).await;
    assert_eq!(response.status(), 403);
    assert!(response.text().await.unwrap().contains("Another account"));
    // A disabled user is rejected, whatever the provider says.
    assert_eq!(sign_in(&app, &provider, &deep("3", "clearhook-owners")).await.status(), 303);
    let (user, _) = app.store.user_by_email("3@example.com").await.unwrap().unwrap();
    app.store
        .change_user(&Actor::command_line(), user.id, UserChange::Disable)
        .await
        .unwrap();
    let response = sign_in(&app, &provider, &deep("3", "clearhook-owners")).await;
    assert_eq!(response.status(), 403);
    assert!(response.text().await.unwrap().contains("Your account is disabled"));
    app.stop().await;
}

async fn oidc_unsolicited_response_is_rejected(database: TestDatabase) {
    let (app, provider) = start(&database, |_| ()).await;
    provider.who(&person("1", "a@example.com", &json!(["clearhook-admins"]))).await;
    let left = app.page("/sign-in/oidc", "").await;
    let asked = left.headers()["location"].to_str().unwrap();
    for part in [
        "code_challenge=",
        "code_challenge_method=S256",
        "state=",
        "nonce=",
        "response_type=code",
    ] {
        assert!(asked.contains(part), "{asked} lacks {part}");
    }
    let begun = cookie(&left, "clearhook_oidc").unwrap();
    let back = provider.visit(&left).await;
    let path = back.strip_prefix(&app.url).unwrap().to_owned();
    let other = cookie(&app.page("/sign-in/oidc", "").await, "clearhook_oidc").unwrap();
    let refused = async |path: &str, cookie: &str| {
        let response = app.page(path, cookie).await;
        assert_eq!(response.status(), 400, "{path} {cookie}");
        assert!(response.text().await.unwrap().contains("started in another browser"));
    };
    refused(&path, "").await;
    refused(&path, &other).await;
    refused(&path, "clearhook_oidc=AAAA").await;
    refused("/sign-in/oidc/callback", &begun).await;
    refused("/sign-in/oidc/callback?code=x&state=x", &begun).await;
    refused(&format!("{path}&state=x"), &begun).await;
    // A code that the provider did not issue.
    let state = path
        .split('&')
        .chain(path.split('?'))
        .find(|part| part.starts_with("state="))
        .unwrap();
    let invented = app.page(&format!("/sign-in/oidc/callback?code=invented&{state}"), &begun).await;
    assert_eq!(invented.status(), 502);
    assert!(!invented.text().await.unwrap().contains("planted-client-secret"));
    assert_eq!(database.count("users").await, 0);
    // The correct code works once.
    assert_eq!(app.page(&path, &begun).await.status(), 303);
    assert!([400, 502].contains(&app.page(&path, &begun).await.status().as_u16()));
    let late = cookie(&app.page("/sign-in/oidc", "").await, "clearhook_oidc").unwrap();
    app.clock.forward(Duration::from_mins(10));
    refused(&path, &late).await;
    app.stop().await;
}

async fn form_is_replayed_after_oidc_sign_in(database: TestDatabase) {
    let (app, provider) = start(&database, |_| ()).await;
    let typed = [("name", "Typed by Ann"), ("url", "https://example.com/hooks"), ("enabled", "true")];
    let typed: Vec<_> = typed
        .into_iter()
        .chain([
            ("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("events", "visit_event.created"),
            ("intent", "save"),
        ])
        .collect();
    let asked = app.form("/webhooks/new", "clearhook_session=ended", &typed).await;
    assert_eq!(asked.status(), 401);
    let page = asked.text().await.unwrap();
    // The link to the provider opens a new tab, so the page keeps the typed values.
    assert_eq!(attribute(Page::of(&page).one("a[href^=\"/sign-in/oidc\"]"), "target"), "_blank");
    let signed_in = sign_in(&app, &provider, &person("1", "ann@example.com", &json!("clearhook-admins"))).await;
    let session = cookie(&signed_in, "clearhook_session").unwrap();
    let kept = fields(&page, "/webhooks/new");
    assert_eq!(pairs(&kept), typed);
    assert_eq!(app.form("/webhooks/new", &session, &pairs(&kept)).await.status(), 303);
    assert_eq!(app.get("/webhooks").await["items"][0]["name"], "Typed by Ann");
    app.stop().await;
}

async fn unavailable_oidc_provider_is_reported(database: TestDatabase) {
    let app = TestApp::start_at(&database, |front| front.oidc = Some(settings("http://127.0.0.1:1"))).await;
    let response = app.page("/sign-in/oidc", "").await;
    assert_eq!(response.status(), 502);
    assert!(response.text().await.unwrap().contains("cannot be reached"));
    app.stop().await;
    let app = TestApp::start(&database).await;
    for path in ["/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=x"] {
        assert_eq!(app.page(path, "").await.status(), 404);
    }
    assert!(!app.page("/sign-in", "").await.text().await.unwrap().contains("/sign-in/oidc"));
    app.stop().await;
}
