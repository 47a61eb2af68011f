//! Monitoring of a journal writer: for how long it has been working on its current group, and whether its task still runs.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// State that a writer shares with the health check.
#[derive(Debug)]
pub(super) struct Pulse {
    made: Instant,
    /// When the current group started, in milliseconds since `made`; 0 between groups.
    group: AtomicU64,
    is_gone: AtomicBool,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            made: Instant::now(),
            group: AtomicU64::new(0),
            is_gone: AtomicBool::new(false),
        }
    }

    pub(super) fn begins(&self) {
        let now = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.group.store(now.max(1), Ordering::Relaxed);
    }

    pub(super) fn ends(&self) {
        self.group.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_gone(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }

    /// Why the writer is considered broken, if it is.
    pub(super) fn trouble(&self, longest: Duration) -> Option<String> {
        if self.is_gone.load(Ordering::Relaxed) {
            return Some("a journal writer panicked; restart clearhook".to_owned());
        }
        let began = Some(self.group.load(Ordering::Relaxed)).filter(|began| *began > 0)?;
        let took = self.made.elapsed().saturating_sub(Duration::from_millis(began));
        (took > longest).then(|| format!("the journal has not been able to store anything for {} s", took.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_a_group_without_end_or_a_writer_that_is_gone() {
        let pulse = Pulse::new();
        assert_eq!(pulse.trouble(Duration::ZERO), None);
        pulse.begins();
        assert_eq!(pulse.trouble(Duration::from_secs(60)), None);
        std::thread::sleep(Duration::from_millis(5));
        assert!(pulse.trouble(Duration::ZERO).unwrap().contains("able to store anything"));
        pulse.ends();
        assert_eq!(pulse.trouble(Duration::ZERO), None);
        pulse.is_gone();
        assert!(pulse.trouble(Duration::from_secs(60)).unwrap().contains("restart clearhook"));
    }
}
