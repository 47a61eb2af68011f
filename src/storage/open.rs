//! Opening a database: SQLite with a write-ahead log and full durability, or PostgreSQL.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use migrations::Migrator;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    sqlx::{Connection, sqlite::SqliteJournalMode},
};
use sea_orm_migration::MigratorTrait;
use thiserror::Error;

use crate::{
    storage::{
        Counts, DatabaseUrl, Store, StoreError,
        bulk::STATEMENTS,
        postgres::{self, Doubt},
        transaction::WritePool,
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
const CONNECT: Duration = Duration::from_secs(10);
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
    /// The server cannot be reached, or refuses.
    #[error("cannot connect to PostgreSQL at {server}: {cause}")]
    Server {
        /// Host, port and database.
        server: String,
        /// Why.
        cause: String,
    },
    /// The server lets nobody write.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database up to date: {0}")]
    Migrate(DbErr),
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
        let doubt = Doubt::default();
        let (mut read, write) = match url {
            DatabaseUrl::Sqlite(path) => {
                let file = |error: DbErr| OpenError::File {
                    path: path.display().to_string(),
                    cause: brief(&error),
                };
                let write = connect_sqlite(path, 1).await.map_err(file)?;
                (connect_sqlite(path, 8).await.map_err(file)?, write)
            }
            DatabaseUrl::Postgres(text) => {
                let mut options = options(text);
                postgres::configure(&mut options, doubt.clone());
                let server = |error: DbErr| OpenError::Server {
                    server: url.to_string(),
                    cause: brief(&error),
                };
                let pool = Database::connect(options).await.map_err(server)?;
                (pool.clone(), pool)
            }
        };
        bring_up_to_date(&write, migrate).await?;
        let counts = Arc::new(Counts::default());
        let mut write = WritePool::new(write);
        for pool in [&mut read, write.pool_mut()] {
            let counts = counts.clone();
            pool.set_metric_callback(move |_| {
                counts.statements.fetch_add(1, Ordering::Relaxed);
            });
        }
        Ok(Self {
            read,
            write,
            file: match url {
                DatabaseUrl::Sqlite(path) => Some(path.as_path().into()),
                DatabaseUrl::Postgres(_) => None,
            },
            vault,
            counts,
            revocations: Arc::default(),
            doubt,
            patience: PATIENCE,
        })
    }

    /// Makes sure that the database can be written, so that a service does not begin what it cannot do.
    pub async fn check_writable(&self) -> Result<(), OpenError> {
        let wrote = async {
            // A file that may only be read lets a transaction begin.
            let transaction = self.begin().await?;
            transaction
                .execute_unprepared("UPDATE revisions SET webhooks = webhooks WHERE id = 1")
                .await?;
            Ok::<_, StoreError>(())
        };
        match (wrote.await, &self.file) {
            (Ok(()), _) => Ok(()),
            (Err(error), Some(file)) => Err(OpenError::File {
                path: file.display().to_string(),
                cause: brief(&error),
            }),
            (Err(error), None) => Err(OpenError::Unwritable(brief(&error))),
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

async fn connect_sqlite(path: &std::path::Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = options(&format!("sqlite://{}?mode=rwc", path.display()));
    options
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
        .map_sqlx_sqlite_opts(|sqlite| {
            let sqlite = sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(BUSY)
                .statement_cache_capacity(STATEMENTS);
            PRAGMAS.into_iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    Database::connect(options).await
}

fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).connect_timeout(CONNECT).acquire_timeout(CONNECT);
    options
}

async fn bring_up_to_date(connection: &DatabaseConnection, migrate: bool) -> Result<(), OpenError> {
    let known: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let applied = match Migrator::get_migration_models(connection).await {
        Ok(applied) => applied,
        Err(_) if migrate => Vec::new(),
        Err(_) => return Err(OpenError::Outdated),
    };
    if let Some(newer) = applied.iter().find(|row| !known.contains(&row.version)) {
        return Err(OpenError::Newer(newer.version.clone()));
    }
    if applied.len() == known.len() {
        return Ok(());
    }
    if !migrate {
        return Err(OpenError::Outdated);
    }
    Migrator::up(connection, None).await.map_err(OpenError::Migrate)?;
    // The planner knows new tables only after a look at them; on both databases this is quick when they are empty.
    connection.execute_unprepared("ANALYZE").await.map_err(OpenError::Migrate)?;
    Ok(())
}

/// The innermost cause, which is the one that says what is wrong.
fn brief(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string().lines().next().unwrap_or_default().to_owned()
}
