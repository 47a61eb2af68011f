//! The command `clearhook api-key`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    auth::principal::Principal,
    cli::{
        error::CliError,
        open::DatabaseArguments,
        output::{print_line, print_list, text},
    },
    domain::{id::ApiKeyId, role::Scope, timestamp::Timestamp},
    services::api_keys,
    services::error::UseCaseError,
    storage::Store,
};

#[derive(Args)]
pub(super) struct ApiKeyArguments {
    #[command(subcommand)]
    command: ApiKeyCommand,
    #[command(flatten)]
    database: DatabaseArguments,
}

#[derive(Subcommand)]
enum ApiKeyCommand {
    /// Create a key and print it. It cannot be shown again
    #[command(
        after_help = "events:write publishes events, event-types:write changes event types, webhooks:read and webhooks:write read and change webhooks, callbacks:read reads logs, events and deliveries, metrics:read reads /metrics, admin manages users and keys and reads the audit log. No scope includes another; event types can be read with any key.\n\nExample:\n  clearhook api-key create --name 'CI pipeline' --scope webhooks:read --scope webhooks:write"
    )]
    Create {
        /// A name that says which program uses the key
        #[arg(long)]
        name: String,
        /// What the key may do; may be given several times: events:write, event-types:write, webhooks:read, webhooks:write, callbacks:read, metrics:read, admin
        #[arg(long, required = true, num_args = 1.., value_delimiter = ',')]
        scope: Vec<Scope>,
        /// How long the key is valid, such as 90d. Without this option it does not expire
        #[arg(long, value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
    },
    /// List all keys
    List {
        /// Print the list as JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key, so that it is rejected from now on
    Revoke {
        /// The key's id, as shown by `api-key list`
        id: ApiKeyId,
    },
}

pub(super) async fn run(arguments: ApiKeyArguments) -> Result<(), CliError> {
    let (store, _) = arguments.database.open().await?;
    match arguments.command {
        ApiKeyCommand::Create { name, scope, expires } => {
            let end = expires.map(|span| Timestamp::now().plus(span));
            let (key, record) = api_keys::create(&store, &Principal::CommandLine, &name, &scope, end).await?;
            if print_line(&key).is_err() {
                // The key could not be printed, so it is revoked.
                api_keys::revoke(&store, &Principal::CommandLine, record.id).await?;
                return Err(CliError::Other(
                    "the key could not be printed and was revoked; create another one".to_owned(),
                ));
            }
        }
        ApiKeyCommand::List { json } => list(&store, json).await?,
        ApiKeyCommand::Revoke { id } => {
            let revoked = api_keys::revoke(&store, &Principal::CommandLine, id).await;
            let unknown = || CliError::Other(format!("there is no active key {id}; `clearhook api-key list` shows all keys"));
            let key = revoked.map_err(|error| {
                if matches!(error, UseCaseError::NotFound) {
                    unknown()
                } else {
                    error.into()
                }
            })?;
            print_line(format_args!("The key {id} ({}) is revoked.", key.name))?;
        }
    }
    Ok(store.close().await?)
}

async fn list(store: &Store, as_json: bool) -> Result<(), CliError> {
    let keys = store.api_keys().await?;
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id, "name": key.name, "prefix": key.prefix, "scopes": key.scopes, "created_at": key.created_at,
                "expires_at": key.expires_at, "last_used_at": key.last_used_at, "revoked_at": key.revoked_at,
            })
        })
        .collect();
    print_list(as_json, &keys, |key| {
        let revoked = if text(key, "revoked_at") != "null" {
            "  revoked".to_owned()
        } else if text(key, "expires_at") != "null" {
            format!("  until {}", text(key, "expires_at"))
        } else {
            String::new()
        };
        let scopes = key
            .get("scopes")
            .and_then(|scopes| scopes.as_array())
            .map_or_else(String::new, |scopes| {
                scopes.iter().filter_map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
            });
        format!(
            "{}  {}…  {:<24}{scopes}{revoked}",
            text(key, "id"),
            text(key, "prefix"),
            text(key, "name")
        )
    })
}
