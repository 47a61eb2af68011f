//! Claiming deliveries from the database: their order, and the query plans with a long backlog.

use std::time::Duration;

use clearhook::{
    catalogue::BuiltIn,
    domain::{id::WebhookId, timestamp::Timestamp},
    storage::{Store, deliveries::ClaimFilter, new_id},
};

use crate::support::{app::TestApp, database::TestDatabase, on_both, receiver::Receiver, steps::id};

on_both! {
    manual_deliveries_are_claimed_before_the_backlog_in_the_order_of_their_requests
    claiming_from_a_backlog_of_ten_thousand_reads_a_range_of_one_index
    a_delivery_that_is_not_due_is_not_claimed
}

/// A release that arrives late, after the node has lost a delivery with its lease and claimed it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_release_leaves_what_was_claimed_again() {
    let database = TestDatabase::postgres().await;
    let (store, webhook) = idle_store(&database).await;
    let (node, now) = (new_id(), Timestamp::now());
    insert(&database, 1, "pending", 1, now.0 - 1_000, 0).await;
    let claimed = store.claim(node, webhook, ClaimFilter::AllDue, now, 1).await.unwrap();
    let deliveries = [claimed[0].delivery];
    let earlier = now.minus(Duration::from_millis(1));
    store.release(node, &deliveries, Some(earlier)).await.unwrap();
    assert_eq!(database.count("deliveries WHERE state = 'sending'").await, 1);
    store.release(node, &deliveries, Some(now)).await.unwrap();
    assert_eq!(database.count("deliveries WHERE state = 'pending'").await, 1);
}

/// The clock of the database may have been set forward.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_takes_over_the_deliveries_of_others_and_leaves_its_own() {
    let database = TestDatabase::postgres().await;
    let (store, webhook) = idle_store(&database).await;
    let (node, other, now) = (new_id(), new_id(), Timestamp::now());
    insert(&database, 2, "pending", 1, now.0 - 1_000, 0).await;
    store.claim(node, webhook, ClaimFilter::AllDue, now, 1).await.unwrap();
    store.claim(other, webhook, ClaimFilter::AllDue, now, 1).await.unwrap();
    for owner in [node, other] {
        store.acquire_lease(owner, Duration::from_secs(60)).await.unwrap();
    }
    assert_eq!(store.release_orphans(node).await.unwrap(), 0);
    database.execute("UPDATE nodes SET lease_until = 0").await;
    assert_eq!(
        store.renew_lease(node, Duration::from_secs(60)).await.unwrap(),
        None,
        "it has expired"
    );
    assert_eq!(store.release_orphans(node).await.unwrap(), 1);
    let own = format!("deliveries WHERE state = 'sending' AND lease_owner = '{}'", node.0);
    assert_eq!(database.count(&own).await, 1);
    let known = format!("nodes WHERE id = '{}'", other.0);
    assert_eq!(database.count(&known).await, 0, "its lease ended long ago");
    let ended = "UPDATE nodes SET lease_until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) - 60000";
    store.acquire_lease(other, Duration::from_secs(60)).await.unwrap();
    database.execute(ended).await;
    store.release_orphans(node).await.unwrap();
    assert_eq!(database.count(&known).await, 1, "it ended a minute ago");
}

/// A store with one webhook, and no dispatcher that would claim its deliveries.
async fn idle_store(database: &TestDatabase) -> (Store, WebhookId) {
    let (app, receiver) = (TestApp::start(database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.stop().await;
    (database.open().await, id(&webhook).parse().unwrap())
}

/// Inserts `count` deliveries of one event, due `gap_ms` apart from `first_due` on.
async fn insert(database: &TestDatabase, count: i64, state: &str, priority: i64, first_due: i64, gap_ms: i64) {
    let is_postgres = database.url.starts_with("postgres");
    let random = if is_postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    let event = if is_postgres {
        "'00000000-0000-0000-0000-000000000001'::uuid"
    } else {
        "x'00000000000000000000000000000001'"
    };
    database.months([Timestamp(0)]).await;
    database
        .execute(&format!(
            "INSERT INTO events (id, event_type, source, ce_id, occurred_at, received_at, body) \
             SELECT {event}, 'identity.created', 's', '1', 1, 1, '{{}}' WHERE NOT EXISTS (SELECT 1 FROM events)"
        ))
        .await;
    database
        .execute(&format!(
            "INSERT INTO deliveries (id, event_id, webhook_id, state, next_trigger, attempts, retries, manual_requests, panics, priority, \
             due_at, created_at, updated_at) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
             SELECT {random}, {event}, (SELECT id FROM webhooks), '{state}', 'event', 0, 0, 0, 0, {priority}, \
             {first_due} + CAST(i AS BIGINT) * {gap_ms}, 1, 1 FROM n"
        ))
        .await;
}

async fn manual_deliveries_are_claimed_before_the_backlog_in_the_order_of_their_requests(database: TestDatabase) {
    let (store, webhook) = idle_store(&database).await;
    let now = Timestamp::now();
    insert(&database, 1_000, "pending", 1, now.0 - 3_600_000, 1).await;
    // Requested last, by a node whose clock is ahead.
    insert(&database, 3, "pending", 0, now.0 + 1_000, 1_000).await;
    let backlog = store.backlogs().await.unwrap().remove(0);
    assert!(backlog.manual && backlog.webhook == webhook);
    let claimed = store.claim(new_id(), webhook, ClaimFilter::AllDue, now, 5).await.unwrap();
    assert_eq!(claimed.len(), 5);
    let mut positions = Vec::new();
    for job in &claimed {
        let status = store.delivery_status(job.delivery).await.unwrap().unwrap();
        positions.push(status.due.unwrap().0);
    }
    let scheduled = now.0 - 3_600_000;
    assert_eq!(positions, [now.0 + 1_000, now.0 + 2_000, now.0 + 3_000, scheduled, scheduled + 1]);
    let backlog = store.backlogs().await.unwrap().remove(0);
    assert!(!backlog.manual && backlog.due.0 == scheduled + 2);
    assert!(
        store
            .claim(new_id(), webhook, ClaimFilter::ManualOnly, now, 5)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_delivery_that_is_not_due_is_not_claimed(database: TestDatabase) {
    let (store, webhook) = idle_store(&database).await;
    let now = Timestamp::now();
    insert(&database, 3, "pending", 1, now.0 - 1_000, 1_000).await;
    insert(&database, 2, "parked", 1, now.0 - 1_000, 0).await;
    assert_eq!(store.claim(new_id(), webhook, ClaimFilter::AllDue, now, 10).await.unwrap().len(), 2);
    let backlog = store.backlogs().await.unwrap().remove(0);
    assert_eq!((backlog.due.0, backlog.manual), (now.0 + 1_000, false));
    assert!(
        store
            .claim(new_id(), webhook, ClaimFilter::AllDue, now, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn claiming_from_a_backlog_of_ten_thousand_reads_a_range_of_one_index(database: TestDatabase) {
    let (store, webhook) = idle_store(&database).await;
    let now = Timestamp::now().0;
    insert(&database, 20_000, "succeeded", 1, now, 0).await;
    insert(&database, 5_000, "pending", 1, now - 10_000_000, 1_000).await;
    insert(&database, 5_000, "pending", 1, now + 10_000_000, 1_000).await;
    insert(&database, 10, "pending", 0, now, 1).await;
    database.execute("ANALYZE").await;
    for (which, limit) in [(ClaimFilter::AllDue, 1), (ClaimFilter::AllDue, 256), (ClaimFilter::ManualOnly, 256)] {
        let plan = store.claim_plan(webhook, which, limit).await.unwrap();
        assert!(plan.contains("deliveries_pending"), "{plan}");
        for bad in ["Sort", "TEMP B-TREE", "Seq Scan", "SCAN", "Hash"] {
            assert!(!plan.contains(bad), "{bad} in {plan}");
        }
        // The due time is a bound of the range, not a filter of its rows.
        assert!(!plan.contains("Filter: ((priority"), "{plan}");
    }
    let plan = store.backlogs_plan().await.unwrap();
    let mut reads = plan
        .lines()
        .filter(|line| line.contains("deliveries") && !line.contains("Filter") && !line.contains("Cond"));
    assert!(reads.all(|line| line.contains("deliveries_pending")), "{plan}");
    assert_eq!(
        store
            .claim(new_id(), webhook, ClaimFilter::AllDue, Timestamp(now), 20_000)
            .await
            .unwrap()
            .len(),
        5_010
    );
}
