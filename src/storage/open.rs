//! Opens a database: SQLite with a write-ahead log and full durability, or PostgreSQL.

use std::{path::Path, sync::Arc, time::Duration};

use migrations::TABLES;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    sqlx::{Connection, sqlite::SqliteJournalMode},
};
use tokio_util::task::AbortOnDropHandle;

pub use crate::storage::open_error::OpenError;
use crate::{
    storage::{
        DatabaseUrl, PostgresUrl, Store, StoreError,
        catalogue_revision::CatalogueRevision,
        connection_settings::{BUSY, PRAGMAS, SQLITE_STATEMENTS},
        connections::Connections,
        database_clock::DatabaseClock,
        limit::{TimeLimit, WatchedFile},
        migrate::bring_up_to_date,
        postgres::{self, ConnectionSuspect},
        primary::{ServerError, Servers},
        raw_sql::statement,
        server_error::{explain, explain_code},
        sqlite_connection::SqliteConnection,
        sqlite_content,
        sqlite_file::{self, FileError, OpenFile},
        statement_counts::StatementCounts,
        transaction::Pool,
    },
    vault::Vault,
};

/// The time limit of a journal transaction on PostgreSQL.
pub const PATIENCE: Duration = Duration::from_secs(30);

impl Store {
    /// Connects, and applies migrations if `migrate` is true.
    pub async fn open(url: &DatabaseUrl, vault: Vault, migrate: bool) -> Result<Self, OpenError> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_file(path, vault, migrate).await,
            DatabaseUrl::Postgres(url) => Self::open_server(url, vault, migrate, false).await,
        }
    }

    /// Connects to a server and applies migrations, also if the database has only a part of the rows that are copied into it.
    pub(super) async fn open_incomplete(url: &PostgresUrl, vault: Vault) -> Result<Self, OpenError> {
        Self::open_server(url, vault, true, true).await
    }

    async fn open_file(path: &Path, vault: Vault, migrate: bool) -> Result<Self, OpenError> {
        let failed = |cause: String| OpenError::File {
            path: path.display().to_string(),
            cause,
        };
        let refused = |error: FileError| failed(error.to_string());
        let file = sqlite_file::prepare(path).map_err(refused)?;
        sqlite_content::check(&file).await.map_err(refused)?;
        let write = connect_sqlite(&file, 1).await.map_err(|error| failed(explain(&error)))?;
        let read = connect_sqlite(&file, 8).await.map_err(|error| failed(explain(&error)))?;
        bring_up_to_date(&write, None, migrate).await?;
        let counts = Arc::new(StatementCounts::default());
        let direct = SqliteConnection::open(&file, counts.clone()).map_err(|error| failed(explain(&error)))?;
        let file = OpenFile::new(&file).map_err(|error| failed(error.to_string()))?;
        let file = Arc::new(file);
        let limit = TimeLimit::File(WatchedFile::new(file.clone()));
        let (read, write) = (Connections::Pool(read), Connections::Pool(write));
        let store = Self::of(read, write, limit, counts, ConnectionSuspect::default(), None, vault);
        Ok(Self {
            file: Some(file),
            direct: Some(Arc::new(direct)),
            ..store
        })
    }

    async fn open_server(url: &PostgresUrl, vault: Vault, migrate: bool, may_be_incomplete: bool) -> Result<Self, OpenError> {
        let (servers, suspect) = (Servers::new(url)?, ConnectionSuspect::default());
        servers.choose().await?;
        servers.check().await?;
        let server = servers.current();
        let pool = postgres::connect(server, &suspect)
            .await
            .map_err(|error| ServerError::Connect(format!("{}: {}", server.name, explain(&error))))?;
        match bring_up_to_date(&pool, Some(server), migrate).await {
            Err(OpenError::Incomplete) if may_be_incomplete => {}
            other => other?,
        }
        let follower = servers
            .has_several()
            .then(|| AbortOnDropHandle::new(servers.clone().follow(pool.get_postgres_connection_pool().clone(), suspect.clone())));
        let limit = TimeLimit::Server(PATIENCE / 3, suspect.clone());
        let connections = Connections::Pool(pool);
        let store = Self::of(connections.clone(), connections, limit, Arc::default(), suspect, follower, vault);
        store
            .read_database_clock()
            .await
            .map_err(|error| OpenError::Unreadable(error.to_string()))?;
        if migrate {
            store.prepare_partitions().await?;
        }
        Ok(store)
    }

    pub(super) fn of(
        mut read: Connections,
        mut write: Connections,
        limit: TimeLimit,
        counts: Arc<StatementCounts>,
        suspect: ConnectionSuspect,
        follower: Option<AbortOnDropHandle<()>>,
        vault: Vault,
    ) -> Self {
        for connections in [&mut read, &mut write] {
            connections.count_statements(&counts);
        }
        Self {
            read: Pool::for_reads(read, limit.clone()),
            write: Pool::for_writes(write, limit),
            direct: None,
            file: None,
            vault,
            counts,
            revocations: Arc::default(),
            catalogue: CatalogueRevision::default(),
            suspect,
            clock: DatabaseClock::default(),
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
                .statement_cache_capacity(SQLITE_STATEMENTS);
            PRAGMAS.into_iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    Database::connect(options).await
}
