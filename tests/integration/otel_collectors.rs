//! Collectors that hang or refuse: nothing waits for them, what is lost is counted, and the log says so once.

use std::time::{Duration, Instant};

use clearhook::catalogue::BuiltIn;
use tokio::net::TcpListener;

use crate::{
    otel::{observed, publish},
    support::{
        app::cloud_event,
        binary::Installation,
        collector::{Collector, Manner},
        database::TestDatabase,
        receiver::Receiver,
        wait::wait_for,
    },
};

/// More than the queue of spans takes.
const EVENTS: usize = 60;

/// A collector that is unusable delays neither publishing nor callbacks nor the shutdown.
async fn useless(url: &str, reason: &str) {
    let (database, receiver) = (TestDatabase::sqlite(), Receiver::start([]).await);
    let node = observed(&database, url)
        .with("OTEL_EXPORTER_OTLP_TIMEOUT", "1000")
        .with("OTEL_BSP_MAX_QUEUE_SIZE", "16")
        .with("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8");
    let (service, address) = node.start().await;
    node.webhook(&address, &receiver.url).await;
    let began = Instant::now();
    for number in 0..EVENTS {
        let event = cloud_event(BuiltIn::IdentityCreated, &number.to_string());
        assert_eq!(publish(&node, &address, &event, &[]).await.status(), 202);
    }
    receiver.wait(EVENTS).await;
    // One request that waits for this collector would take longer.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    for signal in ["traces", "metrics", "logs"] {
        wait_for(&format!("lost {signal} to be counted"), async || {
            let scraped = node
                .http
                .get(format!("{address}/metrics"))
                .bearer_auth(&node.key)
                .send()
                .await
                .unwrap();
            let scraped = scraped.text().await.unwrap();
            let name = format!("clearhook_telemetry_lost_total{{signal=\"{signal}\"}} ");
            let lost = scraped
                .lines()
                .find_map(|line| line.strip_prefix(name.as_str()))
                .unwrap()
                .to_owned();
            (lost != "0").then_some(())
        })
        .await;
    }
    let stopping = Instant::now();
    let printed = wait_for("the warning", async || {
        let printed = service.printed();
        printed.contains("cannot be sent").then_some(printed)
    })
    .await;
    let warnings: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("OpenTelemetry:") && line.contains("cannot be sent"))
        .collect();
    assert_eq!(warnings.len(), 1, "one line a minute: {warnings:?}");
    assert!(warnings[0].contains(reason) && warnings[0].contains("WARN"), "{warnings:?}");
    assert_eq!(service.terminate().await, Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(10), "{:?}", stopping.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_hangs_delays_nothing() {
    let collector = Collector::start(Manner::Hangs).await;
    useless(&collector.url, "did not answer within 1000 ms").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_refuses_connections_delays_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    useless(&format!("http://{free}"), "cannot be reached").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_answers_with_errors_delays_nothing() {
    for (status, reason) in [(401, "answered 401"), (503, "answered 503")] {
        let collector = Collector::start(Manner::Answers(status)).await;
        useless(&collector.url, reason).await;
    }
}

#[test]
fn invalid_variables_are_refused_at_start() {
    let here = Installation::new();
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    ] {
        let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318").env(name, value);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.lines().count() == 1, "{text}");
        assert!(text.starts_with(&format!("clearhook: {name}: ")), "{text}");
    }
}
