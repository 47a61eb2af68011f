//! Receivers over TLS: certificates that must be accepted, certificates that must be rejected with the reason in the log, and connections
//! that end without `close_notify`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, PKCS_RSA_SHA256, PKCS_RSA_SHA512};
use rustls::{
    ServerConfig,
    pki_types::CertificateDer,
    server::{ResolvesServerCertUsingSni, WebPkiClientVerifier},
    version::{TLS12, TLS13},
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    End, Expected, Row, answered,
    certificates::{Authority, Identity, by_openssl},
    chains, check, end, failed, read_request, serve, settings,
};
use crate::support::{app::loopback, database::TestDatabase, names::NameServer};

/// The address to which all names of these tests resolve.
const HERE: &[&[&str]] = &[&["127.0.0.1"]];
pub(super) const HOST: &str = "hooks.example.com";
pub(super) const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole";

pub(super) fn ok() -> Expected {
    answered("OK", 200).body("whole")
}

pub(super) fn refused(words: &[&'static str]) -> Expected {
    failed("TlsError").detail(words)
}

/// A receiver behind TLS that sends these bytes. Unless it closes the TLS connection, the TCP connection ends without `close_notify`.
pub(super) async fn row(
    name: &'static str,
    host: &str,
    config: ServerConfig,
    bytes: &'static [u8],
    closes: bool,
    expected: Expected,
) -> Row {
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (port, calls) = serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            // It fails when the client refuses the certificate.
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            if read_request(&mut stream).await.is_none() {
                return;
            }
            let _ = stream.write_all(bytes).await;
            let _ = stream.flush().await;
            if closes {
                let _ = stream.shutdown().await;
            }
        }
    })
    .await;
    Row {
        name,
        url: format!("https://{host}:{port}/"),
        calls,
        expected,
    }
}

/// The same with a whole response.
pub(super) async fn presents(name: &'static str, host: &str, identity: Identity, expected: Expected) -> Row {
    row(name, host, identity.config(&[&TLS12, &TLS13]), RESPONSE, true, expected).await
}

/// A receiver that is not what TLS expects.
async fn raw(name: &'static str, bytes: &'static [u8], ending: End, expected: Expected) -> Row {
    let (port, calls) = serve(move |mut stream| async move {
        let mut buffer = [0; 16 * 1024];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(bytes).await;
        if ending == End::Reset {
            stream.set_zero_linger().unwrap();
        }
        end(stream, ending).await;
    })
    .await;
    Row {
        name,
        url: format!("https://127.0.0.1:{port}/"),
        calls,
        expected,
    }
}

/// A running `openssl s_server`.
struct SServer(Child);

impl Drop for SServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `openssl s_server` with a certificate and these options; it ends with the test.
fn s_server(name: &'static str, folder: &TempDir, certificate: &str, options: &[&str], expected: Expected) -> (Row, SServer) {
    let mut command = Command::new("openssl");
    command.current_dir(folder.path().join(certificate));
    command
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-www",
            "-cert",
            "leaf.pem",
            "-key",
            "leaf.key",
        ])
        .args(options);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
    let address = address.expect("openssl s_server listens");
    // It writes of each connection, and stops when nobody reads.
    std::thread::spawn(move || lines.for_each(drop));
    let row = Row {
        name,
        url: format!("https://127.0.0.1:{}/", address.rsplit_once(':').unwrap().1),
        calls: Arc::new(1.into()),
        expected,
    };
    (row, SServer(child))
}

/// The rows, and what they need.
pub(super) struct Table {
    folder: TempDir,
    /// A private authority that is trusted.
    pub(super) root: Authority,
    pub(super) trusted: Vec<CertificateDer<'static>>,
    pub(super) rows: Vec<Row>,
    servers: Vec<SServer>,
}

impl Table {
    fn new() -> Self {
        let root = Authority::root("Private Root", &PKCS_ECDSA_P521_SHA512);
        Self {
            folder: TempDir::new().unwrap(),
            trusted: vec![root.certificate.clone()],
            root,
            rows: Vec::new(),
            servers: Vec::new(),
        }
    }

    /// A certificate of the private authority for these names.
    pub(super) fn issue(&self, names: &[&str]) -> Identity {
        self.root.issue(names, &PKCS_ECDSA_P256_SHA256, |_| ())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_receiver_cases() {
    let mut table = Table::new();
    keys_and_signatures(&mut table).await;
    chains::accepted(&mut table).await;
    chains::refused_with_a_reason(&mut table).await;
    chains::refused_for_their_names(&mut table).await;
    chains::refused_for_their_authorities(&mut table).await;
    chains::trusted_authorities_as_servers(&mut table).await;
    client_certificates(&mut table).await;
    handshakes(&mut table).await;
    openssl_servers(&mut table);
    endings(&mut table).await;
    let server = NameServer::start(&[(HOST, HERE), ("hooks.example.com.", HERE)]).await;
    let settings = clearhook::delivery::DeliverySettings {
        dns: server.resolver(),
        more_roots: table.trusted,
        // Keys of 4096 bits take a while without optimisation.
        timeout: Duration::from_secs(4),
        ..settings()
    };
    let database = TestDatabase::sqlite();
    check(&database, settings, loopback(), table.rows).await;
    drop(table.servers);
}

const RSA: [&str; 2] = ["-newkey", "rsa:2048"];

/// Every kind of key and signature that OpenSSL makes certificates with, for the authority and for the receiver.
async fn keys_and_signatures(table: &mut Table) {
    for (name, algorithm) in [
        ("RSA and SHA-256", &PKCS_RSA_SHA256),
        ("RSA and SHA-512", &PKCS_RSA_SHA512),
        ("P-256", &PKCS_ECDSA_P256_SHA256),
        ("P-384", &PKCS_ECDSA_P384_SHA384),
        ("P-521", &PKCS_ECDSA_P521_SHA512),
        ("Ed25519", &PKCS_ED25519),
    ] {
        let authority = Authority::root(&format!("CA {name}"), algorithm);
        table.trusted.push(authority.certificate.clone());
        table
            .rows
            .push(presents(name, "127.0.0.1", authority.issue(&["127.0.0.1"], algorithm, |_| ()), ok()).await);
    }
    let p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let p384 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let p521 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
    let pss = ["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
    let pss_512 = ["-sha512", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
    for (name, key, sign) in [
        ("RSA-PSS and SHA-256", &RSA[..], &pss[..]),
        ("RSA-PSS and SHA-512", &RSA, &pss_512),
        ("RSA and SHA-384", &RSA, &["-sha384"]),
        ("RSA of 4096 bits", &["-newkey", "rsa:4096"], &["-sha256"]),
        ("P-256 and SHA-512", &p256, &["-sha512"]),
        ("P-384 and SHA-512", &p384, &["-sha512"]),
        ("P-384 and SHA-256", &p384, &["-sha256"]),
        ("P-521 and SHA-256", &p521, &["-sha256"]),
        ("P-521 and SHA-384", &p521, &["-sha384"]),
    ] {
        let (root, identity) = by_openssl(table.folder.path(), name, key, sign);
        table.trusted.push(root);
        table.rows.push(presents(name, "127.0.0.1", identity, ok()).await);
    }
}

/// A receiver that asks for a client certificate.
async fn client_certificates(table: &mut Table) {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(table.root.certificate.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build()
        .unwrap();
    for (name, version) in [("a client certificate, TLS 1.2", &TLS12), ("a client certificate, TLS 1.3", &TLS13)] {
        let identity = table.issue(&[HOST]);
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        let builder = builder
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(verifier.clone());
        let config = builder.with_single_cert(identity.chain, identity.key).unwrap();
        table
            .rows
            .push(row(name, HOST, config, RESPONSE, true, refused(&["requires a client certificate"])).await);
    }
}

/// Handshakes that end with an alert, or that are none.
#[allow(clippy::too_many_lines, reason = "a table")]
async fn handshakes(table: &mut Table) {
    let mut unnamed = table.issue(&[HOST]).config(&[&TLS13]);
    unnamed.cert_resolver = Arc::new(ResolvesServerCertUsingSni::new());
    let mut other_protocol = table.issue(&[HOST]).config(&[&TLS13]);
    other_protocol.alpn_protocols = vec![b"imap".to_vec()];
    table.rows.extend([
        row("no certificate for the name", HOST, unnamed, RESPONSE, true, refused(&["alert"])).await,
        row(
            "another application protocol",
            HOST,
            other_protocol,
            RESPONSE,
            true,
            refused(&["HTTP/2 nor HTTP/1.1"]),
        )
        .await,
        raw(
            "plain HTTP",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            End::Close,
            refused(&["does not speak TLS", "http://"]),
        )
        .await,
        raw(
            "a mail server",
            b"220 mail.example.com ESMTP\r\n",
            End::KeepOpen,
            refused(&["does not speak TLS"]),
        )
        .await,
        raw(
            "unrecognized_name",
            &[0x15, 3, 3, 0, 2, 2, 112],
            End::Close,
            refused(&["no certificate for the host 127.0.0.1"]),
        )
        .await,
        raw(
            "handshake_failure",
            &[0x15, 3, 3, 0, 2, 2, 40],
            End::Close,
            refused(&["no common cipher suite", "handshake_failure"]),
        )
        .await,
        raw(
            "insufficient_security",
            &[0x15, 3, 3, 0, 2, 2, 71],
            End::Close,
            refused(&["no common cipher suite"]),
        )
        .await,
        raw(
            "protocol_version",
            &[0x15, 3, 3, 0, 2, 2, 70],
            End::Close,
            refused(&["no common protocol version"]),
        )
        .await,
        raw(
            "internal_error",
            &[0x15, 3, 3, 0, 2, 2, 80],
            End::Close,
            refused(&["internal_error"]),
        )
        .await,
        raw(
            "closed in the handshake",
            b"",
            End::Close,
            failed("ConnectionReset").detail(&["TLS handshake"]),
        )
        .await,
        raw(
            "reset in the handshake",
            b"",
            End::Reset,
            failed("ConnectionReset").detail(&["TLS handshake"]),
        )
        .await,
        raw(
            "silence in the handshake",
            b"",
            End::KeepOpen,
            failed("TimedOut").detail(&["TLS handshake took longer than"]),
        )
        .await,
    ]);
}

/// Servers with outdated TLS versions.
fn openssl_servers(table: &mut Table) {
    let weak = "ALL:@SECLEVEL=0";
    let (_, _) = by_openssl(table.folder.path(), "short", &["-newkey", "rsa:1024"], &["-sha256"]);
    let (root_1024, root_sha1) = (table.folder.path().join("short/ca.der"), table.folder.path().join("sha1/ca.der"));
    let (_, _) = by_openssl(table.folder.path(), "sha1", &RSA, &["-sha1"]);
    for root in [root_1024, root_sha1] {
        table.trusted.push(std::fs::read(root).unwrap().into());
    }
    let plain = "RSA-and-SHA-384";
    for (name, certificate, options, expected) in [
        (
            "TLS 1.1 only",
            plain,
            &["-tls1_1", "-cipher", weak][..],
            refused(&["no common protocol version"]),
        ),
        (
            "TLS 1.0 only",
            plain,
            &["-tls1", "-cipher", weak],
            refused(&["no common protocol version"]),
        ),
        (
            "CBC only",
            plain,
            &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256:AES128-SHA"],
            refused(&["no common cipher suite"]),
        ),
        (
            "no forward secrecy",
            plain,
            &["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
            refused(&["no common cipher suite"]),
        ),
        (
            "an RSA key of 1024 bits",
            "short",
            &["-cipher", weak],
            refused(&["1024 bits", "2048"]),
        ),
        (
            "a signature with SHA-1",
            "sha1",
            &["-cipher", weak],
            refused(&["algorithm that is not accepted", "1.2.840.113549.1.1.5"]),
        ),
    ] {
        let (row, child) = s_server(name, &table.folder, certificate, options, expected);
        table.rows.push(row);
        table.servers.push(child);
    }
}

/// Ends without `close_notify`, and bodies that are cut.
async fn endings(table: &mut Table) {
    let identity = table.issue(&[HOST]);
    let config = || identity.clone().config(&[&TLS12, &TLS13]);
    table.rows.extend([
        row("no close_notify, with a length", HOST, config(), RESPONSE, false, ok()).await,
        row(
            "no close_notify, without a length",
            HOST,
            config(),
            b"HTTP/1.1 200 OK\r\n\r\nwhole",
            false,
            ok().incomplete("without a TLS close_notify"),
        )
        .await,
        row(
            "no close_notify, HTTP/1.0",
            HOST,
            config(),
            b"HTTP/1.0 202 Accepted\r\n\r\nwhole",
            false,
            answered("Accepted", 202).body("whole").incomplete("close_notify"),
        )
        .await,
        row(
            "no close_notify, shorter",
            HOST,
            config(),
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwhole",
            false,
            ok().incomplete("close_notify"),
        )
        .await,
        row(
            "no close_notify, chunked",
            HOST,
            config(),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n",
            false,
            ok().incomplete("close_notify"),
        )
        .await,
        row(
            "close_notify, shorter",
            HOST,
            config(),
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwhole",
            true,
            ok().incomplete("closed before the end"),
        )
        .await,
        row(
            "close_notify, without a length",
            HOST,
            config(),
            b"HTTP/1.1 200 OK\r\n\r\nwhole",
            true,
            ok(),
        )
        .await,
        row(
            "410 without close_notify",
            HOST,
            config(),
            b"HTTP/1.1 410 Gone\r\n\r\ngone",
            false,
            answered("Gone", 410).body("gone").incomplete("close_notify"),
        )
        .await,
        row("nothing, close_notify", HOST, config(), b"", true, failed("ConnectionReset")).await,
        row("nothing, no close_notify", HOST, config(), b"", false, failed("ConnectionReset")).await,
    ]);
}
