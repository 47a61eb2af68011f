//! The command `clearhook schema`.

use clap::Args;
use serde_json::json;

use crate::{
    catalogue::{BuiltIn, schema::callback_schema},
    cli::{
        error::CliError,
        output::{print_line, print_list, text},
    },
};

#[derive(Args)]
pub(super) struct SchemaArguments {
    /// The event type, such as identity.created
    #[arg(value_name = "TYPE", required_unless_present = "list", conflicts_with = "list")]
    event_type: Option<BuiltIn>,
    /// List all event types
    #[arg(long)]
    list: bool,
    /// Print the list as JSON
    #[arg(long, requires = "list")]
    json: bool,
}

pub(super) fn run(arguments: &SchemaArguments) -> Result<(), CliError> {
    if let Some(event_type) = arguments.event_type {
        print_line(format_args!("{:#}", callback_schema(event_type)))?;
        return Ok(());
    }
    let types: Vec<_> = BuiltIn::ALL
        .into_iter()
        .map(|event| json!({ "type": event, "name": event.name(), "description": event.description() }))
        .collect();
    print_list(arguments.json, &types, |event| {
        format!("{:<26}{}", text(event, "type"), text(event, "name"))
    })
}
