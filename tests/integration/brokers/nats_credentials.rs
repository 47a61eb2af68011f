//! Valid credentials of each kind: events that are published with them arrive.

use std::{fs, time::Duration};

use async_nats::{ConnectOptions, jetstream};

use crate::{
    brokers::{event, stored},
    support::{
        binary::Service,
        database::TestDatabase,
        message_brokers::{NatsServer, PASSWORD, PASSWORD_IN_URL, USER},
        nkeys::NatsOperator,
        node::{Node, check_ledger},
        receiver::Receiver,
    },
};

const URL: &str = "CLEARHOOK_NATS_URL";
const FILE: &str = "CLEARHOOK_NATS_CREDENTIALS_FILE";
const TEXT: &str = "CLEARHOOK_NATS_CREDENTIALS";

/// What `nsc` writes around the seed.
const IMPORTANT: &str = "************************* IMPORTANT *************************\n\
    NKEY Seed printed below can be used to sign and prove identity.\nNKEYs are sensitive and should be treated as secrets.";
const STARS: &str = "*************************************************************";

/// A service with these settings delivers what a publisher with this login publishes, and prints none of the secrets.
async fn events_arrive(server: &NatsServer, settings: &[(&'static str, String)], login: ConnectOptions, secrets: &[&str]) {
    let database = TestDatabase::sqlite();
    let receiver = Receiver::start([]).await;
    let mut node = Node::new(&database).with("CLEARHOOK_LOG", "debug");
    for (name, value) in settings {
        node = node.with(name, value);
    }
    let (service, url) = node.start().await;
    node.webhook(&url, &receiver.url).await;
    let connected = service.line("NATS JetStream: connected to");
    let connected = tokio::time::timeout(Duration::from_secs(15), connected).await;
    assert!(connected.is_ok(), "{}", service.printed());
    let context = jetstream::new(login.connect(server.url()).await.unwrap());
    let ids: Vec<_> = (0..5).map(|number| number.to_string()).collect();
    for id in &ids {
        let sent = context.publish("clearhook.events.x", event(id).to_string().into()).await.unwrap();
        sent.await.unwrap();
    }
    stored(&database, 5).await;
    check_ledger(&database, &receiver, &ids).await;
    let printed = service.printed();
    for secret in secrets {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert_eq!(service.terminate().await, Some(0));
    // Another service would get the events of this one from the stream.
    context.delete_stream("CLEARHOOK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_with_user_and_password_and_with_a_token() {
    let server = NatsServer::running(&format!("authorization {{ user: {USER}, password: \"{PASSWORD}\" }}")).await;
    let url = format!("nats://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{}", server.port);
    let login = ConnectOptions::with_user_and_password(USER.to_owned(), PASSWORD.to_owned());
    events_arrive(&server, &[(URL, url)], login, &[PASSWORD, PASSWORD_IN_URL]).await;

    let server = NatsServer::running("authorization { token: planted }").await;
    let url = format!("nats://planted@127.0.0.1:{}", server.port);
    events_arrive(
        &server,
        &[(URL, url)],
        ConnectOptions::with_token("planted".to_owned()),
        &["planted"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_with_a_credentials_file() {
    let operator = NatsOperator::new();
    let server = NatsServer::running(&operator.configuration).await;
    assert!(async_nats::connect(server.url()).await.is_err(), "the server asks for credentials");
    let (credentials, seed) = operator.user("clearhook");
    let (of_publisher, _) = operator.user("publisher");
    let publisher = || ConnectOptions::with_credentials(&of_publisher).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // As `nsc` writes it, and what a shell makes of a short file: without the line break at its end.
    let long = credentials.replace("\n\n-----BEGIN", &format!("\n\n{IMPORTANT}\n\n-----BEGIN")) + "\n" + STARS + "\n";
    let short = credentials.trim_end().to_owned();
    for setting in [
        (FILE, file("long.creds", &long)),
        (FILE, file("short.creds", &short)),
        (TEXT, short.clone()),
    ] {
        events_arrive(&server, &[(URL, server.url()), setting], publisher(), &[&seed, &credentials]).await;
    }

    // The user of another operator, and a user whose key is that of another one.
    let (foreign, _) = NatsOperator::new().user("clearhook");
    let (_, other_seed) = operator.user("other");
    let mixed = credentials.replace(&seed, &other_seed);
    let database = TestDatabase::sqlite();
    for (name, text) in [("foreign.creds", foreign), ("mixed.creds", mixed)] {
        let node = Node::new(&database).with(URL, server.url()).with(FILE, file(name, &text));
        let service = Service::start(node.command(&["serve", "--addr", "127.0.0.1:0"]));
        service.url().await;
        service
            .line("refuses the credentials; check user and password, the token, or ")
            .await;
        let printed = service.printed();
        assert!(!printed.contains(&other_seed) && !printed.contains("SEED"), "{printed}");
        assert_eq!(service.terminate().await, Some(0));
    }
}
