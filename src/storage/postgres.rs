//! Connections to PostgreSQL: what each is told, and how one is found dead.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectOptions,
    sqlx::{Connection, Executor, PgConnection, Postgres, pool::PoolOptions},
};
use tokio::time::{Instant, timeout};

use crate::storage::{
    Store, StoreError,
    bulk::{STATEMENTS, statement},
    sql::Sql,
};

/// Connections of one process.
const MOST: u32 = 20;
/// A connection that nobody used for so long is tried before it is used.
const IDLE: Duration = Duration::from_secs(1);
/// How long one may take to answer when it is tried. Behind a network that swallows everything it would be waited for without end.
const ANSWER: Duration = Duration::from_secs(2);
/// How long all connections are in doubt after one was found dead.
const DOUBT: Duration = Duration::from_secs(60);

/// A commit answered is a commit on disk, whatever the server's, the database's or the role's setting; what is stricter stays. And what a
/// node began and cannot end, because its connection is dead without the server's knowing, does not lock rows for ever.
const SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write'); \
     SELECT set_config('idle_in_transaction_session_timeout', '30s', false) \
     WHERE current_setting('idle_in_transaction_session_timeout') = '0'";

/// Whether connections are in doubt, because one was found dead lately.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    began: Instant,
    /// Until when, in milliseconds since it began.
    until: Arc<AtomicU64>,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            until: Arc::default(),
        }
    }
}

impl Doubt {
    /// A connection did not answer.
    pub(super) fn raise(&self) {
        let until = self.began.elapsed() + DOUBT;
        self.until
            .store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn is_raised(&self) -> bool {
        self.began.elapsed() < Duration::from_millis(self.until.load(Ordering::Relaxed))
    }
}

impl Store {
    /// A setting of this store's connections to PostgreSQL: the tests of them need it.
    pub async fn setting(&self, name: &str) -> Result<String, StoreError> {
        let sql = statement(self.backend(), "SELECT current_setting(?) AS value", [name.into()]);
        let rows = self.read.rows(sql).await?;
        let value = rows.first().map(|row| row.get("value")).transpose()?;
        Ok(value.unwrap_or_default())
    }
}

/// How the pool makes and keeps connections.
pub(super) fn configure(options: &mut ConnectOptions, doubt: Doubt) {
    options
        .max_connections(MOST)
        .min_connections(1)
        // Ours has a limit.
        .test_before_acquire(false)
        .map_sqlx_postgres_opts(|postgres| postgres.statement_cache_capacity(STATEMENTS))
        .map_sqlx_postgres_pool_opts(move |pool| keep(pool, &doubt));
}

fn keep(pool: PoolOptions<Postgres>, doubt: &Doubt) -> PoolOptions<Postgres> {
    let (acquiring, releasing) = (doubt.clone(), doubt.clone());
    pool.after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute(SETTINGS).await?;
            Ok(())
        })
    })
    // A question before each statement would double the way; a connection that was lost is found by the next statement.
    .before_acquire(move |connection, about| {
        let doubt = acquiring.clone();
        Box::pin(async move {
            if about.idle_for >= IDLE || doubt.is_raised() {
                answers(connection, &doubt).await?;
            }
            Ok(true)
        })
    })
    // The pool tries each connection that comes back, and waits for the answer without end.
    .after_release(move |connection, _| {
        let doubt = releasing.clone();
        Box::pin(async move {
            if doubt.is_raised() {
                answers(connection, &doubt).await?;
            }
            Ok(true)
        })
    })
}

async fn answers(connection: &mut PgConnection, doubt: &Doubt) -> Result<(), sea_orm::sqlx::Error> {
    let Ok(answer) = timeout(ANSWER, connection.ping()).await else {
        doubt.raise();
        return Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL does not answer").into());
    };
    answer
}
