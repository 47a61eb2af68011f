//! `clearhook callback follow`: prints callbacks as they happen.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{StatusCode, header::HeaderName};
use serde_json::Value;
use tokio::time::timeout;

use super::callback::row;
use crate::{
    cli::{
        client::{Client, Failure, StreamParser, StreamPlace},
        error::CliError,
        output::{note, print_line},
        plain::printable_json,
        table::print_table,
    },
    domain::id::WebhookId,
};

/// The pause before the first reconnection. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A connection on which nothing arrives for so long is broken: the server sends comments more often.
const SILENCE_MAX: Duration = Duration::from_secs(90);

/// Prints callbacks until the process is stopped.
pub(super) async fn run(client: &Client, webhook: Option<WebhookId>, event: Option<&str>, json: bool) -> Result<(), CliError> {
    let (mut place, mut was_connected) = (StreamPlace::default(), false);
    let mut pause = PAUSE;
    loop {
        let before = place.clone();
        match connection(client, webhook, event, json, &mut place, &mut was_connected).await {
            Err(Failure::Refused(status, body)) if !is_temporary(status) => return Err(Failure::Refused(status, body).at(client.url())),
            Err(Failure::Other(error @ CliError::OutputClosed)) => return Err(error),
            // A server that was never reached is most likely a wrong URL.
            Err(failure @ Failure::Other(_)) if !was_connected => return Err(failure.at(client.url())),
            Ok(()) | Err(_) => {}
        }
        if place != before {
            pause = PAUSE;
        }
        note("The connection ended; connecting again …");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

const fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// Prints the callbacks of one connection.
async fn connection(
    client: &Client,
    webhook: Option<WebhookId>,
    event: Option<&str>,
    json: bool,
    place: &mut StreamPlace,
    was_connected: &mut bool,
) -> Result<(), Failure> {
    let mut call = client.get("/callbacks/live").accept("text/event-stream").patient(Duration::ZERO);
    call = call.query_if("webhook", webhook).query_if("event", event);
    if let Some(last) = place.last() {
        call = call.header(HeaderName::from_static("last-event-id"), last);
    }
    let response = call.stream().await?;
    place.connected(&response);
    let mut bytes = response.bytes_stream();
    *was_connected = true;
    let mut parser = StreamParser::default();
    while let Ok(Some(Ok(piece))) = timeout(SILENCE_MAX, bytes.next()).await {
        let events = parser.take(&piece).map_err(|_| {
            let words = "an event of the stream is larger than this program takes; is the URL that of a clearhook server?";
            Failure::Other(CliError::Other(words.to_owned()))
        })?;
        for event in events {
            let callback: Value = serde_json::from_str(&event.data).unwrap_or_default();
            if place.note(&event, callback["id"].as_str().unwrap_or_default()) {
                print(&event.data, &callback, json).map_err(Failure::Other)?;
            }
        }
    }
    Ok(())
}

fn print(data: &str, callback: &Value, json: bool) -> Result<(), CliError> {
    if json || callback.is_null() {
        return print_line(printable_json(&data.replace('\n', "")));
    }
    print_table(&[], &[row(callback)])
}
