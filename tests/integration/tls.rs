//! TLS of the service itself: the certificate is replaced while connections stay open, and an invalid one is ignored.

use std::{fs, path::Path, sync::Arc};

use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{
    binary::{Installation, Service},
    pem::pem,
    wait::wait_for,
    wire::{connect, rest},
};

/// A certificate for `localhost`, and its key, in PEM.
struct Made {
    cert: String,
    key: String,
    der: CertificateDer<'static>,
}

fn make() -> Made {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Made {
        cert: pem("CERTIFICATE", made.cert.der()),
        key: pem("PRIVATE KEY", &made.signing_key.serialize_der()),
        der: made.cert.der().clone(),
    }
}

/// Connects with these trusted certificates, and returns the certificate of the server.
async fn tls(address: &str, trusted: &[&Made], protocols: &[&[u8]]) -> (TlsStream<TcpStream>, CertificateDer<'static>) {
    let mut roots = rustls::RootCertStore::empty();
    for made in trusted {
        roots.add(made.der.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned();
    (stream, shown)
}

async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    while !answer.contains("\r\n\r\n") {
        let mut buffer = [0; 8192];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    answer
}

fn write(folder: &Path, cert: &str, key: &str) {
    fs::write(folder.join("cert.pem"), cert).unwrap();
    fs::write(folder.join("key.pem"), key).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificate_is_replaced_without_dropping_connections() {
    let (here, first, second) = (Installation::new(), make(), make());
    write(here.folder(), &first.cert, &first.key);
    let serve = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]));
    let line = serve.line("listening on ").await;
    assert!(line.contains("console at https://"), "{line}");
    let address = line.split(';').next().unwrap().to_owned();
    let health = [
        "health",
        "--ready",
        "--addr",
        &address,
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
    ];
    assert_eq!(here.answer(&health).trim(), "ok");
    let both = [&first, &second];
    let (mut kept, shown) = tls(&address, &both, &[b"http/1.1"]).await;
    assert_eq!(shown, first.der);
    let answer = ask(&mut kept, "/healthz").await.to_ascii_lowercase();
    assert!(
        answer.starts_with("http/1.1 200") && answer.contains("strict-transport-security: max-age="),
        "{answer}"
    );
    let (two, _) = tls(&address, &both, &[b"h2", b"http/1.1"]).await;
    assert_eq!(two.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

    // A truncated file, the key of another certificate, another file, a missing file: the previous certificate stays in use, and a log line
    // says so.
    let half = &second.cert[..second.cert.len() / 2];
    for (number, (cert, key)) in [(half, &second.key[..]), (&second.cert, &first.key), ("nonsense", &first.key)]
        .into_iter()
        .enumerate()
    {
        write(here.folder(), cert, key);
        wait_for("a warning", async || {
            (serve.printed().matches("the new certificate cannot be used").count() > number).then_some(())
        })
        .await;
        assert_eq!(tls(&address, &both, &[]).await.1, first.der);
    }
    fs::remove_file(here.folder().join("cert.pem")).unwrap();
    wait_for("a warning", async || {
        (serve.printed().matches("the new certificate cannot be used").count() > 3).then_some(())
    })
    .await;
    assert_eq!(tls(&address, &both, &[]).await.1, first.der);
    write(here.folder(), &second.cert, &second.key);
    serve.line("the new certificate in cert.pem is in use").await;
    assert_eq!(tls(&address, &both, &[]).await.1, second.der);
    // The first connection is still the same one.
    assert!(ask(&mut kept, "/healthz").await.starts_with("HTTP/1.1 200"));

    // A plain request gets no response.
    let mut plain = connect(&format!("http://{address}")).await;
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(!rest(&mut plain).await.contains("HTTP/1.1 200"));
    assert!(!serve.printed().contains("PRIVATE KEY"));
    assert_eq!(serve.terminate().await, Some(0));
}

#[test]
fn unusable_certificate_is_rejected_at_start() {
    let (here, first, second) = (Installation::new(), make(), make());
    write(here.folder(), &first.cert, &second.key);
    let serve = |cert, key| here.refusal(&["serve", "--addr", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key], 1);
    assert!(serve("cert.pem", "key.pem").contains("cannot be used together"));
    assert!(serve("none.pem", "key.pem").contains("none.pem cannot be read"));
    assert!(serve("key.pem", "key.pem").contains("key.pem holds no certificate"));
    assert!(serve("cert.pem", "cert.pem").contains("cert.pem holds no private key"));
    let alone = here.refusal(&["serve", "--tls-cert", "cert.pem"], 1);
    assert!(alone.contains("CLEARHOOK_TLS_KEY"), "{alone}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_response_reaches_a_client_over_tls() {
    let (here, made) = (Installation::new(), make());
    write(here.folder(), &made.cert, &made.key);
    let serve = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]));
    let address = serve.line("listening on ").await.split(';').next().unwrap().to_owned();
    for expect in ["", "Expect: 100-continue\r\n"] {
        for size in [2, 20].map(|mib| mib * 1024 * 1024) {
            let (mut stream, _) = tls(&address, &[&made], &[b"http/1.1"]).await;
            let head = format!("POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n{expect}Content-Length: {size}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&vec![b' '; size]).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            let answer = String::from_utf8(answer).unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 401") && answer.contains("urn:clearhook:problem:unauthenticated"),
                "{answer}"
            );
        }
    }
    assert_eq!(serve.terminate().await, Some(0));
}
