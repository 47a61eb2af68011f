//! Several nodes share one database: each delivery belongs to one node, the deliveries of a crashed node are taken over, and changes of
//! webhooks apply on all nodes.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, domain::role::Role, storage::new_id};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, cloud_event, loopback, quick},
    binary::client,
    database::TestDatabase,
    node::{Node, check_ledger, publish_on, received, wait_long},
    receiver::{Receiver, Reply},
    steps::{change, publish_many},
    wait::wait_for,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_crash_does_not_duplicate_deliveries_of_others() {
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
    // No event was sent twice so far.
    let seen = receiver.seen();
    assert_eq!(seen.len(), received(&receiver).len());
    first.kill();
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    wait_long(&database).await;
    let accepted = accepted.lock().unwrap().clone();
    check_ledger(&database, &receiver, &accepted).await;
    // Only deliveries in flight when the node crashed can have been sent twice.
    let twice = receiver.seen().len() - received(&receiver).len();
    assert!(twice <= 16, "{twice} were sent twice");
    assert_eq!(second.terminate().await, Some(0));
}

/// A node that is suspended for longer than its lease starts no attempt of a delivery that another node has taken over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspended_node_repeats_only_attempts_in_flight() {
    let database = TestDatabase::postgres().await;
    drop(database.open().await);
    let slow = Reply {
        delay: Duration::from_millis(500),
        ..Reply::status(200)
    };
    let receiver = Receiver::start(std::iter::repeat_n(slow, 40)).await;
    let (one, two) = (Node::new(&database), Node::new(&database));
    let (first, url) = one.start().await;
    one.webhook(&url, &receiver.url).await;
    let events: Vec<_> = (0..200)
        .map(|number| cloud_event(BuiltIn::IdentityCreated, &number.to_string()))
        .collect();
    let request = one.http.post(format!("{url}/api/v1/events")).bearer_auth(&one.key);
    let request = request.header("content-type", "application/cloudevents-batch+json");
    assert_eq!(request.body(Value::from(events).to_string()).send().await.unwrap().status(), 202);
    receiver.wait(16).await;
    first.signal("-STOP");
    let (second, _) = two.start().await;
    wait_long(&database).await;
    assert_eq!(database.count("deliveries WHERE state = 'succeeded'").await, 200);
    let before = receiver.seen().len();
    first.signal("-CONT");
    // The node has a new lease, and no longer owns the deliveries in its memory.
    let lived = "nodes WHERE lease_until > EXTRACT(EPOCH FROM clock_timestamp()) * 1000";
    wait_for("both to live", async || (database.count(lived).await == 2).then_some(())).await;
    assert_eq!(first.terminate().await, Some(0));
    let twice = receiver.seen().len() - received(&receiver).len();
    assert!(twice <= 16 && receiver.seen().len() == before, "{twice} were sent twice");
    assert_eq!(second.terminate().await, Some(0));
}

/// The clock of the database may be set forward, as in a failover to a server with another time, and a machine may be suspended. Then the lease has
/// expired for the other nodes, but not for the node that has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_whose_lease_expired_early_leaves_its_waiting_deliveries_to_others() {
    const EVENTS: usize = 40;
    let database = TestDatabase::postgres().await;
    let one_at_a_time = || DeliverySettings {
        concurrency_per_webhook: 1,
        // The lease is then renewed every 4 s.
        timeout: Duration::from_secs(15),
        ..quick()
    };
    let slow = Reply {
        delay: Duration::from_millis(400),
        ..Reply::status(200)
    };
    let receiver = Receiver::start(std::iter::repeat_n(slow, 2 * EVENTS)).await;
    let one = TestApp::start_with(&database, one_at_a_time(), loopback(), new_id()).await;
    one.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&one, BuiltIn::IdentityCreated, EVENTS, "early-").await;
    receiver.wait(1).await;
    let two = TestApp::start_with(&database, one_at_a_time(), loopback(), new_id()).await;
    let owner = one.node.0;
    let taken_over = format!(
        "WITH expired AS (UPDATE nodes SET lease_until = 0 WHERE id = '{owner}') \
         UPDATE deliveries SET state = 'pending', lease_owner = NULL WHERE state = 'sending' AND lease_owner = '{owner}'"
    );
    database.execute(&taken_over).await;
    two.dispatcher.wake();
    wait_long(&database).await;
    assert_eq!(
        database.count("deliveries WHERE state = 'succeeded'").await,
        i64::try_from(EVENTS).unwrap()
    );
    // The node finds out when it renews its lease.
    let twice = receiver.seen().len() - received(&receiver).len();
    assert!(twice <= EVENTS / 2, "{twice} of {EVENTS} were sent twice");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_change_applies_on_every_node() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let (before, after) = (Receiver::start([]).await, Receiver::start([]).await);
    let webhook = one.webhook(&before.url, &[BuiltIn::IdentityCreated]).await;
    two.publish(BuiltIn::IdentityCreated, "1").await;
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
        two.publish(BuiltIn::IdentityCreated, &id).await;
        (!after.seen().is_empty()).then_some(())
    })
    .await;
    one.stop().await;
    two.stop().await;
}

/// After the response to a change, no node starts an attempt with the old settings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disabled_webhook_is_not_called_by_other_nodes() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let receiver = Receiver::start([]).await;
    let webhook = one.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let enabled = async |enabled: bool| change(&one, &webhook, json!({ "enabled": enabled })).await;
    for round in 0..20 {
        enabled(true).await;
        let before = receiver.seen().len();
        two.publish(BuiltIn::IdentityCreated, &format!("{round}-before")).await;
        receiver.wait(before + 1).await;
        enabled(false).await;
        let (seen, id) = (receiver.seen().len(), format!("{round}-after"));
        two.publish(BuiltIn::IdentityCreated, &id).await;
        let held = format!(
            "deliveries WHERE state = 'held' AND webhook_id = (SELECT id FROM webhooks) AND event_id = (SELECT id FROM events WHERE ce_id = '{id}')"
        );
        wait_for("the event to be held", async || (database.count(&held).await == 1).then_some(())).await;
        assert_eq!(receiver.seen().len(), seen, "round {round}");
    }
    one.stop().await;
    two.stop().await;
}

/// The same for several webhooks that are switched together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_disabled_together_are_not_called_by_other_nodes() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let cookie = one.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start([]).await;
    for name in ["a", "b"] {
        one.webhook(&format!("{}?{name}", receiver.url), &[BuiltIn::IdentityCreated]).await;
    }
    for round in 0..10 {
        let before = receiver.seen().len();
        two.publish(BuiltIn::IdentityCreated, &format!("{round}-before")).await;
        receiver.wait(before + 2).await;
        assert_eq!(
            one.form("/webhooks/actions", &cookie, &[("act", "disable-all")]).await.status(),
            303
        );
        let (seen, id) = (receiver.seen().len(), format!("{round}-after"));
        two.publish(BuiltIn::IdentityCreated, &id).await;
        let held = format!("deliveries WHERE state = 'held' AND event_id = (SELECT id FROM events WHERE ce_id = '{id}')");
        wait_for("the event to be held", async || (database.count(&held).await == 2).then_some(())).await;
        assert_eq!(receiver.seen().len(), seen, "round {round}");
        assert_eq!(one.form("/webhooks/actions", &cookie, &[("act", "enable-all")]).await.status(), 303);
    }
    one.stop().await;
    two.stop().await;
}

/// Both nodes claim from the same backlog, and never the same delivery.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backlog_is_shared_by_two_nodes() {
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let receiver = Receiver::start([]).await;
    let webhook = one.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let enabled = async |enabled: bool| change(&one, &webhook, json!({ "enabled": enabled })).await;
    enabled(false).await;
    for batch in 0..6 {
        let events: Vec<_> = (0..500)
            .map(|number| cloud_event(BuiltIn::IdentityCreated, &format!("{batch}-{number}")))
            .collect();
        let request = two
            .api(Method::POST, "/events")
            .header("content-type", "application/cloudevents-batch+json");
        let response = request.body(Value::from(events).to_string()).send().await.unwrap();
        assert_eq!(response.status(), 202);
    }
    enabled(true).await;
    let (status, answer) = one
        .post(&format!("{path}/recover"), &json!({ "since": "2020-01-01T00:00:00Z" }))
        .await;
    assert_eq!((status, answer), (202, json!({ "deliveries": 3_000 })));
    one.deliveries(&database, "succeeded", 3_000).await;
    let seen = receiver.seen();
    let ids: HashSet<_> = seen.iter().map(|seen| seen.headers["webhook-id"].clone()).collect();
    assert_eq!((seen.len(), ids.len()), (3_000, 3_000));
    assert_eq!(database.count("callbacks").await, 3_000);
    assert_eq!(
        database.count("(SELECT DISTINCT delivery_id FROM callbacks) AS each_one").await,
        3_000
    );
    let sent = [&one, &two].map(|node| node.dispatcher.counters().succeeded());
    assert!(sent.iter().all(|sent| *sent > 0) && sent.iter().sum::<u64>() == 3_000, "{sent:?}");
    one.stop().await;
    two.stop().await;
}

/// Each node may send for every webhook, so they share its limit. A node knows of another one within some seconds, when it renews its lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_limit_of_a_webhook_holds_over_nodes() {
    const RATE: u32 = 20;
    const EACH: u32 = 20;
    let each = usize::try_from(EACH).unwrap();
    let database = TestDatabase::postgres().await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let receiver = Receiver::start([]).await;
    let webhook = one.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(&one, &webhook, json!({ "rate_limit": { "per_second": RATE, "burst": 1 } })).await;
    let mut round = 0;
    let mut took = async || {
        round += 1;
        let began = Instant::now();
        for app in [&one, &two] {
            publish_many(app, BuiltIn::IdentityCreated, each, &format!("{round}-{}-", app.node)).await;
        }
        receiver.wait(round * 2 * each).await;
        began.elapsed()
    };
    // A little less than all of them need: each node sends its first one at once.
    let shared = Duration::from_secs(1).mul_f64(f64::from(2 * EACH - 4) / f64::from(RATE));
    let mut rounds = 0;
    while took().await < shared {
        rounds += 1;
        assert!(rounds < 20, "the nodes do not share the limit");
    }
    for _ in 0..2 {
        let took = took().await;
        assert!(took >= shared, "{took:?} is less than {shared:?}");
    }
    // When one is gone, the other sends at the whole rate.
    two.stop().await;
    let alone = Duration::from_secs(1).mul_f64(1.5 * f64::from(EACH) / f64::from(RATE));
    for round in 0.. {
        assert!(round < 20, "the other node does not use the whole limit");
        let (began, sent) = (Instant::now(), receiver.seen().len());
        publish_many(&one, BuiltIn::IdentityCreated, each, &format!("alone-{round}-")).await;
        receiver.wait(sent + each).await;
        if began.elapsed() <= alone {
            break;
        }
    }
    one.stop().await;
}

/// Two services on one file would send every delivery twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_service_on_the_same_file_is_rejected() {
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
