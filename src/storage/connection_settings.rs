//! Settings of the database connections.

use std::time::Duration;

/// Capacity of the cache of prepared statements of a connection to PostgreSQL: enough for each size of each statement for several rows, and all
/// others.
pub(super) const STATEMENTS: usize = 400;
/// The same on SQLite, where statements for several rows have more sizes and cost less.
pub(super) const SQLITE_STATEMENTS: usize = 700;

/// Settings of every SQLite connection that writes, besides the journal mode.
pub(super) const PRAGMAS: [(&str, &str); 5] = [
    ("synchronous", "FULL"),
    ("foreign_keys", "ON"),
    ("trusted_schema", "OFF"),
    // In KiB if negative.
    ("cache_size", "-16000"),
    // A background task checkpoints the log. A commit does it only if that falls behind.
    ("wal_autocheckpoint", "16000"),
];

/// How long a statement waits for a lock of another process, such as a command that runs beside the server.
pub(super) const BUSY: Duration = Duration::from_secs(10);
