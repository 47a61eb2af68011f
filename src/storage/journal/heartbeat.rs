//! Monitoring of a journal writer: for how long it has been working on its current group, and whether its task still runs.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// State that a writer shares with the health check.
#[derive(Debug)]
pub(super) struct Heartbeat {
    created: Instant,
    /// When the current group started, in milliseconds since `created`; 0 between groups.
    group: AtomicU64,
    has_ended: AtomicBool,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        Self {
            created: Instant::now(),
            group: AtomicU64::new(0),
            has_ended: AtomicBool::new(false),
        }
    }

    pub(super) fn group_began(&self) {
        let now = u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.group.store(now.max(1), Ordering::Relaxed);
    }

    pub(super) fn group_ended(&self) {
        self.group.store(0, Ordering::Relaxed);
    }

    pub(super) fn writer_ended(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// Why the writer is considered broken, if it is.
    pub(super) fn trouble(&self, longest: Duration) -> Option<String> {
        if self.has_ended.load(Ordering::Relaxed) {
            return Some("a journal writer panicked; restart clearhook".to_owned());
        }
        let began = Some(self.group.load(Ordering::Relaxed)).filter(|began| *began > 0)?;
        let took = self.created.elapsed().saturating_sub(Duration::from_millis(began));
        (took > longest).then(|| format!("the journal has not been able to store anything for {} s", took.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_takes_too_long_or_an_ended_writer_is_reported() {
        let heartbeat = Heartbeat::new();
        assert_eq!(heartbeat.trouble(Duration::ZERO), None);
        heartbeat.group_began();
        assert_eq!(heartbeat.trouble(Duration::from_secs(60)), None);
        std::thread::sleep(Duration::from_millis(5));
        assert!(heartbeat.trouble(Duration::ZERO).unwrap().contains("able to store anything"));
        heartbeat.group_ended();
        assert_eq!(heartbeat.trouble(Duration::ZERO), None);
        heartbeat.writer_ended();
        assert!(heartbeat.trouble(Duration::from_secs(60)).unwrap().contains("restart clearhook"));
    }
}
