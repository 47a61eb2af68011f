//! Applies migrations. On PostgreSQL an advisory lock ensures that only one node does it, because several may start at once on an empty
//! database.

use std::time::Duration;

use migrations::Migrator;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::{ConnectOptions, Connection, PgConnection},
};
use sea_orm_migration::MigratorTrait;
use tokio::time::{Instant, sleep};

use crate::storage::{
    error::StoreError,
    open_error::OpenError,
    postgres::show,
    postgres_url::Server,
    primary::ServerError,
    server_error::{code_of, explain_driver},
};

/// How long to wait for the migration of another node.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// The beginning of a version in the list of migrations that marks the target of a copy that is not complete (`storage::copy`). It is in this
/// list because every start reads it, also that of an earlier version, which takes it for a later migration and refuses to start.
pub(super) const COPYING: &str = "copy_in_progress:";
const PAUSE: Duration = Duration::from_millis(100);
/// How often migrations are applied again after deadlocks.
const DEADLOCKS_MAX: u32 = 20;
/// PostgreSQL's code of a deadlock (`deadlock_detected`).
const DEADLOCK: &str = "40P01";
/// The number of the advisory lock is "clearhoo" in ASCII.
const TAKE: &str = "SELECT pg_try_advisory_lock(7164212576445296495)::text";
const FREE: &str = "SELECT pg_advisory_unlock(7164212576445296495)::text";

/// Applies missing migrations, or fails if that is not allowed. Needs no permission to change the schema if it is up to date.
pub(super) async fn bring_up_to_date(connection: &DatabaseConnection, server: Option<&Server>, migrate: bool) -> Result<(), OpenError> {
    if is_up_to_date(connection).await? {
        return Ok(());
    }
    if !migrate {
        return Err(OpenError::Outdated);
    }
    let lock = match server {
        Some(server) => Some(MigrationLock::take(server).await?),
        None => None,
    };
    // Another node may have applied them while this one waited for the lock.
    let done = match is_up_to_date(connection).await {
        Ok(true) => Ok(()),
        Ok(false) => migrate_now(connection).await,
        Err(error) => Err(error),
    };
    if let Some(lock) = lock {
        lock.free().await;
    }
    done
}

async fn migrate_now(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let failed = |error: DbErr| {
        OpenError::Migrate(format!(
            "{}; correct the cause and start clearhook again",
            StoreError::Database(error).brief()
        ))
    };
    apply::<Migrator>(connection).await.map_err(failed)?;
    // The planner needs statistics of new tables. This is quick on both databases while the tables are empty.
    connection.execute_unprepared("ANALYZE").await.map_err(failed)?;
    tracing::info!("the migrations were applied; the database schema is up to date");
    Ok(())
}

/// Applies migrations. Nodes of the previous version work meanwhile, and a deadlock with one of them ends one of both
/// transactions: then the migrations are applied again.
pub(super) async fn apply<M: MigratorTrait>(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let mut deadlocks = 0;
    loop {
        match M::up(connection, None).await {
            Err(error) if deadlocks < DEADLOCKS_MAX && code_of(&error).is_some_and(|code| code == DEADLOCK) => {
                deadlocks += 1;
                tracing::info!("the migrations and a running node waited for each other; the migrations are applied again");
                sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// Whether all migrations are applied. Reads only; sea-orm's own check would create its table first.
pub(super) async fn is_up_to_date(connection: &DatabaseConnection) -> Result<bool, OpenError> {
    let known: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let backend = connection.get_database_backend();
    let sql = Statement::from_string(backend, "SELECT version FROM seaql_migrations ORDER BY version");
    let rows = match connection.query_all_raw(sql).await {
        Ok(rows) => rows,
        Err(error) if is_missing_table(backend, &error) => return Ok(false),
        Err(error) => return Err(OpenError::Unreadable(StoreError::Database(error).brief())),
    };
    let applied: Result<Vec<String>, DbErr> = rows.iter().map(|row| row.try_get("", "version")).collect();
    let applied = applied.map_err(|error| OpenError::Unreadable(StoreError::Database(error).brief()))?;
    if applied.iter().any(|version| version.starts_with(COPYING)) {
        return Err(OpenError::Incomplete);
    }
    let Some(newer) = applied.iter().find(|version| !known.contains(version)) else {
        return Ok(applied.len() == known.len());
    };
    if known.iter().all(|version| applied.contains(version)) && works_with(connection, applied.last(), &known).await {
        tracing::warn!("the database was migrated by a newer clearhook, whose schema this version can use; finish the upgrade");
        return Ok(true);
    }
    Err(OpenError::Newer(newer.clone()))
}

/// Whether the newest migration says that a version that knows these migrations can use the schema, so that nodes of the previous version can be
/// started again during an upgrade. A migration that says nothing needs its own version.
async fn works_with(connection: &DatabaseConnection, newest: Option<&String>, known: &[String]) -> bool {
    let sql = "SELECT migrated_to, requires FROM revisions WHERE id = 1";
    let row = connection
        .query_one_raw(Statement::from_string(connection.get_database_backend(), sql))
        .await;
    let Ok(Some(row)) = row else { return false };
    let text = |column| row.try_get::<Option<String>>("", column).ok().flatten();
    newest.is_some() && text("migrated_to").as_ref() == newest && text("requires").is_some_and(|requires| known.contains(&requires))
}

fn is_missing_table(backend: DbBackend, error: &DbErr) -> bool {
    match backend {
        DbBackend::Postgres => code_of(error).is_some_and(|code| code == "42P01"),
        _ => error.to_string().contains("no such table"),
    }
}

/// The advisory lock for migrations. It is held on its own connection, and released when that closes.
struct MigrationLock(PgConnection);

impl MigrationLock {
    async fn take(server: &Server) -> Result<Self, OpenError> {
        let failed = |error| ServerError::Connect(format!("{}: {}", server.name, explain_driver(&error)));
        let mut connection = server.options.connect().await.map_err(failed)?;
        let end = Instant::now() + LONGEST;
        let mut is_logged = false;
        while show(&mut connection, TAKE).await.map_err(failed)? != "true" {
            if !is_logged {
                tracing::info!("another node is migrating the database; waiting for it to finish");
                is_logged = true;
            }
            if Instant::now() > end {
                return Err(OpenError::Migrate(format!(
                    "another node has been migrating the database for {} minutes; wait until it has finished, or end it if it hangs, and start this one again",
                    LONGEST.as_secs() / 60
                )));
            }
            sleep(PAUSE).await;
        }
        Ok(Self(connection))
    }

    async fn free(mut self) {
        // If the connection is lost, the lock is released anyway.
        let _ = show(&mut self.0, FREE).await;
        let _ = self.0.close().await;
    }
}
