//! Receivers with several addresses (RFC 8305): an unreachable address costs only a fraction of the timeout.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, domain::url::UrlPolicy, storage::new_id};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, listen, socket_with, sockopt};
use serde_json::Value;
use tokio::net::TcpListener;

use super::http2;
use crate::support::{
    app::{TestApp, hourly},
    database::TestDatabase,
    names::NameServer,
    receiver::Receiver,
};

/// An address of this machine that does not answer: its listener accepts no connection, and its queue is full.
struct Swallowing(Vec<std::os::fd::OwnedFd>);

impl Swallowing {
    fn listen(address: SocketAddr) -> Self {
        let family = if address.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let new = |flags| socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP)).unwrap();
        let listener = new(SocketFlags::CLOEXEC);
        sockopt::set_socket_reuseaddr(&listener, true).unwrap();
        bind(&listener, &address).unwrap();
        listen(&listener, 0).unwrap();
        let mut sockets = vec![listener];
        // Linux takes one connection more than it was told; further ones fill nothing and are given up with the test.
        for _ in 0..4 {
            let client = new(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK);
            // It is under way, or it is established.
            let _ = connect(&client, &address);
            sockets.push(client);
        }
        Self(sockets)
    }
}

const TIMEOUT: Duration = Duration::from_secs(6);

/// Sends a callback to a name with these addresses, and returns the row of the log and the requests of the receiver.
async fn called(addresses: &[&str], port: u16, is_tls: bool, more_roots: Vec<rustls::pki_types::CertificateDer<'static>>) -> Value {
    let server = NameServer::start(&[("hooks.example.com", &[addresses])]).await;
    let settings = DeliverySettings {
        timeout: TIMEOUT,
        dns: server.resolver(),
        more_roots,
        ..hourly()
    };
    let policy = UrlPolicy {
        allow_http: true,
        allowed: "127.0.0.0/8,::1/128".parse().unwrap(),
    };
    let database = TestDatabase::sqlite();
    let app = TestApp::start_with(&database, settings, policy, new_id()).await;
    let scheme = if is_tls { "https" } else { "http" };
    let webhook = app
        .webhook(&format!("{scheme}://hooks.example.com:{port}/"), &[BuiltIn::IdentityCreated])
        .await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await;
    app.stop().await;
    details
}

/// A receiver on this address, and its port, which is free on the other addresses.
async fn good(address: &str) -> (Receiver, u16) {
    let address: IpAddr = address.parse().unwrap();
    let receiver = Receiver::start_on(SocketAddr::new(address, 0), []).await;
    let port = receiver.url.rsplit_once(':').unwrap().1.trim_end_matches("/hook").parse().unwrap();
    (receiver, port)
}

fn swallow(addresses: &[&str], port: u16) -> Vec<Swallowing> {
    let addresses = addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port));
    addresses.map(Swallowing::listen).collect()
}

fn milliseconds(details: &Value) -> u128 {
    details["duration_ms"].as_u64().unwrap().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreachable_address_costs_a_fraction_of_the_timeout() {
    let many: Vec<_> = (1..=20).map(|last| format!("127.0.7.{last}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let dead = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4", "127.0.1.5"];
    for (swallowed, others, last) in [
        (&dead[..1], &[][..], "127.0.2.1"),
        (&dead[..], &[], "127.0.2.2"),
        // More than are tried at the same time.
        (&many, &[], "127.0.2.7"),
        // One that refuses, between those that swallow.
        (&dead[..2], &["127.0.3.1"], "127.0.2.3"),
        (&[], &["127.0.3.1", "127.0.3.2", "127.0.3.3"], "127.0.2.4"),
        // IPv6 swallows or refuses, IPv4 works, and the other way round.
        (&["::1"], &[], "127.0.2.5"),
        (&[], &["::1"], "127.0.2.6"),
        (&dead[..2], &[], "::1"),
    ] {
        let (receiver, port) = good(last).await;
        let sockets = swallow(swallowed, port);
        let addresses = [swallowed, others, &[last]].concat();
        let details = called(&addresses, port, false, Vec::new()).await;
        assert_eq!(details["response"], "Accepted", "{addresses:?}: {details}");
        assert!(milliseconds(&details) < TIMEOUT.as_millis() / 2, "{addresses:?}: {details}");
        assert_eq!(receiver.seen().len(), 1);
        assert!(sockets.iter().all(|swallowing| !swallowing.0.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receiver_without_reachable_address_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let _sockets = swallow(&["127.0.4.1", "127.0.4.2"], free);
    for (addresses, response, words) in [
        (
            &["127.0.4.1"][..],
            "TimedOut",
            &["127.0.4.1:", "did not accept the connection within 2 s"][..],
        ),
        (&["127.0.4.1", "127.0.4.2"], "TimedOut", &["127.0.4.1:", "127.0.4.2:"]),
        (
            &["127.0.4.3", "127.0.4.1"],
            "TimedOut",
            &["refused the connection", "did not accept the connection"],
        ),
        (&["127.0.4.3"], "ConnectionRefused", &["127.0.4.3:", "refused the connection"]),
        (&["127.0.4.3", "127.0.4.4", "::1"], "ConnectionRefused", &["127.0.4.4:", "[::1]:"]),
    ] {
        let details = called(addresses, free, false, Vec::new()).await;
        assert_eq!(details["response"], response, "{addresses:?}: {details}");
        let detail = details["detail"].as_str().unwrap();
        assert!(words.iter().all(|words| detail.contains(words)), "{addresses:?}: {detail}");
        // A third of the attempt's time, and no more.
        let limit = if response == "TimedOut" { TIMEOUT / 3 } else { Duration::ZERO };
        let took = milliseconds(&details);
        assert!(
            (limit.as_millis()..limit.as_millis() + 2_000).contains(&took),
            "{addresses:?}: {details}"
        );
    }
}

/// An address that accepts the connection but never answers the TLS handshake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn address_of_a_stuck_server_is_replaced() {
    let root = super::certificates::Authority::root("Root", &rcgen::PKCS_ECDSA_P256_SHA256);
    let identity = root.issue(&["hooks.example.com"], &rcgen::PKCS_ECDSA_P256_SHA256, |_| ());
    let config = identity.config(&[&rustls::version::TLS13]);
    let (port, calls) = http2::receiver(config, |_, _| vec![http2::Step::HeadAndEnd(202)]).await;
    let stuck = TcpListener::bind(("127.0.5.1", port)).await.unwrap();
    let details = called(&["127.0.5.1", "127.0.0.1"], port, true, vec![root.certificate]).await;
    assert_eq!(details["response"], "Accepted", "{details}");
    assert!(milliseconds(&details) < TIMEOUT.as_millis() / 2, "{details}");
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 1);
    drop(stuck);
}
