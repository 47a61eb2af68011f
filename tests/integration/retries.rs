//! Failures of a receiver, a shutdown and a crash of clearhook: when a delivery is attempted again.

use std::time::Duration;

use clearhook::{
    catalogue::BuiltIn,
    delivery::DeliverySettings,
    domain::{timestamp::Timestamp, url::UrlPolicy},
    storage::new_id,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{
    app::{TestApp, hourly, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! {
    retry_has_the_same_id_and_body delivery_fails_after_the_last_retry redirect_is_a_failure_and_not_followed
    response_410_disables_the_webhook long_response_is_truncated_in_the_log failure_has_a_name_in_the_log shutdown_waits_for_attempts deliveries_of_a_killed_node_are_sent
    retry_after_date_is_respected name_with_a_private_address_is_not_called due_times_follow_the_clock
}

async fn retry_has_the_same_id_and_body(database: TestDatabase) {
    let (app, receiver) = (
        TestApp::start(&database).await,
        Receiver::start([Reply::status(500), Reply::status(503)]).await,
    );
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let log = app.log(&webhook, 3).await;
    let told: Vec<_> = log
        .iter()
        .rev()
        .map(|row| json!([row["attempt"], row["trigger"], row["outcome"], row["status"], row["response"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([1, "event", "failed", 500, "InternalServerError"]),
            json!([2, "retry", "failed", 503, "ServiceUnavailable"]),
            json!([3, "retry", "succeeded", 202, "Accepted"]),
        ]
    );
    let seen = receiver.seen();
    assert_eq!(
        (&seen[0].body, &seen[0].headers["webhook-id"]),
        (&seen[2].body, &seen[2].headers["webhook-id"])
    );
    assert_eq!(
        seen[0].headers["webhook-id"].to_str().unwrap(),
        format!("msg_{}", log[0]["delivery_id"].as_str().unwrap())
    );
    assert_eq!(database.count("deliveries WHERE state = 'succeeded'").await, 1);
    app.stop().await;
}

async fn delivery_fails_after_the_last_retry(database: TestDatabase) {
    let (app, receiver) = (
        TestApp::start(&database).await,
        Receiver::start((0..9).map(|_| Reply::status(400))).await,
    );
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 4).await;
    wait_for("the delivery to fail", async || {
        (database.count("deliveries WHERE state = 'failed'").await == 1).then_some(())
    })
    .await;
    assert_eq!(receiver.seen().len(), 4);
    app.stop().await;
}

async fn redirect_is_a_failure_and_not_followed(database: TestDatabase) {
    let target = Receiver::start([]).await;
    let location: &'static str = Box::leak(target.url.clone().into_boxed_str());
    let redirect = Reply {
        headers: vec![("location", location)],
        ..Reply::status(302)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([redirect]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let log = app.log(&webhook, 2).await;
    assert_eq!((&log[1]["response"], &log[1]["outcome"]), (&json!("Found"), &json!("failed")));
    assert!(target.seen().is_empty());
    app.stop().await;
}

async fn response_410_disables_the_webhook(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(410)]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let now = app.get(&format!("/webhooks/{}", webhook["id"].as_str().unwrap())).await;
    assert_eq!(now["enabled"], false);
    assert!(now["disabled_reason"].as_str().unwrap().contains("410 Gone"));
    assert_eq!(database.count("deliveries WHERE state = 'failed'").await, 1);
    app.stop().await;
}

async fn long_response_is_truncated_in_the_log(database: TestDatabase) {
    let long = Reply {
        body: "x".repeat(1024 * 1024),
        ..Reply::status(200)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([long]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert_eq!(details["received"]["body"].as_str().unwrap().len(), 16 * 1024);
    assert_eq!(details["received"]["truncated"], true);
    app.stop().await;
}

/// Answers each connection with these bytes, then closes it.
async fn raw_receiver(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer).await;
        }
    });
    url
}

async fn failure_has_a_name_in_the_log(database: TestDatabase) {
    let settings = DeliverySettings {
        schedule: "".parse().unwrap(),
        timeout: Duration::from_millis(600),
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    let slow = Receiver::start([Reply {
        delay: Duration::from_secs(60),
        ..Reply::status(200)
    }])
    .await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cases = [
        (slow.url.clone(), "TimedOut"),
        (format!("http://{closed}/"), "ConnectionRefused"),
        ("http://no-such-host.invalid/".to_owned(), "NameNotResolved"),
        (raw_receiver(b"").await, "ConnectionReset"),
        (raw_receiver(b"SSH-2.0-OpenSSH_9\r\n").await, "ResponseInvalid"),
        (slow.url.replace("http://", "https://"), "TlsError"),
    ];
    let mut webhooks = Vec::new();
    for (url, _) in &cases {
        webhooks.push(app.webhook(url, &[BuiltIn::IdentityCreated]).await);
    }
    app.publish(BuiltIn::IdentityCreated, "1").await;
    for (webhook, (url, name)) in webhooks.iter().zip(&cases) {
        let row = app.log(webhook, 1).await.remove(0);
        assert_eq!(
            json!([row["response"], row["status"], row["outcome"]]),
            json!([name, null, "failed"]),
            "{url}"
        );
    }
    app.stop().await;
}

async fn name_with_a_private_address_is_not_called(database: TestDatabase) {
    let receiver = Receiver::start([]).await;
    let app = TestApp::start(&database).await;
    // Permitted when it was saved, forbidden when it is called: by address and by name.
    let by_address = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.stop().await;
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned();
    let policy = UrlPolicy {
        allow_http: true,
        ..UrlPolicy::default()
    };
    let settings = DeliverySettings {
        schedule: "".parse().unwrap(),
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, policy, new_id()).await;
    let by_name = app.webhook(&format!("http://{host}/"), &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    assert_eq!(app.log(&by_address, 1).await[0]["response"], "AddressBlocked");
    let row = app.log(&by_name, 1).await.remove(0);
    assert_eq!(row["response"], "AddressBlocked", "{host}");
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    assert!(details["detail"].as_str().unwrap().contains("CLEARHOOK_ALLOWED_NETWORKS"));
    assert!(receiver.seen().is_empty());
    app.stop().await;
}

async fn shutdown_waits_for_attempts(database: TestDatabase) {
    let slow = Reply {
        delay: Duration::from_millis(300),
        ..Reply::status(200)
    };
    let receiver = Receiver::start([slow.clone(), slow]).await;
    let settings = DeliverySettings {
        concurrency_per_webhook: 1,
        ..quick()
    };
    let node = new_id();
    let app = TestApp::start_with(&database, settings.clone(), loopback(), node).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    receiver.wait(1).await;
    app.stop().await;
    assert_eq!(database.count("callbacks").await, 1);
    assert_eq!(
        database.count("deliveries WHERE state = 'pending' AND lease_owner IS NULL").await,
        1
    );
    let app = TestApp::start_with(&database, settings, loopback(), node).await;
    let seen = receiver.wait(2).await;
    assert_ne!(seen[0].headers["webhook-id"], seen[1].headers["webhook-id"]);
    app.stop().await;
}

/// As a node leaves it that was killed between the commit and the first attempt.
async fn deliveries_of_a_killed_node_are_sent(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 2).await;
    let node = app.node;
    app.stop().await;
    let other = new_id::<clearhook::domain::id::NodeId>();
    let literal = |id: clearhook::domain::id::NodeId| {
        if database.url.starts_with("sqlite") {
            format!("x'{}'", id.0.simple())
        } else {
            format!("'{id}'")
        }
    };
    let owned_by = |node| {
        format!(
            "UPDATE deliveries SET state = 'sending', due_at = 0, lease_owner = {}",
            literal(node)
        )
    };
    // Another node's, which holds no lease.
    database.execute(&owned_by(other)).await;
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    app.log(&webhook, 3).await;
    app.stop().await;
    // This node's own, of its last run.
    database.execute(&owned_by(node)).await;
    let app = TestApp::start_with(&database, quick(), loopback(), node).await;
    app.log(&webhook, 4).await;
    app.stop().await;
}

async fn retry_after_date_is_respected(database: TestDatabase) {
    let now = std::time::SystemTime::now();
    let date = httpdate::fmt_http_date(now + Duration::from_secs(3_600));
    let away = Reply {
        headers: vec![("retry-after", Box::leak(date.into_boxed_str()))],
        ..Reply::status(503)
    };
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([away]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    app.deliveries(&database, "pending", 1).await;
    let delivery = row["delivery_id"].as_str().unwrap().parse().unwrap();
    let due = app.store.delivery_status(delivery).await.unwrap().unwrap().due.unwrap();
    let ahead = due.since(Timestamp::now());
    assert!((59 * 60..=61 * 60).contains(&ahead.as_secs()), "{ahead:?}");
    app.stop().await;
}

/// As when the system's clock is set back by an hour: without the shift, a retry would come an hour late.
async fn due_times_follow_the_clock(database: TestDatabase) {
    let settings = hourly();
    let (app, receiver) = (
        TestApp::start_with(&database, settings, loopback(), new_id()).await,
        Receiver::start([Reply::status(500)]).await,
    );
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.deliveries(&database, "pending", 1).await;
    assert_eq!(app.store.shift_due(-2 * 3_600_000).await.unwrap(), 1);
    app.dispatcher.wake();
    assert_eq!(app.log(&webhook, 2).await[0]["trigger"], "retry");
    app.stop().await;
}
