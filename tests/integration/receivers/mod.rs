//! Conformance suite: unusual and misbehaving receivers, as tables. Each row says what a receiver does over TCP, TLS or HTTP/2, and
//! what the log must show. The rows of a table run at the same time against one service.

mod addresses;
mod certificates;
mod chains;
mod codings;
mod floods;
mod http1;
mod http2;
mod late_body;
mod reused;
mod statuses;
mod tls;

pub(crate) use http2::{DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, SETTINGS, frame};

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use clearhook::{
    catalogue::BuiltIn,
    delivery::DeliverySettings,
    domain::{connection::CertificateFault, url::UrlPolicy},
    storage::new_id,
};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{
    app::{TestApp, hourly},
    database::TestDatabase,
    wait::wait_for,
};

/// What the sentence about a refused certificate says, and the reason that is stored with it.
const FAULTS: [(&str, CertificateFault); 7] = [
    (" expired on ", CertificateFault::Expired),
    ("is not valid before", CertificateFault::NotYetValid),
    ("not for ", CertificateFault::OtherName),
    ("is self-signed", CertificateFault::SelfSigned),
    ("unknown issuer, ", CertificateFault::UnknownIssuer),
    ("certificate authority (CA:TRUE)", CertificateFault::Authority),
    ("in the wrong order", CertificateFault::WrongOrder),
];

/// The time until the head of a response in this suite.
pub(super) const TIMEOUT: Duration = Duration::from_millis(2_500);
/// The time for a body in this suite.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_millis(700);

/// What the log must show of a row.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    response: &'static str,
    /// `None` when there was no response.
    status: Option<u16>,
    /// Words of `received.incomplete`; `None` when the body was complete.
    incomplete: Option<&'static str>,
    /// How the received body begins.
    body: Option<&'static str>,
    /// Words of the detail, in any case.
    detail: Vec<&'static str>,
    /// How often the receiver was called.
    calls: usize,
}

/// A receiver and what the log must show of it.
pub(super) struct Row {
    name: &'static str,
    url: String,
    calls: Arc<AtomicUsize>,
    expected: Expected,
}

/// A response with this status.
pub(super) fn answered(response: &'static str, status: u16) -> Expected {
    Expected {
        response,
        status: Some(status),
        incomplete: None,
        body: None,
        detail: Vec::new(),
        calls: 1,
    }
}

/// No response.
pub(super) fn failed(response: &'static str) -> Expected {
    Expected {
        status: None,
        ..answered(response, 0)
    }
}

impl Expected {
    pub(super) fn incomplete(self, words: &'static str) -> Self {
        Self {
            incomplete: Some(words),
            ..self
        }
    }

    pub(super) fn body(self, beginning: &'static str) -> Self {
        Self {
            body: Some(beginning),
            ..self
        }
    }

    pub(super) fn detail(self, words: &[&'static str]) -> Self {
        Self {
            detail: words.to_vec(),
            ..self
        }
    }

    pub(super) fn calls(self, calls: usize) -> Self {
        Self { calls, ..self }
    }
}

/// A server that treats each connection like this; gives its port, and how many connections there were.
pub(super) async fn serve<F: Future<Output = ()> + Send>(act: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let calls = Arc::new(AtomicUsize::new(0));
    let (act, counted) = (Arc::new(act), calls.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let act = act.clone();
            tokio::spawn(async move { act(stream).await });
        }
    });
    (port, calls)
}

/// What a receiver does when it has sent its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
    KeepOpen,
    /// Goes on sending one byte after the other.
    Drip,
    /// Goes on sending as fast as it can.
    Flood,
}

/// Reads a request over HTTP/1.1; `None` when the client ended the connection instead.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return Some(text.into_owned());
            }
        }
        let mut buffer = vec![0; 16 * 1024];
        match stream.read(&mut buffer).await {
            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}

/// Keeps a connection until the other side ends it.
pub(super) async fn keep_open(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

/// Does this to the stream under a connection, or to the connection itself.
pub(super) async fn end(mut stream: impl AsyncRead + AsyncWrite + Unpin, end: End) {
    match end {
        End::Close | End::Reset => {}
        End::KeepOpen => keep_open(&mut stream).await,
        End::Drip => {
            while stream.write_all(b"1").await.is_ok() && stream.flush().await.is_ok() {
                crate::support::wait::pause().await;
            }
        }
        End::Flood => {
            let bytes = vec![b'x'; 64 * 1024];
            while stream.write_all(&bytes).await.is_ok() {}
        }
    }
}

/// Settings of this suite: what fails is not tried again while a test runs.
pub(super) fn settings() -> DeliverySettings {
    DeliverySettings {
        timeout: TIMEOUT,
        body_timeout: BODY_TIMEOUT,
        ..hourly()
    }
}

/// Calls all receivers at the same time, and compares what the log shows of each.
pub(super) async fn check(database: &TestDatabase, settings: DeliverySettings, policy: UrlPolicy, rows: Vec<Row>) {
    let app = TestApp::start_with(database, settings, policy, new_id()).await;
    let mut webhooks = HashMap::new();
    for row in &rows {
        webhooks.insert(row.name, app.webhook(&row.url, &[BuiltIn::IdentityCreated]).await);
    }
    assert_eq!(webhooks.len(), rows.len(), "each row has a name of its own");
    app.publish(BuiltIn::IdentityCreated, "1").await;
    wait_for("all rows to be logged", async || {
        (usize::try_from(database.count("callbacks").await).unwrap() >= rows.len()).then_some(())
    })
    .await;
    let mut wrong = Vec::new();
    for row in &rows {
        let logged = app.log(&webhooks[row.name], 1).await;
        let path = format!("/callbacks/{}", logged[0]["id"].as_str().unwrap());
        let details = wait_for("the rest of the response body", async || {
            let details = app.get(&path).await;
            let incomplete = details["received"]["incomplete"].as_str().unwrap_or_default();
            (!incomplete.contains("when the result was stored")).then_some(details)
        })
        .await;
        if let Err(difference) = compare(row, logged.len(), &details) {
            wrong.push(format!("{}: {difference}\n  {details}", row.name));
        }
        // The console shows the certificates that were refused, and how long the parts of the attempt took.
        let id = details["id"].as_str().unwrap().parse().unwrap();
        let stored = app.store.callback(id).await.unwrap().unwrap();
        let sentence = stored.detail.unwrap_or_default();
        if sentence.contains("Certificates sent by the receiver")
            && stored.certificates.iter().all(|sent| !sentence.contains(&sent.subject))
        {
            wrong.push(format!("{}: the certificates should be those of: {sentence}", row.name));
        }
        // A common reason is stored as such, so that the console can name it in the viewer's language.
        let refused = stored.certificates.first().and_then(|first| first.refused);
        if let Some((_, fault)) = FAULTS.iter().find(|(words, _)| sentence.contains(words))
            && refused != Some(*fault)
        {
            wrong.push(format!("{}: the reason should be {fault:?}, not {refused:?}: {sentence}", row.name));
        }
        if stored.record.status.is_some() && stored.phases.wait.is_none() {
            wrong.push(format!(
                "{}: the wait for the response should be measured: {:?}",
                row.name, stored.phases
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    app.stop().await;
}

/// How a row differs from what is expected.
fn compare(row: &Row, logged: usize, details: &Value) -> Result<(), String> {
    let expected = &row.expected;
    let differs = |what: &str, expected: &dyn std::fmt::Debug| Err(format!("{what} should be {expected:?}"));
    if logged != 1 {
        return differs("callbacks", &1);
    }
    if details["response"] != expected.response || details["status"] != serde_json::json!(expected.status) {
        return differs("response", &(expected.response, expected.status));
    }
    let succeeds = expected.status.is_some_and(|status| (200..300).contains(&status));
    if details["outcome"] != if succeeds { "succeeded" } else { "failed" } {
        return differs("success", &succeeds);
    }
    let incomplete = details["received"]["incomplete"].as_str();
    match (incomplete, expected.incomplete) {
        (None, None) => {}
        (Some(sentence), Some(words)) if sentence.contains(words) && sentence.ends_with('.') => {}
        _ => return differs("incomplete", &expected.incomplete),
    }
    if let Some(beginning) = expected.body
        && !details["received"]["body"].as_str().unwrap_or_default().starts_with(beginning)
    {
        return differs("body", &beginning);
    }
    let detail = details["detail"].as_str().unwrap_or_default();
    if expected.status.is_none() && !detail.ends_with('.') {
        return differs("detail", &"a sentence");
    }
    for words in &expected.detail {
        if !detail.to_lowercase().contains(&words.to_lowercase()) {
            return differs("detail", words);
        }
    }
    let limit = TIMEOUT + Duration::from_secs(2);
    if details["duration_ms"].as_u64().unwrap() > u64::try_from(limit.as_millis()).unwrap() {
        return differs("duration_ms", &limit);
    }
    if row.calls.load(Ordering::SeqCst) != expected.calls {
        return Err(format!(
            "calls should be {}, were {}",
            expected.calls,
            row.calls.load(Ordering::SeqCst)
        ));
    }
    Ok(())
}
