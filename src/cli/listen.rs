//! `clearhook listen`: a receiver for tests, and the callbacks of a running server on a machine that the server cannot reach (`forward`).

mod forward;
mod remote;

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
};
use clap::Args;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use url::Url;
use zeroize::Zeroizing;

use self::{forward::What, remote::Remote};
use crate::{
    cli::{
        client::ServerArguments,
        error::{CliError, cannot_listen},
        output::print_line,
        plain::{printable, printable_lines},
    },
    config::secret_file,
    domain::{event_type::EventPattern, id::WebhookId, secret::SigningSecret, timestamp::Timestamp},
    tls_provider,
};

/// The maximum age of a timestamp (Standard Webhooks, "Verifying webhook authenticity").
const TOLERANCE: Duration = Duration::from_mins(5);
/// How long connecting to the server may take.
const CONNECT: Duration = Duration::from_secs(10);
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Text after the options of `--help`.
pub(super) const HELP: &str = "\
Examples:
  clearhook listen --addr 127.0.0.1:4000
      Receive callbacks on this machine, check their signatures and print them.

  clearhook listen --forward http://localhost:8080/hook --webhook 0199a3c4-…
      Send each callback of a webhook of a running server also to a program on this machine, exactly as it was sent: body, headers and signatures, with retries, redeliveries and tests. Verify it with the webhook's secret. Only secret header values are left out.

  clearhook listen --forward http://localhost:8080/hook --event 'identity.*'
      Send each event of these types once to a program on this machine, signed with a secret that is printed at the start, however many webhooks receive the event; and each redelivery. The events are known from the attempts to deliver them: an event that no enabled webhook receives has none and is not forwarded.

Forwarding needs an API key with the scope callbacks:read. It begins with the callbacks that are made from now on. If the connection breaks, it continues where it was. The answers of the local program change nothing on the server.";

#[derive(Args)]
pub(super) struct ListenArguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:4000", conflicts_with = "forward")]
    addr: SocketAddr,
    /// Forward callbacks of a running server to this URL, instead of listening
    #[arg(long, value_name = "URL", requires = "what")]
    forward: Option<String>,
    /// Forward the callbacks of this webhook, exactly as they were sent
    #[arg(long, value_name = "ID", group = "what", requires = "forward")]
    webhook: Option<WebhookId>,
    /// Forward each event of this type, or of types that match a pattern such as 'identity.*', once, however many webhooks receive it
    #[arg(long, value_name = "PATTERN", group = "what", requires = "forward")]
    event: Option<EventPattern>,
    /// Print one JSON object per forwarded callback
    #[arg(long, requires = "forward")]
    json: bool,
    #[command(flatten)]
    server: ServerArguments,
    /// The signing secret (`whsec_…`). Without --forward: that of the webhook, to check signatures [default: they are not checked]. With
    /// --event: the one that events are signed with [default: a new one]. Prefer the environment variable or a file: other users of this
    /// machine can read command-line arguments
    #[arg(long, env = "CLEARHOOK_LISTEN_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// A file with the secret
    #[arg(long, env = "CLEARHOOK_LISTEN_SECRET_FILE", hide_env_values = true)]
    secret_file: Option<String>,
    /// The status code of the responses
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..=599), conflicts_with = "forward")]
    respond: u16,
    /// How long to wait before responding, such as 2s
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration, conflicts_with = "forward")]
    delay: Duration,
}

/// How the receiver responds to callbacks.
#[derive(Clone, Copy)]
pub(super) struct ReceiverResponse {
    status: StatusCode,
    delay: Duration,
}

impl ReceiverResponse {
    /// Responds with 202, without delay.
    pub(super) const fn accepted() -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            delay: Duration::ZERO,
        }
    }
}

#[derive(Clone)]
struct Receiver {
    secret: Option<SigningSecret>,
    response: ReceiverResponse,
}

pub(super) async fn run(arguments: ListenArguments) -> Result<(), CliError> {
    let secret = secret_file::either("CLEARHOOK_LISTEN_SECRET", arguments.secret, arguments.secret_file)?;
    let secret = secret.as_deref().map(SigningSecret::parse).transpose();
    let secret = secret.map_err(|error| CliError::Other(format!("--secret: {error}")))?;
    if let Some(target) = arguments.forward.as_deref() {
        let target = target_url(target)?;
        let (url, key) = arguments.server.resolve()?;
        let (what, filter) = match (arguments.webhook, arguments.event) {
            (Some(webhook), _) => (What::Webhook(webhook), ("webhook", webhook.to_string())),
            (None, Some(pattern)) => {
                let filter = ("event", pattern.to_string());
                (What::Events(pattern, secret.unwrap_or_else(SigningSecret::generate)), filter)
            }
            (None, None) => return Err(CliError::Other("--forward: add --webhook or --event".to_owned())),
        };
        return forward::run(target, what, remote(url, key, filter)?, arguments.json).await;
    }
    let status =
        StatusCode::from_u16(arguments.respond).map_err(|_| CliError::Other("--respond: use a status from 200 to 599".to_owned()))?;
    let listener = TcpListener::bind(arguments.addr)
        .await
        .map_err(|error| cannot_listen(arguments.addr, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(arguments.addr, &error))?;
    print_line(format_args!("Listening on http://{address}; press Ctrl+C to stop."))?;
    let app = receiver(
        secret,
        ReceiverResponse {
            status,
            delay: arguments.delay,
        },
    );
    axum::serve(listener, app)
        .await
        .map_err(|error| CliError::Other(format!("the listener failed: {error}")))
}

/// The URL of the local program.
fn target_url(given: &str) -> Result<Url, CliError> {
    let parsed = Url::parse(given.trim()).ok();
    let usable = parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    usable.ok_or_else(|| {
        CliError::Other(format!(
            "--forward: `{given}` is not a URL; use one such as http://localhost:8080/hook"
        ))
    })
}

/// The live stream of a server with this filter.
fn remote(url: Url, key: Zeroizing<String>, filter: (&str, String)) -> Result<Remote, CliError> {
    let mut stream = url
        .join("api/v1/callbacks/live")
        .map_err(|error| CliError::Other(format!("--url: {error}")))?;
    stream.query_pairs_mut().append_pair(filter.0, &filter.1);
    tls_provider::install();
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        // A redirect would send the key to another place.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| CliError::Other(format!("cannot start: {error}")))?;
    Ok(Remote { stream, key, client })
}

/// Accepts callbacks on every path, prints each of them, and responds.
pub(super) fn receiver(secret: Option<SigningSecret>, response: ReceiverResponse) -> Router {
    Router::new()
        .fallback(receive)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(Receiver { secret, response })
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let verdict = match &receiver.secret {
        None => "signature not checked",
        Some(secret) if is_signed(secret, &headers, &body) => "signature valid",
        Some(_) => "SIGNATURE WRONG",
    };
    let wrong = verdict == "SIGNATURE WRONG";
    let status = if wrong {
        StatusCode::UNAUTHORIZED
    } else {
        receiver.response.status
    };
    tokio::time::sleep(receiver.response.delay).await;
    // Anybody who reaches this address can send text.
    let (id, text) = (
        printable(header(&headers, "webhook-id").unwrap_or("no webhook-id")),
        printable_lines(&String::from_utf8_lossy(&body)),
    );
    let line = format!("{} {id} {verdict}, answered {}\n  {text}", Timestamp::now(), status.as_u16());
    // The callback is answered even if it cannot be printed.
    let _ = print_line(line);
    status
}

/// Verifies a callback according to the Standard Webhooks specification: one of the signatures must match, and the timestamp must not be
/// too old.
fn is_signed(secret: &SigningSecret, headers: &HeaderMap, body: &[u8]) -> bool {
    let (Some(id), Some(timestamp), Some(signatures)) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
        header(headers, "webhook-signature"),
    ) else {
        return false;
    };
    let Ok(seconds) = timestamp.parse::<i64>() else { return false };
    let (at, now) = (Timestamp(seconds.saturating_mul(1_000)), Timestamp::now());
    if now.since(at) > TOLERANCE || at.since(now) > TOLERANCE {
        return false;
    }
    let expected = secret.sign(id, at, body);
    signatures
        .split(' ')
        .any(|signature| signature.as_bytes().ct_eq(expected.as_bytes()).into())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(secret: &SigningSecret, at: Timestamp, body: &[u8]) -> HeaderMap {
        let signature = format!("v1,b3RoZXI= {}", secret.sign("msg_1", at, body));
        let pairs = [
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", at.unix_seconds().to_string()),
            ("webhook-signature", signature),
        ];
        pairs
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn listen_accepts_only_fresh_correctly_signed_callbacks() {
        let (secret, other, now) = (SigningSecret::generate(), SigningSecret::generate(), Timestamp::now());
        assert!(is_signed(&secret, &signed(&secret, now, b"{}"), b"{}"));
        assert!(!is_signed(&secret, &signed(&secret, now, b"{}"), b"{} "));
        assert!(!is_signed(&other, &signed(&secret, now, b"{}"), b"{}"));
        let old = now.minus(TOLERANCE + Duration::from_secs(2));
        assert!(!is_signed(&secret, &signed(&secret, old, b"{}"), b"{}"));
        assert!(!is_signed(&secret, &HeaderMap::new(), b"{}"));
    }
}
