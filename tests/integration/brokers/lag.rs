//! The lag: how many messages the broker holds, while clearhook cannot store them.

use sea_orm::{ConnectionTrait, Database, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::{
    brokers::{
        consume, event, metric_is,
        nats::{client, emptied, settings},
        stored,
    },
    support::{
        app::{TestApp, quick},
        database::TestDatabase,
        message_brokers::NatsServer,
        node::check_ledger,
        on_both,
    },
};

on_both! { lag_is_reported_while_messages_wait_in_nats }

/// More messages than one node takes at once: the others wait in the broker.
pub(super) const MESSAGES: u32 = 300;
/// Messages that a node takes at most.
pub(super) const TAKEN: u64 = 256;

/// Keeps everybody else from storing events until it is rolled back. Reading works.
pub(crate) async fn block(database: &TestDatabase) -> DatabaseTransaction {
    let connection = Database::connect(&database.url).await.unwrap();
    if database.url.starts_with("postgres") {
        let blocking = connection.begin().await.unwrap();
        blocking.execute_unprepared("LOCK TABLE events IN EXCLUSIVE MODE").await.unwrap();
        return blocking;
    }
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await.unwrap()
}

async fn lag_is_reported_while_messages_wait_in_nats(database: TestDatabase) {
    let server = NatsServer::running("").await;
    let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    metric_is(&app, "broker_messages_waiting", "nats", 0).await;
    let context = client(&server).await;
    let blocking = block(&database).await;
    let ids: Vec<_> = (0..MESSAGES).map(|number| number.to_string()).collect();
    for id in &ids {
        let sent = context.publish("clearhook.events.x", event(id).to_string().into()).await.unwrap();
        sent.await.unwrap();
    }
    metric_is(&app, "broker_messages_waiting", "nats", u64::from(MESSAGES)).await;
    metric_is(&app, "broker_messages_in_progress", "nats", TAKEN).await;
    assert_eq!(database.count("events").await, 0);
    blocking.rollback().await.unwrap();
    stored(&database, i64::from(MESSAGES)).await;
    emptied(&context).await;
    metric_is(&app, "broker_messages_waiting", "nats", 0).await;
    metric_is(&app, "broker_messages_in_progress", "nats", 0).await;
    check_ledger(&database, &receiver, &ids).await;
    consumers.stop().await;
    app.stop().await;
}
