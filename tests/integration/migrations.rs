//! The schema is created, dropped and created again, and databases of newer versions are not changed.

use std::{process::Stdio, time::Instant};

use clearhook::{
    catalogue::BuiltIn,
    storage::{DatabaseUrl, Store},
    vault::Vault,
};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};

use crate::support::{
    app::TestApp,
    binary::{Installation, Service},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! {
    schema_is_created_and_dropped database_of_a_newer_version_is_rejected outdated_database_is_rejected_without_migration
    migration_that_was_killed_is_completed_by_the_next schema_of_the_next_version_is_used_if_its_migration_allows_it
}

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

/// During an upgrade: the next version has migrated the database, and a node of this version is started again.
async fn schema_of_the_next_version_is_used_if_its_migration_allows_it(database: TestDatabase) {
    database.open().await.close().await.unwrap();
    database
        .execute(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_next', 1); \
             ALTER TABLE webhooks ADD COLUMN later text; ALTER TABLE events ADD COLUMN later text; \
             ALTER TABLE deliveries ADD COLUMN later bigint; ALTER TABLE callbacks ADD COLUMN later bigint; \
             UPDATE revisions SET migrated_to = 'm29990101_000001_next', requires = 'm20261128_000001_initial'",
        )
        .await;
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "during the upgrade").await;
    app.log(&webhook, 1).await;
    app.stop().await;
    for change in [
        // The version after that.
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990201_000001_after', 1)",
        "UPDATE revisions SET migrated_to = 'm29990201_000001_after', requires = 'm29990101_000001_next'",
    ] {
        database.execute(change).await;
        let error = reopen(&database, true).await.unwrap_err();
        assert!(error.contains("newer clearhook"), "{error}");
    }
}

async fn outdated_database_is_rejected_without_migration(database: TestDatabase) {
    let error = reopen(&database, false).await.unwrap_err();
    assert!(error.contains("clearhook migrate"), "{error}");
    reopen(&database, true).await.unwrap();
    reopen(&database, false).await.unwrap();
}

/// Several nodes are started at once on an empty database, and the migration of the first one takes long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_waits_until_another_node_has_migrated() {
    let database = TestDatabase::postgres().await;
    let other = Database::connect(&database.url).await.unwrap();
    let migrating = other.begin().await.unwrap();
    // The number spells "clearhoo" in ASCII.
    let lock = "SELECT pg_advisory_xact_lock(7164212576445296495)";
    migrating.execute_unprepared(lock).await.unwrap();
    let here = Installation::new();
    let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
    command
        .env("CLEARHOOK_DATABASE_URL", &database.url)
        .env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
    let node = Service::start(command);
    node.line("another node is migrating the database").await;
    assert_eq!(database.count("pg_tables WHERE tablename = 'events'").await, 0);
    migrating.commit().await.unwrap();
    node.url().await;
    database.count("events").await;
    assert_eq!(node.terminate().await, Some(0));
    other.close().await.unwrap();
}

async fn reopen(database: &TestDatabase, migrate: bool) -> Result<(), String> {
    let url: DatabaseUrl = database.url.parse().unwrap();
    Store::open(&url, Vault::new(&database.key), migrate)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// The program is killed at a random moment between its start and the end of the migration (`make soak`: 25 times).
async fn migration_that_was_killed_is_completed_by_the_next(database: TestDatabase) {
    let rounds: u32 = std::env::var("CLEARHOOK_TEST_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let is_postgres = database.url.starts_with("postgres");
    let migrate = |here: &Installation, database: &TestDatabase| {
        let mut command = here.command(&["migrate"]);
        command
            .env("CLEARHOOK_DATABASE_URL", &database.url)
            .env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
        command
    };
    let here = Installation::new();
    let began = Instant::now();
    assert!(migrate(&here, &database).output().unwrap().status.success());
    let whole = began.elapsed();
    let mut interrupted = 0;
    let mut round = 0;
    // On a busy machine a program may end before it is killed, so there are more rounds until one was not.
    while round < rounds || (interrupted == 0 && round < rounds + 20) {
        round += 1;
        let (here, database) = (
            Installation::new(),
            if is_postgres {
                TestDatabase::postgres().await
            } else {
                TestDatabase::sqlite()
            },
        );
        // Twice: the second start finds what the first one left.
        for _ in 0..2 {
            let mut child = migrate(&here, &database)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            tokio::time::sleep(whole.mul_f64(rand::random_range(0.0..1.0))).await;
            child.kill().unwrap();
            interrupted += u32::from(!child.wait().unwrap().success());
        }
        let output = migrate(&here, &database).output().unwrap();
        assert!(
            output.status.success(),
            "round {round}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        reopen(&database, false).await.unwrap();
        for table in migrations::TABLES {
            database.count(table).await;
        }
        assert_eq!(database.count("seaql_migrations").await, 1);
        let again = migrate(&here, &database).output().unwrap();
        assert!(String::from_utf8_lossy(&again.stdout).contains("up to date"), "{again:?}");
    }
    assert!(interrupted > 0, "each program had ended before it was killed");
}
