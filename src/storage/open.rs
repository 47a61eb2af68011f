//! Opens a database: SQLite with a write-ahead log and full durability, or PostgreSQL.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use migrations::{Migrator, TABLES};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    sqlx::{Connection, sqlite::SqliteJournalMode},
};
use sea_orm_migration::MigratorTrait;
use thiserror::Error;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    storage::{
        Counts, DatabaseUrl, PostgresUrl, Store, StoreError,
        batch_insert::{STATEMENTS, statement},
        limit::{Limit, WatchedFile},
        migrate::bring_up_to_date,
        postgres::{self, Doubt},
        primary::{ServerError, Servers},
        server_error::{explain, explain_code},
        sqlite_file::{self, FileError, OpenFile},
        transaction::Pool,
    },
    vault::Vault,
};

/// Settings of every SQLite connection, besides the journal mode.
pub(super) const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "FULL"),
    ("foreign_keys", "ON"),
    ("trusted_schema", "OFF"),
    // In KiB if negative.
    ("cache_size", "-16000"),
    // A background task checkpoints the log. A commit does it only if that falls behind.
    ("wal_autocheckpoint", "16000"),
];

/// How long a write waits for a lock of another process, such as a command that runs beside the server.
pub(super) const BUSY: Duration = Duration::from_secs(10);
/// The time limit of a journal transaction on PostgreSQL.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Why a database cannot be opened. The messages never contain passwords of the URL.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its directory cannot be used.
    #[error("cannot open the database file {path}: {cause}")]
    File {
        /// The path of the file.
        path: String,
        /// The cause.
        cause: String,
    },
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The database is read-only for this user.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// The version of the schema cannot be read.
    #[error("the database cannot be read: {0}")]
    Unreadable(String),
    /// The migrations cannot be applied.
    #[error("cannot apply the database migrations: {0}")]
    Migrate(String),
    /// The database was migrated by a newer clearhook.
    #[error("the database was migrated by a newer clearhook (it has the migration {0}); use that version, or an older backup")]
    Newer(String),
    /// The schema is outdated and `--no-migrate` was given.
    #[error("the database is not up to date; run `clearhook migrate` first, or remove --no-migrate")]
    Outdated,
}

impl Store {
    /// Connects, and applies migrations if `migrate` is true.
    pub async fn open(url: &DatabaseUrl, vault: Vault, migrate: bool) -> Result<Self, OpenError> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_file(path, vault, migrate).await,
            DatabaseUrl::Postgres(url) => Self::open_server(url, vault, migrate).await,
        }
    }

    async fn open_file(path: &Path, vault: Vault, migrate: bool) -> Result<Self, OpenError> {
        let failed = |cause: String| OpenError::File {
            path: path.display().to_string(),
            cause,
        };
        let file = sqlite_file::prepare(path).map_err(|error: FileError| failed(error.to_string()))?;
        let write = connect_sqlite(&file, 1).await.map_err(|error| failed(explain(&error)))?;
        let read = connect_sqlite(&file, 8).await.map_err(|error| failed(explain(&error)))?;
        bring_up_to_date(&write, None, migrate).await?;
        let file = OpenFile::new(&file).map_err(|error| failed(error.to_string()))?;
        let file = Arc::new(file);
        let limit = Limit::File(WatchedFile::new(file.clone()));
        Ok(Self::of(read, write, limit, Doubt::default(), Some(file), None, vault))
    }

    async fn open_server(url: &PostgresUrl, vault: Vault, migrate: bool) -> Result<Self, OpenError> {
        let (servers, doubt) = (Servers::new(url)?, Doubt::default());
        servers.choose().await?;
        servers.check().await?;
        let server = servers.current();
        let pool = postgres::connect(server, &doubt)
            .await
            .map_err(|error| ServerError::Connect(format!("{}: {}", server.name, explain(&error))))?;
        bring_up_to_date(&pool, Some(server), migrate).await?;
        let follower = servers
            .has_several()
            .then(|| AbortOnDropHandle::new(servers.clone().follow(pool.get_postgres_connection_pool().clone(), doubt.clone())));
        let limit = Limit::Server(PATIENCE / 3, doubt.clone());
        Ok(Self::of(pool.clone(), pool, limit, doubt, None, follower, vault))
    }

    fn of(
        mut read: DatabaseConnection,
        mut write: DatabaseConnection,
        limit: Limit,
        doubt: Doubt,
        file: Option<Arc<OpenFile>>,
        follower: Option<AbortOnDropHandle<()>>,
        vault: Vault,
    ) -> Self {
        let counts = Arc::new(Counts::default());
        for pool in [&mut read, &mut write] {
            let counts = counts.clone();
            pool.set_metric_callback(move |_| {
                counts.statements.fetch_add(1, Ordering::Relaxed);
            });
        }
        Self {
            read: Pool::for_reads(read, limit.clone()),
            write: Pool::for_writes(write, limit),
            file,
            vault,
            counts,
            revocations: Arc::default(),
            doubt,
            patience: PATIENCE,
            follower: follower.map(Arc::new),
        }
    }

    /// Checks that the database can be written, so that a service that cannot store anything does not start.
    pub async fn check_writable(&self) -> Result<(), OpenError> {
        let wrote = async {
            // `BEGIN` succeeds even on a read-only file, so a statement must be executed.
            let transaction = self.begin().await?;
            transaction
                .execute_unprepared("UPDATE revisions SET webhooks = webhooks WHERE id = 1")
                .await?;
            if self.is_shared()
                && let Some(row) = transaction.query_one_raw(statement(self.backend(), &missing_right(), [])).await?
            {
                return Ok(row.try_get("", "name").map(Some)?);
            }
            Ok::<Option<String>, StoreError>(None)
        };
        match (wrote.await, &self.file) {
            (Ok(None), _) => Ok(()),
            (Ok(Some(table)), _) => Err(OpenError::Unwritable(explain_code(
                "42501",
                &format!("permission denied for table {table}"),
            ))),
            (Err(error), Some(file)) => Err(OpenError::File {
                path: file.path().display().to_string(),
                cause: error.brief(),
            }),
            (Err(error), None) => Err(OpenError::Unwritable(error.brief())),
        }
    }

    /// Reverts all migrations, for tests.
    pub async fn undo_migrations(&self) -> Result<(), StoreError> {
        Ok(Migrator::down(self.write.pool(), None).await?)
    }

    /// Applies all migrations.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(Migrator::up(self.write.pool(), None).await?)
    }
}

/// SQL that finds a table on which this role lacks a permission.
fn missing_right() -> String {
    let rights = ["SELECT", "INSERT", "UPDATE", "DELETE"].map(|right| format!("has_table_privilege(oid, '{right}')"));
    format!(
        "SELECT relname::text AS name FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest(ARRAY['{}']) AS name) AND NOT ({}) LIMIT 1",
        TABLES.join("', '"),
        rights.join(" AND ")
    )
}

async fn connect_sqlite(path: &Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    // The path is set as an option and not as a part of the URL, where `%`, `?` and `#` have a meaning.
    let mut options = ConnectOptions::new("sqlite://file.of.its.own.options");
    let file = path.to_owned();
    options
        .sqlx_logging(false)
        .acquire_timeout(postgres::ACQUIRE)
        .max_connections(connections)
        .min_connections(1)
        // If a commit fails because the disk is full, SQLite ends the transaction, but sqlx still counts it as open. Later transactions
        // on the connection would be treated as parts of it: reported as committed, but never stored. So the connection is closed.
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    // The ping is answered only after a rollback that is in progress.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        })
        // There is no network between the process and the file, so a connection cannot break.
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .filename(&file)
                // A file that was deleted while the service runs must not be replaced by an empty one.
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(BUSY)
                .statement_cache_capacity(STATEMENTS);
            PRAGMAS.into_iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    Database::connect(options).await
}
