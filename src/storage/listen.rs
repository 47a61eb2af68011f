//! What PostgreSQL nodes tell each other (`LISTEN`).

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
        postgres::ACQUIRE,
        revision::{CHANNEL, KEYS, read_change},
    },
};

/// A word from a node, this one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// There is something to claim.
    Pending,
    /// This webhook changed, which made this revision.
    Changed(WebhookId, i64),
    /// A key was revoked.
    Keys,
    /// Words may have been missed, because the connection was lost.
    Missed,
}

/// Hears what nodes say.
pub struct Listener {
    words: PgListener,
    revocations: Arc<AtomicU64>,
    /// Raised when connections were found useless: this one may lead to the same server.
    losses: watch::Receiver<u64>,
}

impl Store {
    /// Begins to listen; `None` on SQLite, where there is one node.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        // On a pool of its own: one that is dead and has to be left keeps no place in that of the others.
        let losses = self.doubt.losses();
        let options = self.read.pool().get_postgres_connection_pool().connect_options();
        let pool = PoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(ACQUIRE);
        let begin = async {
            let pool = pool.connect_with((*options).clone()).await?;
            let mut listener = PgListener::connect_with(&pool).await?;
            // It would connect to the same server again, which may not be the primary any more.
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        let words = match timeout(ACQUIRE, begin).await {
            Ok(begun) => begun.map_err(failed)?,
            Err(_) => return Err(StoreError::Silent(ACQUIRE)),
        };
        // What was said before was not heard.
        self.revocations.fetch_add(1, Ordering::AcqRel);
        Ok(Some(Listener {
            words,
            revocations: self.revocations.clone(),
            losses,
        }))
    }
}

impl Listener {
    /// Waits for the next word. After an error nothing more is heard, and it has to be begun anew.
    pub async fn hear(&mut self) -> Result<Word, StoreError> {
        let heard = tokio::select! {
            heard = self.words.try_recv() => heard.map_err(failed)?,
            _ = self.losses.changed() => None,
        };
        let Some(heard) = heard else {
            return Err(failed(sqlx::Error::Io(io::ErrorKind::ConnectionAborted.into())));
        };
        let word = match heard.payload() {
            KEYS => Word::Keys,
            word => read_change(word).map_or(Word::Pending, |(webhook, revision)| Word::Changed(webhook, revision)),
        };
        if word == Word::Keys {
            self.revocations.fetch_add(1, Ordering::AcqRel);
        }
        Ok(word)
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
}
