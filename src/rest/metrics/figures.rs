//! The numbers of `/metrics`: the counters of this node, and values that are read for the response. While the database does not answer, the
//! others are there, because some of them say so.

use std::{collections::HashMap, time::Duration};

use prometheus_client::{
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use x509_parser::parse_x509_certificate;

use crate::{
    app::AppState,
    delivery::Labelled,
    domain::{delivery::DeliveryState, id::WebhookId, timestamp::Timestamp, webhook::Status},
    storage::{Store, StoreError},
};

/// How long the database may take. Prometheus waits for 10 s by default.
const PATIENCE: Duration = Duration::from_secs(4);
/// The series of single webhooks are those of the webhooks that lag most, so their number does not depend on that of the webhooks.
const WEBHOOKS_MAX: usize = 20;
/// A webhook whose oldest delivery is due for a shorter time has no series.
const LAG_MIN: f64 = 1.0;

/// What is read from the database.
struct Stored {
    unfinished: HashMap<DeliveryState, u64>,
    standings: HashMap<Status, u64>,
    due_since: HashMap<WebhookId, Timestamp>,
}

impl Stored {
    async fn read(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            unfinished: store.unfinished().await?,
            standings: store.standings(None).await?,
            due_since: store.due_since(store.now()).await?,
        })
    }
}

/// All metrics of this node.
pub(super) async fn registry(app: &AppState) -> Registry {
    let now = app.store.now();
    let stored = tokio::time::timeout(PATIENCE, Stored::read(&app.store.within(PATIENCE))).await;
    let stored = stored.ok().and_then(|read| {
        read.inspect_err(|error| tracing::debug!(%error, "the metrics lack the numbers of the database: {error}"))
            .ok()
    });
    let mut registry = Registry::with_prefix("clearhook");
    app.dispatcher.counters().register(&mut registry);
    app.brokers.register(&mut registry);
    if let Some(losses) = app.dispatcher.otel().losses() {
        registry.register(
            "telemetry_lost",
            "Spans, metrics and log lines that could not be sent to the collector of OpenTelemetry, by signal",
            Labelled::new("signal", losses),
        );
    }
    of_this_node(app, &mut registry);
    registry.register(
        "database_reachable",
        "Whether the database answered this scrape; without it the numbers of deliveries, webhooks and lag are absent",
        ConstGauge::new(u64::from(stored.is_some())),
    );
    if let Some(stored) = stored {
        of_the_database(stored, now, &mut registry);
    }
    registry
}

fn of_this_node(app: &AppState, registry: &mut Registry) {
    let load = app.dispatcher.load();
    let mut gauge = |name: &str, help: &str, value: usize| registry.register(name, help, ConstGauge::new(value));
    gauge("attempts_in_flight", "Attempts in flight on this node", load.in_flight);
    gauge(
        "deliveries_in_memory",
        "Deliveries that wait in the memory of this node",
        load.waiting,
    );
    gauge(
        "breakers_open",
        "Webhooks whose circuit breaker is open on this node: only probes are sent",
        load.open_breakers,
    );
    gauge(
        "events_waiting",
        "Published events that wait to be stored",
        app.dispatcher.journal().waiting(),
    );
    gauge(
        "lease_held",
        "Whether this node holds its lease; without it, it sends nothing (always 1 on SQLite)",
        usize::from(app.dispatcher.holds_lease()),
    );
    let (statements, commits) = app.store.counts();
    registry.register(
        "database_statements",
        "SQL statements executed by this node",
        ConstCounter::new(statements),
    );
    registry.register(
        "database_commits",
        "Groups of publishes and results stored",
        ConstCounter::new(commits),
    );
    if let Some((free, size)) = app.store.disk() {
        let mut bytes = |name: &str, help: &str, value: u64| registry.register_with_unit(name, help, Unit::Bytes, ConstGauge::new(value));
        bytes("disk_free", "Free space on the disk of the SQLite file", free);
        bytes("disk_size", "Size of the disk of the SQLite file", size);
        bytes(
            "disk_reserve",
            "Events are refused while less than this is free on the disk of the SQLite file",
            app.dispatcher.spare_space(),
        );
    }
    if let Some(expiry) = certificate_expiry(app) {
        registry.register_with_unit(
            "tls_certificate_expiry_timestamp",
            "When the first certificate of the chain with which this node listens expires, in seconds since 1970",
            Unit::Seconds,
            ConstGauge::new(expiry),
        );
    }
}

fn of_the_database(stored: Stored, now: Timestamp, registry: &mut Registry) {
    let mut states: Vec<(String, ConstGauge<u64>)> = stored
        .unfinished
        .into_iter()
        .map(|(state, count)| (state.to_string(), ConstGauge::new(count)))
        .collect();
    states.sort_by(|(a, _), (b, _)| a.cmp(b));
    registry.register("deliveries", "Unfinished deliveries, by state", Labelled::new("state", states));
    let states = [
        ("working", Status::Enabled),
        ("failing", Status::Failing),
        ("disabled", Status::Disabled),
    ];
    let states = states.map(|(state, status)| (state, ConstGauge::new(stored.standings.get(&status).copied().unwrap_or(0))));
    registry.register("webhooks", "Webhooks, by state", Labelled::new("state", states));
    let mut lags: Vec<(WebhookId, f64)> = stored
        .due_since
        .into_iter()
        .map(|(webhook, due)| (webhook, seconds(due, now)))
        .collect();
    lags.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    registry.register_with_unit(
        "delivery_lag",
        "For how long the oldest delivery is due whose attempt has not ended",
        Unit::Seconds,
        ConstGauge::new(lags.first().map_or(0.0, |(_, lag)| *lag)),
    );
    let worst = lags.into_iter().take(WEBHOOKS_MAX).filter(|(_, lag)| *lag >= LAG_MIN);
    let worst: Vec<_> = worst.map(|(webhook, lag)| (webhook.to_string(), ConstGauge::new(lag))).collect();
    if !worst.is_empty() {
        registry.register_with_unit(
            "webhook_lag",
            "For how long the oldest delivery of a webhook is due; only of the 20 webhooks that lag most",
            Unit::Seconds,
            Labelled::new("webhook", worst),
        );
    }
}

/// The time between two moments, in seconds.
fn seconds(from: Timestamp, until: Timestamp) -> f64 {
    let milliseconds = u32::try_from(until.0.saturating_sub(from.0).max(0)).unwrap_or(u32::MAX);
    f64::from(milliseconds) / 1_000.0
}

/// When the first certificate expires with which this node listens.
fn certificate_expiry(app: &AppState) -> Option<i64> {
    let chain = app.certificates.get()?.chain();
    let expiry = |certificate: &[u8]| Some(parse_x509_certificate(certificate).ok()?.1.validity().not_after.timestamp());
    chain.iter().filter_map(|certificate| expiry(certificate)).min()
}
