//! The schema is created, dropped and created again, and databases of newer versions are not changed.

use clearhook::{
    storage::{DatabaseUrl, Store},
    vault::Vault,
};

use crate::support::{database::TestDatabase, on_both};

on_both! { schema_is_created_and_dropped database_of_a_newer_version_is_rejected outdated_database_is_rejected_without_migration }

async fn schema_is_created_and_dropped(database: TestDatabase) {
    let store = database.open().await;
    for table in ["events", "deliveries", "callbacks", "webhooks", "users", "sessions", "api_keys"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    store.undo_migrations().await.unwrap();
    assert_eq!(database.count("seaql_migrations").await, 0);
    store.migrate().await.unwrap();
    assert_eq!(database.count("callbacks").await, 0);
}

async fn database_of_a_newer_version_is_rejected(database: TestDatabase) {
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

async fn outdated_database_is_rejected_without_migration(database: TestDatabase) {
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
