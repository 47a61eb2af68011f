//! NATS `JetStream`: what is accepted, rejected and acknowledged.

use std::io::Write;

use async_nats::{
    HeaderMap,
    jetstream::{self, Context, consumer::pull},
};
use clearhook::{
    config::Settings,
    registry::{RegistrySettings, UnknownTypes},
    storage::new_id,
};
use flate2::{Compression, write::GzEncoder};
use futures_util::StreamExt;
use sea_orm::{Database, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    brokers::{consume, data, event, invalid_event, metric, metric_is, stored},
    support::{
        app::{TestApp, loopback, quick},
        database::TestDatabase,
        message_brokers::NatsServer,
        on_both,
        postgres::Cluster,
        wait::wait_for,
    },
};

on_both! { every_form_of_an_event_is_accepted invalid_messages_are_kept_with_the_reason_and_block_nothing message_that_comes_twice_is_stored_once }

/// Headers and body of an invalid message, the code of its rejection, and a word of the reason.
type Case = (&'static [(&'static str, &'static str)], Vec<u8>, &'static str, &'static str);

/// A rejected message.
struct Rejected {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Rejected {
    fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default()
    }
}

pub(super) fn settings(server: &NatsServer) -> Settings {
    Settings {
        nats_url: Some(server.url()),
        ..Settings::default()
    }
}

pub(crate) async fn client(server: &NatsServer) -> Context {
    let client = async_nats::connect(server.url()).await.unwrap();
    jetstream::new(client)
}

/// Creates the stream and the consumer as clearhook does, but unacknowledged messages come again sooner.
pub(super) async fn with_short_ack_wait(context: &Context) {
    let config = jetstream::stream::Config {
        name: "CLEARHOOK".to_owned(),
        subjects: vec!["clearhook.events.>".to_owned()],
        retention: jetstream::stream::RetentionPolicy::WorkQueue,
        ..jetstream::stream::Config::default()
    };
    let stream = context.create_stream(config).await.unwrap();
    let consumer = pull::Config {
        durable_name: Some("clearhook".to_owned()),
        ack_wait: std::time::Duration::from_secs(2),
        ..pull::Config::default()
    };
    stream.create_consumer(consumer).await.unwrap();
}

/// The trace of a publisher, in a header of its message.
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01";

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, *value);
    }
    headers
}

async fn publish(context: &Context, subject: &str, pairs: &[(&str, &str)], body: impl Into<Vec<u8>>) {
    let body: Vec<u8> = body.into();
    let sent = context.publish_with_headers(subject.to_owned(), headers(pairs), body.into()).await;
    sent.unwrap().await.unwrap();
}

/// Waits until the stream of events is empty: everything is acknowledged.
pub(super) async fn emptied(context: &Context) {
    wait_for("all messages to be acknowledged", async || {
        let mut stream = context.get_stream("CLEARHOOK").await.ok()?;
        let info = stream.info().await.ok()?;
        (info.state.messages == 0).then_some(())
    })
    .await;
}

/// The rejected messages.
async fn rejected(context: &Context, count: usize) -> Vec<Rejected> {
    let stream = context.get_stream("CLEARHOOK_REJECTED").await.unwrap();
    let consumer = stream.create_consumer(pull::Config::default()).await.unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let mut found = Vec::new();
    while found.len() < count {
        let message = messages.next().await.unwrap().unwrap();
        found.push(Rejected {
            headers: message.headers.clone().unwrap_or_default(),
            body: message.payload.to_vec(),
        });
    }
    let mut stream = stream;
    assert_eq!(stream.info().await.unwrap().state.messages, count as u64);
    found
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

async fn every_form_of_an_event_is_accepted(database: TestDatabase) {
    let server = NatsServer::running("").await;
    let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    let context = client(&server).await;
    let structured = ("Content-Type", "application/cloudevents+json");
    publish(&context, "clearhook.events.a", &[structured], event("structured").to_string()).await;
    publish(&context, "clearhook.events.b.c", &[], event("bare").to_string()).await;
    let binary = [
        ("ce-specversion", "1.0"),
        ("ce-id", "binary"),
        ("Ce-Source", "/hr"),
        ("ce-type", "identity.created"),
        ("ce-subject", "caf%C3%A9"),
        ("ce-extra", "naïve"),
        ("traceparent", PARENT),
        ("Content-Type", "application/json; charset=utf-8"),
    ];
    publish(&context, "clearhook.events.d", &binary, data()).await;
    publish(&context, "clearhook.events.identity.created", &[], data()).await;
    let plain = ("content-type", "application/json");
    publish(&context, "clearhook.events.identity.created", &[plain], data()).await;
    let batch = ("Content-Type", "application/cloudevents-batch+json");
    let several = Value::from(vec![event("batch-1"), event("batch-2")]).to_string();
    publish(&context, "clearhook.events.e", &[batch], several).await;
    let coded = [structured, ("Content-Encoding", "gzip")];
    publish(&context, "clearhook.events.f", &coded, gzip(&event("gzip").to_string())).await;
    stored(&database, 8).await;
    let seen = receiver.wait(8).await;
    let traced: Vec<_> = seen.iter().filter(|seen| seen.headers.contains_key("traceparent")).collect();
    let [traced] = traced.as_slice() else { panic!("{seen:?}") };
    assert!(
        traced.headers["traceparent"] == PARENT && traced.body.contains("\"binary\""),
        "{traced:?}"
    );
    let bodies: Vec<Value> = seen.iter().map(|seen| serde_json::from_str(&seen.body).unwrap()).collect();
    let ids: Vec<_> = bodies.iter().map(|body| body["id"].as_str().unwrap()).collect();
    for id in ["structured", "bare", "binary", "batch-1", "batch-2", "gzip"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    let own = bodies.iter().filter(|body| body["source"] == "urn:clearhook:nats").count();
    assert_eq!(own, 2, "plain JSON: {ids:?}");
    let binary = bodies.iter().find(|body| body["id"] == "binary").unwrap();
    assert_eq!(
        (&binary["subject"], &binary["extensions"]["extra"]),
        (&json!("café"), &json!("naïve"))
    );
    emptied(&context).await;
    assert_eq!(metric(&app, "broker_messages_accepted_total", "nats").await, 7);
    assert_eq!(metric(&app, "broker_messages_rejected_total", "nats").await, 0);
    metric_is(&app, "broker_messages_in_progress", "nats", 0).await;
    metric_is(&app, "broker_messages_waiting", "nats", 0).await;
    consumers.stop().await;
    assert_eq!(metric(&app, "broker_connected", "nats").await, 0);
    app.stop().await;
}

async fn invalid_messages_are_kept_with_the_reason_and_block_nothing(database: TestDatabase) {
    const STRUCTURED: (&str, &str) = ("Content-Type", "application/cloudevents+json");
    let server = NatsServer::running("max_payload: 2000000").await;
    let app = TestApp::start(&database).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    let context = client(&server).await;
    let without_id = json!({ "specversion": "1.0", "source": "/hr", "type": "identity.created", "data": {} }).to_string();
    let mut unknown = event("unknown");
    unknown["type"] = json!("identity.creatd");
    let subject = "clearhook.events.x";
    let cases: Vec<Case> = vec![
        (&[], b"{".to_vec(), "malformed", "not JSON"),
        (&[], b"\xff\x00\xfe".to_vec(), "malformed", "UTF-"),
        (&[], Vec::new(), "malformed", "not JSON"),
        (&[STRUCTURED], unknown.to_string().into_bytes(), "invalid", "identity.created"),
        (&[STRUCTURED], invalid_event("1").to_string().into_bytes(), "invalid", "/data"),
        (&[STRUCTURED], without_id.into_bytes(), "invalid", "/id"),
        (
            &[("Content-Type", "application/cloudevents+avro")],
            b"x".to_vec(),
            "unsupported-media-type",
            "avro",
        ),
        (
            &[STRUCTURED, ("Content-Encoding", "gzip")],
            b"no gzip".to_vec(),
            "malformed",
            "compressed",
        ),
        (
            &[STRUCTURED, ("Content-Encoding", "br")],
            b"x".to_vec(),
            "unsupported-media-type",
            "br",
        ),
        (
            &[("ce-id", "1"), ("ce-id", "2"), ("ce-subject", "50%")],
            b"{}".to_vec(),
            "invalid",
            "twice",
        ),
        (&[STRUCTURED], vec![b' '; 1_100_000], "too-large", "1048576"),
    ];
    for (number, (pairs, body, ..)) in cases.iter().enumerate() {
        // What tells the server how to store a message must not keep the copy from being stored.
        let id = format!("n{number}");
        let pairs = [
            *pairs,
            &[("Nats-Msg-Id", &id), ("Nats-Expected-Stream", "CLEARHOOK"), ("X-Mine", "kept")],
        ]
        .concat();
        publish(&context, subject, &pairs, body.clone()).await;
        publish(&context, subject, &[], event(&format!("valid-{number}")).to_string()).await;
    }
    stored(&database, cases.len().try_into().unwrap()).await;
    emptied(&context).await;
    let copies = rejected(&context, cases.len()).await;
    for (number, (_, body, code, word)) in cases.iter().enumerate() {
        let id = format!("n{number}");
        let copy = copies
            .iter()
            .find(|copy| copy.header("Clearhook-Original-Nats-Msg-Id") == id)
            .unwrap();
        assert_eq!(&copy.body, body);
        let (is, reason) = (copy.header("Clearhook-Code"), copy.header("Clearhook-Reason"));
        assert!(is == *code && reason.contains(word), "{is}: {reason}");
        assert_eq!(
            (copy.header("Clearhook-Subject").as_str(), copy.header("X-Mine").as_str()),
            (subject, "kept")
        );
    }
    metric_is(&app, "broker_messages_rejected_total", "nats", 11).await;
    // Together with the reason it is larger than what the server permits.
    let nearly = vec![b'7'; 1_999_900];
    publish(&context, subject, &[("X-Mine", "kept")], nearly.clone()).await;
    let copies = rejected(&context, cases.len() + 2).await;
    let parts: Vec<_> = copies.iter().filter(|copy| !copy.header("Clearhook-Part").is_empty()).collect();
    let whole: Vec<u8> = parts.iter().flat_map(|copy| copy.body.clone()).collect();
    assert_eq!(whole, [b"NATS/1.0\r\nX-Mine: kept\r\n\r\n".to_vec(), nearly].concat());
    emptied(&context).await;
    consumers.stop().await;
    app.stop().await;
}

async fn message_that_comes_twice_is_stored_once(database: TestDatabase) {
    let server = NatsServer::running("").await;
    let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    let context = client(&server).await;
    for _ in 0..3 {
        publish(&context, "clearhook.events.x", &[], event("same").to_string()).await;
    }
    metric_is(&app, "broker_messages_duplicate_total", "nats", 2).await;
    stored(&database, 1).await;
    receiver.wait(1).await;
    emptied(&context).await;
    consumers.stop().await;
    app.stop().await;
}

/// Plain JSON has no id of its own: what the server delivers again is the same event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_dies_before_the_acknowledgement_delivers_again_and_nothing_is_stored_twice() {
    let database = TestDatabase::sqlite();
    let server = NatsServer::running("").await;
    let context = client(&server).await;
    with_short_ack_wait(&context).await;
    let (app, receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    // Nothing can be stored while the test writes.
    let connection = Database::connect(&database.url).await.unwrap();
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let writing = connection.begin_with_options(options).await.unwrap();
    for _ in 0..3 {
        publish(&context, "clearhook.events.identity.created", &[], data()).await;
    }
    metric_is(&app, "broker_messages_in_progress", "nats", 3).await;
    server.kill();
    writing.rollback().await.unwrap();
    stored(&database, 3).await;
    server.start().await;
    metric_is(&app, "broker_messages_duplicate_total", "nats", 3).await;
    emptied(&client(&server).await).await;
    stored(&database, 3).await;
    assert_eq!(receiver.wait(3).await.len(), 3);
    assert!(metric(&app, "broker_connection_failures_total", "nats").await >= 1);
    consumers.stop().await;
    app.stop().await;
}

/// The database is a trouble of ours: messages wait for it, and none is rejected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_wait_while_the_database_is_away() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let database = TestDatabase::on(&cluster.url).await;
    let server = NatsServer::running("").await;
    let app = TestApp::start_with(&database, quick(), loopback(), new_id()).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    let context = client(&server).await;
    cluster.stop();
    for number in 0..20 {
        publish(&context, "clearhook.events.x", &[], event(&number.to_string()).to_string()).await;
    }
    // An invalid message needs no database.
    publish(&context, "clearhook.events.x", &[], "{").await;
    let ready = format!("{}/readyz", app.url);
    wait_for("readyz to be red", async || {
        (app.http.get(&ready).send().await.unwrap().status() == 503).then_some(())
    })
    .await;
    assert_eq!(rejected(&context, 1).await[0].body, b"{");
    cluster.start();
    stored(&database, 20).await;
    emptied(&context).await;
    assert_eq!(rejected(&context, 1).await.len(), 1);
    consumers.stop().await;
    app.stop().await;
}

/// While the service answers publishers with 429, messages of the broker wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_wait_while_too_many_events_wait_to_be_stored() {
    let database = TestDatabase::sqlite();
    let server = NatsServer::running("").await;
    let app = TestApp::start(&database).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    let context = client(&server).await;
    let connection = Database::connect(&database.url).await.unwrap();
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let writing = connection.begin_with_options(options).await.unwrap();
    // 64 MiB may wait. White space in the data is a part of the callback.
    let spaces = format!("\"data\":{{{}", " ".repeat(900_000));
    let mut publishers = tokio::task::JoinSet::new();
    for number in 0..80 {
        let body = event(&format!("large-{number}")).to_string().replace("\"data\":{", &spaces);
        let request = app
            .api(reqwest::Method::POST, "/events")
            .header("content-type", "application/cloudevents+json")
            .body(body);
        publishers.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    for number in 0..5 {
        publish(&context, "clearhook.events.x", &[], event(&number.to_string()).to_string()).await;
    }
    metric_is(&app, "broker_messages_in_progress", "nats", 5).await;
    writing.rollback().await.unwrap();
    let statuses = publishers.join_all().await;
    let accepted = statuses.iter().filter(|status| **status == 202).count();
    stored(&database, i64::try_from(accepted).unwrap() + 5).await;
    emptied(&context).await;
    assert_eq!(metric(&app, "broker_messages_rejected_total", "nats").await, 0);
    consumers.stop().await;
    app.stop().await;
}

/// The author of an event type that was registered because of a message is the broker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_type_of_a_message_is_registered_in_the_name_of_the_broker() {
    let database = TestDatabase::sqlite();
    let server = NatsServer::running("").await;
    let types = RegistrySettings {
        unknown: UnknownTypes::Accept,
        ..RegistrySettings::default()
    };
    let app = TestApp::start_with_types(&database, types).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    publish(&client(&server).await, "clearhook.events.badge.printed", &[], r#"{"badge":7}"#).await;
    stored(&database, 1).await;
    let entries = app.get("/audit?action=event_type.discovered").await;
    let entry = &entries["items"][0];
    assert_eq!(
        (&entry["actor_kind"], &entry["actor"]),
        (&json!("broker"), &json!("NATS JetStream")),
        "{entries}"
    );
    consumers.stop().await;
    app.stop().await;
}

/// The NATS library ends the connection when it receives such headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_with_unreadable_headers_is_rejected_and_blocks_nothing() {
    let database = TestDatabase::sqlite();
    let server = NatsServer::running("").await;
    let context = client(&server).await;
    with_short_ack_wait(&context).await;
    let app = TestApp::start(&database).await;
    let consumers = consume(&app, settings(&server));
    metric_is(&app, "broker_connected", "nats", 1).await;
    let unreadable: [&[u8]; 2] = [b"NATS/1.0\r\nX-Name: caf\xe9\r\n\r\n", b"NATS/1.0\r\nno colon\r\n\r\n"];
    let mut socket = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    socket.write_all(b"CONNECT {\"verbose\":false,\"headers\":true}\r\n").await.unwrap();
    for headers in unreadable {
        let whole = [headers, b"{}"].concat();
        let line = format!("HPUB clearhook.events.x {} {}\r\n", headers.len(), whole.len());
        socket.write_all(&[line.as_bytes(), &whole, b"\r\n"].concat()).await.unwrap();
    }
    socket.write_all(b"PING\r\n").await.unwrap();
    for number in 0..3 {
        publish(&context, "clearhook.events.x", &[], event(&number.to_string()).to_string()).await;
    }
    metric_is(&app, "broker_messages_rejected_total", "nats", 2).await;
    let copies: Vec<_> = rejected(&context, 2).await.into_iter().map(|copy| copy.body).collect();
    for headers in unreadable {
        assert!(copies.contains(&[headers, b"{}"].concat()));
    }
    stored(&database, 3).await;
    emptied(&context).await;
    consumers.stop().await;
    app.stop().await;
}
