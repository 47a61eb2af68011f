//! Measures the parts of opening a connection for an attempt. The connector notes when a part begins; the attempt reads the times, also when
//! it is over before the connection is open.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::{domain::connection::Phases, sync::locked};

tokio::task_local! {
    /// The opening of the current attempt. It is task-local because the HTTP client passes only the address to the connector.
    static CURRENT: Arc<Opening>;
}

/// A part of opening a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Dns,
    Connect,
    Tls,
}

/// The parts of opening one connection.
#[derive(Debug, Default)]
pub(super) struct Opening(Mutex<Times>);

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// The part that is running, and since when.
    running: Option<(Part, Instant)>,
    /// Since when the connection is open.
    open: Option<Instant>,
    phases: Phases,
}

impl Times {
    /// Adds the running part to the finished ones.
    fn end(&mut self, now: Instant) {
        let Some((part, began)) = self.running.take() else { return };
        let sum = match part {
            Part::Dns => &mut self.phases.dns,
            Part::Connect => &mut self.phases.connect,
            Part::Tls => &mut self.phases.tls,
        };
        *sum = Some(sum.unwrap_or_default() + now.duration_since(began));
    }
}

impl Opening {
    /// The opening of the current attempt, or one that nobody reads.
    pub(super) fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_default()
    }

    /// Runs a request whose connections are measured.
    pub(super) async fn measure<F: Future>(self: &Arc<Self>, request: F) -> F::Output {
        CURRENT.scope(Arc::clone(self), request).await
    }

    /// A part begins, and with it the one before ends. An attempt that opens a second connection is shown with the parts of that one.
    pub(super) fn begin(&self, part: Part) {
        let now = Instant::now();
        let mut times = locked(&self.0);
        if times.open.is_some() {
            *times = Times::default();
        }
        times.end(now);
        times.running = Some((part, now));
    }

    /// The connection is open.
    pub(super) fn opened(&self) {
        let now = Instant::now();
        let mut times = locked(&self.0);
        times.end(now);
        times.open = Some(now);
    }

    /// The parts so far, with the running one, for an attempt that has taken this time.
    pub(super) fn phases(&self, took: Duration) -> Phases {
        let now = Instant::now();
        let mut times = *locked(&self.0);
        if times.running.is_none() && times.open.is_none() && times.phases == Phases::default() {
            return Phases::on_open_connection(took);
        }
        times.end(now);
        Phases {
            wait: times.open.map(|open| now.duration_since(open).min(took)),
            ..times.phases
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn parts_are_measured_up_to_the_one_that_is_running() {
        let opening = Opening::default();
        assert_eq!(opening.phases(LONG), Phases::on_open_connection(LONG));
        opening.begin(Part::Dns);
        let phases = opening.phases(LONG);
        assert!(phases.dns.is_some() && phases.connect.is_none() && phases.wait.is_none() && !phases.is_reused());
        opening.begin(Part::Connect);
        opening.begin(Part::Tls);
        opening.begin(Part::Connect);
        let phases = opening.phases(LONG);
        assert!(phases.connect.is_some() && phases.tls.is_some() && phases.wait.is_none());
        opening.opened();
        assert!(opening.phases(LONG).wait.is_some());
        // A request that is repeated on a new connection has the times of the new one.
        opening.begin(Part::Connect);
        assert_eq!((opening.phases(LONG).dns, opening.phases(LONG).wait), (None, None));
    }

    #[tokio::test]
    async fn each_request_has_its_own_measurement() {
        let (one, other) = (Arc::new(Opening::default()), Arc::new(Opening::default()));
        one.measure(async { Opening::current().begin(Part::Dns) }).await;
        assert!(one.phases(LONG).dns.is_some() && other.phases(LONG).dns.is_none());
        Opening::current().begin(Part::Tls);
        assert!(one.phases(LONG).tls.is_none());
    }
}
