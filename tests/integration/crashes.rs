//! Killed at random moments, stopped under load, the database gone for a while: the ledger is exact each time.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clearhook::{catalogue::EventType, delivery::DispatchSettings, storage::new_id};
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

on_both! { killed_again_and_again_nothing_is_lost terminated_with_attempts_in_flight_it_ends_cleanly }

async fn killed_again_and_again_nothing_is_lost(database: TestDatabase) {
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
        // A moment that is different each time, and always under load.
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

async fn terminated_with_attempts_in_flight_it_ends_cleanly(database: TestDatabase) {
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
    let url = format!("http://{}", service.line("listening on ").await.split(';').next().unwrap());
    node.webhook(&url, &receiver.url).await;
    let events: Vec<_> = (0..200)
        .map(|number| cloud_event(EventType::IdentityCreated, &number.to_string()))
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

/// A power cut loses nothing only if a commit is on disk when it is answered, whatever the database's own setting. What is stricter stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_on_disk_whatever_the_setting_of_the_database() {
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

/// Four who publish until they are stopped.
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

    /// Waits until some more are accepted.
    async fn more(&self) {
        let count = || self.accepted.lock().unwrap().len();
        let enough = count() + 50;
        wait_for("some publishes", async || (count() >= enough).then_some(())).await;
    }

    /// All that were accepted.
    async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.accepted.lock().unwrap().clone()
    }
}

/// Connections die without a word, new ones are taken without one: it is known, and over when the way is there again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_may_fall_silent_and_answer_again() {
    let direct = TestDatabase::postgres().await;
    let name = direct.url.rsplit('/').next().unwrap();
    // What a dead connection had begun is undone after this, instead of the usual 30 s.
    direct
        .execute(&format!("ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '1s'"))
        .await;
    let proxy = Proxy::to(direct.server()).await;
    let settings = DispatchSettings {
        patience: Duration::from_secs(3),
        ..quick()
    };
    let receiver = Receiver::start([]).await;
    let app = TestApp::start_with(&direct.by(proxy.address), settings, loopback(), new_id()).await;
    app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
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
async fn postgres_may_go_and_come_back() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let database = TestDatabase::on(&cluster.url).await;
    let receiver = Receiver::start([]).await;
    let app = TestApp::start_with(&database, quick(), loopback(), new_id()).await;
    app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
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
    // What a lost answer of a commit left behind is found after a while, too.
    wait_long(&database).await;
    check_ledger(&database, &receiver, &accepted).await;
    app.stop().await;
}
