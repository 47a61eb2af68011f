//! The dashboard and the alerting rules of `deploy/grafana`, with a real Prometheus that scrapes real services: every query has series, and
//! each alert fires by its real cause.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    net::TcpListener,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use rcgen::{CertificateParams, KeyPair};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    brokers::{lag::block, nats::client},
    support::{
        app::{TestApp, cloud_event, hourly, loopback, quick},
        binary::Service,
        database::TestDatabase,
        message_brokers::NatsServer,
        node::Node,
        pem::pem,
        postgres::Cluster,
        prometheus::{Job, Prometheus, promtool, shipped},
        receiver::{Receiver, Reply},
        wait::wait_for,
    },
};

/// The longest time until an alert fires: a lag of a minute takes the longest.
const LIMIT: Duration = Duration::from_secs(110);
/// More than the rule of the backlog allows.
const BACKLOG: usize = 5_100;
/// More messages than may wait in a broker.
const MESSAGES: usize = 1_100;

fn rules() -> BTreeSet<String> {
    let text = fs::read_to_string(shipped("alerts.yaml")).unwrap();
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

/// The queries of the dashboard with the title of their panel.
fn queries() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(shipped("dashboard.json")).unwrap()).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().unwrap();
            let expression = ["$job", "$instance"]
                .iter()
                .fold(expression.to_owned(), |text, name| text.replace(name, ".*"));
            queries.push((
                panel["title"].as_str().unwrap().to_owned(),
                expression.replace("$__rate_interval", "20s"),
            ));
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let query = variable["query"]["query"].as_str().unwrap_or_default();
        if let Some(selector) = query.strip_prefix("label_values(").and_then(|rest| rest.rsplit_once(',')) {
            queries.push((format!("variable {}", variable["name"]), selector.0.replace("$job", ".*")));
        }
    }
    queries
}

#[test]
fn dashboard_and_rules_are_well_formed() {
    promtool(&["check", "rules", shipped("alerts.yaml").to_str().unwrap()]);
    let rules = fs::read_to_string(shipped("alerts.yaml")).unwrap();
    for what in ["summary:", "description:", "remedy:", "severity:"] {
        assert_eq!(rules.matches(what).count(), self::rules().len(), "each rule has a {what}");
    }
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(shipped("dashboard.json")).unwrap()).unwrap();
    let (mut ids, mut taken) = (HashSet::new(), HashSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "an id is used twice: {panel}");
        let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for (x, y) in (place("x")..place("x") + place("w")).flat_map(|x| (place("y")..place("y") + place("h")).map(move |y| (x, y))) {
            assert!(x < 24 && taken.insert((x, y)), "{} overlaps", panel["title"]);
        }
    }
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/observe.md")).unwrap();
    for rule in self::rules() {
        assert!(page.contains(&format!("`{rule}`")), "docs/observe.md does not explain {rule}");
    }
}

/// A port that is free now, for a listener that another program opens.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn publish_batch(app: &TestApp, prefix: &str, count: usize) {
    for start in (0..count).step_by(1_000) {
        let events = start..count.min(start + 1_000);
        let events: Vec<Value> = events
            .map(|number| cloud_event(BuiltIn::IdentityCreated, &format!("{prefix}-{number}")))
            .collect();
        let response = app
            .http
            .post(format!("{}/api/v1/events", app.url))
            .bearer_auth(&app.key)
            .header("content-type", "application/cloudevents-batch+json")
            .body(json!(events).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 202, "{}", response.text().await.unwrap());
    }
}

/// The address of a service in this process, as Prometheus names it.
fn address(app: &TestApp) -> &str {
    app.url.strip_prefix("http://").unwrap()
}

/// A service in this process with these settings.
async fn in_process(database: &TestDatabase, settings: DeliverySettings) -> TestApp {
    TestApp::start_with(database, settings, loopback(), new_id()).await
}

/// A node on PostgreSQL whose metrics need no key, so that they are read while the database is away.
struct Leased<'a> {
    service: Service,
    metrics: String,
    cluster: Cluster,
    database: &'a TestDatabase,
}

impl Leased<'_> {
    async fn start(cluster: Cluster, database: &TestDatabase) -> Leased<'_> {
        let metrics = free_address();
        let node = Node::new(database).with("CLEARHOOK_METRICS_ADDR", &metrics);
        let (service, _) = node.start().await;
        Leased {
            service,
            metrics,
            cluster,
            database,
        }
    }

    /// The node can read, but not renew its lease.
    async fn make_read_only(&self) {
        let (server, name) = self.database.url.rsplit_once('/').unwrap();
        let admin = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = true");
        let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        for sql in [set, others] {
            admin.execute_unprepared(&sql).await.unwrap();
        }
        admin.close().await.unwrap();
    }
}

/// A certificate that is valid for so many days from now.
fn certificate(folder: &Path, days: u64) {
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    parameters.not_after = rcgen::date_time_ymd(1970, 1, 1) + now + Duration::from_secs(days * 86_400);
    let key = KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    fs::write(folder.join("cert.pem"), pem("CERTIFICATE", made.der())).unwrap();
    fs::write(folder.join("key.pem"), pem("PRIVATE KEY", &key.serialize_der())).unwrap();
}

#[expect(
    clippy::too_many_lines,
    reason = "one scenario: services, causes and alerts in the order in which they follow each other"
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_have_series_and_alerts_fire_by_their_real_causes() {
    // A service without trouble, with a callback.
    let healthy_database = TestDatabase::sqlite();
    let (healthy, receiver, _) = TestApp::start_with_receiver(&healthy_database, quick(), []).await;
    healthy.publish(BuiltIn::IdentityCreated, "1").await;
    receiver.wait(1).await;
    // A service whose receivers are down, hang or are gone.
    let troubled_database = TestDatabase::sqlite();
    let settings = DeliverySettings {
        concurrency_per_webhook: 1,
        ..hourly()
    };
    let troubled = in_process(&troubled_database, settings).await;
    // The events of the other receivers must not arrive at this one, which has an event type of its own.
    let gone = Receiver::start([Reply::status(410)]).await;
    troubled.webhook(&gone.url, &[BuiltIn::IdentityDeleted]).await;
    // A disk that has less space than it should have.
    let full_database = TestDatabase::sqlite();
    let settings = DeliverySettings {
        spare_space: u64::MAX,
        ..quick()
    };
    let full = in_process(&full_database, settings).await;
    // A node on PostgreSQL.
    let cluster = tokio::task::spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let leased_database = TestDatabase::on(&format!("postgres://clearhook@{}", cluster.server())).await;
    let leased = Leased::start(cluster, &leased_database).await;
    // A service with TLS, a broker, and a collector that refuses.
    let edge_database = TestDatabase::sqlite();
    let (nats, edge_metrics) = (NatsServer::running("").await, free_address());
    let edge = Node::new(&edge_database)
        .with("CLEARHOOK_METRICS_ADDR", &edge_metrics)
        .with("CLEARHOOK_NATS_URL", nats.url())
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", free_address()))
        .with("OTEL_METRIC_EXPORT_INTERVAL", "1000");
    certificate(edge_database.folder.path(), 100);
    let file = |name: &str| edge_database.folder.path().join(name).to_str().unwrap().to_owned();
    let edge_service = Service::start(edge.command(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--tls-cert",
        &file("cert.pem"),
        "--tls-key",
        &file("key.pem"),
    ]));
    edge_service.line("listening on ").await;

    let prometheus = Prometheus::start(&[
        Job {
            name: "clearhook-healthy",
            address: address(&healthy),
            key: Some(&healthy.key),
            seconds: 2,
        },
        Job {
            name: "clearhook-troubled",
            address: address(&troubled),
            key: Some(&troubled.key),
            seconds: 2,
        },
        Job {
            name: "clearhook-full",
            address: address(&full),
            key: Some(&full.key),
            seconds: 2,
        },
        Job {
            name: "clearhook-leased",
            address: &leased.metrics,
            key: None,
            // Without its database it answers after four seconds.
            seconds: 5,
        },
        Job {
            name: "clearhook-edge",
            address: &edge_metrics,
            key: None,
            seconds: 2,
        },
    ])
    .await;
    wait_for("Prometheus to read all services twice", async || {
        let read = prometheus
            .query("sum(up) + (count(count_over_time(up[30s]) >= 2) or vector(0))")
            .await;
        (read.first()?["value"][1] == "10").then_some(())
    })
    .await;
    let without_cause: Vec<_> = prometheus.firing().await;
    let expected = |alert: &Value| {
        let names = ["ClearhookDiskNearlyFull", "ClearhookTelemetryLost"];
        names.iter().any(|name| alert["labels"]["alertname"] == *name)
    };
    assert!(without_cause.iter().all(expected), "{without_cause:?}");

    // The causes. The lag is first, because it takes a minute.
    let began = Instant::now();
    let hanging = Receiver::start(vec![
        Reply {
            delay: Duration::from_secs(600),
            ..Reply::status(202)
        };
        100
    ])
    .await;
    let slow = troubled.webhook(&hanging.url, &[BuiltIn::IdentityCreated]).await;
    publish_batch(&troubled, "slow", 40).await;
    let down = free_address();
    troubled.webhook(&format!("http://{down}/hook"), &[BuiltIn::IdentityCreated]).await;
    publish_batch(&troubled, "down", BACKLOG).await;
    troubled.publish(BuiltIn::IdentityDeleted, "gone").await;
    leased.make_read_only().await;
    certificate(edge_database.folder.path(), 5);
    // A message that is no event, then more than the rule allows while nothing can be stored.
    let broker = client(&nats).await;
    let sent = broker.publish("clearhook.events.x", "no event".into()).await.unwrap();
    sent.await.unwrap();
    let rejected = wait_for("the message to be rejected", async || {
        let rejected = prometheus.query("clearhook_broker_messages_rejected_total > 0").await;
        (!rejected.is_empty()).then_some(rejected)
    });
    assert_eq!(rejected.await[0]["metric"]["job"], "clearhook-edge");
    let blocking = block(&edge_database).await;
    for number in 0..MESSAGES {
        let event = cloud_event(BuiltIn::IdentityCreated, &format!("broker-{number}"));
        let sent = broker.publish("clearhook.events.x", event.to_string().into()).await.unwrap();
        sent.await.unwrap();
    }

    let mut fired = BTreeSet::new();
    let mut expect = async |alert: &'static str, job: &str| {
        let limit = LIMIT.saturating_sub(began.elapsed()).max(Duration::from_secs(30));
        let firing = prometheus.fires(alert, job, limit).await;
        for name in ["summary", "description", "remedy"] {
            let text = firing["annotations"][name].as_str().unwrap();
            assert!(
                !text.is_empty() && !text.contains("{{") && !text.contains("<error"),
                "{alert}: {text}"
            );
        }
        fired.insert(alert.to_owned());
    };
    expect("ClearhookDiskNearlyFull", "clearhook-full").await;
    expect("ClearhookTelemetryLost", "clearhook-edge").await;
    expect("ClearhookWebhookDisabled", "clearhook-troubled").await;
    expect("ClearhookWebhooksFailing", "clearhook-troubled").await;
    expect("ClearhookBacklog", "clearhook-troubled").await;
    expect("ClearhookCertificateExpires", "clearhook-edge").await;
    expect("ClearhookLeaseLost", "clearhook-leased").await;

    expect("ClearhookBrokerMessagesRejected", "clearhook-edge").await;
    expect("ClearhookBrokerWaiting", "clearhook-edge").await;
    blocking.rollback().await.unwrap();

    // The dashboard, while everything is there to be shown.
    healthy.publish(BuiltIn::IdentityCreated, "2").await;
    for (panel, expression) in queries() {
        wait_for(&format!("series of {panel}: {expression}"), async || {
            (!prometheus.query(&expression).await.is_empty()).then_some(())
        })
        .await;
    }
    let lagging = prometheus.query("clearhook_webhook_lag_seconds{job=\"clearhook-troubled\"}").await;
    assert!(
        lagging.iter().any(|series| series["metric"]["webhook"] == slow["id"]),
        "{lagging:?}"
    );

    nats.kill();
    expect("ClearhookBrokerDisconnected", "clearhook-edge").await;
    leased.cluster.stop();
    expect("ClearhookDatabaseUnreachable", "clearhook-leased").await;
    edge_service.kill();
    expect("ClearhookDown", "clearhook-edge").await;
    expect("ClearhookLag", "clearhook-troubled").await;
    assert_eq!(fired, rules(), "each rule has a cause in this test");
    let firing = prometheus.firing().await;
    assert!(
        firing.iter().all(|alert| alert["labels"]["job"] != "clearhook-healthy"),
        "the service without trouble has no alert: {firing:?}"
    );
    leased.service.kill();
    for app in [healthy, full] {
        app.stop().await;
    }
    drop(troubled);
}
