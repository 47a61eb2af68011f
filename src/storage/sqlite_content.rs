//! Examines an existing SQLite file before clearhook changes anything in it: another application's database must not get clearhook's
//! tables, and a damaged file must be refused with a sentence that says what to do.

use std::{fs, path::Path};

use migrations::TABLES;
use sea_orm::sqlx::{self, ConnectOptions, query_scalar, sqlite::SqliteConnectOptions};

use crate::storage::{connection_settings::BUSY, sqlite_file::FileError};

/// The table in which sea-orm records the applied migrations. It is created before the first migration begins.
const MIGRATIONS: &str = "seaql_migrations";

/// SQLite's primary result codes (<https://sqlite.org/rescode.html>).
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

/// Fails if the file is no database, is damaged, or belongs to another application. An empty file is a new database. Any other problem is
/// left to the connection that is opened next, which explains it.
pub(super) async fn check(path: &Path) -> Result<(), FileError> {
    let found = match content(path).await {
        Ok(content) => content,
        Err(error) => {
            return match result_code(&error) {
                Some(NOT_A_DATABASE) => Err(FileError::NotADatabase),
                Some(CORRUPT) => Err(FileError::Damaged),
                _ => Ok(()),
            };
        }
    };
    match foreign(&found.names) {
        Some(table) => Err(FileError::Foreign(table.to_owned())),
        None if found.size > length_without_log(path) => Err(FileError::Damaged),
        None => Ok(()),
    }
}

/// What a database contains.
struct Content {
    /// The names of all tables and views, in the order of their creation.
    names: Vec<String>,
    /// The size of all pages, in bytes.
    size: u64,
}

/// The length of the file, if its write-ahead log is empty. With a log, the file may be shorter than the database. SQLite itself does not
/// notice that a part of the last page is missing.
fn length_without_log(path: &Path) -> u64 {
    let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if length(Path::new(&log)) > 0 { u64::MAX } else { length(path) }
}

async fn content(path: &Path) -> sqlx::Result<Content> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    let pages: i64 = query_scalar("PRAGMA page_count").fetch_one(&mut connection).await?;
    let page_size: i64 = query_scalar("PRAGMA page_size").fetch_one(&mut connection).await?;
    let names = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let names = query_scalar(names).fetch_all(&mut connection).await?;
    Ok(Content {
        names,
        size: u64::try_from(pages.saturating_mul(page_size)).unwrap_or_default(),
    })
}

/// SQLite's primary result code of an error of the driver.
fn result_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// A table that shows that the database is not clearhook's. In clearhook's own database there are at least the tables of one version, or,
/// if the very first migration was interrupted, only the list of migrations.
fn foreign(tables: &[String]) -> Option<&str> {
    let is_ours = |table: &&String| TABLES.contains(&table.as_str()) || *table == MIGRATIONS;
    let has = |name: &str| tables.iter().any(|table| table == name);
    // Names such as `users` and `events` are common, so a few of them are no proof. Later versions may have tables that are unknown here.
    let is_clearhook = has(MIGRATIONS) && ["webhooks", "deliveries", "master_keys"].into_iter().all(has);
    if is_clearhook {
        return None;
    }
    let stranger = tables.iter().find(|table| !is_ours(table));
    let without_migrations = (!has(MIGRATIONS)).then(|| tables.first()).flatten();
    stranger.or(without_migrations).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tables: &[&str]) -> Option<String> {
        let tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
        foreign(&tables).map(str::to_owned)
    }

    #[test]
    fn database_of_another_application_is_recognized_by_its_tables() {
        assert_eq!(found(&[]), None, "a new database");
        assert_eq!(found(&[MIGRATIONS]), None, "the first migration was interrupted");
        let ours: Vec<&str> = TABLES.into_iter().chain([MIGRATIONS]).collect();
        assert_eq!(found(&ours), None);
        let later: Vec<&str> = ours.iter().copied().chain(["a_table_of_a_later_version"]).collect();
        assert_eq!(found(&later), None);
        assert_eq!(found(&["contacts"]).as_deref(), Some("contacts"));
        assert_eq!(found(&["users", "events"]).as_deref(), Some("users"), "common names");
        assert_eq!(
            found(&[MIGRATIONS, "posts"]).as_deref(),
            Some("posts"),
            "another application with sea-orm"
        );
        assert_eq!(found(&["users", MIGRATIONS, "posts"]).as_deref(), Some("posts"));
    }
}
