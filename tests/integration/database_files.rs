//! Files that are not clearhook's database: each is refused in one line with a remedy, and not changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{binary::Installation, sqlite_file};

/// A file with the content of a complete database.
fn database() -> Vec<u8> {
    let here = Installation::new();
    here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    database_of(&here.data().join("clearhook.db"))
}

/// Another application's database, after these statements.
fn made_by(path: &Path, sql: &str) {
    sqlite_file::execute(path, sql);
}

/// An installation without a database, and where it would be.
fn installation() -> (Installation, PathBuf) {
    let here = Installation::new();
    fs::create_dir(here.data()).unwrap();
    let path = here.data().join("clearhook.db");
    (here, path)
}

const COMMANDS: [&[&str]; 3] = [
    &["migrate"],
    &["serve", "--addr", "127.0.0.1:0", "--log", "error"],
    &["user", "list"],
];

/// Every command refuses the file with these words, and leaves it as it is.
fn refused(what: &str, make: impl Fn(&Path), words: &[&str]) {
    let (here, path) = installation();
    make(&path);
    let before = fs::read(&path).unwrap();
    for command in COMMANDS {
        let line = here.refusal(command, 1);
        for word in [&["clearhook.db"], words].concat() {
            assert!(line.contains(word), "{what} {command:?}: {line} lacks {word}");
        }
        assert!(fs::read(&path).unwrap() == before, "{what} {command:?} changed the file");
    }
}

#[test]
fn database_of_another_application_is_refused_and_not_changed() {
    for (what, sql, table) in [
        (
            "one table",
            "CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT);",
            "contacts",
        ),
        (
            "common names",
            "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE events (id INTEGER PRIMARY KEY);",
            "users",
        ),
        (
            "a write-ahead log",
            "PRAGMA journal_mode = WAL; CREATE TABLE moz_places (id INTEGER);",
            "moz_places",
        ),
        ("UTF-16", "PRAGMA encoding = 'UTF-16'; CREATE TABLE notes (id INTEGER);", "notes"),
        ("small pages", "PRAGMA page_size = 512; CREATE TABLE notes (id INTEGER);", "notes"),
        ("a view only", "CREATE VIEW today AS SELECT date('now');", "today"),
        (
            "another application with the same library of migrations",
            "CREATE TABLE seaql_migrations (version TEXT PRIMARY KEY, applied_at BIGINT NOT NULL); CREATE TABLE posts (id INTEGER); \
             INSERT INTO seaql_migrations VALUES ('m20220101_000001_create_posts', 1);",
            "posts",
        ),
    ] {
        let words = ["another application", table, "nothing was changed", "--database-url"];
        refused(what, |path| made_by(path, sql), &words);
    }
}

#[test]
fn file_that_is_no_database_is_refused_and_not_changed() {
    let text = "A letter to the operator. ".repeat(1_000);
    let random: Vec<u8> = (0..40_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    for (what, content) in [
        ("text", text.as_bytes()),
        ("random bytes", &random),
        ("a short text", b"hello, this is no database"),
        (
            "an archive",
            b"PK\x03\x04................................................................................................................",
        ),
        ("zeros", &[0; 8_192]),
    ] {
        let words = ["not a SQLite database", "nothing was changed", "--database-url"];
        refused(what, |path| fs::write(path, content).unwrap(), &words);
    }
}

#[test]
fn damaged_database_is_refused_with_a_remedy() {
    let whole = database();
    let words = ["damaged", "backup"];
    for length in [whole.len() - 1, whole.len() - 4_096, whole.len() / 2, 8_192, 4_096] {
        refused(
            &format!("cut to {length} bytes"),
            |path| fs::write(path, &whole[..length]).unwrap(),
            &words,
        );
    }
    for length in [4_000, 512, 100, 50, 16] {
        // Less than a page.
        refused(
            &format!("cut to {length} bytes"),
            |path| fs::write(path, &whole[..length]).unwrap(),
            &["database", "backup"],
        );
    }
    let mut first_page = whole.clone();
    first_page[100..4_096].fill(0xff);
    refused("first page overwritten", |path| fs::write(path, &first_page).unwrap(), &words);
    let mut page_size = whole;
    page_size[16..18].fill(0xff);
    refused(
        "header overwritten",
        |path| fs::write(path, &page_size).unwrap(),
        &["not a SQLite database", "backup"],
    );
}

#[test]
fn path_that_is_no_file_is_refused() {
    let here = Installation::new();
    fs::create_dir(here.folder().join("folder")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(here.folder().join("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(here.folder().join("socket")).unwrap();
    for (path, word) in [
        ("folder", "is a directory"),
        ("pipe", "not a regular file"),
        ("socket", "not a regular file"),
        ("/dev/null", "not a regular file"),
        ("/dev/zero", "not a regular file"),
    ] {
        let url = format!("sqlite://{path}");
        for command in COMMANDS {
            let line = here.refusal(&[command, &["--database-url", &url]].concat(), 1);
            assert!(
                line.contains(word) && line.contains(path) && line.contains("clearhook.db"),
                "{command:?}: {line}"
            );
        }
    }
}

#[test]
fn empty_file_becomes_the_database() {
    let (here, path) = installation();
    fs::write(&path, "").unwrap();
    here.answer(&["migrate"]);
    assert!(here.answer(&["migrate"]).contains("up to date"));
    here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    assert!(here.answer(&["user", "list"]).contains("a@example.com"));
    // A copy of a database is one.
    let (other, copy) = installation();
    fs::copy(here.data().join("master.key"), other.data().join("master.key")).unwrap();
    fs::write(copy, database_of(&path)).unwrap();
    assert!(other.answer(&["user", "list"]).contains("a@example.com"));
}

/// The content of a database, including its write-ahead log.
fn database_of(path: &Path) -> Vec<u8> {
    sqlite_file::execute(path, "PRAGMA wal_checkpoint(TRUNCATE)");
    fs::read(path).unwrap()
}
