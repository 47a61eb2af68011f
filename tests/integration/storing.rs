//! Where nothing can be stored any more, `/readyz` says so, and no event is accepted.

use std::{fs, time::Duration};

use clearhook::{catalogue::EventType, delivery::DispatchSettings, storage::new_id};
use reqwest::Client;
use sea_orm::{ConnectionTrait, Database};
use tokio::time::Instant;

use crate::support::{
    app::{TestApp, cloud_event, loopback, quick},
    database::TestDatabase,
    node::Node,
    wait::wait_for,
};

/// Waits until `/readyz` answers so; fails when it took longer than ten seconds and a bit.
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
async fn a_lock_of_another_process_turns_readyz_red_and_a_publish_is_refused() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    is_ready(&app.http, &app.url, 200).await;
    let mut other = sea_orm::ConnectOptions::new(&database.url);
    other.max_connections(1);
    let other = Database::connect(other).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let event = cloud_event(EventType::IdentityCreated, "1");
    let (publish, ready) = tokio::join!(app.publish_raw(&event), is_ready(&app.http, &app.url, 503));
    assert_eq!(publish.status(), 503);
    assert!(ready.contains("not-ready"), "{ready}");
    other.execute_unprepared("ROLLBACK").await.unwrap();
    is_ready(&app.http, &app.url, 200).await;
    app.publish(EventType::IdentityCreated, "1").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_turns_readyz_red() {
    let database = TestDatabase::postgres().await;
    let app = TestApp::start(&database).await;
    let (server, name) = database.url.rsplit_once('/').unwrap();
    let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
    let set = async |on: bool| {
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        admin.execute_unprepared(&sql).await.unwrap();
    };
    set(true).await;
    // Only new sessions are told.
    let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.execute_unprepared(&others).await.unwrap();
    assert!(is_ready(&app.http, &app.url, 503).await.contains("not-ready"));
    let refused = app.publish_raw(&cloud_event(EventType::IdentityCreated, "1")).await;
    assert_eq!(refused.status(), 503);
    // The sessions that exist stay read-only: they have to be left.
    set(false).await;
    is_ready(&app.http, &app.url, 200).await;
    app.publish(EventType::IdentityCreated, "1").await;
    admin.close().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_nearly_full_turns_readyz_red() {
    let database = TestDatabase::sqlite();
    // No disk has so much.
    let settings = DispatchSettings {
        spare_space: u64::MAX,
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    assert!(is_ready(&app.http, &app.url, 503).await.contains("nearly full"));
    app.stop().await;
}

/// A file that is deleted takes what is written to it along; the log and its index are parts of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_deleted_or_replaced_takes_no_more_events() {
    for (case, ending) in [("deleted", ""), ("deleted", "-wal"), ("replaced", "")] {
        let database = TestDatabase::sqlite();
        drop(database.open().await);
        let node = Node::new(&database);
        let (service, url) = node.start().await;
        let publish = async |id: &str| {
            let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
            let request = request.header("content-type", "application/cloudevents+json");
            let event = cloud_event(EventType::IdentityCreated, id).to_string();
            request.body(event).send().await.unwrap()
        };
        assert_eq!(publish("1").await.status(), 202);
        is_ready(&node.http, &url, 200).await;
        // The file's companions are noted when the service first tries to write.
        let file = database.folder.path().join(format!("clearhook.db{ending}"));
        assert!(file.exists());
        if case == "replaced" {
            let copy = database.folder.path().join("copy");
            fs::copy(&file, &copy).unwrap();
            fs::rename(&copy, &file).unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        let said = is_ready(&node.http, &url, 503).await;
        assert!(said.contains(case), "{said}");
        let refused = publish("2").await;
        assert_eq!(refused.status(), 503);
        assert!(refused.text().await.unwrap().contains("database-gone"));
        service.line("ERROR").await;
        service.kill();
    }
}
