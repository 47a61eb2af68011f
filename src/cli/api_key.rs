//! `clearhook api-key`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    auth::api_key,
    cli::{CliError, open::DatabaseArguments, print_list, text},
    domain::{id::ApiKeyId, role::Scope},
    storage::{Store, audit::Actor},
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
    /// Make a key and print it, this once
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may do: events:write, webhooks:read, webhooks:write, callbacks:read, metrics:read; one or more
        #[arg(long, required = true, num_args = 1.., value_delimiter = ',')]
        scope: Vec<Scope>,
    },
    /// List all keys
    List {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Refuse a key from now on
    Revoke {
        /// Its id, as `api-key list` shows it
        id: ApiKeyId,
    },
}

pub(super) async fn run(arguments: ApiKeyArguments) -> Result<(), CliError> {
    let (store, _) = arguments.database.open().await?;
    match arguments.command {
        ApiKeyCommand::Create { name, mut scope } => {
            crate::domain::webhook::check_name(&name).map_err(|detail| CliError::Other(format!("--name: {detail}")))?;
            scope.sort();
            scope.dedup();
            let (key, _) = api_key::create(&store, &Actor::command_line(), &name, &scope, None).await?;
            println!("{key}");
        }
        ApiKeyCommand::List { json } => list(&store, json).await?,
        ApiKeyCommand::Revoke { id } => {
            if store.revoke_api_key(&Actor::command_line(), id).await?.is_none() {
                return Err(CliError::Other(format!(
                    "there is no live key {id}; `clearhook api-key list` shows them"
                )));
            }
            println!("The key {id} is refused from now on.");
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
        let revoked = if text(key, "revoked_at") == "null" { "" } else { "  revoked" };
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
