//! `RabbitMQ`: what is accepted, rejected and acknowledged; credentials and TLS. One server for all tests of this file, each with virtual
//! hosts of its own.

use std::process::Command;

use clearhook::config::Settings;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties,
    message::Delivery,
    options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable, LongString},
};
use serde_json::{Value, json};

use crate::{
    brokers::{consume, data, event, invalid_event, metric, metric_is, stored},
    guides::run,
    support::{
        app::{TestApp, quick},
        binary::Service,
        cli::Cli,
        database::TestDatabase,
        message_brokers::{Certificates, NatsServer, PASSWORD, PASSWORD_IN_URL, RabbitServer, USER},
        node::Node,
        python::interpreter,
        wait::wait_for,
    },
};

/// One server start for all of them, because it takes many seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_input() {
    let certificates = Certificates::new();
    let server = RabbitServer::new(&certificates);
    server.start().await;
    every_form_of_an_event_is_accepted(&server).await;
    invalid_messages_are_kept_with_the_reason_and_block_nothing(&server).await;
    message_with_headers_that_are_no_text_blocks_nothing(&server).await;
    existing_queues_are_used_and_deleted_ones_are_declared_again(&server).await;
    events_are_published_as_the_guide_says(&server).await;
    credentials_and_certificates(&server, &certificates).await;
}

fn settings(server: &RabbitServer, vhost: &str) -> Settings {
    Settings {
        amqp_url: Some(server.url(vhost)),
        ..Settings::default()
    }
}

/// A connection for publishing, with a channel that confirms.
pub(super) async fn client(server: &RabbitServer, vhost: &str) -> lapin::Result<(Connection, Channel)> {
    let connection = Connection::connect(&server.url(vhost), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok((connection, channel))
}

pub(super) async fn publish(channel: &Channel, properties: BasicProperties, body: &[u8]) -> lapin::Result<bool> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = properties.with_delivery_mode(2);
    let confirm = channel
        .basic_publish("".into(), "clearhook.events".into(), options, body, properties)
        .await?;
    Ok(matches!(confirm.await?, Confirmation::Ack(None)))
}

async fn put(channel: &Channel, properties: BasicProperties, body: impl AsRef<[u8]>) {
    assert!(publish(channel, properties, body.as_ref()).await.unwrap());
}

fn of_type(content_type: &str) -> BasicProperties {
    BasicProperties::default().with_content_type(content_type.into())
}

/// The trace of a publisher, in a header of its message.
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01";

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

fn headers(pairs: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in pairs {
        table.insert((*name).into(), value.clone());
    }
    table
}

/// Waits until a queue is empty.
async fn emptied(channel: &Channel, queue: &str) {
    wait_for("the queue to be empty", async || {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let state = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.ok()?;
        (state.message_count() == 0).then_some(())
    })
    .await;
}

/// Takes all messages of a queue, which must be as many.
async fn taken(channel: &Channel, queue: &str, count: usize) -> Vec<Delivery> {
    let mut found = Vec::new();
    while found.len() < count {
        let message = wait_for("a message", async || {
            let options = BasicGetOptions { no_ack: true };
            channel.basic_get(queue.into(), options).await.unwrap()
        })
        .await;
        found.push(message.delivery);
    }
    emptied(channel, queue).await;
    found
}

async fn rejected(channel: &Channel, count: usize) -> Vec<Delivery> {
    taken(channel, "clearhook.rejected", count).await
}

fn header(delivery: &Delivery, name: &str) -> String {
    match delivery.properties.headers().as_ref().and_then(|table| table.inner().get(name)) {
        Some(AMQPValue::LongString(text)) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

async fn every_form_of_an_event_is_accepted(server: &RabbitServer) {
    let database = TestDatabase::sqlite();
    let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let consumers = consume(&app, settings(server, "v0"));
    metric_is(&app, "broker_connected", "rabbitmq", 1).await;
    let (_connection, channel) = client(server, "v0").await.unwrap();
    put(&channel, of_type("application/cloudevents+json"), event("structured").to_string()).await;
    put(&channel, BasicProperties::default(), event("bare").to_string()).await;
    for (prefix, id) in [("cloudEvents:", "colon"), ("cloudEvents_", "underscore"), ("ce-", "ce")] {
        let pairs = [
            ("specversion", text("1.0")),
            ("id", text(id)),
            ("source", text("/hr")),
            ("type", text("identity.created")),
            ("subject", text("café 50%")),
            ("count", AMQPValue::LongInt(7)),
            ("urgent", AMQPValue::Boolean(true)),
            ("time", AMQPValue::Timestamp(1_700_000_000)),
        ];
        let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect();
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let pairs: Vec<_> = pairs.chain([("traceparent", text(PARENT))]).collect();
        put(&channel, of_type("application/json").with_headers(headers(&pairs)), data()).await;
    }
    let batch = Value::from(vec![event("batch-1"), event("batch-2")]).to_string();
    put(&channel, of_type("application/cloudevents-batch+json"), batch).await;
    let plain = of_type("application/json").with_type("identity.created".into());
    for _ in 0..2 {
        put(&channel, plain.clone().with_message_id("plain".into()), data()).await;
    }
    stored(&database, 8).await;
    let seen = receiver.wait(8).await;
    let traced = seen
        .iter()
        .filter(|seen| seen.headers.get("traceparent").is_some_and(|parent| parent == PARENT));
    assert_eq!(
        traced.count(),
        3,
        "the context in the headers of a message is that of its callbacks"
    );
    let bodies: Vec<Value> = seen.iter().map(|seen| serde_json::from_str(&seen.body).unwrap()).collect();
    for id in ["structured", "bare", "colon", "underscore", "ce", "batch-1", "batch-2", "plain"] {
        assert!(bodies.iter().any(|body| body["id"] == id), "{id}");
    }
    for id in ["colon", "underscore", "ce"] {
        let body = bodies.iter().find(|body| body["id"] == id).unwrap();
        assert_eq!(
            (&body["subject"], &body["extensions"]["count"], &body["extensions"]["urgent"]),
            (&json!("café 50%"), &json!(7), &json!(true)),
            "{body}"
        );
        assert_eq!(body["timestamp"], "2023-11-14T22:13:20.000Z", "{body}");
    }
    emptied(&channel, "clearhook.events").await;
    metric_is(&app, "broker_messages_accepted_total", "rabbitmq", 7).await;
    metric_is(&app, "broker_messages_duplicate_total", "rabbitmq", 1).await;
    assert_eq!(metric(&app, "broker_messages_rejected_total", "rabbitmq").await, 0);
    metric_is(&app, "broker_messages_waiting", "rabbitmq", 0).await;
    consumers.stop().await;
    app.stop().await;
}

async fn invalid_messages_are_kept_with_the_reason_and_block_nothing(server: &RabbitServer) {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let consumers = consume(&app, settings(server, "v1"));
    metric_is(&app, "broker_connected", "rabbitmq", 1).await;
    let (_connection, channel) = client(server, "v1").await.unwrap();
    channel
        .queue_declare("elsewhere".into(), QueueDeclareOptions::default(), FieldTable::default())
        .await
        .unwrap();
    let structured = || of_type("application/cloudevents+json");
    let plain = || of_type("application/json");
    let many: Vec<_> = (0..1_200).map(|number| format!("h{number:05}{}", "x".repeat(80))).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), AMQPValue::Boolean(true))).collect();
    let cases: Vec<(BasicProperties, Vec<u8>, &str, &str)> = vec![
        (structured(), b"{".to_vec(), "malformed", "not JSON"),
        (BasicProperties::default(), b"\xff\xfe".to_vec(), "malformed", "UTF-"),
        (structured(), invalid_event("1").to_string().into_bytes(), "invalid", "/data"),
        (plain(), data().into_bytes(), "malformed", "property type"),
        (
            plain().with_type("identity.created".into()),
            data().into_bytes(),
            "malformed",
            "message_id",
        ),
        (
            of_type("application/cloudevents+avro"),
            b"x".to_vec(),
            "unsupported-media-type",
            "avro",
        ),
        (
            plain().with_headers(headers(&[("cloudEvents:id", AMQPValue::Double(1.0))])),
            b"{}".to_vec(),
            "invalid",
            "/id",
        ),
        (structured(), vec![b' '; 1_100_000], "too-large", "1048576"),
        // What would send the copy elsewhere, delete it or close the channel.
        (
            structured()
                .with_expiration("60000".into())
                .with_reply_to("answers".into())
                .with_user_id(USER.into())
                .with_headers(headers(&[
                    ("CC", AMQPValue::FieldArray(vec![text("elsewhere")].into())),
                    ("x-mine", text("kept")),
                ])),
            b"[".to_vec(),
            "malformed",
            "",
        ),
        (structured().with_headers(headers(&many)), b"]".to_vec(), "malformed", ""),
    ];
    for (number, (properties, body, ..)) in cases.iter().enumerate() {
        put(&channel, properties.clone().with_correlation_id(number.to_string().into()), body).await;
        put(&channel, structured(), event(&format!("valid-{number}")).to_string()).await;
    }
    stored(&database, cases.len().try_into().unwrap()).await;
    metric_is(&app, "broker_messages_rejected_total", "rabbitmq", 10).await;
    emptied(&channel, "clearhook.events").await;
    let copies = rejected(&channel, cases.len()).await;
    for (number, (_, body, code, word)) in cases.iter().enumerate() {
        let id = number.to_string();
        let copy = copies
            .iter()
            .find(|copy| copy.properties.correlation_id().as_ref().is_some_and(|known| known.as_str() == id))
            .unwrap();
        assert_eq!(&copy.data, body);
        let (is, reason) = (header(copy, "clearhook-code"), header(copy, "clearhook-reason"));
        assert!(is == *code && reason.contains(word), "{is}: {reason}");
        assert_eq!(header(copy, "clearhook-routing-key"), "clearhook.events");
        assert_eq!(*copy.properties.delivery_mode(), Some(2));
    }
    let special = copies.iter().find(|copy| !header(copy, "x-mine").is_empty()).unwrap();
    // The publisher's copy, and none of clearhook's.
    assert_eq!(taken(&channel, "elsewhere", 1).await.len(), 1);
    assert_eq!(header(special, "clearhook-original-expiration"), "60000");
    assert_eq!(header(special, "clearhook-original-reply-to"), "answers");
    assert_eq!(header(special, "clearhook-original-user-id"), USER);
    assert!(!header(special, "clearhook-original-CC").is_empty());
    let large = copies.iter().find(|copy| copy.data == b"]").unwrap();
    assert_eq!(header(large, "clearhook-headers-omitted"), "Boolean(true)");
    consumers.stop().await;
    app.stop().await;
}

/// The library ends the connection when it receives short strings that are not UTF-8.
async fn message_with_headers_that_are_no_text_blocks_nothing(server: &RabbitServer) {
    const PUBLISH: &str = "import os, pika\n\
        channel = pika.BlockingConnection(pika.URLParameters(os.environ['AMQP_URL'])).channel()\n\
        channel.confirm_delivery()\n\
        properties = pika.BasicProperties(content_type=b'caf\\xe9', headers={b'X-\\xff': 1, 'x-mine': b'\\xfe'})\n\
        channel.basic_publish('', 'clearhook.events', b'{}', properties, mandatory=True)\n";
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let consumers = consume(&app, settings(server, "v5"));
    metric_is(&app, "broker_connected", "rabbitmq", 1).await;
    let mut python = Command::new(interpreter());
    python.args(["-c", PUBLISH]).env("AMQP_URL", server.url("v5"));
    let output = tokio::task::spawn_blocking(move || python.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (_connection, channel) = client(server, "v5").await.unwrap();
    put(&channel, BasicProperties::default(), event("1").to_string()).await;
    stored(&database, 1).await;
    metric_is(&app, "broker_messages_rejected_total", "rabbitmq", 1).await;
    let copy = &rejected(&channel, 1).await[0];
    assert_eq!(
        (copy.data.as_slice(), header(copy, "clearhook-code").as_str()),
        (&b"{}"[..], "unsupported-media-type")
    );
    assert_eq!(metric(&app, "broker_connection_failures_total", "rabbitmq").await, 0);
    consumers.stop().await;
    app.stop().await;
}

async fn existing_queues_are_used_and_deleted_ones_are_declared_again(server: &RabbitServer) {
    let database = TestDatabase::sqlite();
    let (connection, channel) = client(server, "v2").await.unwrap();
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let quorum = headers(&[("x-queue-type", text("quorum"))]);
    channel.queue_declare("clearhook.events".into(), durable, quorum).await.unwrap();
    let app = TestApp::start(&database).await;
    let consumers = consume(&app, settings(server, "v2"));
    metric_is(&app, "broker_connected", "rabbitmq", 1).await;
    put(&channel, BasicProperties::default(), event("1").to_string()).await;
    stored(&database, 1).await;
    for queue in ["clearhook.events", "clearhook.rejected"] {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    }
    wait_for("the queue to be declared again", async || {
        publish(&channel, BasicProperties::default(), event("2").to_string().as_bytes())
            .await
            .unwrap()
            .then_some(())
    })
    .await;
    put(&channel, BasicProperties::default(), b"{").await;
    stored(&database, 2).await;
    // Asking for a queue that does not exist closes the channel, so each question has a channel of its own.
    wait_for("the queue of rejected messages to be declared again", async || {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let channel = connection.create_channel().await.unwrap();
        channel
            .queue_declare("clearhook.rejected".into(), passive, FieldTable::default())
            .await
            .ok()
    })
    .await;
    assert_eq!(rejected(&channel, 1).await[0].data, b"{");
    consumers.stop().await;
    app.stop().await;
}

async fn events_are_published_as_the_guide_says(server: &RabbitServer) {
    let (database, nats) = (TestDatabase::sqlite(), NatsServer::running("").await);
    let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let both = Settings {
        nats_url: Some(nats.url()),
        ..settings(server, "v4")
    };
    let consumers = consume(&app, both);
    for broker in ["nats", "rabbitmq"] {
        metric_is(&app, "broker_connected", broker, 1).await;
    }
    let cli = Cli::of(&app);
    let (nats_url, amqp_url) = (nats.url(), server.url("v4"));
    let variables = [("NATS_URL", nats_url.as_str()), ("AMQP_URL", amqp_url.as_str())];
    tokio::task::block_in_place(|| run("brokers.md", &cli, &variables));
    let seen = receiver.wait(2).await;
    for id in ["nats-python-1", "rabbitmq-python-1"] {
        assert!(seen.iter().any(|callback| callback.body.contains(id)), "{id}");
    }
    consumers.stop().await;
    app.stop().await;
}

async fn credentials_and_certificates(server: &RabbitServer, certificates: &Certificates) {
    let database = TestDatabase::sqlite();
    let (port, tls_port) = (server.port, server.tls_port);
    let authority = Some(certificates.file("ca.pem"));
    for (url, authority, words) in [
        (
            format!("amqp://{USER}:planted@127.0.0.1:{port}/v3"),
            None,
            format!("CLEARHOOK_AMQP_URL: amqp://127.0.0.1:{port}/v3 refuses the connection"),
        ),
        (
            format!("amqp://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/planted"),
            None,
            format!("CLEARHOOK_AMQP_URL: amqp://127.0.0.1:{port}/planted refuses the connection"),
        ),
        (
            format!("amqps://{USER}:{PASSWORD_IN_URL}@localhost:{tls_port}/v3"),
            None,
            "authority that is not trusted; set CLEARHOOK_BROKER_CA".to_owned(),
        ),
        (
            format!("amqps://{USER}:{PASSWORD_IN_URL}@localhost:{tls_port}/v3"),
            authority.clone(),
            format!("RabbitMQ: connected to amqps://localhost:{tls_port}/v3"),
        ),
        (
            format!("amqps://{USER}:{PASSWORD_IN_URL}@localhost:{port}/v3"),
            authority,
            format!("CLEARHOOK_AMQP_URL: no TLS connection to amqps://localhost:{port}/v3"),
        ),
    ] {
        let mut node = Node::new(&database).with("CLEARHOOK_AMQP_URL", url.clone());
        if let Some(file) = authority {
            node = node.with("CLEARHOOK_BROKER_CA", file);
        }
        let service = Service::start(node.command(&["serve", "--addr", "127.0.0.1:0"]));
        service.url().await;
        service.line(&words).await;
        let printed = service.printed();
        assert!(
            !printed.contains(PASSWORD) && !printed.contains(PASSWORD_IN_URL) && !printed.contains(":planted"),
            "{printed}"
        );
        assert_eq!(service.terminate().await, Some(0));
    }
}
