//! The command `clearhook publish`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    cli::{
        client::ServerArguments,
        error::CliError,
        input::{parse_json, read_text},
        output::print_line,
        plain::printable_json,
    },
    domain::event_type::EventType,
};

/// What the help says below the options.
pub(super) const HELP: &str =
    "Scope of the key: events:write\n\nExample:\n  echo '{\"total\": 12.5}' | clearhook publish invoice.paid --data - --subject invoice/42";

#[derive(Args)]
pub(super) struct PublishArguments {
    #[command(flatten)]
    event: EventArguments,
    #[command(flatten)]
    server: ServerArguments,
}

/// The event.
#[derive(Args)]
pub(super) struct EventArguments {
    /// The event type, such as identity.created
    #[arg(value_name = "TYPE")]
    event_type: EventType,
    /// A file with the event's data as JSON, or - for standard input
    #[arg(long)]
    data: PathBuf,
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
    publish(&arguments.server, arguments.event).await
}

/// Publishes an event and prints the answer of the server.
pub(super) async fn publish(server: &ServerArguments, arguments: EventArguments) -> Result<(), CliError> {
    let client = server.client()?;
    let text = read_text("--data", &arguments.data)?;
    let data: &RawValue = parse_json("--data", &arguments.data, &text)?;
    let event = CloudEvent {
        specversion: "1.0",
        id: arguments.id.unwrap_or_else(|| Uuid::now_v7().to_string()),
        source: &arguments.source,
        event_type: arguments.event_type,
        subject: arguments.subject.as_deref(),
        data,
    };
    let event = serde_json::to_string(&event).map_err(|error| CliError::Other(format!("cannot write the event: {error}")))?;
    let call = client.post("/events").body("application/cloudevents+json", event);
    print_line(printable_json(call.send().await?.text()))
}
