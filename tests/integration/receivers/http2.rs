//! Receivers over HTTP/2 (RFC 9113), frame by frame: streams and connections that end badly before or after the head of a response.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::PKCS_ECDSA_P256_SHA256;
use rustls::{
    ServerConfig,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use clearhook::{catalogue::BuiltIn, storage::new_id};

use super::{Expected, Row, answered, certificates::Authority, check, failed, floods, keep_open, read_request, serve, settings};
use crate::support::{
    app::{TestApp, loopback},
    database::TestDatabase,
};

/// The error codes of RFC 9113 §7, by their values, with their names in the log.
pub(super) const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];
/// A code that no specification defines.
pub(super) const UNKNOWN_CODE: u32 = 0x00c1_ea12;
const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
pub(super) const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;
pub(super) const HTTP_1_1_REQUIRED: u32 = 13;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A status and headers.
    Head(u16, &'static [(&'static str, &'static str)]),
    /// The same as the end of the stream.
    HeadAndEnd(u16),
    Trailers,
    Data(&'static [u8]),
    DataAndEnd(&'static [u8]),
    Reset(u32),
    /// GOAWAY that counts this request among those that were processed.
    GoAway(u32),
    /// GOAWAY that says that no request was processed.
    GoAwayUnprocessed(u32),
    Bytes(&'static [u8]),
    /// Sends these bytes, which may depend on the stream, again and again.
    Flood(fn(u32) -> Vec<u8>),
    /// Ends the TLS connection.
    Close,
    /// Ends the TCP connection.
    Break,
    KeepOpen,
}

/// A frame (RFC 9113, section 4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// HPACK (RFC 7541), without compression.
pub(super) fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = match status {
        200 => vec![0x88],
        status => [&[0x08, 3][..], status.to_string().as_bytes()].concat(),
    };
    block.extend(fields(headers));
    block
}

pub(super) fn fields(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// A connection over HTTP/2.
struct Http2 {
    stream: TlsStream<TcpStream>,
}

impl Http2 {
    async fn open(mut stream: TlsStream<TcpStream>) -> io::Result<Self> {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await?;
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        Ok(Self { stream })
    }

    /// Reads until a request is whole, and gives its stream.
    async fn request(&mut self) -> io::Result<u32> {
        loop {
            let mut header = [0; 9];
            self.stream.read_exact(&mut header).await?;
            let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
            let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut payload).await?;
            match (header[3], header[4]) {
                (SETTINGS, 0) => self.stream.write_all(&frame(SETTINGS, 1, 0, &[])).await?,
                (PING, 0) => self.stream.write_all(&frame(PING, 1, 0, &payload)).await?,
                (DATA | HEADERS, flags) if flags & END_STREAM != 0 => return Ok(stream),
                _ => {}
            }
        }
    }

    /// Takes a step. An error ends the connection.
    async fn step(&mut self, stream: u32, step: Step) -> io::Result<()> {
        let bytes = match step {
            Step::Head(status, headers) => frame(HEADERS, END_HEADERS, stream, &head(status, headers)),
            Step::HeadAndEnd(status) => frame(HEADERS, END_HEADERS | END_STREAM, stream, &head(status, &[])),
            Step::Trailers => frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields(&[("digest", "abc")])),
            Step::Data(data) => frame(DATA, 0, stream, data),
            Step::DataAndEnd(data) => frame(DATA, END_STREAM, stream, data),
            Step::Reset(code) => frame(RST_STREAM, 0, stream, &code.to_be_bytes()),
            Step::GoAway(code) => go_away(stream, code),
            Step::GoAwayUnprocessed(code) => go_away(0, code),
            Step::Bytes(bytes) => bytes.to_vec(),
            Step::Flood(bytes) => loop {
                self.stream.write_all(&bytes(stream)).await?;
                self.stream.flush().await?;
                crate::support::wait::pause().await;
            },
            Step::Close => {
                self.stream.shutdown().await?;
                // Until the client has read it all: what it sent unread would reset the connection.
                keep_open(&mut self.stream).await;
                return Err(io::ErrorKind::NotConnected.into());
            }
            Step::Break => return Err(io::ErrorKind::BrokenPipe.into()),
            Step::KeepOpen => {
                keep_open(&mut self.stream).await;
                return Ok(());
            }
        };
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }
}

/// A receiver over HTTP/2: `script` gives the steps for a request by the numbers of its connection and of the request on it, from 0.
/// Gives its port, and how many requests there were.
pub(super) async fn receiver(
    mut config: ServerConfig,
    script: impl Fn(usize, usize) -> Vec<Step> + Send + Sync + 'static,
) -> (u16, Arc<AtomicUsize>) {
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (connections, requests, script) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(script));
    let counted = requests.clone();
    let (port, _) = serve(move |stream| {
        let (acceptor, requests, script) = (acceptor.clone(), requests.clone(), script.clone());
        let connection = connections.fetch_add(1, Ordering::SeqCst);
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let Ok(mut http) = Http2::open(stream).await else { return };
            for number in 0.. {
                let Ok(stream) = http.request().await else { return };
                requests.fetch_add(1, Ordering::SeqCst);
                for step in script(connection, number) {
                    if http.step(stream, step).await.is_err() {
                        return;
                    }
                }
            }
        }
    })
    .await;
    (port, counted)
}

/// A server's certificate for this machine, and its authority's.
pub(super) fn identity() -> (ServerConfig, rustls::pki_types::CertificateDer<'static>) {
    let root = Authority::root("Root", &PKCS_ECDSA_P256_SHA256);
    let identity = root.issue(&["127.0.0.1"], &PKCS_ECDSA_P256_SHA256, |_| ());
    (identity.config(&[&TLS12, &TLS13]), root.certificate)
}

pub(super) fn ok() -> Expected {
    answered("OK", 200)
}

/// What a receiver does with its first connection, and what with others.
#[allow(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<(&'static str, Vec<Step>, Vec<Step>, Expected)> {
    use Step::{Break, Bytes, Close, Data, DataAndEnd, GoAway, GoAwayUnprocessed, Head, HeadAndEnd, KeepOpen, Reset, Trailers};
    let good = || vec![Head(200, &[]), DataAndEnd(b"whole")];
    let once = |name, steps: Vec<Step>, expected| (name, steps.clone(), steps, expected);
    let half = || vec![Head(200, &[("content-length", "9")]), Data(b"half")];
    let then = |mut steps: Vec<Step>, more: &[Step]| {
        steps.extend_from_slice(more);
        steps
    };
    let reset = "reset the HTTP/2 stream before the end of the body";
    vec![
        once("a whole response", good(), ok().body("whole")),
        once("a head alone", vec![HeadAndEnd(204)], answered("NoContent", 204)),
        once("trailers", vec![Head(200, &[]), Data(b"whole"), Trailers], ok().body("whole")),
        once(
            "103 before",
            vec![Head(103, &[]), Head(200, &[]), DataAndEnd(b"whole")],
            ok().body("whole"),
        ),
        once("an unknown status", vec![HeadAndEnd(799)], answered("799", 799)),
        once(
            "reset in the body",
            then(half(), &[Reset(INTERNAL_ERROR)]),
            ok().incomplete(reset).body("half"),
        ),
        once(
            "cancelled in the body",
            then(half(), &[Reset(CANCEL)]),
            ok().incomplete("CANCEL").body("half"),
        ),
        once(
            "refused in the body",
            then(half(), &[Reset(REFUSED_STREAM)]),
            ok().incomplete("REFUSED_STREAM").body("half"),
        ),
        once(
            "410, reset in the body",
            vec![Head(410, &[]), Data(b"half"), Reset(INTERNAL_ERROR)],
            answered("Gone", 410).incomplete(reset),
        ),
        once(
            "503, reset in the body",
            vec![Head(503, &[("retry-after", "60")]), Reset(INTERNAL_ERROR)],
            answered("ServiceUnavailable", 503).incomplete(reset),
        ),
        once(
            "closed in the body",
            then(half(), &[Close]),
            ok().incomplete("end of the body").body("half"),
        ),
        once(
            "broken in the body",
            then(half(), &[Break]),
            ok().incomplete("end of the body").body("half"),
        ),
        once(
            "GOAWAY in the body",
            then(half(), &[GoAway(NO_ERROR), Close]),
            ok().incomplete("end of the body").body("half"),
        ),
        once(
            "GOAWAY, then the rest",
            vec![Head(200, &[]), GoAway(NO_ERROR), DataAndEnd(b"whole")],
            ok().body("whole"),
        ),
        once(
            "silence in the body",
            then(half(), &[KeepOpen]),
            ok().incomplete("not complete after 700 ms").body("half"),
        ),
        once(
            "shorter than its length",
            vec![Head(200, &[("content-length", "9")]), DataAndEnd(b"half")],
            ok().incomplete("not valid HTTP/2"),
        ),
        once(
            "longer than its length",
            vec![Head(200, &[("content-length", "2")]), DataAndEnd(b"long")],
            ok().incomplete("not valid HTTP/2"),
        ),
        // Before the head of a response, on a fresh connection.
        once(
            "HTTP/1.1 is required and refused",
            vec![Reset(HTTP_1_1_REQUIRED)],
            failed("TlsError").detail(&["requires HTTP/1.1 (HTTP_1_1_REQUIRED)", "application protocol"]),
        ),
        once(
            "reset after 103",
            vec![Head(103, &[]), Reset(INTERNAL_ERROR)],
            failed("ConnectionReset").detail(&["INTERNAL_ERROR"]),
        ),
        once(
            "reset with an unknown code",
            vec![Reset(UNKNOWN_CODE)],
            failed("ConnectionReset").detail(&["0xc1ea12"]),
        ),
        once("closed", vec![Close], failed("ConnectionReset")),
        once("broken", vec![Break], failed("ConnectionReset")),
        once(
            "processed, GOAWAY, closed",
            vec![GoAway(NO_ERROR), Close],
            failed("ConnectionReset"),
        ),
        once("silence", vec![KeepOpen], failed("TimedOut")),
        once(
            "HTTP/1.1 after all",
            vec![Bytes(b"HTTP/1.1 200 OK\r\n\r\n"), Close],
            failed("ResponseInvalid").detail(&["not valid HTTP/2"]),
        ),
        once("data without a head", vec![DataAndEnd(b"body")], failed("ResponseInvalid")),
        // Not processed, says the receiver: repeated once.
        ("refused once", vec![Reset(REFUSED_STREAM)], good(), ok().body("whole").calls(2)),
        once(
            "refused for ever",
            vec![Reset(REFUSED_STREAM)],
            failed("ConnectionReset").detail(&["REFUSED_STREAM"]).calls(2),
        ),
        (
            "unprocessed, GOAWAY, closed",
            vec![GoAwayUnprocessed(NO_ERROR), Close],
            good(),
            ok().body("whole").calls(2),
        ),
        (
            "unprocessed, GOAWAY, kept open",
            vec![GoAwayUnprocessed(NO_ERROR), KeepOpen],
            good(),
            ok().body("whole").calls(2),
        ),
        (
            "unprocessed, too many calls",
            vec![GoAwayUnprocessed(ENHANCE_YOUR_CALM), Break],
            good(),
            ok().body("whole").calls(2),
        ),
        (
            "unprocessed, an error",
            vec![GoAwayUnprocessed(PROTOCOL_ERROR), Close],
            good(),
            ok().body("whole").calls(2),
        ),
        once(
            "unprocessed for ever",
            vec![GoAwayUnprocessed(NO_ERROR), Close],
            failed("ConnectionReset").detail(&["GOAWAY"]).calls(2),
        ),
    ]
}

/// Every error code, as a reset and as a GOAWAY, on a new connection: only `REFUSED_STREAM` and a GOAWAY that excludes the request state that
/// the request was not processed (RFC 9113 §8.7).
fn codes() -> Vec<(&'static str, Vec<Step>, Vec<Step>, Expected)> {
    use Step::{Close, DataAndEnd, GoAway, GoAwayUnprocessed, Head, Reset};
    let good = || vec![Head(200, &[]), DataAndEnd(b"whole")];
    let mut cases = Vec::new();
    for (code, name) in (0..).zip(CODES).filter(|(code, _)| *code != HTTP_1_1_REQUIRED) {
        let expected = if code == REFUSED_STREAM {
            ok().body("whole").calls(2)
        } else {
            failed("ConnectionReset").detail(&[name])
        };
        cases.push((&*format!("reset, {name}").leak(), vec![Reset(code)], good(), expected));
        cases.push((
            &*format!("unprocessed, GOAWAY, {name}").leak(),
            vec![GoAwayUnprocessed(code), Close],
            good(),
            ok().body("whole").calls(2),
        ));
        cases.push((
            &*format!("processed, GOAWAY, {name}").leak(),
            vec![GoAway(code), Close],
            good(),
            failed("ConnectionReset"),
        ));
    }
    cases
}

/// A receiver that refuses HTTP/2 with these steps and accepts HTTP/1.1. Gives its port, and how many requests there were over each.
async fn http1_receiver(mut config: ServerConfig, refusal: Step) -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (over_h2, over_http1) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (over_h2.clone(), over_http1.clone());
    let (port, _) = serve(move |stream| {
        let (acceptor, refusal, over_h2, over_http1) = (acceptor.clone(), refusal.clone(), over_h2.clone(), over_http1.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                let Ok(mut http) = Http2::open(stream).await else { return };
                while let Ok(number) = http.request().await {
                    over_h2.fetch_add(1, Ordering::SeqCst);
                    if http.step(number, refusal.clone()).await.is_err() {
                        return;
                    }
                }
                return;
            }
            while read_request(&mut stream).await.is_some() {
                over_http1.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole").await;
                let _ = stream.flush().await;
            }
        }
    })
    .await;
    (port, counted.0, counted.1)
}

/// A receiver that requires HTTP/1.1 (RFC 9113 §7) gets the same attempt over HTTP/1.1, and the next ones at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receivers_that_require_http1_are_called_over_http1() {
    let (config, root) = identity();
    let database = TestDatabase::sqlite();
    let settings = clearhook::delivery::DeliverySettings {
        more_roots: vec![root],
        ..settings()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    for refusal in [Step::Reset(HTTP_1_1_REQUIRED), Step::GoAwayUnprocessed(HTTP_1_1_REQUIRED)] {
        let name = format!("{refusal:?}");
        let (port, over_h2, over_http1) = http1_receiver(config.clone(), refusal).await;
        let webhook = app
            .webhook(&format!("https://127.0.0.1:{port}/"), &[BuiltIn::IdentityCreated])
            .await;
        for event in 1..=3 {
            app.publish(BuiltIn::IdentityCreated, &format!("{name} {event}")).await;
            let log = app.log(&webhook, event).await;
            assert!(log.len() == event && log[0]["response"] == "OK", "{name}: {log:?}");
        }
        let calls = (over_h2.load(Ordering::SeqCst), over_http1.load(Ordering::SeqCst));
        assert_eq!(calls, (1, 3), "{name}");
        let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
        app.api(reqwest::Method::DELETE, &path).send().await.unwrap();
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_receiver_cases() {
    let (config, root) = identity();
    let mut rows = Vec::new();
    for (name, first, others, expected) in cases().into_iter().chain(codes()).chain(floods::over_http2()) {
        let script = move |connection: usize, _| if connection == 0 { first.clone() } else { others.clone() };
        let (port, calls) = receiver(config.clone(), script).await;
        rows.push(Row {
            name,
            url: format!("https://127.0.0.1:{port}/"),
            calls,
            expected,
        });
    }
    let settings = clearhook::delivery::DeliverySettings {
        more_roots: vec![root],
        ..settings()
    };
    let database = TestDatabase::sqlite();
    check(&database, settings, loopback(), rows).await;
}
