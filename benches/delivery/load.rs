//! The load: events of 1 KiB, one by one at set times, one by one as fast as they are taken, or in batches.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clearhook::catalogue::{BuiltIn, example::example_data};
use reqwest::Client;
use serde_json::{Value, json};

use crate::receiver::now;

/// Bytes of an event's callback body.
const SIZE: usize = 1_024;

pub(crate) fn millis() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Makes events of about 1 KiB, each with an id of its own.
pub(crate) struct Events {
    before: String,
    between: String,
    after: String,
    number: AtomicU64,
}

impl Events {
    pub(crate) fn new(event: BuiltIn) -> Self {
        Self::of(event.as_str(), &example_data(event))
    }

    /// Events of any type.
    pub(crate) fn of(event: &str, data: &Value) -> Self {
        let source = "https://clearid.example.com/".to_owned();
        let short = json!({ "id": "", "type": event, "timestamp": "2026-11-24T10:00:00.000Z", "source": source, "data": data }).to_string();
        let padding = SIZE.saturating_sub(short.len() + 36 + 32);
        let source = format!("{source}{}", "x".repeat(padding));
        Self {
            before: format!(
                "{{\"specversion\":\"1.0\",\"type\":\"{event}\",\"source\":\"{source}\",\"id\":\"{:x}-",
                now()
            ),
            between: "\",\"subject\":\"t".to_owned(),
            after: format!("\",\"data\":{data}}}"),
            number: AtomicU64::new(0),
        }
    }

    /// The next event, to be sent at this time.
    pub(crate) fn next(&self, scheduled: u64) -> String {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        format!("{}{number}{}{scheduled}{}", self.before, self.between, self.after)
    }
}

/// The target of the events.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) http: Client,
    pub(crate) url: String,
    pub(crate) key: String,
}

impl Target {
    async fn send(&self, kind: &'static str, body: String) -> u16 {
        let request = self
            .http
            .post(&self.url)
            .bearer_auth(&self.key)
            .header("content-type", kind)
            .body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        response.bytes().await.unwrap();
        status
    }

    /// Publishes one event; again, as a publisher should, when it is told to wait.
    pub(crate) async fn one(&self, event: &str) {
        loop {
            match self.send("application/cloudevents+json", event.to_owned()).await {
                202 => return,
                429 | 503 => tokio::time::sleep(Duration::from_millis(20)).await,
                status => panic!("a publish was answered with {status}"),
            }
        }
    }

    async fn batch(&self, events: &[String]) {
        let body = format!("[{}]", events.join(","));
        loop {
            match self.send("application/cloudevents-batch+json", body.clone()).await {
                202 => return,
                429 | 503 => tokio::time::sleep(Duration::from_millis(20)).await,
                status => panic!("a batch was answered with {status}"),
            }
        }
    }
}

/// Publishes this many events in batches over a few connections.
pub(crate) async fn in_batches(target: &Target, events: &Arc<Events>, count: usize, size: usize) {
    let left = Arc::new(AtomicU64::new(count as u64));
    let publishers: Vec<_> = (0..4)
        .map(|_| {
            let (target, events, left) = (target.clone(), events.clone(), left.clone());
            tokio::spawn(async move {
                while let Ok(before) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    (left > 0).then(|| left.saturating_sub(size as u64))
                }) {
                    let batch: Vec<_> = (0..before.min(size as u64)).map(|_| events.next(0)).collect();
                    target.batch(&batch).await;
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
}

/// Publishes single events over this many connections for this time, each after the previous response; returns the rate per second.
pub(crate) async fn closed(target: &Target, events: &Arc<Events>, connections: usize, time: Duration) -> f64 {
    let (began, count) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let publishers: Vec<_> = (0..connections)
        .map(|_| {
            let (target, events, count) = (target.clone(), events.clone(), count.clone());
            tokio::spawn(async move {
                while began.elapsed() < time {
                    target.one(&events.next(0)).await;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// Publishes single events at a fixed rate for this time, without waiting for responses; returns their number.
pub(crate) async fn open(target: &Target, events: &Arc<Events>, rate: f64, time: Duration) -> u64 {
    let count = (rate * time.as_secs_f64()) as u64;
    let (tick, mut ticks) = tokio::sync::mpsc::unbounded_channel();
    // The timer of the runtime is too coarse, and a busy loop would take a core from the measured processes.
    std::thread::spawn(move || {
        let (began, origin) = (Instant::now(), now());
        for number in 0..count {
            let after = Duration::from_secs_f64(number as f64 / rate);
            std::thread::sleep(after.saturating_sub(began.elapsed()));
            if tick.send(origin + after.as_nanos() as u64).is_err() {
                return;
            }
        }
    });
    let mut sends = tokio::task::JoinSet::new();
    while let Some(scheduled) = ticks.recv().await {
        let (target, event) = (target.clone(), events.next(scheduled));
        sends.spawn(async move { target.one(&event).await });
        while sends.try_join_next().is_some() {}
    }
    while let Some(sent) = sends.join_next().await {
        sent.unwrap();
    }
    count
}

/// Percentiles of times in nanoseconds, in milliseconds.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latency {
    pub(crate) fn of(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        let at = |share: f64| {
            let last = nanos.len().saturating_sub(1);
            nanos
                .get((last as f64 * share).round() as usize)
                .map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
        };
        Self {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: at(1.0),
        }
    }

    pub(crate) fn json(self) -> Value {
        json!(self)
    }
}
