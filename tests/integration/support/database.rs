//! A fresh database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use clearhook::{
    domain::timestamp::Timestamp,
    storage::{DatabaseUrl, Store, partitions::Month},
    vault::{MasterKey, Vault},
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::support::postgres;

/// A fresh, empty database.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    pub(crate) key: MasterKey,
    pub(crate) folder: TempDir,
    kept: Mutex<Option<DatabaseConnection>>,
}

impl TestDatabase {
    /// A SQLite file.
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            url: format!("sqlite://{}/clearhook.db", folder.path().display()),
            key: MasterKey::generate(),
            folder,
            kept: Mutex::default(),
        }
    }

    /// A database of the PostgreSQL of this test run.
    pub(crate) async fn postgres() -> Self {
        let server = tokio::task::spawn_blocking(postgres::server).await.unwrap();
        Self::on(server).await
    }

    /// A database of a given server.
    pub(crate) async fn on(server: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("clearhook_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        admin.close().await.unwrap();
        Self::at(format!("{server}/{name}"), MasterKey::generate())
    }

    /// A database that exists, with the key that its secrets are encrypted with.
    pub(crate) fn at(url: String, key: MasterKey) -> Self {
        Self {
            url,
            key,
            folder: TempDir::new().unwrap(),
            kept: Mutex::default(),
        }
    }

    /// The same database, through another address.
    pub(crate) fn by(&self, address: std::net::SocketAddr) -> Self {
        let mut url: url::Url = self.url.parse().unwrap();
        url.set_host(Some(&address.ip().to_string())).unwrap();
        url.set_port(Some(address.port())).unwrap();
        Self::at(url.into(), MasterKey::generate())
    }

    /// Host and port of its server.
    pub(crate) fn server(&self) -> String {
        let url: url::Url = self.url.parse().unwrap();
        format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
    }

    /// Opens it, migrated.
    pub(crate) async fn open(&self) -> Store {
        let url: DatabaseUrl = self.url.parse().unwrap();
        Store::open(&url, Vault::new(&self.key), true).await.unwrap()
    }

    /// Creates the partitions of PostgreSQL for rows of these times.
    pub(crate) async fn months(&self, times: impl IntoIterator<Item = Timestamp>) {
        if self.url.starts_with("postgres") {
            let months = times.into_iter().map(Month::of);
            self.open().await.create_partitions(months).await.unwrap();
        }
    }

    /// Runs SQL with a connection of its own.
    pub(crate) async fn execute(&self, sql: &str) {
        let connection = Database::connect(&self.url).await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Counts rows with a connection of the test's own. On PostgreSQL the connection is kept, because connecting takes longer than the
    /// query; a kept connection that fails is replaced. On SQLite it is not kept: tests move and replace the file.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let mut kept = self.kept.lock().await;
        if let Some(connection) = &*kept
            && let Ok(count) = count(connection, table).await
        {
            return count;
        }
        let connection = Database::connect(&self.url).await.unwrap();
        let count = count(&connection, table).await.unwrap();
        if self.url.starts_with("postgres") {
            *kept = Some(connection);
        } else {
            connection.close().await.unwrap();
        }
        count
    }
}

async fn count(connection: &DatabaseConnection, table: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {table}"));
    let row = connection.query_one_raw(statement).await?;
    row.unwrap().try_get("", "n")
}
