//! The live stream of a server: connects, reads attempts, and connects again after the last one it received.

use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use serde::Deserialize;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    cli::{
        client::{StreamParser, StreamPlace, problem::said},
        error::CliError,
        output::note,
    },
    domain::{
        callback::Trigger,
        event_type::EventType,
        id::{CallbackId, DeliveryId, EventId},
    },
    error_chain::innermost,
};

/// The first pause before the stream is opened again. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A connection is broken when nothing was received for this time. The server sends a comment every 10 s.
const SILENCE: Duration = Duration::from_secs(35);
/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// An attempt, as the stream sends it.
#[derive(Debug, Deserialize)]
pub(super) struct Attempt {
    pub(super) id: CallbackId,
    pub(super) delivery_id: DeliveryId,
    pub(super) event_id: EventId,
    pub(super) event_type: EventType,
    #[serde(rename = "attempt")]
    pub(super) number: u32,
    pub(super) trigger: Trigger,
    pub(super) request: SentRequest,
}

/// The request of an attempt.
#[derive(Debug, Deserialize)]
pub(super) struct SentRequest {
    pub(super) headers: Vec<SentHeader>,
    /// `None` if the event is no longer stored.
    pub(super) body: Option<String>,
}

/// A header of a request.
#[derive(Debug, Deserialize)]
pub(super) struct SentHeader {
    pub(super) name: String,
    pub(super) value: String,
}

/// The stream of a server.
pub(super) struct Remote {
    /// The address of the stream with its filter.
    pub(super) stream: Url,
    pub(super) key: Zeroizing<String>,
    pub(super) client: reqwest::Client,
}

/// Why the stream ended.
enum Ended {
    /// The connection failed: it is opened again.
    Broken(String),
    /// The server cannot answer now: the stream is opened again, after this time if the server named one.
    Busy(String, Option<Duration>),
    /// The server refuses it.
    Refused(CliError),
    /// Nobody reads the attempts any more.
    Unread,
}

impl Remote {
    /// Sends all attempts to `attempts`, until the server refuses to go on.
    pub(super) async fn follow(&self, attempts: mpsc::Sender<Attempt>) -> Result<(), CliError> {
        let (mut place, mut pause) = (StreamPlace::default(), PAUSE);
        loop {
            let before = place.clone();
            let (reason, after) = match self.read(&mut place, &attempts).await {
                Ended::Unread => return Ok(()),
                Ended::Refused(error) => return Err(error),
                Ended::Broken(reason) if place.last().is_none() => {
                    let words = "is the server running at this URL?";
                    return Err(CliError::Other(format!(
                        "cannot open the live stream of {}: {reason}; {words}",
                        self.server()
                    )));
                }
                Ended::Broken(reason) => (reason, None),
                Ended::Busy(reason, after) => (reason, after),
            };
            if place != before {
                pause = PAUSE;
            }
            let wait = after.map_or(pause, |after| after.min(PAUSE_MAX));
            let (what, is_lost) = match place.last() {
                Some(_) => ("The live stream broke off", " No callback is lost."),
                None => ("The live stream cannot be opened yet", ""),
            };
            note(format_args!(
                "{what} ({}); connecting again in {:.1} s.{is_lost}",
                reason.trim_end_matches('.'),
                wait.as_secs_f32()
            ));
            sleep(wait).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// The server without path and query.
    fn server(&self) -> String {
        self.stream.origin().ascii_serialization()
    }

    /// Reads the stream until it ends. `place` is how far it was read.
    async fn read(&self, place: &mut StreamPlace, attempts: &mpsc::Sender<Attempt>) -> Ended {
        let mut response = match self.open(place.last()).await {
            Ok(response) => response,
            Err(ended) => return ended,
        };
        place.connected(&response);
        let mut parser = StreamParser::default();
        loop {
            let piece = match timeout(SILENCE, response.chunk()).await {
                Ok(Ok(Some(piece))) => piece,
                Ok(Ok(None)) => return Ended::Broken("the server ended it".to_owned()),
                Ok(Err(error)) => return Ended::Broken(innermost(&error).to_string()),
                Err(_) => return Ended::Broken("nothing was received".to_owned()),
            };
            let Ok(events) = parser.take(&piece) else {
                return Ended::Refused(CliError::Other(format!(
                    "{} does not answer like clearhook: an event is too large; check --url",
                    self.server()
                )));
            };
            for event in events {
                let attempt = match serde_json::from_str::<Attempt>(&event.data) {
                    Ok(attempt) => attempt,
                    Err(error) => {
                        return Ended::Refused(CliError::Other(format!(
                            "an event of the live stream cannot be read ({error}); use the clearhook of the same version as the server"
                        )));
                    }
                };
                let is_new = place.note(&event, &attempt.id.to_string());
                if is_new && attempts.send(attempt).await.is_err() {
                    return Ended::Unread;
                }
            }
        }
    }

    async fn open(&self, last: Option<&str>) -> Result<Response, Ended> {
        let mut request = self
            .client
            .get(self.stream.clone())
            .bearer_auth(self.key.as_str())
            .header(header::ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = match timeout(ANSWER, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Ended::Broken(innermost(&error).to_string())),
            Err(_) => return Err(Ended::Broken("the server does not answer".to_owned())),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let body = timeout(ANSWER, response.text()).await.ok().and_then(Result::ok).unwrap_or_default();
        let words = said(status.as_u16(), &body);
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(Ended::Busy(words, after.map(Duration::from_secs)));
        }
        let hint = match status {
            StatusCode::UNAUTHORIZED => "; check the API key, which may have been revoked",
            StatusCode::FORBIDDEN => "; use an API key with the scope callbacks:read",
            StatusCode::NOT_FOUND => "; check --webhook and --url: there is no such webhook, or it was deleted",
            _ => "",
        };
        let words = words.trim_end_matches('.');
        Err(Ended::Refused(CliError::Other(format!(
            "{} refuses the live stream: {words}{hint}",
            self.server()
        ))))
    }
}
