//! The command `clearhook webhook`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    find,
    resend::{self, DiscardState},
    webhook_fields::{FieldArguments, SecretArguments},
};
use crate::cli::{
    client::{Client, Items, ServerArguments},
    confirm::confirm,
    error::CliError,
    listing::{print_items, print_object},
    output::print_line,
    plain::printable,
    table::Cell,
};

#[derive(Args)]
pub(in crate::cli) struct WebhookArguments {
    #[command(subcommand)]
    command: WebhookCommand,
    #[command(flatten)]
    server: ServerArguments,
    /// Print JSON, as the API answers
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum WebhookCommand {
    /// List webhooks, newest first
    #[command(after_help = "Scope of the key: webhooks:read\n\nExample:\n  clearhook webhook list --event identity.created --enabled true")]
    List {
        /// Only webhooks with this text in their name, URL or description
        #[arg(long)]
        q: Option<String>,
        /// Only webhooks that receive events of this type, also through a pattern
        #[arg(long)]
        event: Option<String>,
        /// Only webhooks that are enabled, or that are not
        #[arg(long)]
        enabled: Option<bool>,
        /// At most this many [default: all]
        #[arg(long)]
        limit: Option<u64>,
    },
    /// Show all fields of a webhook
    #[command(after_help = "Scope of the key: webhooks:read\n\nExample:\n  clearhook webhook show Billing")]
    Show {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
    },
    /// Create a webhook and print its signing secret, which is never shown again. It needs --name, --receiver and --event
    #[command(
        after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook create --name Billing --receiver https://billing.example.com/hooks --event 'invoice.*'"
    )]
    Create {
        #[command(flatten)]
        fields: FieldArguments,
        #[command(flatten)]
        secret: SecretArguments,
    },
    /// Change the given fields of a webhook; the others stay
    #[command(
        after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook update Billing --receiver https://billing.example.com/v2/hooks"
    )]
    Update {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        #[command(flatten)]
        fields: FieldArguments,
    },
    /// Delete a webhook. Its waiting and held deliveries fail and are never sent. Its log stays for the retention period
    #[command(after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook delete Billing --yes")]
    Delete {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Enable a webhook, so that callbacks are sent
    #[command(after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook enable Billing")]
    Enable {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
    },
    /// Disable a webhook. Its deliveries are held: `recover` sends them later, `discard` cancels them
    #[command(after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook disable Billing")]
    Disable {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
    },
    /// Send an example event to a webhook now. The callback is marked as a test
    #[command(after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook test Billing --event invoice.paid")]
    Test {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        /// The type of the event [default: the first type of the webhook]
        #[arg(long)]
        event: Option<String>,
    },
    /// Send deliveries again that failed for good, or that were held while the webhook was disabled
    #[command(
        after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook recover Billing --since 2026-11-01T00:00:00Z\n  clearhook webhook recover Billing --since 24h"
    )]
    Recover {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        /// From this time on (RFC 3339), or for as long as this until now, such as 24h
        #[arg(long)]
        since: String,
        /// Before this time (RFC 3339) [default: now]
        #[arg(long)]
        until: Option<String>,
    },
    /// Cancel all deliveries that a webhook holds, or with --state waiting those that wait to be sent, for good
    #[command(after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook discard Billing --state held --yes")]
    Discard {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        /// Which deliveries
        #[arg(long, default_value = "held")]
        state: DiscardState,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Replace the signing secret and print the new one, which is never shown again. Until --overlap is over, callbacks are signed with both
    #[command(after_help = "Scope of the key: webhooks:write\n\nExample:\n  clearhook webhook rotate Billing --overlap 1h")]
    Rotate {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        /// For how long callbacks are signed with the old secret as well, at most 7d [default: 24h]
        #[arg(long)]
        overlap: Option<String>,
        #[command(flatten)]
        secret: SecretArguments,
    },
    /// Show how many callbacks succeeded and failed, and how long they took
    #[command(
        after_help = "Scope of the key: callbacks:read\n\nExample:\n  clearhook webhook stats Billing --period day --from 2026-11-01T00:00:00Z"
    )]
    Stats {
        /// The webhook's id, or its name, which also needs the scope webhooks:read
        webhook: String,
        /// The length of a row
        #[arg(long, value_parser = ["hour", "day"], default_value = "hour")]
        period: String,
        /// From this time on (RFC 3339), or for as long as this until now, such as 7d [default: 24 hours before the end]
        #[arg(long)]
        from: Option<String>,
        /// Until this time (RFC 3339) [default: now]
        #[arg(long)]
        to: Option<String>,
    },
}

pub(in crate::cli) async fn run(arguments: WebhookArguments) -> Result<(), CliError> {
    let WebhookArguments { command, server, json } = arguments;
    // What is wrong with the arguments is said before anything is sent.
    let body = match &command {
        WebhookCommand::Create { fields, secret } => Some(fields.of_new(secret.read()?)?),
        WebhookCommand::Update { fields, .. } => Some(fields.of_change()?),
        _ => None,
    };
    let client = server.client()?;
    match command {
        WebhookCommand::List { q, event, enabled, limit } => {
            let items = Items::of(&client, "/webhooks", limit)
                .filter("q", q)
                .filter("event", event)
                .filter("enabled", enabled);
            print_items(items, json, &["ID", "STATUS", "NAME", "EVENTS", "URL"], row).await
        }
        WebhookCommand::Show { webhook } => {
            let id = find::webhook(&client, &webhook).await?;
            print_object(&client.get(format!("/webhooks/{id}")).send().await?, json)
        }
        WebhookCommand::Create { .. } => {
            let answer = client.post("/webhooks").json(&body.unwrap_or_default()).send().await?;
            print_object(&answer, json)
        }
        WebhookCommand::Update { webhook, .. } => change(&client, &webhook, &body.unwrap_or_default(), json).await,
        WebhookCommand::Delete { webhook, yes } => {
            let id = find::webhook(&client, &webhook).await?;
            let name = printable(&webhook);
            confirm(
                yes,
                &format!("Delete the webhook {name}? Its waiting and held deliveries are never sent."),
            )?;
            client.delete(format!("/webhooks/{id}")).send().await?;
            done(
                json,
                &json!({ "id": id, "deleted": true }),
                &format!("The webhook {id} is deleted."),
            )
        }
        WebhookCommand::Enable { webhook } => change(&client, &webhook, &json!({ "enabled": true }), json).await,
        WebhookCommand::Disable { webhook } => change(&client, &webhook, &json!({ "enabled": false }), json).await,
        WebhookCommand::Test { webhook, event } => {
            let id = find::webhook(&client, &webhook).await?;
            let mut call = client.post(format!("/webhooks/{id}/test"));
            if let Some(event) = event {
                call = call.json(&json!({ "event": event }));
            }
            print_object(&call.send().await?, json)
        }
        WebhookCommand::Recover { webhook, since, until } => {
            let period = resend::period(&since, until.as_deref())?;
            let id = find::webhook(&client, &webhook).await?;
            resend::recover(&client, id, period, json).await
        }
        WebhookCommand::Discard { webhook, state, yes } => {
            let id = find::webhook(&client, &webhook).await?;
            resend::discard(&client, id, state, yes, json).await
        }
        WebhookCommand::Rotate { webhook, overlap, secret } => {
            let secret = secret.read()?;
            let id = find::webhook(&client, &webhook).await?;
            let mut body = json!({});
            if let Some(secret) = &secret {
                body["secret"] = secret.as_str().into();
            }
            if let Some(overlap) = overlap {
                body["overlap"] = overlap.into();
            }
            let answer = client.post(format!("/webhooks/{id}/secret/rotate")).json(&body).send().await?;
            print_object(&answer, json)
        }
        WebhookCommand::Stats { webhook, period, from, to } => {
            let from = from.map(|from| resend::moment("--from", &from)).transpose()?;
            let id = find::webhook(&client, &webhook).await?;
            let call = client.get(format!("/webhooks/{id}/stats")).query("period", period);
            print_object(&call.query_if("from", from).query_if("to", to).send().await?, json)
        }
    }
}

/// Changes a webhook. A key without `webhooks:read` gets no webhook in the answer.
async fn change(client: &Client, webhook: &str, body: &Value, json: bool) -> Result<(), CliError> {
    let id = find::webhook(client, webhook).await?;
    let answer = client.patch(format!("/webhooks/{id}")).json(body).send().await?;
    if answer.text().is_empty() {
        return done(json, &json!({ "id": id }), &format!("The webhook {id} is changed."));
    }
    print_object(&answer, json)
}

fn done(as_json: bool, value: &Value, sentence: &str) -> Result<(), CliError> {
    if as_json { print_line(value) } else { print_line(sentence) }
}

fn row(webhook: &Value) -> Vec<Cell> {
    let is_enabled = webhook.get("enabled").and_then(Value::as_bool).unwrap_or_default();
    vec![
        Cell::of(webhook, "id"),
        Cell::state(if is_enabled { "enabled" } else { "disabled" }),
        Cell::of(webhook, "name"),
        Cell::of(webhook, "events"),
        Cell::of(webhook, "url"),
    ]
}
