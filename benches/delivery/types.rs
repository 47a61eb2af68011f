//! What many event types, webhooks and wildcards cost. Each event makes one delivery in every variant, and has the same data and schema, so the
//! variants differ only in what has to be looked up.

use std::{sync::Arc, time::Instant};

use clearhook::catalogue::{BuiltIn, example::example_data};
use serde_json::{Value, json};

use crate::{
    load::{self, Events},
    report::Report,
    run::{SUSTAINED, latency, settle, target},
    service::{Kind, Service},
};

/// Event types of one's own.
const TYPES: usize = 500;
/// Groups of them: each has a prefix of its own, to which a wildcard can be subscribed.
const GROUPS: usize = 50;
const WEBHOOKS: usize = 1_000;
/// Events per second whose latency is measured.
const RATES: [f64; 2] = [200.0, 800.0];

/// A variant: its name, and whether there are many event types, many webhooks, and wildcards.
struct Variant {
    name: &'static str,
    types: bool,
    webhooks: bool,
    wildcards: bool,
}

const VARIANTS: [Variant; 4] = [
    Variant {
        name: "built-in types, 1 webhook",
        types: false,
        webhooks: false,
        wildcards: false,
    },
    Variant {
        name: "500 types, 1 webhook",
        types: true,
        webhooks: false,
        wildcards: false,
    },
    Variant {
        name: "500 types, 1,000 webhooks by name",
        types: true,
        webhooks: true,
        wildcards: false,
    },
    Variant {
        name: "500 types, 1,000 webhooks, half wildcards",
        types: true,
        webhooks: true,
        wildcards: true,
    },
];

/// Throughput, CPU, memory and latency of each variant, and the ratio to the first.
pub(crate) async fn types(report: &mut Report, kind: Kind) {
    let mut first = None;
    for variant in &VARIANTS {
        let service = Service::start(kind).await;
        let Some(event) = prepare(&service, variant).await else {
            println!("  {}: this version has no event types of one's own", variant.name);
            continue;
        };
        let events = Arc::new(Events::of(&event, &example_data(BuiltIn::IdentityCreated)));
        let (began, cpu) = (Instant::now(), service.cpu());
        load::in_batches(&target(&service), &events, SUSTAINED, 500).await;
        service.received(SUSTAINED as u64).await;
        service.logged().await;
        let rate = SUSTAINED as f64 / began.elapsed().as_secs_f64();
        let cpu = (service.cpu() - cpu) * 1e6 / SUSTAINED as f64;
        settle(&service, SUSTAINED as u64).await;
        report.line(variant.name, "deliveries/s", rate, None);
        report.line("  CPU of the service", "µs per delivery", cpu, None);
        report.line("  memory", "MiB", service.memory(), None);
        let mut latencies = Vec::new();
        for offered in RATES {
            service.calm().await;
            let here = latency(&service, &events, offered).await;
            report.line(&format!("  p50 at {offered:.0}/s"), "ms", here.p50, None);
            report.line(&format!("  p99 at {offered:.0}/s"), "ms", here.p99, None);
            latencies.push(here.p50);
        }
        let Some((first_rate, first_cpu, first_latencies)) = &first else {
            first = Some((rate, cpu, latencies));
            continue;
        };
        report.line("  deliveries/s against the first variant", "times", rate / first_rate, None);
        report.line("  CPU against the first variant", "times", cpu / first_cpu, None);
        for ((offered, p50), before) in RATES.iter().zip(latencies).zip(first_latencies) {
            report.line(
                &format!("  p50 at {offered:.0}/s against the first variant"),
                "times",
                p50 / before,
                None,
            );
        }
    }
}

/// Adds event types and webhooks, and returns the type to publish, which has one webhook. `None` if the version has no types of one's own.
async fn prepare(service: &Service, variant: &Variant) -> Option<String> {
    let published = if variant.types {
        add_types(service).await?;
        name(0)
    } else {
        BuiltIn::IdentityCreated.as_str().to_owned()
    };
    let own = if variant.wildcards { pattern(0) } else { published.clone() };
    service.webhook_for(&service.receiver.url, &own).await;
    if variant.webhooks {
        for number in 1..WEBHOOKS {
            // All except those of the first group, whose events go to one webhook.
            let other = GROUPS - 1 - number % (GROUPS - 1);
            let event = if variant.wildcards && number < WEBHOOKS / 2 {
                pattern(other)
            } else {
                name(other + GROUPS * (number % (TYPES / GROUPS)))
            };
            service.webhook_for(&format!("{}/{number}", service.receiver.url), &event).await;
        }
    }
    Some(published)
}

/// Adds types with the schema of a built-in one.
async fn add_types(service: &Service) -> Option<()> {
    let built_in: Value = serde_json::from_str(&service.get("/api/v1/event-types/identity.created").await).unwrap();
    for number in 0..TYPES {
        let body = json!({ "type": name(number), "schema": built_in["schema"], "example": example_data(BuiltIn::IdentityCreated) });
        match service.post("/api/v1/event-types", &body).await {
            (201, _) => {}
            (404 | 405, _) => return None,
            (status, problem) => panic!("{status} {problem}"),
        }
    }
    Some(())
}

fn name(number: usize) -> String {
    format!("bench{}.thing{}.changed", number % GROUPS, number / GROUPS)
}

fn pattern(group: usize) -> String {
    format!("bench{group}.*")
}
