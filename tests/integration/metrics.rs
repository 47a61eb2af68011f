//! `/metrics`, read by the parsers of the official Python client.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use clearhook::{
    catalogue::BuiltIn,
    domain::{id::NodeId, timestamp::Timestamp},
    storage::new_id,
};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, hourly, loopback},
    database::TestDatabase,
    many, on_both,
    python::python,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { metrics_are_valid_in_both_formats_of_prometheus series_do_not_grow_with_the_webhooks }

/// What Prometheus 3 sends.
const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;\
     q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

/// Names of the families, without `_total`, with their types.
const FAMILIES: [(&str, &str); 16] = [
    ("clearhook_attempts_in_flight", "gauge"),
    ("clearhook_breakers_open", "gauge"),
    ("clearhook_callback_duration_seconds", "histogram"),
    ("clearhook_callbacks", "counter"),
    ("clearhook_database_commits", "counter"),
    ("clearhook_database_reachable", "gauge"),
    ("clearhook_database_statements", "counter"),
    ("clearhook_deliveries", "gauge"),
    ("clearhook_deliveries_in_memory", "gauge"),
    ("clearhook_delivery_lag_seconds", "gauge"),
    ("clearhook_events_accepted", "counter"),
    ("clearhook_events_duplicate", "counter"),
    ("clearhook_events_waiting", "gauge"),
    ("clearhook_lease_held", "gauge"),
    ("clearhook_webhooks", "gauge"),
    ("clearhook_webhooks_disabled", "counter"),
];

/// Families that exist only with SQLite, whose disk is known.
const DISK: [(&str, &str); 3] = [
    ("clearhook_disk_free_bytes", "gauge"),
    ("clearhook_disk_reserve_bytes", "gauge"),
    ("clearhook_disk_size_bytes", "gauge"),
];

/// The body of a scrape, and its content type.
async fn scrape(app: &TestApp, accept: Option<&str>) -> (String, String) {
    let mut request = app.http.get(format!("{}/metrics", app.url)).bearer_auth(&app.key);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.text().await.unwrap(), content_type)
}

/// The families as the parser understands them.
fn parsed(text: &str, format: &str) -> Value {
    let run = |mut command: Command| {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let mut command = python("metrics.py");
    command.arg(format);
    let output = tokio::task::block_in_place(|| run(command));
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The value of a sample.
fn value(families: &Value, family: &str, name: &str, labels: &Value) -> String {
    let samples = families[family]["samples"].as_array().unwrap();
    let found = samples.iter().find(|sample| sample[0] == name && sample[1] == *labels);
    found.unwrap_or_else(|| panic!("{name} {labels}: {samples:?}"))[2]
        .as_f64()
        .unwrap()
        .to_string()
}

async fn metrics_are_valid_in_both_formats_of_prometheus(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let before = parsed(&scrape(&app, Some(PROMETHEUS)).await.0, "openmetrics");
    for outcome in ["succeeded", "failed"] {
        let callbacks = value(
            &before,
            "clearhook_callbacks",
            "clearhook_callbacks_total",
            &json!({ "outcome": outcome }),
        );
        assert_eq!(callbacks, "0", "a series exists before its first callback");
    }
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 2).await;

    let (text, content_type) = scrape(&app, Some(PROMETHEUS)).await;
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let (plain, content_type) = scrape(&app, None).await;
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert!(!plain.contains("# EOF") && plain.contains("_bucket{le=\"1\"}"), "{plain}");

    let (text, plain) = (parsed(&text, "openmetrics"), parsed(&plain, "text"));
    for families in [&text, &plain] {
        let mut names: Vec<(&str, &str)> = families
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, family)| (name.as_str(), family["type"].as_str().unwrap()))
            .collect();
        names.sort_unstable();
        let disk = if database.url.starts_with("sqlite") { &DISK[..] } else { &[] };
        let mut expected = [&FAMILIES[..], disk].concat();
        expected.sort_unstable();
        assert_eq!(names, expected);
        let duration = "clearhook_callback_duration_seconds";
        for (family, name, labels, expected) in [
            ("clearhook_events_accepted", "clearhook_events_accepted_total", json!({}), "1"),
            ("clearhook_events_duplicate", "clearhook_events_duplicate_total", json!({}), "1"),
            (
                "clearhook_callbacks",
                "clearhook_callbacks_total",
                json!({ "outcome": "succeeded" }),
                "1",
            ),
            (
                "clearhook_callbacks",
                "clearhook_callbacks_total",
                json!({ "outcome": "failed" }),
                "1",
            ),
            (duration, "clearhook_callback_duration_seconds_count", json!({}), "2"),
            (duration, "clearhook_callback_duration_seconds_bucket", json!({ "le": "+Inf" }), "2"),
            ("clearhook_webhooks", "clearhook_webhooks", json!({ "state": "working" }), "1"),
            ("clearhook_webhooks", "clearhook_webhooks", json!({ "state": "disabled" }), "0"),
            (
                "clearhook_webhooks_disabled",
                "clearhook_webhooks_disabled_total",
                json!({ "reason": "gone" }),
                "0",
            ),
            (
                "clearhook_webhooks_disabled",
                "clearhook_webhooks_disabled_total",
                json!({ "reason": "exhausted" }),
                "0",
            ),
        ] {
            assert_eq!(value(families, family, name, &labels), expected, "{name} {labels}");
        }
        let statements = value(
            families,
            "clearhook_database_statements",
            "clearhook_database_statements_total",
            &json!({}),
        );
        assert_ne!(statements, "0");
    }
    assert_eq!(text["clearhook_callback_duration_seconds"]["unit"], "seconds");
    wait_for("no attempt in flight", async || {
        let idle = parsed(&scrape(&app, None).await.0, "text");
        (value(&idle, "clearhook_attempts_in_flight", "clearhook_attempts_in_flight", &json!({})) == "0").then_some(())
    })
    .await;
    app.stop().await;
}

/// Ten thousand webhooks, and each of the first hundred has a delivery that is due: the number of series stays the same.
async fn series_do_not_grow_with_the_webhooks(database: TestDatabase) {
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    let receiver = Receiver::start([Reply::status(500)]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let count = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    let before = count(&scrape(&app, None).await.0);
    many::webhooks(&database, &webhook, 10_000).await;
    // Held by no node and due since more than a second: the copies have no secret, so nothing can be sent to them.
    let due = Timestamp::now().0 - 90_000;
    let copies = "ROW_NUMBER() OVER (ORDER BY w.id) AS i FROM webhooks w WHERE w.search LIKE 'copy%'";
    let uuid = if database.url.starts_with("postgres") {
        "gen_random_uuid()"
    } else {
        "randomblob(16)"
    };
    let other = new_id::<NodeId>().0.simple().to_string();
    let other = if database.url.starts_with("postgres") {
        format!("'{other}'::uuid")
    } else {
        format!("x'{other}'")
    };
    database
        .execute(&format!(
            "INSERT INTO deliveries (id, event_id, webhook_id, state, next_trigger, attempts, retries, manual_requests, panics, priority, \
             due_at, lease_owner, created_at, updated_at) \
             SELECT {uuid}, (SELECT id FROM events), c.id, 'sending', 'event', 0, 0, 0, 0, 1, {due} - c.i, {other}, {due}, {due} \
             FROM (SELECT w.id, {copies}) c WHERE c.i <= 100"
        ))
        .await;
    let text = scrape(&app, None).await.0;
    let lagging: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("clearhook_webhook_lag_seconds{"))
        .collect();
    assert_eq!((lagging.len(), count(&text)), (20, before + 20), "{text}");
    let value = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap();
    assert!(lagging.iter().all(|line| (90.0..120.0).contains(&value(line))), "{lagging:?}");
    let greatest = text
        .lines()
        .find(|line| line.starts_with("clearhook_delivery_lag_seconds "))
        .unwrap();
    assert!(
        (value(greatest) - value(lagging[0])).abs() < f64::EPSILON,
        "the first is the one that lags most"
    );
    app.stop().await;
}
