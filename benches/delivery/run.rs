//! What is measured, one after the other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clearhook::catalogue::BuiltIn;
use serde_json::{Map, Value, json};

use crate::{
    drain::drain,
    filters::filters,
    limits,
    load::{self, Events, Latency, Target},
    nodes::nodes,
    pages,
    report::Report,
    service::{Kind, Service},
    types,
    wrk::wrk,
};

/// Deliveries of a sustained run.
pub(crate) const SUSTAINED: usize = 60_000;
const LATENCY: Duration = Duration::from_secs(10);
pub(crate) const LOGGED: u64 = 1_000_000;
/// The period of these callbacks: most of the retention.
pub(crate) const LOGGED_PERIOD: Duration = Duration::from_hours(300 * 24);

/// The parts that are measured if none is named.
const PARTS: [&str; 11] = [
    "limits",
    "store",
    "idle",
    "one",
    "many",
    "accepted",
    "latency",
    "waiting",
    "fan-out",
    "isolation",
    "wrk",
];
/// The parts that are measured only if they are named: they take long, or need much room.
const ON_REQUEST: [&str; 6] = ["long-log", "filters", "drain", "nodes", "pages", "types"];

/// The databases and parts that the command line names.
struct Wanted<'a>(&'a [String]);

impl Wanted<'_> {
    fn has(&self, name: &str, all: &[&str]) -> bool {
        let named = |other: &&str| self.0.iter().any(|wanted| wanted == other);
        named(&name) || !all.iter().any(named)
    }

    fn part(&self, name: &str) -> bool {
        let is_named = |part: &str| self.0.iter().any(|wanted| wanted == part);
        let is_any_named = || PARTS.into_iter().chain(ON_REQUEST).any(is_named);
        is_named(name) || PARTS.contains(&name) && !is_any_named()
    }
}

/// What the machine can do, of which shares are computed. `None` if it was not measured.
#[derive(Clone, Copy, Default)]
struct Machine {
    client: Option<f64>,
    accept: Option<f64>,
}

/// Measures everything, or what is named of databases and parts.
pub(crate) async fn all(wanted: &[String]) {
    let (mut report, wanted) = (Report::new(), Wanted(wanted));
    let mut machine = Machine::default();
    if wanted.part("limits") {
        let (client, accept) = (limits::client().await, limits::accept().await);
        report.line("client limit", "requests/s", client, None);
        report.line("accept limit (stores nothing)", "events/s", accept, None);
        machine = Machine {
            client: Some(client),
            accept: Some(accept),
        };
    }
    for (kind, name) in [(Kind::Sqlite, "sqlite"), (Kind::Postgres, "postgres")] {
        if wanted.has(name, &["sqlite", "postgres"]) {
            report.section(name);
            database(&mut report, kind, machine, &wanted).await;
        }
    }
    report.write();
}

async fn database(report: &mut Report, kind: Kind, machine: Machine, wanted: &Wanted<'_>) {
    let goals = match kind {
        Kind::Sqlite => (0.30, 0.50, 4.0, 15.0),
        Kind::Postgres => (0.15, 0.40, 5.0, 20.0),
    };
    if wanted.part("store") {
        report.line("store limit", "events/s", limits::store(kind).await, None);
    }
    if wanted.part("idle") {
        idle(report, kind).await;
    }
    let mut sustained_rate = 10_000.0;
    for (part, webhooks) in [("one", 1), ("many", 100)] {
        let is_compared = part == "one" && wanted.part("drain");
        if wanted.part(part) || is_compared {
            let rate = sustained(report, kind, webhooks).await;
            if let Some(client) = machine.client {
                report.line("  share of the client limit", "", rate / client, Some(("≥", goals.0)));
            }
            if webhooks == 1 {
                sustained_rate = rate;
            }
        }
    }
    // Single publishes cost more than batches: more than this cannot be offered for long.
    let mut offered = 4_000.0;
    if wanted.part("accepted") {
        offered = accepted(report, kind, machine.accept, goals.1).await;
    }
    if wanted.part("latency") {
        latencies(report, kind, (sustained_rate, offered), (goals.2, goals.3)).await;
    }
    if wanted.part("waiting") {
        waiting(report, kind).await;
    }
    if wanted.part("fan-out") {
        fan_out(report, kind).await;
    }
    if wanted.part("isolation") {
        isolation(report, kind).await;
    }
    if wanted.part("long-log") {
        long_log(report, kind).await;
    }
    if wanted.part("filters") {
        filters(report, kind).await;
    }
    if wanted.part("drain") {
        drain(report, kind, sustained_rate).await;
    }
    if wanted.part("nodes") && kind == Kind::Postgres {
        nodes(report).await;
    }
    if wanted.part("pages") {
        pages::pages(report, kind).await;
    }
    if wanted.part("wrk") {
        wrk(report, kind).await;
    }
    if wanted.part("types") {
        types::types(report, kind).await;
    }
}

pub(crate) fn target(service: &Service) -> Target {
    Target {
        http: service.http.clone(),
        url: format!("{}/api/v1/events", service.url),
        key: service.key.clone(),
    }
}

/// Published = delivered, each once, or the run is void.
pub(crate) async fn settle(service: &Service, published: u64) -> Vec<(u64, u64)> {
    service.received(published).await;
    service.logged().await;
    let ledger = service.ledger().await;
    assert_eq!(
        (ledger.callbacks, ledger.deliveries),
        (published, published),
        "void: the ledger is not exact"
    );
    ledger.times
}

fn waits(times: &[(u64, u64)]) -> Latency {
    Latency::of(
        times
            .iter()
            .map(|(scheduled, arrived)| arrived.saturating_sub(*scheduled))
            .collect(),
    )
}

async fn idle(report: &mut Report, kind: Kind) {
    let service = Service::start(kind).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (cpu, statements) = (service.cpu(), service.metric("clearhook_database_statements_total").await);
    tokio::time::sleep(Duration::from_secs(20)).await;
    let used = (service.cpu() - cpu) * 3.0;
    report.line("idle: CPU", "s per minute", used, None);
    // The two questions for this figure ask four statements each, of the key and of the queue.
    let asked = service.metric("clearhook_database_statements_total").await - statements;
    report.line("idle: statements", "per minute", (asked - 4.0).max(0.0) * 3.0, None);
    report.line("idle: memory", "MiB", service.memory(), Some(("≤", 40.0)));
}

/// Deliveries a second, from the first publish to the last row of the log.
async fn sustained(report: &mut Report, kind: Kind, webhooks: usize) -> f64 {
    let service = Service::start(kind).await;
    for number in 0..webhooks {
        service
            .webhook(&format!("{}/{number}", service.receiver.url), BuiltIn::IdentityCreated)
            .await;
    }
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let statements = service.metric("clearhook_database_statements_total").await;
    let (began, cpu) = (Instant::now(), service.cpu());
    load::in_batches(
        &target(&service),
        &events,
        SUSTAINED / webhooks,
        if webhooks == 1 { 500 } else { 20 },
    )
    .await;
    let published = began.elapsed();
    service.received(SUSTAINED as u64).await;
    service.logged().await;
    let took = began.elapsed();
    settle(&service, SUSTAINED as u64).await;
    let rate = SUSTAINED as f64 / took.as_secs_f64();
    let asked = service.metric("clearhook_database_statements_total").await - statements;
    report.line(&format!("sustained to {webhooks} webhook(s)"), "deliveries/s", rate, None);
    report.line("  publishing took", "s", published.as_secs_f64(), None);
    report.line(
        "  CPU of the service",
        "µs per delivery",
        (service.cpu() - cpu) * 1e6 / SUSTAINED as f64,
        None,
    );
    report.line("  statements", "per delivery", asked / SUSTAINED as f64, Some(("<", 1.0)));
    report.line("  memory", "MiB", service.memory(), None);
    rate
}

async fn accepted(report: &mut Report, kind: Kind, accept: Option<f64>, goal: f64) -> f64 {
    let service = Service::start(kind).await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let rate = load::closed(&target(&service), &events, 64, Duration::from_secs(5)).await;
    report.line("accepted, 64 connections", "events/s", rate, None);
    if let Some(accept) = accept {
        report.line("  share of the accept limit", "", rate / accept, Some(("≥", goal)));
    }
    service.webhook(&service.receiver.url, BuiltIn::VisitEventCreated).await;
    let events = Arc::new(Events::new(BuiltIn::VisitEventCreated));
    let rate = load::closed(&target(&service), &events, 64, Duration::from_secs(5)).await;
    report.line("accepted while each is delivered", "events/s", rate, None);
    rate
}

pub(crate) async fn latency(service: &Service, events: &Arc<Events>, rate: f64) -> Latency {
    // A second to warm up: connections, caches.
    let count = load::open(&target(service), events, rate, Duration::from_secs(1)).await;
    settle(service, count).await;
    let count = load::open(&target(service), events, rate, LATENCY).await;
    waits(&settle(service, count).await)
}

async fn latencies(report: &mut Report, kind: Kind, (sustained, offered): (f64, f64), goals: (f64, f64)) {
    let service = Service::start(kind).await;
    service.webhook(&service.receiver.url, BuiltIn::IdentityCreated).await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let at_200 = latency(&service, &events, 200.0).await;
    report.latency("publish to receiver at 200/s", 200.0, at_200, (2.0, 3.5));
    let fifth = sustained * 0.2;
    let at_fifth = latency(&service, &events, fifth).await;
    report.latency(&format!("publish to receiver at {fifth:.0}/s (20 %)"), fifth, at_fifth, goals);
    for rate in [400.0, 800.0, 1_600.0, 3_200.0, 6_400.0] {
        if rate < offered * 0.8 {
            let here = latency(&service, &events, rate).await;
            report.point(rate, here);
        }
    }
}

/// 100,000 deliveries wait for a receiver that never answers.
async fn waiting(report: &mut Report, kind: Kind) {
    let service = Service::start(kind).await;
    service
        .webhook(&format!("{}/hang", service.receiver.url), BuiltIn::IdentityCreated)
        .await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    load::in_batches(&target(&service), &events, 100_000, 500).await;
    report.line("memory with 100,000 waiting", "MiB", service.memory(), Some(("≤", 150.0)));
}

async fn fan_out(report: &mut Report, kind: Kind) {
    let service = Service::start(kind).await;
    for number in 0..1_000 {
        service
            .webhook(&format!("{}/{number}", service.receiver.url), BuiltIn::IdentityCreated)
            .await;
    }
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    // The first one opens connections and reads 1,000 receivers from the database.
    for name in ["the first time", "after that"] {
        target(&service).one(&events.next(crate::receiver::now())).await;
        let last = waits(&settle(&service, 1_000).await).max;
        report.line(
            &format!("one event to 1,000 webhooks, {name}"),
            "ms to the last",
            last,
            Some(("≤", 1_000.0)),
        );
    }
}

/// The effect of a hanging webhook with 10,000 waiting deliveries on another webhook.
async fn isolation(report: &mut Report, kind: Kind) {
    let service = Service::start(kind).await;
    service.webhook(&service.receiver.url, BuiltIn::IdentityCreated).await;
    service
        .webhook(&format!("{}/hang", service.receiver.url), BuiltIn::VisitEventCreated)
        .await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let before = latency(&service, &events, 200.0).await;
    load::in_batches(&target(&service), &Arc::new(Events::new(BuiltIn::VisitEventCreated)), 10_000, 500).await;
    // The 10,000 are stored and folded away by then: they wait, and are not being published any more.
    service.calm().await;
    let count = load::open(&target(&service), &events, 200.0, LATENCY).await;
    service.received(count).await;
    let after = waits(&service.ledger().await.times);
    report.line("healthy p99 while another hangs", "ms", after.p99, None);
    report.line("  against alone", "times", after.p99 / before.p99, Some(("≤", 1.2)));
}

async fn long_log(report: &mut Report, kind: Kind) {
    let mut service = Service::start(kind).await;
    let webhook = service.webhook(&service.receiver.url, BuiltIn::IdentityCreated).await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let before = latency(&service, &events, 200.0).await;
    service.fill(&webhook, LOGGED, LOGGED_PERIOD).await;
    service.restart();
    let after = latency(&service, &events, 200.0).await;
    report.line("p50 at 200/s with 1,000,000 logged", "ms", after.p50, None);
    report.line("  against an empty log", "times", after.p50 / before.p50, Some(("≤", 1.1)));
    let day = 24 * 3_600 * 1_000;
    let mut took = Vec::new();
    for number in 0..300_u64 {
        let to = load::millis() - number * day / 2 - day;
        let moment = |millis: u64| clearhook::domain::timestamp::Timestamp(i64::try_from(millis).unwrap()).rfc3339();
        let path = format!(
            "/api/v1/webhooks/{webhook}/callbacks?limit=50&from={}&to={}",
            moment(to - 30 * day),
            moment(to)
        );
        let began = Instant::now();
        service.get(&path).await;
        took.push(u64::try_from(began.elapsed().as_nanos()).unwrap());
    }
    let page = Latency::of(took);
    report.line("log page of 50 rows, p50", "ms", page.p50, None);
    report.line("log page of 50 rows, p99", "ms", page.p99, Some(("≤", 10.0)));
    let mut values = Map::new();
    values.insert("log_page".to_owned(), page.json());
    report.add(json!(values));
}

impl Report {
    fn latency(&mut self, name: &str, rate: f64, latency: Latency, goals: (f64, f64)) {
        self.line(&format!("{name}: p50"), "ms", latency.p50, Some(("≤", goals.0)));
        self.line(&format!("{name}: p95"), "ms", latency.p95, None);
        self.line(&format!("{name}: p99"), "ms", latency.p99, Some(("≤", goals.1)));
        self.point(rate, latency);
    }

    fn add(&mut self, value: Value) {
        self.more.push(value);
    }
}
