//! The service is killed at random moments, stopped under load, or loses its database for a while: no event is lost or duplicated beyond
//! the guarantee.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::support::{
    app::{TestApp, cloud_event, loopback, quick},
    binary::{Service, client},
    database::TestDatabase,
    node::{Node, check_ledger, publish_on, wait_long},
    on_both,
    postgres::Cluster,
    proxy::Proxy,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { repeated_kills_lose_no_event sigterm_with_attempts_in_flight_ends_cleanly }

async fn repeated_kills_lose_no_event(database: TestDatabase) {
    let rounds: usize = std::env::var("CLEARHOOK_TEST_ROUNDS").map_or(6, |rounds| rounds.parse().unwrap());
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start([]).await);
    let accepted = Arc::new(Mutex::new(Vec::new()));
    for round in 0..rounds {
        let (service, url) = node.start().await;
        if round == 0 {
            node.webhook(&url, &receiver.url).await;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let publishers: Vec<_> = (0..8)
            .map(|number| {
                let prefix = format!("{round}-{number}");
                tokio::spawn(publish_on(
                    node.http.clone(),
                    url.clone(),
                    node.key.clone(),
                    prefix,
                    accepted.clone(),
                    stop.clone(),
                ))
            })
            .collect();
        // A different moment each time, always under load.
        let (before, more) = (accepted.lock().unwrap().len(), 1 + rand::random_range(0..150));
        wait_for("some publishes", async || {
            (accepted.lock().unwrap().len() >= before + more).then_some(())
        })
        .await;
        service.kill();
        stop.store(true, Ordering::Relaxed);
        for publisher in publishers {
            publisher.await.unwrap();
        }
    }
    let (service, _) = node.start().await;
    let accepted = accepted.lock().unwrap().clone();
    check_ledger(&database, &receiver, &accepted).await;
    assert_eq!(service.terminate().await, Some(0));
}

async fn sigterm_with_attempts_in_flight_ends_cleanly(database: TestDatabase) {
    for by_keyboard in [false, true] {
        ends_cleanly(&database, by_keyboard).await;
        database.execute("DELETE FROM callbacks").await;
        database.execute("DELETE FROM deliveries").await;
        database.execute("UPDATE webhooks SET deleted_at = 1, enabled = FALSE").await;
        database.execute("DELETE FROM webhook_events").await;
        database.execute("DELETE FROM event_keys").await;
    }
}

async fn ends_cleanly(database: &TestDatabase, by_keyboard: bool) {
    let slow = Reply {
        delay: Duration::from_secs(1),
        ..Reply::status(200)
    };
    drop(database.open().await);
    let (node, receiver) = (Node::new(database), Receiver::start(std::iter::repeat_n(slow, 200)).await);
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command
        .env("CLEARHOOK_CONCURRENCY_PER_WEBHOOK", "250")
        .env("CLEARHOOK_CONCURRENCY", "300");
    let service = Service::start(command);
    let url = service.url().await;
    node.webhook(&url, &receiver.url).await;
    let events: Vec<_> = (0..200)
        .map(|number| cloud_event(BuiltIn::IdentityCreated, &number.to_string()))
        .collect();
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents-batch+json");
    assert_eq!(request.body(Value::from(events).to_string()).send().await.unwrap().status(), 202);
    receiver.wait(200).await;
    let code = if by_keyboard {
        service.interrupt().await
    } else {
        service.terminate().await
    };
    assert_eq!(code, Some(0));
    assert_eq!(database.count("callbacks WHERE outcome = 'succeeded'").await, 200);
    assert_eq!(database.count("deliveries WHERE state = 'succeeded'").await, 200);
    assert_eq!(receiver.seen().len(), 200);
}

/// A commit must be on disk before the response, whatever the setting of the database. A stricter setting is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_is_durable_whatever_the_database_setting() {
    let database = TestDatabase::postgres().await;
    drop(database.open().await);
    let name = database.url.rsplit('/').next().unwrap();
    for (set, is) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        database
            .execute(&format!("ALTER DATABASE {name} SET synchronous_commit = {set}"))
            .await;
        let store = database.open().await;
        assert_eq!(store.setting("synchronous_commit").await.unwrap(), is, "{set}");
        store.close().await.unwrap();
    }
}

/// Four publishers that run until they are stopped.
struct Publishers {
    accepted: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Publishers {
    fn start(app: &TestApp) -> Self {
        let (accepted, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let publish = |number: u32| {
            let (url, key) = (app.url.clone(), app.key.clone());
            tokio::spawn(publish_on(client(), url, key, number.to_string(), accepted.clone(), stop.clone()))
        };
        Self {
            tasks: (0..4).map(publish).collect(),
            accepted,
            stop,
        }
    }

    /// Waits until this many more events are accepted.
    async fn more(&self) {
        let count = || self.accepted.lock().unwrap().len();
        let enough = count() + 50;
        wait_for("some publishes", async || (count() >= enough).then_some(())).await;
    }

    /// All accepted events.
    async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.accepted.lock().unwrap().clone()
    }
}

/// Existing and new connections carry nothing: `/readyz` reports it, and the service recovers when the network is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_postgres_loses_no_event() {
    let direct = TestDatabase::postgres().await;
    let name = direct.url.rsplit('/').next().unwrap();
    // The server rolls back transactions of dead connections after this time instead of 30 s.
    direct
        .execute(&format!("ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '1s'"))
        .await;
    let proxy = Proxy::to(direct.server()).await;
    let settings = DeliverySettings {
        patience: Duration::from_secs(3),
        ..quick()
    };
    let receiver = Receiver::start([]).await;
    let app = TestApp::start_with(&direct.by(proxy.address), settings, loopback(), new_id()).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let publishers = Publishers::start(&app);
    let ready = format!("{}/readyz", app.url);
    let is_ready = async |status: u16| {
        wait_for("readyz to change", async || {
            (app.http.get(&ready).send().await.unwrap().status() == status).then_some(())
        })
        .await;
    };
    for _ in 0..2 {
        publishers.more().await;
        proxy.fall_silent();
        is_ready(503).await;
        proxy.speak();
        publishers.more().await;
        is_ready(200).await;
    }
    let accepted = publishers.stop().await;
    wait_long(&direct).await;
    check_ledger(&direct, &receiver, &accepted).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarted_postgres_loses_no_event() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let database = TestDatabase::on(&cluster.url).await;
    let receiver = Receiver::start([]).await;
    let app = TestApp::start_with(&database, quick(), loopback(), new_id()).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let publishers = Publishers::start(&app);
    for _ in 0..2 {
        publishers.more().await;
        cluster.stop();
        let ready = format!("{}/readyz", app.url);
        wait_for("readyz to be red", async || {
            (app.http.get(&ready).send().await.unwrap().status() == 503).then_some(())
        })
        .await;
        cluster.start();
        publishers.more().await;
    }
    let accepted = publishers.stop().await;
    // Deliveries of a commit whose response was lost are found later.
    wait_long(&database).await;
    check_ledger(&database, &receiver, &accepted).await;
    app.stop().await;
}
