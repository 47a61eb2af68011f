//! Notifications between nodes on PostgreSQL (`LISTEN`).

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, pool::PoolOptions, postgres::PgListener},
};
use tokio::{sync::watch, time::timeout};

use crate::{
    domain::id::WebhookId,
    storage::{
        Store, StoreError,
        catalogue_revision::CatalogueRevision,
        change_notifications::{CHANNEL, KEYS, parse_change, parse_erased, parse_event_types, parse_many},
        postgres::ACQUIRE,
    },
};

/// A notification from a node, including this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notification {
    /// There are deliveries to claim.
    Pending,
    /// This webhook was changed. The number is the revision after the change.
    Changed(WebhookId, i64),
    /// Several webhooks were changed together. The number is the revision after the change.
    ManyChanged(i64),
    /// An API key was revoked.
    Keys,
    /// Events were erased whose deliveries a node may have in its memory. The number is the revision after the erasure.
    Erased(i64),
    /// Event types were changed.
    EventTypes,
    /// Notifications may have been missed, because the connection was lost.
    Missed,
}

/// Receives notifications.
pub struct Listener {
    /// `None` in a simulation: all notifications are lost there.
    connection: Option<PgListener>,
    revocations: Arc<AtomicU64>,
    catalogue: CatalogueRevision,
    /// Signals that connections were lost: the listener's connection may lead to a server that is not the primary any more.
    losses: watch::Receiver<u64>,
}

impl Store {
    /// Starts to listen. Returns `None` on SQLite, where there is only one node.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        // The listener has its own pool, so that a dead connection does not take a place in the main pool.
        let Some(pool) = self.read.pool() else {
            return Ok(Some(self.listener(None, self.suspect.losses())));
        };
        let losses = self.suspect.losses();
        let options = pool.get_postgres_connection_pool().connect_options();
        let pool = PoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(ACQUIRE);
        let begin = async {
            let pool = pool.connect_with((*options).clone()).await?;
            let mut listener = PgListener::connect_with(&pool).await?;
            // Without this, it would reconnect to the same server, which may not be the primary any more.
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        let connection = match timeout(ACQUIRE, begin).await {
            Ok(started) => started.map_err(failed)?,
            Err(_) => return Err(StoreError::Silent(ACQUIRE)),
        };
        // Notifications sent before this moment were not received, so cached API keys are invalidated.
        self.revocations.fetch_add(1, Ordering::AcqRel);
        Ok(Some(self.listener(Some(connection), losses)))
    }

    fn listener(&self, connection: Option<PgListener>, losses: watch::Receiver<u64>) -> Listener {
        Listener {
            connection,
            revocations: self.revocations.clone(),
            catalogue: self.catalogue.clone(),
            losses,
        }
    }
}

impl Listener {
    /// Waits for the next notification. After an error the listener is unusable and a new one must be created.
    pub async fn recv(&mut self) -> Result<Notification, StoreError> {
        let Some(connection) = &mut self.connection else {
            return std::future::pending().await;
        };
        let received = tokio::select! {
            received = connection.try_recv() => received.map_err(failed)?,
            _ = self.losses.changed() => None,
        };
        let Some(received) = received else {
            return Err(failed(sqlx::Error::Io(io::ErrorKind::ConnectionAborted.into())));
        };
        if let Some(revision) = parse_event_types(received.payload()) {
            self.catalogue.learn(revision);
            return Ok(Notification::EventTypes);
        }
        if let Some(revision) = parse_many(received.payload()) {
            return Ok(Notification::ManyChanged(revision));
        }
        if let Some(revision) = parse_erased(received.payload()) {
            return Ok(Notification::Erased(revision));
        }
        let notification = match received.payload() {
            KEYS => Notification::Keys,
            text => parse_change(text).map_or(Notification::Pending, |(webhook, revision)| {
                Notification::Changed(webhook, revision)
            }),
        };
        if notification == Notification::Keys {
            self.revocations.fetch_add(1, Ordering::AcqRel);
        }
        Ok(notification)
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
}
