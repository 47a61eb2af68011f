//! Callbacks over TLS, from the real binary with the certificates of the operating system, over HTTP/1.1 and HTTP/2.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use axum::body::{Body, to_bytes};
use base64::{Engine, engine::general_purpose::STANDARD};
use clearhook::catalogue::BuiltIn;
use hyper::{Request, Response, Version, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;

use crate::support::{app::cloud_event, binary::Service, database::TestDatabase, node::Node, on_both, wait::wait_for};

on_both! { tls_receiver_is_called_with_system_certificates }

/// An empty setting counts as unset: the other variable, or the system's certificates, are used.
#[tokio::test]
async fn empty_certificate_variables_count_as_unset() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let node = Node::new(&database);
    let directory = database.folder.path().join("trusted");
    fs::create_dir(&directory).unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(directory.join("0123abcd.0"), pem(made.cert.der())).unwrap();
    let directory = directory.to_str().unwrap();
    let file = format!("{directory}/0123abcd.0");
    for (file, directory) in [("", ""), ("", directory), (file.as_str(), "")] {
        let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
        command.env("SSL_CERT_FILE", file).env("SSL_CERT_DIR", directory);
        let service = Service::start(command);
        service.line("listening on ").await;
        assert_eq!(service.terminate().await, Some(0), "{file:?} {directory:?}");
    }
}

fn pem(certificate: &[u8]) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(certificate)
    )
}

type Seen = Arc<Mutex<Vec<(Version, String)>>>;

/// A receiver for this protocol only. Returns its URL and the requests that it received.
async fn receiver(mut config: rustls::ServerConfig, protocol: &[u8]) -> (String, Seen) {
    config.alpn_protocols = vec![protocol.to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/hook", listener.local_addr().unwrap());
    let seen = Seen::default();
    let noted = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, noted) = (acceptor.clone(), noted.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let take = service_fn(move |request: Request<Incoming>| {
                    let noted = noted.clone();
                    async move {
                        let version = request.version();
                        let body = to_bytes(Body::new(request.into_body()), usize::MAX).await?;
                        noted.lock().unwrap().push((version, String::from_utf8(body.to_vec()).unwrap()));
                        Ok::<_, axum::Error>(Response::new(Body::empty()))
                    }
                });
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), take)
                    .await;
            });
        }
    });
    (url, seen)
}

async fn tls_receiver_is_called_with_system_certificates(database: TestDatabase) {
    clearhook::tls_provider::install();
    // One certificate in the file that `SSL_CERT_FILE` names, the other in the directory of `SSL_CERT_DIR`.
    let certificate = |algorithm| {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let parameters = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let made = parameters.self_signed(&key).unwrap().der().clone();
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.clone()], key);
        let pem = pem(&made);
        (config.unwrap(), pem)
    };
    let (in_file, in_directory) = (
        certificate(&rcgen::PKCS_ECDSA_P521_SHA512),
        certificate(&rcgen::PKCS_ECDSA_P256_SHA256),
    );
    let (one, two) = (receiver(in_file.0, b"http/1.1").await, receiver(in_directory.0, b"h2").await);
    drop(database.open().await);
    let node = Node::new(&database);
    let (file, directory) = (database.folder.path().join("trusted.pem"), database.folder.path().join("trusted"));
    fs::write(&file, in_file.1).unwrap();
    fs::create_dir(&directory).unwrap();
    // As `openssl rehash` names them.
    fs::write(directory.join("0123abcd.0"), in_directory.1).unwrap();
    let mut command = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    command.env("SSL_CERT_FILE", &file).env("SSL_CERT_DIR", &directory);
    let service = Service::start(command);
    let url = service.url().await;
    for (receiver, _) in [&one, &two] {
        node.webhook(&url, receiver).await;
    }
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents+json");
    let event = cloud_event(BuiltIn::IdentityCreated, "1").to_string();
    assert_eq!(request.body(event).send().await.unwrap().status(), 202);
    wait_for("both to be called", async || (database.count("callbacks").await == 2).then_some(())).await;
    assert_eq!(database.count("callbacks WHERE outcome = 'succeeded' AND status = 200").await, 2);
    for ((_, seen), version) in [(one, Version::HTTP_11), (two, Version::HTTP_2)] {
        let seen = seen.lock().unwrap().clone();
        assert!(
            seen.len() == 1 && seen[0].0 == version && seen[0].1.contains("identity.created"),
            "{seen:?}"
        );
    }
    assert_eq!(service.terminate().await, Some(0));
}
