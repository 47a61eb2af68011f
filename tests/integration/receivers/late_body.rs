//! Bodies that arrive long after the headers: they do not delay the result, and the log gets them later.

use std::time::{Duration, Instant};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, time::sleep};

use super::{End, end, read_request, serve};
use crate::support::{
    app::{TestApp, cloud_event, hourly, loopback},
    database::TestDatabase,
    on_both,
    steps::change,
    wait::wait_for,
};

on_both! { result_does_not_wait_for_a_body_that_is_kept_open late_body_is_logged_when_it_is_complete }

/// Longer than a test may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

async fn start(database: &TestDatabase) -> TestApp {
    let settings = DeliverySettings {
        timeout: BODY_TIMEOUT,
        body_timeout: BODY_TIMEOUT,
        ..hourly()
    };
    TestApp::start_with(database, settings, loopback(), new_id()).await
}

async fn result_does_not_wait_for_a_body_that_is_kept_open(database: TestDatabase) {
    let app = start(&database).await;
    let (port, _) = serve(|mut stream| async move {
        while read_request(&mut stream).await.is_some() {
            let head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nhalf";
            stream.write_all(head).await.unwrap();
            end(&mut stream, End::KeepOpen).await;
        }
    })
    .await;
    let webhook = app.webhook(&format!("http://127.0.0.1:{port}/"), &[BuiltIn::IdentityCreated]).await;
    change(&app, &webhook, json!({ "ordered": true })).await;
    let began = Instant::now();
    for number in 0..3 {
        let mut event = cloud_event(BuiltIn::IdentityCreated, &number.to_string());
        event["subject"] = "one".into();
        assert_eq!(app.publish_raw(&event).await.status(), 202);
    }
    // Each delivery begins after the result of the previous one is stored.
    let logged = app.log(&webhook, 3).await;
    assert!(began.elapsed() < BODY_TIMEOUT, "{:?}", began.elapsed());
    assert!(logged.iter().all(|callback| callback["outcome"] == "succeeded"), "{logged:?}");
    let details = details(&app, &logged[0]).await;
    assert_eq!(details["received"]["body"], "half");
    assert!(
        details["received"]["incomplete"]
            .as_str()
            .unwrap()
            .contains("when the result was stored"),
        "{details}"
    );
}

async fn late_body_is_logged_when_it_is_complete(database: TestDatabase) {
    let app = start(&database).await;
    let (port, _) = serve(|mut stream| async move {
        if read_request(&mut stream).await.is_some() {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst";
            stream.write_all(head).await.unwrap();
            // The receiver is slow.
            sleep(Duration::from_millis(1_500)).await;
            stream.write_all(b" last").await.unwrap();
            end(&mut stream, End::KeepOpen).await;
        }
    })
    .await;
    let webhook = app.webhook(&format!("http://127.0.0.1:{port}/"), &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let logged = app.log(&webhook, 1).await;
    wait_for("the whole body", async || {
        let details = details(&app, &logged[0]).await;
        (details["received"]["body"] == "first last" && details["received"]["incomplete"].is_null()).then_some(())
    })
    .await;
}

async fn details(app: &TestApp, logged: &Value) -> Value {
    app.get(&format!("/callbacks/{}", logged["id"].as_str().unwrap())).await
}
