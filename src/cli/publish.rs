//! `clearhook publish`.

use std::{io::Read, path::PathBuf, time::Duration};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use url::Url;
use uuid::Uuid;

use crate::{catalogue::EventType, cli::CliError};

#[derive(Args)]
pub(super) struct PublishArguments {
    /// The event's type, such as identity.created; `clearhook schema --list` lists them
    #[arg(value_name = "TYPE")]
    event_type: EventType,
    /// A file with the event's data as JSON; - for standard input
    #[arg(long)]
    data: PathBuf,
    /// The server
    #[arg(long, env = "CLEARHOOK_URL", default_value = "http://127.0.0.1:3000")]
    url: Url,
    /// A key with the scope events:write
    #[arg(long, env = "CLEARHOOK_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Where the event happened
    #[arg(long, default_value = "clearhook-publish")]
    source: String,
    /// The event's id at its source; the same one twice is sent once [default: a new one]
    #[arg(long)]
    id: Option<String>,
    /// What the event is about
    #[arg(long)]
    subject: Option<String>,
}

/// The event as a CloudEvent. The data are sent as they stand in the file: numbers, order and spelling stay.
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: EventType,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    data: &'a RawValue,
}

pub(super) async fn run(arguments: PublishArguments) -> Result<(), CliError> {
    let text = read(&arguments.data)?;
    // A byte order mark, which some editors write, is no part of the JSON.
    let data: &RawValue = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text))
        .map_err(|error| CliError::Other(format!("--data: {} is not JSON: {error}", arguments.data.display())))?;
    let event = CloudEvent {
        specversion: "1.0",
        id: arguments.id.unwrap_or_else(|| Uuid::now_v7().to_string()),
        source: &arguments.source,
        event_type: arguments.event_type,
        subject: arguments.subject.as_deref(),
        data,
    };
    let event = serde_json::to_string(&event).map_err(|error| CliError::Other(format!("cannot write the event: {error}")))?;
    let failed = |error: String| CliError::Other(format!("cannot publish to {}: {error}", arguments.url));
    let endpoint = arguments.url.join("api/v1/events").map_err(|error| failed(error.to_string()))?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let request = client
        .post(endpoint)
        .bearer_auth(&arguments.api_key)
        .header("content-type", "application/cloudevents+json")
        .body(event);
    let answer = request
        .send()
        .await
        .map_err(|error| failed(format!("{}; is the server running there?", deepest(&error))))?;
    let status = answer.status();
    let body = answer.text().await.map_err(|error| failed(error.to_string()))?;
    if !status.is_success() {
        return Err(failed(problem(status.as_u16(), &body)));
    }
    println!("{body}");
    Ok(())
}

fn read(path: &PathBuf) -> Result<String, CliError> {
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| CliError::Other(format!("--data: cannot read {}: {error}", path.display())))
}

/// The server's own words, if it said any.
fn problem(status: u16, body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let detail = problem.get("detail").and_then(Value::as_str).unwrap_or_default();
    let errors = problem
        .get("errors")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let field = |error: &Value, name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let errors: Vec<_> = errors
        .iter()
        .map(|error| format!("{}: {}", field(error, "pointer"), field(error, "detail")))
        .collect();
    if errors.len() > 1 {
        format!("{status}: {}", errors.join("; "))
    } else {
        format!("{status}: {detail}")
    }
}

fn deepest(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), deepest)
}
