//! Receivers that misbehave: each attempt ends in time with a named failure, and nothing else is affected.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use clearhook::{
    catalogue::BuiltIn,
    delivery::{DeliverySettings, DnsResolver},
    storage::new_id,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{
    app::{TestApp, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! {
    response_body_is_read_only_up_to_its_limit response_with_too_many_headers_fails compressed_response_is_not_decompressed credentials_echoed_by_a_receiver_are_redacted
    unreachable_receiver_is_named_in_the_log response_before_the_request_was_read_counts
    panicking_attempt_fails_alone cookies_of_a_receiver_are_not_kept
}

/// A receiver with a handler for each connection.
async fn receiver<F: Future<Output = ()> + Send>(act: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let act = Arc::new(act);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let act = act.clone();
            tokio::spawn(async move { act(stream).await });
        }
    });
    url
}

/// Reads the head of a request and the part of its body that arrives with it.
async fn read_some(stream: &mut TcpStream) {
    let mut buffer = vec![0; 16 * 1024];
    let _ = stream.read(&mut buffer).await;
}

/// Sends one callback to this URL and returns its row of the log.
async fn called(database: &TestDatabase, url: &str) -> Value {
    let settings = DeliverySettings {
        timeout: Duration::from_secs(2),
        schedule: "1h".parse().unwrap(),
        ..quick()
    };
    let app = TestApp::start_with(database, settings, loopback(), new_id()).await;
    let webhook = app.webhook(url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert!(details["duration_ms"].as_i64().unwrap() < 4_000, "{details}");
    app.stop().await;
    details
}

async fn response_body_is_read_only_up_to_its_limit(database: TestDatabase) {
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let url = receiver(move |mut stream| {
        let count = count.clone();
        async move {
            read_some(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await;
            let chunk = vec![b'x'; 64 * 1024];
            while let Ok(length @ 1..) = stream.write(&chunk).await {
                count.fetch_add(length, Ordering::Relaxed);
            }
        }
    })
    .await;
    let details = called(&database, &url).await;
    // The buffers of both sockets are included.
    let written = written.load(Ordering::Relaxed);
    assert!((16 * 1024..16 * 1024 * 1024).contains(&written), "{written}");
    assert_eq!(
        (&details["response"], &details["received"]["truncated"]),
        (&"OK".into(), &true.into())
    );
    assert_eq!(details["received"]["body"].as_str().unwrap().len(), 16 * 1024);
}

async fn response_with_too_many_headers_fails(database: TestDatabase) {
    let url = receiver(async |mut stream| {
        read_some(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        for number in 0..100_000 {
            let line = format!("x-{number}: {}\r\n", "y".repeat(1_000));
            if stream.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    assert_eq!(called(&database, &url).await["response"], "ResponseInvalid");
}

async fn compressed_response_is_not_decompressed(database: TestDatabase) {
    // A gigabyte of zeros, compressed to a few megabytes.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..1_024 {
        std::io::Write::write_all(&mut packed, &zeros).unwrap();
    }
    let packed = Arc::new(packed.finish().unwrap());
    let size = packed.len();
    assert!(size < 8 * 1024 * 1024, "{size}");
    let url = receiver(move |mut stream| {
        let packed = packed.clone();
        async move {
            read_some(&mut stream).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                packed.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&packed).await;
        }
    })
    .await;
    let details = called(&database, &url).await;
    assert_eq!(
        (&details["response"], &details["received"]["truncated"]),
        (&"OK".into(), &true.into())
    );
    let kept = details["received"]["body"].as_str().unwrap();
    // The log has the first 16 KiB as received, not decompressed.
    assert!(kept.starts_with('\u{1f}') && kept.chars().count() <= 16 * 1024, "{}", kept.len());
}

async fn credentials_echoed_by_a_receiver_are_redacted(database: TestDatabase) {
    let url = receiver(async |mut stream| {
        let mut buffer = vec![0; 16 * 1024];
        let count = stream.read(&mut buffer).await.unwrap();
        let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let echo = request
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap()
            .to_owned();
        let head = format!(
            "HTTP/1.1 400 Bad Request\r\nx-echo: {echo}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            request.len()
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(request.as_bytes()).await;
    })
    .await;
    let app = TestApp::start_with(
        &database,
        DeliverySettings {
            schedule: "1h".parse().unwrap(),
            ..quick()
        },
        loopback(),
        new_id(),
    )
    .await;
    let body = serde_json::json!({
        "name": "N", "url": url, "events": ["identity.created"], "headers": [{ "name": "Authorization", "value": "Bearer planted-token" }],
    });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201);
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    let text = details["received"].to_string();
    assert!(
        text.contains("••••••") && text.contains("webhook-signature") && !text.contains("planted"),
        "{text}"
    );
    app.stop().await;
}

async fn unreachable_receiver_is_named_in_the_log(database: TestDatabase) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(called(&database, &format!("http://{free}/")).await["response"], "ConnectionRefused");
}

async fn response_before_the_request_was_read_counts(database: TestDatabase) {
    let url = receiver(async |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await;
        read_some(&mut stream).await;
        read_some(&mut stream).await;
    })
    .await;
    let response = called(&database, &url).await["response"].clone();
    // A response without a request may also be reported as an unsolicited response.
    assert!(
        ["Accepted", "ConnectionReset", "ResponseInvalid"].contains(&response.as_str().unwrap()),
        "{response}"
    );
}

async fn panicking_attempt_fails_alone(database: TestDatabase) {
    let settings = DeliverySettings {
        dns: DnsResolver::from_fn(async |_: String| panic!("as a fault of the code would")),
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    let good = Receiver::start([]).await;
    app.webhook("http://broken.example.com/", &[BuiltIn::VisitEventCreated]).await;
    let healthy = app.webhook(&good.url, &[BuiltIn::IdentityCreated]).await;
    for number in 0..3 {
        app.publish(BuiltIn::VisitEventCreated, &format!("breaks {number}")).await;
        app.publish(BuiltIn::IdentityCreated, &format!("works {number}")).await;
    }
    app.deliveries(&database, "failed", 3).await;
    let broke = "deliveries WHERE state = 'failed' AND reason LIKE '%failed 3 times with an internal error%'";
    assert_eq!(database.count(broke).await, 3);
    app.log(&healthy, 3).await;
    wait_for("nothing to be in flight", async || {
        let load = app.dispatcher.load();
        (load.in_flight == 0 && load.waiting == 0).then_some(())
    })
    .await;
    assert!(app.dispatcher.progress().is_ok());
    app.stop().await;
}

/// A cookie would connect callbacks of different webhooks, and lasts longer than an attempt.
async fn cookies_of_a_receiver_are_not_kept(database: TestDatabase) {
    let sets = Reply {
        headers: vec![
            ("set-cookie", "session=planted; Path=/"),
            ("set-cookie", "__Host-id=planted; Path=/; Secure; HttpOnly"),
            ("set-cookie", "wide=planted; Domain=127.0.0.1; Path=/; Max-Age=99999"),
            ("set-cookie2", "old=planted; Version=1"),
        ],
        ..Reply::status(503)
    };
    let app = TestApp::start_with(&database, quick(), loopback(), new_id()).await;
    let receiver = Receiver::start(vec![sets; 3]).await;
    for _ in 0..2 {
        app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    }
    app.publish(BuiltIn::IdentityCreated, "1").await;
    for seen in receiver.wait(5).await {
        assert!(!seen.headers.contains_key("cookie"), "{:?}", seen.headers);
        assert!(
            !seen
                .headers
                .values()
                .any(|value| value.as_bytes().windows(7).any(|part| part == b"planted"))
        );
    }
    app.stop().await;
}
