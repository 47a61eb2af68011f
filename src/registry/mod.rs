//! The event types of this installation, in memory: an immutable snapshot that is replaced when an event type changes.
//!
//! Changes of other nodes are learned from their notifications, from the journal, which reads the counter of changes with each group of
//! events, and at the latest after [`CHECK_INTERVAL`]. So publishing needs no statement of its own.

mod entry;
mod packs;
mod settings;
mod snapshot;

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, Semaphore};

pub use self::{
    entry::{Entry, EntrySchema, callback_example},
    settings::{Pack, RegistrySettings, UnknownTypes},
    snapshot::Snapshot,
};
use crate::{
    storage::{Store, StoreError},
    sync::{read_locked, write_locked},
};

/// After this time without a check, the counter of changes is read from the database.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// How many checks of schemas against stored events run at once.
const CHECKS_MAX: usize = 2;
/// How many archives are made at once for users and programs, and how many for readers of the public catalogue.
const ARCHIVES_MAX: usize = 1;

/// The event types of this installation.
pub struct Registry {
    store: Store,
    settings: RegistrySettings,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while the database is read. Contains when the last check began.
    checking: Mutex<Instant>,
    /// When the last check ended.
    checked: RwLock<Instant>,
    /// The newest change that was known before the last check. The database may have fewer changes: it was restored, or lost the last ones.
    known: AtomicI64,
    /// Permits of expensive checks.
    pub checks: Semaphore,
    /// Permits to make an archive.
    pub archives: Arc<Semaphore>,
    /// Permits to make an archive for somebody who is not signed in. They have their own, so that they keep nobody else waiting.
    pub public_archives: Arc<Semaphore>,
}

impl Registry {
    /// Copies the packs into the database, and loads all event types.
    pub async fn start(store: Store, settings: RegistrySettings) -> Result<Arc<Self>, StoreError> {
        for pack in &settings.packs {
            packs::synchronise(&store, *pack).await?;
        }
        let registry = Self {
            store,
            settings,
            snapshot: RwLock::default(),
            checking: Mutex::new(Instant::now()),
            checked: RwLock::new(Instant::now()),
            known: AtomicI64::new(0),
            checks: Semaphore::new(CHECKS_MAX),
            archives: Arc::new(Semaphore::new(ARCHIVES_MAX)),
            public_archives: Arc::new(Semaphore::new(ARCHIVES_MAX)),
        };
        registry.load().await?;
        Ok(Arc::new(registry))
    }

    /// The settings.
    pub const fn settings(&self) -> &RegistrySettings {
        &self.settings
    }

    /// The event types as last loaded, for names in pages.
    pub fn loaded(&self) -> Arc<Snapshot> {
        read_locked(&self.snapshot).clone()
    }

    /// The event types, with all changes that this process knows of.
    pub async fn current(self: &Arc<Self>) -> Result<Arc<Snapshot>, StoreError> {
        let (snapshot, known) = (self.loaded(), self.store.known_event_type_revision());
        if snapshot.revision < known && self.known.load(Ordering::Acquire) < known {
            return self.refreshed().await;
        }
        if read_locked(&self.checked).elapsed() > CHECK_INTERVAL {
            // The next check is due after another interval, so that one request starts it and the others do not.
            *write_locked(&self.checked) = Instant::now();
            let registry = self.clone();
            tokio::spawn(async move {
                if let Err(error) = registry.refreshed().await {
                    tracing::warn!(%error, "cannot check whether event types have changed: {error}");
                }
            });
        }
        Ok(snapshot)
    }

    /// The event types, with all changes that were committed before this call.
    pub async fn refreshed(&self) -> Result<Arc<Snapshot>, StoreError> {
        let asked = Instant::now();
        let mut began = self.checking.lock().await;
        if *began > asked {
            // Another caller has read the database since.
            return Ok(self.loaded());
        }
        *began = Instant::now();
        let known = self.store.known_event_type_revision();
        self.load().await?;
        self.known.store(known, Ordering::Release);
        *write_locked(&self.checked) = Instant::now();
        drop(began);
        Ok(self.loaded())
    }

    /// Reads the counter of changes, and what has changed. The counter is read first: a change between the two reads is then loaded again.
    async fn load(&self) -> Result<(), StoreError> {
        let (revision, present) = (self.store.event_type_revision().await?, self.loaded());
        if present.revision == revision {
            return Ok(());
        }
        let records = self.store.event_types().await?;
        let changed: Vec<_> = records.iter().filter(|record| present.is_outdated(record)).collect();
        let contents = self.store.event_type_contents(&changed).await?;
        let entries = changed
            .into_iter()
            .zip(contents)
            .filter_map(|(record, content)| Some((record.id, content?)))
            .collect();
        let next = present.next(revision, records, entries, &self.settings);
        *write_locked(&self.snapshot) = Arc::new(next);
        Ok(())
    }
}
