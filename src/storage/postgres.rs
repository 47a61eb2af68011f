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
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{self, Executor, PgConnection, Postgres, Row, pool::PoolOptions},
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::storage::{Store, StoreError, bulk::statement, postgres_url::Server, sql::Sql};

/// Connections of one process.
const MOST: u32 = 20;
/// A connection that nobody used for so long is tried before it is used.
const IDLE: Duration = Duration::from_secs(1);
/// How long one may take to answer when it is tried. Behind a network that swallows everything it would be waited for without end.
const ANSWER: Duration = Duration::from_secs(2);
/// How long all connections are in doubt after one was found dead.
const DOUBT: Duration = Duration::from_secs(60);
/// All are found useless at most so often.
const DISCARD_AGAIN: Duration = Duration::from_millis(500);
/// How long a statement waits for a connection.
pub(super) const ACQUIRE: Duration = Duration::from_secs(10);
/// Connections are replaced after this time, so that a change of addresses behind a name is followed.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// A commit answered is a commit on disk, whatever the server's, the database's or the role's setting; what is stricter stays. And what a
/// node began and cannot end, because its connection is dead without the server's knowing, does not lock rows for ever.
const SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write'); \
     SELECT set_config('idle_in_transaction_session_timeout', '30s', false) \
     WHERE current_setting('idle_in_transaction_session_timeout') = '0'";

/// What is known about connections that went wrong, shared by all of a store.
#[derive(Clone, Debug)]
pub(super) struct Doubt(Arc<State>);

#[derive(Debug)]
struct State {
    began: Instant,
    /// Connections are tried before each use until then, because one did not answer. In milliseconds since `began`.
    until: AtomicU64,
    /// Connections made before that are closed rather than used. In milliseconds since `began`.
    useless_before: AtomicU64,
    /// Raised when connections were lost, or another server may be the primary.
    losses: watch::Sender<u64>,
}

impl Default for Doubt {
    fn default() -> Self {
        Self(Arc::new(State {
            began: Instant::now(),
            until: AtomicU64::new(0),
            useless_before: AtomicU64::new(0),
            losses: watch::Sender::new(0),
        }))
    }
}

impl Doubt {
    /// A connection did not answer.
    pub(super) fn raise(&self) {
        let until = self.0.began.elapsed() + DOUBT;
        self.0.until.store(millis(until), Ordering::Relaxed);
        self.look();
    }

    /// All connections that exist are of no use: their server takes no writes any more, or it is gone.
    pub(super) fn discard(&self) {
        let (now, before) = (millis(self.0.began.elapsed()), self.0.useless_before.load(Ordering::Relaxed));
        // Not with each error of many at once: what was made since is new.
        if before == 0 || now >= before + millis(DISCARD_AGAIN) {
            self.0.useless_before.store(now.max(1), Ordering::Relaxed);
            self.look();
        }
    }

    /// Has whoever waits for losses look which server to use.
    pub(super) fn look(&self) {
        self.0.losses.send_modify(|losses| *losses += 1);
    }

    /// Tells of losses from now on.
    pub(super) fn losses(&self) -> watch::Receiver<u64> {
        self.0.losses.subscribe()
    }

    fn is_raised(&self) -> bool {
        self.0.began.elapsed() < Duration::from_millis(self.0.until.load(Ordering::Relaxed))
    }

    /// Whether a connection of this age was made before all were found useless.
    fn is_useless(&self, age: Duration) -> bool {
        let made = self.0.began.elapsed().saturating_sub(age);
        millis(made) < self.0.useless_before.load(Ordering::Relaxed)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
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

/// A pool of connections to this server.
pub(super) async fn connect(server: &Server, doubt: &Doubt) -> Result<DatabaseConnection, DbErr> {
    // The URL is not that of the server: sea-orm writes it to the log at level `trace`.
    let mut options = ConnectOptions::new("postgres://server.of.its.own.options/");
    let (postgres, doubt) = (server.options.clone(), doubt.clone());
    options
        .sqlx_logging(false)
        .acquire_timeout(ACQUIRE)
        .max_connections(MOST)
        .min_connections(1)
        .max_lifetime(LIFETIME)
        // Ours has a limit.
        .test_before_acquire(false)
        .map_sqlx_postgres_opts(move |_| postgres.clone())
        .map_sqlx_postgres_pool_opts(move |pool| keep(pool, &doubt));
    Database::connect(options).await
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
            if doubt.is_useless(about.age) {
                return Ok(false);
            }
            if about.idle_for >= IDLE || doubt.is_raised() {
                return takes_writes(connection, &doubt).await;
            }
            Ok(true)
        })
    })
    // The pool tries each connection that comes back, and waits for the answer without end.
    .after_release(move |connection, about| {
        let doubt = releasing.clone();
        Box::pin(async move {
            if doubt.is_useless(about.age) {
                return Ok(false);
            }
            if doubt.is_raised() {
                return takes_writes(connection, &doubt).await;
            }
            Ok(true)
        })
    })
}

/// Whether a connection works and leads to a server that takes writes: one that became a standby keeps its connections.
async fn takes_writes(connection: &mut PgConnection, doubt: &Doubt) -> Result<bool, sqlx::Error> {
    match timeout(ANSWER, is_read_only(connection)).await {
        Ok(Ok(false)) => Ok(true),
        Ok(Ok(true)) => {
            doubt.discard();
            Ok(false)
        }
        Ok(Err(error)) => {
            doubt.look();
            Err(error)
        }
        Err(_) => {
            doubt.raise();
            Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL does not answer").into())
        }
    }
}

/// Whether the server refuses writes: a standby, or one that was set so. It is asked as the drivers of libpq ask for `read-write`.
pub(super) async fn is_read_only(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    Ok(show(connection, "SHOW transaction_read_only").await? == "on")
}

/// The first value of an answer, as text. It is asked without a prepared statement, which a pool between may not know.
pub(super) async fn show(connection: &mut PgConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    let row = sqlx::raw_sql(sql).fetch_one(connection).await?;
    row.try_get_unchecked(0)
}
