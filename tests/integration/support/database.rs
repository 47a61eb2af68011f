//! A fresh database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use clearhook::{
    storage::{DatabaseUrl, Store},
    vault::{MasterKey, Vault},
};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::support::postgres;

/// A fresh, empty database.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    pub(crate) key: MasterKey,
    pub(crate) folder: TempDir,
}

impl TestDatabase {
    /// A SQLite file.
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            url: format!("sqlite://{}/clearhook.db", folder.path().display()),
            key: MasterKey::generate(),
            folder,
        }
    }

    /// A database of the run's PostgreSQL.
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
        Self {
            url: format!("{server}/{name}"),
            key: MasterKey::generate(),
            folder: TempDir::new().unwrap(),
        }
    }

    /// The same database of a server, reached by another address.
    pub(crate) fn by(&self, address: std::net::SocketAddr) -> Self {
        let mut url: url::Url = self.url.parse().unwrap();
        url.set_host(Some(&address.ip().to_string())).unwrap();
        url.set_port(Some(address.port())).unwrap();
        Self {
            url: url.into(),
            key: MasterKey::generate(),
            folder: TempDir::new().unwrap(),
        }
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

    /// Runs SQL, past the product.
    pub(crate) async fn execute(&self, sql: &str) {
        let connection = Database::connect(&self.url).await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Counts rows, past the product.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let connection = Database::connect(&self.url).await.unwrap();
        let statement = sea_orm::Statement::from_string(connection.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {table}"));
        let count = connection
            .query_one_raw(statement)
            .await
            .unwrap()
            .unwrap()
            .try_get("", "n")
            .unwrap();
        connection.close().await.unwrap();
        count
    }
}
