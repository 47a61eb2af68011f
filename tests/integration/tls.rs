//! TLS of the service's own: the certificate changes while connections live on, and a wrong one changes nothing.

use std::{fs, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{
    binary::{Installation, Service},
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

pub(crate) fn pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n"))
}

/// Connects, trusting these, and gives the certificate that the server showed.
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
async fn the_certificate_is_changed_without_dropping_connections() {
    let (here, first, second) = (Installation::new(), make(), make());
    write(here.folder(), &first.cert, &first.key);
    let serve = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]));
    let line = serve.line("listening on ").await;
    assert!(line.contains("console at https://"), "{line}");
    let address = line.split(';').next().unwrap().to_owned();
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

    // Half-written, the key of another, no certificate at all, gone: the one before serves on, and a line says so.
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

    // What is not TLS gets nothing.
    let mut plain = connect(&format!("http://{address}")).await;
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(!rest(&mut plain).await.contains("HTTP/1.1 200"));
    assert!(!serve.printed().contains("PRIVATE KEY"));
    assert_eq!(serve.terminate().await, Some(0));
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_at_the_start() {
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
async fn clients_that_send_everything_before_they_read_get_the_answer_over_tls() {
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
