//! A node works while the next version migrates its database. The database is that of 0.1.0, and the migration of the next version adds to each
//! of its tables, as `CONTRIBUTING.md` describes.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clearhook::{catalogue::BuiltIn, storage::test_support};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DbErr, TransactionTrait};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    support::{
        app::{JsonBody, cloud_event},
        cli::refused,
        database::TestDatabase,
        node::{Node, publish_on, received},
        on_both,
        receiver::Receiver,
        wait::wait_for,
    },
    upgrades::unpacked,
};

on_both! {
    node_goes_on_while_the_next_version_migrates_and_may_be_started_again
    node_goes_on_although_a_later_version_needs_itself_and_cannot_be_started_again
}

/// The version whose database is used.
const VERSION: &str = "0.1.0";
/// Its last migration.
const LAST: &str = "m20261128_000001_initial";
const NEXT: &str = "m29990101_000001_next";

/// The migration of the next version, which says whether the previous one works with it.
struct Next {
    requires: &'static str,
}

impl MigrationName for Next {
    fn name(&self) -> &str {
        NEXT
    }
}

#[allow(
    elided_lifetimes_in_paths,
    reason = "the trait is declared without them, and the macro compares both"
)]
#[async_trait::async_trait]
impl MigrationTrait for Next {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = manager.get_connection();
        for table in ["webhooks", "events", "deliveries", "callbacks", "event_keys", "nodes", "audit_log"] {
            on.execute_unprepared(&format!("ALTER TABLE {table} ADD COLUMN later text")).await?;
            on.execute_unprepared(&format!("ALTER TABLE {table} ADD COLUMN number bigint DEFAULT 7"))
                .await?;
        }
        on.execute_unprepared("CREATE TABLE later (id bigint PRIMARY KEY)").await?;
        on.execute_unprepared("CREATE INDEX webhooks_later ON webhooks (later)").await?;
        let says = format!("UPDATE revisions SET migrated_to = '{NEXT}', requires = '{}'", self.requires);
        on.execute_unprepared(&says).await?;
        Ok(())
    }
}

/// The migrations of the next version.
struct NextVersion;
/// The same, with which only that version works.
struct OnlyNextVersion;

#[async_trait::async_trait]
impl MigratorTrait for NextVersion {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = migrations::Migrator::migrations();
        all.push(Box::new(Next { requires: LAST }));
        all
    }
}

#[async_trait::async_trait]
impl MigratorTrait for OnlyNextVersion {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = migrations::Migrator::migrations();
        all.push(Box::new(Next { requires: NEXT }));
        all
    }
}

/// Migrates as the next version does when it is started.
async fn migrate<M: MigratorTrait>(database: &TestDatabase) {
    let connection = Database::connect(&database.url).await.unwrap();
    test_support::migrate::<M>(&connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A transaction of a running node has read a table that the migration changes later, and needs one that it has changed already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migration_that_ends_in_a_deadlock_is_applied_again() {
    let database = TestDatabase::postgres().await;
    database.open().await.close().await.unwrap();
    let (_, name) = database.url.rsplit_once('/').unwrap();
    // Long enough for the other side to wait as well before the migration looks for a deadlock and ends itself.
    database
        .execute(&format!("ALTER DATABASE {name} SET deadlock_timeout = '3s'"))
        .await;
    let node = Database::connect(&database.url).await.unwrap();
    let transaction = node.begin().await.unwrap();
    let begin = "SET LOCAL deadlock_timeout = '1h'; SELECT 1 FROM deliveries";
    transaction.execute_unprepared(begin).await.unwrap();
    let migrating = async { migrate::<NextVersion>(&database).await };
    let blocking = async {
        let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        wait_for("the migration to wait", async || (database.count(waits).await == 1).then_some(())).await;
        transaction.execute_unprepared("SELECT 1 FROM webhooks").await.unwrap();
        transaction.commit().await.unwrap();
    };
    let both = async { tokio::join!(migrating, blocking) };
    timeout(Duration::from_secs(60), Box::pin(both)).await.unwrap();
    let deadlocks = "pg_stat_database WHERE datname = current_database() AND deadlocks = 1";
    wait_for("the deadlock to be counted", async || {
        (database.count(deadlocks).await == 1).then_some(())
    })
    .await;
    let applied = format!("seaql_migrations WHERE version = '{NEXT}'");
    assert_eq!(database.count(&applied).await, 1);
    node.close().await.unwrap();
}

/// Publishers that go on until they are stopped.
struct Load {
    accepted: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    publishers: Vec<JoinHandle<()>>,
}

impl Load {
    fn on(node: &Node<'_>, url: &str, name: &str) -> Self {
        let (accepted, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let publishers = (0..3).map(|number| {
            tokio::spawn(publish_on(
                node.http.clone(),
                url.to_owned(),
                node.key.clone(),
                format!("{name}-{number}"),
                accepted.clone(),
                stop.clone(),
            ))
        });
        Self {
            publishers: publishers.collect(),
            accepted,
            stop,
        }
    }

    /// Waits until so many more events are accepted.
    async fn more(&self, count: usize) {
        let enough = self.accepted.lock().unwrap().len() + count;
        wait_for("events to be accepted", async || {
            (self.accepted.lock().unwrap().len() >= enough).then_some(())
        })
        .await;
    }

    async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for publisher in self.publishers {
            publisher.await.unwrap();
        }
        self.accepted.lock().unwrap().clone()
    }
}

/// The database of 0.1.0, whose webhook has another receiver by now.
async fn database_of_that_time(is_postgres: bool, receiver: &Receiver) -> (TestDatabase, Vec<String>) {
    let (database, facts) = unpacked(VERSION, is_postgres).await;
    database.execute(&format!("UPDATE webhooks SET url = '{}'", receiver.url)).await;
    (database, facts.waiting)
}

async fn call(node: &Node<'_>, method: Method, url: &str, path: &str, body: &Value) -> String {
    let request = node.http.request(method, format!("{url}/api/v1{path}")).bearer_auth(&node.key);
    let response = request.json_value(body).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.text().await.unwrap()
}

/// Each accepted event is delivered, and logged once.
async fn delivered(database: &TestDatabase, receiver: &Receiver, expected: &[String]) {
    let expected: HashSet<_> = expected.iter().cloned().collect();
    wait_for("all accepted events to be delivered", async || {
        expected.is_subset(&received(receiver)).then_some(())
    })
    .await;
    wait_for("all deliveries to be logged", async || {
        (database.count("deliveries WHERE state NOT IN ('succeeded', 'held')").await == 0).then_some(())
    })
    .await;
    let twice = "(SELECT delivery_id FROM callbacks WHERE outcome = 'succeeded' GROUP BY delivery_id HAVING COUNT(*) > 1) AS twice";
    assert_eq!(database.count(twice).await, 0, "a delivery succeeds once");
}

fn retries_at_once(database: &TestDatabase) -> impl Future<Output = ()> {
    database.execute("UPDATE deliveries SET due_at = 1 WHERE state = 'pending'")
}

async fn node_goes_on_while_the_next_version_migrates_and_may_be_started_again(database: TestDatabase) {
    let receiver = Receiver::start([]).await;
    let (database, waiting) = database_of_that_time(database.url.starts_with("postgres"), &receiver).await;
    retries_at_once(&database).await;
    let node = Node::new(&database).with("CLEARHOOK_RETENTION", "none");
    let (service, url) = node.start().await;
    let load = Load::on(&node, &url, "before");
    load.more(100).await;
    migrate::<NextVersion>(&database).await;
    load.more(100).await;
    // The migration command of the running version has nothing to do.
    let output = node.command(&["migrate"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Changes, reads and the log work, too.
    let ready = node.http.get(format!("{url}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let webhook = node.webhook(&url, &format!("{}?second", receiver.url)).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    call(&node, Method::PATCH, &url, &path, &json!({ "enabled": false })).await;
    load.more(50).await;
    let log = call(&node, Method::GET, &url, "/callbacks", &json!(null)).await;
    assert!(log.contains("callback_date") || log.contains("event_id"), "{log}");
    let accepted = load.stop().await;
    delivered(&database, &receiver, &[accepted, waiting].concat()).await;
    let printed = service.printed();
    assert!(!printed.contains("ERROR") && !printed.contains("panicked"), "{printed}");
    assert_eq!(service.terminate().await, Some(0));

    // A node of the previous version is started again before the upgrade is finished.
    let (service, url) = node.start().await;
    service
        .line("migrated by a newer clearhook, whose schema this version can use")
        .await;
    let load = Load::on(&node, &url, "again");
    load.more(50).await;
    let accepted = load.stop().await;
    delivered(&database, &receiver, &accepted).await;
    assert_eq!(service.terminate().await, Some(0));
}

async fn node_goes_on_although_a_later_version_needs_itself_and_cannot_be_started_again(database: TestDatabase) {
    let receiver = Receiver::start([]).await;
    let (database, waiting) = database_of_that_time(database.url.starts_with("postgres"), &receiver).await;
    retries_at_once(&database).await;
    let node = Node::new(&database).with("CLEARHOOK_RETENTION", "none");
    let (service, url) = node.start().await;
    let load = Load::on(&node, &url, "before");
    load.more(50).await;
    migrate::<OnlyNextVersion>(&database).await;
    load.more(100).await;
    let mut accepted = load.stop().await;
    let event = cloud_event(BuiltIn::IdentityCreated, "last").to_string();
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents+json").body(event);
    assert_eq!(request.send().await.unwrap().status(), 202);
    accepted.push("last".to_owned());
    delivered(&database, &receiver, &[accepted, waiting].concat()).await;
    assert_eq!(service.terminate().await, Some(0));
    for arguments in [&["serve", "--addr", "127.0.0.1:0"][..], &["migrate"]] {
        let told = refused(&node.command(arguments).output().unwrap(), 1, arguments[0]);
        assert!(told.contains("newer clearhook") && told.contains(NEXT), "{told}");
    }
    let output = node.command(&["doctor", "--json"]).output().unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors: Value = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] == "error")
        .cloned()
        .collect();
    assert!(
        output.status.code() == Some(1) && errors.to_string().contains("newer"),
        "{findings}"
    );
}
