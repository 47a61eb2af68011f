//! `clearhook listen --forward`: sends the callbacks of a server to a program on this machine.

use std::{
    collections::{HashSet, VecDeque},
    io::IsTerminal,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::json;
use tokio::sync::mpsc;
use url::Url;

use super::remote::{Attempt, Remote};
use crate::{
    cli::{
        error::CliError,
        output::{note, print_line},
        plain::{printable, printable_json},
    },
    domain::{
        answer::Answer,
        audit::MASK,
        callback::Trigger,
        event_type::EventPattern,
        id::{EventId, WebhookId},
        secret::SigningSecret,
        timestamp::Timestamp,
    },
    error_chain::innermost,
};

/// Requests to the local program at once, as many as clearhook sends to one webhook.
const AT_ONCE: usize = 16;
/// How long the local program may take to answer. Longer than clearhook waits, because it may be stopped in a debugger.
const ANSWER: Duration = Duration::from_secs(120);
/// Attempts that are received and wait to be forwarded. The rest stays in the server's database.
const WAITING: usize = 64;
/// The number of events that are remembered, so that none is forwarded twice with `--event`.
const REMEMBERED: usize = 100_000;
/// After this many bytes of a response, in which nobody is interested, the connection is closed.
const DISCARDED_MAX: usize = 1024 * 1024;
/// Headers that belong to one connection or are set by the client.
const OWN_HEADERS: [&str; 5] = ["host", "content-length", "connection", "transfer-encoding", "expect"];
/// Headers that do not depend on a webhook.
const EVENT_HEADERS: [&str; 4] = ["content-type", "user-agent", "traceparent", "tracestate"];

/// What is forwarded.
pub(super) enum What {
    /// All attempts of a webhook, as they were sent.
    Webhook(WebhookId),
    /// Each event of these types once, signed with this secret; and each redelivery.
    Events(EventPattern, SigningSecret),
}

/// Forwards until the server refuses to go on.
pub(super) async fn run(target: Url, what: What, remote: Remote, as_json: bool) -> Result<(), CliError> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER)
        .redirect(reqwest::redirect::Policy::none())
        // The target is a program of the developer, not a place behind a proxy.
        .no_proxy()
        .build()
        .map_err(|error| CliError::Other(format!("cannot start: {error}")))?;
    if as_json {
        if let What::Events(_, secret) = &what {
            note(format_args!("Signing secret: {}", secret.reveal().as_str()));
        }
    } else {
        match &what {
            What::Webhook(webhook) => print_line(format_args!(
                "Forwarding callbacks of webhook {webhook} to {target}; press Ctrl+C to stop."
            ))?,
            What::Events(pattern, secret) => {
                print_line(format_args!("Forwarding events {pattern} to {target}; press Ctrl+C to stop."))?;
                print_line(format_args!("Signing secret: {}", secret.reveal().as_str()))?;
            }
        }
    }
    let forwarder = Forwarder {
        target,
        what,
        client,
        is_colourful: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        as_json,
    };
    let (sender, receiver) = mpsc::channel(WAITING);
    // An error of the output ends both at once. After an error of the stream, what was received is still forwarded.
    let follow = async { Ok(remote.follow(sender).await) };
    let (followed, ()) = tokio::try_join!(follow, forwarder.forward_all(receiver))?;
    followed
}

struct Forwarder {
    target: Url,
    what: What,
    client: reqwest::Client,
    is_colourful: bool,
    as_json: bool,
}

impl Forwarder {
    async fn forward_all(&self, mut attempts: mpsc::Receiver<Attempt>) -> Result<(), CliError> {
        let (mut events, mut masked) = (SeenEvents::default(), HashSet::new());
        let mut requests = FuturesUnordered::new();
        let mut is_open = true;
        loop {
            tokio::select! {
                attempt = attempts.recv(), if is_open && requests.len() < AT_ONCE => match attempt {
                    Some(attempt) if self.wants(&attempt, &mut events) => {
                        requests.extend(self.request(attempt, &mut masked).map(|request| self.send(request)));
                    }
                    Some(_) => {}
                    None => is_open = false,
                },
                Some(line) = requests.next(), if !requests.is_empty() => print_line(line)?,
                else => return Ok(()),
            }
        }
    }

    /// Whether an attempt is forwarded. With `--event`, the attempts of an event to several webhooks and their retries are one; a redelivery is
    /// forwarded, because somebody asked for it.
    fn wants(&self, attempt: &Attempt, events: &mut SeenEvents) -> bool {
        match (&self.what, attempt.trigger) {
            (What::Webhook(_), _) | (What::Events(..), Trigger::Manual) => true,
            (What::Events(..), Trigger::Retry) => false,
            (What::Events(..), Trigger::Event | Trigger::Test) => events.is_new(attempt.event_id),
        }
    }

    /// The request to the local program. `masked` are the names of the headers that were left out so far.
    fn request(&self, attempt: Attempt, masked: &mut HashSet<String>) -> Option<Request> {
        let Some(body) = attempt.request.body else {
            note(format_args!(
                "{} of {} is not forwarded, because its event is no longer stored.",
                attempt.id, attempt.event_type
            ));
            return None;
        };
        let mut headers = HeaderMap::new();
        let (mut id, own) = (attempt.delivery_id.message_id(), matches!(self.what, What::Events(..)));
        for sent in attempt.request.headers {
            let name = sent.name.to_ascii_lowercase();
            if OWN_HEADERS.contains(&name.as_str()) || (own && !EVENT_HEADERS.contains(&name.as_str())) {
                continue;
            }
            if sent.value.contains(MASK) {
                if masked.insert(name) {
                    note(format_args!(
                        "The header {} is not forwarded, because its value is secret and the server does not reveal it.",
                        printable(&sent.name)
                    ));
                }
                continue;
            }
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_bytes(sent.value.as_bytes()),
            ) {
                headers.append(name, value);
            }
        }
        if let What::Events(_, secret) = &self.what {
            id = format!("msg_{}", attempt.event_id);
            let at = Timestamp::now();
            for (name, value) in [
                ("webhook-id", id.clone()),
                ("webhook-timestamp", at.unix_seconds().to_string()),
                ("webhook-signature", secret.sign(&id, at, body.as_bytes())),
            ] {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        let mark = match attempt.trigger {
            Trigger::Event => String::new(),
            Trigger::Retry => format!(" (retry, attempt {})", attempt.number),
            Trigger::Manual => format!(" (redelivery, attempt {})", attempt.number),
            Trigger::Test => " (test)".to_owned(),
        };
        Some(Request {
            id,
            event_type: printable(attempt.event_type.as_str()),
            mark,
            headers,
            body,
        })
    }

    /// Sends a request, and returns the line that reports it.
    async fn send(&self, request: Request) -> String {
        let (at, began) = (Timestamp::now(), Instant::now());
        let sent = self
            .client
            .post(self.target.clone())
            .headers(request.headers)
            .body(request.body.clone())
            .send()
            .await;
        let (status, said) = match sent {
            Ok(response) => {
                let status = response.status();
                discard(response).await;
                (Some(status), Answer::Status(status.as_u16()).response())
            }
            Err(error) if error.is_timeout() => (None, format!("no answer within {} s", ANSWER.as_secs())),
            Err(error) => (None, innermost(&error).to_string()),
        };
        let took = began.elapsed().as_millis();
        if self.as_json {
            let body = request.body.as_str();
            let line = json!({
                "time": at, "event_type": request.event_type, "webhook_id": request.id, "status": status.map(|status| status.as_u16()),
                "response": said, "duration_ms": u64::try_from(took).unwrap_or(u64::MAX), "body": body,
            });
            return printable_json(&line.to_string());
        }
        let answer = match status {
            Some(status) => format!("{} {said}", status.as_u16()),
            None => format!("not delivered: {said}"),
        };
        let answer = self.coloured(&answer, status);
        format!(
            "{at}  {:<28} {}  {answer}, {took} ms{}",
            request.event_type, request.id, request.mark
        )
    }

    /// The answer in green if it is a success, otherwise in red.
    fn coloured(&self, answer: &str, status: Option<StatusCode>) -> String {
        if !self.is_colourful {
            return answer.to_owned();
        }
        let colour = if status.is_some_and(|status| status.is_success()) { 32 } else { 31 };
        format!("\u{1b}[{colour}m{answer}\u{1b}[0m")
    }
}

/// Reads the rest of a response, so that the connection can be used again, unless it is long.
async fn discard(mut response: reqwest::Response) {
    let mut left = DISCARDED_MAX;
    while let Ok(Some(piece)) = response.chunk().await {
        left = left.saturating_sub(piece.len());
        if left == 0 {
            return;
        }
    }
}

struct Request {
    id: String,
    event_type: String,
    /// What is special about it: a retry, a redelivery or a test.
    mark: String,
    headers: HeaderMap,
    body: String,
}

/// The events that were forwarded, up to [`REMEMBERED`].
#[derive(Default)]
struct SeenEvents {
    known: HashSet<EventId>,
    order: VecDeque<EventId>,
}

impl SeenEvents {
    fn is_new(&mut self, event: EventId) -> bool {
        if !self.known.insert(event) {
            return false;
        }
        self.order.push_back(event);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::new_id;

    #[test]
    fn each_event_is_new_once() {
        let (mut seen, event): (_, EventId) = (SeenEvents::default(), new_id());
        assert!(seen.is_new(event) && !seen.is_new(event));
        for _ in 0..REMEMBERED {
            seen.is_new(new_id());
        }
        assert_eq!(seen.known.len(), REMEMBERED);
        assert!(seen.is_new(event), "the oldest events are forgotten");
    }
}
