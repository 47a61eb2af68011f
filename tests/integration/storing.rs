//! If nothing can be stored, `/readyz` fails and events are rejected.

use std::{fs, time::Duration};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use reqwest::Client;
use sea_orm::{ConnectionTrait, Database};
use tokio::time::Instant;

use crate::support::{
    app::{TestApp, cloud_event, loopback, quick},
    database::TestDatabase,
    node::Node,
    wait::wait_for,
};

/// Waits until `/readyz` has this status; fails if that took much longer than ten seconds.
async fn is_ready(http: &Client, url: &str, status: u16) -> String {
    let began = Instant::now();
    let body = wait_for(&format!("readyz to be {status}"), async || {
        let answer = http.get(format!("{url}/readyz")).send().await.unwrap();
        let is = answer.status() == status;
        let text = answer.text().await.unwrap();
        is.then_some(text)
    })
    .await;
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locked_database_fails_readyz_and_rejects_events() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    is_ready(&app.http, &app.url, 200).await;
    let mut other = sea_orm::ConnectOptions::new(&database.url);
    other.max_connections(1);
    let other = Database::connect(other).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let event = cloud_event(BuiltIn::IdentityCreated, "1");
    let (publish, ready) = tokio::join!(app.publish_raw(&event), is_ready(&app.http, &app.url, 503));
    assert_eq!(publish.status(), 503);
    assert!(ready.contains("not-ready"), "{ready}");
    other.execute_unprepared("ROLLBACK").await.unwrap();
    is_ready(&app.http, &app.url, 200).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_writes_survive_a_power_failure() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    // FULL: each commit is synchronized with the disk.
    for (name, value) in [("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0)] {
        assert_eq!(store.pragma(name).await.unwrap(), value, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_server_fails_readyz() {
    let database = TestDatabase::postgres().await;
    let app = TestApp::start(&database).await;
    let (server, name) = database.url.rsplit_once('/').unwrap();
    let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
    let set = async |on: bool| {
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        admin.execute_unprepared(&sql).await.unwrap();
    };
    set(true).await;
    // The setting applies to new sessions only.
    let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.execute_unprepared(&others).await.unwrap();
    assert!(is_ready(&app.http, &app.url, 503).await.contains("not-ready"));
    let refused = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "1")).await;
    assert_eq!(refused.status(), 503);
    // Existing sessions stay read-only; they have to be closed.
    set(false).await;
    is_ready(&app.http, &app.url, 200).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    admin.close().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nearly_full_disk_fails_readyz() {
    let database = TestDatabase::sqlite();
    // More than any disk has.
    let settings = DeliverySettings {
        spare_space: u64::MAX,
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    assert!(is_ready(&app.http, &app.url, 503).await.contains("nearly full"));
    app.stop().await;
}

/// What an operator can do to the database file of a running service.
enum Harm {
    /// Deletes the file with this ending.
    Delete(&'static str),
    /// Renames the file.
    Move,
    /// Renames a copy over the file, so that the path leads to another inode.
    Replace,
    /// Overwrites the file in place with these bytes.
    Overwrite(Vec<u8>),
    /// Overwrites the file in place with a backup that was made while the service ran.
    RestoreBackup,
    /// Truncates the file to this length.
    Truncate(u64),
}

impl Harm {
    async fn inflict(&self, database: &TestDatabase) {
        let folder = database.folder.path();
        let file = folder.join("clearhook.db");
        match self {
            Self::Delete(ending) => fs::remove_file(folder.join(format!("clearhook.db{ending}"))).unwrap(),
            Self::Move => fs::rename(&file, folder.join("moved.db")).unwrap(),
            Self::Replace => {
                let copy = folder.join("copy");
                fs::copy(&file, &copy).unwrap();
                fs::rename(&copy, &file).unwrap();
            }
            Self::Overwrite(bytes) => fs::write(&file, bytes).unwrap(),
            Self::RestoreBackup => {
                let backup = folder.join("backup.db");
                let connection = Database::connect(&database.url).await.unwrap();
                let sql = format!("VACUUM INTO '{}'", backup.display());
                connection.execute_unprepared(&sql).await.unwrap();
                connection.close().await.unwrap();
                fs::copy(&backup, &file).unwrap();
            }
            Self::Truncate(length) => fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(*length).unwrap(),
        }
    }

    /// Whether the file has a content that the service must not change.
    const fn is_other_content(&self) -> bool {
        matches!(self, Self::Overwrite(_) | Self::RestoreBackup | Self::Truncate(_))
    }
}

/// Commands and tools that use SQLite's locks may work beside the service.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_beside_the_service_is_not_reported_as_damage() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let node = Node::new(&database);
    let (service, url) = node.start().await;
    let file = database.folder.path().join("clearhook.db");
    wait_for("the mark in the file", async || {
        (fs::read(&file).unwrap()[60..64] != [0; 4]).then_some(())
    })
    .await;
    for (number, sql) in [
        "VACUUM",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "ANALYZE",
        "REINDEX",
        "PRAGMA integrity_check",
    ]
    .iter()
    .enumerate()
    {
        for id in 0..5 {
            let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
            let request = request.header("content-type", "application/cloudevents+json");
            let event = cloud_event(BuiltIn::IdentityCreated, &format!("{number}-{id}")).to_string();
            assert_eq!(request.body(event).send().await.unwrap().status(), 202, "before {sql}");
        }
        database.execute(sql).await;
        // Longer than the pause between two checks.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        is_ready(&node.http, &url, 200).await;
    }
    service.terminate().await;
    assert_eq!(database.count("events").await, 25);
    // The next run marks the file again, and nothing of the earlier run is held against it.
    let (service, url) = node.start().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    is_ready(&node.http, &url, 200).await;
    service.terminate().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_replaced_or_overwritten_database_file_rejects_events() {
    let other = TestDatabase::sqlite();
    other.open().await.close().await.unwrap();
    let other = fs::read(other.folder.path().join("clearhook.db")).unwrap();
    let cases = [
        ("deleted", Harm::Delete(""), "was deleted"),
        ("its log deleted", Harm::Delete("-wal"), "was deleted"),
        ("the index of its log deleted", Harm::Delete("-shm"), "was deleted"),
        ("moved", Harm::Move, "was deleted"),
        ("replaced", Harm::Replace, "was replaced"),
        ("another database", Harm::Overwrite(other), "was overwritten"),
        ("a backup of this run", Harm::RestoreBackup, "was overwritten"),
        ("garbage", Harm::Overwrite(vec![b'x'; 100_000]), "was overwritten"),
        ("a few bytes", Harm::Overwrite(b"oops".to_vec()), "was overwritten"),
        ("nothing", Harm::Truncate(0), "was overwritten"),
        ("its beginning", Harm::Truncate(8_192), "was overwritten"),
    ];
    let cases = cases.into_iter().map(|(case, harm, word)| (case, harm, word, true));
    let before_the_first_event = [
        ("deleted before the first event", Harm::Delete(""), "was deleted", false),
        ("moved before the first event", Harm::Move, "was deleted", false),
        ("replaced before the first event", Harm::Replace, "was replaced", false),
    ];
    // Each case waits for the checks of its service, so they run at the same time.
    let cases = cases
        .chain(before_the_first_event)
        .map(|(case, harm, word, publishes_first)| async move {
            let database = TestDatabase::sqlite();
            drop(database.open().await);
            let node = Node::new(&database);
            let (service, url) = node.start().await;
            let publish = async |id: &str| {
                let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
                let request = request.header("content-type", "application/cloudevents+json");
                let event = cloud_event(BuiltIn::IdentityCreated, id).to_string();
                request.body(event).send().await.unwrap()
            };
            if publishes_first {
                assert_eq!(publish("1").await.status(), 202, "{case}");
            }
            is_ready(&node.http, &url, 200).await;
            // The content is watched once the first test write has marked the file.
            let file = database.folder.path().join("clearhook.db");
            wait_for("the mark in the file", async || {
                (fs::read(&file).unwrap()[60..64] != [0; 4]).then_some(())
            })
            .await;
            harm.inflict(&database).await;
            is_ready(&node.http, &url, 503).await;
            // A statement may have failed before the check that finds the reason.
            wait_for(&format!("the reason that the file {case}"), async || {
                let said = is_ready(&node.http, &url, 503).await;
                (said.contains(word) && said.contains("stop clearhook")).then_some(())
            })
            .await;
            let refused = publish("2").await;
            assert_eq!(refused.status(), 503, "{case}");
            assert!(refused.text().await.unwrap().contains("database-gone"), "{case}");
            service.line("nothing can be stored").await;
            let left = harm.is_other_content().then(|| fs::read(&file).unwrap());
            service.terminate().await;
            if let Some(left) = left {
                assert!(fs::read(&file).unwrap() == left, "{case}: the service wrote into the file");
            }
        });
    futures_util::future::join_all(cases).await;
}
