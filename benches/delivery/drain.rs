//! The part `drain`: 100,000 deliveries wait for a receiver that is down. When it works again, how fast are they sent, and what does that cost
//! another webhook?

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clearhook::catalogue::BuiltIn;

use crate::{
    load::{self, Events, Latency},
    receiver::Recovery,
    report::Report,
    run,
    service::{Kind, Service},
};

const WAITING: u64 = 100_000;
/// Deliveries a second to the other webhook.
const OTHER: f64 = 200.0;
/// The circuit breaker asks again after at most 5 minutes.
const PROBE_MAX: Duration = Duration::from_mins(6);

/// `sustained` is the rate of deliveries to one webhook, as measured before.
pub(crate) async fn drain(report: &mut Report, kind: Kind, sustained: f64) {
    let service = Service::start(kind).await;
    service.webhook(&service.receiver.url, BuiltIn::IdentityCreated).await;
    service
        .webhook(&format!("{}/down", service.receiver.url), BuiltIn::VisitEventCreated)
        .await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let before = run::latency(&service, &events, OTHER).await;
    let waiting = Arc::new(Events::new(BuiltIn::VisitEventCreated));
    load::in_batches(&run::target(&service), &waiting, WAITING as usize, 500).await;
    service.calm().await;
    service.http.post(format!("{}/up", service.receiver.url)).send().await.unwrap();
    let end = Instant::now() + PROBE_MAX;
    while recovery(&service).await.deliveries == 0 {
        assert!(Instant::now() < end, "void: the receiver that works again was not called");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let expected = Duration::from_secs_f64(WAITING as f64 / sustained);
    let count = load::open(&run::target(&service), &events, OTHER, expected).await;
    let end = Instant::now() + expected * 20;
    let recovered = loop {
        let recovered = recovery(&service).await;
        if recovered.deliveries >= WAITING {
            break recovered;
        }
        assert!(Instant::now() < end, "void: {} of {WAITING} were sent", recovered.deliveries);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    service.logged().await;
    let ledger = service.ledger().await;
    assert_eq!(ledger.deliveries, count, "void: the ledger of the other webhook is not exact");
    let rate = WAITING as f64 / (recovered.last - recovered.first) as f64 * 1e9;
    report.line("drain of 100,000 waiting", "deliveries/s", rate, None);
    report.line("  share of the sustained rate", "", rate / sustained, Some(("≥", 0.8)));
    let waits = ledger.times.iter().map(|(scheduled, arrived)| arrived.saturating_sub(*scheduled));
    let after = Latency::of(waits.collect());
    report.line("  p99 of another webhook meanwhile", "ms", after.p99, None);
    report.line("  against alone", "times", after.p99 / before.p99, Some(("≤", 1.2)));
}

async fn recovery(service: &Service) -> Recovery {
    let response = service.http.get(format!("{}/recovery", service.receiver.url)).send().await.unwrap();
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}
