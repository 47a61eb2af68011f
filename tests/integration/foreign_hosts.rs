//! The headers `Host` and `X-Forwarded-Host` with the name of another site. Nothing in a response may contain that name: a link, a redirect or
//! a cached page would lead people there.

use clearhook::{auth::oidc::settings::OidcSettings, domain::role::Role};

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    identity_provider::IdentityProvider,
    on_both,
    wire::{answers, exchange, status},
};

on_both! { foreign_host_appears_in_no_response }

/// Headers by which proxies name the site, and the address of the page.
const HEADERS: &[&str] = &[
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Host: 127.0.0.1, evil.example",
    "X-Forwarded-Server: evil.example",
    "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 8443",
    "X-Forwarded-Prefix: /evil.example",
    "Forwarded: host=evil.example;proto=https;for=127.0.0.1",
    "X-Host: evil.example",
    "X-Original-Host: evil.example",
    "X-HTTP-Host-Override: evil.example",
    "X-Original-URL: https://evil.example/",
    "X-Rewrite-URL: https://evil.example/",
    "Referer: https://evil.example/webhooks",
    "Origin: https://evil.example",
];

async fn foreign_host_appears_in_no_response(database: TestDatabase) {
    let provider = IdentityProvider::start().await;
    let settings = OidcSettings {
        issuer: provider.issuer().to_owned(),
        client_id: "clearhook".to_owned(),
        client_secret: None,
        role_claim: "roles".to_owned(),
        administrator_values: vec!["admins".to_owned()],
        api_owner_values: Vec::new(),
        trust_email: false,
        name: "Example".to_owned(),
    };
    let app = TestApp::start_at(&database, |front| front.oidc = Some(settings)).await;
    let session = app.sign_in("admin@example.com", Role::Administrator).await;
    let own = app.url.strip_prefix("http://").unwrap();
    let form = "email=a%40example.com&password=wrong";
    let requests = [
        ("GET /sign-in", "", "", 200),
        ("GET /sign-in?next=/webhooks", "", "", 200),
        ("GET /sign-in/oidc", "", "", 303),
        ("GET /setup", "", "", 0),
        ("GET /", "", "", 303),
        ("GET /webhooks", "", "", 303),
        ("GET /nowhere", "", "", 303),
        ("GET /webhooks", session.as_str(), "", 200),
        ("GET /nowhere", session.as_str(), "", 404),
        ("GET /account", session.as_str(), "", 200),
        ("GET /api-keys/new", session.as_str(), "", 200),
        ("GET /api/v1/webhooks", "", "", 401),
        ("GET /api/nowhere", "", "", 404),
        ("GET /healthz", "", "", 200),
        ("POST /sign-in", "", form, 0),
        ("POST /sign-out", session.as_str(), form, 0),
    ];
    for (target, cookie, body, expected) in requests {
        let send = async |line: &str, host: &str, more: &str| {
            let raw = format!(
                "{line} HTTP/1.1\r\nHost: {host}\r\n{more}\r\nCookie: {cookie}\r\nAccept: text/html\r\nConnection: close\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let told = exchange(&app.url, raw.as_bytes()).await;
            assert_eq!(answers(&told), 1, "{raw}: {told}");
            assert!(!told.contains("evil.example"), "{raw}: {told}");
            assert!(status(&told) < 500, "{raw}: {told}");
            status(&told)
        };
        for header in HEADERS {
            let given = send(target, own, header).await;
            let is_cross_site = header.starts_with("Origin") || header.starts_with("Referer");
            assert!(expected == 0 || is_cross_site || given == expected, "{target} {header}: {given}");
        }
        for host in [
            "evil.example",
            "evil.example:443",
            "127.0.0.1@evil.example",
            "evil.example#",
            "xn--evil.example",
        ] {
            send(target, host, "X-Nothing: 1").await;
        }
        // The absolute form (RFC 9112, section 3.2.2), with a header Host that agrees or does not.
        let (method, path) = target.split_once(' ').unwrap();
        for host in ["evil.example", own] {
            send(&format!("{method} http://evil.example{path}"), host, "X-Nothing: 1").await;
        }
    }
    app.stop().await;
}
