//! The activity of a connection: which requests are in progress, and for which of them the server waits for the client.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ServerLimits;

/// The maximum duration of an answer that the client does not take, as a multiple of [`ServerLimits::stall`]. It applies even if other
/// bytes move on the connection.
const STALLS_MAX: u32 = 10;
/// How long a connection counts as new.
const NEW: Duration = Duration::from_millis(500);

/// The activity of one connection.
pub(super) struct Activity {
    began: Instant,
    /// Milliseconds from `began` until the socket last accepted bytes of an answer.
    sent: AtomicU64,
    requests: Mutex<Requests>,
    ended: CancellationToken,
    /// Whether a request was answered before its body was read to the end.
    has_unread_body: AtomicBool,
    /// Number of open connections from the same address, this one included.
    same_address: Arc<AtomicUsize>,
}

struct Requests {
    /// One entry per request in progress, at an index that does not change. Free entries are `None`.
    in_progress: Vec<Option<Phase>>,
    /// Whether there has been any request.
    any: bool,
    /// When the last request ended, or when the connection began.
    last: Instant,
}

/// What a request waits for, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The server computes the answer.
    Server(Instant),
    /// The client has to send more of the request's body.
    RequestBody(Instant),
    /// The client has to take more of the answer.
    Answer(Instant),
}

/// A request in progress, from its head until its answer has been handed to the connection.
pub(super) struct Exchange {
    activity: Arc<Activity>,
    place: usize,
}

impl Activity {
    pub(super) fn new(same_address: Arc<AtomicUsize>, began: Instant) -> Self {
        Self {
            began,
            sent: AtomicU64::new(0),
            requests: Mutex::new(Requests {
                in_progress: Vec::new(),
                any: false,
                last: began,
            }),
            ended: CancellationToken::new(),
            has_unread_body: AtomicBool::new(false),
            same_address,
        }
    }

    pub(super) fn begin(self: &Arc<Self>) -> Exchange {
        let mut requests = self.requests();
        requests.any = true;
        let phase = Some(Phase::Server(Instant::now()));
        let place = requests.in_progress.iter().position(Option::is_none);
        let place = place.unwrap_or(requests.in_progress.len());
        if place == requests.in_progress.len() {
            requests.in_progress.push(phase);
        } else {
            requests.in_progress[place] = phase;
        }
        Exchange {
            activity: self.clone(),
            place,
        }
    }

    /// Since when the connection waits only for its client: for a request, for the rest of a request body, or for the client to read an
    /// answer. `None` while the server works on a request, while the connection is so new that its first request may not have been read
    /// yet, and after the connection was asked to end.
    pub(super) fn waits_for_client_since(&self) -> Option<Instant> {
        let requests = self.requests();
        if self.ended.is_cancelled() || (!requests.any && self.began.elapsed() < NEW) {
            return None;
        }
        let sent = self.last_sent();
        let mut since = None;
        for phase in requests.in_progress.iter().flatten() {
            match phase {
                Phase::Server(_) => return None,
                Phase::RequestBody(at) | Phase::Answer(at) => since = Some(since.map_or(*at, |since: Instant| since.min(*at))),
            }
        }
        Some(since.unwrap_or(requests.last).max(sent))
    }

    /// Whether the server is working on a request.
    pub(super) fn is_working(&self) -> bool {
        let requests = self.requests();
        requests.in_progress.iter().flatten().any(|phase| matches!(phase, Phase::Server(_)))
    }

    /// Whether there ever was a request.
    pub(super) fn was_used(&self) -> bool {
        self.requests().any
    }

    /// Number of open connections from the same address.
    pub(super) fn same_address(&self) -> usize {
        self.same_address.load(Ordering::Relaxed)
    }

    /// The time at which the connection is closed if nothing happens until then.
    pub(super) fn deadline(&self, limits: &ServerLimits) -> Instant {
        let requests = self.requests();
        let sent = self.last_sent();
        let deadlines = requests.in_progress.iter().flatten().map(|phase| match *phase {
            Phase::Server(since) => since.max(sent) + limits.idle,
            // `RequestBody` itself times out earlier, with an answer to the client.
            Phase::RequestBody(since) => since + limits.idle.max(2 * limits.body_gap),
            Phase::Answer(since) => (since.max(sent) + limits.stall).min(since + STALLS_MAX * limits.stall),
        });
        deadlines.min().unwrap_or_else(|| {
            if requests.any {
                (requests.last.max(sent) + limits.idle).min(requests.last + STALLS_MAX * limits.idle)
            } else {
                self.began + limits.head
            }
        })
    }

    /// Asks the connection to end.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// Whether it was asked to end.
    #[cfg(test)]
    pub(super) fn evicted(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Waits until it is asked to end.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Called when the socket accepted bytes of an answer.
    pub(super) fn note_sent(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.sent.store(now, Ordering::Relaxed);
    }

    /// Called when a request was answered before its body was read completely.
    pub(super) fn note_unread_body(&self) {
        self.has_unread_body.store(true, Ordering::Relaxed);
    }

    /// Whether a request was answered before its body was read completely.
    pub(super) fn has_unread_body(&self) -> bool {
        self.has_unread_body.load(Ordering::Relaxed)
    }

    fn last_sent(&self) -> Instant {
        self.began + Duration::from_millis(self.sent.load(Ordering::Relaxed))
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// The server works on the request.
    pub(super) fn on_server(&self) {
        self.set(Phase::Server(Instant::now()));
    }

    /// The request waits for more of its body.
    pub(super) fn on_request_body(&self, since: Instant) {
        self.set(Phase::RequestBody(since));
    }

    /// The request waits for the client to read a part of the answer.
    pub(super) fn on_answer(&self) {
        self.set(Phase::Answer(Instant::now()));
    }

    fn set(&self, phase: Phase) {
        self.activity.requests().in_progress[self.place] = Some(phase);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut requests = self.activity.requests();
        requests.in_progress[self.place] = None;
        requests.last = Instant::now();
    }
}

/// The key by which connections are counted per client: an IPv4 address, or the /64 network of an IPv6 address, because a client usually
/// has a whole /64.
pub(super) fn client_group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_client() {
        let group = |text: &str| client_group(text.parse().unwrap()).to_string();
        assert_eq!(group("192.0.2.7"), "192.0.2.7");
        assert_eq!(group("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn only_a_connection_without_server_work_waits_for_its_client() {
        let new = Activity::new(Arc::default(), Instant::now());
        assert!(new.waits_for_client_since().is_none());
        let activity = Arc::new(Activity::new(Arc::default(), Instant::now().checked_sub(2 * NEW).unwrap()));
        assert!(activity.waits_for_client_since().is_some());
        let (first, second) = (activity.begin(), activity.begin());
        assert!(activity.waits_for_client_since().is_none());
        first.on_answer();
        assert!(activity.waits_for_client_since().is_none(), "the second one is being worked on");
        second.on_request_body(Instant::now());
        assert!(activity.waits_for_client_since().is_some());
        drop((first, second));
        assert!(activity.waits_for_client_since().is_some());
        activity.end();
        assert!(activity.waits_for_client_since().is_none(), "it ends already");
    }
}
