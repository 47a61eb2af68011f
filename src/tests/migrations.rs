//! The schema goes up, down and up again, and newer databases are left alone.

use clearhook::{
    storage::{DatabaseUrl, Store},
    vault::Vault,
};

use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    on_both,
};

on_both! { goes_up_and_down webhooks_of_before_are_found_and_sorted a_newer_database_is_refused an_outdated_one_is_refused_when_asked }

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

async fn webhooks_of_before_are_found_and_sorted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = json!({ "name": "École ΟΔΟΣ", "url": "https://Example.com/Hook", "description": "For It",
        "events": ["identity_request.created", "identity.updated"] });
    let made = app.api(Method::POST, "/webhooks").json_value(&webhook).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let is_right = "webhooks WHERE search = 'école οδοσ\nhttps://example.com/hook\nfor it' AND first_event = 'identity.updated'";
    assert_eq!(database.count(is_right).await, 1);
    app.stop().await;
    for sql in [
        "DROP INDEX webhooks_by_event",
        "ALTER TABLE webhooks DROP COLUMN search",
        "ALTER TABLE webhooks DROP COLUMN first_event",
        "DELETE FROM seaql_migrations WHERE version = 'm20261127_000011_search'",
    ] {
        database.execute(sql).await;
    }
    reopen(&database, true).await.unwrap();
    assert_eq!(database.count(is_right).await, 1);
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
