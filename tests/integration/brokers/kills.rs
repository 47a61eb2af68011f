//! Brokers, database and nodes are killed in random order under load. The ledger is exact: each event whose message a broker confirmed is
//! stored once and delivered.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rand::seq::SliceRandom;
use sea_orm::{ConnectionTrait, Database, Statement};
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    brokers::{
        event,
        nats::{client as nats_client, with_short_ack_wait},
        rabbitmq::{client as amqp_client, publish as amqp_publish},
    },
    support::{
        binary::Service,
        database::TestDatabase,
        message_brokers::{Certificates, NatsServer, RabbitServer},
        node::{Node, check_ledger, wait_long},
        postgres::Cluster,
        receiver::Receiver,
        wait::{pause, wait_for},
    },
};

/// The longest time until a publisher gets its confirmation again.
const LIMIT: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Nats,
    RabbitMq,
    Postgres,
    Node,
}

/// The order of the kills: each victim as often as the others.
fn order() -> Vec<Victim> {
    let kills: usize = std::env::var("CLEARHOOK_TEST_KILLS").map_or(4, |kills| kills.parse().unwrap());
    let all = [Victim::Nats, Victim::RabbitMq, Victim::Postgres, Victim::Node];
    let mut order: Vec<_> = all.into_iter().cycle().take(kills).collect();
    order.shuffle(&mut rand::rng());
    order
}

/// Publishes one event after another to both brokers. Each is sent until it is confirmed, so that some are sent twice.
struct Publishers {
    confirmed: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Publishers {
    fn start(nats: &Arc<NatsServer>, rabbit: &Arc<RabbitServer>) -> Self {
        let (confirmed, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let mut tasks = Vec::new();
        for number in 0..2 {
            tasks.push(tokio::spawn(to_nats(
                nats.clone(),
                format!("nats-{number}"),
                confirmed.clone(),
                stop.clone(),
            )));
            tasks.push(tokio::spawn(to_rabbit(
                rabbit.clone(),
                format!("rabbit-{number}"),
                confirmed.clone(),
                stop.clone(),
            )));
        }
        Self { confirmed, stop, tasks }
    }

    fn count(&self, prefix: &str) -> usize {
        self.confirmed.lock().unwrap().iter().filter(|id| id.starts_with(prefix)).count()
    }

    /// Waits until both brokers confirmed this many more events.
    async fn more(&self, events: usize) {
        for prefix in ["nats", "rabbit"] {
            let (enough, end) = (self.count(prefix) + events, Instant::now() + LIMIT);
            while self.count(prefix) < enough {
                assert!(Instant::now() < end, "{prefix} confirms nothing");
                pause().await;
            }
        }
    }

    async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            timeout(LIMIT, task).await.unwrap().unwrap();
        }
        self.confirmed.lock().unwrap().clone()
    }
}

async fn to_nats(server: Arc<NatsServer>, prefix: String, confirmed: Arc<Mutex<Vec<String>>>, stop: Arc<AtomicBool>) {
    let context = nats_client(&server).await;
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("{prefix}-{number}");
        let body = event(&id).to_string();
        loop {
            let attempt = async { context.publish("clearhook.events.x", body.clone().into()).await.ok()?.await.ok() };
            if timeout(Duration::from_secs(2), attempt).await.ok().flatten().is_some() {
                break;
            }
            pause().await;
        }
        confirmed.lock().unwrap().push(id);
        // The load is steady, so that the ledger does not grow with the time that a server needs to start.
        pause().await;
    }
}

async fn to_rabbit(server: Arc<RabbitServer>, prefix: String, confirmed: Arc<Mutex<Vec<String>>>, stop: Arc<AtomicBool>) {
    let mut open = None;
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("{prefix}-{number}");
        let body = event(&id).to_string();
        loop {
            let attempt = async {
                if open.is_none() {
                    open = amqp_client(&server, "v0").await.ok();
                }
                let (_, channel) = open.as_ref()?;
                amqp_publish(channel, lapin::BasicProperties::default(), body.as_bytes()).await.ok()
            };
            if timeout(Duration::from_secs(3), attempt).await.ok().flatten() == Some(true) {
                break;
            }
            open = None;
            pause().await;
        }
        confirmed.lock().unwrap().push(id);
        // The load is steady, so that the ledger does not grow with the time that a server needs to start.
        pause().await;
    }
}

/// The ids of the stored events.
async fn ids(database: &TestDatabase) -> Vec<String> {
    let connection = Database::connect(&database.url).await.unwrap();
    let statement = Statement::from_string(connection.get_database_backend(), "SELECT ce_id FROM events");
    let rows = connection.query_all_raw(statement).await.unwrap();
    connection.close().await.unwrap();
    rows.iter().map(|row| row.try_get("", "ce_id").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_in_random_order_lose_nothing_and_store_nothing_twice() {
    let certificates = Certificates::new();
    let cluster = tokio::task::spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let database = TestDatabase::on(&cluster.url).await;
    drop(database.open().await);
    let (nats, rabbit) = (Arc::new(NatsServer::running("").await), Arc::new(RabbitServer::new(&certificates)));
    with_short_ack_wait(&nats_client(&nats).await).await;
    let receiver = Receiver::start([]).await;
    let node = || {
        Node::new(&database)
            .with("CLEARHOOK_NATS_URL", nats.url())
            .with("CLEARHOOK_AMQP_URL", rabbit.url("v0"))
    };
    let nodes = [node(), node()];
    // The nodes start while one of the brokers is down.
    let (first, url) = nodes[0].start().await;
    nodes[0].webhook(&url, &receiver.url).await;
    let mut services = [(first, url), nodes[1].start().await];
    for (service, _) in &services {
        service.line("CLEARHOOK_AMQP_URL: cannot connect to").await;
    }
    rabbit.start().await;
    for (service, _) in &services {
        service.line("RabbitMQ: connected to").await;
    }
    let publishers = Publishers::start(&nats, &rabbit);
    for victim in order() {
        publishers.more(30).await;
        println!(
            "killing {victim:?} after {} confirmed events",
            publishers.confirmed.lock().unwrap().len()
        );
        services = kill(victim, services, &nodes, (&nats, &rabbit, &cluster)).await;
    }
    publishers.more(30).await;
    // Both nodes take messages from both brokers.
    for (node, (_, url)) in nodes.iter().zip(&services) {
        for broker in ["nats", "rabbitmq"] {
            let what = format!("messages of {broker} on each node");
            let taken = async || (taken(node, url, broker).await.is_some_and(|count| count > 0)).then_some(());
            wait_for(&what, taken).await;
        }
    }
    let confirmed = publishers.stop().await;
    let unique: BTreeSet<_> = confirmed.iter().cloned().collect();
    let end = Instant::now() + LIMIT;
    while ids(&database).await.len() < unique.len() {
        assert!(
            Instant::now() < end,
            "some events were confirmed and never stored: {} {}",
            services[0].0.printed(),
            services[1].0.printed()
        );
        pause().await;
    }
    wait_long(&database).await;
    let stored = ids(&database).await;
    assert_eq!(stored.len(), unique.len(), "an event is stored once");
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), unique);
    check_ledger(&database, &receiver, &confirmed).await;
    for (service, _) in services {
        assert_eq!(service.terminate().await, Some(0));
    }
}

/// How many messages of a broker a node has stored since it was started.
async fn taken(node: &Node<'_>, url: &str, broker: &str) -> Option<u64> {
    let request = node.http.get(format!("{url}/metrics")).bearer_auth(&node.key);
    let text = request.send().await.ok()?.text().await.ok()?;
    let line = format!("clearhook_broker_messages_accepted_total{{broker=\"{broker}\"}} ");
    text.lines().find_map(|known| known.strip_prefix(&line))?.parse().ok()
}

/// A running node, with its URL.
type Running = (Service, String);

async fn kill(
    victim: Victim,
    services: [Running; 2],
    nodes: &[Node<'_>; 2],
    servers: (&NatsServer, &RabbitServer, &Cluster),
) -> [Running; 2] {
    let (nats, rabbit, cluster) = servers;
    match victim {
        Victim::Nats => {
            nats.kill();
            nats.start().await;
        }
        Victim::RabbitMq => {
            rabbit.kill();
            rabbit.start().await;
        }
        Victim::Postgres => {
            cluster.stop();
            cluster.start();
        }
        Victim::Node => {
            let [first, second] = services;
            return if rand::random() {
                first.0.kill();
                [nodes[0].start().await, second]
            } else {
                second.0.kill();
                [first, nodes[1].start().await]
            };
        }
    }
    services
}
