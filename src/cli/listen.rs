//! `clearhook listen`: a receiver for tests.

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

use crate::{
    cli::{
        error::{CliError, cannot_listen},
        output::print_line,
    },
    config::secret_file,
    domain::{secret::SigningSecret, timestamp::Timestamp},
};

/// The maximum age of a timestamp (Standard Webhooks, "Verifying webhook authenticity").
const TOLERANCE: Duration = Duration::from_mins(5);
const BODY_MAX: usize = 16 * 1024 * 1024;

#[derive(Args)]
pub(super) struct ListenArguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:4000")]
    addr: SocketAddr,
    /// The webhook's secret (`whsec_…`). Without it, signatures are not checked. Prefer the environment variable or a file: other users of
    /// this machine can read command-line arguments
    #[arg(long, env = "CLEARHOOK_LISTEN_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// A file with the secret
    #[arg(long, env = "CLEARHOOK_LISTEN_SECRET_FILE", hide_env_values = true)]
    secret_file: Option<String>,
    /// The status code of the responses
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..=599))]
    respond: u16,
    /// How long to wait before responding, such as 2s
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration)]
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
    let (id, text) = (
        header(&headers, "webhook-id").unwrap_or("no webhook-id"),
        String::from_utf8_lossy(&body),
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
