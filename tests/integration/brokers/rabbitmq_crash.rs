//! `RabbitMQ` dies after it has delivered messages, before they are acknowledged. It delivers them again, and each event is stored once.

use clearhook::{broker::Consumers, config::Settings};
use lapin::BasicProperties;

use crate::{
    brokers::{
        consume, data, event,
        lag::{MESSAGES, TAKEN, block},
        metric, metric_is,
        rabbitmq::{client, publish},
        stored,
    },
    support::{
        app::{TestApp, quick},
        database::TestDatabase,
        message_brokers::{Certificates, PASSWORD_IN_URL, RabbitServer, USER},
        node::check_ledger,
        proxy::Proxy,
        receiver::Receiver,
        wait::wait_for,
    },
};

const RABBITMQ: &str = "rabbitmq";

/// A service that consumes from a virtual host. Between both is a proxy that can swallow acknowledgements.
struct Stage {
    proxy: Proxy,
    database: TestDatabase,
    app: TestApp,
    receiver: Receiver,
    consumers: Consumers,
    ids: Vec<String>,
}

impl Stage {
    async fn new(server: &RabbitServer, vhost: &str, database: TestDatabase) -> Self {
        let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
        let proxy = Proxy::to(format!("127.0.0.1:{}", server.port)).await;
        let settings = Settings {
            amqp_url: Some(format!("amqp://{USER}:{PASSWORD_IN_URL}@{}/{vhost}", proxy.address)),
            ..Settings::default()
        };
        let consumers = consume(&app, settings);
        metric_is(&app, "broker_connected", RABBITMQ, 1).await;
        metric_is(&app, "broker_messages_waiting", RABBITMQ, 0).await;
        Self {
            proxy,
            database,
            app,
            receiver,
            consumers,
            ids: Vec::new(),
        }
    }

    /// Publishes CloudEvents and plain JSON, whose id is that of the message.
    async fn publish(&mut self, server: &RabbitServer, vhost: &str) {
        let (_connection, channel) = client(server, vhost).await.unwrap();
        for number in 0..MESSAGES {
            let id = format!("{vhost}-{number}");
            let (properties, body) = if number % 5 == 0 {
                let plain = BasicProperties::default().with_content_type("application/json".into());
                let plain = plain.with_type("identity.created".into()).with_message_id(id.as_str().into());
                (plain, data())
            } else {
                (BasicProperties::default(), event(&id).to_string())
            };
            assert!(publish(&channel, properties, body.as_bytes()).await.unwrap());
            self.ids.push(id);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_dies_before_the_acknowledgement_delivers_again_and_each_event_is_stored_once() {
    let certificates = Certificates::new();
    let server = RabbitServer::new(&certificates);
    server.start().await;
    let mut stages = Vec::new();
    for (vhost, database) in [("v0", TestDatabase::sqlite()), ("v1", TestDatabase::postgres().await)] {
        let mut stage = Stage::new(&server, vhost, database).await;
        let blocking = block(&stage.database).await;
        stage.publish(&server, vhost).await;
        // The lag is reported while nothing can be stored.
        metric_is(&stage.app, "broker_messages_waiting", RABBITMQ, u64::from(MESSAGES)).await;
        metric_is(&stage.app, "broker_messages_in_progress", RABBITMQ, TAKEN).await;
        stages.push((stage, Some(blocking)));
    }
    for (stage, blocking) in &mut stages {
        assert_eq!(stage.database.count("events").await, 0);
        // What is stored from now on cannot be acknowledged.
        stage.proxy.fall_silent();
        blocking.take().unwrap().rollback().await.unwrap();
        stored(&stage.database, i64::try_from(TAKEN).unwrap()).await;
    }
    server.kill();
    for (stage, _) in &stages {
        stage.proxy.cut();
        stage.proxy.speak();
        metric_is(&stage.app, "broker_connected", RABBITMQ, 0).await;
        metric_is(&stage.app, "broker_messages_in_progress", RABBITMQ, 0).await;
    }
    server.start().await;
    for (stage, _) in stages {
        let Stage {
            database, app, receiver, ..
        } = &stage;
        metric_is(app, "broker_connected", RABBITMQ, 1).await;
        stored(database, i64::from(MESSAGES)).await;
        metric_is(app, "broker_messages_duplicate_total", RABBITMQ, TAKEN).await;
        metric_is(app, "broker_messages_accepted_total", RABBITMQ, u64::from(MESSAGES)).await;
        metric_is(app, "broker_messages_waiting", RABBITMQ, 0).await;
        assert_eq!(metric(app, "broker_messages_rejected_total", RABBITMQ).await, 0);
        check_ledger(database, receiver, &stage.ids).await;
        let seen = wait_for("each callback", async || {
            Some(receiver.seen().len()).filter(|seen| *seen >= stage.ids.len())
        })
        .await;
        assert_eq!(seen, stage.ids.len(), "each event is sent once");
        assert_eq!(database.count("events").await, i64::from(MESSAGES));
        stage.consumers.stop().await;
        stage.app.stop().await;
    }
}
