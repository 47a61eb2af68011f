//! Statistics of database use.

use std::sync::atomic::{AtomicU64, Ordering};

/// Statistics of database use since the start.
#[derive(Debug, Default)]
pub(super) struct StatementCounts {
    statements: AtomicU64,
    commits: AtomicU64,
    entries: AtomicU64,
}

impl StatementCounts {
    /// Counts a statement.
    pub(super) fn count_statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a commit of the journal, with the number of events and results in it.
    pub(super) fn count_commit(&self, entries: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.entries.fetch_add(entries as u64, Ordering::Relaxed);
    }

    /// The number of statements.
    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The number of commits of the journal.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// The number of events and results that the journal has stored.
    pub(super) fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }
}
