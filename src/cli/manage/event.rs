//! The command `clearhook event`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::resend::moment;
use crate::{
    cli::{
        client::{Items, ServerArguments},
        error::CliError,
        listing::{print_items, print_object},
        publish::{self, EventArguments},
        table::Cell,
    },
    domain::id::EventId,
};

#[derive(Args)]
pub(in crate::cli) struct EventsArguments {
    #[command(subcommand)]
    command: EventCommand,
    #[command(flatten)]
    server: ServerArguments,
    /// Print JSON, as the API answers
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum EventCommand {
    /// List events, newest first, also those that no webhook received
    #[command(after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook event list --type invoice.paid --from 24h")]
    List {
        /// Only those with this id of the publisher (CloudEvents `id`)
        #[arg(long)]
        id: Option<String>,
        /// Only those from this source
        #[arg(long)]
        source: Option<String>,
        /// Only those about this subject
        #[arg(long)]
        subject: Option<String>,
        /// Only those of this type
        #[arg(long = "type", value_name = "TYPE")]
        event_type: Option<String>,
        /// Received from this time on (RFC 3339), or for as long as this until now, such as 24h
        #[arg(long)]
        from: Option<String>,
        /// Received until this time (RFC 3339)
        #[arg(long)]
        to: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Show an event with its deliveries and their callbacks
    #[command(
        after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook event show 01890000-0000-7000-8000-000000000000 --json"
    )]
    Show {
        /// The id that clearhook gave the event, as `event list` shows it
        event: EventId,
    },
    /// Publish one event. The same as `clearhook publish`
    #[command(after_help = publish::HELP)]
    Publish(EventArguments),
}

pub(in crate::cli) async fn run(arguments: EventsArguments) -> Result<(), CliError> {
    let EventsArguments { command, server, json } = arguments;
    match command {
        EventCommand::List {
            id,
            source,
            subject,
            event_type,
            from,
            to,
            limit,
        } => {
            let client = server.client()?;
            let items = Items::of(&client, "/events", Some(limit))
                .filter("id", id)
                .filter("source", source)
                .filter("subject", subject)
                .filter("type", event_type)
                .filter("from", from.map(|from| moment("--from", &from)).transpose()?)
                .filter("to", to.map(|to| moment("--to", &to)).transpose()?);
            print_items(items, json, &["RECEIVED", "TYPE", "CE ID", "SOURCE", "SUBJECT", "ID"], row).await
        }
        EventCommand::Show { event } => print_object(&server.client()?.get(format!("/events/{event}")).send().await?, json),
        EventCommand::Publish(event) => publish::publish(&server, event).await,
    }
}

fn row(event: &Value) -> Vec<Cell> {
    ["received_at", "type", "ce_id", "source", "subject", "id"]
        .map(|field| Cell::of(event, field))
        .into()
}
