//! The schema goes up, down and up again, and newer databases are left alone.

use clearhook::{
    storage::{DatabaseUrl, Store},
    vault::Vault,
};

use crate::support::{database::TestDatabase, on_both};

on_both! { goes_up_and_down a_newer_database_is_refused an_outdated_one_is_refused_when_asked }

async fn goes_up_and_down(database: TestDatabase) {
    let store = database.open().await;
    for table in ["events", "deliveries", "callbacks", "webhooks", "users", "sessions", "api_keys"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    store.undo_migrations().await.unwrap();
    assert_eq!(database.count("seaql_migrations").await, 0);
    store.migrate().await.unwrap();
    assert_eq!(database.count("callbacks").await, 0);
}

async fn a_newer_database_is_refused(database: TestDatabase) {
    database.open().await.close().await.unwrap();
    database
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_future', 1)")
        .await;
    let error = reopen(&database, true).await.unwrap_err();
    assert!(
        error.contains("newer clearhook") && error.contains("m29990101_000001_future"),
        "{error}"
    );
}

async fn an_outdated_one_is_refused_when_asked(database: TestDatabase) {
    let error = reopen(&database, false).await.unwrap_err();
    assert!(error.contains("clearhook migrate"), "{error}");
    reopen(&database, true).await.unwrap();
    reopen(&database, false).await.unwrap();
}

async fn reopen(database: &TestDatabase, migrate: bool) -> Result<(), String> {
    let url: DatabaseUrl = database.url.parse().unwrap();
    Store::open(&url, Vault::new(&database.key), migrate)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}
