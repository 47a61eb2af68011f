//! The command `clearhook callback`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{find, follow, resend::moment};
use crate::{
    cli::{
        client::{Items, ServerArguments},
        error::CliError,
        listing::{print_items, print_object},
        table::{Cell, text_of},
    },
    domain::id::CallbackId,
};

#[derive(Args)]
pub(in crate::cli) struct CallbackArguments {
    #[command(subcommand)]
    command: CallbackCommand,
    #[command(flatten)]
    server: ServerArguments,
    /// Print JSON, as the API answers; `follow` prints one line of JSON per callback
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum CallbackCommand {
    /// List callbacks, newest first. A callback is one attempt to send an event to a webhook
    #[command(
        after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook callback list --webhook Billing --outcome failed --from 24h"
    )]
    List {
        /// Only those of this webhook, by its id, or by its name, which also needs the scope webhooks:read
        #[arg(long)]
        webhook: Option<String>,
        /// Only those that `succeeded` or `failed`
        #[arg(long)]
        outcome: Option<String>,
        /// Only those with this HTTP status
        #[arg(long)]
        status: Option<u16>,
        /// Only those of events of this type
        #[arg(long)]
        event: Option<String>,
        /// From this time on (RFC 3339), or for as long as this until now, such as 24h
        #[arg(long)]
        from: Option<String>,
        /// Until this time (RFC 3339)
        #[arg(long)]
        to: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Show a callback with its request and response
    #[command(
        after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook callback show 01890000-0000-7000-8000-000000000000 --json"
    )]
    Show {
        /// The callback's id
        callback: CallbackId,
    },
    /// Send the event of a callback again to the same webhook
    #[command(
        after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook callback redeliver 01890000-0000-7000-8000-000000000000"
    )]
    Redeliver {
        /// The callback's id
        callback: CallbackId,
    },
    /// Print callbacks as they happen, until Ctrl+C. After a broken connection it continues where it was
    #[command(
        after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook callback follow --webhook Billing\n  clearhook callback follow --event 'identity.*' --json | jq .status"
    )]
    Follow {
        /// Only those of this webhook, by its id, or by its name, which also needs the scope webhooks:read
        #[arg(long)]
        webhook: Option<String>,
        /// Only those of events of this type, or of types that match a pattern such as `identity.*`
        #[arg(long)]
        event: Option<String>,
    },
}

pub(in crate::cli) async fn run(arguments: CallbackArguments) -> Result<(), CliError> {
    let CallbackArguments { command, server, json } = arguments;
    let client = server.client()?;
    match command {
        CallbackCommand::List {
            webhook,
            outcome,
            status,
            event,
            from,
            to,
            limit,
        } => {
            let path = match webhook {
                Some(webhook) => format!("/webhooks/{}/callbacks", find::webhook(&client, &webhook).await?),
                None => "/callbacks".to_owned(),
            };
            let items = Items::of(&client, path, Some(limit))
                .filter("outcome", outcome)
                .filter("status", status)
                .filter("event", event)
                .filter("from", from.map(|from| moment("--from", &from)).transpose()?)
                .filter("to", to.map(|to| moment("--to", &to)).transpose()?);
            print_items(items, json, &HEADING, row).await
        }
        CallbackCommand::Show { callback } => print_object(&client.get(format!("/callbacks/{callback}")).send().await?, json),
        CallbackCommand::Redeliver { callback } => {
            print_object(&client.post(format!("/callbacks/{callback}/redeliver")).send().await?, json)
        }
        CallbackCommand::Follow { webhook, event } => {
            let webhook = match webhook {
                Some(webhook) => Some(find::webhook(&client, &webhook).await?),
                None => None,
            };
            follow::run(&client, webhook, event.as_deref(), json).await
        }
    }
}

/// The heading of [`row`].
const HEADING: [&str; 8] = ["TIME", "OUTCOME", "RESPONSE", "MS", "ATTEMPT", "TRIGGER", "TYPE", "ID"];

/// A callback in a table.
pub(super) fn row(callback: &Value) -> Vec<Cell> {
    vec![
        Cell::of(callback, "callback_date"),
        Cell::state(&text_of(callback.get("outcome").unwrap_or(&Value::Null))),
        Cell::of(callback, "response"),
        Cell::of(callback, "duration_ms"),
        Cell::of(callback, "attempt"),
        Cell::of(callback, "trigger"),
        Cell::of(callback, "event_type"),
        Cell::of(callback, "id"),
    ]
}
