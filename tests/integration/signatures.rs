//! An independent library (`standardwebhooks`) verifies every callback, whatever caused it and whichever secret is active.

use std::str::FromStr;

use clearhook::catalogue::BuiltIn;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply, Seen},
};

on_both! { standardwebhooks_verifies_every_callback rotated_secret_overlaps_for_a_day }

fn accepts(secret: &Value, seen: &Seen) -> bool {
    let webhook = Webhook::new(secret.as_str().unwrap()).unwrap();
    webhook.verify(seen.body.as_bytes(), &seen.headers).is_ok()
}

async fn standardwebhooks_verifies_every_callback(database: TestDatabase) {
    let (app, receiver) = (
        TestApp::start(&database).await,
        Receiver::start([Reply::status(500), Reply::status(429)]).await,
    );
    let webhook = app.webhook(&receiver.url, &BuiltIn::ALL).await;
    // Attempts that fail, those that follow, every type of event.
    for (number, event) in BuiltIn::ALL.into_iter().enumerate() {
        app.publish(event, &number.to_string()).await;
    }
    receiver.wait(12).await;
    // A test event and a redelivery.
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(app.post(&format!("{path}/test"), &json!({})).await.0, 202);
    let row = app.log(&webhook, 13).await.remove(0);
    assert_eq!(
        app.post(&format!("/callbacks/{}/redeliver", row["id"].as_str().unwrap()), &json!({}))
            .await
            .0,
        202
    );
    let seen = receiver.wait(14).await;
    let other = json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    for callback in &seen {
        assert!(accepts(&webhook["secret"], callback), "{callback:?}");
        assert!(!accepts(&other, callback));
        let mut forged = callback.clone();
        forged.body.push(' ');
        assert!(!accepts(&webhook["secret"], &forged));
        let mut later = callback.clone();
        let at = i64::from_str(later.headers["webhook-timestamp"].to_str().unwrap()).unwrap();
        later.headers.insert("webhook-timestamp", (at + 1).into());
        assert!(!accepts(&webhook["secret"], &later));
    }
    app.stop().await;
}

async fn rotated_secret_overlaps_for_a_day(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}/secret/rotate", webhook["id"].as_str().unwrap());
    let (status, rotated) = app.post(&path, &json!({})).await;
    assert_eq!(status, 200);
    app.publish(BuiltIn::IdentityCreated, "during").await;
    let during = receiver.wait(1).await.remove(0);
    assert!(accepts(&webhook["secret"], &during) && accepts(&rotated["secret"], &during));
    // A day later, by the database's clock.
    database
        .execute("UPDATE webhook_secrets SET expires_at = expires_at - 86400000 WHERE expires_at IS NOT NULL")
        .await;
    app.stop().await;
    let app = TestApp::start(&database).await;
    app.publish(BuiltIn::IdentityCreated, "after").await;
    let after = receiver.wait(2).await.remove(1);
    assert!(!accepts(&webhook["secret"], &after) && accepts(&rotated["secret"], &after));
    app.stop().await;
}
