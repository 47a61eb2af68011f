//! The command `clearhook delivery`.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::find;
use crate::{
    cli::{
        client::{Items, ServerArguments},
        confirm::confirm,
        error::CliError,
        listing::{print_items, print_object},
        table::{Cell, text_of},
    },
    domain::id::DeliveryId,
};

#[derive(Args)]
pub(in crate::cli) struct DeliveryArguments {
    #[command(subcommand)]
    command: DeliveryCommand,
    #[command(flatten)]
    server: ServerArguments,
    /// Print JSON, as the API answers
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum DeliveryCommand {
    /// List deliveries, newest first. A delivery is one event for one webhook
    #[command(after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook delivery list --webhook Billing --state failed")]
    List {
        /// Only those of this webhook, by its id, or by its name, which also needs the scope webhooks:read
        #[arg(long)]
        webhook: Option<String>,
        /// Only those in these states, separated by commas: `pending` (the next attempt is due now or later), `sending`, `waiting` (both of
        /// these), `succeeded`, `failed` (failed for good), `held` (the webhook is disabled), `cancelled`
        #[arg(long)]
        state: Option<String>,
        /// Only those of events of this type
        #[arg(long)]
        event: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Show a delivery with its callbacks
    #[command(after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook delivery show 01890000-0000-7000-8000-000000000000")]
    Show {
        /// The delivery's id, with or without the `msg_` of the header `webhook-id`
        #[arg(value_parser = delivery_id)]
        delivery: DeliveryId,
    },
    /// Send a delivery again that failed for good or is held
    #[command(
        after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook delivery redeliver 01890000-0000-7000-8000-000000000000"
    )]
    Redeliver {
        /// The delivery's id, with or without the `msg_` of the header `webhook-id`
        #[arg(value_parser = delivery_id)]
        delivery: DeliveryId,
    },
    /// Cancel a delivery that waits or is held. It is not sent any more
    #[command(
        after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook delivery cancel 01890000-0000-7000-8000-000000000000"
    )]
    Cancel {
        /// The delivery's id, with or without the `msg_` of the header `webhook-id`
        #[arg(value_parser = delivery_id)]
        delivery: DeliveryId,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

/// The header `webhook-id` has `msg_` before the id.
fn delivery_id(text: &str) -> Result<DeliveryId, String> {
    let id = text.strip_prefix("msg_").unwrap_or(text);
    id.parse().map_err(|_| {
        "this is not the id of a delivery; `clearhook delivery list` and the header webhook-id of a callback show it".to_owned()
    })
}

pub(in crate::cli) async fn run(arguments: DeliveryArguments) -> Result<(), CliError> {
    let DeliveryArguments { command, server, json } = arguments;
    let client = server.client()?;
    match command {
        DeliveryCommand::List {
            webhook,
            state,
            event,
            limit,
        } => {
            let webhook = match webhook {
                Some(webhook) => Some(find::webhook(&client, &webhook).await?),
                None => None,
            };
            let items = Items::of(&client, "/deliveries", Some(limit))
                .filter("state", state)
                .filter("event", event)
                .filter("webhook_id", webhook);
            print_items(items, json, &["ID", "STATE", "TYPE", "ATTEMPTS", "DUE", "CREATED", "REASON"], row).await
        }
        DeliveryCommand::Show { delivery } => print_object(&client.get(format!("/deliveries/{delivery}")).send().await?, json),
        DeliveryCommand::Redeliver { delivery } => {
            print_object(&client.post(format!("/deliveries/{delivery}/redeliver")).send().await?, json)
        }
        DeliveryCommand::Cancel { delivery, yes } => {
            confirm(yes, &format!("Cancel the delivery {delivery}? It is never sent."))?;
            print_object(&client.post(format!("/deliveries/{delivery}/cancel")).send().await?, json)
        }
    }
}

fn row(delivery: &Value) -> Vec<Cell> {
    vec![
        Cell::of(delivery, "id"),
        Cell::state(&text_of(delivery.get("state").unwrap_or(&Value::Null))),
        Cell::of(delivery, "event_type"),
        Cell::of(delivery, "attempts"),
        Cell::of(delivery, "due_at"),
        Cell::of(delivery, "created_at"),
        Cell::of(delivery, "reason"),
    ]
}
