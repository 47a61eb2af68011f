//! Connections to NATS: credentials, TLS, a server that is down, and the end of the service.

use crate::{
    brokers::{
        consume, event, metric, metric_is,
        nats::{client, emptied, settings, with_short_ack_wait},
        stored,
    },
    support::{
        app::{TestApp, loopback, quick},
        binary::Service,
        database::TestDatabase,
        message_brokers::{Certificates, NatsServer, PASSWORD, PASSWORD_IN_URL, USER},
        node::Node,
        wait::wait_for,
    },
};
use clearhook::storage::new_id;

async fn serve(node: &Node<'_>) -> Service {
    let service = Service::start(node.command(&["serve", "--addr", "127.0.0.1:0"]));
    service.url().await;
    service
}

/// Starts a service with these settings and waits until it logs these words.
async fn logs(database: &TestDatabase, settings: &[(&'static str, String)], words: &str) {
    let mut node = Node::new(database);
    for (name, value) in settings {
        node = node.with(name, value);
    }
    let service = serve(&node).await;
    service.line(words).await;
    let printed = service.printed();
    assert!(!printed.contains("planted") && !printed.contains(PASSWORD), "{printed}");
    assert_eq!(service.terminate().await, Some(0));
}

const URL: &str = "CLEARHOOK_NATS_URL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_sent_and_wrong_ones_are_reported_without_them() {
    let database = TestDatabase::sqlite();
    let password = NatsServer::running(&format!("authorization {{ user: {USER}, password: \"{PASSWORD}\" }}")).await;
    let token = NatsServer::running("authorization { token: planted }").await;
    let url = |server: &NatsServer, who: &str| (URL, format!("nats://{who}127.0.0.1:{}", server.port));
    let refused = "CLEARHOOK_NATS_URL: nats://127.0.0.1:";
    for (setting, words) in [
        (
            url(&password, &format!("{USER}:{PASSWORD_IN_URL}@")),
            "NATS JetStream: connected to nats://127.0.0.1:",
        ),
        (url(&token, "planted@"), "NATS JetStream: connected to nats://127.0.0.1:"),
        (url(&password, "publisher:planted@"), refused),
        (url(&password, ""), refused),
        (url(&token, "planted2@"), refused),
    ] {
        logs(&database, &[setting], words).await;
    }
    // A credentials file that is cut off.
    let file = database.folder.path().join("user.creds");
    std::fs::write(
        &file,
        "-----BEGIN NATS USER JWT-----\nplanted\n-----BEGIN USER NKEY SEED-----\nplanted\n",
    )
    .unwrap();
    let credentials = ("CLEARHOOK_NATS_CREDENTIALS_FILE", file.to_str().unwrap().to_owned());
    logs(&database, &[url(&token, ""), credentials], "CLEARHOOK_NATS_CREDENTIALS: ").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificate_of_an_unknown_authority_is_refused_until_the_authority_is_set() {
    let (database, certificates) = (TestDatabase::sqlite(), Certificates::new());
    let server = NatsServer::running(&format!(
        "tls {{ cert_file: \"{}\", key_file: \"{}\" }}",
        certificates.file("cert.pem"),
        certificates.file("key.pem")
    ))
    .await;
    let url = |host: &str| (URL, format!("tls://{host}:{}", server.port));
    let authority = || ("CLEARHOOK_BROKER_CA", certificates.file("ca.pem"));
    logs(
        &database,
        &[url("localhost")],
        "authority that is not trusted; set CLEARHOOK_BROKER_CA",
    )
    .await;
    logs(
        &database,
        &[url("localhost"), authority()],
        "NATS JetStream: connected to tls://localhost",
    )
    .await;
    // The server requires TLS, also where the URL does not.
    let plain = (URL, format!("nats://127.0.0.1:{}", server.port));
    logs(&database, &[plain, authority()], "NATS JetStream: connected to nats://127.0.0.1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_without_tls_is_reported() {
    let database = TestDatabase::sqlite();
    let server = NatsServer::running("").await;
    let tls = (URL, format!("tls://127.0.0.1:{}", server.port));
    logs(&database, &[tls], "CLEARHOOK_NATS_URL: ").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_starts_without_the_server_and_connects_when_it_is_there() {
    let database = TestDatabase::sqlite();
    let server = NatsServer::new("");
    let app = TestApp::start_with(&database, quick(), loopback(), new_id()).await;
    let consumers = consume(&app, settings(&server));
    wait_for("a failed attempt", async || {
        (metric(&app, "broker_connection_failures_total", "nats").await >= 2).then_some(())
    })
    .await;
    let ready = app.http.get(format!("{}/readyz", app.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200, "HTTP works without the broker");
    server.start().await;
    metric_is(&app, "broker_connected", "nats", 1).await;
    let context = client(&server).await;
    let sent = context.publish("clearhook.events.x", event("1").to_string().into()).await.unwrap();
    sent.await.unwrap();
    stored(&database, 1).await;
    consumers.stop().await;
    app.stop().await;
}

/// SIGTERM under load: what is in progress is stored and acknowledged, and what is not is given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_acknowledges_what_is_stored_and_gives_back_the_rest() {
    const MESSAGES: i64 = 1_500;
    let (database, server) = (TestDatabase::sqlite(), NatsServer::running("").await);
    let context = client(&server).await;
    with_short_ack_wait(&context).await;
    let node = Node::new(&database).with(URL, server.url());
    let service = serve(&node).await;
    service.line("NATS JetStream: connected to").await;
    let mut sent = Vec::new();
    for number in 0..MESSAGES {
        let body = event(&number.to_string()).to_string();
        sent.push(context.publish("clearhook.events.x", body.into()).await.unwrap());
    }
    for confirmed in sent {
        confirmed.await.unwrap();
    }
    wait_for("some events", async || (database.count("events").await > 0).then_some(())).await;
    assert_eq!(service.terminate().await, Some(0));
    let before = database.count("events").await;
    let mut stream = context.get_stream("CLEARHOOK").await.unwrap();
    let left = stream.info().await.unwrap().state.messages;
    assert_eq!(before + i64::try_from(left).unwrap(), MESSAGES, "what is stored is acknowledged");
    let (service, url) = node.start().await;
    emptied(&context).await;
    stored(&database, MESSAGES).await;
    let metrics = node.http.get(format!("{url}/metrics")).bearer_auth(&node.key).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("clearhook_broker_messages_duplicate_total{broker=\"nats\"} 0"),
        "{metrics}"
    );
    assert_eq!(service.terminate().await, Some(0));
}
