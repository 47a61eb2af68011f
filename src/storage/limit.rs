//! A time limit for every statement, and what an error of a statement reveals about its connection.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};
use thiserror::Error;
use tokio::time::sleep;

use crate::storage::{
    postgres::ConnectionSuspect,
    server_error::{code_of, driver_error},
    sqlite_file::OpenFile,
};

/// The SQLite file, as statements see it.
#[derive(Debug)]
pub(super) struct WatchedFile {
    file: Arc<OpenFile>,
    /// Whether the last check found that the path no longer leads to the opened file, or that the content is wrong.
    pub(super) is_away: AtomicBool,
}

impl WatchedFile {
    pub(super) fn new(file: Arc<OpenFile>) -> Arc<Self> {
        Arc::new(Self {
            file,
            is_away: AtomicBool::new(false),
        })
    }
}

/// The database did not answer in time.
#[derive(Clone, Copy, Debug, Error)]
#[error("the database did not answer within {} ms", .0.as_millis())]
pub(super) struct TimedOut(pub(super) Duration);

/// The database file is not the one that was opened.
#[derive(Clone, Copy, Debug, Error)]
#[error(
    "the database file was deleted, replaced, overwritten or damaged; stop clearhook, restore the file without its -wal and -shm, \
     then start clearhook again"
)]
pub(super) struct FileGone;

/// The time limit of statements, and where problems of connections are reported.
#[derive(Clone, Debug)]
pub(super) enum TimeLimit {
    /// SQLite: no time limit, because no network can lose an answer, and SQLite has its own limit for waiting on locks.
    File(Arc<WatchedFile>),
    /// PostgreSQL.
    Server(Duration, ConnectionSuspect),
}

impl TimeLimit {
    /// The same with another time limit.
    pub(super) fn of(&self, time: Duration) -> Self {
        match self {
            Self::File(file) => Self::File(file.clone()),
            Self::Server(_, suspect) => Self::Server(time, suspect.clone()),
        }
    }

    /// Fails if the last check found that the path no longer leads to the opened file (writes to the open file would be lost, and a new
    /// connection would read another file) or that the file was overwritten.
    pub(super) fn check_file(&self) -> Result<(), DbErr> {
        match self {
            Self::File(watched) if watched.is_away.load(Ordering::Relaxed) => Err(as_db_error(io::Error::other(FileGone))),
            _ => Ok(()),
        }
    }

    /// The same, and checks the content of the file now. For transactions: what they wrote into an overwritten file would be lost.
    pub(super) fn check_content(&self) -> Result<(), DbErr> {
        if let Self::File(watched) = self
            && watched.file.is_ruined()
        {
            watched.is_away.store(true, Ordering::Relaxed);
        }
        self.check_file()
    }

    /// The error of a statement on SQLite, or [`FileGone`] if the file is gone: SQLite's own error would be misleading.
    pub(super) fn explained(&self, error: DbErr) -> DbErr {
        if let Self::File(watched) = self
            && is_damage(&error)
        {
            watched.file.note_damage();
            watched.is_away.store(true, Ordering::Relaxed);
        }
        self.check_file().err().unwrap_or(error)
    }

    /// Waits for a statement up to the time limit, because a connection can be dead without any error.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let Self::Server(time, suspect) = self else {
            self.check_file()?;
            return work.await.map_err(|error| self.explained(error));
        };
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => {
                if let Err(error) = &done {
                    match state_after(error) {
                        ConnectionState::Useless => suspect.discard(),
                        ConnectionState::Doubtful => suspect.recheck(),
                        ConnectionState::Good => {}
                    }
                }
                done
            }
            () = sleep(*time) => {
                // Must happen before the connection goes back to the pool.
                suspect.raise();
                Err(as_db_error(io::Error::new(io::ErrorKind::TimedOut, TimedOut(*time))))
            }
        }
    }
}

/// What an error reveals about the connections to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectionState {
    Good,
    /// Another server may be the primary by now.
    Doubtful,
    /// All existing connections must be replaced.
    Useless,
}

fn state_after(error: &DbErr) -> ConnectionState {
    if let Some(code) = code_of(error) {
        // Read-only (a primary that became a standby), shut down, crashed, starting, database dropped, idle session ended, connection lost.
        let is_lost = matches!(code.as_str(), "25006" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05") || code.starts_with("08");
        return if is_lost { ConnectionState::Useless } else { ConnectionState::Good };
    }
    match (error, driver_error(error)) {
        (DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), _) | (_, Some(sqlx::Error::PoolTimedOut)) => ConnectionState::Doubtful,
        (_, Some(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => ConnectionState::Useless,
        _ => ConnectionState::Good,
    }
}

/// Whether SQLite found that the file is not a database (26), that its content is inconsistent (11), or that it is too short (522).
fn is_damage(error: &DbErr) -> bool {
    let code = code_of(error).and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26) || code == 522)
}

fn as_db_error(error: io::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(error))))
}

/// The error of this type that this module wrapped into a driver error, if it is one.
pub(super) fn own_error<E: std::error::Error + Copy + 'static>(error: &DbErr) -> Option<E> {
    match driver_error(error)? {
        sqlx::Error::Io(error) => error.get_ref()?.downcast_ref::<E>().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error, fmt};

    use sea_orm::sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// An error with this SQLSTATE, as the driver reports errors of the server.
    #[derive(Debug)]
    struct ServerError(&'static str);

    impl fmt::Display for ServerError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for ServerError {}

    impl DatabaseError for ServerError {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(self.0))
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn driver(error: sqlx::Error) -> DbErr {
        DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
    }

    fn by_code(code: &'static str) -> ConnectionState {
        state_after(&driver(sqlx::Error::Database(Box::new(ServerError(code)))))
    }

    /// The codes are those of PostgreSQL, appendix A.
    #[test]
    fn server_errors_that_end_connections_make_all_connections_useless() {
        for code in [
            "08000", "08001", "08003", "08004", "08006", "08007", "08P01", "25006", "57P01", "57P02", "57P03", "57P04", "57P05",
        ] {
            assert_eq!(by_code(code), ConnectionState::Useless, "{code}");
        }
        // A full server, a cancelled statement, a deadlock, a constraint, a missing table, a full disk: the connection is good.
        for code in [
            "53300", "57014", "57000", "40P01", "40001", "23505", "42P01", "53100", "55P03", "25P02", "0A000",
        ] {
            assert_eq!(by_code(code), ConnectionState::Good, "{code}");
        }
    }

    #[test]
    fn broken_connections_are_useless_and_a_busy_pool_is_doubtful() {
        let io = |kind| driver(sqlx::Error::Io(io::Error::from(kind)));
        for kind in [
            io::ErrorKind::ConnectionReset,
            io::ErrorKind::BrokenPipe,
            io::ErrorKind::UnexpectedEof,
            io::ErrorKind::TimedOut,
            io::ErrorKind::ConnectionRefused,
        ] {
            assert_eq!(state_after(&io(kind)), ConnectionState::Useless, "{kind}");
        }
        let tls = sqlx::Error::Tls("the record is invalid".into());
        assert_eq!(state_after(&driver(tls)), ConnectionState::Useless);
        let protocol = sqlx::Error::Protocol("an unexpected message".to_owned());
        assert_eq!(state_after(&driver(protocol)), ConnectionState::Useless);
        assert_eq!(state_after(&driver(sqlx::Error::PoolTimedOut)), ConnectionState::Doubtful);
        let acquire = DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        assert_eq!(state_after(&acquire), ConnectionState::Doubtful);
        for error in [driver(sqlx::Error::RowNotFound), DbErr::Custom("a check failed".to_owned())] {
            assert_eq!(state_after(&error), ConnectionState::Good, "{error}");
        }
    }
}
