//! Requests that no client library would send, over real sockets: they are rejected clearly, and nothing is leaked or stored.

use clearhook::catalogue::BuiltIn;
use reqwest::Method;

use crate::support::{
    app::{JsonAnswer, TestApp, cloud_event},
    database::TestDatabase,
    on_both,
    wire::{answers, exchange, status},
};

on_both! {
    ambiguous_request_is_rejected_without_smuggling ambiguous_chunks_and_lines_are_rejected_without_smuggling malformed_request_head_is_rejected too_large_or_too_deep_request_is_rejected
    every_response_has_security_headers null_characters_are_rejected
}

/// An API request with a key that has all scopes; the connection is closed afterwards.
fn request(app: &TestApp, head: &str, body: &str) -> Vec<u8> {
    let (first, more) = head.split_once('\n').unwrap_or((head, ""));
    let more = more.lines().map(|line| format!("{line}\r\n")).collect::<Vec<_>>().concat();
    format!(
        "{first} HTTP/1.1\r\nHost: clearhook.example\r\nAuthorization: Bearer {}\r\n{more}\r\n{body}",
        app.key
    )
    .into_bytes()
}

async fn ambiguous_request_is_rejected_without_smuggling(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = r#"{"name":"Smuggled","url":"https://example.com/","events":["identity.created"]}"#;
    let hidden = String::from_utf8(request(
        &app,
        &format!(
            "POST /api/v1/webhooks\nContent-Type: application/json\nContent-Length: {}",
            webhook.len()
        ),
        webhook,
    ))
    .unwrap();
    // Content-Length together with chunked coding: the length is ignored, and the bytes after the chunks are never read as a request (RFC
    // 9112, 6.3).
    for lengths in [
        "Content-Length: 5\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\nContent-Length: 5",
    ] {
        let head = format!("POST /api/v1/webhooks\nContent-Type: application/json\n{lengths}");
        let told = exchange(&app.url, &request(&app, &head, &format!("0\r\n\r\n{hidden}"))).await;
        assert_eq!((answers(&told), status(&told)), (1, 400), "{told}");
    }
    // The same when the chunks would not end where the length does.
    let head = "POST /api/v1/webhooks\nContent-Type: application/json\nContent-Length: 4\nTransfer-Encoding: chunked";
    let told = exchange(&app.url, &request(&app, head, &format!("2\r\n{{}}\r\n0\r\n\r\n{hidden}"))).await;
    assert_eq!((answers(&told), status(&told)), (1, 422), "{told}");
    for lengths in [
        "Content-Length: 5\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 99999999999999999999999",
        "Content-Length:",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked\nTransfer-Encoding: identity",
        "Content-Length : 5",
        " Content-Length: 5",
        "Content-Length: 5\n Transfer-Encoding: chunked",
        "Transfer-Encoding\u{b}: chunked",
    ] {
        let head = format!("POST /api/v1/webhooks\nContent-Type: application/json\n{lengths}");
        let told = exchange(&app.url, &request(&app, &head, &hidden)).await;
        assert!((answers(&told), status(&told)) == (1, 400), "{lengths}: {told}");
        assert!(told.contains("application/problem+json"), "{lengths}: {told}");
    }
    // hyper decodes a body whose last coding is `chunked`, and leaves the others to the service (RFC 9112, section 6.1).
    for codings in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: x,chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: deflate\nTransfer-Encoding: chunked",
    ] {
        let head = format!("POST /api/v1/webhooks\nContent-Type: application/json\n{codings}");
        let chunks = format!("{:x}\r\n{webhook}\r\n0\r\n\r\n{hidden}", webhook.len());
        let told = exchange(&app.url, &request(&app, &head, &chunks)).await;
        assert!(answers(&told) == 1 && matches!(status(&told), 400 | 501), "{codings}: {told}");
        assert!(told.contains("application/problem+json"), "{codings}: {told}");
    }
    // Two values of a header that has one, two media type parameters, and content codings of bodies that must not be encoded.
    for (headers, expected) in [
        ("Content-Type: application/json\nUser-Agent: a\nUser-Agent: b", 400),
        ("Content-Type: application/json\nReferer: a\nReferer: b", 400),
        ("Content-Type: application/json\nContent-Type: application/json", 400),
        ("Content-Type: application/json; charset=utf-8; charset=utf-8", 415),
        ("Content-Type: application/json; charset=utf-8; charset=utf-16", 415),
        ("Content-Type: application/json\nContent-Encoding: gzip", 415),
        ("Content-Type: application/json\nContent-Encoding: br", 415),
        (
            "Content-Type: application/json\nContent-Encoding: identity\nContent-Encoding: gzip",
            415,
        ),
    ] {
        let head = format!(
            "POST /api/v1/webhooks\n{headers}\nConnection: close\nContent-Length: {}",
            webhook.len()
        );
        let told = exchange(&app.url, &request(&app, &head, webhook)).await;
        assert_eq!((answers(&told), status(&told)), (1, expected), "{headers}: {told}");
        assert!(told.contains("application/problem+json"), "{headers}: {told}");
    }
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}

/// Bodies and lines of the head that servers delimit differently: after them nothing may be read as another request.
async fn ambiguous_chunks_and_lines_are_rejected_without_smuggling(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = r#"{"name":"Smuggled","url":"https://example.com/","events":["identity.created"]}"#;
    let head = format!(
        "POST /api/v1/webhooks\nContent-Type: application/json\nContent-Length: {}",
        webhook.len()
    );
    let hidden = String::from_utf8(request(&app, &head, webhook)).unwrap();
    // HTTP/1.0 has no transfer codings: a proxy of that version would pass the body on by other rules (RFC 9112, section 6.1).
    for codings in [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nConnection: keep-alive",
        "Transfer-Encoding: gzip, chunked",
    ] {
        let raw = format!(
            "POST /api/v1/webhooks HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{codings}\r\n\r\n\
             {:x}\r\n{webhook}\r\n0\r\n\r\n{hidden}",
            app.key,
            webhook.len()
        );
        let told = exchange(&app.url, raw.as_bytes()).await;
        assert!(answers(&told) == 1 && matches!(status(&told), 400 | 501), "{codings}: {told}");
    }
    // Spellings of chunks that servers read differently: line feeds without carriage returns, control characters and blanks in sizes.
    let chunks = [
        "5;a=\nb\r\n{\"a\":\r\n0\r\n\r\n",
        "5;a\n{\"a\":\r\n0\r\n\r\n",
        "5\n{\"a\":\r\n0\r\n\r\n",
        "5\r{\"a\":\r\n0\r\n\r\n",
        "5;a=\rb\r\n{\"a\":\r\n0\r\n\r\n",
        "0x5\r\n{\"a\":\r\n0\r\n\r\n",
        "+5\r\n{\"a\":\r\n0\r\n\r\n",
        "-5\r\n{\"a\":\r\n0\r\n\r\n",
        " 5\r\n{\"a\":\r\n0\r\n\r\n",
        "5\r\n{\"a\":x\r\n0\r\n\r\n",
        "5\r\n{\"a\":\n0\r\n\r\n",
        "\r\n5\r\n{\"a\":\r\n0\r\n\r\n",
    ];
    for chunk in chunks {
        let head = "POST /api/v1/webhooks\nContent-Type: application/json\nTransfer-Encoding: chunked";
        let told = exchange(&app.url, &request(&app, head, &format!("{chunk}{hidden}"))).await;
        assert!((answers(&told), status(&told)) == (1, 400), "{chunk:?}: {told}");
    }
    // Lines of the head that end or are separated otherwise. A bare carriage return is a line end for some servers (RFC 9112, section 2.2).
    for line in [
        "X-A: a\rTransfer-Encoding: chunked",
        "X-A: a\r\rTransfer-Encoding: chunked",
        "X-A: \rTransfer-Encoding: chunked",
        "X-A\r: a",
        "\rTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding\r: chunked",
        "Transfer-Encoding: chunked\r",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding:\u{c}chunked",
        "Transfer-Encoding: chunked\0",
        "\tTransfer-Encoding: chunked",
        "Content-Length: 5\r",
        "Content-Length: 5\0",
        "Content-Length:\u{b}5",
    ] {
        let raw = format!(
            "POST /api/v1/webhooks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{line}\r\n\r\n\
             0\r\n\r\n{hidden}",
            app.key
        );
        let told = exchange(&app.url, raw.as_bytes()).await;
        assert!((answers(&told), status(&told)) == (1, 400), "{line:?}: {told}");
    }
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}

async fn malformed_request_head_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let key = &app.key;
    for (raw, expected, word) in [
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), 400, "Host"),
        (
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n".to_owned(),
            400,
            "host once",
        ),
        (
            "GET http://evil.example/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            400,
            "different sites",
        ),
        (
            "GET http://a/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            200,
            "",
        ),
        (
            "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n".to_owned(),
            400,
            "no proxy",
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            400,
            "no proxy",
        ),
        (
            format!(
                "GET /api/v1/webhooks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n"
            ),
            400,
            "authorization once",
        ),
        (
            format!("GET /api/v1/webhooks/%ff HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"),
            404,
            "",
        ),
        (
            format!("GET /api/v1/webhooks?q=%ff HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"),
            400,
            "not UTF-8",
        ),
        (
            "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            303,
            "",
        ),
        (
            "GET /pkg/..%2f..%2fCargo.toml HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            404,
            "",
        ),
        ("GET / HTTP/9.9\r\nHost: a\r\n\r\n".to_owned(), 400, ""),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 400, ""),
        ("G\u{1}T / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 400, ""),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n".to_owned(), 400, ""),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), 400, ""),
        ("hello\r\n\r\n".to_owned(), 400, ""),
    ] {
        let told = exchange(&app.url, raw.as_bytes()).await;
        assert_eq!((answers(&told), status(&told)), (1, expected), "{raw:?}: {told}");
        assert!(told.contains(word), "{raw:?}: {told}");
        assert!(
            expected < 400 || told.contains("application/problem+json") || told.contains("text/html"),
            "{raw:?}: {told}"
        );
    }
    // Bytes that are not text, in the target and in a header.
    for raw in [
        &b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"\xff\xff\xff\xff\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ] {
        let told = exchange(&app.url, raw).await;
        assert_eq!((answers(&told), status(&told)), (1, 400), "{raw:?}: {told}");
        assert!(told.contains("urn:clearhook:problem:malformed"), "{raw:?}: {told}");
    }
    app.stop().await;
}

async fn too_large_or_too_deep_request_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let many = (0..150).map(|number| format!("\nX-{number}: 1")).collect::<Vec<_>>().concat();
    let wide = format!("\nX-Wide: {}", "x".repeat(100_000));
    for more in [many, wide] {
        let told = exchange(
            &app.url,
            &request(&app, &format!("GET /api/v1/webhooks\nConnection: close{more}"), ""),
        )
        .await;
        assert_eq!((answers(&told), status(&told)), (1, 431), "{told}");
        assert!(told.contains("urn:clearhook:problem:headers-too-large"), "{told}");
    }
    let far = format!("GET /api/v1/webhooks?q={}", "x".repeat(100_000));
    let told = exchange(&app.url, &request(&app, &far, "")).await;
    assert!([414, 431].contains(&status(&told)) && answers(&told) == 1, "{told}");
    let json = "Content-Type: application/json\nConnection: close";
    for (path, length) in [("webhooks", 256 * 1024 + 1), ("events", 1024 * 1024 + 1)] {
        // Rejected by its declared length, before the body is sent.
        let media = json.replace(
            "application/json",
            if path == "events" {
                "application/cloudevents+json"
            } else {
                "application/json"
            },
        );
        let told = exchange(
            &app.url,
            &request(&app, &format!("POST /api/v1/{path}\n{media}\nContent-Length: {length}"), ""),
        )
        .await;
        assert_eq!(status(&told), 413, "{told}");
    }
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(
        r#"{{"name":"N","url":"https://example.com/","events":{}"a"{}}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let twice = r#"{"name":"N","name":"M","url":"https://example.com/","events":["identity.created"]}"#.to_owned();
    let surrogate = r#"{"name":"\ud800","url":"https://example.com/","events":["identity.created"]}"#.to_owned();
    for body in [deep, nested, twice, surrogate] {
        let head = format!("POST /api/v1/webhooks\n{json}\nContent-Length: {}", body.len());
        let told = exchange(&app.url, &request(&app, &head, &body)).await;
        assert!([400, 422].contains(&status(&told)), "{told}");
        assert!(told.contains("application/problem+json"), "{told}");
    }
    let body = b"{\"name\":\"\xff\"}";
    let mut raw = request(&app, &format!("POST /api/v1/webhooks\n{json}\nContent-Length: {}", body.len()), "");
    raw.extend_from_slice(body);
    let told = exchange(&app.url, &raw).await;
    assert_eq!(status(&told), 400, "{told}");
    // A chunk of the largest size, and one that ends early.
    for chunks in ["FFFFFFFFFFFFFFFFF\r\nx", "FFFFFFFFFFFFFFF\r\nx", "zz\r\nx"] {
        let head = format!("POST /api/v1/webhooks\n{json}\nTransfer-Encoding: chunked");
        let mut stream = crate::support::wire::connect(&app.url).await;
        let raw = request(&app, &head, chunks);
        tokio::io::AsyncWriteExt::write_all(&mut stream, &raw).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
        let told = crate::support::wire::rest(&mut stream).await;
        assert!([0, 400].contains(&status(&told)), "{chunks}: {told}");
    }
    assert_eq!(database.count("webhooks").await, 0);
    assert_eq!(app.api(Method::GET, "/webhooks").send().await.unwrap().status(), 200);
    app.stop().await;
}

async fn null_characters_are_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let good = cloud_event(BuiltIn::IdentityCreated, "1");
    for field in ["id", "source", "subject"] {
        let mut event = good.clone();
        event[field] = "a\0b".into();
        let response = app.publish_raw(&event).await;
        assert_eq!(response.status(), 422, "{field}");
        assert_eq!(response.json_value().await["errors"][0]["pointer"], format!("/{field}"));
    }
    let webhook = serde_json::json!({ "name": "N", "url": "https://example.com/a\0b", "events": ["identity.created"] });
    let stored = app.post("/webhooks", &webhook).await;
    assert!(stored.0 == 422 || !stored.1["url"].as_str().unwrap().contains('\0'), "{stored:?}");
    for path in ["/api/v1/webhooks?q=%00", "/webhooks?q=%00", "/webhooks/%00", "/sign-in?next=%00"] {
        assert_eq!(app.page(path, "").await.status(), 400, "{path}");
    }
    let response = app.form("/sign-in", "", &[("email", "a\0@example.com"), ("password", "x\0")]).await;
    assert_eq!(response.status(), 400);
    assert_eq!(database.count("events").await, 0);
    app.stop().await;
}

async fn every_response_has_security_headers(database: TestDatabase) {
    let app = TestApp::start_at(&database, |front| front.public_url = "https://hooks.example.com".parse().unwrap()).await;
    let plain = TestApp::start(&database).await;
    for (path, pages) in [
        ("/sign-in", true),
        ("/api/v1/webhooks", false),
        ("/healthz", false),
        ("/nowhere", false),
    ] {
        let response = app.page(path, "").await;
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(header("strict-transport-security"), "max-age=31536000", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        let policy = header("content-security-policy");
        if pages {
            let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0.to_owned();
            let expected = format!(
                "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; \
                 base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
            );
            assert_eq!(policy, expected);
            assert!(nonce.len() >= 16, "{nonce}");
            let again = app.page(path, "").await;
            assert!(
                !again.headers()["content-security-policy"].to_str().unwrap().contains(&nonce),
                "a nonce is used once"
            );
        } else {
            assert!(policy.starts_with("default-src 'none'; frame-ancestors 'none'"), "{path}: {policy}");
        }
        assert!(
            !plain.page(path, "").await.headers().contains_key("strict-transport-security"),
            "{path}"
        );
    }
    // The response to an ambiguous request has them too.
    let told = exchange(&app.url, b"GET / HTTP/1.1\r\n\r\n").await.to_ascii_lowercase();
    assert!(
        told.contains("x-content-type-options: nosniff") && told.contains("default-src 'none'"),
        "{told}"
    );
    let response = app.api(Method::GET, "/nowhere").send().await.unwrap();
    assert!(response.headers().contains_key("x-request-id"));
    assert_eq!(response.json_value().await["status"], 404);
    plain.stop().await;
    app.stop().await;
}
