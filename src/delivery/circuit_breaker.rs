//! The circuit breaker of one webhook. After several failures in a row, it opens: single attempts are sent as probes, with growing pauses
//! between them, until one succeeds.

use std::time::Duration;

use tokio::time::Instant;

/// When the circuit breaker opens, and how long it pauses between probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row after which the breaker opens.
    pub failures: u32,
    /// The first pause before a probe. Each further pause is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            first: Duration::from_secs(5),
            longest: Duration::from_secs(300),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CircuitBreaker {
    /// Failures since the last success.
    failures: u32,
    open: Option<Open>,
}

/// The state of an open breaker.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// When the next probe may begin.
    probe_at: Instant,
    /// The pause before that probe.
    pause: Duration,
    /// Whether a probe is in flight.
    probing: bool,
}

/// Whether an attempt may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may begin now.
    Now,
    /// Not before this time.
    NotBefore(Instant),
    /// Not before the probe in flight has ended.
    AfterProbe,
}

impl CircuitBreaker {
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether there are failures since the last success.
    pub(super) const fn has_failures(&self) -> bool {
        self.failures > 0
    }

    /// The state of an open breaker: failures in a row, the pause between probes, and when the next one may begin (`None`: one is in flight).
    pub(super) fn opened(&self) -> Option<(u32, Duration, Option<Instant>)> {
        self.open
            .map(|open| (self.failures, open.pause, Some(open.probe_at).filter(|_| !open.probing)))
    }

    /// Whether an attempt may begin. While the breaker is open, a manual attempt may be the probe at any time.
    pub(super) fn admission(&self, now: Instant, is_manual: bool) -> Admission {
        match self.open {
            None => Admission::Now,
            Some(open) if open.probing => Admission::AfterProbe,
            Some(open) if is_manual || now >= open.probe_at => Admission::Now,
            Some(open) => Admission::NotBefore(open.probe_at),
        }
    }

    /// Notes that an attempt begins. Returns whether it is a probe.
    pub(super) const fn begin(&mut self) -> bool {
        match &mut self.open {
            Some(open) => {
                open.probing = true;
                true
            }
            None => false,
        }
    }

    pub(super) const fn succeeded(&mut self) {
        self.failures = 0;
        self.open = None;
    }

    /// Notes a failure. Attempts that began before the breaker opened do not prolong its pause.
    pub(super) fn failed(&mut self, was_probe: bool, now: Instant, settings: &BreakerSettings) {
        self.failures = self.failures.saturating_add(1);
        match &mut self.open {
            None if self.failures >= settings.failures => {
                self.open = Some(Open {
                    probe_at: now + settings.first,
                    pause: settings.first,
                    probing: false,
                });
            }
            Some(open) if was_probe => {
                open.pause = (open.pause * 2).min(settings.longest);
                open.probe_at = now + open.pause;
                open.probing = false;
            }
            _ => {}
        }
    }

    /// Notes that an attempt ended without information about the receiver.
    pub(super) const fn unknown(&mut self, was_probe: bool) {
        if let (Some(open), true) = (&mut self.open, was_probe) {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_probes_with_growing_pauses_and_closes() {
        let settings = BreakerSettings::default();
        let (mut breaker, start) = (CircuitBreaker::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(breaker.admission(start, false), Admission::Now);
            breaker.failed(false, start, &settings);
        }
        // A failure of an attempt that began before the breaker opened changes nothing.
        breaker.failed(false, start, &settings);
        assert_eq!(breaker.admission(start, false), Admission::NotBefore(start + settings.first));
        let mut now = start;
        for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
            now += Duration::from_secs(pause);
            assert_eq!(breaker.admission(now, false), Admission::Now);
            assert!(breaker.begin());
            assert_eq!(breaker.admission(now, true), Admission::AfterProbe);
            breaker.failed(true, now, &settings);
        }
        assert_eq!(
            breaker.admission(now, true),
            Admission::Now,
            "a manual attempt is a probe at any time"
        );
        breaker.succeeded();
        assert!(!breaker.is_open() && !breaker.begin());
    }
}
