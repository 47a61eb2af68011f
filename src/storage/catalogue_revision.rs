//! The newest change of event types that this process knows of.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The newest change of event types that this process knows of: its own ones, those of which other nodes notified it, and those that the
/// journal found in the database. Clones share the number.
#[derive(Clone, Debug, Default)]
pub(super) struct CatalogueRevision(Arc<AtomicI64>);

impl CatalogueRevision {
    /// Notes a revision that was read or received.
    pub(super) fn learn(&self, revision: i64) {
        self.0.fetch_max(revision, Ordering::AcqRel);
    }

    /// The newest known revision.
    pub(super) fn known(&self) -> i64 {
        self.0.load(Ordering::Acquire)
    }
}
