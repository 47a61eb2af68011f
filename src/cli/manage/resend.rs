//! Sending deliveries of a webhook again, and discarding them.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::{
    cli::{client::Client, confirm::confirm, error::CliError, listing::print_object, progress::while_working},
    domain::{id::WebhookId, timestamp::Timestamp},
};

/// A million deliveries take some minutes.
const PATIENCE: Duration = Duration::from_mins(30);

/// Which deliveries are discarded.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum DiscardState {
    /// Those that are held while the webhook is disabled.
    Held,
    /// Those that wait to be sent.
    Waiting,
}

impl DiscardState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
        }
    }
}

/// The period whose deliveries are sent again. `since` is a time or a duration until now.
pub(super) fn period(since: &str, until: Option<&str>) -> Result<Value, CliError> {
    let mut period = json!({ "since": moment("--since", since)? });
    if let Some(until) = until {
        period["until"] = moment("--until", until)?.into();
    }
    Ok(period)
}

/// Sends again what failed for good or was held in a period.
pub(super) async fn recover(client: &Client, id: WebhookId, body: Value, json: bool) -> Result<(), CliError> {
    let call = client.post(format!("/webhooks/{id}/recover")).json(&body).patient(PATIENCE);
    print_object(&while_working("Sending deliveries again …", call.send()).await?, json)
}

/// Discards deliveries, after a confirmation.
pub(super) async fn discard(client: &Client, id: WebhookId, state: DiscardState, yes: bool, json: bool) -> Result<(), CliError> {
    let state = state.as_str();
    confirm(
        yes,
        &format!("Discard all deliveries of the webhook {id} that are {state}? They are never sent."),
    )?;
    let body: Value = json!({ "state": state });
    let call = client.post(format!("/webhooks/{id}/discard")).json(&body).patient(PATIENCE);
    print_object(&while_working("Discarding deliveries …", call.send()).await?, json)
}

/// A time in RFC 3339, or the time before now by a duration such as `24h`.
pub(super) fn moment(argument: &str, text: &str) -> Result<String, CliError> {
    if let Ok(time) = Timestamp::parse(text) {
        return Ok(time.rfc3339());
    }
    let span = humantime::parse_duration(text).map_err(|_| {
        CliError::Usage(format!(
            "{argument}: `{text}` is no time; write one such as 2026-11-23T09:00:00Z, or a duration until now such as 24h"
        ))
    })?;
    Ok(Timestamp::now().minus(span).rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_a_duration_until_now() {
        assert_eq!(moment("--since", "2026-11-23T10:00:00+01:00").unwrap(), "2026-11-23T09:00:00.000Z");
        let hour = Timestamp::parse(&moment("--since", "1h").unwrap()).unwrap();
        assert!((3_599..3_660).contains(&Timestamp::now().since(hour).as_secs()));
        for wrong in ["", "yesterday", "2026-13-01", "1"] {
            assert!(moment("--since", wrong).is_err(), "{wrong}");
        }
    }
}
