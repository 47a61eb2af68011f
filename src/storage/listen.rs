//! What PostgreSQL nodes tell each other (`LISTEN`).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        self,
        pool::PoolOptions,
        postgres::{PgListener, PgNotification},
    },
};

use crate::{
    domain::id::WebhookId,
    storage::{
        Store, StoreError,
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
}

impl Store {
    /// Begins to listen; `None` on SQLite, where there is one node.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        // On a pool of its own: one that is dead and has to be left keeps no place in that of the others.
        let options = self.read.get_postgres_connection_pool().connect_options();
        let pool = PoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_with((*options).clone()).await.map_err(failed)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok(Some(Listener {
            words: listener,
            revocations: self.revocations.clone(),
        }))
    }
}

impl Listener {
    /// Waits for the next word.
    pub async fn hear(&mut self) -> Result<Word, StoreError> {
        let heard = self.words.try_recv().await.map_err(failed)?;
        let word = match heard.as_ref().map(PgNotification::payload) {
            None => Word::Missed,
            Some(KEYS) => Word::Keys,
            Some(word) => read_change(word).map_or(Word::Pending, |(webhook, revision)| Word::Changed(webhook, revision)),
        };
        if matches!(word, Word::Keys | Word::Missed) {
            self.revocations.fetch_add(1, Ordering::AcqRel);
        }
        Ok(word)
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
}
