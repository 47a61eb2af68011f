//! The part `filters`: pages of the log of a webhook with 10,000,000 callbacks in 30 days, with one filter each, through the API; and what such a
//! log costs a publish.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clearhook::{catalogue::BuiltIn, domain::timestamp::Timestamp};

use crate::{
    load::{self, Events, Latency},
    report::Report,
    run,
    service::{Kind, Service},
};

/// Callbacks in the log.
const LOGGED: u64 = 10_000_000;
/// Requests per filter.
const REQUESTS: u64 = 100;
/// The longest time of a filtered page at p99, in milliseconds.
const GOAL: f64 = 50.0;

const DAY: Duration = Duration::from_hours(24);
/// The period of the log.
const PERIOD: Duration = DAY.saturating_mul(30);

/// A kind of request.
struct Asked {
    name: &'static str,
    /// The range of time that is searched, at a random place within the 30 days.
    range: Duration,
    filter: &'static str,
}

/// In the log, one callback in 1,000 failed with 500, one in 1,000,000 was answered with 503, and two event types occur.
const ASKED: [Asked; 9] = [
    Asked {
        name: "newest page",
        range: PERIOD,
        filter: "",
    },
    Asked {
        name: "random hour",
        range: Duration::from_hours(1),
        filter: "",
    },
    Asked {
        name: "failures of a random day",
        range: DAY,
        filter: "&outcome=failed",
    },
    Asked {
        name: "status 500, 30 days",
        range: PERIOD,
        filter: "&status=500",
    },
    Asked {
        name: "status 503, once in 1,000,000, 30 days",
        range: PERIOD,
        filter: "&status=503",
    },
    Asked {
        name: "status 418, never, 30 days",
        range: PERIOD,
        filter: "&status=418",
    },
    Asked {
        name: "status 204, never, a random day",
        range: DAY,
        filter: "&status=204",
    },
    Asked {
        name: "event type, once in 1,000, 30 days",
        range: PERIOD,
        filter: "&event=visit_event.created",
    },
    Asked {
        name: "event type, never, 30 days",
        range: PERIOD,
        filter: "&event=credential.deleted",
    },
];

pub(crate) async fn filters(report: &mut Report, kind: Kind) {
    let mut service = Service::start(kind).await;
    let webhook = service.webhook(&service.receiver.url, BuiltIn::IdentityCreated).await;
    let events = Arc::new(Events::new(BuiltIn::IdentityCreated));
    let before = run::latency(&service, &events, 200.0).await;
    let began = Instant::now();
    service.fill(&webhook, LOGGED, PERIOD).await;
    println!("    filled in {:.0} s", began.elapsed().as_secs_f64());
    service.restart();
    for asked in &ASKED {
        let mut took = Vec::new();
        for number in 0..REQUESTS {
            let path = asked.path(&webhook, number);
            let began = Instant::now();
            service.get(&path).await;
            // The first requests after a restart fill caches.
            if number >= REQUESTS / 10 {
                took.push(u64::try_from(began.elapsed().as_nanos()).unwrap());
            }
        }
        let latency = Latency::of(took);
        report.line(&format!("10,000,000 logged, {}: p50", asked.name), "ms", latency.p50, None);
        report.line("  p99", "ms", latency.p99, Some(("≤", GOAL)));
    }
    let after = run::latency(&service, &events, 200.0).await;
    for (name, before, after) in [("p50", before.p50, after.p50), ("p99", before.p99, after.p99)] {
        report.line(
            &format!("publish to receiver at 200/s with 10,000,000 logged: {name}"),
            "ms",
            after,
            None,
        );
        report.line("  against an empty log", "times", after / before, Some(("≤", 1.1)));
    }
}

impl Asked {
    /// The path of a request. The places of its range are spread over the 30 days by a fixed sequence, so that runs can be compared.
    fn path(&self, webhook: &str, number: u64) -> String {
        let now = load::millis();
        let length = u64::try_from(self.range.as_millis()).unwrap();
        let rest = u64::try_from(PERIOD.as_millis()).unwrap().saturating_sub(length);
        // Multiples of the golden ratio are spread evenly.
        let place = ((number as f64 * 0.618_033_988_75).fract() * rest as f64) as u64;
        let moment = |millis: u64| Timestamp(i64::try_from(millis).unwrap()).rfc3339();
        format!(
            "/api/v1/webhooks/{webhook}/callbacks?limit=50&from={}&to={}{}",
            moment(now - place - length),
            moment(now - place),
            self.filter
        )
    }
}
