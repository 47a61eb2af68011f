//! Collectors that hang or refuse: nothing waits for them, what is lost is counted, and the log says so once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clearhook::catalogue::BuiltIn;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::net::{TcpListener, TcpStream};

use crate::{
    otel::{observed, publish},
    support::{
        app::cloud_event,
        binary::Installation,
        collector::{Collector, Manner},
        database::TestDatabase,
        message_brokers::Certificates,
        receiver::Receiver,
        wait::wait_for,
    },
};

/// More than the queue of spans takes.
const EVENTS: usize = 60;

/// A collector that is unusable delays neither publishing nor callbacks nor the shutdown.
async fn useless(url: &str, reason: &str) {
    let (database, receiver) = (TestDatabase::sqlite(), Receiver::start([]).await);
    let node = observed(&database, url)
        .with("OTEL_EXPORTER_OTLP_TIMEOUT", "1000")
        .with("OTEL_BSP_MAX_QUEUE_SIZE", "16")
        .with("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8");
    let (service, address) = node.start().await;
    node.webhook(&address, &receiver.url).await;
    let began = Instant::now();
    for number in 0..EVENTS {
        let event = cloud_event(BuiltIn::IdentityCreated, &number.to_string());
        assert_eq!(publish(&node, &address, &event, &[]).await.status(), 202);
    }
    receiver.wait(EVENTS).await;
    // One request that waits for this collector would take longer.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    for signal in ["traces", "metrics", "logs"] {
        wait_for(&format!("lost {signal} to be counted"), async || {
            let scraped = node
                .http
                .get(format!("{address}/metrics"))
                .bearer_auth(&node.key)
                .send()
                .await
                .unwrap();
            let scraped = scraped.text().await.unwrap();
            let name = format!("clearhook_telemetry_lost_total{{signal=\"{signal}\"}} ");
            let lost = scraped
                .lines()
                .find_map(|line| line.strip_prefix(name.as_str()))
                .unwrap()
                .to_owned();
            (lost != "0").then_some(())
        })
        .await;
    }
    let stopping = Instant::now();
    let printed = wait_for("the warning", async || {
        let printed = service.printed();
        printed.contains("cannot be sent").then_some(printed)
    })
    .await;
    let warnings: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("OpenTelemetry:") && line.contains("cannot be sent"))
        .collect();
    assert_eq!(warnings.len(), 1, "one line a minute: {warnings:?}");
    assert!(warnings[0].contains(reason) && warnings[0].contains("WARN"), "{warnings:?}");
    assert_eq!(service.terminate().await, Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(10), "{:?}", stopping.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_hangs_delays_nothing() {
    let collector = Collector::start(Manner::Hangs).await;
    useless(&collector.url, "did not answer within 1000 ms").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_refuses_connections_delays_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    useless(&format!("http://{free}"), "cannot be reached").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_answers_with_errors_delays_nothing() {
    for (status, reason) in [(401, "answered 401"), (503, "answered 503")] {
        let collector = Collector::start(Manner::Answers(status)).await;
        useless(&collector.url, reason).await;
    }
}

/// TLS in front of a collector. Returns its URL.
async fn with_tls(collector: &Collector, certificates: &Certificates, wants_client: bool) -> String {
    let chain = CertificateDer::pem_file_iter(certificates.file("cert.pem")).unwrap();
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.file("key.pem")).unwrap();
    clearhook::tls_provider::install();
    let config = ServerConfig::builder();
    let config = if wants_client {
        let mut authorities = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(certificates.file("ca.pem")).unwrap();
        authorities.add(authority).unwrap();
        config.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(authorities)).build().unwrap())
    } else {
        config.with_no_client_auth()
    };
    let config = config.with_single_cert(chain, key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let plain = collector.url.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, plain) = (acceptor.clone(), plain.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate ends the handshake.
                let Ok(mut socket) = acceptor.accept(socket).await else { return };
                let mut collector = TcpStream::connect(plain).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut socket, &mut collector).await;
            });
        }
    });
    url
}

/// The certificates of the system are those that `SSL_CERT_FILE` names, as for other programs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_with_tls_is_verified_by_the_authorities_of_the_system() {
    let certificates = Certificates::new();
    let collector = Collector::start(Manner::Accepts).await;
    let url = with_tls(&collector, &certificates, false).await;
    let (database, receiver) = (TestDatabase::sqlite(), Receiver::start([]).await);
    let node = observed(&database, &url);
    let (service, address) = node.start().await;
    node.webhook(&address, &receiver.url).await;
    let event = |id: &str| cloud_event(BuiltIn::IdentityCreated, id);
    assert_eq!(publish(&node, &address, &event("1"), &[]).await.status(), 202);
    receiver.wait(1).await;
    let told = service.line("cannot be sent").await;
    assert!(told.contains("cannot be reached (invalid peer certificate"), "{told}");
    assert_eq!(service.terminate().await, Some(0));
    assert!(collector.headers().is_empty(), "nothing is sent to a collector that is not trusted");

    let node = observed(&database, &url).with("SSL_CERT_FILE", certificates.file("ca.pem"));
    let (service, address) = node.start().await;
    assert_eq!(publish(&node, &address, &event("2"), &[]).await.status(), 202);
    collector.spans(3).await;
    wait_for("metrics and log lines", async || {
        (!collector.metrics().is_empty() && !collector.logs().is_empty()).then_some(())
    })
    .await;
    assert!(!service.printed().contains("cannot be sent"), "{}", service.printed());
    assert_eq!(service.terminate().await, Some(0));
}

/// A collector with an authority of its own that accepts only clients which it knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collector_that_wants_a_certificate_of_the_client_gets_it() {
    let certificates = Certificates::new();
    let collector = Collector::start(Manner::Accepts).await;
    let url = with_tls(&collector, &certificates, true).await;
    let (database, receiver) = (TestDatabase::sqlite(), Receiver::start([]).await);
    let node = observed(&database, &url)
        .with("OTEL_EXPORTER_OTLP_CERTIFICATE", certificates.file("ca.pem"))
        .with("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificates.file("cert.pem"))
        .with("OTEL_EXPORTER_OTLP_CLIENT_KEY", certificates.file("key.pem"));
    let (service, address) = node.start().await;
    node.webhook(&address, &receiver.url).await;
    let event = cloud_event(BuiltIn::IdentityCreated, "1");
    assert_eq!(publish(&node, &address, &event, &[]).await.status(), 202);
    collector.spans(3).await;
    wait_for("metrics and log lines", async || {
        (!collector.metrics().is_empty() && !collector.logs().is_empty()).then_some(())
    })
    .await;
    assert!(!service.printed().contains("cannot be sent"), "{}", service.printed());
    assert_eq!(service.terminate().await, Some(0));
}

#[test]
fn invalid_variables_are_refused_at_start() {
    let here = Installation::new();
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
        ("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "/etc/passwd"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/nowhere/key.pem"),
    ] {
        let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318").env(name, value);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.lines().count() == 1, "{text}");
        assert!(text.starts_with(&format!("clearhook: {name}: ")), "{text}");
    }
}
