//! A database server for the simulation (`tests/integration/simulation`): SQLite in memory behind a simulated network. The nodes of a
//! simulation share it as nodes share a PostgreSQL. Statements are the real ones. Transactions are executed one after the other.
//!
//! The server runs in a thread of its own, and a node blocks while a statement is executed, so that the paused clock of the node does not
//! advance. All waiting is simulated by [`Link`].

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use migrations::{Migrator, TABLES};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::{
    runtime::Builder,
    sync::{Mutex, OwnedMutexGuard},
    time::sleep,
};

use crate::{domain::simulated::true_time, storage::database_clock::NOW};

/// What the network does with one message between a node and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// It arrives after this time.
    After(Duration),
    /// It is lost without an error.
    Lost,
    /// The connection is reset.
    Reset,
}

/// The network between one node and the server.
pub trait Link: fmt::Debug + Send + Sync + 'static {
    /// The fate of a statement on its way to the server.
    fn request(&self) -> Transit;
    /// The fate of an answer on its way to the node.
    fn answer(&self) -> Transit;
}

enum Request {
    Reset,
    Begin,
    Commit,
    Rollback,
    Execute(Statement),
    Query(Statement),
}

enum Answer {
    Done,
    Executed(ExecResult),
    Rows(Vec<QueryResult>),
}

type Answered = Result<Answer, DbErr>;

/// A server. Cheap to clone.
#[derive(Clone)]
pub struct SimulatedServer {
    requests: mpsc::Sender<(Request, mpsc::SyncSender<Answered>)>,
    /// Held by a transaction, and by a statement without one.
    turn: Arc<Mutex<()>>,
    /// How far the server's clock is ahead of the true time, in milliseconds.
    clock: Arc<AtomicI64>,
}

impl fmt::Debug for SimulatedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedServer")
    }
}

impl SimulatedServer {
    /// Starts a server with an empty, migrated database. It ends with its last handle.
    ///
    /// # Errors
    /// If the database cannot be created.
    pub fn start() -> Result<Self, DbErr> {
        let (requests, received) = mpsc::channel::<(Request, mpsc::SyncSender<Answered>)>();
        let failed = |error: std::io::Error| DbErr::Custom(error.to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let serve = move || {
            runtime.block_on(async move {
                let database = open().await;
                let mut transaction = None;
                while let Ok((request, answer)) = received.recv() {
                    let answered = match &database {
                        Ok(database) => carry_out(database, &mut transaction, request).await,
                        Err(error) => Err(error.clone()),
                    };
                    // The node may have crashed.
                    let _ = answer.send(answered);
                }
            });
        };
        thread::Builder::new()
            .name("simulated server".to_owned())
            .spawn(serve)
            .map_err(failed)?;
        let server = Self {
            requests,
            turn: Arc::default(),
            clock: Arc::default(),
        };
        server.reset()?;
        Ok(server)
    }

    /// Sets the server's clock, in milliseconds ahead of the true time.
    pub fn set_clock(&self, ahead: i64) {
        self.clock.store(ahead, Ordering::Relaxed);
    }

    /// Deletes all rows and sets the clock, so that the next run finds an empty database.
    ///
    /// # Errors
    /// If the database fails.
    pub fn reset(&self) -> Result<(), DbErr> {
        self.set_clock(0);
        self.ask(Request::Rollback).and(self.ask(Request::Reset)).map(|_| ())
    }

    /// Executes a query at once, without network. For checks at the end of a run.
    ///
    /// # Errors
    /// If the database fails.
    pub fn read(&self, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
        match self.ask(Request::Query(Statement::from_string(DbBackend::Sqlite, sql)))? {
            Answer::Rows(rows) => Ok(rows),
            Answer::Done | Answer::Executed(_) => Ok(Vec::new()),
        }
    }

    fn ask(&self, request: Request) -> Answered {
        let (answer, answered) = mpsc::sync_channel(1);
        let gone = || DbErr::Custom("the simulated server has ended".to_owned());
        self.requests.send((request, answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

async fn open() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(1)
        .min_connections(1)
        .sqlx_logging(false)
        // The database ends with its connection.
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>);
    let database = Database::connect(options).await?;
    Migrator::up(&database, None).await?;
    Ok(database)
}

async fn carry_out(database: &DatabaseConnection, transaction: &mut Option<DatabaseTransaction>, request: Request) -> Answered {
    match request {
        Request::Begin => *transaction = Some(database.begin().await?),
        Request::Commit => {
            if let Some(open) = transaction.take() {
                open.commit().await?;
            }
        }
        Request::Rollback => {
            if let Some(open) = transaction.take() {
                open.rollback().await?;
            }
        }
        Request::Reset => {
            for table in TABLES.into_iter().filter(|table| *table != "revisions") {
                database.execute_unprepared(&format!("DELETE FROM {table}")).await?;
            }
            database
                .execute_unprepared("UPDATE revisions SET webhooks = 0, event_types = 0")
                .await?;
        }
        Request::Execute(statement) => {
            let executed = match transaction {
                Some(open) => open.execute_raw(statement).await?,
                None => database.execute_raw(statement).await?,
            };
            return Ok(Answer::Executed(executed));
        }
        Request::Query(statement) => {
            let rows = match transaction {
                Some(open) => open.query_all_raw(statement).await?,
                None => database.query_all_raw(statement).await?,
            };
            return Ok(Answer::Rows(rows));
        }
    }
    Ok(Answer::Done)
}

/// The connections of one node to the server.
#[derive(Clone, Debug)]
pub(super) struct SimulatedConnection {
    pub(super) server: SimulatedServer,
    pub(super) link: Arc<dyn Link>,
}

impl SimulatedConnection {
    pub(super) async fn begin(&self) -> Result<SimulatedTransaction, DbErr> {
        self.travel(self.link.request()).await?;
        let turn = self.server.turn.clone().lock_owned().await;
        self.server.ask(Request::Begin)?;
        let transaction = SimulatedTransaction {
            connection: self.clone(),
            is_over: false,
            _turn: turn,
        };
        self.travel(self.link.answer()).await?;
        Ok(transaction)
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let _turn = self.reach().await?;
        executed(self.send(Request::Execute(statement)).await?)
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _turn = self.reach().await?;
        rows(self.send(Request::Query(statement)).await?)
    }

    /// Waits until a statement without a transaction may be executed.
    async fn reach(&self) -> Result<OwnedMutexGuard<()>, DbErr> {
        self.travel(self.link.request()).await?;
        Ok(self.server.turn.clone().lock_owned().await)
    }

    /// Executes a statement that has arrived, and waits for its answer.
    async fn send(&self, request: Request) -> Answered {
        let answer = self.server.ask(at_time(request, self.server.clock.load(Ordering::Relaxed)));
        self.travel(self.link.answer()).await?;
        answer
    }

    async fn travel(&self, transit: Transit) -> Result<(), DbErr> {
        match transit {
            Transit::After(time) => sleep(time).await,
            Transit::Lost => std::future::pending().await,
            Transit::Reset => {
                let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                return Err(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sea_orm::sqlx::Error::Io(error)))));
            }
        }
        Ok(())
    }
}

/// Replaces the expression for the server's clock, which is that of PostgreSQL, by the time that the clock shows. `ahead` is how far it is ahead
/// of the true time, in milliseconds.
fn at_time(request: Request, ahead: i64) -> Request {
    let replaced = |mut statement: Statement| {
        if let Some(now) = true_time()
            && statement.sql.contains(NOW)
        {
            statement.sql = statement.sql.replace(NOW, &(now + ahead).to_string());
        }
        statement
    };
    match request {
        Request::Execute(statement) => Request::Execute(replaced(statement)),
        Request::Query(statement) => Request::Query(replaced(statement)),
        other => other,
    }
}

fn executed(answer: Answer) -> Result<ExecResult, DbErr> {
    match answer {
        Answer::Executed(executed) => Ok(executed),
        Answer::Done | Answer::Rows(_) => Err(DbErr::Custom("the simulated server gave no result".to_owned())),
    }
}

fn rows(answer: Answer) -> Result<Vec<QueryResult>, DbErr> {
    match answer {
        Answer::Rows(rows) => Ok(rows),
        Answer::Done | Answer::Executed(_) => Err(DbErr::Custom("the simulated server gave no rows".to_owned())),
    }
}

/// A transaction. It is rolled back on drop, also when its node crashes.
pub(super) struct SimulatedTransaction {
    connection: SimulatedConnection,
    is_over: bool,
    _turn: OwnedMutexGuard<()>,
}

impl SimulatedTransaction {
    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.connection.travel(self.connection.link.request()).await?;
        executed(self.connection.send(Request::Execute(statement)).await?)
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.connection.travel(self.connection.link.request()).await?;
        rows(self.connection.send(Request::Query(statement)).await?)
    }

    pub(super) async fn commit(mut self) -> Result<(), DbErr> {
        self.connection.travel(self.connection.link.request()).await?;
        self.is_over = true;
        self.connection.send(Request::Commit).await?;
        Ok(())
    }
}

impl Drop for SimulatedTransaction {
    fn drop(&mut self) {
        if !self.is_over {
            // The server has ended with the simulation if this fails.
            let _ = self.connection.server.ask(Request::Rollback);
        }
    }
}
