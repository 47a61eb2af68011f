//! Chooses the PostgreSQL server: the first of the list that accepts connections and, if required, writes. The choice is repeated when
//! connections are lost. The requirements on a server are checked at start-up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use thiserror::Error;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::storage::{
    invalid_url::InvalidDatabaseUrl,
    postgres::{ConnectionSuspect, is_read_only, show},
    postgres_url::{PostgresUrl, Server, Target},
    server_error::explain_driver,
};

/// The pause between two searches of all servers.
const AGAIN: Duration = Duration::from_millis(500);
/// The time limit of the start-up checks.
const CHECKS: Duration = Duration::from_secs(10);
/// How often the two connections of the pooler check are compared.
const ROUNDS: usize = 4;

/// Why a server cannot be used.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The connection fails.
    #[error("cannot connect to PostgreSQL at {0}")]
    Connect(String),
    /// The URL contains an unusable value.
    #[error("CLEARHOOK_DATABASE_URL: {0}")]
    Url(#[from] InvalidDatabaseUrl),
    /// The encoding of the database cannot store every text.
    #[error(
        "the database at {name} is encoded as {encoding}, which cannot store every event; clearhook needs UTF8: \
         CREATE DATABASE clearhook ENCODING 'UTF8' TEMPLATE template0"
    )]
    Encoding {
        /// Host, port and database.
        name: String,
        /// The encoding.
        encoding: String,
    },
    /// A connection pooler shares server connections between clients.
    #[error(
        "there is a connection pooler in transaction or statement mode (such as PgBouncer) between clearhook and PostgreSQL at {0}; settings of a \
         session, LISTEN and prepared statements do not work through it: connect to PostgreSQL directly, or use pool_mode=session"
    )]
    Pooled(String),
}

/// The servers of a URL, and which one is in use.
#[derive(Clone)]
pub(super) struct Servers {
    list: Arc<[Server]>,
    current: Arc<AtomicUsize>,
    target: Target,
}

impl Servers {
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, ServerError> {
        Ok(Self {
            list: url.servers()?.into(),
            current: Arc::default(),
            target: url.target(),
        })
    }

    /// Whether the URL has several servers.
    pub(super) fn has_several(&self) -> bool {
        self.list.len() > 1
    }

    /// The server in use.
    pub(super) fn current(&self) -> &Server {
        &self.list[self.current.load(Ordering::Relaxed)]
    }

    /// Finds the first suitable server and makes it the current one. The connection for this check is closed.
    pub(super) async fn choose(&self) -> Result<(), ServerError> {
        let (current, mut failures) = (self.current.load(Ordering::Relaxed), Vec::new());
        for at in (0..self.list.len()).map(|step| (current + step) % self.list.len()) {
            let server = &self.list[at];
            match self.is_suitable(server).await {
                Ok(()) => {
                    self.current.store(at, Ordering::Relaxed);
                    return Ok(());
                }
                Err(why) => failures.push(format!("{}: {why}", server.name)),
            }
        }
        Err(ServerError::Connect(failures.join("; ")))
    }

    async fn is_suitable(&self, server: &Server) -> Result<(), String> {
        let work = async {
            let mut connection = server.options.connect().await?;
            let fits = self.target == Target::Any || !is_read_only(&mut connection).await?;
            // All queries were answered, so an error while closing does not matter.
            let _ = connection.close().await;
            Ok(fits)
        };
        match timeout(server.connect_timeout, work).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the server does not accept writes: it is a standby, or set read-only".to_owned()),
            Ok(Err(error)) => Err(explain_driver(&error)),
            Err(_) => Err(format!("no answer within {} s", server.connect_timeout.as_secs())),
        }
    }

    /// Checks that the server can store all texts, and that each client connection has a session of its own.
    pub(super) async fn check(&self) -> Result<(), ServerError> {
        let server = self.current();
        match timeout(CHECKS, check(server)).await {
            Ok(checked) => checked,
            Err(_) => Err(ServerError::Connect(format!(
                "{}: a second connection got no answer within {} s; increase the maximum number of connections on the server",
                server.name,
                CHECKS.as_secs()
            ))),
        }
    }

    /// Follows the primary: whenever connections are lost, searches for a suitable server and lets the pool connect to it.
    pub(super) fn follow(self, pool: PgPool, suspect: ConnectionSuspect) -> JoinHandle<()> {
        let mut losses = suspect.losses();
        tokio::spawn(async move {
            while losses.changed().await.is_ok() {
                let before = self.current.load(Ordering::Relaxed);
                let mut is_logged = false;
                while let Err(error) = self.choose().await {
                    if !is_logged {
                        tracing::warn!(%error, "no PostgreSQL server is usable; searching until one is");
                        is_logged = true;
                    }
                    sleep(AGAIN).await;
                }
                losses.mark_unchanged();
                if self.current.load(Ordering::Relaxed) != before {
                    let server = self.current();
                    tracing::warn!(server = server.name, "switched to the PostgreSQL server at {}", server.name);
                    pool.set_connect_options(server.options.clone());
                    suspect.discard();
                    losses.mark_unchanged();
                }
            }
        })
    }
}

async fn check(server: &Server) -> Result<(), ServerError> {
    let failed = |error| ServerError::Connect(format!("{}: {}", server.name, explain_driver(&error)));
    let mut one = server.options.connect().await.map_err(failed)?;
    let mut two = server.options.connect().await.map_err(failed)?;
    // Both connections stay open. If both ever have the same server process, or the process of one changes, there is a pooler in between.
    let (mut first, mut second) = (String::new(), String::new());
    for _ in 0..ROUNDS {
        for (connection, process) in [(&mut one, &mut first), (&mut two, &mut second)] {
            let now = show(connection, "SELECT pg_backend_pid()::text").await.map_err(failed)?;
            if !process.is_empty() && *process != now {
                return Err(ServerError::Pooled(server.name.clone()));
            }
            *process = now;
        }
        if first == second {
            return Err(ServerError::Pooled(server.name.clone()));
        }
    }
    let encoding = show(&mut one, "SHOW server_encoding").await.map_err(failed)?;
    close(one).await;
    close(two).await;
    if encoding != "UTF8" {
        return Err(ServerError::Encoding {
            name: server.name.clone(),
            encoding,
        });
    }
    Ok(())
}

async fn close(connection: PgConnection) {
    // All queries were answered, so an error while closing does not matter.
    let _ = connection.close().await;
}
