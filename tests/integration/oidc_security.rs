//! Sign-in by OpenID Connect: redirects of the provider, the page to return to, and what the logs say.

use axum::http::StatusCode;
use clearhook::{
    domain::{audit::AuditAction, role::Role},
    storage::audit::AuditFilter,
};
use reqwest::redirect::Policy;
use serde_json::json;

use crate::{
    oidc_shapes::{Console, person},
    support::{
        app::cookie,
        binary::{Installation, Service, client_builder},
        device::enrol,
        identity_provider::{IdentityProvider, UserInfo},
    },
};

/// A redirect could lead to an inside address, and would carry the client secret, the code or the access token to another server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_of_the_provider_are_not_followed() {
    for (path, statuses) in [
        ("/.well-known/openid-configuration", [302, 308]),
        ("/keys", [301, 307]),
        ("/token", [302, 307]),
        ("/token", [303, 308]),
        ("/userinfo", [302, 307]),
    ] {
        for status in statuses {
            let console = Console::start("roles", |_| ()).await;
            console.provider.set(|answers| {
                answers.moved = Some((path, StatusCode::from_u16(status).unwrap()));
                answers.id_token = person(&json!({}));
                answers.user_info = UserInfo::Json(json!({ "sub": "1", "roles": ["admins"] }));
            });
            let left = console.app.page("/sign-in/oidc", "").await;
            let refused = if left.status() == 303 { console.sign_in().await } else { left };
            assert!(
                [403, 502].contains(&refused.status().as_u16()),
                "{path} {status}: {}",
                refused.status()
            );
            assert!(cookie(&refused, "clearhook_session").is_none(), "{path} {status}");
            assert_eq!(console.provider.followed(), 0, "{path} {status}");
            assert_eq!(console.database.count("users").await, 0, "{path} {status}");
            console.app.stop().await;
        }
    }
    // The same provider without redirects lets this person in.
    let console = Console::start("roles", |_| ()).await;
    let info = UserInfo::Json(json!({ "sub": "1", "roles": ["admins"] }));
    assert_eq!(console.role(&person(&json!({})), info).await, Role::Administrator);
    console.app.stop().await;
}

/// The page to return to comes from the address of a link, which anybody can write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_by_a_provider_leads_only_to_pages_of_the_console() {
    let console = Console::start("roles", |_| ()).await;
    console
        .provider
        .set(|answers| answers.id_token = person(&json!({ "roles": ["admins"] })));
    for next in [
        "//evil.example",
        "///evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/%0a/evil.example",
        "/%5cevil.example",
        "%20//evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "@evil.example",
        ".evil.example",
        "/..//evil.example",
        "/.//evil.example",
    ] {
        let left = console.app.page(&format!("/sign-in/oidc?next={next}"), "").await;
        // A value with control characters may be refused at once.
        if left.status() == 400 {
            continue;
        }
        assert_eq!(left.status(), 303, "{next}");
        let begun = cookie(&left, "clearhook_oidc").unwrap();
        let http = client_builder().redirect(Policy::none()).build().unwrap();
        let back = http.get(left.headers()["location"].to_str().unwrap()).send().await.unwrap();
        let back = back.headers()["location"].to_str().unwrap().to_owned();
        let done = console.app.page(back.strip_prefix(&console.app.url).unwrap(), &begun).await;
        assert_eq!(done.status(), 303, "{next}");
        let location = done.headers()["location"].to_str().unwrap();
        // As a browser resolves it.
        let here = url::Url::parse(&console.app.url).unwrap();
        let target = here.join("/sign-in/oidc/callback").unwrap().join(location).unwrap();
        assert_eq!(target.origin(), here.origin(), "{next} leads to {location}");
    }
    console.app.stop().await;
}

/// An entry of the audit log names both proofs: the provider replaced the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_log_names_provider_and_second_factor() {
    let console = Console::start("roles", |_| ()).await;
    let session = console.app.sign_in("ann@example.com", Role::Administrator).await;
    let (session, device, _) = enrol(&console.app, &session).await;
    console
        .provider
        .set(|answers| answers.id_token = person(&json!({ "roles": ["admins"] })));
    let step = cookie(&console.sign_in().await, "clearhook_step").unwrap();
    console.app.clock.forward(std::time::Duration::from_secs(31));
    let code = device.code(&console.app);
    let done = console.app.form("/sign-in/code", &step, &[("code", &code)]).await;
    assert_eq!(done.status(), 303);
    let filter = AuditFilter {
        action: Some(AuditAction::SignedIn),
        ..AuditFilter::default()
    };
    let entry = console.app.store.audit_log(&filter, None, 1).await.unwrap().items.remove(0);
    let page = console.app.page(&format!("/audit-log?entry={}", entry.id), &session).await;
    let html = page.text().await.unwrap();
    assert!(html.contains("OpenID provider and second factor"), "{html}");
    console.app.stop().await;
}

/// The log of the real binary says why a role was not changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_says_why_the_last_administrator_keeps_the_role() {
    let (provider, here) = (IdentityProvider::start().await, Installation::new());
    provider.set(|answers| answers.id_token = person(&json!({ "roles": ["owners"] })));
    here.answer(&["user", "create", "--email", "ann@example.com", "--role", "administrator"]);
    let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
    command
        .env("CLEARHOOK_OIDC_ISSUER", provider.issuer())
        .env("CLEARHOOK_OIDC_CLIENT_ID", "clearhook")
        .env("CLEARHOOK_OIDC_CLIENT_SECRET", "planted-client-secret")
        .env("CLEARHOOK_OIDC_ROLE_CLAIM", "roles")
        .env("CLEARHOOK_OIDC_ADMINISTRATOR_VALUE", "admins")
        .env("CLEARHOOK_OIDC_API_OWNER_VALUE", "owners");
    let service = Service::start(command);
    let url = service.url().await;
    let http = client_builder().redirect(Policy::none()).build().unwrap();
    let location = |response: &reqwest::Response| response.headers()["location"].to_str().unwrap().to_owned();
    let left = http.get(format!("{url}/sign-in/oidc")).send().await.unwrap();
    let begun = cookie(&left, "clearhook_oidc").unwrap();
    let back = http.get(location(&left)).send().await.unwrap();
    let callback = url::Url::parse(&location(&back)).unwrap();
    let callback = format!("{url}{}?{}", callback.path(), callback.query().unwrap());
    let done = http.get(callback).header("cookie", begun).send().await.unwrap();
    assert_eq!(done.status(), 303, "{}", service.printed());
    assert!(cookie(&done, "clearhook_session").is_some());
    service.line("remains administrator").await;
    let printed = service.printed();
    let line = printed.lines().find(|line| line.contains("remains administrator")).unwrap();
    for part in [" WARN ", "OpenID provider", "api-owner", "there is no other administrator"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert!(!printed.contains("planted-client-secret"), "{printed}");
    assert!(here.answer(&["user", "list"]).contains("administrator"));
    assert_eq!(service.terminate().await, Some(0));
}
