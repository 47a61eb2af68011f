//! How long the server takes for pages of the console: 10,000 webhooks, each with a day of figures, and 1,000,000 callbacks.

use std::{sync::Arc, time::Instant};

use clearhook::catalogue::BuiltIn;
use tokio::task::JoinSet;

use crate::{
    load::Latency,
    report::Report,
    run::{LOGGED, LOGGED_PERIOD},
    service::{Kind, Service},
};

const WEBHOOKS: usize = 10_000;
const REQUESTS: usize = 300;
/// Asked for before it counts: a server that has just started reads what it will then have in memory.
const WARM_UP: usize = 20;

/// Fills the database and asks for each page again and again, one request after the other, compressed as a browser asks for it.
pub(crate) async fn pages(report: &mut Report, kind: Kind) {
    let mut service = Service::start(kind).await;
    let webhook = service.webhook("https://example.com/first", BuiltIn::IdentityCreated).await;
    let shared = Arc::new(service);
    let mut making = JoinSet::new();
    for worker in 0..16 {
        let service = shared.clone();
        making.spawn(async move {
            for number in (worker..WEBHOOKS - 1).step_by(16) {
                let event = BuiltIn::ALL[number % BuiltIn::ALL.len()];
                service.webhook(&format!("https://example.com/hooks/{number}"), event).await;
            }
        });
    }
    making.join_all().await;
    service = Arc::into_inner(shared).unwrap();
    service.fill(&webhook, LOGGED, LOGGED_PERIOD).await;
    service.fill_hours().await;
    let cookie = service.sign_in().await;
    service.restart();
    for (name, path) in [
        ("the overview", "/".to_owned()),
        ("an event type", "/event-types/identity.created".to_owned()),
        ("/webhooks", "/webhooks".to_owned()),
        ("its page 300", "/webhooks?page=300".to_owned()),
        ("by status", "/webhooks?sort=status&dir=desc".to_owned()),
        ("by event", "/webhooks?sort=event".to_owned()),
        ("a search", "/webhooks?q=hooks%2F99".to_owned()),
        ("a search that finds nothing", "/webhooks?q=nothing+like+it".to_owned()),
        ("a webhook with 1,000,000 callbacks", format!("/webhooks/{webhook}")),
        ("the same over 12 months", format!("/webhooks/{webhook}?range=12m")),
    ] {
        let (mut took, mut bytes) = (Vec::new(), 0);
        for number in 0..WARM_UP + REQUESTS {
            let began = Instant::now();
            bytes = service.page(&path, &cookie).await;
            if number >= WARM_UP {
                took.push(u64::try_from(began.elapsed().as_nanos()).unwrap());
            }
        }
        let time = Latency::of(took);
        report.line(&format!("{name}: p50"), "ms", time.p50, None);
        report.line(&format!("{name}: p99"), "ms", time.p99, Some(("≤", 10.0)));
        report.line(&format!("{name}: compressed"), "kB", bytes as f64 / 1_000.0, Some(("≤", 20.0)));
    }
}
