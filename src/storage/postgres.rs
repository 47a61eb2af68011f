//! Connections to PostgreSQL: their settings, and the detection of dead ones.

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

use crate::storage::postgres_url::Server;

/// The maximum number of connections of a process.
const MOST: u32 = 20;
/// A connection that was idle for longer than this is tested before use.
const IDLE: Duration = Duration::from_secs(1);
/// The time limit of that test. If the network drops all packets, the answer never comes.
const ANSWER: Duration = Duration::from_secs(2);
/// How long all connections are tested before use after one of them timed out.
const SUSPECT_FOR: Duration = Duration::from_secs(60);
/// The minimum time between two discards of all connections.
const DISCARD_AGAIN: Duration = Duration::from_millis(500);
/// How long a statement waits for a free connection.
pub(super) const ACQUIRE: Duration = Duration::from_secs(10);
/// The maximum age of a connection. Replacing connections follows changes of the DNS name's addresses.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Session settings. A commit is reported only when it is on disk, whatever the server, the database or the role is set to; a stricter
/// setting is kept. A transaction of a node whose connection is dead, which the server may not notice, is ended after 30 s so that it does
/// not hold locks forever.
const SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write'); \
     SELECT set_config('idle_in_transaction_session_timeout', '30s', false) \
     WHERE current_setting('idle_in_transaction_session_timeout') = '0'";

/// What is known about broken connections. Shared by all connections of a store.
#[derive(Clone, Debug)]
pub(super) struct ConnectionSuspect(Arc<State>);

#[derive(Debug)]
struct State {
    began: Instant,
    /// Until this time connections are tested before each use, because one did not answer. In milliseconds since `began`.
    until: AtomicU64,
    /// Connections opened before this time are closed instead of used. In milliseconds since `began`.
    useless_before: AtomicU64,
    /// Signals that connections were lost, or that another server may be the primary.
    losses: watch::Sender<u64>,
}

impl Default for ConnectionSuspect {
    fn default() -> Self {
        Self(Arc::new(State {
            began: Instant::now(),
            until: AtomicU64::new(0),
            useless_before: AtomicU64::new(0),
            losses: watch::Sender::new(0),
        }))
    }
}

impl ConnectionSuspect {
    /// Records that a connection did not answer.
    pub(super) fn raise(&self) {
        let until = self.0.began.elapsed() + SUSPECT_FOR;
        self.0.until.store(millis(until), Ordering::Relaxed);
        self.recheck();
    }

    /// Marks all existing connections as unusable: their server is gone, or does not accept writes any more.
    pub(super) fn discard(&self) {
        let (now, before) = (millis(self.0.began.elapsed()), self.0.useless_before.load(Ordering::Relaxed));
        // When many statements fail at once, only the first one discards: connections opened since then are new.
        if before == 0 || now >= before + millis(DISCARD_AGAIN) {
            self.0.useless_before.store(now.max(1), Ordering::Relaxed);
            self.recheck();
        }
    }

    /// Notifies subscribers, so that they check which server to use.
    pub(super) fn recheck(&self) {
        self.0.losses.send_modify(|losses| *losses += 1);
    }

    /// Subscribes to lost connections.
    pub(super) fn losses(&self) -> watch::Receiver<u64> {
        self.0.losses.subscribe()
    }

    fn is_suspect(&self) -> bool {
        self.0.began.elapsed() < Duration::from_millis(self.0.until.load(Ordering::Relaxed))
    }

    /// Whether a connection of this age was opened before the last discard.
    fn is_useless(&self, age: Duration) -> bool {
        let made = self.0.began.elapsed().saturating_sub(age);
        millis(made) < self.0.useless_before.load(Ordering::Relaxed)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Opens a pool of connections to this server.
pub(super) async fn connect(server: &Server, suspect: &ConnectionSuspect) -> Result<DatabaseConnection, DbErr> {
    // A placeholder instead of the real URL, because sea-orm logs it at level `trace`.
    let mut options = ConnectOptions::new("postgres://server.of.its.own.options/");
    let (postgres, suspect) = (server.options.clone(), suspect.clone());
    options
        .sqlx_logging(false)
        .acquire_timeout(ACQUIRE)
        .max_connections(MOST)
        .min_connections(1)
        .max_lifetime(LIFETIME)
        // `before_acquire` below tests connections with a time limit.
        .test_before_acquire(false)
        .map_sqlx_postgres_opts(move |_| postgres.clone())
        .map_sqlx_postgres_pool_opts(move |pool| with_tests(pool, &suspect));
    Database::connect(options).await
}

fn with_tests(pool: PoolOptions<Postgres>, suspect: &ConnectionSuspect) -> PoolOptions<Postgres> {
    let (acquiring, releasing) = (suspect.clone(), suspect.clone());
    pool.after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute(SETTINGS).await?;
            Ok(())
        })
    })
    // Testing before each statement would double the round trips. A broken connection is detected by the next statement.
    .before_acquire(move |connection, about| {
        let suspect = acquiring.clone();
        Box::pin(async move {
            if suspect.is_useless(about.age) {
                return Ok(false);
            }
            if about.idle_for >= IDLE || suspect.is_suspect() {
                return accepts_writes(connection, &suspect).await;
            }
            Ok(true)
        })
    })
    // The pool itself tests each returned connection without a time limit, so a dead one must be removed before that.
    .after_release(move |connection, about| {
        let suspect = releasing.clone();
        Box::pin(async move {
            if suspect.is_useless(about.age) {
                return Ok(false);
            }
            if suspect.is_suspect() {
                return accepts_writes(connection, &suspect).await;
            }
            Ok(true)
        })
    })
}

/// Whether a connection works and its server accepts writes. A primary that becomes a standby keeps its connections open.
async fn accepts_writes(connection: &mut PgConnection, suspect: &ConnectionSuspect) -> Result<bool, sqlx::Error> {
    match timeout(ANSWER, is_read_only(connection)).await {
        Ok(Ok(false)) => Ok(true),
        Ok(Ok(true)) => {
            suspect.discard();
            Ok(false)
        }
        Ok(Err(error)) => {
            suspect.recheck();
            Err(error)
        }
        Err(_) => {
            suspect.raise();
            Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL does not answer").into())
        }
    }
}

/// Whether the server rejects writes because it is a standby or set read-only. libpq checks `target_session_attrs=read-write` in the same
/// way.
pub(super) async fn is_read_only(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    Ok(show(connection, "SHOW transaction_read_only").await? == "on")
}

/// The first value of the result, as text. Uses no prepared statement, which a connection pooler may not support.
pub(super) async fn show(connection: &mut PgConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    let row = sqlx::raw_sql(sql).fetch_one(connection).await?;
    row.try_get_unchecked(0)
}
