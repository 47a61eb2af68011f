//! Killed at random moments, stopped under load, the database gone for a while, a node lost: the ledger is exact each time.

use std::{
    collections::HashSet,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use clearhook::{catalogue::EventType, storage::new_id};
use reqwest::{Client, Method};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp, cloud_event, loopback, quick},
    binary::{Installation, Service, client},
    database::TestDatabase,
    on_both,
    postgres::Cluster,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { killed_again_and_again_nothing_is_lost terminated_with_attempts_in_flight_it_ends_cleanly }

/// The real service on a database, with a key that may do all.
struct Node<'a> {
    here: Installation,
    database: &'a TestDatabase,
    http: Client,
    key: String,
}

impl<'a> Node<'a> {
    fn new(database: &'a TestDatabase) -> Self {
        let here = Installation::new();
        let node = Self {
            here,
            database,
            http: client(),
            key: String::new(),
        };
        let scopes = ["events:write", "webhooks:write", "callbacks:read"].map(|scope| ["--scope", scope]);
        let create = [&["api-key", "create", "--name", "t"][..], scopes.as_flattened()].concat();
        let output = node.command(&create).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Self { key, ..node }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.here.command(arguments);
        command
            .env("CLEARHOOK_DATABASE_URL", &self.database.url)
            .env("CLEARHOOK_MASTER_KEY", self.database.key.reveal().as_str())
            .env("CLEARHOOK_ALLOW_HTTP", "true")
            .env("CLEARHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env("CLEARHOOK_RETRY_SCHEDULE", "50ms,50ms,50ms");
        command
    }

    async fn start(&self) -> (Service, String) {
        let service = Service::start(self.command(&["serve", "--addr", "127.0.0.1:0"]));
        let line = service.line("listening on ").await;
        let url = format!("http://{}", line.split(';').next().unwrap());
        (service, url)
    }

    async fn webhook(&self, url: &str, receiver: &str) -> Value {
        let body = json!({ "name": "t", "url": receiver, "events": [EventType::IdentityCreated] });
        let request = self.http.post(format!("{url}/api/v1/webhooks")).bearer_auth(&self.key);
        let response = request.json_value(&body).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json_value().await
    }
}

/// Publishes one event after the other until it is told to stop, and remembers those that were accepted.
async fn publish_on(http: Client, url: String, key: String, prefix: String, accepted: Arc<Mutex<Vec<String>>>, stop: Arc<AtomicBool>) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let event = cloud_event(EventType::IdentityCreated, &format!("{prefix}-{number}"));
        let request = http.post(format!("{url}/api/v1/events")).bearer_auth(&key);
        let sent = request
            .header("content-type", "application/cloudevents+json")
            .body(event.to_string())
            .send()
            .await;
        // The service may be killed between the answer's head and its body: then it was not accepted as far as this knows.
        let Ok(response) = sent else { continue };
        if response.status() == 202
            && let Ok(text) = response.text().await
            && let Ok(answer) = serde_json::from_str::<Value>(&text)
        {
            accepted
                .lock()
                .unwrap()
                .push(answer["events"][0]["id"].as_str().unwrap().to_owned());
        }
    }
}

/// What the receiver got, by event.
fn received(receiver: &Receiver) -> HashSet<String> {
    let bodies = receiver
        .seen()
        .into_iter()
        .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    bodies.map(|body| body["id"].as_str().unwrap().to_owned()).collect()
}

/// Everything accepted was delivered and logged, everything stored has ended, and nothing was sent that is not stored.
async fn check_ledger(database: &TestDatabase, receiver: &Receiver, accepted: &[String]) {
    wait_for("all deliveries to be done", async || {
        (database.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(())
    })
    .await;
    let received = received(receiver);
    let lost: Vec<_> = accepted.iter().filter(|id| !received.contains(*id)).collect();
    assert!(lost.is_empty(), "accepted and not delivered: {lost:?}");
    let (events, deliveries) = (database.count("events").await, database.count("deliveries").await);
    assert_eq!((events, deliveries), (deliveries, i64::try_from(received.len()).unwrap()));
    let logged = "(SELECT DISTINCT delivery_id FROM callbacks WHERE outcome = 'succeeded') AS logged";
    assert_eq!(database.count(logged).await, deliveries);
    assert!(accepted.len() <= received.len());
}

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
    let slow = Reply {
        delay: Duration::from_secs(1),
        ..Reply::status(200)
    };
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start(std::iter::repeat_n(slow, 200)).await);
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
    assert_eq!(service.terminate().await, Some(0));
    assert_eq!(database.count("callbacks WHERE outcome = 'succeeded'").await, 200);
    assert_eq!(database.count("deliveries WHERE state = 'succeeded'").await, 200);
    assert_eq!(receiver.seen().len(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_may_go_and_come_back() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let database = TestDatabase::on(&cluster.url).await;
    let receiver = Receiver::start([]).await;
    let app = TestApp::start_with(&database, quick(), loopback(), new_id()).await;
    app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    let (accepted, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let publishers: Vec<_> = (0..4)
        .map(|number| {
            let (accepted, stop) = (accepted.clone(), stop.clone());
            tokio::spawn(publish_on(
                client(),
                app.url.clone(),
                app.key.clone(),
                number.to_string(),
                accepted,
                stop,
            ))
        })
        .collect();
    let some = async |count: usize| {
        wait_for("some publishes", async || (accepted.lock().unwrap().len() >= count).then_some(())).await;
    };
    for _ in 0..2 {
        let before = accepted.lock().unwrap().len();
        some(before + 50).await;
        cluster.stop();
        let ready = format!("{}/readyz", app.url);
        wait_for("readyz to be red", async || {
            (app.http.get(&ready).send().await.unwrap().status() == 503).then_some(())
        })
        .await;
        cluster.start();
        let before = accepted.lock().unwrap().len();
        some(before + 50).await;
    }
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let accepted = accepted.lock().unwrap().clone();
    // What a lost answer of a commit left behind is found after a while, too.
    wait_long(&database).await;
    check_ledger(&database, &receiver, &accepted).await;
    app.stop().await;
}

/// Strays are looked for every 20 s and have to be seen twice.
async fn wait_long(database: &TestDatabase) {
    for _ in 0..4 {
        let done = async || (database.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(());
        if tokio::time::timeout(Duration::from_secs(15), wait_for("deliveries", done))
            .await
            .is_ok()
        {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_may_die_and_none_sends_what_the_other_owns() {
    let database = TestDatabase::postgres().await;
    drop(database.open().await);
    let (one, two, receiver) = (Node::new(&database), Node::new(&database), Receiver::start([]).await);
    let ((first, first_url), (second, second_url)) = (one.start().await, two.start().await);
    one.webhook(&first_url, &receiver.url).await;
    let (accepted, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let publishers: Vec<_> = [&first_url, &second_url]
        .into_iter()
        .enumerate()
        .map(|(number, url)| {
            tokio::spawn(publish_on(
                client(),
                url.clone(),
                one.key.clone(),
                number.to_string(),
                accepted.clone(),
                stop.clone(),
            ))
        })
        .collect();
    wait_for("publishes to both", async || (accepted.lock().unwrap().len() >= 300).then_some(())).await;
    // So far none was sent twice.
    let seen = receiver.seen();
    assert_eq!(seen.len(), received(&receiver).len());
    first.kill();
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    // The lease of the dead node has to end first.
    for _ in 0..3 {
        let done = async || (database.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(());
        if tokio::time::timeout(Duration::from_secs(15), wait_for("deliveries", done))
            .await
            .is_ok()
        {
            break;
        }
    }
    let accepted = accepted.lock().unwrap().clone();
    check_ledger(&database, &receiver, &accepted).await;
    // Only what was in flight when the node died can have been sent twice.
    let twice = receiver.seen().len() - received(&receiver).len();
    assert!(twice <= 16, "{twice} were sent twice");
    assert_eq!(second.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_tell_each_other_of_changes() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let (before, after) = (Receiver::start([]).await, Receiver::start([]).await);
    let webhook = one.webhook(&before.url, &[EventType::IdentityCreated]).await;
    two.publish(EventType::IdentityCreated, "1").await;
    before.wait(1).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let changed = one
        .api(Method::PATCH, &path)
        .json_value(&json!({ "url": after.url }))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 200);
    let number = AtomicUsize::new(2);
    wait_for("the other node to know", async || {
        let id = number.fetch_add(1, Ordering::Relaxed).to_string();
        two.publish(EventType::IdentityCreated, &id).await;
        (!after.seen().is_empty()).then_some(())
    })
    .await;
    one.stop().await;
    two.stop().await;
}

/// Two services on one file would send everything twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_service_on_the_same_file_is_refused() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let (one, two) = (Node::new(&database), Node::new(&database));
    let (service, _) = one.start().await;
    let output = two.command(&["serve", "--addr", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("another"), "{said}");
    assert!(Path::new(&database.url.replace("sqlite://", "")).exists());
    assert_eq!(service.terminate().await, Some(0));
}

/// A file that may not grow any more is what a full disk looks like to SQLite.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_loses_nothing() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start([]).await);
    let serve = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""]);
    limited.arg(serve.get_program()).args(serve.get_args());
    limited.current_dir(serve.get_current_dir().unwrap());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let service = Service::start(limited);
    let url = format!("http://{}", service.line("listening on ").await.split(';').next().unwrap());
    node.webhook(&url, &receiver.url).await;
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for number in 0..100_000 {
        let event = cloud_event(EventType::IdentityCreated, &number.to_string());
        let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
        let request = request.header("content-type", "application/cloudevents+json");
        let response = request.body(event.to_string()).send().await.unwrap();
        if response.status() == 202 {
            accepted.push(response.json_value().await["events"][0]["id"].as_str().unwrap().to_owned());
        } else {
            assert_eq!(response.status(), 503);
            refused += 1;
        }
        if refused == 5 {
            break;
        }
    }
    assert!(
        refused == 5 && !accepted.is_empty(),
        "{refused} refused, {} accepted",
        accepted.len()
    );
    let alive = node.http.get(format!("{url}/healthz")).send().await.unwrap();
    assert_eq!(alive.status(), 200);
    service.kill();
    let (service, _) = node.start().await;
    check_ledger(&database, &receiver, &accepted).await;
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_refuses_and_loses_nothing() {
    let database = TestDatabase::postgres().await;
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    let read_only = async |on: bool| {
        let (server, name) = database.url.rsplit_once('/').unwrap();
        let admin = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        // Only new sessions are told.
        let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        for sql in [set, others] {
            admin.execute_unprepared(&sql).await.unwrap();
        }
        admin.close().await.unwrap();
    };
    read_only(true).await;
    wait_for("a publish to be refused", async || {
        let response = app.publish_raw(&cloud_event(EventType::IdentityCreated, "refused")).await;
        (response.status() == 503).then_some(())
    })
    .await;
    let refused = app.publish_raw(&cloud_event(EventType::IdentityCreated, "refused")).await;
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    read_only(false).await;
    wait_for("a publish to be accepted", async || {
        let response = app.publish_raw(&cloud_event(EventType::IdentityCreated, "accepted")).await;
        (response.status() == 202).then_some(())
    })
    .await;
    receiver.wait(1).await;
    app.stop().await;
}
