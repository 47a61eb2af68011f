//! The command `clearhook publish`.

use std::{io::Read, path::PathBuf, time::Duration};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use url::Url;
use uuid::Uuid;

use crate::{
    cli::{error::CliError, output::print_line},
    config::secret_file,
    domain::event_type::EventType,
    error_chain::innermost,
};

/// The default server.
pub(super) const SERVER: &str = "http://127.0.0.1:3000";

#[derive(Args)]
pub(super) struct PublishArguments {
    /// The event type, such as identity.created
    #[arg(value_name = "TYPE")]
    event_type: EventType,
    /// A file with the event's data as JSON, or - for standard input
    #[arg(long)]
    data: PathBuf,
    /// The URL of the server
    #[arg(long, env = "CLEARHOOK_URL", default_value = SERVER)]
    url: String,
    /// An API key with the scope events:write. Prefer the environment variable or a file: other users of this machine can read command-line
    /// arguments
    #[arg(long, env = "CLEARHOOK_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// A file with the API key
    #[arg(long, env = "CLEARHOOK_API_KEY_FILE", hide_env_values = true)]
    api_key_file: Option<String>,
    /// The event's source (CloudEvents attribute `source`)
    #[arg(long, default_value = "clearhook-publish")]
    source: String,
    /// The event's id. An event with the same source and id is published only once [default: a new UUID]
    #[arg(long)]
    id: Option<String>,
    /// The event's subject (CloudEvents attribute `subject`)
    #[arg(long)]
    subject: Option<String>,
}

/// The event as a CloudEvent. The data are sent byte for byte as they are in the file.
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
    let (url, api_key) = server(&arguments.url, arguments.api_key, arguments.api_key_file)?;
    let text = read(&arguments.data)?;
    // Some editors write a byte order mark, which is not valid JSON.
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
    let failed = |error: String| CliError::Other(format!("cannot publish to {url}: {error}"));
    let endpoint = url.join("api/v1/events").map_err(|error| failed(error.to_string()))?;
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let request = client
        .post(endpoint)
        .bearer_auth(&api_key)
        .header("content-type", "application/cloudevents+json")
        .body(event);
    let answer = request
        .send()
        .await
        .map_err(|error| failed(format!("{}; is the server running at this URL?", innermost(&error))))?;
    let status = answer.status();
    let body = answer.text().await.map_err(|error| failed(error.to_string()))?;
    if !status.is_success() {
        return Err(failed(problem(status.as_u16(), &body)));
    }
    print_line(body)
}

/// The URL of the server and the API key. An empty value counts as unset.
pub(super) fn server(url: &str, api_key: Option<String>, api_key_file: Option<String>) -> Result<(Url, String), CliError> {
    let given = Some(url.trim()).filter(|url| !url.is_empty()).unwrap_or(SERVER);
    let url = Url::parse(given)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| CliError::Other(format!("--url: `{given}` is not a URL; use one such as {SERVER}")))?;
    let key = secret_file::either("CLEARHOOK_API_KEY", api_key, api_key_file)?;
    let key = key.ok_or_else(|| {
        let words = "no API key; set CLEARHOOK_API_KEY or CLEARHOOK_API_KEY_FILE (create a key with `clearhook api-key create`)";
        CliError::Other(words.to_owned())
    })?;
    Ok((url, key))
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

/// The error message in the server's response, if there is one.
pub(super) fn problem(status: u16, body: &str) -> String {
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
