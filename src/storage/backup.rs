//! Consistent copies of a SQLite database, and their verification.
//!
//! `VACUUM INTO` reads one snapshot, so a copy contains every transaction that was committed before it began and none in part, and the
//! service goes on writing meanwhile. SQLite's backup API would begin again after each write of another process and never end under load.
//! The copy also contains no deleted rows, which the free pages of the database may still hold.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use migrations::TABLES;
use rustix::fs::statvfs;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait,
    sqlx::sqlite::SqliteJournalMode,
};
use serde_json::json;
use thiserror::Error;

use crate::{
    domain::{audit::AuditAction, timestamp::Timestamp},
    storage::{
        StoreError,
        audit::{self, Actor, Entry},
        connection_settings::BUSY,
        migrate::{bring_up_to_date, is_up_to_date},
        open_error::OpenError,
        raw_sql::statement,
        server_error::{code_of, explain},
        sqlite_content,
        sqlite_file::FileError,
    },
    vault::Fingerprint,
};

/// The table that is added to a copy. It describes the copy and is removed when the copy is restored.
const DESCRIPTION: &str = "clearhook_backup";
/// Room that a restored database needs beyond its own size, for migrations.
const SPARE: u64 = 16 * 1024 * 1024;

/// SQLite's code for a failed write. A limit of file sizes or a quota has it, an ordinary full disk has 13.
const IOERR_WRITE: i32 = 778;

/// What a copy contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// When the copy was begun, and by which version of clearhook. `None` if the file was copied by another program.
    pub made: Option<(Timestamp, String)>,
    /// The number of rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// The master key that its secrets are encrypted with. `None` in a database that was never used.
    pub key: Option<Fingerprint>,
    /// The size of the file, in bytes.
    pub size: u64,
}

impl Contents {
    /// The number of rows of a table.
    pub fn count(&self, table: &str) -> i64 {
        self.rows.get(table).copied().unwrap_or_default()
    }
}

/// Why a copy cannot be made or used. The messages complete a sentence that names the file.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The file is not clearhook's, or damaged.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file belongs to a later version.
    #[error(
        "it was made by a newer clearhook{version} and has the migration {migration}, which this version does not know; restore it with that version"
    )]
    Newer {
        /// The unknown migration.
        migration: String,
        /// The version, such as ` (0.3.0)`, or nothing if it is unknown.
        version: String,
    },
    /// The check of SQLite found errors.
    #[error("it is damaged: {0}; use another backup")]
    Damaged(String),
    /// A table does not have the rows that were counted when the copy was made.
    #[error("the table {table} has {found} rows instead of {expected}; the file was changed or is damaged, use another backup")]
    Rows {
        /// The table.
        table: String,
        /// The number of rows that were counted.
        expected: i64,
        /// The present number.
        found: i64,
    },
    /// Rows that were committed before the copy began are missing.
    #[error(
        "the copy lacks rows of the table {0} that were stored before it began; run the command again, and report this if it happens again"
    )]
    Incomplete(&'static str),
    /// There is a write-ahead log beside the file.
    #[error(
        "there is {0} beside it, so this is a database in use and not a backup, and copying the file alone would lose what the log contains; \
         make a backup with `clearhook backup`"
    )]
    Log(String),
    /// The disk has not enough room.
    #[error("the disk of {place} has {free} MiB free and {needed} MiB are needed; free disk space, or use another disk")]
    Room {
        /// The directory.
        place: String,
        /// Free space in MiB.
        free: u64,
        /// Needed space in MiB.
        needed: u64,
    },
    /// The disk became full.
    #[error("the disk is full, or the file may not become larger; free disk space, or use another disk")]
    Full,
    /// The database reported another error.
    #[error("{0}")]
    Database(String),
}

impl From<DbErr> for BackupError {
    fn from(error: DbErr) -> Self {
        // The low byte is the primary result code, the other bytes extend it.
        let code = code_of(&error).and_then(|code| code.parse::<i32>().ok());
        if code == Some(IOERR_WRITE) {
            return Self::Full;
        }
        match code.map(|code| code & 0xff) {
            Some(11) => FileError::Damaged.into(),
            Some(13) => Self::Full,
            Some(26) => FileError::NotADatabase.into(),
            _ => Self::Database(explain(&error)),
        }
    }
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.brief())
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Newer(migration) => Self::Newer {
                migration,
                version: String::new(),
            },
            other => Self::Database(other.to_string()),
        }
    }
}

/// Copies the database `from` into the empty file `to`, describes the copy in it, and verifies it. The service may be running.
pub async fn copy(from: &Path, to: &Path) -> Result<Contents, BackupError> {
    sqlite_content::check(from).await?;
    let began = Timestamp::now();
    let source = connect(from, Access::Read).await?;
    let before = newest_rows(&source).await?;
    let needed = number(
        &source,
        "SELECT (page_count - freelist_count) * page_size AS n FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    )
    .await?;
    require_room(to, u64::try_from(needed).unwrap_or_default())?;
    let target = to.to_str().ok_or(FileError::NotUtf8)?;
    let copied = source
        .execute_raw(statement(DbBackend::Sqlite, "VACUUM INTO ?", [target.into()]))
        .await;
    source.close().await?;
    copied?;
    let copy = connect(to, Access::Change).await?;
    let described = describe(&copy, began).await;
    copy.close().await?;
    described?;
    let contents = examine(to).await?;
    let copy = connect(to, Access::Read).await?;
    for (table, newest) in before {
        let is_there = exists(&copy, table, newest).await?;
        // Retention and the deletion of a webhook may remove rows, but never the newest one in so short a time.
        if !is_there {
            return Err(BackupError::Incomplete(table));
        }
    }
    copy.close().await?;
    Ok(contents)
}

/// Verifies a copy: its content is clearhook's, of this version or an older one, intact, and complete.
pub async fn examine(path: &Path) -> Result<Contents, BackupError> {
    let log = beside(path, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(BackupError::Log(log.display().to_string()));
    }
    sqlite_content::check(path).await?;
    let size = fs::metadata(path).map_err(FileError::from)?.len();
    if size == 0 {
        return Err(FileError::NotADatabase.into());
    }
    let connection = connect(path, Access::Change).await?;
    let contents = examine_open(&connection, size).await;
    connection.close().await?;
    contents
}

async fn examine_open(connection: &DatabaseConnection, size: u64) -> Result<Contents, BackupError> {
    let described = description(connection).await?;
    is_up_to_date(connection).await.map_err(|error| match (error.into(), &described) {
        (BackupError::Newer { migration, .. }, Some(described)) => BackupError::Newer {
            migration,
            version: format!(" ({})", described.version),
        },
        (error, _) => error,
    })?;
    let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check(1)");
    let found: Option<String> = match connection.query_one_raw(check).await? {
        Some(row) => row.try_get_by_index(0).map(Some)?,
        None => None,
    };
    if found.as_deref() != Some("ok") {
        return Err(BackupError::Damaged(found.unwrap_or_default()));
    }
    let rows = count(connection).await?;
    if let Some(described) = &described {
        for (table, expected) in &described.rows {
            let found = rows.get(table).copied().unwrap_or_default();
            if found != *expected {
                return Err(BackupError::Rows {
                    table: table.clone(),
                    expected: *expected,
                    found,
                });
            }
        }
    }
    let sql = Statement::from_string(DbBackend::Sqlite, "SELECT current FROM master_keys");
    let key = match connection.query_one_raw(sql).await? {
        Some(row) => Some(Fingerprint(row.try_get("", "current")?)),
        None => None,
    };
    Ok(Contents {
        made: described.map(|described| (described.began, described.version)),
        rows,
        key,
        size,
    })
}

/// Makes a verified copy a database for a service: applies migrations, removes its description, ends all sessions, because those that were
/// ended since the copy was made would be valid again, and records the restore in the audit log.
pub async fn make_live(path: &Path, by: &Actor, made: Option<Timestamp>) -> Result<(), BackupError> {
    require_room(path, SPARE)?;
    let connection = connect(path, Access::Change).await?;
    bring_up_to_date(&connection, None, true).await?;
    let transaction = connection.begin().await?;
    transaction
        .execute_unprepared(&format!("DROP TABLE IF EXISTS {DESCRIPTION}"))
        .await?;
    for table in ["sessions", "setup_links"] {
        transaction.execute_unprepared(&format!("DELETE FROM {table}")).await?;
    }
    let entry = Entry::of_server(AuditAction::DatabaseRestored).after(json!({ "backup_of": made }));
    audit::add(&transaction, by, entry, Timestamp::now()).await?;
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// Copies the write-ahead log of a database that no service uses into its file, so that the file alone is complete.
pub async fn fold_log(path: &Path) -> Result<(), BackupError> {
    let connection = connect(path, Access::Write).await?;
    let folded = connection.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await;
    connection.close().await?;
    folded?;
    Ok(())
}

/// The path of a file that SQLite keeps beside a database, such as `-wal`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Checks that the disk of a file has room for this many bytes.
pub fn require_room(file: &Path, needed: u64) -> Result<(), BackupError> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // If the file system does not tell, writing fails when the disk is full.
    let Ok(disk) = statvfs(folder) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free >= needed {
        return Ok(());
    }
    let mebibytes = |bytes: u64| bytes.div_ceil(1024 * 1024);
    Err(BackupError::Room {
        place: folder.display().to_string(),
        free: free / 1024 / 1024,
        needed: mebibytes(needed),
    })
}

enum Access {
    /// Nothing in the file is changed.
    Read,
    /// The file and its log are used as a service uses them.
    Write,
    /// Nobody else uses the file, so it needs no log beside it.
    Change,
}

async fn connect(path: &Path, access: Access) -> Result<DatabaseConnection, BackupError> {
    if path.to_str().is_none() {
        return Err(FileError::NotUtf8.into());
    }
    // The path is set as an option and not as a part of the URL, where `%`, `?` and `#` have a meaning.
    let mut options = ConnectOptions::new("sqlite://file.of.its.own.options");
    let file = path.to_owned();
    options
        .sqlx_logging(false)
        .max_connections(1)
        .min_connections(1)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .filename(&file)
                .create_if_missing(false)
                .busy_timeout(BUSY)
                .pragma("trusted_schema", "OFF");
            match access {
                Access::Read => sqlite.read_only(true),
                Access::Write => sqlite,
                Access::Change => sqlite.journal_mode(SqliteJournalMode::Memory),
            }
        });
    Ok(Database::connect(options).await?)
}

/// What a copy says about itself.
struct Described {
    began: Timestamp,
    version: String,
    rows: BTreeMap<String, i64>,
}

async fn describe(copy: &DatabaseConnection, began: Timestamp) -> Result<(), BackupError> {
    let rows = count(copy).await?;
    let rows = serde_json::to_string(&rows).map_err(|error| BackupError::Database(error.to_string()))?;
    let transaction = copy.begin().await?;
    transaction
        .execute_unprepared(&format!("DROP TABLE IF EXISTS {DESCRIPTION}"))
        .await?;
    let create = format!("CREATE TABLE {DESCRIPTION} (began BIGINT NOT NULL, version TEXT NOT NULL, row_counts TEXT NOT NULL)");
    transaction.execute_unprepared(&create).await?;
    let sql = format!("INSERT INTO {DESCRIPTION} (began, version, row_counts) VALUES (?, ?, ?)");
    let values = [began.0.into(), env!("CARGO_PKG_VERSION").into(), rows.into()];
    transaction.execute_raw(statement(DbBackend::Sqlite, &sql, values)).await?;
    Ok(transaction.commit().await?)
}

async fn description(connection: &DatabaseConnection) -> Result<Option<Described>, BackupError> {
    let sql = format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{DESCRIPTION}'");
    if connection
        .query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let sql = format!("SELECT began, version, row_counts FROM {DESCRIPTION}");
    let Some(row) = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await? else {
        return Ok(None);
    };
    let rows: String = row.try_get("", "row_counts")?;
    Ok(Some(Described {
        began: Timestamp(row.try_get("", "began")?),
        version: row.try_get("", "version")?,
        rows: serde_json::from_str(&rows).map_err(|_| BackupError::Damaged("its description cannot be read".to_owned()))?,
    }))
}

/// The number of rows of each table that this version knows and the file has.
async fn count(connection: &DatabaseConnection) -> Result<BTreeMap<String, i64>, BackupError> {
    let sql = Statement::from_string(DbBackend::Sqlite, "SELECT name FROM sqlite_master WHERE type = 'table'");
    let mut counts = BTreeMap::new();
    for row in connection.query_all_raw(sql).await? {
        let name: String = row.try_get("", "name")?;
        if TABLES.contains(&name.as_str()) {
            let rows = number(connection, &format!("SELECT COUNT(*) AS n FROM {name}")).await?;
            counts.insert(name, rows);
        }
    }
    Ok(counts)
}

async fn number(connection: &DatabaseConnection, sql: &str) -> Result<i64, BackupError> {
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default())
}

/// The newest row of each table that grows while the service works.
async fn newest_rows(source: &DatabaseConnection) -> Result<Vec<(&'static str, Vec<u8>)>, BackupError> {
    let mut newest = Vec::new();
    for table in ["events", "deliveries", "callbacks", "audit_log"] {
        let sql = format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1");
        match source.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await {
            Ok(Some(row)) => newest.push((table, row.try_get("", "id")?)),
            Ok(None) => {}
            // A new and empty file has no tables yet.
            Err(error) if error.to_string().contains("no such table") => return Err(FileError::NotADatabase.into()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(newest)
}

async fn exists(copy: &DatabaseConnection, table: &str, id: Vec<u8>) -> Result<bool, BackupError> {
    let sql = format!("SELECT 1 FROM {table} WHERE id = ?");
    Ok(copy.query_one_raw(statement(DbBackend::Sqlite, &sql, [id.into()])).await?.is_some())
}

/// The message of an error of a file operation. A full disk is named as such.
pub fn explain_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => BackupError::Full.to_string(),
        _ => error.to_string(),
    }
}
