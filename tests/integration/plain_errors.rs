//! No error response is plain text: every route is requested with everything that the framework rejects by itself.

use clearhook::{catalogue::BuiltIn, domain::role::Role, routes::Rule, web};
use reqwest::{Method, Response};

use crate::support::{app::TestApp, database::TestDatabase, on_both, receiver::Receiver};

on_both! { every_route_explains_its_errors unknown_paths_explain_their_errors exports_explain_their_errors }

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
/// Paths for programs.
const FOR_PROGRAMS: [&str; 4] = ["/api/", "/metrics", "/healthz", "/readyz"];

/// An error response is a problem document for programs and a page for browsers.
fn check(response: &Response, reader: bool, what: &str) {
    let status = response.status();
    assert!(status.as_u16() < 500, "{what}: {status}");
    if status.as_u16() < 400 {
        return;
    }
    check_security_headers(response, what);
    let kind = response.headers().get("content-type").map_or("none", |kind| kind.to_str().unwrap());
    let is_api = FOR_PROGRAMS.iter().any(|program| response.url().path().starts_with(program));
    let good = match (is_api, reader) {
        (true, _) => kind == "application/problem+json",
        // A server function answers a call in the format of its client.
        (false, false) if response.url().path().starts_with("/fn/") => matches!(kind, "application/problem+json" | "application/json"),
        (false, true) => kind == "text/html; charset=utf-8",
        // Console paths answer with pages to every client.
        (false, false) => kind == "application/problem+json" || kind == "text/html; charset=utf-8",
    };
    assert!(good, "{what}: {status} is {kind}");
    if status == 405 {
        assert!(response.headers().contains_key("allow"), "{what}");
    }
}

/// An error has the security headers of every response, and is not stored by caches.
fn check_security_headers(response: &Response, what: &str) {
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("cache-control"), "no-store", "{what}");
    let policy = header("content-security-policy");
    let default = policy.starts_with("default-src 'self'") || policy.starts_with("default-src 'none'");
    assert!(default && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
}

/// Invalid bodies: the media type, if any, and the bytes. (A body that is too large is tested in `validation_errors`.)
fn bodies() -> Vec<(Option<&'static str>, Vec<u8>)> {
    let json = Some("application/json");
    let form = Some("application/x-www-form-urlencoded");
    vec![
        (None, Vec::new()),
        (Some("text/plain"), b"{}".to_vec()),
        (Some("multipart/form-data"), b"x".to_vec()),
        (json, Vec::new()),
        (json, b"{".to_vec()),
        (json, b"\xff".to_vec()),
        (json, b"[]".to_vec()),
        (json, b"{\"unknown\": 1}".to_vec()),
        (form, b"%ff=%ff&intent=%00".to_vec()),
        (form, b"enabled=maybe&seen=x&id=x".to_vec()),
    ]
}

async fn every_route_explains_its_errors(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let id = webhook["id"].as_str().unwrap();
    let (_, rows) = web::routes(&app.state).into_parts();
    let mut tried = 0;
    for row in &rows {
        // Signing out ends the session.
        let cookie = if matches!(row.rule, Some(Rule::Session(_))) {
            cookie.as_str()
        } else {
            ""
        };
        let ask = async |method: &Method, target: &str, body: Option<&(Option<&'static str>, Vec<u8>)>, reader: bool| {
            let request = app
                .http
                .request(method.clone(), format!("{}{target}", app.url))
                .bearer_auth(&app.key);
            let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
            let request = request.header("accept", if reader { BROWSER } else { "*/*" });
            let request = match body {
                Some((Some(media), bytes)) => request.header("content-type", *media).body(bytes.clone()),
                Some((None, bytes)) => request.body(bytes.clone()),
                None => request,
            };
            let response = request.send().await.unwrap();
            check(
                &response,
                reader,
                &format!("{method} {target} {:?}", body.map(|(media, bytes)| (media, bytes.len()))),
            );
        };
        let path = |with: &str| {
            let parts = row.path.split('/');
            parts
                .map(|part| if part.starts_with('{') { with } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        let there = path(id);
        for reader in [false, true] {
            for with in [
                "nonsense",
                "%ff",
                "%zz",
                "%C3%28",
                "%2e%2e",
                "%00",
                "%F0%9F%92%A9",
                &"x".repeat(5_000),
            ] {
                if row.path.contains('{') {
                    ask(&row.method, &path(with), None, reader).await;
                    tried += 1;
                }
            }
            for query in [
                "unknown=1",
                "%ff=%ff",
                "limit=x&from=x&to=x&outcome=x&status=x&event=x&response=x&format=x&period=x&cursor=x&since=x&enabled=x&kind=x&action=x",
                "format=&limit=&from=&to=&status=&cursor=&since=&enabled=&period=",
                "limit=-1&status=-1",
                "limit=99999999999999999999",
                "format=csv&format=csv&limit=1&limit=1&from=a&from=b&range=1h&range=2h",
                "format[]=csv&from[x]=1",
                "&&==&",
            ] {
                // The stream of a live log does not end.
                if row.method == Method::GET {
                    ask(&row.method, &format!("{there}?{query}"), None, reader).await;
                    tried += 1;
                }
            }
            let others = [
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
                Method::OPTIONS,
                Method::TRACE,
            ];
            let known = |method: &Method| rows.iter().any(|other| other.path == row.path && other.method == *method);
            for method in others
                .into_iter()
                .chain([Method::from_bytes(b"BREW").unwrap()])
                .filter(|method| !known(method))
            {
                ask(&method, &there, None, reader).await;
                tried += 1;
            }
            if matches!(row.method, Method::POST | Method::PATCH) {
                let missing = path("01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05");
                for body in bodies() {
                    ask(&row.method, &missing, Some(&body), reader).await;
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 900, "{tried}");
    app.stop().await;
}

async fn unknown_paths_explain_their_errors(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for (path, status) in [
        ("/api", 404),
        ("/api/", 404),
        ("/api/v1", 404),
        ("/api/v1/", 404),
        ("/api/v2/webhooks", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/webhooks/", 404),
        ("/api/v1//webhooks", 404),
        ("/api/v1/webhooks/x/nothing", 404),
        ("/api/v1/event-types/%ff/schema", 404),
        ("/api/v1/event-types/%ff", 404),
        ("/api/v1/%ff", 404),
        ("/api/v1/event-types/nothing/schema", 404),
        ("/nothing", 404),
        ("/pkg/nothing.js", 404),
        ("/webhooks/%ff", 404),
        ("/event-types/%ff/schema", 404),
        ("/webhooks/nothing/callbacks/export", 404),
    ] {
        for reader in [false, true] {
            let request = app
                .http
                .get(format!("{}{path}", app.url))
                .bearer_auth(&app.key)
                .header("cookie", &cookie);
            let response = request.header("accept", if reader { BROWSER } else { "*/*" }).send().await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            check(&response, reader, path);
        }
    }
    // The path to return to after sign-in may be invalid.
    for next in ["/webhooks?x=\u{1}", "/webhooks?x=\u{7f}", "/webhooks?\u{85}", "/webhooks\0"] {
        let fields = [
            ("email", "admin@example.com"),
            ("password", "correct horse battery"),
            ("next", next),
        ];
        let response = app.form("/sign-in", "", &fields).await;
        assert!(matches!(response.status().as_u16(), 303 | 400), "{next:?}: {}", response.status());
        check(&response, false, next);
    }
    app.stop().await;
}

async fn exports_explain_their_errors(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let log = format!("/webhooks/{}/callbacks/export", webhook["id"].as_str().unwrap());
    let audit = "/audit-log/export".to_owned();
    let bad = [
        (&log, "format=xml", 400, "format"),
        (&log, "format=", 400, "format"),
        (&log, "format=CSV", 400, "format"),
        (&log, "format=csv&format=jsonl", 400, "format"),
        (&log, "unknown=1", 400, "unknown"),
        (&log, "outcome=failed", 400, "outcome"),
        (&log, "zone=Europe/Paris", 400, "zone"),
        (&log, "range=2h", 422, "/range"),
        (&log, "response=teapot", 422, "/response"),
        (&log, "response=42", 422, "/response"),
        (&log, "event=no.such", 422, "/event"),
        (&log, "from=soon&to=later", 422, "/from"),
        (&log, "from=2026-01-01T00:00", 422, "/from"),
        (&log, "from=2026-01-02T00:00&to=2026-01-01T00:00", 422, "/to"),
        (&audit, "format=xml", 400, "format"),
        (&audit, "unknown=1", 400, "unknown"),
        (&audit, "from=soon", 422, "/from"),
        (&audit, "to=soon", 422, "/to"),
        (&audit, "from=2026-01-02T00:00&to=2026-01-01T00:00", 422, "/to"),
        (&audit, "kind=nothing", 422, "/kind"),
        (&audit, "action=nothing", 422, "/action"),
    ];
    for (path, query, status, word) in bad {
        let target = format!("{path}?{query}");
        let response = app.page(&target, &cookie).await;
        assert_eq!(response.status(), status, "{target}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{target}");
        let text = response.text().await.unwrap();
        assert!(text.contains(word) && !text.contains("Failed to deserialize"), "{target}: {text}");
        let request = app
            .http
            .get(format!("{}{target}", app.url))
            .header("cookie", &cookie)
            .header("accept", BROWSER);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{target}");
        check(&response, true, &target);
    }
    for (path, query) in [
        (&log, ""),
        (&log, "?format=jsonl&range=&from=&to=&response=&event="),
        (&log, "?range=30d&response=2xx&event=identity.created&format=csv"),
        (&audit, ""),
        (&audit, "?format=csv&from=&to=&actor=&kind=&object=&action="),
    ] {
        assert_eq!(app.page(&format!("{path}{query}"), &cookie).await.status(), 200, "{path}{query}");
    }
    app.stop().await;
}
