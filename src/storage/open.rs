//! Opening a database: SQLite with a write-ahead log and full durability, or PostgreSQL.

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
        bulk::{STATEMENTS, statement},
        limit::Limit,
        migrate::bring_up_to_date,
        postgres::{self, Doubt},
        primary::{ServerError, Servers},
        server_error::{explain, explain_code},
        sqlite_file::{self, FileError, OpenFile},
        transaction::Pool,
    },
    vault::Vault,
};

/// What every connection to SQLite sets besides its journal.
pub(super) const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "FULL"),
    ("foreign_keys", "ON"),
    ("trusted_schema", "OFF"),
    // In KiB, when negative.
    ("cache_size", "-16000"),
    // The log is folded beside the writer; a commit does it only when that does not keep up.
    ("wal_autocheckpoint", "16000"),
];

/// How long a write waits for another process (the command line beside the server) to finish its own.
pub(super) const BUSY: Duration = Duration::from_secs(10);
/// How long a group of the journal may take on PostgreSQL before it is given up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Why a database cannot be opened. Passwords in the URL are never part of the text.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder cannot be used.
    #[error("cannot open the database file {path}: {cause}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        cause: String,
    },
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server lets nobody write.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// The database cannot be asked which schema it has.
    #[error("the database cannot be read: {0}")]
    Unreadable(String),
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database up to date: {0}")]
    Migrate(String),
    /// The database was migrated by a newer clearhook.
    #[error("the database was made by a newer clearhook (it has the migration {0}); use that version, or an older backup")]
    Newer(String),
    /// `--no-migrate` was given, and the schema is old.
    #[error("the database is not up to date; run `clearhook migrate` first, or leave out --no-migrate")]
    Outdated,
}

impl Store {
    /// Connects, and brings the schema up to date when `migrate` is true.
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
        let limit = Limit::File(Arc::default());
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
        file: Option<OpenFile>,
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
            file: file.map(Arc::new),
            vault,
            counts,
            revocations: Arc::default(),
            doubt,
            patience: PATIENCE,
            follower: follower.map(Arc::new),
        }
    }

    /// Makes sure that the database can be written, so that a service does not begin what it cannot do.
    pub async fn check_writable(&self) -> Result<(), OpenError> {
        let wrote = async {
            // A file that may only be read lets a transaction begin.
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

    /// Undoes all migrations: the tests of them need it.
    pub async fn undo_migrations(&self) -> Result<(), StoreError> {
        Ok(Migrator::down(self.write.pool(), None).await?)
    }

    /// Does all migrations.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(Migrator::up(self.write.pool(), None).await?)
    }
}

/// Finds a table that this role may not use in full.
fn missing_right() -> String {
    let rights = ["SELECT", "INSERT", "UPDATE", "DELETE"].map(|right| format!("has_table_privilege(oid, '{right}')"));
    format!(
        "SELECT relname::text AS name FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest(ARRAY['{}']) AS name) AND NOT ({}) LIMIT 1",
        TABLES.join("', '"),
        rights.join(" AND ")
    )
}

async fn connect_sqlite(path: &Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    // The path is given as it is, not as a part of a URL, where `%`, `?` and `#` mean something.
    let mut options = ConnectOptions::new("sqlite://file.of.its.own.options");
    let file = path.to_owned();
    options
        .sqlx_logging(false)
        .acquire_timeout(postgres::ACQUIRE)
        .max_connections(connections)
        .min_connections(1)
        // When a commit fails because the disk is full, SQLite ends the transaction and sqlx still counts one as open: what came
        // after it would be a part of that, "committed" and never stored. Such a connection is closed.
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    // Its answer comes after a rollback that is under way.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        })
        // There is no network between this and the file that could be lost.
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .filename(&file)
                // A file that is deleted while the service runs is not replaced by an empty one.
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(BUSY)
                .statement_cache_capacity(STATEMENTS);
            PRAGMAS.into_iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    Database::connect(options).await
}
