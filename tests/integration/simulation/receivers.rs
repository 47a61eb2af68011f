//! The receivers of a run. They note every attempt.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use clearhook::{
    delivery::simulated::{Call, Receivers, Response},
    domain::simulated::{below, true_time},
};
use rand::{RngExt, rngs::SmallRng};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    faults::some_of,
    world::{FAULTS_END, START},
};

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a status code.
    Status(u16),
    /// With a reset connection.
    Reset,
    /// The node gave up waiting.
    TimedOut,
    /// The node crashed.
    Crashed,
}

/// An attempt, as the receiver saw it. Times are in milliseconds since the start of the run. In a step the nodes run one after the other, so
/// times of different nodes may contradict the order in which something happened by as much as a step; the places do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) webhook: usize,
    /// The number of the event, which is its body.
    pub(super) event: usize,
    pub(super) message_id: String,
    pub(super) node: usize,
    pub(super) began: i64,
    pub(super) ended: Option<(i64, Ended)>,
    /// The place of its begin among all begins and ends.
    pub(super) begin_place: usize,
    /// The place of its end.
    pub(super) end_place: Option<usize>,
}

impl Attempt {
    pub(super) fn delivery(&self) -> Option<Uuid> {
        self.message_id.strip_prefix("msg_")?.parse().ok()
    }
}

/// What a receiver does for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Works,
    Slow,
    Fails,
    Hangs,
    Resets,
    Overloaded,
    Flaky,
}

/// All receivers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Observed(Arc<Shared>);

struct Shared {
    /// For each webhook, what its receiver does from which time on.
    modes: Vec<Vec<(i64, Mode)>>,
    /// The longest time in milliseconds that a slow receiver takes.
    slowest: u64,
    attempts: Mutex<Vec<Attempt>>,
    /// The number of begins and ends so far.
    places: AtomicUsize,
    /// The node that runs now.
    node: AtomicUsize,
    /// The time at which the node that runs now crashes, or -1.
    crash: AtomicI64,
    /// The place of this crash: the order in which its attempts are dropped is that of the machine.
    crash_place: AtomicUsize,
}

impl Observed {
    /// Plans one receiver for each webhook. A slow receiver responds within 90 % of `timeout`. If `are_slow` is true, all receivers are slow until the faults end.
    pub(super) fn plan(webhooks: usize, timeout: Duration, are_slow: bool, random: &mut SmallRng) -> Self {
        let modes = (0..webhooks)
            .map(|_| {
                if are_slow {
                    vec![(0, Mode::Slow), (FAULTS_END, Mode::Works)]
                } else {
                    plan(random)
                }
            })
            .collect();
        Self(Arc::new(Shared {
            modes,
            slowest: u64::try_from(timeout.as_millis()).unwrap() * 9 / 10,
            attempts: Mutex::default(),
            places: AtomicUsize::new(0),
            node: AtomicUsize::new(0),
            crash: AtomicI64::new(-1),
            crash_place: AtomicUsize::new(0),
        }))
    }

    /// Says which node runs from now on.
    pub(super) fn node_runs(&self, node: usize) {
        self.0.node.store(node, Ordering::Relaxed);
    }

    /// Ends the attempts that are dropped within `crash` at this time.
    pub(super) fn during_crash(&self, at: i64, crash: impl FnOnce()) {
        self.0.crash.store(at, Ordering::Relaxed);
        self.0.crash_place.store(self.next_place(), Ordering::Relaxed);
        crash();
        self.0.crash.store(-1, Ordering::Relaxed);
    }

    fn next_place(&self) -> usize {
        self.0.places.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn attempts(&self) -> Vec<Attempt> {
        self.0.attempts.lock().unwrap().clone()
    }

    pub(super) fn receivers(&self) -> Receivers {
        let observed = self.clone();
        Receivers::from_fn(move |call| observed.clone().answer(call))
    }

    async fn answer(self, call: Call) -> Response {
        let webhook: usize = call.url.trim_start_matches("https://receiver.example/").parse().unwrap();
        let mut noted = Noted::new(&self, webhook, &call);
        let now = now();
        let modes = &self.0.modes[webhook];
        let mode = modes
            .iter()
            .rev()
            .find(|(from, _)| *from <= now)
            .map_or(Mode::Works, |(_, mode)| *mode);
        let mode = match mode {
            Mode::Flaky if random(2) == 0 => Mode::Fails,
            Mode::Flaky => Mode::Works,
            other => other,
        };
        let millis = match mode {
            Mode::Slow => 500 + random(self.0.slowest - 500),
            Mode::Hangs => 3_600_000,
            _ => 1 + random(60),
        };
        sleep(Duration::from_millis(millis)).await;
        let (status, retry_after) = match mode {
            Mode::Fails => (Some(500), None),
            Mode::Resets => (None, None),
            Mode::Overloaded => (Some(429), Some(Duration::from_secs(1 + random(20)))),
            _ => (Some(200), None),
        };
        noted.end(status.map_or(Ended::Reset, Ended::Status));
        Response { status, retry_after }
    }
}

const TROUBLES: [Mode; 6] = [Mode::Slow, Mode::Fails, Mode::Hangs, Mode::Resets, Mode::Overloaded, Mode::Flaky];

fn plan(random: &mut SmallRng) -> Vec<(i64, Mode)> {
    let (mut at, mut modes) = (0, Vec::new());
    let works = random.random_range(0..3);
    let troubles = some_of(&TROUBLES, random);
    while at < FAULTS_END {
        let mode = if random.random_range(0..3) < works {
            Mode::Works
        } else {
            troubles[random.random_range(0..troubles.len())]
        };
        modes.push((at, mode));
        at += random.random_range(2_000..60_000);
    }
    modes.push((FAULTS_END, Mode::Works));
    modes
}

fn now() -> i64 {
    true_time().unwrap() - START
}

fn random(end: u64) -> u64 {
    below(end).unwrap()
}

/// An attempt that is noted as ended when it is dropped.
struct Noted {
    observed: Observed,
    place: usize,
    has_ended: bool,
}

impl Noted {
    fn new(observed: &Observed, webhook: usize, call: &Call) -> Self {
        let mut attempts = observed.0.attempts.lock().unwrap();
        attempts.push(Attempt {
            webhook,
            event: str::from_utf8(&call.body).unwrap().parse().unwrap(),
            message_id: call.message_id.clone(),
            node: observed.0.node.load(Ordering::Relaxed),
            began: now(),
            ended: None,
            begin_place: observed.next_place(),
            end_place: None,
        });
        Self {
            observed: observed.clone(),
            place: attempts.len() - 1,
            has_ended: false,
        }
    }

    fn end(&mut self, how: Ended) {
        self.note(now(), how, self.observed.next_place());
    }

    fn note(&mut self, at: i64, how: Ended, end_place: usize) {
        self.has_ended = true;
        let attempt = &mut self.observed.0.attempts.lock().unwrap()[self.place];
        (attempt.ended, attempt.end_place) = (Some((at, how)), Some(end_place));
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        match self.observed.0.crash.load(Ordering::Relaxed) {
            -1 => self.end(Ended::TimedOut),
            at => self.note(at, Ended::Crashed, self.observed.0.crash_place.load(Ordering::Relaxed)),
        }
    }
}
