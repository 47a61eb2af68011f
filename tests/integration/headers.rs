//! Additional headers: each is sent exactly as it is configured or rejected when it is saved, the log shows what was sent, and
//! credentials are hidden in the log, however a receiver repeats them.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::HeaderMap,
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use clearhook::catalogue::BuiltIn;
use hyper::{Request, Response, Version, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, cloud_event, hourly, loopback},
    binary::Service,
    database::TestDatabase,
    node::Node,
    on_both,
    receiver::Receiver,
    wait::wait_for,
};

on_both! {
    headers_are_sent_as_configured_and_the_log_shows_what_was_sent default_headers_are_logged_as_sent reserved_headers_are_rejected
    log_redacts_credentials_in_every_spelling
}

async fn webhook(app: &TestApp, url: &str, headers: Value) -> Value {
    let body = json!({ "name": "N", "url": url, "events": ["identity.created"], "headers": headers });
    let (status, answer) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// The only callback in a webhook's log.
async fn details(app: &TestApp, webhook: &Value) -> Value {
    let row = app.log(webhook, 1).await.remove(0);
    app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await
}

/// Values by name, in order.
type Values = BTreeMap<String, Vec<String>>;

fn logged(details: &Value) -> Values {
    let mut values = Values::new();
    for header in details["request"]["headers"].as_array().unwrap() {
        let (name, value) = (header["name"].as_str().unwrap(), header["value"].as_str().unwrap());
        values.entry(name.to_ascii_lowercase()).or_default().push(value.to_owned());
    }
    values
}

fn received(headers: &HeaderMap) -> Values {
    let mut values = Values::new();
    for (name, value) in headers {
        let value = String::from_utf8(value.as_bytes().to_vec()).unwrap();
        values.entry(name.to_string()).or_default().push(value);
    }
    values
}

/// Headers that are sent unchanged over every version of HTTP.
const CONFIGURED: [(&str, &str); 19] = [
    ("User-Agent", "acme-bridge/2.1 (+https://acme.example)"),
    ("Accept", "application/json"),
    ("Accept-Language", "fr-CA, fr;q=0.8"),
    ("Origin", "https://acme.example"),
    ("Referer", "https://acme.example/page"),
    ("Date", "Tue, 24 Nov 2026 10:00:00 GMT"),
    ("X-Empty", ""),
    ("X-Unicode", "clé ☃"),
    ("X-Tab", "a\tb"),
    ("X-Punctuation", "a, \"b\"; c=\\d"),
    ("X-Twice", "second comes second"),
    ("x-twice", "really"),
    ("Sec-Fetch-Site", "none"),
    ("Via", "1.1 acme"),
    ("Range", "bytes=0-1"),
    ("Digest", "sha-256=abc"),
    ("Priority", "u=1"),
    ("X-Forwarded-Host", "acme.example"),
    ("X_Under_Score", "1"),
];

fn configured() -> Value {
    let header = |(name, value)| json!({ "name": name, "value": value, "secret": false });
    CONFIGURED.map(header).to_vec().into()
}

async fn headers_are_sent_as_configured_and_the_log_shows_what_was_sent(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = webhook(&app, &receiver.url, configured()).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let seen = receiver.wait(1).await.remove(0);
    let received = received(&seen.headers);
    for (name, value) in CONFIGURED {
        let values = &received[&name.to_ascii_lowercase()];
        assert!(values.iter().any(|sent| sent == value), "{name}: {values:?}");
    }
    assert_eq!(received["x-twice"], ["second comes second", "really"]);
    assert_eq!(received["user-agent"].len(), 1);
    assert_eq!(received["accept"].len(), 1);
    // The log shows exactly these headers.
    assert_eq!(logged(&details(&app, &webhook).await), received);
    app.stop().await;
}

async fn default_headers_are_logged_as_sent(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    // Blanks around a value are removed when it is saved.
    let webhook = webhook(&app, &receiver.url, json!([{ "name": "X-Blanks", "value": " \t a b\t " }])).await;
    assert_eq!(webhook["headers"][0]["value"], "a b");
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let received = received(&receiver.wait(1).await[0].headers);
    assert_eq!(received["x-blanks"], ["a b"]);
    assert_eq!(received["accept"], ["*/*"]);
    assert!(received["user-agent"][0].starts_with("clearhook/"));
    assert_eq!(logged(&details(&app, &webhook).await), received);
    app.stop().await;
}

async fn reserved_headers_are_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for name in [
        "Accept-Encoding",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Range",
        "Content-Type",
        "Expect",
        "Host",
        "HTTP2-Settings",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authentication-Info",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Traceparent",
        "Tracestate",
        "Transfer-Encoding",
        "Upgrade",
        "Webhook-Id",
        "webhook-signature",
        "WEBHOOK-ANYTHING",
        ":authority",
        ":path",
    ] {
        let body = json!({
            "name": "N", "url": "https://example.com/", "events": ["identity.created"], "headers": [{ "name": name, "value": "1" }],
        });
        let (status, answer) = app.post("/webhooks", &body).await;
        assert_eq!(
            (status, &answer["errors"][0]["pointer"]),
            (422, &json!("/headers/0/name")),
            "{name}: {answer}"
        );
    }
    assert_eq!(database.count("webhooks").await, 0);
    app.stop().await;
}

/// A receiver that repeats all headers in many spellings, in its body and in headers.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let repeat = async |headers: HeaderMap, _: Bytes| {
        let values: Vec<String> = headers
            .values()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let json = serde_json::to_string(&values).unwrap();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(values.iter().map(|value| ("value", value)))
            .finish();
        let html = |text: &str| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;")
        };
        let body = [
            values.join("\n"),
            json.replace('/', r"\/"),
            html(&json),
            html(&values.join("<br>")),
            form.to_lowercase(),
            form.clone(),
            values.join(" ").to_uppercase(),
            serde_json::to_string(&json).unwrap(),
            json,
        ]
        .join("\n\n");
        ([("x-echo", form)], body).into_response()
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(repeat)).await.unwrap() });
    url
}

async fn log_redacts_credentials_in_every_spelling(database: TestDatabase) {
    let app = TestApp::start_with(&database, hourly(), loopback(), clearhook::storage::new_id()).await;
    let headers = json!([
        { "name": "Authorization", "value": "Basic UExB/PLANTED+YWJj" },
        { "name": "X-Custom", "value": "\"planted\"-x\\y & <z>", "secret": true },
        { "name": "X-Pin", "value": "pl4nt!", "secret": true },
        { "name": "Accept", "value": "application/json" },
        { "name": "X-Tenant", "value": "tenant-4711" },
    ]);
    let webhook = webhook(&app, &echo().await, headers).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let details = details(&app, &webhook).await;
    let logged = logged(&details);
    for name in ["authorization", "x-custom", "x-pin"] {
        assert_eq!(logged[name], ["••••••"], "{name}");
    }
    assert_eq!(
        (&logged["accept"][0], &logged["x-tenant"][0]),
        (&"application/json".to_owned(), &"tenant-4711".to_owned())
    );
    let text = details["received"].to_string().to_lowercase();
    for leaked in ["planted", "pl4nt", "uexb"] {
        assert!(!text.contains(leaked), "{leaked} in {text}");
    }
    for kept in ["application/json", "tenant-4711", "x-echo"] {
        assert!(text.contains(kept), "{kept} is missing in {text}");
    }
    app.stop().await;
}

/// Over HTTP/2 the host is sent as `:authority`; everything else is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_are_sent_as_configured_over_http2() {
    let database = TestDatabase::sqlite();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let seen: Arc<Mutex<Option<(Version, HeaderMap)>>> = Arc::default();
    let noted = seen.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let take = service_fn(move |request: Request<Incoming>| {
            let noted = noted.clone();
            async move {
                *noted.lock().unwrap() = Some((request.version(), request.headers().clone()));
                to_bytes(Body::new(request.into_body()), usize::MAX).await?;
                Ok::<_, axum::Error>(Response::new(Body::empty()))
            }
        });
        let _ = auto::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), take)
            .await;
    });
    drop(database.open().await);
    let (node, trusted) = (Node::new(&database), database.folder.path().join("trusted.pem"));
    let text = STANDARD.encode(made.cert.der());
    fs::write(
        &trusted,
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"),
    )
    .unwrap();
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command.env("SSL_CERT_FILE", &trusted).env_remove("SSL_CERT_DIR");
    let service = Service::start(command);
    let url = format!("http://{}/api/v1", service.line("listening on ").await.split(';').next().unwrap());
    let body = json!({ "name": "N", "url": format!("https://{authority}/hook"), "events": ["identity.created"], "headers": configured() });
    let request = node.http.post(format!("{url}/webhooks")).bearer_auth(&node.key).json_value(&body);
    let webhook = request.send().await.unwrap().json_value().await;
    let event = cloud_event(BuiltIn::IdentityCreated, "1").to_string();
    let request = node.http.post(format!("{url}/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents+json").body(event);
    assert_eq!(request.send().await.unwrap().status(), 202);
    let get = async |path: String| {
        node.http
            .get(format!("{url}{path}"))
            .bearer_auth(&node.key)
            .send()
            .await
            .unwrap()
            .json_value()
            .await
    };
    let row = wait_for("the callback", async || {
        let page = get(format!("/webhooks/{}/callbacks", webhook["id"].as_str().unwrap())).await;
        page["items"].get(0).cloned()
    })
    .await;
    assert_eq!(row["status"], 200, "{row}");
    let (version, headers) = seen.lock().unwrap().clone().unwrap();
    assert_eq!(version, Version::HTTP_2);
    let mut received = received(&headers);
    for (name, value) in CONFIGURED {
        let values = &received[&name.to_ascii_lowercase()];
        assert!(values.iter().any(|sent| sent == value), "{name}: {values:?}");
    }
    received.insert("host".to_owned(), vec![authority]);
    let details = get(format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert_eq!(logged(&details), received);
    assert_eq!(service.terminate().await, Some(0));
}
